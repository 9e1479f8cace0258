"""The clock that intervals are measured by: milliseconds of the monotonic clock, and where they stand on the wall."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from netmind_tui.node.agent.clock import Moment, passed

SLOT_MS = 15 * 60 * 1000
"""No interval reaches over the end of a quarter of an hour, UTC."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_BEHIND_MS = 2000


@dataclass(frozen=True, slots=True)
class Mark:
    """One moment in whole milliseconds: monotonic, of the wall since 1970 (UTC), and since the machine was started."""

    ms: int
    wall_ms: int
    uptime_ms: int

    def after(self, length_ms: int) -> "Mark":
        """So much later, by every clock."""
        return Mark(self.ms + length_ms, self.wall_ms + length_ms, self.uptime_ms + length_ms)


def wall_ms(moment: datetime) -> int:
    """A moment as milliseconds since 1970."""
    return (moment - _EPOCH) // _MS


def moment_of(at_ms: int) -> datetime:
    """The moment (UTC) of milliseconds since 1970."""
    return _EPOCH + at_ms * _MS


def mark_of(now: Moment) -> Mark:
    """A moment in milliseconds. Both ends of a time are rounded alike, so that pieces add up to the whole."""
    return Mark(round(now.monotonic_s * 1000), wall_ms(now.at), round(now.uptime_s * 1000))


def slot_ends(begin: Mark, end: Mark) -> list[Mark]:
    """The ends of quarters of an hour after one mark and up to another, on one run of the clock."""
    found = []
    at_ms = (begin.wall_ms // SLOT_MS + 1) * SLOT_MS
    while at_ms <= end.wall_ms:
        # Counted back from the later one; a clock that is being corrected must not carry it beyond the earlier.
        back_ms = min(end.wall_ms - at_ms, end.ms - begin.ms)
        found.append(Mark(end.ms - back_ms, at_ms, end.uptime_ms - back_ms))
        at_ms += SLOT_MS
    return found


class Dial:
    """Where the clocks stand, moved on from one moment to the next.

    The wall never goes back while it is only corrected; where it is set, the machine slept, or its zone changed, one
    run of the clock ends and another begins.
    """

    def __init__(self) -> None:
        self._last: Moment | None = None
        self.mark = Mark(0, 0, 0)

    @property
    def is_set(self) -> bool:
        """Whether it was ever moved."""
        return self._last is not None

    def move(self, now: Moment) -> tuple[Mark, bool]:
        """Where the run of the clock stands or ends, and whether another begins at ``mark``.

        A moment before the last one is that one.
        """
        last, before, read = self._last, self.mark, mark_of(now)
        if last is None:
            self._last, self.mark = now, read
            return read, False
        if now.monotonic_s < last.monotonic_s:
            return before, False
        self._last = now
        found = passed(last, now)
        is_set = found.jump_s != 0 or read.wall_ms < before.wall_ms - _BEHIND_MS
        on = before.after(read.ms - before.ms)
        if is_set:
            self.mark = read
            return on, True
        self.mark = Mark(read.ms, max(read.wall_ms, before.wall_ms), read.uptime_ms)
        if found.slept_s:
            self.mark = Mark(read.ms, max(read.wall_ms, on.wall_ms), read.uptime_ms)
            return on, True
        return self.mark, found.zone_before is not None
