"""What each device does, told to whoever meters: work, work that stands still, or ready and without work."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from netmind_tui.model.metering import Activity, Sum
from netmind_tui.model.sample import Sample
from netmind_tui.node.agent.clock import Moment
from netmind_tui.node.work.instance import Left
from netmind_tui.node.work.post import Post


class Meter(Protocol):
    """Who meters (``node/meter/meter.py``)."""

    @property
    def degraded(self) -> str | None:
        """Why what is worked is not on the disk, where it is not."""

    @property
    def is_due(self) -> bool:
        """Whether ``save`` has something to write."""

    def take_up(self, lefts: Sequence[Left], now: Moment) -> None:
        """Close what an agent before this one left open."""

    def turned(
        self,
        device: str,
        activity: Activity | None,
        *,
        uuid: str | None = None,
        workload: str | None = None,
        number: str | None = None,
        now: Moment,
        cpu_s: float | None = None,
    ) -> None:
        """A device does something else from now on."""

    def look(self, now: Moment, sample: Sample, cpu_of: Callable[[str], float | None]) -> None:
        """Take in what was seen."""

    def end(self, now: Moment) -> None:
        """The agent ends."""

    def save(self) -> None:
        """Write what waits; it blocks."""

    def today(
        self, device: str | None = None, *, workload: str | None = None, activity: Activity = Activity.WORK
    ) -> Sum:
        """What today comes to so far."""


class Activities:
    """Knows what the meter was told last, and tells it each change."""

    def __init__(self, meter: Meter | None) -> None:
        self._meter = meter
        self._told: dict[str, tuple[Activity, str | None, str | None, str | None]] = {}

    def turn(
        self,
        now: Moment,
        posts: Iterable[Post],
        ready: Mapping[str, str | None],
        cpu_of: Callable[[str], float | None],
    ) -> None:
        """It is so now; ``ready`` are the devices, with their UUIDs, on which work may begin."""
        if self._meter is None:
            return
        doing: dict[str, tuple[Activity, str | None, str | None, str | None]] = {
            device: (Activity.READY, uuid, None, None) for device, uuid in ready.items()
        }
        for post in posts:
            if (activity := post.activity) is not None:
                doing.update((each.device, (activity, each.uuid, post.name, post.number)) for each in post.devices)
        if doing == self._told:
            return
        for device in {**self._told, **doing}:
            was, found = self._told.get(device), doing.get(device)
            if was == found:
                continue
            cpu_s = cpu_of(was[3]) if was is not None and was[3] is not None else None
            activity, uuid, name, number = found or (None, was[1] if was else None, None, None)
            self._meter.turned(device, activity, uuid=uuid, workload=name, number=number, now=now, cpu_s=cpu_s)
        self._told = doing
