"""Schedule: the week as it is painted or happened, a draft with its effect beside it, the rules, and what comes.

Wide terminals show all of it. Narrow ones show the grid, and below it the box that has the focus.
"""

from collections.abc import Callable, Mapping, Sequence

from netmind_tui.model.policy import Exception_, Policy
from netmind_tui.model.weekplan import CELLS_A_DAY
from netmind_tui.tui import money_page, schedule_ahead, schedule_page
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.picture import Box, Line, Span, beside, column, fit, framed, line, wrap
from netmind_tui.tui.screen import (
    schedule_cell,
    schedule_guard,
    schedule_price,
    schedule_saved,
    schedule_time,
    schedule_week,
    schedule_why,
)
from netmind_tui.tui.screen.empty import SCHEDULE
from netmind_tui.tui.state import State

WEEK = "week"
_LEFT = schedule_week.CELLS + 4
_BESIDE_FROM_CELLS = _LEFT + 38
_BORDERS, _GRID_ROWS = 2, 8
_GAP, _LISTED_FROM = 2, 14
_LEAST_CELL, _CELL_BELOW_PRICE, _CELL_ROWS = 2, 4, 3
_LEAST_RULES, _LEAST_BELOW, _SAVED_ROWS = 6, 3, 8
_FULL_WEEK_ROWS, _MOST_LEFT = 20, 24
_EVERYWHERE = ("pause", "resume", "finish", "stop", "next rig", "copy", "palette", "help")
_Part = Callable[..., list[Line]]
_PANELS: Mapping[str, _Part] = {
    schedule_guard.BOX: schedule_guard.box,
    schedule_saved.BOX: schedule_saved.box,
    schedule_time.NEXT: schedule_time.next_box,
    schedule_time.DATES: schedule_time.dates_box,
}
_BELOW: Mapping[str, _Part] = {**_PANELS, schedule_why.BOX: schedule_why.box}


def is_empty(state: State) -> bool:
    """Whether there are no terms to draw: no agent keeps any, and no file of the owner's was read."""
    if state.node.is_there:
        return False
    own = state.schedule.own
    is_told = own is not None and bool(own.trouble) and state.node.is_absent
    return schedule_page.terms(state) is None and state.schedule.draft is None and not is_told


def boxes(state: State) -> Sequence[str]:
    """The week first."""
    if is_empty(state):
        return SCHEDULE.boxes(state)
    if state.schedule.is_explaining:
        return (WEEK, schedule_why.BOX, schedule_time.NEXT, schedule_time.DATES)
    return (WEEK, *_PANELS)


def count(state: State, box: str) -> int:
    """The rows of a box; the week has its own cursor."""
    policy = schedule_page.policy(state)
    if is_empty(state) or policy is None:
        return 0
    if box == schedule_guard.BOX:
        return len(schedule_guard.listed(state))
    if box == schedule_time.DATES:
        return len(schedule_time.listed(state))
    return schedule_why.count(state) if box == schedule_why.BOX else 0


def opened(state: State, box: str, row: int) -> str | None:
    """A cell is explained, a limit and a date are changed."""
    if is_empty(state):
        return None
    if box == schedule_time.DATES:
        found = schedule_time.listed(state)
        return f"take date {row}" if row < len(found) and isinstance(found[row], Exception_) else "edit dates"
    return {WEEK: "explain", schedule_guard.BOX: "limit", schedule_time.NEXT: "next change"}.get(box)


def twin(state: State) -> str:
    """The command that shows the same."""
    host = state.node.place.hostname
    parts = ["netmind schedule show"]
    policy = schedule_page.policy(state)
    if state.schedule.is_explaining and policy is not None:
        at = schedule_week.moment_of(state, policy, schedule_ahead.cursor(state))
        parts = ["netmind schedule explain"]
        parts += [] if at is None else [f"--at {at.astimezone(schedule_ahead.zone_of(policy)):%Y-%m-%dT%H:%M}"]
        parts += [f"--device {name}" for name in state.schedule.devices]
    return " ".join([*parts, *([f"--host {host}"] if host else [])])


def works(state: State, action: str) -> bool:
    """Whether there is anything for one of its actions to do now."""
    own = state.schedule
    policy = schedule_page.policy(state)
    if is_empty(state) or policy is None:
        return action in _EVERYWHERE
    if action == "save":
        return schedule_page.unsaved(state) is not None
    if action == "explain":
        return not own.shows_past
    is_paintable = not own.shows_past and schedule_week.is_painted_apart(policy, own.devices)
    return is_paintable or action not in ("paint", "next brush", "copy day")


