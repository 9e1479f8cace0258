"""What the day has come to so far, kept at hand so that nobody waits for the file."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from netmind_tui.model.metering import Activity, Interval, Sum
from netmind_tui.node.agent.clock import Moment
from netmind_tui.node.meter.total import Total

_DAY, _SLOT = timedelta(days=1), timedelta(minutes=15)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_Key = tuple[str, str | None, Activity]


class Past(Protocol):
    """Where the intervals of before are."""

    def since(self, day: date, zone: str) -> Iterable[Interval]:
        """The intervals since midnight of a day, of a zone."""


class Today:
    """Sums by device, workload and activity since midnight of the machine's zone.

    Two days are kept by quarters of an hour, for a machine whose zone changes, or whose clock is set.
    """

    def __init__(self) -> None:
        self._day: date | None = None
        self._zone = "UTC"
        self._slots: dict[datetime, dict[_Key, Total]] = {}
        self._totals: dict[_Key, Total] = {}

    def begin(self, now: Moment, past: Past) -> None:
        """Take in what the file has of today."""
        self.turn(now)
        for each in past.since(now.at.date() - 2 * _DAY, "UTC"):
            self.add(each)

    def turn(self, now: Moment) -> None:
        """It is this late."""
        day = _date(now.at, now.zone)
        if (day, now.zone) == (self._day, self._zone):
            return
        self._day, self._zone, self._totals = day, now.zone, {}
        self._slots = {slot: sums for slot, sums in self._slots.items() if abs(slot - now.at) < 2 * _DAY}
        for slot, sums in self._slots.items():
            if _date(slot, self._zone) == day:
                for key, total in sums.items():
                    self._totals.setdefault(key, Total()).join(total)

    def add(self, interval: Interval) -> None:
        """One more was closed."""
        key, slot = (interval.device, interval.workload, interval.activity), _slot(interval.start)
        self._slots.setdefault(slot, {}).setdefault(key, Total()).add(interval)
        if _date(slot, self._zone) == self._day:
            self._totals.setdefault(key, Total()).add(interval)

    def sum(self, running: Iterable[Interval], device: str | None, workload: str | None, activity: Activity) -> Sum:
        """What it comes to with what still runs."""
        found = Total()
        for (of, name, did), total in self._totals.items():
            if device in (None, of) and workload in (None, name) and did is activity:
                found.join(total)
        for each in running:
            is_asked = device in (None, each.device) and workload in (None, each.workload)
            if is_asked and each.activity is activity and _date(_slot(each.start), self._zone) == self._day:
                found.add(each)
        return found.sum(device=device, workload=workload, activity=activity, day=self._day)


def _slot(at: datetime) -> datetime:
    """The quarter of an hour that a moment is in."""
    return at - (at - _EPOCH) % _SLOT


def _date(at: datetime, zone: str) -> date:
    try:
        return at.astimezone(ZoneInfo(zone)).date()
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return at.date()
