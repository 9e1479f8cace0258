"""What is known of devices, and from when on: work is booked by what was known while it went on.

A card that is lost, or a certificate that ended, is nothing to hold against the work that was done before.
"""

from collections.abc import Iterable
from datetime import datetime

from netmind_tui.model.metering import Interval
from netmind_tui.node.money.booking import UNKNOWN, Known
from netmind_tui.node.money.hour import Worker

_KEPT = 8


class KnownDevices:
    """What was known of each device, the last few times that it changed; any thread may ask."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[tuple[datetime, Known], ...]] = {}

    def see(self, workers: Iterable[Worker], at: datetime) -> None:
        """So it is from now on."""
        for each in workers:
            name = each.device.uuid or each.device.id
            # Of a clock that was put back, what is told of later is not so.
            before = tuple(found for found in self._seen.get(name, ()) if found[0] <= at)
            if not before or before[-1][1] != each.known:
                before = (*before[-_KEPT + 1 :], (at, each.known))
            self._seen[name] = before

    def of(self, interval: Interval) -> Known:
        """What was known of its device when an interval ended; of one before any of that, what was known first."""
        seen = self._seen.get(interval.uuid or interval.device, ())
        first = seen[0][1] if seen else UNKNOWN
        return next((known for at, known in reversed(seen) if at <= interval.end), first)