def body(state: State, cells: int, rows: int, glyphs: Glyphs) -> Sequence[Line]:
    """The grid beside the rules and the effect where there is room, otherwise over the box that has the focus."""
    if is_empty(state):
        return SCHEDULE.body(state, cells, rows, glyphs)
    policy = schedule_page.policy(state)
    if policy is None:
        return framed(Box(WEEK, _title(None), _asked(state, cells - 4)), cells, rows, glyphs)
    if cells < _BESIDE_FROM_CELLS:
        return _narrow(state, policy, cells, rows, glyphs)
    return _wide(state, policy, cells, rows, glyphs)


def focus(state: State) -> str:
    """The box that has the focus."""
    found = state.view.focus.get("schedule")
    return found if found is not None and found in boxes(state) else WEEK


def _wide(state: State, policy: Policy, cells: int, rows: int, glyphs: Glyphs) -> list[Line]:
    here = focus(state)
    dates = max(1, len(schedule_time.listed(state)))
    below = min(dates, 3 if rows < _FULL_WEEK_ROWS + 10 else 6) + 2 + 2 + 1
    left = min(_MOST_LEFT, max(_FULL_WEEK_ROWS, rows - below - 6)) if rows > _FULL_WEEK_ROWS + below else rows - below
    left = max(left, _GRID_ROWS + _BORDERS + 4)
    right = cells - _LEFT
    week = _week(state, policy, _LEFT, left, glyphs, focused=here == WEEK)
    if state.schedule.is_explaining:
        why = schedule_why.box(state, right, left, glyphs, focused=here == schedule_why.BOX)
        return [*beside(week, why), *schedule_time.boxes(state, cells, rows - left, glyphs, here)]
    saved = min(len(schedule_saved.lines(state, right - 4)) + _BORDERS, _SAVED_ROWS + 2, left - _LEAST_RULES)
    rules = left - saved
    beside_it = [
        *schedule_guard.box(state, right, rules, glyphs, focused=here == schedule_guard.BOX),
        *schedule_saved.box(state, right, saved, glyphs, focused=here == schedule_saved.BOX),
    ]
    return [*beside(week, beside_it), *schedule_time.boxes(state, cells, rows - left, glyphs, here)]


def _narrow(state: State, policy: Policy, cells: int, rows: int, glyphs: Glyphs) -> list[Line]:
    here = focus(state)
    usual = schedule_why.BOX if state.schedule.is_explaining else schedule_saved.BOX
    shown = usual if here == WEEK else here
    least = _LEAST_BELOW if shown == schedule_saved.BOX and here == WEEK else 7
    need = {
        schedule_guard.BOX: schedule_guard.height(state, cells, glyphs),
        schedule_saved.BOX: len(schedule_saved.lines(state, cells - 4)) + _BORDERS,
        schedule_why.BOX: rows,
        schedule_time.NEXT: 10,
        schedule_time.DATES: max(1, len(schedule_time.listed(state))) + _BORDERS,
    }[shown]
    beside_cell = _CELL_ROWS if money_page.plan(state) is None else _CELL_ROWS + 2
    most = rows - _GRID_ROWS - _BORDERS - (beside_cell if here == WEEK and shown == schedule_saved.BOX else 0)
    below = max(min(need, most), min(least, rows - _GRID_ROWS - _BORDERS))
    high = rows - below
    week = _week(state, policy, cells, high, glyphs, focused=here == WEEK)
    if shown == schedule_saved.BOX and here == WEEK and below <= _LEAST_BELOW:
        made = Box(schedule_saved.BOX, line(Span("the coming week", "title")), [schedule_saved.short(state)])
        return [*week, *framed(made, cells, below, glyphs)]
    return [*week, *_BELOW[shown](state, cells, below, glyphs, focused=here != WEEK)]


