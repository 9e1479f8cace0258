"""The grid of the week: a row of half hours for each day, a letter for each profile, or what happened in each.

A capital letter is a cell that is painted from end to end, a small one is painted in part; what is not saved is strong.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache

from netmind_tui.model.contribution import Contribution
from netmind_tui.model.naming import covers
from netmind_tui.model.paint import Brush, Field, brushes, differing, fields
from netmind_tui.model.policy import DAYS, Policy
from netmind_tui.model.week_word import letters_of, limits_words
from netmind_tui.model.weekplan import CELLS_A_DAY
from netmind_tui.tui import schedule_ahead, schedule_page
from netmind_tui.tui.glyph import Beyond, Glyphs
from netmind_tui.tui.node_word import ROLES
from netmind_tui.tui.picture import Line, Span, column, fit, joined, line, width, wrap
from netmind_tui.tui.same import Same
from netmind_tui.tui.screen.time_cells import Cell
from netmind_tui.tui.state import State

LABEL, _MARK_H, _HOUR_CELLS = 6, 3, 2
CELLS = LABEL + CELLS_A_DAY
"""So many cells are a row of the picture."""
PLAIN, PLAIN_IN_PART, APART, MANY = "#", "=", "+", "?"
"""A window without a profile, the same in part, devices with different ones, and more profiles than letters."""
_Sign = tuple[str, str]
_BETWEEN = Span("  ")


def letters(policy: Policy) -> dict[str, str]:
    """The letter of each profile: of those in the file, in their order."""
    names = [each.name for each in policy.profiles]
    return letters_of(dict.fromkeys([*names, *(each.profile or "" for each in policy.windows), ""]))


def letter(policy: Policy, brush: Brush, glyphs: Glyphs) -> str:
    """The sign of a brush."""
    return glyphs.marks["dot"] if brush.profile is None else letters(policy)[brush.profile]


def is_painted_apart(policy: Policy, devices: tuple[str, ...]) -> bool:
    """Whether cells can be painted for these devices: for all of them, or where profiles are about these alone."""
    return not devices or any(each.limits.devices == devices for each in policy.profiles)


def brush_of(state: State, policy: Policy) -> Brush:
    """The one that paints: the first, until another was chosen."""
    known = brushes(policy, state.schedule.devices)
    return state.schedule.brush if state.schedule.brush in known else known[0]


def grid(state: State, policy: Policy, glyphs: Glyphs, *, with_cursor: bool = True) -> list[Line]:
    """The hours over seven days."""
    marks = "".join(f"{hour:<{_MARK_H * _HOUR_CELLS}}" for hour in range(0, 24, _MARK_H))
    lines = [line(Span(" " * LABEL + marks.rstrip(), "dim"))]
    here = schedule_ahead.cursor(state)
    range_ = set(schedule_ahead.chosen(state)) if state.schedule.anchor is not None else set()
    today = schedule_ahead.wall(state)
    of = _happened(state, policy, glyphs) if state.schedule.shows_past else _painted(state, policy, glyphs)
    for day, name in enumerate(DAYS):
        is_today = today is not None and today.weekday() == day
        signs = list(of(day))
        for place in range(CELLS_A_DAY):
            cell = day * CELLS_A_DAY + place
            if with_cursor and cell == here:
                signs[place] = (signs[place][0], "cursor")
            elif cell in range_:
                signs[place] = (signs[place][0], "chosen")
        mark = glyphs.marks["chosen"] if is_today else " "
        label = column(f"{mark} {name.capitalize()}", LABEL, "strong" if is_today else "dim", action=f"day {day}")
        lines.append(line(label, *runs(signs, day)))
    return lines


def runs(signs: Sequence[_Sign], day: int | None = None) -> list[Span]:
    """Signs as runs of one role each: a terminal draws those fastest. With a day each knows its cells."""
    found: list[Span] = []
    for place, (sign, role) in enumerate(signs):
        if found and found[-1].role == role:
            found[-1] = Span(found[-1].text + sign, role, found[-1].action)
        else:
            # The sign at the end says that how far into it was clicked is counted.
            found.append(Span(sign, role, None if day is None else f"cell {day * CELLS_A_DAY + place}+"))
    return found


def legend(state: State, policy: Policy, glyphs: Glyphs, cells: int) -> Line:
    """What each letter means, with its limits as far as there is room; the brush stands out."""
    if state.schedule.shows_past:
        return line(Span("what happened in the last seven days", "dim"))
    names = state.schedule.devices
    if not is_painted_apart(policy, names):
        return line(
            Span(f"{','.join(names)} to look at: ", "dim"),
            Span("esc", "key", "back"),
            Span(" shows all, to paint", "dim", "back"),
        )
    known = brushes(policy, names)
    mine = brush_of(state, policy)
    limits = {each.name: limits_words(each.limits) for each in policy.profiles}
    forms: list[Callable[[str], str]] = [lambda name: f" {limits[name]}" if name in limits else "", lambda _: ""]
    limits = {name: words for name, words in limits.items() if words != "no limits"}
    parts: list[Line] = []
    for form in forms:
        parts = []
        for place, brush in enumerate(known):
            sign, name = letter(policy, brush, glyphs), brush.profile
            words = "never" if name is None else name or "no profile"
            role = "cursor" if brush == mine else "key"
            wish = f"brush {place}"
            parts.append(line(Span(sign, role, wish), Span(f" {words}{form(name or '')}", "dim", wish)))
        if width(joined(parts, _BETWEEN)) <= cells:
            return joined(parts, _BETWEEN)
    # Of more than there is room for, those as far as the brush, which is seen at any rate.
    first, here = 0, known.index(mine)
    while first < here and width(joined(parts[first : here + 1], _BETWEEN)) > cells - _BETWEEN.width:
        first += 1
    return joined(parts[first:], _BETWEEN)


def listed(state: State, policy: Policy, glyphs: Glyphs, cells: int, rows: int) -> list[Line]:
    """The same, one below the other, beside the grid where there is room: limits below their letter."""
    known, mine = brushes(policy, state.schedule.devices), brush_of(state, policy)
    limits = {each.name: limits_words(each.limits) for each in policy.profiles}
    lines: list[Line] = []
    for with_limits in (True, False):
        lines = []
        for place, brush in enumerate(known):
            sign, name = letter(policy, brush, glyphs), brush.profile
            words = "never" if name is None else name or "no profile"
            wish = f"brush {place}"
            role = "cursor" if brush == mine else "key"
            lines.append(fit(line(Span(sign, role, wish), Span(f" {words}", "text", wish)), cells))
            if with_limits and limits.get(name or "", "no limits") != "no limits":
                lines += [line("  ", *each) for each in wrap(limits[name or ""], cells - 2, "dim")]
        if len(lines) <= rows:
            return [fit(each, cells) for each in lines]
    first = max(0, min(known.index(mine) - rows // 2, len(lines) - rows))
    return [fit(each, cells) for each in lines[first : first + rows]]


def row(cells: Sequence[Cell], glyphs: Glyphs, *, will: bool) -> list[Span]:
    """What devices do in each cell: most of them where there are several."""
    return runs([sign_of(cell, glyphs, will=will) for cell in cells])


def sign_of(cell: Cell, glyphs: Glyphs, *, will: bool) -> _Sign:
    """A cell of the past, or one that is to come."""
    if cell.state is None:
        return " ", "dim"
    if cell.contributing and (will or not cell.has_news) and cell.contributing * 2 >= len(cell.pieces):
        full = "█" if glyphs.braille else glyphs.states[Contribution.CONTRIBUTING]
        return (glyphs.states[Beyond.WILL] if will else full), "contributing"
    return glyphs.states[cell.state], ROLES[cell.state]


def past_cells(state: State, policy: Policy, day: int) -> list[Cell]:
    """A weekday as it was last, by the journal; nothing after now."""
    told, now, date = state.schedule.week, schedule_ahead.now_of(state), schedule_ahead.last_date(state, day)
    if told is None or now is None or date is None:
        return []
    lines = schedule_ahead.devices_shown(state, told.devices)
    edges = schedule_ahead.edges(date, schedule_ahead.zone_of(policy))
    return schedule_ahead.cells(lines, tuple(min(each, now) for each in edges))


def _painted(state: State, policy: Policy, glyphs: Glyphs) -> Callable[[int], Sequence[_Sign]]:
    shown = _shown(state, policy)
    base = state.schedule.base
    changed = frozenset() if state.schedule.draft is None or base is None else _changed(Same(base.policy), Same(policy))
    signs = letters(policy)

    def of(day: int) -> list[_Sign]:
        found = []
        for cell in range(day * CELLS_A_DAY, (day + 1) * CELLS_A_DAY):
            field = shown[cell]
            role = "contributing" if field.profiles else "idle"
            found.append((_letter(field, signs, glyphs), "figure" if cell in changed else role))
        return found

    return of


def _letter(field: Field, signs: dict[str, str], glyphs: Glyphs) -> str:
    if not field.profiles:
        return glyphs.marks["dot"]
    if field.is_apart:
        return APART
    sign = signs[field.profiles[0]]
    if field.is_whole:
        return sign
    return PLAIN_IN_PART if sign == PLAIN else sign.lower()


def _happened(state: State, policy: Policy, glyphs: Glyphs) -> Callable[[int], Sequence[_Sign]]:
    def of(day: int) -> list[_Sign]:
        cells = past_cells(state, policy, day)
        return [sign_of(each, glyphs, will=False) for each in cells] or [(" ", "dim")] * CELLS_A_DAY

    return of


def _shown(state: State, policy: Policy) -> tuple[Field, ...]:
    names = state.schedule.devices
    # A device is asked for by its id, and the owner may have named it otherwise.
    return _fields(Same(schedule_ahead.outlook(state, policy).policy if names else policy), names)


@lru_cache(maxsize=8)
def _fields(policy: Same[Policy], names: tuple[str, ...]) -> tuple[Field, ...]:
    terms = policy.value
    if not names:
        return fields(terms)
    known = {each.name: each.limits.devices for each in terms.profiles}
    windows = [each for each in terms.windows if any(covers(known.get(each.profile or "", ()), one) for one in names)]
    return fields(terms, windows)


@lru_cache(maxsize=8)
def _changed(before: Same[Policy], after: Same[Policy]) -> frozenset[int]:
    return differing(before.value, after.value)


def field_at(state: State, policy: Policy, cell: int) -> Field:
    """How a cell is painted, for the devices that the grid is about."""
    return _shown(state, policy)[cell]


def moment_of(state: State, policy: Policy, cell: int) -> datetime | None:
    """When a cell comes next, or comes to its end if it is now."""
    day, place = divmod(cell, CELLS_A_DAY)
    date = schedule_ahead.next_date(state, day, place)
    return None if date is None else schedule_ahead.edges(date, schedule_ahead.zone_of(policy))[place]


def unsaved_words(state: State) -> str:
    """What is not saved, in a few words; nothing where all is."""
    found = schedule_page.unsaved(state)
    return f"{found.words} not saved" if found is not None else ""
