"""What needs the owner, worst first: each with its next step, and its evidence once it is opened."""

import re
from functools import lru_cache

from netmind_tui.model.finding import Finding
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.picture import Box, Line, Span, fit, framed, line, wrap
from netmind_tui.tui.same import Same
from netmind_tui.tui.state import State

_MOST_LEAST = 3
_ROLES = {"warn": "warn", "unstable": "warn"}
_SLOT = re.compile(r" in PCI slot \S+")
_CLAUSE = re.compile(r"[,;:] | \(| because ")
_LEAST_CLAUSE = 16
_TORN = 12  # cells that may stay empty at the end of a line, because a word has no room there


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


def rows_between(state: State, cells: int, rows: int, glyphs: Glyphs) -> tuple[int, int]:
    """The rows of a screen of so many below which the box makes no sense, and those in which everything has room.

    The least is one a finding up to three, and all of one that is opened.
    """
    blocks = [len(_full(state, finding, place, cells - 4, glyphs)) for place, finding in enumerate(state.needs)]
    opened_ones = [high for high, finding in zip(blocks, state.needs, strict=True) if is_open(state, finding)]
    least = opened_ones[0] if opened_ones else max(1, min(_MOST_LEAST, len(blocks)))
    return min(rows, 2 + least), 2 + max(least, min(sum(blocks), rows * 2 // 5 - 2))


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
        blocks = _fitted(tuple(found), inner, room, Same(glyphs))
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


@lru_cache(maxsize=8)
def _fitted(found: tuple[Finding, ...], cells: int, room: int, signs: Same[Glyphs]) -> list[list[Line]]:
    """Every finding in a line, and in the lines that are left a line more for each, the worst ones first."""
    glyphs = signs.value
    blocks = [_short(each, place, cells, glyphs, lines=1) for place, each in enumerate(found)]
    for lines in range(2, room + 1):
        for place, each in enumerate(found):
            longer = _short(each, place, cells, glyphs, lines=lines)
            if sum(map(len, blocks)) - len(blocks[place]) + len(longer) <= room:
                blocks[place] = longer
    return blocks


def _first(blocks: list[list[Line]], chosen: int, room: int) -> int:
    """The first finding that is shown, so that the chosen one is."""
    first = 0
    while first < chosen and sum(map(len, blocks[first : chosen + 1])) > room:
        first += 1
    return first


def _healthy(state: State, glyphs: Glyphs) -> Line:
    if state.diagnosis is not None:
        return line(Span(f"{glyphs.marks['pass']} nothing: the doctor found nothing wrong", "good"))
    if state.feed.kind == "host":
        return line(
            Span("nothing: its agent asks nothing of you" if state.node.is_there else "it does not answer", "dim")
        )
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
    return _whole(finding, place, cells, Same(glyphs), is_opened=is_open(state, finding))


@lru_cache(maxsize=64)
def _whole(finding: Finding, place: int, cells: int, signs: Same[Glyphs], *, is_opened: bool) -> list[Line]:
    glyphs = signs.value
    sign = _sign(finding, place, glyphs)
    room = max(8, cells - 1 - sign.width)
    indent = " " * (1 + sign.width)
    first, *rest = wrap(_titled(finding), room, "strong")
    lines: list[Line] = [line(" ", sign, *first), *(line(indent, *each) for each in rest)]
    if is_opened:
        for label, words in _evidence(finding):
            head, *tail = wrap(words, max(8, room - 9), "text")
            lines.append(line(indent, Span(f"{label:<9}", "dim"), *head))
            lines += [line(indent + " " * 9, *each) for each in tail]
    if finding.remediation:
        lines += [line(indent, *each) for each in wrap(finding.remediation, room, "text")]
    return lines


def _short(finding: Finding, place: int, cells: int, glyphs: Glyphs, *, lines: int) -> list[Line]:
    """The finding in at most so many lines, the rest of them with its next step; what has no room is left out."""
    sign = _sign(finding, place, glyphs)
    room = max(8, cells - 1 - sign.width)
    title = shortened(_titled(finding), room)
    if len(title) > room and lines > _MOST_LEAST - 1:
        title = shortened(_titled(finding), 2 * room - _TORN)
    head = wrap(title, room, "strong")
    if len(head) >= lines and len(head) > 1:
        head = [fit(line(Span(title, "strong")), room)]
    rest = lines - len(head)
    step = finding.remediation or ""
    steps = wrap(step, room) if step and rest > 0 else []
    if len(steps) > rest:
        steps = wrap(shortened(step, rest * room - _TORN, "…"), room)
        steps = [*steps[: rest - 1], fit(line(*steps[rest - 1], "…"), room)] if len(steps) > rest else steps
    indent = " " * (1 + sign.width)
    told = [*head, *steps]
    return [fit(line(" ", sign, *each) if not at else line(indent, *each), cells) for at, each in enumerate(told)]


def shortened(words: str, cells: int, sign: str = "") -> str:
    """A sentence that has room, without its last clauses where it is too long: never cut within a clause or a command.

    A slot in it goes first, for the device is named as well. ``sign`` stands for what was left out. What cannot be
    shortened stays as it is.
    """
    if len(words) <= cells:
        return words
    words = _SLOT.sub("", words)
    if len(words) <= cells:
        return words
    places = [found.start() for found in _CLAUSE.finditer(words) if _LEAST_CLAUSE <= found.start() <= cells - len(sign)]
    whole = [place for place in places if words.count("`", 0, place) % 2 == 0]
    return words[: whole[-1]] + sign if whole else words


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
