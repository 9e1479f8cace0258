"""What is typed on the screen *Schedule*: days, and dates on which it is different, as people write them."""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from netmind_tui.model.policy import DAYS, Exception_
from netmind_tui.node.policy import time as policy_time
from netmind_tui.node.policy import value

DATE_HINT = (
    "From when to when, what, and a name: 2026-12-24 to 2026-12-27, never, Christmas. With hours: 2026-11-27 18:00 to "
    "23:00. Instead of never: runs, or a profile. For some devices: never gpu:0."
)
DAYS_HINT = "Which days are to be as this one: daily, weekdays, weekend, mon-fri, or tue, thu."
DAYS_CHOICES = ("weekdays", "weekend", "daily")
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]+([0-9]{1,2}:[0-9]{2}))?")
_CLOCK = re.compile(r"[0-9]{1,2}:[0-9]{2}")
_NEVER, _RUNS = "never", "runs"
_PARTS = 3


def read_days(text: str) -> tuple[int, ...]:
    """Weekdays, Monday is 0.

    Raises:
        ValueError: it names none, or what is no day.
    """
    return policy_time.days(text)


def days_fault(text: str) -> str | None:
    """Why that names no days."""
    try:
        read_days(text)
    except ValueError as error:
        return str(error)
    return None


def read_date(text: str, profiles: Sequence[str]) -> Exception_:
    """An exception as it is typed: from when to when, what holds then, its name.

    Raises:
        ValueError: a part of it cannot be.
    """
    parts = [part.strip() for part in text.split(",", _PARTS - 1)]
    first, separator, last = parts[0].partition(" to ")
    if not separator:
        first, separator, last = parts[0].partition(" – ")
    start = _moment(first.strip(), None, is_end=False)
    end = _moment(last.strip() or first.strip(), start, is_end=True)
    if end <= start:
        raise ValueError("the end must be after the start")
    what, *names = (parts[1] if len(parts) > 1 and parts[1] else _NEVER).split()
    known = {each.lower(): each for each in profiles}
    if what.lower() not in (_NEVER, _RUNS, *known):
        raise ValueError(f"{what!r}: expected {', '.join((_NEVER, _RUNS, *profiles))}")
    devices = value.devices([name.strip(",") for name in names]) if names else ()
    name = value.word(parts[2]) if len(parts) == _PARTS else f"{start:%d %b}"
    return Exception_(
        name=name,
        start=start,
        end=end,
        allows=what.lower() != _NEVER,
        profile=known.get(what.lower()),
        devices=devices,
    )


def date_fault(text: str, profiles: Sequence[str]) -> str | None:
    """Why that is no exception."""
    try:
        read_date(text, profiles)
    except ValueError as error:
        return str(error)
    return None


def date_text(day: date, start_minute: int, end_minute: int) -> str:
    """A span of a day as it is typed, with what is mostly wanted."""
    clock = [f"{minute // 60:02}:{minute % 60:02}" for minute in (start_minute, end_minute)]
    return f"{day.isoformat()} {clock[0]} to {clock[1]}, never, {DAYS[day.weekday()].capitalize()}"


def _moment(text: str, start: datetime | None, *, is_end: bool) -> datetime:
    if start is not None and _CLOCK.fullmatch(text):
        minute = policy_time.minute(text, is_end=True)
        end = datetime.combine(start.date(), datetime.min.time()) + timedelta(minutes=minute)
        return end if end > start else end + timedelta(days=1)
    match = _DAY.fullmatch(text)
    if match is None:
        raise ValueError(f"expected a date such as 2026-12-24, or 2026-11-27 18:00, found {text[:40]!r}")
    if match[2] is None:
        return policy_time.wall(match[1], is_end=is_end)
    minute = policy_time.minute(match[2], is_end=is_end)
    return policy_time.wall(match[1]) + timedelta(minutes=minute)
