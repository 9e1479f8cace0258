"""A machine that is not there, for the agent: its clocks, its devices and its owner do what a script says.

All of the agent but its probes is the real one: rules, guards, journal, memory, hooks. Time passes as fast as it can.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from netmind_tui.model.agent import OverrideRequest
from netmind_tui.model.decide import decide
from netmind_tui.model.device import Device, DeviceKind, DeviceUser, Driver, Trouble
from netmind_tui.model.event import Event
from netmind_tui.model.override import OverrideKind
from netmind_tui.model.policy import Limits
from netmind_tui.model.reading import Absence, Reading
from netmind_tui.model.sample import DeviceSample, HostSample
from netmind_tui.model.workload import Workload
from netmind_tui.node.agent.agent import Agent
from netmind_tui.node.agent.clock import Moment
from netmind_tui.node.agent.looked import Speaker
from netmind_tui.node.agent.lookout import Asked, Lookout
from netmind_tui.node.agent.memory import Keeper
from netmind_tui.node.agent.news import News
from netmind_tui.node.agent.policy_source import read_terms
from netmind_tui.node.hook import Hooks
from netmind_tui.node.journal.store import Journal
from netmind_tui.node.policy.terms import Terms
from netmind_tui.node.sense.gpu_in_use import GpuUse
from netmind_tui.node.sense.money import NO_TARIFF, Quote
from netmind_tui.node.sense.seat import Idle
from netmind_tui.node.sense.sources import Sources
from netmind_tui.node.sense.watch import Watch
from netmind_tui.node.work.activity import Meter
from netmind_tui.node.work.care import Care
from netmind_tui.node.work.crew import Crew
from netmind_tui.node.work.definitions import Definitions, ReadWorkloads
from netmind_tui.node.work.freed import Memory
from netmind_tui.node.work.instance import Ended, Make, Place
from netmind_tui.node.work.owners_word import OwnersWord
from netmind_tui.node.work.post import Health
from netmind_tui.probe.process_list import ProcessList

BOOT = "simulated-boot"
WORK = Workload(name="work", devices=("all",))


class SimulatedClock:
    """Clocks that go on when they are told to."""

    def __init__(self, at: datetime, zone: str) -> None:
        self._now = Moment(at=at, monotonic_s=0.0, uptime_s=100.0, boot=BOOT, zone=zone)

    def moment(self) -> Moment:
        """All clocks, now."""
        return self._now

    def pass_by(self, seconds: float) -> None:
        """Time passes."""
        now = self._now
        self._now = replace(
            now,
            at=now.at + timedelta(seconds=seconds),
            monotonic_s=now.monotonic_s + seconds,
            uptime_s=now.uptime_s + seconds,
        )

    def sleep(self, seconds: float) -> None:
        """The machine sleeps: the monotonic clock stands still."""
        now = self._now
        self._now = replace(now, at=now.at + timedelta(seconds=seconds), uptime_s=now.uptime_s + seconds)

    def set_forward(self, seconds: float) -> None:
        """Somebody sets the wall clock."""
        self._now = replace(self._now, at=self._now.at + timedelta(seconds=seconds))

    def travel(self, zone: str) -> None:
        """The machine is in another zone."""
        self._now = replace(self._now, zone=zone)


@dataclass(slots=True, kw_only=True)
class Card:
    """One GPU: everything that a script may change about it."""

    number: int
    uuid: str
    temperature_c: int = 60
    lost: str | None = None
    power_limit_w: float = 300.0
    memory_used_bytes: int = 0
    users: tuple[DeviceUser, ...] = ()

    @property
    def id(self) -> str:
        """As everywhere."""
        return f"gpu:{self.number}"

    def device(self, mismatch: str | None) -> Device:
        """Its description."""
        return Device(
            id=self.id,
            kind=DeviceKind.GPU,
            name="NVIDIA H100 80GB HBM3",
            uuid=self.uuid,
            pci_slot=f"00000000:{0x10 + self.number:02X}:00.0",
            memory_total_bytes=80 << 30,
            power_limit_w=self.power_limit_w,
            lost=mismatch or self.lost,
            trouble=Trouble.VERSION_MISMATCH if mismatch else Trouble.FALLEN_OFF if self.lost else None,
        )

    def sample(self, *, silent: bool) -> DeviceSample:
        """What it does now."""
        if silent or self.lost is not None:
            return DeviceSample(
                device=self.id,
                uuid=self.uuid,
                absent=dict.fromkeys(("temperature_c", "memory_used_bytes", "power_draw_w"), Absence.LOST),
            )
        return DeviceSample(
            device=self.id,
            uuid=self.uuid,
            gpu_util_pct=0,
            temperature_c=self.temperature_c,
            memory_used_bytes=self.memory_used_bytes,
            memory_total_bytes=80 << 30,
            power_draw_w=70.0,
            power_limit_w=self.power_limit_w,
        )


@dataclass(slots=True, kw_only=True)
class World:
    """The machine and its surroundings, as a script leaves them; also what the agent's probes are."""

    clock: SimulatedClock
    cards: list[Card]
    on_battery: bool = False
    battery_pct: float = 100.0
    cpu_util_pct: float = 2.0
    active_at: datetime | None = None
    seat_blind: str | None = None
    mismatch: str | None = None
    price: Decimal | None = None
    name: str = "simulated"
    active: bool = False

    def sample(self) -> HostSample:
        """The host."""
        return HostSample(
            cpu_util_pct=self.cpu_util_pct,
            memory_used_bytes=8 << 30,
            memory_available_bytes=56 << 30,
            temperature_c=50.0,
            on_battery=self.on_battery,
            battery_pct=self.battery_pct,
        )

    def idle(self, *, counts_remote: bool, known: frozenset[str]) -> Idle:
        """Who sits here."""
        del counts_remote, known
        if self.seat_blind is not None:
            return Idle(source="logind", unknown=self.seat_blind)
        if self.active:
            self.active_at = self.clock.moment().at
        if self.active_at is None:
            return Idle(seconds=float("inf"), words="nobody is logged in here", source="logind", learnt=("logind",))
        seconds = (self.clock.moment().at - self.active_at).total_seconds()
        return Idle(seconds=max(0.0, seconds), words=f"last input {seconds:.0f} s ago", source="logind")

    def close(self) -> None:
        """Nothing to let go of."""

    def price_at(self, moment: datetime, currency: str | None) -> Quote:
        """What a kWh costs."""
        del moment, currency
        return Quote(self.price, self.name, "" if self.price is not None else NO_TARIFF)

    def users(self, uuid: str) -> Reading[tuple[DeviceUser, ...]]:
        """Who uses a card."""
        return Reading(next(each.users for each in self.cards if each.uuid == uuid))


