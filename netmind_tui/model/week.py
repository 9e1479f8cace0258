"""What the windows and the dated exceptions say at a moment, and when they next say something else.

A moment always has one wall time, so membership is asked of the moment: which weekday and minute the owner's wall
shows then. Nights of 23 and 25 hours need no rule of their own. The next change is found by going through the edges of
the week between changes of the UTC offset.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

from netmind_tui.model.offset import Offsets, as_moment, moment_us
from netmind_tui.model.policy import Exception_, Limits, Policy, Window
from netmind_tui.model.week_line import Line

HORIZON = timedelta(days=60)
"""How far the next change is looked for."""
_REMEMBERED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What windows and exceptions say of one device at one moment.

    ``window`` is the weekly window that is painted there, whatever an exception says; ``exception`` is the one that
    rules. ``profile`` names the limits that hold where it ``allows``.
    """

    allows: bool
    window: Window | None = None
    exception: Exception_ | None = None
    profile: str | None = None
    limits: Limits

    @property
    def name(self) -> str | None:
        """What allows, in the owner's words: the profile, the exception's name, or the window's hours."""
        if not self.allows:
            return None
        if self.profile is not None:
            return self.profile
        if self.exception is not None:
            return self.exception.name
        return hours(self.window) if self.window else None


class Week:
    """A policy's windows and exceptions in a zone, made ready for questions about moments. Devices are ids."""

    def __init__(self, policy: Policy, zone: tzinfo) -> None:
        self.policy = policy
        self.zone = zone
        self._offsets = Offsets(zone)
        self._lines: dict[str, Line] = {}

    def standing(self, device: str, at: datetime) -> Standing:
        """What holds for a device at a moment."""
        moment = moment_us(at)
        exception, window = self._line(device).held(moment + self._offsets.at(moment))
        allows = window is not None if exception is None else exception.allows
        rule = window if exception is None else exception
        profile = rule.profile if rule is not None and allows else None
        limits = self.policy.profile(profile).limits
        return Standing(allows=allows, window=window, exception=exception, profile=profile, limits=limits)

    def next_change(
        self, device: str, at: datetime, horizon: timedelta = HORIZON, *, painted: bool = False
    ) -> datetime | None:
        """The first moment after ``at`` at which something else holds; ``None`` where nothing does within the horizon.

        Windows of one profile that touch are one. With ``painted`` a window that begins or ends under an exception
        counts too, which changes nothing but what the exception takes.
        """
        line = self._line(device)
        if line.is_constant:
            return None
        start = moment_us(at)
        end = start + horizon // timedelta(microseconds=1)
        held = line.key(start + self._offsets.at(start), painted)
        even = line.even[painted]
        known = even.until(start)
        found = self._scan(line, held, known, end, painted) if known <= end else None
        even.keep(start, end if found is None else found)
        return None if found is None else as_moment(found)

    def _scan(self, line: Line, held: tuple[int, int], start: int, end: int, painted: bool) -> int | None:
        for begin, stop, offset in self._offsets.spans(start, end + 1):
            if line.key(begin + offset, painted) != held:
                return begin
            for edge in line.edges(begin + offset, stop + offset):
                if line.key(edge, painted) != held:
                    return edge - offset
        return None

    def changes(self, device: str, start: datetime, end: datetime, *, painted: bool = False) -> Iterator[datetime]:
        """Every change after ``start`` and before ``end``, in order."""
        at = start
        while (found := self.next_change(device, at, end - at, painted=painted)) is not None and found < end:
            yield found
            at = found

    def next_turn(self, device: str, at: datetime, horizon: timedelta = HORIZON) -> datetime | None:
        """The first moment after ``at`` from which on work is allowed where it was not, or no longer where it was."""
        line, start = self._line(device), moment_us(at)
        end = start + horizon // timedelta(microseconds=1)
        allows = line.allows(start + self._offsets.at(start))
        moment, found = start, None
        while found is None:
            known = line.steady.until(moment)
            if known == moment:
                change = self.next_change(device, as_moment(moment), timedelta(microseconds=max(0, end - moment)))
                if change is None:
                    break
                known = moment_us(change)
            if known > end:
                break
            moment = known
            found = moment if line.allows(moment + self._offsets.at(moment)) is not allows else None
        line.steady.keep(start, end if found is None else found)
        return None if found is None else as_moment(found)

    def _line(self, device: str) -> Line:
        found = self._lines.get(device)
        if found is None:
            found = self._lines[device] = Line(self.policy, device)
        return found


def week_of(policy: Policy, zone: tzinfo) -> Week:
    """The policy made ready; the last few are remembered, as long as it is the very same policy and zone."""
    key = (id(policy), id(zone))
    found = _weeks.get(key)
    if found is None:
        if len(_weeks) >= _REMEMBERED:
            _weeks.clear()
        # It holds the policy and the zone, so that their ids stay theirs.
        found = _weeks[key] = Week(policy, zone)
    return found


def next_change(
    policy: Policy, zone: tzinfo, at: datetime, device: str, horizon: timedelta = HORIZON
) -> datetime | None:
    """The first moment after ``at`` at which windows and exceptions say something else of a device."""
    return week_of(policy, zone).next_change(device, at, horizon)


def next_day(zone: tzinfo, at: datetime) -> datetime:
    """When the wall's next day begins; where midnight is leapt over, the moment of the leap."""
    wall = at.astimezone(zone)
    day = datetime.combine(wall.date() + timedelta(days=1), time(), tzinfo=zone)
    return day.astimezone(UTC)


def hours(window: Window) -> str:
    """A window's hours: ``22:00–06:00``."""
    return f"{_clock(window.start_minute)}–{_clock(window.end_minute)}"


_weeks: dict[tuple[int, int], Week] = {}


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
