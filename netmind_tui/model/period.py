"""A stretch of the owner's calendar: today, this week, this month, or from one day to another."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from netmind_tui.model.moment import wall_moments


class PeriodName(StrEnum):
    """Those that have a name; ``between`` is from a moment to another."""

    TODAY = "today"
    WEEK = "week"
    MONTH = "month"
    BETWEEN = "between"


NAMED = (PeriodName.TODAY, PeriodName.WEEK, PeriodName.MONTH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From ``start`` up to ``end``, which is no longer part of it; whole days of a calendar, except where asked for."""

    name: PeriodName
    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError("a period ends after it begins")


def period_of(name: PeriodName, now: datetime, zone: tzinfo) -> Period:
    """The day, the week from Monday on, or the month that a moment is in, by clocks of a zone."""
    today = now.astimezone(zone).date()
    if name is PeriodName.WEEK:
        first = today - timedelta(days=today.weekday())
        last = first + timedelta(days=7)
    elif name is PeriodName.MONTH:
        first = today.replace(day=1)
        last = (first + timedelta(days=31)).replace(day=1)
    else:
        first, last = today, today + timedelta(days=1)
    return Period(name=name, start=midnight(first, zone), end=midnight(last, zone))


def midnight(day: date, zone: tzinfo) -> datetime:
    """When a day begins; where its midnight comes twice, the first, where it never comes, when clocks leap over it."""
    return wall_moments(datetime.combine(day, time()), zone)[0]


def days_of(start: datetime, end: datetime, zone: tzinfo) -> tuple[tuple[date, datetime, datetime], ...]:
    """The days of a calendar between two moments: each with where it begins and ends, cut to these."""
    found = []
    day = start.astimezone(zone).date()
    moment = start
    while moment < end:
        day += timedelta(days=1)
        after = min(max(midnight(day, zone), moment), end)
        if after > moment:
            found.append((day - timedelta(days=1), moment, after))
        moment = after
    return tuple(found)
