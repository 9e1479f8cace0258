"""The next 42 hours with every rule applied, what changes in them and why; below it the dates that are different."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from netmind_tui.model.policy import DAYS, Exception_, Holiday
from netmind_tui.model.selector import ranges
from netmind_tui.model.week_word import exception_words
from netmind_tui.tui import schedule_ahead, schedule_page
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.node_word import ROLES, clock_words, spoken
from netmind_tui.tui.picture import Box, Line, Span, column, divided, fit, framed, line
from netmind_tui.tui.screen import schedule_week
from netmind_tui.tui.screen.time_cells import Cell
from netmind_tui.tui.state import State

if TYPE_CHECKING:
    from netmind_tui.model.contribution import Contribution
    from netmind_tui.model.timeline import Span as Stretch
    from netmind_tui.model.timeline import Timeline

NEXT, DATES = "next", "exceptions"
_WHEN, _LEFT, _RIGHT = 11, "now ", " +42 h"
_HOURS, _LABEL_CELLS = (3, 6, 12), 4
_LINE_ROWS, _BORDERS = 2, 2


def boxes(state: State, cells: int, rows: int, glyphs: Glyphs, focus: str) -> list[Line]:
    """Both, one below the other: dates as far as there are any, and changes with the room that is left."""
    dates = max(1, len(listed(state)))
    lower = min(dates, max(1, rows - _LINE_ROWS - _BORDERS - 1)) + _BORDERS
    upper = rows - lower
    parts = [
        (_next(state, cells, upper, glyphs), upper, focus == NEXT),
        (_dates(state, cells, lower), lower, focus == DATES),
    ]
    return divided(parts, cells, glyphs)


def next_box(state: State, cells: int, rows: int, glyphs: Glyphs, *, focused: bool) -> list[Line]:
    """The first of both alone."""
    return framed(_next(state, cells, rows, glyphs, is_last=True), cells, rows, glyphs, focused=focused)


def dates_box(state: State, cells: int, rows: int, glyphs: Glyphs, *, focused: bool) -> list[Line]:
    """The second of both alone."""
    return framed(_dates(state, cells, rows), cells, rows, glyphs, focused=focused)


def listed(state: State) -> list[Exception_ | Holiday]:
    """What is different on which dates, those that are over left out: dates first, then holidays."""
    policy, now = schedule_page.policy(state), schedule_ahead.wall(state)
    if policy is None or now is None:
        return []
    coming = sorted((each for each in policy.exceptions if each.end > now), key=lambda each: each.start)
    return [*coming, *policy.holidays]


def next_change(state: State) -> datetime | None:
    """When something is first different for a device."""
    policy = schedule_page.policy(state)
    told = None if policy is None else schedule_ahead.ahead(state, policy)
    found = [] if told is None else _coming(told)
    return found[0][0][1].start if found else None


def _next(state: State, cells: int, rows: int, glyphs: Glyphs, *, is_last: bool = False) -> Box:
    inner = cells - 4
    policy, now = schedule_page.policy(state), schedule_ahead.now_of(state)
    told = None if policy is None else schedule_ahead.ahead(state, policy)
    words = "next 42 h, every rule applied" + (", if saved" if state.schedule.draft is not None else "")
    title = line(Span(words, "title"))
    if told is None or now is None or policy is None:
        return Box(NEXT, title, [])
    zone = schedule_ahead.zone_of(policy)
    count = max(0, inner - len(_LEFT) - len(_RIGHT))
    step = schedule_ahead.AHEAD / max(1, count)
    found = schedule_ahead.cells(told.devices, tuple(now + number * step for number in range(count + 1)))
    signs = schedule_week.row(found, glyphs, will=True)
    lines: list[Line] = [
        line(Span(_LEFT, "dim"), *signs, Span(_RIGHT, "dim")),
        _hours(found, zone),
    ]
    coming = _coming(told)
    room = rows - len(lines) - (_BORDERS if is_last else 1)
    lines += [
        _change(group, schedule_ahead.clock(group[0][1].start, now, zone), len(told.devices), glyphs, inner)
        for group in coming[: max(0, room)]
    ]
    keys: Line = ()
    if coming:
        span = coming[0][0][1]
        sign = f"{glyphs.states[span.state]} {schedule_ahead.clock(span.start, now, zone)}"
        keys = line(Span("n", "key", "next change"), Span(" next change: ", "dim"), Span(sign, ROLES[span.state]))
    return Box(NEXT, title, [fit(each, inner) for each in lines], keys=keys)


def _dates(state: State, cells: int, rows: int) -> Box:
    inner, room = cells - 4, rows - _BORDERS
    found = listed(state)
    lines: list[Line] = []
    focused = state.view.focus.get("schedule") == DATES
    at = min(state.view.row(DATES), max(0, len(found) - 1))
    first = max(0, min(at - room + 1, len(found) - room)) if focused else 0
    for place, each in enumerate(found[first : first + room], start=first):
        words = exception_words(each) if isinstance(each, Exception_) else holiday_words(each)
        role = "chosen" if focused and place == at else "text"
        lines.append(fit(line(Span(words, role, f"row {DATES} {place}")), inner))
    if not found:
        policy = schedule_page.policy(state)
        words = "none: every week is as it is painted" if policy is not None and policy.windows else "none"
        lines.append(line(Span(words, "dim")))
    more = len(found) - first - room
    if more > 0 and lines:
        words = f"  and {more} more"
        lines[-1] = (*fit(lines[-1], inner - len(words)), Span(words, "dim"))
    edit = line(Span("e", "key", "edit dates"), Span(" edit  ", "dim", "edit dates"))
    keys = (*edit, Span("m", "key", "import"), Span(" import .ics", "dim", "import"))
    return Box(
        DATES,
        line(Span("exceptions", "title")),
        lines,
        keys=() if state.view.read_only else keys,
        legend=_where(state, inner),
        more=_undo(state),
    )


def holiday_words(holiday: Holiday) -> str:
    """A holiday in one line."""
    year = "every year" if holiday.year is None else str(holiday.year)
    return f"{holiday.month:02d}-{holiday.day:02d} {year}  as {DAYS[holiday.as_day].capitalize()}  {holiday.name}"


def _where(state: State, cells: int) -> Line:
    """Where the terms are from, and since when they hold."""
    told, own = schedule_page.terms(state), state.schedule
    status = state.node.status if state.node.is_there else None
    if own.is_saving:
        return line(Span("being saved", "measuring"))
    if told is None:
        return ()
    if told.text is None:
        preset = own.own.preset if own.own is not None and status is None else state.settings.config.schedule
        known = preset and not state.node.place.hostname
        return line(Span("no policy file" + (f": schedule.preset = {preset}" if known else ""), "dim"))
    path = told.path or "policy.toml"
    since = status.policy.loaded_at if status is not None else None
    keeps = "in force by the agent" if status is not None else "no agent keeps it"
    when = f" since {clock_words(since, state.at or since)}" if since is not None else ""
    forms = (f"{path}, {keeps}{when}", f"{path.rpartition('/')[2]}, {keeps}{when}", f"{keeps}{when}")
    return line(Span(next((each for each in forms if len(each) <= cells - 14), forms[-1]), "dim"))


def _undo(state: State) -> Line:
    count = len(state.schedule.drafts)
    return line(Span("u", "key", "undo"), Span(f" undo {count}", "dim", "undo")) if count else ()


def _coming(told: "Timeline") -> "list[list[tuple[str, Stretch]]]":
    """What changes, those that change alike together, in order."""
    found: dict[tuple[datetime, Contribution, str], list[tuple[str, Stretch]]] = {}
    for each in told.devices:
        for before, span in zip(each.spans, each.spans[1:], strict=False):
            if span.start > told.now and (span.state, span.code) != (before.state, before.code):
                found.setdefault((span.start, span.state, span.code), []).append((each.device, span))
    return sorted(found.values(), key=lambda each: each[0][1].start)


def _change(group: "Sequence[tuple[str, Stretch]]", when: str, count: int, glyphs: Glyphs, cells: int) -> Line:
    span = group[0][1]
    who = f"{ranges([device for device, _ in group])} " if count > 1 else ""
    sign = Span(f"{glyphs.states[span.state]} {spoken(span.state)} ", ROLES[span.state])
    guess = ", if it stays so" if span.is_expected else ""
    said = span.sentence.removesuffix(f" of {group[0][0]}").partition("; ")[0]
    return fit(line(column(when, _WHEN, "dim"), sign, f"{who}{said}{guess}"), cells)


def _hours(cells: Sequence[Cell], zone: object) -> Line:
    """Every third hour of the owner's day, where there is room."""
    signs = [" "] * (len(_LEFT) + len(cells) + len(_RIGHT))
    hour_cells = len(cells) / (schedule_ahead.AHEAD / timedelta(hours=1))
    every = next((each for each in _HOURS if each * hour_cells >= _LABEL_CELLS), _HOURS[-1])
    for place, cell in enumerate(cells, start=len(_LEFT)):
        start = cell.start.astimezone(zone)  # type: ignore[arg-type] # it is one
        mark = start.replace(minute=0, second=0, microsecond=0)
        if mark < start:
            mark += timedelta(hours=1)
        is_mark = mark < cell.end.astimezone(zone) and mark.hour % every == 0  # type: ignore[arg-type] # see above
        if is_mark and all(sign == " " for sign in signs[place : place + 2]) and place + 2 <= len(signs):
            signs[place : place + 2] = f"{mark.hour:02}"
    return line(Span("".join(signs).rstrip(), "dim"))
