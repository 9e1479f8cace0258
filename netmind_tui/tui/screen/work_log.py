"""The log of a workload: its last lines, followed as they come, and how it stands above them."""

from collections.abc import Sequence

from rich.cells import chop_cells

from netmind_tui.model.candidate import Candidate
from netmind_tui.model.fact import size
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.picture import Box, Line, Span, fit, framed, joined, line, width
from netmind_tui.tui.screen.device_work import about, sign
from netmind_tui.tui.state import State
from netmind_tui.tui.work_page import (
    LOG,
    WorkLog,
    chosen_work,
    is_followed,
    is_stoppable,
    matches,
    opened_log,
    shown_log,
    sought,
)

_ABOUT_ROWS, _ABOUT_FROM = 4, 20
_MOST_FOLDS = 40
_GAP, _BORDERS = Span("  "), 8


def page(state: State, cells: int, rows: int, glyphs: Glyphs) -> list[Line]:
    """The whole body: what is known of the workload where there is room, and its log."""
    inner, room = cells - 4, rows - 2
    name, key = opened_log(state) or ("", None)
    candidate, log = chosen_work(state), shown_log(state)
    head = _head(state, candidate, inner, glyphs) if rows >= _ABOUT_FROM else []
    lines = [*head, *_shown(state, log, inner, max(1, room - len(head)), glyphs)]
    where = key.partition("@")[2] if key is not None else ""
    title = line(
        Span(f"log of {name}", "title"),
        Span(f"  {where}" if where else "", "strong"),
        Span(f"  {candidate.word}" if candidate is not None else "", "dim"),
    )
    keys = _keys(state, candidate)
    while len(keys) > 1 and width(joined(keys, _GAP)) + width(title) > cells - _BORDERS:
        keys.pop()
    place = _place(state, log)
    legend = _legend(state, log, inner - width(place))
    box = Box(LOG, title, lines, keys=joined(keys, _GAP), legend=legend, more=place)
    return framed(box, cells, rows, glyphs, focused=True)


def _head(state: State, candidate: Candidate | None, cells: int, glyphs: Glyphs) -> list[Line]:
    if candidate is None:
        return []
    told = [line(sign(candidate, glyphs), " ", *each) for each in about(state, candidate, cells - 2)[:1]]
    told += [line("  ", *each) for each in about(state, candidate, cells - 2)[1:_ABOUT_ROWS]]
    return [*told, line(Span(("─" if glyphs.braille else "-") * cells, "border"))] if told else []


def _shown(state: State, log: WorkLog | None, cells: int, room: int, glyphs: Glyphs) -> list[Line]:
    """The lines around the cursor, each on as many rows as it needs; the end at the bottom."""
    if log is None:
        return [line(Span("the agent is asked for it", "dim"))]
    if not log.lines:
        return [line(Span(log.why or "it has written nothing yet", "warn" if log.why else "dim"))]
    row, words = min(state.view.row(LOG), len(log.lines) - 1), sought(state)
    here = _folded(log.lines[row], cells, words, glyphs, here=not is_followed(state))
    above: list[Line] = []
    below: list[Line] = []
    for each in log.lines[row + 1 : row + 1 + room]:
        below += _folded(each, cells, words, glyphs)
    least = max(room // 2, room - len(here) - len(below))
    for place in range(row - 1, -1, -1):
        if len(above) >= least:
            break
        above = [*_folded(log.lines[place], cells, words, glyphs), *above]
    above = above[max(0, len(above) - least) :]
    return [*above, *here, *below][:room]


def _folded(text: str, cells: int, words: str, glyphs: Glyphs, *, here: bool = False) -> list[Line]:
    """A line on as many rows as it needs; what is looked for stands out, and so does the line under the cursor."""
    parts = chop_cells(text, max(1, cells - 2))[:_MOST_FOLDS] or [""]
    lines = []
    for place, part in enumerate(parts):
        mark = glyphs.marks["chosen"] if here and not place else " "
        lines.append(fit(line(Span(f"{mark} ", "key"), *_marked(part, words)), cells))
    return lines


def _marked(text: str, words: str) -> list[Span]:
    """The text with what is looked for marked; where case changes its length, the line is found and not marked."""
    small, sought_ = text.casefold(), words.casefold()
    if not sought_ or sought_ not in small or len(small) != len(text):
        return [Span(text)]
    spans, at = [], 0
    while (place := small.find(sought_, at)) >= 0:
        spans += [Span(text[at:place]), Span(text[place : place + len(sought_)], "cursor")]
        at = place + len(sought_)
    return [*(span for span in spans if span.text), Span(text[at:])]


def _keys(state: State, candidate: Candidate | None) -> list[Line]:
    """What can be done here, the most wanted first."""
    if sought(state):
        shown = [line(Span("n N", "key", "log before"), Span(" go on", "dim", "log before"))]
    else:
        shown = [line(Span("/", "key", "find"), Span(" search", "dim", "find"))]
    if candidate is not None and state.node.may_control and not state.view.read_only:
        words = " stop…" if is_stoppable(candidate) else " start"
        shown.append(line(Span("w", "key", "work"), Span(words, "dim", "work")))
    return shown


def _legend(state: State, log: WorkLog | None, cells: int) -> Line:
    """How much of it is shown, what was found in it, and what was lost; as much of that as has room."""
    if log is None or not log.lines:
        return ()
    row = min(state.view.row(LOG), len(log.lines) - 1)
    found = Span(_found(log.lines, sought(state), row), "text")
    lost = Span(f" · {size(log.dropped_bytes)} were not kept" if log.dropped_bytes else "", "warn")
    places = (f"line {row + 1} of the last {len(log.lines)}", f"{row + 1} of {len(log.lines)}")
    forms = [line(Span(place, "dim"), found, lost) for place in places]
    return next((each for each in forms if width(each) <= cells - _GAP.width), forms[-1])


def _found(lines: Sequence[str], words: str, row: int) -> str:
    if not words:
        return ""
    rows = matches(lines, words)
    here = f"{rows.index(row) + 1} of " if row in rows else ""
    return f" · {words}: {here}{len(rows)}" if rows else f" · {words}: not found"


def _place(state: State, log: WorkLog | None) -> Line:
    """Whether what is new is shown as it comes."""
    if log is None or not log.lines:
        return ()
    if not state.node.is_there:
        return line(Span("as it was: no agent answers", "warn"))
    if is_followed(state):
        return line(Span("followed", "good"))
    return line(Span("end", "key", "last"), Span(" follows it again", "dim", "last"))