class Simulated:
    """Work that is not there."""

    pids: frozenset[int] = frozenset()
    limited_by = "nothing"
    cpu_s: float | None = None

    def __init__(self, clock: SimulatedClock) -> None:
        self.has_ended: Ended | None = None
        self._clock = clock
        self._began_s = 0.0
        self._over = asyncio.Event()

    async def start(self, place: Place) -> None:
        """Begin."""
        del place
        self._began_s = self._clock.moment().monotonic_s

    async def ended(self) -> Ended:
        """Wait for its end."""
        await self._over.wait()
        assert self.has_ended is not None  # noqa: S101 - it is over
        return self.has_ended

    async def limit(self, limits: Limits) -> None:
        """Be held within limits."""

    async def finish(self) -> None:
        """Come to an end, which it then has."""
        self._end("exited")

    async def suspend(self) -> None:
        """Stand still."""

    async def resume(self) -> None:
        """Go on."""

    async def stop(self, grace_s: float) -> None:
        """End."""
        del grace_s
        self._end("stopped")

    async def kill(self) -> None:
        """End at once."""
        self._end("killed")

    def _end(self, how: str) -> None:
        lasted_s = self._clock.moment().monotonic_s - self._began_s
        self.has_ended = self.has_ended or Ended(how=how, lasted_s=lasted_s)
        self._over.set()


@dataclass(slots=True, kw_only=True)
class Work:
    """What an agent of the world has to do, and what goes along with it."""

    read: ReadWorkloads = lambda _path: (WORK,)
    make: Make | None = None
    meter: Meter | None = None
    memory: Memory | None = None
    health: Health | None = None


class Gpus:
    """The world's cards, as the probe of the GPUs shows them."""

    def __init__(self, world: World) -> None:
        self._world = world

    def driver(self) -> Driver:
        """The driver, or that its library is another one."""
        mismatch = self._world.mismatch
        if mismatch is not None:
            return Driver(problem=mismatch, trouble=Trouble.VERSION_MISMATCH)
        return Driver(version="580.95.05", cuda_version="13.0")

    def devices(self) -> tuple[Device, ...]:
        """All cards."""
        return tuple(each.device(self._world.mismatch) for each in self._world.cards)

    def sample(self) -> tuple[DeviceSample, ...]:
        """All cards, now."""
        return tuple(each.sample(silent=self._world.mismatch is not None) for each in self._world.cards)

    def close(self) -> None:
        """Nothing to let go of."""


