"""What goes along with all work: metering, power caps, staying awake, memory given back, and nothing left behind."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.metering import RUNS
from netmind_tui.model.sample import Sample
from netmind_tui.node.agent.clock import Clock, Moment
from netmind_tui.node.agent.news import News
from netmind_tui.node.work import telling
from netmind_tui.node.work.activity import Activities, Meter
from netmind_tui.node.work.freed import Memory
from netmind_tui.node.work.instance import Left, Place, Placed
from netmind_tui.node.work.own_memory import OwnMemory
from netmind_tui.node.work.post import Post
from netmind_tui.node.work.power import Cap
from netmind_tui.node.work.record import settle
from netmind_tui.node.work.stranger import Strangers
from netmind_tui.node.work.upkeep import Upheld

COUNT_S = 5.0
"""How often the processor time of work is counted, and strangers are looked for."""


class Upkeep(Protocol):
    """What holds cards to caps and the machine awake (``node/work/upkeep.py``)."""

    def follow(self, upheld: Upheld) -> None:
        """Have this hold from now on."""

    @property
    def is_settled(self) -> bool:
        """Whether what was asked for last is brought about, or could not be."""

    async def end(self) -> None:
        """Give back everything."""

    def as_owned(self, device: Device) -> Device:
        """A card with its owner's power limit."""

    def warnings(self) -> tuple[str, ...]:
        """What is not as it should be."""


class Care:
    """Follows the work of a node.

    Args:
        clock: all clocks.
        news: where things are told.
        folder: holds a folder for each instance.
        meter, upkeep, memory, strangers: what there is of each.
        leftovers: ends what an agent before this one left behind.
    """

    def __init__(
        self,
        clock: Clock,
        news: News,
        folder: Path,
        *,
        meter: Meter | None = None,
        upkeep: Upkeep | None = None,
        memory: Memory | None = None,
        strangers: Strangers | None = None,
        leftovers: Callable[[Path], Awaitable[tuple[Left, ...]]] | None = None,
    ) -> None:
        self.meter = meter
        self._clock = clock
        self._news = news
        self._folder = folder
        self._upkeep = upkeep
        self._memory = memory
        self._strangers = strangers
        self._leftovers = leftovers
        self._activities = Activities(meter)
        self._own = OwnMemory()
        self._untold: list[tuple[Path, str]] = []
        self._pids: frozenset[int] = frozenset()
        self._used: dict[str, int] = {}
        self._on_battery: bool | None = None
        self._counted_s = -COUNT_S

    @property
    def freed(self) -> Callable[[Placed, frozenset[int]], Awaitable[bool]] | None:
        """Waits until memory is free, where that can be seen."""
        return None if self._memory is None else self._memory.freed

    @property
    def is_settled(self) -> bool:
        """Whether every card has the power limit that it is to have now, or cannot have it."""
        return self._upkeep is None or self._upkeep.is_settled

    @property
    def own_pids(self) -> frozenset[int]:
        """Processes of our work that do not descend from the agent."""
        return self._pids

    def own_memory(self, device: str) -> int | None:
        """How much of a device's memory our work holds, where processes are hidden; any thread may ask."""
        return self._own.of(device)

    def as_owned(self, device: Device) -> Device:
        """A card with its owner's power limit, whatever it is held to now."""
        return device if self._upkeep is None else self._upkeep.as_owned(device)

    def warnings(self) -> tuple[str, ...]:
        """What is not as it should be, in sentences."""
        found = () if self._upkeep is None else self._upkeep.warnings()
        unwritten = None if self.meter is None else self.meter.degraded
        return found if unwritten is None else (*found, unwritten)

    async def begin(self) -> None:
        """End what an agent before this one left, and see it metered."""
        if self._strangers is not None:
            self._strangers.take_in()
        lefts = () if self._leftovers is None else await self._leftovers(self._folder)
        if self.meter is not None:
            self.meter.take_up(lefts, self._clock.moment())
        for each in lefts:
            telling.left(self._news, each)
            self._untold.append((self._folder / each.key, each.number))
        self._follow(())
        self._save()

    def begins(self, devices: Sequence[Placed]) -> None:
        """Work is about to begin on devices."""
        if self._memory is not None:
            self._memory.begins(devices, self._used.get)

    def over(self, place: Place) -> None:
        """A start is over, and told."""
        self._untold.append((place.folder, place.number))
        self._save()

    def look(self, now: Moment, sample: Sample, posts: Sequence[Post], cpu_of: Callable[[str], float | None]) -> None:
        """See how the machine is."""
        self._on_battery = sample.host.on_battery
        self._used = {
            each.device: each.memory_used_bytes for each in sample.devices if each.memory_used_bytes is not None
        }
        there = [each for each in posts if each.is_there]
        self._own.look(self._used, frozenset(d.device for each in there for d in each.devices), now.monotonic_s)
        self._follow(there)
        # Whoever counts looks at each process.
        is_due = now.monotonic_s - self._counted_s >= COUNT_S
        if is_due:
            self._counted_s = now.monotonic_s
            self._pids = frozenset(pid for each in there for pid in each.outer_pids)
            if self._strangers is not None:
                self._strangers.look(now.uptime_s, [each.keeper_pid for each in there if each.keeper_pid is not None])
        if self.meter is not None:
            self.meter.look(now, sample, cpu_of if is_due else lambda _number: None)
            if self.meter.is_due:
                self._save()

    def turn(
        self,
        now: Moment,
        posts: Sequence[Post],
        ready: Mapping[str, str | None],
        cpu_of: Callable[[str], float | None],
    ) -> None:
        """What devices do has changed; ``ready`` are those, with their UUIDs, on which work may begin."""
        self._activities.turn(now, posts, ready, cpu_of)
        if self.meter is not None and self.meter.is_due:
            self._save()
        self._pids |= frozenset(pid for each in posts for pid in each.outer_pids)
        self._follow(posts)

    async def end(self) -> None:
        """All work has ended, and so does the agent."""
        now = self._clock.moment()
        if self.meter is not None:
            self.meter.end(now)
            self._save()
        if self._strangers is not None:
            self._strangers.look(now.uptime_s)
        if self._upkeep is not None:
            await self._upkeep.end()

    def _follow(self, posts: Iterable[Post]) -> None:
        """Have cards held to their caps where work runs, and the machine awake."""
        if self._upkeep is None:
            return
        running = [each for each in posts if each.activity in RUNS and each.place is not None]
        caps = {
            placed.uuid: Cap(device=placed.device, uuid=placed.uuid, watts=each.place.limits.power_cap_w)
            for each in running
            if each.place is not None
            for placed in each.devices
            if placed.kind is not DeviceKind.CPU and placed.uuid is not None
        }
        self._upkeep.follow(Upheld(works=bool(running), on_battery=self._on_battery, caps=caps))

    def _save(self) -> None:
        """Have what was metered written with what happened, and then those starts forgotten that it knows of."""
        self._news.do("meter", self._write, before=False)

    def _write(self) -> None:
        told = tuple(self._untold)
        if self.meter is not None:
            self.meter.save()
            if self.meter.degraded is not None:
                return
        for folder, number in told:
            settle(str(folder), number)
        del self._untold[: len(told)]
