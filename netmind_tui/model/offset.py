"""The UTC offsets of a zone, as spans of time in which the wall clock runs evenly.

A zone is asked only for its offset at a moment, so any ``tzinfo`` will do; its changes are found by halving. Moments
are whole microseconds since 1970 in UTC, wall times the same without a zone.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
DAY_US = 86_400 * SECOND_US
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = EPOCH.replace(tzinfo=None)
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
# A zone may be a day away from UTC: the first and last days that it can be asked for are so much nearer.
_FIRST_DAY = 3 - _EPOCH_ORDINAL
_LAST_DAY = date.max.toordinal() - _EPOCH_ORDINAL - 3
# No zone has changed its offset and changed it back within so long.
_PROBE_S = 6 * 3600
_DAY_S = 86_400
_MOST_DAYS = 4096


class Offsets:
    """The offsets of one zone, remembered for the days that were asked for."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._days: dict[int, tuple[tuple[int, int], ...]] = {}

    def at(self, moment_us: int) -> int:
        """The offset at a moment, in microseconds."""
        found = 0
        for start_us, offset_us in self._day(moment_us // DAY_US):
            if start_us > moment_us:
                break
            found = offset_us
        return found

    def spans(self, start_us: int, end_us: int) -> Iterator[tuple[int, int, int]]:
        """From start to end, without gaps: start, end and the offset that holds in between. No longer than a day."""
        for day in range(start_us // DAY_US, -(-end_us // DAY_US)):
            parts = self._day(day)
            for number, (begin_us, offset_us) in enumerate(parts):
                stop_us = parts[number + 1][0] if number + 1 < len(parts) else (day + 1) * DAY_US
                if stop_us > start_us and begin_us < end_us:
                    yield max(begin_us, start_us), min(stop_us, end_us), offset_us

    def _day(self, day: int) -> tuple[tuple[int, int], ...]:
        """The changes of a UTC day: the moment and the offset from then on, the day's begin first."""
        found = self._days.get(day)
        if found is None:
            if len(self._days) >= _MOST_DAYS:
                self._days.clear()
            found = self._days[day] = self._look(min(max(day, _FIRST_DAY), _LAST_DAY))
        return found

    def _look(self, day: int) -> tuple[tuple[int, int], ...]:
        start_s = day * _DAY_S
        changes = [(start_s, self._ask(start_s))]
        for probe_s in range(start_s + _PROBE_S, start_s + _DAY_S + 1, _PROBE_S):
            offset_us = self._ask(probe_s)
            if offset_us != changes[-1][1]:
                changes.append((self._when(probe_s - _PROBE_S, probe_s, offset_us), offset_us))
        return tuple((at_s * SECOND_US, offset_us) for at_s, offset_us in changes if at_s < start_s + _DAY_S)

    def _when(self, before_s: int, after_s: int, offset_us: int) -> int:
        """The second from which on the offset holds; it does not yet at ``before_s``."""
        while after_s - before_s > 1:
            middle_s = (before_s + after_s) // 2
            if self._ask(middle_s) == offset_us:
                after_s = middle_s
            else:
                before_s = middle_s
        return after_s

    def _ask(self, moment_s: int) -> int:
        local = (EPOCH + timedelta(seconds=moment_s)).astimezone(self._zone).replace(tzinfo=None)
        return wall_us(local) - moment_s * SECOND_US


def moment_us(moment: datetime) -> int:
    """A moment in microseconds since 1970.

    Raises:
        TypeError: it has no zone.
    """
    return (moment - EPOCH) // timedelta(microseconds=1)


def as_moment(microseconds: int) -> datetime:
    """The moment, in UTC."""
    return EPOCH + timedelta(microseconds=microseconds)


def wall_us(wall: datetime) -> int:
    """A wall time without a zone in microseconds since 1970 on that wall."""
    return (wall - _NAIVE_EPOCH) // timedelta(microseconds=1)


def day_of(wall_day: int) -> date:
    """The date of a day since 1970 on the wall."""
    return date.fromordinal(min(max(wall_day + _EPOCH_ORDINAL, 1), date.max.toordinal()))