def world(start: datetime, zone: str, cards: int) -> World:
    """A machine with so many equal cards."""
    made = [Card(number=number, uuid=f"GPU-{number:08x}-0000-0000-0000-000000000000") for number in range(cards)]
    return World(clock=SimulatedClock(start, zone), cards=made)


@dataclass(slots=True, kw_only=True)
class Simulation:
    """An agent in a world."""

    world: World
    agent: Agent
    lookout: Lookout
    journal: Journal
    hooks: Hooks
    events: list[Event] = field(default_factory=list)

    async def look(self) -> None:
        """One round of the agent."""
        agent = self.agent
        asked = Asked(at=agent.clock.moment().at, guards=agent.rules.guards, devices=agent.situation().devices)
        await agent.look(self.lookout.look(asked))

    async def say(self, kind: OverrideKind, *devices: str, for_s: float | None = None) -> None:
        """The owner says something."""
        request = OverrideRequest(kind=kind, devices=devices, for_s=for_s)
        await self.agent.say(request, Speaker(name="anna", via="cli"))


@contextmanager
def simulation(
    here: World,
    folder: Path,
    policy: Path,
    *,
    hooks: Mapping[str, Sequence[str]] | None = None,
    held_up_s: float = 30.0,
    work: Work | None = None,
) -> Iterator[Simulation]:
    """An agent of the world that keeps its files in a folder and obeys a policy file.

    By default its work runs on every device, does at once what it is asked to, and never ends by itself.
    """
    work = work or Work()
    clock = here.clock
    happened: list[Event] = []
    own = Device(id="cpu", kind=DeviceKind.CPU, name="AMD EPYC 9654", core_count=96)
    with (
        closing(Keeper(folder)) as keeper,
        closing(Journal.open(folder / "journal.db", clock=lambda: clock.moment().at)) as journal,
    ):
        takers: list[Callable[[Event], None]] = [happened.append]

        def take(event: Event) -> None:
            for each in takers:
                each(event)

        news = News(clock, journal, take)
        running = Hooks(hooks or {}, news.tell, clock=lambda: clock.moment().monotonic_s)
        takers.append(running.take)
        crew = Crew(
            clock=clock,
            news=news,
            definitions=Definitions(folder / "workloads.toml", work.read),
            word=OwnersWord(keeper, news),
            make=work.make or (lambda _workload: Simulated(clock)),
            folder=folder / "work",
            care=Care(clock, news, folder / "work", meter=work.meter, memory=work.memory),
            health=work.health,
        )
        agent = Agent(
            clock=clock,
            decide=decide,
            zone=ZoneInfo,
            terms=Terms(policy, read_terms, folder / "policy.toml"),
            keeper=keeper,
            news=news,
            crew=crew,
            held_up_s=held_up_s,
        )
        processes = ProcessList()
        sources = Sources(
            seat=here,
            processes=processes,
            own_pct=lambda: 0.0,
            gpu_use=GpuUse(here.users, processes),
            folder=folder,
            price=here,
        )
        watch = Watch((), sources, known=keeper.memory.sources, clock=lambda: clock.moment().monotonic_s)
        lookout = Lookout(here, own, Gpus(here), watch, monotonic=lambda: clock.moment().monotonic_s)
        yield Simulation(world=here, agent=agent, lookout=lookout, journal=journal, hooks=running, events=happened)


def told(events: Iterable[Event], zone: ZoneInfo) -> Iterator[str]:
    """Events as a timeline for people: the same of several devices at one moment in one line."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for event in events:
        text = event.sentence.replace(event.device, "@") if event.device else event.sentence
        groups.setdefault((event.at, event.kind.value, text), []).append(event.device or "")
    for (at, kind, text), devices in groups.items():
        local = datetime.fromisoformat(at).astimezone(zone)
        yield f"{local:%a %d %H:%M:%S} {kind:<18} {text.replace('@', _short(devices))}"


def _short(devices: list[str]) -> str:
    from netmind_tui.model.selector import ranges  # noqa: PLC0415 - beside its one use

    return ranges(devices) if devices != [""] else ""
