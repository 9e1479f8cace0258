"""Times and lengths of time as people write them: ``18:00``, ``tomorrow 07:00``, ``2026-11-27T18:00``, ``2h``, ``90m``.

A time of day may say whose clock it is of: ``18:00+01:00``, ``18:00Z``.

A wall time that comes twice (clocks are put back) is the first of both that is still to come; one that never comes
(clocks are put forward) is the moment at which the clocks leap over it.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from enum import StrEnum

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

_UNITS_S = {"d": 86_400, "h": 3600, "m": 60, "min": 60, "s": 1}
_SPAN = re.compile(r"(?:[0-9]{1,6}(?:\.[0-9]{1,3})?(?:d|h|min|m|s) ?){1,4}")
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(d|h|min|m|s)")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?")
_OFFSET = re.compile(r"([0-9:]+)(?:(z)|([+-])([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?)")
_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
_LONGEST_S = 400 * 86_400
_SHOWN = 60
_EXAMPLES = "18:00, tomorrow 07:00, 2026-11-27T18:00"


class Tense(StrEnum):
    """Which moments may be meant: a bare ``18:00`` is the next one, the last one, or the one of today."""

    FUTURE = "future"
    PAST = "past"
    ANY = "any"


def read_length(text: str, option: str) -> float:
    """The seconds of a length of time: ``2h``, ``90m``, ``1h30m``, ``1.5d``.

    Raises:
        Problem: it is none, is nothing, or is longer than 400 days.
    """
    words = text.strip().lower()
    if not _SPAN.fullmatch(words):
        raise _fault(option, text, "expected a length of time such as 2h, 90m or 1h30m")
    seconds = sum(float(number) * _UNITS_S[unit] for number, unit in _PART.findall(words))
    if not 0 < seconds <= _LONGEST_S:
        raise _fault(option, text, "expected more than nothing, and 400d at most")
    return seconds


def read_moment(
    text: str, now: datetime, *, option: str, zone: tzinfo | None = None, tense: Tense = Tense.FUTURE
) -> datetime:
    """The moment (UTC) that a word means.

    Args:
        text: As it was written. A length of time counts from now: forward, or back for the past.
        now: The moment (with a zone) at which it was written.
        option: What it was given to, for the sentence.
        zone: The zone of wall times; the machine's own unless given.
        tense: On which side of now it must be.

    Raises:
        Problem: it is none, or on the wrong side of now.
    """
    words = " ".join(text.strip().lower().split())
    if words == "now" and tense is not Tense.FUTURE:
        return now.astimezone(UTC)
    if _SPAN.fullmatch(words):
        length = timedelta(seconds=read_length(words, option))
        return (now - length if tense is Tense.PAST else now + length).astimezone(UTC)
    found = list(_candidates(words, text, now, zone, option, tense))
    for moment in found:
        if tense is Tense.ANY or (moment > now if tense is Tense.FUTURE else moment <= now):
            return moment
    if tense is Tense.FUTURE:
        raise _fault(option, text, "that has been: give a later time")
    raise _fault(option, text, "that is still to come: give an earlier time")


def wall_moments(wall: datetime, zone: tzinfo | None = None) -> tuple[datetime, ...]:
    """The moments (UTC) at which clocks show a wall time: one, or two where they were put back.

    Where clocks leap over it, the moment of the leap.
    """
    early, late = (_instant(wall, fold, zone) for fold in (0, 1))
    if _wall(early, zone) == wall:
        return (early,) if early == late or _wall(late, zone) != wall else (early, late)
    before, after = late, early
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        before, after = (before, middle) if _wall(middle, zone) >= wall else (middle, after)
    return (after.replace(microsecond=0),)


def _candidates(
    words: str, text: str, now: datetime, zone: tzinfo | None, option: str, tense: Tense
) -> Iterator[datetime]:
    """What the words can mean, the likeliest first."""
    head, _, rest = words.rpartition(" ")
    if (found := _OFFSET.fullmatch(rest)) is not None and head in ("", *_DAYS):
        rest, zone = found[1], _of_offset(found)
    today = _wall(now, zone).date()
    clock = _clock(rest)
    if clock is not None and head in ("", *_DAYS):
        step = {Tense.FUTURE: 1, Tense.PAST: -1, Tense.ANY: 0}[tense]
        days = [0, step] if not head else [_DAYS[head]]
        for day in days:
            moments = _on(today, day, clock, zone, text, option)
            yield from reversed(moments) if tense is Tense.PAST else moments
        return
    if words in _DAYS:
        yield from _on(today, _DAYS[words], time(), zone, text, option)
        return
    yield from _written(words, text, zone, option)


def _on(today: date, days: int, clock: time, zone: tzinfo | None, text: str, option: str) -> tuple[datetime, ...]:
    try:
        return wall_moments(datetime.combine(today + timedelta(days=days), clock), zone)
    except (OverflowError, ValueError, OSError):
        raise _fault(option, text, "that is beyond the calendar") from None


def _written(words: str, text: str, zone: tzinfo | None, option: str) -> tuple[datetime, ...]:
    """A date and time as ISO 8601 has it, with or without a zone."""
    try:
        moment = datetime.fromisoformat(words.upper())
    except ValueError:
        raise _fault(option, text, f"expected a time such as {_EXAMPLES}") from None
    try:
        return wall_moments(moment, zone) if moment.tzinfo is None else (moment.astimezone(UTC),)
    except (OverflowError, ValueError, OSError):
        raise _fault(option, text, "that is beyond the calendar") from None


def _clock(word: str) -> time | None:
    found = _CLOCK.fullmatch(word)
    if found is None:
        return None
    hour, minute, second = (int(part or 0) for part in found.groups())
    return time(hour, minute, second) if hour < 24 and minute < 60 and second < 60 else None  # noqa: PLR2004 - a day


def _of_offset(found: re.Match[str]) -> tzinfo:
    """The clock that is so far ahead of UTC, or behind it."""
    hours, minutes, seconds = (int(part or 0) for part in found.groups()[3:])
    ahead = timedelta(hours=min(hours, 23), minutes=min(minutes, 59), seconds=min(seconds, 59))
    return timezone(-ahead if found[3] == "-" else ahead)


def _instant(wall: datetime, fold: int, zone: tzinfo | None) -> datetime:
    # Without a zone Python asks the machine's own, twice-told times included.
    return wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)


def _wall(moment: datetime, zone: tzinfo | None) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def _fault(option: str, text: str, sentence: str) -> Problem:
    return Problem(f"{option} {text[:_SHOWN]!r}: {sentence}", ExitCode.USAGE)
