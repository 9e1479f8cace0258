"""Times of a policy as people write them: ``10m``, ``22:00``, ``mon-fri``, ``12-25``, ``2026-11-27T18:00:00``, zones.

Each reader raises a ``ValueError`` that says what was expected and what was found.
"""

import re
from datetime import date, datetime, time, timedelta

from netmind_tui.model.policy import DAYS, MINUTES_A_DAY
from netmind_tui.model.problem import nearest
from netmind_tui.node.policy.value import expected, shown

_UNITS_S = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400}
_LENGTH = re.compile(r"(?:[0-9]{1,6}\s*(?:s|min|m|h|d)\s*)+")
_LENGTH_PART = re.compile(r"([0-9]+)\s*(s|min|m|h|d)")
_LONGEST_S = 7 * 86_400
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})")
_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_GROUPS = {"daily": range(7), "every day": range(7), "weekdays": range(5), "weekend": range(5, 7)}
_YEARLY = re.compile(r"([0-9]{2})-([0-9]{2})")
_LEAP_YEAR = 2024
_FIRST_YEAR, _LAST_YEAR = 1970, 9000


def length_s(value: object) -> float:
    """Seconds, of ``10m``, ``90s``, ``1h30m``."""
    what = 'a length of time such as "10m", "90s" or "1h30m"'
    if (isinstance(value, int | float) and not isinstance(value, bool)) or (isinstance(value, str) and value.isdigit()):
        raise ValueError(f'expected {what}, found {value} without a unit: "{value}s" or "{value}m"?')
    if not isinstance(value, str) or not _LENGTH.fullmatch(value.strip()):
        raise expected(what, value)
    found = sum(int(number) * _UNITS_S[unit] for number, unit in _LENGTH_PART.findall(value))
    if found > _LONGEST_S:
        raise expected("a length of time of at most 7d", value)
    return float(found)


def minute(value: object, *, is_end: bool = False) -> int:
    """The minute of the day, of ``22:00``; an end may be ``24:00``."""
    last = "24:00" if is_end else "23:59"
    what = f'a time of day from "00:00" to "{last}"'
    if isinstance(value, time):
        if value.second or value.microsecond:
            raise expected(f"{what}, to the minute", value)
        return _end(value.hour * 60 + value.minute, is_end=is_end)
    match = _CLOCK.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise expected(what, value)
    hour, rest = int(match[1]), int(match[2])
    if rest > 59 or hour * 60 + rest > MINUTES_A_DAY - (not is_end):  # noqa: PLR2004 - minutes of an hour
        hint = '; the end of a day is to = "24:00"' if hour >= 24 and not is_end else ""  # noqa: PLR2004 - hours
        raise ValueError(f"expected {what}, found {value!r}{hint}")
    return _end(hour * 60 + rest, is_end=is_end)


def _end(found: int, *, is_end: bool) -> int:
    """Midnight as an end is that after the day."""
    return MINUTES_A_DAY if is_end and found == 0 else found


def days(value: object) -> tuple[int, ...]:
    """Weekdays in order, of ``mon-fri``, ``daily``, ``["mon", "sat-sun"]``."""
    words: list[object] = value if isinstance(value, list) else [value]
    what = 'days such as "mon-fri", "daily", "weekend" or ["mon", "thu"]'
    found: set[int] = set()
    for text in words:
        if not isinstance(text, str):
            raise expected(what, text)
        for word in text.split(","):
            found.update(_days_of(word.strip().lower()))
    if not found:
        raise expected(what, value)
    return tuple(sorted(found))


def weekday(value: object) -> int:
    """One weekday."""
    if not isinstance(value, str):
        raise expected('a day such as "sun"', value)
    return _day(value.strip().lower())


def _days_of(word: str) -> set[int]:
    if word in _GROUPS:
        return set(_GROUPS[word])
    first, dash, last = word.partition("-")
    if not dash:
        return {_day(word)}
    begin, end = _day(first.strip()), _day(last.strip())
    return {(begin + each) % 7 for each in range((end - begin) % 7 + 1)}


def _day(word: str) -> int:
    if word in DAYS:
        return DAYS.index(word)
    if word in _NAMES:
        return _NAMES.index(word)
    raise ValueError(f"{shown(word)} is no day; {nearest(word, [*DAYS, *_GROUPS])}")


def holiday(value: object) -> tuple[int, int, int | None]:
    """Month, day and, where it is once, the year, of ``"12-25"`` or ``2027-04-02``."""
    what = 'a date such as "12-25" (every year) or 2027-04-02 (once)'
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.month, value.day, value.year
    if not isinstance(value, str):
        raise expected(what, value)
    match = _YEARLY.fullmatch(value.strip())
    try:
        found = date(_LEAP_YEAR, int(match[1]), int(match[2])) if match else date.fromisoformat(value.strip())
    except ValueError as error:
        raise expected(what, value) from error
    return found.month, found.day, None if match else found.year


def wall(value: object, *, is_end: bool = False) -> datetime:
    """A wall time, of a local date-time or a date, which as an end is to the end of that day."""
    what = "a local date-time such as 2026-11-27T18:00:00, or a date"
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value) if len(value) > len("2026-11-27") else date.fromisoformat(value)
        except ValueError:
            raise expected(what, value) from None
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            raise ValueError(f"expected {what}, on the policy's clock and without an offset, found {value}")
        found = value
    elif isinstance(value, date):
        found = datetime.combine(value, time())
        if is_end and value.year < _LAST_YEAR:
            found += timedelta(days=1)
    else:
        raise expected(what, value)
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise expected(f"a year from {_FIRST_YEAR} to {_LAST_YEAR}", value)
    return found


def zone(value: object) -> str:
    """A zone of the IANA database, by its name."""
    import zoneinfo  # noqa: PLC0415 - 3 ms, and a machine without a policy has no use for it

    if not isinstance(value, str):
        raise expected('a zone such as "Europe/Berlin"', value)
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        known = sorted(zoneinfo.available_timezones())
        exact = next((each for each in known if each.lower() == value.lower().replace(" ", "_")), None)
        hint = f"did you mean {exact}?" if exact else nearest(value, known)
        raise ValueError(f"{shown(value)} is no zone of the IANA database; {hint}") from None
    return value
