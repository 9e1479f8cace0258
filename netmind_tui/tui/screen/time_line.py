"""The line of time: the past as it happened, now, and the future as every rule decides; one cell of it explained."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from netmind_tui.model.contribution import Contribution
from netmind_tui.model.selector import ranges
from netmind_tui.model.timeline import Timeline
from netmind_tui.tui.glyph import Beyond, Glyphs
from netmind_tui.tui.node_word import ROLES, clock_words, spoken
from netmind_tui.tui.picture import Line, Span, column, fit, line
from netmind_tui.tui.same import Same
from netmind_tui.tui.screen.time_cells import Cell, Piece, cells_of
from netmind_tui.tui.state import State

BEFORE, AFTER = timedelta(hours=24), timedelta(hours=18)
STEP = timedelta(minutes=30)
STEPS = (BEFORE + AFTER) // STEP
"""So many places the cursor can be at, whatever the width."""
NOW_STEP = BEFORE // STEP
BOX = "node"
_LEFT, _RIGHT = "−24 h ", " +18 h"
_HEIGHTS = "▁▂▃▄▅▆▇█"
_HOURS, _LABEL_CELLS = (3, 6, 12), 5
_WORDS = {
    Contribution.CONTRIBUTING: "contributed",
    Contribution.PAUSED: "you paused",
    Contribution.GAVE_WAY: "gave way",
    Contribution.OFFLINE: "no agent",
}


def now_of(state: State) -> datetime | None:
    """Now, as the line has it."""
    told = state.node.timeline
    return state.at or (None if told is None else told.now)


def drawn(state: State, cells: int, glyphs: Glyphs, *, cursor: bool) -> list[Line]:
    """The line and the hours below it; with the cursor on the cell that is explained."""
    past, future = _parts(cells)
    before, after = _cells(state, past, future)
    here = _chosen_moment(state) if cursor else None
    devices = len(state.node.timeline.devices) if state.node.timeline is not None else 0
    spans = [Span(_LEFT, "dim")]
    spans += _runs(before, devices, glyphs, here, is_future=False)
    spans.append(Span(glyphs.marks["here"], "strong"))
    spans += _runs(after, devices, glyphs, here, is_future=True)
    spans.append(Span(_RIGHT, "dim"))
    return [fit(tuple(spans), cells), fit(_hours(before, after, glyphs), cells)]


def legend(state: State, cells: int, glyphs: Glyphs) -> Line:
    """What the signs mean, of those that can be seen."""
    told = state.node.timeline
    if told is None:
        return ()
    before, after = _cells(state, *_parts(cells))
    seen = Counter(cell.state for cell in (*before, *after) if cell.state is not None)
    many = len(told.devices) > 1
    words = [f"height: devices contributing of {len(told.devices)}"] if many else []
    if not many and any(cell.contributing for cell in before):
        words.append(f"{_full(glyphs, is_future=False)} contributed")
    if not many and any(cell.contributing for cell in after):
        words.append(f"{glyphs.states[Beyond.WILL]} will")
    words += [
        f"{glyphs.states[each]} {_WORDS.get(each, spoken(each))}"
        for each in Contribution
        if seen[each] and each is not Contribution.CONTRIBUTING
    ]
    # The border has room for whole words only.
    while len(words) > 1 and len("  ".join(words)) > cells:
        words.pop(1 if len(words) > 2 else -1)  # noqa: PLR2004 - what is quiet goes first
    return line(Span("  ".join(words), "dim"))


def explained(state: State, cells: int, rows: int, glyphs: Glyphs) -> list[Line]:
    """The moment under the cursor: when, and what each device did, does or will do then, and why."""
    told, now, at = state.node.timeline, now_of(state), _chosen_moment(state)
    if told is None or now is None or at is None:
        return []
    cell = next(iter(cells_of(told.devices, at, at + STEP, 1)), None)
    if cell is None or not cell.pieces:
        return [line(Span("nothing is known of that time", "dim"))]
    head = f"{clock_words(cell.start, now)}–{cell.end.astimezone():%H:%M} "
    groups: dict[tuple[Contribution, str], list[Piece]] = {}
    for piece in cell.pieces:
        groups.setdefault((piece.state, piece.span.code), []).append(piece)
    lines: list[Line] = []
    for (what, _), pieces in sorted(groups.items(), key=lambda group: len(group[1])):
        who = ranges([each.device for each in pieces])
        span = pieces[0].span
        will = "will be " if span.start >= now and what is not Contribution.CONTRIBUTING else ""
        word = "will contribute" if span.start >= now and not will else f"{will}{spoken(what)}"
        guess = ", if it stays so" if span.is_expected else ""
        sign = Span(f"{glyphs.states[what]} {who} ", ROLES[what])
        # A sentence that names its device need not be told whose it is.
        lines.append(line(column(head if not lines else "", len(head), "dim"), sign, f"{word}: {span.sentence}{guess}"))
    if len(lines) > rows > 0:
        lines = [*lines[: rows - 1], line(" " * len(head), Span(f"and {len(lines) - rows + 1} more", "dim"))]
    return [fit(each, cells) for each in lines]


def _parts(cells: int) -> tuple[int, int]:
    """The cells of the past and of the future: of equal length in time."""
    room = max(0, cells - len(_LEFT) - len(_RIGHT) - 1)
    future = round(room * (AFTER / (BEFORE + AFTER)))
    return room - future, future


def _cells(state: State, past: int, future: int) -> tuple[list[Cell], list[Cell]]:
    told, now = state.node.timeline, now_of(state)
    if told is None or now is None:
        return [], []
    # To the minute: a cell is a quarter of an hour at least.
    return _cut(Same(told), now.replace(second=0, microsecond=0), past, future)


@lru_cache(maxsize=8)
def _cut(told: Same[Timeline], now: datetime, past: int, future: int) -> tuple[list[Cell], list[Cell]]:
    lines = told.value.devices
    return cells_of(lines, now - BEFORE, now, past), cells_of(lines, now, now + AFTER, future)


def _runs(cells: Sequence[Cell], devices: int, glyphs: Glyphs, here: datetime | None, *, is_future: bool) -> list[Span]:
    """The cells as runs of one role each: a terminal draws those fastest."""
    runs: list[Span] = []
    for cell in cells:
        text, role = _sign(cell, devices, glyphs, is_future=is_future)
        if here is not None and cell.start <= here < cell.end:
            role = "chosen"
        if runs and runs[-1].role == role:
            runs[-1] = Span(runs[-1].text + text, role)
        else:
            runs.append(Span(text, role))
    return runs


def _sign(cell: Cell, devices: int, glyphs: Glyphs, *, is_future: bool) -> tuple[str, str]:
    state = cell.state
    if state is None:
        return " ", "dim"
    if devices > 1 and (is_future or not cell.has_news):
        if cell.contributing:
            return _height(cell.contributing, devices, glyphs), "contributing"
        state = cell.most or state
    if state is Contribution.CONTRIBUTING:
        return _full(glyphs, is_future=is_future), "contributing"
    return glyphs.states[state], ROLES[state]


def _full(glyphs: Glyphs, *, is_future: bool) -> str:
    if is_future:
        return glyphs.states[Beyond.WILL]
    return "█" if glyphs.braille else glyphs.states[Contribution.CONTRIBUTING]


def _height(count: int, of: int, glyphs: Glyphs) -> str:
    if not glyphs.braille:
        return str(count) if count < 10 else "+"  # noqa: PLR2004 - a digit
    return _HEIGHTS[max(0, round(count / of * len(_HEIGHTS)) - 1)]


def _hours(before: Sequence[Cell], after: Sequence[Cell], glyphs: Glyphs) -> Line:
    """Every third hour of the owner's day, where there is room; and where now is."""
    signs = [" "] * (len(_LEFT) + len(before) + 1 + len(after) + len(_RIGHT))
    signs[len(_LEFT) + len(before)] = glyphs.marks["here"]
    hour_cells = len(before) / (BEFORE / timedelta(hours=1))
    every = next((each for each in _HOURS if each * hour_cells >= _LABEL_CELLS), _HOURS[-1])
    for place, cell in [
        *((len(_LEFT) + at, cell) for at, cell in enumerate(before)),
        *((len(_LEFT) + len(before) + 1 + at, cell) for at, cell in enumerate(after)),
    ]:
        start = cell.start.astimezone()
        mark = start.replace(minute=0, second=0, microsecond=0)
        if mark < start:
            mark += timedelta(hours=1)
        is_mark = mark < cell.end.astimezone() and mark.hour % every == 0
        free = all(sign == " " for sign in signs[place : place + 2]) and place + 2 <= len(signs)
        if is_mark and free:
            signs[place : place + 2] = f"{mark.hour:02}"
    return line(Span("".join(signs), "dim"))


def _chosen_moment(state: State) -> datetime | None:
    now = now_of(state)
    return None if now is None else now - BEFORE + state.view.row(BOX) * STEP
