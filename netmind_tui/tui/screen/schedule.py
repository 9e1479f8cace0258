"""Schedule: the week as it is painted, what each guard sees now, what is different on which dates, and what comes."""

from collections.abc import Sequence

from netmind_tui.model.week_word import exception_words
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.picture import Box, Line, Span, beside, framed, line, wrap
from netmind_tui.tui.screen import schedule_guard, schedule_time, schedule_week
from netmind_tui.tui.screen.empty import SCHEDULE
from netmind_tui.tui.state import State

GUARDS = "guards"
_LEFT = schedule_week.CELLS + 4
_BESIDE_FROM_CELLS = _LEFT + 38
_BORDERS, _TIME = 2, 4
_LEAST_WEEK, _LEAST_GUARDS, _FEWEST_GUARDS, _TIME_FROM_ROWS = 10, 7, 4, 22


def is_empty(state: State) -> bool:
    """Whether no agent keeps any terms."""
    return not state.node.is_there


def boxes(state: State) -> Sequence[str]:
    """The guards: the week is always whole."""
    return SCHEDULE.boxes(state) if is_empty(state) else (GUARDS,)


def count(state: State, box: str) -> int:
    """One row a guard."""
    terms, status = state.node.terms, state.node.status
    if is_empty(state) or terms is None or status is None:
        return 0
    return len(schedule_guard.parts(terms.policy.guards, status.facts))


def opened(state: State, box: str, row: int) -> str | None:
    """Nothing to open."""
    return None


def twin(state: State) -> str:
    """The command that shows the same."""
    host = state.node.place.hostname
    return "netmind schedule show" + (f" --host {host}" if host else "")


def body(state: State, cells: int, rows: int, glyphs: Glyphs) -> Sequence[Line]:
    """The week beside what the guards see where there is room, otherwise over it; below, how it was and will be."""
    if is_empty(state):
        return SCHEDULE.body(state, cells, rows, glyphs)
    if cells < _BESIDE_FROM_CELLS:
        guards = max(_LEAST_GUARDS, _need(state, cells, 0, glyphs))
        week = _week(state, cells, glyphs, max(_LEAST_WEEK, rows - guards))
        high = min(len(week.lines) + _BORDERS, rows - _FEWEST_GUARDS)
        return [*framed(week, cells, high, glyphs), *_guards(state, cells, rows - high, glyphs)]
    with_time = rows >= _TIME_FROM_ROWS and state.node.timeline is not None
    most = rows - _TIME if with_time else rows
    week = _week(state, _LEFT, glyphs, most)
    need = max(len(week.lines) + _BORDERS, _need(state, cells - _LEFT, most, glyphs))
    high = min(most, need) if with_time else most
    drawn = beside(framed(week, _LEFT, high, glyphs), _guards(state, cells - _LEFT, high, glyphs))
    return [*drawn, *(schedule_time.time(state, cells, rows - high, glyphs) if with_time else ())]


def _week(state: State, cells: int, glyphs: Glyphs, rows: int) -> Box:
    """The week, and below it as much as there is room for: its profiles, then what its dates say."""
    terms, node = state.node.terms, state.node.status
    inner, room = cells - 4, rows - _BORDERS
    title = line(Span("week", "title"))
    if terms is None or node is None:
        return Box("week", title, wrap("The agent is asked for its schedule.", inner, "dim"))
    policy, refused = terms.policy, node.policy.refused
    lines: list[Line] = []
    legend = _where(state, inner)
    if refused is not None:
        told = wrap(f"The file is not in force, this is the last good one: {refused}", inner, "warn")
        short = wrap("The file is not in force: see netmind schedule check", inner, "warn")
        lines += told if len(told) + _LEAST_WEEK <= room else short
    if schedule_week.is_nothing(policy):
        lines += wrap("Nothing ever runs: no window is painted, and no exception allows anything.", inner, "strong")
        steps = "netmind schedule set FILE puts a policy in force; schedule.preset in Settings (,) is a ready one."
        lines += [(), *wrap(steps, inner, "dim")]
    else:
        lines += schedule_week.picture(policy, state.at, room - len(lines), glyphs)
        legend = schedule_week.letters(policy)
        for part in (schedule_week.profiles(policy, inner), _dates(state, inner)):
            gap: list[Line] = [()] if len(lines) + len(part) < room else []
            if not part or len(lines) + len(part) > room:
                break
            lines, legend = [*lines, *gap, *part], _where(state, inner)
    hours = schedule_week.hours(policy)
    return Box(
        "week",
        line(Span("week", "title"), Span(f"  {policy.zone}", "dim")),
        lines,
        keys=line(Span(f"{hours:g} h of 168 painted", "figure")),
        legend=legend,
    )


def _where(state: State, cells: int) -> Line:
    """Where the terms are from."""
    terms = state.node.terms
    if terms is None:
        return ()
    if terms.text is None:
        return line(Span("no policy file: schedule.preset holds", "dim"))
    path = terms.path or "policy.toml"
    name = path if len(path) <= cells else path.rpartition("/")[2]
    return line(Span(name, "dim"))


def _dates(state: State, cells: int) -> list[Line]:
    """What is different on which dates: what is over is left out."""
    terms, now = state.node.terms, state.at
    if terms is None or now is None:
        return []
    wall = schedule_week.wall(terms.policy, now)
    coming = sorted((each for each in terms.policy.exceptions if each.end > wall), key=lambda each: each.start)
    found = [part for each in coming for part in wrap(exception_words(each), cells)]
    found += [part for each in terms.policy.holidays for part in wrap(schedule_week.holiday_words(each), cells)]
    return [line(Span("other dates", "title")), *found] if found else []


def _facts(state: State, cells: int, rows: int, glyphs: Glyphs) -> list[list[Line]]:
    terms, status = state.node.terms, state.node.status
    if terms is None or status is None:
        return []
    return schedule_guard.drawn(terms.policy.guards, status.facts, cells - 4, rows - _BORDERS, glyphs)


def _need(state: State, cells: int, rows: int, glyphs: Glyphs) -> int:
    """The rows that the guards have use for."""
    return sum(map(len, _facts(state, cells, rows, glyphs))) + _BORDERS


def _guards(state: State, cells: int, rows: int, glyphs: Glyphs) -> list[Line]:
    found, room = _facts(state, cells, rows, glyphs), rows - _BORDERS
    lines = [each for part in found for each in part]
    hidden = max(0, len(lines) - room)
    first = min(sum(map(len, found[: state.view.row(GUARDS)])), hidden)
    signs = (("pass", "allows"), ("warn", "denies"))
    legend = "  ".join((*(f"{glyphs.marks[mark]} {word}" for mark, word in signs), "? cannot be seen"))
    box = Box(
        GUARDS,
        line(Span("guards, now", "title")),
        lines[first : first + room],
        keys=line(Span("↑ ↓", "key"), Span(f" {hidden} more", "dim")) if hidden else (),
        legend=line(Span(legend, "dim")) if count(state, GUARDS) else (),
    )
    return framed(box, cells, rows, glyphs, focused=True)
