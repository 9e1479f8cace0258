"""What needs the owner, worst first: each with its next step, and its evidence once it is opened."""

from netmind_tui.model.finding import Finding
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.picture import Box, Line, Span, fit, framed, line, wrap
from netmind_tui.tui.state import State

_INDENT = 4
_ROLES = {"warn": "warn", "unstable": "warn"}


def key(finding: Finding) -> str:
    """How a finding is remembered as the opened one."""
    return f"{finding.id}@{finding.device or 'machine'}"


def is_open(state: State, finding: Finding) -> bool:
    """Whether its evidence is shown."""
    return state.view.choice("evidence", "none") == key(finding)


def opened(state: State, row: int) -> str | None:
    """Open the evidence of a finding, or close it again."""
    if row >= len(state.needs):
        return None
    finding = state.needs[row]
    return "turn evidence none" if is_open(state, finding) else f"turn evidence {key(finding)}"


def wanted_rows(state: State, cells: int, glyphs: Glyphs) -> int:
    """The rows in which everything has room, border included."""
    return 2 + sum(len(_full(state, finding, place, cells - 4, glyphs)) for place, finding in enumerate(state.needs))


def least_rows(state: State, cells: int, glyphs: Glyphs) -> int:
    """The rows below which the box makes no sense: one a finding up to three, and all of one that is opened."""
    open_ones = [place for place, each in enumerate(state.needs) if is_open(state, each)]
    if open_ones:
        return 2 + len(_full(state, state.needs[open_ones[0]], open_ones[0], cells - 4, glyphs))
    return 2 + max(1, min(3, len(state.needs)))


def needs(state: State, cells: int, rows: int, glyphs: Glyphs, *, focused: bool) -> list[Line]:
    """The box in so many rows: as many words a finding as have room, around the one that is chosen."""
    title = line(Span("needs you", "title"))
    found = state.needs
    if not found:
        return framed(Box("needs", title, [_healthy(state, glyphs)]), cells, rows, glyphs, focused=focused)
    inner, room = cells - 4, max(1, rows - 2)
    chosen = min(state.view.row("needs"), len(found) - 1)
    blocks = [_full(state, each, place, inner, glyphs) for place, each in enumerate(found)]
    if sum(map(len, blocks)) > room and not any(is_open(state, each) for each in found):
        blocks = [_short(each, place, inner, glyphs, lines=2) for place, each in enumerate(found)]
        if sum(map(len, blocks)) > room:
            blocks = [_short(each, place, inner, glyphs, lines=1) for place, each in enumerate(found)]
    if len(found) == 1:
        blocks = [_full(state, found[0], 0, inner, glyphs)[:room]]
    first = _first(blocks, chosen, room)
    lines: list[Line] = []
    last = first
    for place in range(first, len(found)):
        if lines and len(lines) + len(blocks[place]) > room:
            break
        lines += _marked(blocks[place], place, glyphs, chosen=focused and place == chosen)
        last = place
    shown = f"{first + 1}–{last + 1} of {len(found)}" if last - first + 1 < len(found) else ""
    legend = line(Span(shown, "dim")) if shown else ()
    more = line(Span("enter", "key"), Span(": evidence and fix", "dim"))
    return framed(Box("needs", title, lines, legend=legend, more=more), cells, rows, glyphs, focused=focused)


def _first(blocks: list[list[Line]], chosen: int, room: int) -> int:
    """The first finding that is shown, so that the chosen one is."""
    first = 0
    while first < chosen and sum(map(len, blocks[first : chosen + 1])) > room:
        first += 1
    return first


def _healthy(state: State, glyphs: Glyphs) -> Line:
    if state.diagnosis is not None:
        return line(Span(f"{glyphs.marks['pass']} nothing: the doctor found nothing wrong", "good"))
    if state.host is not None:
        return line(Span("nothing seen so far; the doctor has not finished yet", "dim"))
    return line(Span("looking at the machine", "dim"))


def _titled(finding: Finding) -> str:
    own = finding.device is None or finding.title.startswith(finding.device)
    return finding.title if own else f"{finding.device}: {finding.title}"


def _sign(finding: Finding, place: int, glyphs: Glyphs) -> Span:
    role = _ROLES.get(str(finding.status), "bad")
    return Span(f"{place + 1} {glyphs.marks[str(finding.status)]} ", role, f"row needs {place}")


def _full(state: State, finding: Finding, place: int, cells: int, glyphs: Glyphs) -> list[Line]:
    """Everything that is said of a finding; the evidence only once it is opened."""
    sign = _sign(finding, place, glyphs)
    room = max(8, cells - 1 - sign.width)
    indent = " " * (1 + sign.width)
    first, *rest = wrap(_titled(finding), room, "strong")
    lines: list[Line] = [line(" ", sign, *first), *(line(indent, *each) for each in rest)]
    if is_open(state, finding):
        for label, words in _evidence(finding):
            head, *tail = wrap(words, max(8, room - 9), "text")
            lines.append(line(indent, Span(f"{label:<9}", "dim"), *head))
            lines += [line(indent + " " * 9, *each) for each in tail]
    if finding.remediation:
        lines += [line(indent, *each) for each in wrap(finding.remediation, room, "text")]
    return lines


def _short(finding: Finding, place: int, cells: int, glyphs: Glyphs, *, lines: int) -> list[Line]:
    """The finding in one line, or two with its next step; what has no room is cut."""
    sign = _sign(finding, place, glyphs)
    shown = [fit(line(" ", sign, Span(_titled(finding), "strong")), cells)]
    if finding.remediation and lines > 1:
        shown.append(fit(line(" " * (1 + sign.width), Span(finding.remediation, "text")), cells))
    return shown


def _evidence(finding: Finding) -> list[tuple[str, str]]:
    """What is known of a finding, by its label."""
    unit = f" {finding.unit}" if finding.unit else ""
    required = f"{finding.operator + ' ' if finding.operator else ''}{finding.required}{unit}"
    told = (
        ("found", f"{finding.actual}{unit}" if finding.actual else None),
        ("expected", required if finding.required else None),
        ("evidence", finding.evidence),
        ("matters", finding.purpose),
        ("named", finding.id),
    )
    return [(label, words) for label, words in told if words]


def _marked(block: list[Line], place: int, glyphs: Glyphs, *, chosen: bool) -> list[Line]:
    """The block with the cursor before its first line."""
    if not chosen:
        return block
    first, *rest = block
    return [line(Span(glyphs.marks["chosen"], "key"), *first[1:]), *rest]
