"""A year of days, one cell each, and what the hours came to."""

from collections.abc import Sequence
from datetime import date, timedelta

from netmind_tui.model.contribution import Contribution
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.node_page import DayState
from netmind_tui.tui.node_word import ROLES, spoken
from netmind_tui.tui.picture import Box, Line, Span, beside, column, fit, framed, line
from netmind_tui.tui.state import State

_DAYS = ("Mon", "", "Wed", "", "Fri", "", "Sun")
_LABEL, _WEEKS, _GAP, _NAME, _COLUMN, _MOST_COLUMNS = 4, 53, 3, 13, 9, 3
_HOUR_S = 3600
_SHARES = ((0.75, "█", "#"), (0.5, "▓", "+"), (0.25, "▒", ":"), (0.01, "░", "."))
_PERIODS = (("7 d", 7), ("30 d", 30), ("year", 366))
_STATES = (
    Contribution.CONTRIBUTING,
    Contribution.GAVE_WAY,
    Contribution.PAUSED,
    Contribution.LOST,
    Contribution.IDLE,
    Contribution.OFFLINE,
)


def year(state: State, cells: int, glyphs: Glyphs, *, focused: bool) -> list[Line]:
    """The box: a column a week, and the totals beside it."""
    days = {each.day: each for each in state.node.days}
    inner = cells - 4
    last = max(days, default=None) or (state.at.date() if state.at is not None else None)
    beside_it = max(_NAME + _COLUMN, min(_NAME + _MOST_COLUMNS * _COLUMN, inner - _LABEL - _WEEKS - _GAP))
    weeks = max(1, min(_WEEKS, inner - _LABEL - _GAP - beside_it))
    here = _chosen(state)
    drawn = _calendar(days, last, weeks, glyphs, here if focused else None) if last is not None else []
    totals = _totals(state.node.days, (beside_it - _NAME) // _COLUMN, beside_it)
    left = [fit(each, _LABEL + weeks + _GAP) for each in drawn]
    lines = [fit(each, inner) for each in beside(left, totals)]
    words = "not counted yet" if not days else _legend(glyphs)
    legend = line(Span(_told(days[here]) if focused and here in days else words, "dim"))
    return framed(
        Box("year", line(Span("a year of days", "title")), lines, legend=legend), cells, 10, glyphs, focused=focused
    )


def _chosen(state: State) -> date | None:
    days = state.node.days
    return days[max(0, len(days) - 1 - state.view.row("year"))].day if days else None


def _calendar(days: dict[date, DayState], last: date, weeks: int, glyphs: Glyphs, here: date | None) -> list[Line]:
    """Weekdays down, weeks across, the months above."""
    first = last - timedelta(days=last.weekday() + 7 * (weeks - 1))
    months = [" "] * (_LABEL + weeks + 2)
    for week in range(weeks):
        monday = first + timedelta(days=7 * week)
        begins = [day for day in (monday + timedelta(days=each) for each in range(7)) if day.day == 1]
        place = _LABEL + week
        if begins and all(sign == " " for sign in months[max(0, place - 1) : place + 3]) and week < weeks - 2:
            months[place : place + 3] = f"{begins[0]:%b}"
    lines = [line(Span("".join(months), "dim"))]
    for weekday in range(7):
        spans = [column(_DAYS[weekday], _LABEL, "dim")]
        for week in range(weeks):
            day = first + timedelta(days=7 * week + weekday)
            text, role = _sign(days.get(day), glyphs) if day <= last else (" ", "dim")
            role = "cursor" if day == here else role
            if spans[-1].role == role and len(spans) > 1:
                spans[-1] = Span(spans[-1].text + text, role)
            else:
                spans.append(Span(text, role))
        lines.append(tuple(spans))
    return lines


def _sign(day: DayState | None, glyphs: Glyphs) -> tuple[str, str]:
    whole = sum(day.seconds.values()) if day is not None else 0.0
    if day is None or not whole:
        return " ", "dim"
    share = day.seconds.get(Contribution.CONTRIBUTING, 0.0) / whole
    sign = next((shade if glyphs.braille else plain for least, shade, plain in _SHARES if share >= least), None)
    return (sign, "contributing") if sign is not None else (glyphs.marks["dot"], "dim")


def _legend(glyphs: Glyphs) -> str:
    shades = "".join(shade if glyphs.braille else plain for _, shade, plain in reversed(_SHARES))
    return f"{shades} more of the day contributed  {glyphs.marks['dot']} nothing"


def _told(day: DayState) -> str:
    parts = [f"{hours(day.seconds[each])} {spoken(each)}" for each in _STATES if day.seconds.get(each, 0.0) >= 60]  # noqa: PLR2004 - a minute
    return f"{day.day:%a %d %b}: {', '.join(parts)}"


def _totals(days: Sequence[DayState], columns: int, cells: int) -> list[Line]:
    """Hours of all devices together, by state."""
    periods = _PERIODS[-columns:] if columns < len(_PERIODS) else _PERIODS
    lines = [line(column("", _NAME), *(column(name, _COLUMN, "dim", right=True) for name, _ in periods))]
    for state in _STATES:
        sums = [sum(each.seconds.get(state, 0.0) for each in days[-length:]) for _, length in periods]
        name = column(spoken(state), _NAME, ROLES[state])
        figures = (
            column(hours(each) if each >= 1 else "—", _COLUMN, "text" if each >= 1 else "dim", right=True)
            for each in sums
        )
        lines.append(line(name, *figures))
    lines.append(line(Span("device-hours", "dim")))
    return [fit(each, cells) for each in lines]


def hours(seconds: float) -> str:
    """Hours of devices: ``1 024 h``, ``7.2 h``."""
    value = seconds / _HOUR_S
    return f"{value:,.0f} h".replace(",", " ") if value >= 100 else f"{value:.1f} h"  # noqa: PLR2004 - three digits
