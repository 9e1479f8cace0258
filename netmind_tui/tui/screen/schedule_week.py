"""The week as it is painted: a row of half hours for each day, a letter for each profile."""

from datetime import datetime
from zoneinfo import ZoneInfo

from netmind_tui.model.policy import DAYS, Holiday, Policy
from netmind_tui.model.week_word import letters_of, limits_words
from netmind_tui.model.weekplan import CELL_MINUTES, CELLS_A_DAY, any_hours_a_week, hours_a_week, layers, week_cells
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.picture import Line, Span, column, line, wrap

_LABEL, _MARK_H, _HOUR_CELLS = 6, 3, 2
_PICTURE_ROWS = 10  # a blank one, the devices, the hours, and the days
CELLS = _LABEL + CELLS_A_DAY
"""So many cells are a row of the picture."""


def is_nothing(policy: Policy) -> bool:
    """Whether nothing ever runs with these terms."""
    return not policy.windows and not any(each.allows for each in policy.exceptions)


def hours(policy: Policy) -> float:
    """Hours of a week in which some window is painted."""
    return any_hours_a_week(policy)


def wall(policy: Policy, now: datetime) -> datetime:
    """What the policy's wall shows, without a zone."""
    return now.astimezone(ZoneInfo(policy.zone)).replace(tzinfo=None)


def picture(policy: Policy, now: datetime | None, rows: int, glyphs: Glyphs) -> list[Line]:
    """The hours over seven days, now marked in it; several pictures where devices have windows of their own.

    Those that have no room are counted, and never cut.
    """
    signs_of = _letters(policy)
    here = None if now is None else wall(policy, now)
    lines: list[Line] = []
    found = layers(policy)
    for place, (devices, windows) in enumerate(found):
        if place and len(lines) + _PICTURE_ROWS > rows - (place < len(found) - 1):
            words = f"and {len(found) - place} more: {', '.join(name for names, _ in found[place:] for name in names)}"
            return [*lines, line(Span(words, "dim"))]
        each = week_cells(windows)
        if devices:
            lines += [*([()] if lines else []), line(Span(", ".join(devices), "strong"))]
        marks = "".join(f"{hour:<{_MARK_H * _HOUR_CELLS}}" for hour in range(0, 24, _MARK_H))
        lines.append(line(Span(" " * _LABEL + marks.rstrip(), "dim")))
        for number, name in enumerate(DAYS):
            is_today = here is not None and here.weekday() == number
            signs = []
            for cell in each[number]:
                letter = glyphs.marks["dot"] if cell.profile is None else signs_of[cell.profile]
                role = "idle" if cell.profile is None else "contributing"
                signs.append((letter if cell.is_whole else letter.lower(), role))
            if is_today and here is not None:
                cell_now = (here.hour * 60 + here.minute) // CELL_MINUTES
                signs[cell_now] = (signs[cell_now][0], "chosen")
            mark = glyphs.marks["chosen"] if is_today else " "
            label = column(f"{mark} {name.capitalize()}", _LABEL, "strong" if is_today else "dim")
            lines.append(line(label, *_runs(signs)))
    return lines


def profiles(policy: Policy, cells: int) -> list[Line]:
    """What each letter means, how long a week that is, and within which limits."""
    known = {each.name: limits_words(each.limits) for each in policy.profiles}
    per = hours_a_week(policy)
    lines: list[Line] = []
    for name, letter in _letters(policy).items():
        words = f"{name or 'no profile'}, {per[name]:g} h a week: {known.get(name, 'no limits')}"
        first, *rest = wrap(words, cells - 2)
        lines.append(line(Span(f"{letter} ", "contributing"), *first))
        lines += [line("  ", *each) for each in rest]
    return lines


def letters(policy: Policy) -> Line:
    """What each letter means, in a word."""
    return line(Span("  ".join(f"{sign} {name or 'no profile'}" for name, sign in _letters(policy).items()), "dim"))


def holiday_words(holiday: Holiday) -> str:
    """A holiday in one line."""
    year = "every year" if holiday.year is None else str(holiday.year)
    return f"{holiday.month:02d}-{holiday.day:02d} {year}  as {DAYS[holiday.as_day].capitalize()}  {holiday.name}"


def _letters(policy: Policy) -> dict[str, str]:
    return letters_of(dict.fromkeys(each.profile or "" for each in policy.windows))


def _runs(signs: list[tuple[str, str]]) -> list[Span]:
    """Signs as runs of one role each: a terminal draws those fastest."""
    runs: list[Span] = []
    for sign, role in signs:
        if runs and runs[-1].role == role:
            runs[-1] = Span(runs[-1].text + sign, role)
        else:
            runs.append(Span(sign, role))
    return runs