def _week(state: State, policy: Policy, cells: int, rows: int, glyphs: Glyphs, *, focused: bool) -> list[Line]:
    """The grid, how the cursor's day will be and was, and its cell."""
    inner, room = cells - 4, rows - _BORDERS
    lines = schedule_week.grid(state, policy, glyphs)
    spare = inner - schedule_week.CELLS - _GAP
    own = state.schedule
    is_listed = spare >= _LISTED_FROM and not own.shows_past and schedule_week.is_painted_apart(policy, own.devices)
    if is_listed:
        listed = schedule_week.listed(state, policy, glyphs, spare, _GRID_ROWS)
        lines = [
            (*fit(each, schedule_week.CELLS + _GAP), *(listed[at] if at < len(listed) else ()))
            for at, each in enumerate(lines)
        ]
    lines += _refused(state, inner, room - len(lines))
    left = room - len(lines)
    shown = _day(state, policy, left, glyphs)
    left -= len(shown)
    cell = schedule_cell.drawn(state, policy, inner, max(0, left), glyphs)
    spare_rows = left - len(cell)
    lines += [*([()] if spare_rows > 1 and shown else []), *shown, *([()] if spare_rows else []), *cell]
    made = Box(
        WEEK,
        _title(policy),
        lines,
        keys=_keys(state),
        legend=() if is_listed else schedule_week.legend(state, policy, glyphs, inner),
    )
    return framed(made, cells, rows, glyphs, focused=focused)


def _day(state: State, policy: Policy, rows: int, glyphs: Glyphs) -> list[Line]:
    """The cursor's day: what power costs, what will be, and what was; as much as leaves room for the cell."""
    will = _will_and_was(state, policy, glyphs)
    price = [] if state.schedule.shows_past else schedule_price.row(state, policy, glyphs)
    priced = len(price)
    # What will be is first, then the price that it follows from: what was can be had elsewhere.
    for high, count in ((priced, 2), (priced, 1), (min(priced, 1), 1), (0, 1)):
        least = _LEAST_CELL if high < priced or not priced else _CELL_BELOW_PRICE
        if high + min(count, len(will)) + least <= rows:
            return [*(price if high == priced else schedule_price.row(state, policy, glyphs, high)), *will[:count]]
    return []


def _title(policy: Policy | None) -> Line:
    return line(Span("week", "title"), Span(f" {policy.zone}", "dim") if policy is not None else None)


def _keys(state: State) -> Line:
    """Which devices it is about, and whether it is painted or happened."""
    own = state.schedule
    devices = ",".join(own.devices) or "all"
    kind = "happened" if own.shows_past else "painted"
    return line(
        Span("D ", "key", "layer"),
        Span(devices, "dim", "layer"),
        "  ",
        Span("h ", "key", "past"),
        Span(kind, "dim", "past"),
    )


def _refused(state: State, cells: int, rows: int) -> list[Line]:
    """That the file is not in force, or is another than the draft began with."""
    status = state.node.status if state.node.is_there else None
    words: tuple[str, ...] = ()
    if status is not None and status.policy.refused is not None:
        why = status.policy.refused
        words = (
            f"The file is not in force, this is the last good one: {why}",
            "The file is not in force: see netmind schedule check",
        )
    elif state.schedule.drafts and schedule_page.is_outdated(state):
        words = ("Somebody changed the terms meanwhile: ctrl+s paints yours anew on what they are now.",)
    elif state.schedule.own is not None and state.schedule.own.trouble and not state.node.is_there:
        words = (state.schedule.own.trouble,)
    forms = [wrap(each, cells, "warn") for each in words]
    return next((each for each in forms if len(each) + 4 <= rows), forms[-1][: max(0, rows - 2)] if forms else [])


def _will_and_was(state: State, policy: Policy, glyphs: Glyphs) -> list[Line]:
    """The cursor's day: as every rule decides when it comes next, and as it was last."""
    day, place = divmod(schedule_ahead.cursor(state), CELLS_A_DAY)
    coming = schedule_ahead.next_date(state, day, place)
    told = None if coming is None else schedule_ahead.day_ahead(state, policy, coming)
    lines: list[Line] = []
    if told is not None and coming is not None:
        found = schedule_ahead.cells(told.devices, schedule_ahead.edges(coming, schedule_ahead.zone_of(policy)))
        lines.append(line(column(" will", schedule_week.LABEL, "dim"), *schedule_week.row(found, glyphs, will=True)))
    past = schedule_week.past_cells(state, policy, day)
    if past:
        lines.append(line(column(" was", schedule_week.LABEL, "dim"), *schedule_week.row(past, glyphs, will=False)))
    return lines


def _asked(state: State, cells: int) -> list[Line]:
    trouble = state.schedule.own.trouble if state.schedule.own is not None and not state.node.is_there else ""
    if not trouble:
        return wrap("The agent is asked for its schedule.", cells, "dim")
    step = "Mend the file, and it is read again: netmind schedule check says all that is wrong with it."
    return [*wrap(f"The policy cannot be read: {trouble}", cells, "warn"), (), *wrap(step, cells)]
