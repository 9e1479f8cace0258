"""An agent made by hand, behind a real socket: eight cards, one of which is lost, and nothing that measures."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from netmind_tui.model.agent import (
    AgentInfo,
    DeviceStatus,
    Events,
    OverrideRequest,
    PolicyStatus,
    Question,
    Status,
    Why,
)
from netmind_tui.model.contribution import Contribution, Rung
from netmind_tui.model.control import EventQuery, HistoryQuery, IntervalQuery, Lease, PeriodQuery, Rollup, Series
from netmind_tui.model.decision import Decision, Decisions, NodeDecision, Reason
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.earnings import Earnings
from netmind_tui.model.energy import Energy
from netmind_tui.model.event import Event, EventKind
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.metering import Activity, Interval, Intervals
from netmind_tui.model.override import Override, OverrideKind
from netmind_tui.model.policy import GuardKind, Policy, PolicyDocument
from netmind_tui.model.problem import Problem
from netmind_tui.model.sample import DeviceSample, HostSample, Sample
from netmind_tui.model.selector import Selection, select
from netmind_tui.model.situation import GuardFact
from netmind_tui.model.tariff import PriceBasis
from netmind_tui.model.timeline import DeviceLine, Span, Timeline
from netmind_tui.model.workload import WorkloadLog, WorkloadsStatus
from netmind_tui.model.worth import Prices, PriceText
from netmind_tui.node.control.node import Asker
from netmind_tui.node.control.role import Access
from netmind_tui.node.control.server import Bounds, Server, serve

NOW = datetime(2026, 11, 23, 21, 30, tzinfo=UTC)
LOST = 5


class MadeNode:
    """What the socket asks; every change is kept in ``heard``."""

    def __init__(self, name: str = "box", cards: int = 8) -> None:
        self.name = name
        self.devices = tuple(
            Device(
                id=f"gpu:{number}",
                kind=DeviceKind.GPU,
                name="NVIDIA H100",
                uuid=f"GPU-{number:08x}-0000-0000-0000-000000000000",
                pci_slot=f"00000000:{0x17 + number:02X}:00.0",
            )
            for number in range(cards)
        )
        self.overrides: tuple[Override, ...] = ()
        self.questions: tuple[Question, ...] = ()
        self.refused: str | None = None
        self.work: WorkloadsStatus | None = None
        self.text = 'zone = "UTC"\n'
        self.heard: list[tuple] = []
        self.entered: list[tuple[str, ...]] = []
        self.left: list[tuple[str, ...]] = []
        self.drained = True
        self.pace_s = 0.01
        self.past = [
            self.event(number, EventKind.AGENT_STARTED if number == 1 else EventKind.DECISION_CHANGED)
            for number in range(1, 6)
        ]
        self.waiting: list[asyncio.Queue] = []

    def event(self, number: int, kind: EventKind, device: str | None = None) -> Event:
        at = (NOW + timedelta(seconds=number)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return Event(id=number, at=at, kind=kind, device=device, sentence=f"event {number}")

    def select(self, names: Sequence[str]) -> Selection:
        return select(names, self.devices, {"big": "gpu:0-1"})

    def _decision(self, device: Device) -> Decision:
        held = [each for each in self.overrides if each.covers(device.id) and each.kind is not OverrideKind.CONTRIBUTE]
        if device.id == f"gpu:{LOST}":
            state, rung = Contribution.LOST, Rung.KILL
            reason = Reason(
                code="lost", sentence="fell off the bus", rung=rung, when="it is back", lift="reset the machine"
            )
        elif held:
            state, rung = Contribution.PAUSED, Rung.STOP
            reason = Reason(
                code="paused", sentence=f"paused by {held[0].by}", rung=rung, until=held[0].until, lift="netmind resume"
            )
        else:
            state, rung = Contribution.CONTRIBUTING, Rung.RUN
            reason = Reason(
                code="inside-window", sentence="inside the window night", rung=rung, until=NOW + timedelta(hours=8)
            )
        return Decision(
            device=device.id,
            state=state,
            rung=rung,
            may_start=rung is Rung.RUN,
            reasons=(reason,),
            window="night",
            until=reason.until,
        )

    async def status(self) -> Status:
        decisions = tuple(self._decision(each) for each in self.devices)
        counts: dict[Contribution, int] = {}
        for each in decisions:
            counts[each.state] = counts.get(each.state, 0) + 1
        most = max(counts, key=lambda state: counts[state]) if counts else Contribution.IDLE
        first = next((each for each in decisions if each.state is most), None)
        node = NodeDecision(state=most, counts=counts, reason=first and first.reason, until=first and first.until)
        return Status(
            at=NOW,
            agent=AgentInfo(version="0.0.0", pid=1, node=self.name, started_at=NOW, state_folder="/s", socket="/s/s"),
            decisions=Decisions(at=NOW, devices=decisions, node=node),
            devices=tuple(
                DeviceStatus(device=each.id, uuid=each.uuid, name=each.name, since=NOW) for each in self.devices
            ),
            facts=(GuardFact(kind=GuardKind.TEMPERATURE, device="gpu:0", value="61 °C", limit="80 °C", source="nvml"),),
            overrides=self.overrides,
            policy=PolicyStatus(path="/p/policy.toml", zone="UTC", loaded_at=NOW, refused=self.refused, windows=1),
            questions=self.questions,
            sample=self._sample(),
            workloads=self.work,
        )

    def _sample(self) -> Sample:
        cards = tuple(
            DeviceSample(device=each.id, uuid=each.uuid, power_draw_w=300.0, temperature_c=61)
            for each in self.devices
            if each.id != f"gpu:{LOST}"
        )
        return Sample(at="2026-11-23T21:30:00.000Z", host=HostSample(cpu_util_pct=3.0), devices=cards)

    async def why(self, device: str | None, at: datetime | None) -> Why:
        status = await self.status()
        assert status.decisions is not None
        found = {each.device: each for each in status.decisions.devices}
        one = found[device] if device else status.decisions.devices[0]
        return Why(
            at=at or NOW,
            device=device or "node",
            state=one.state,
            sentence=one.reason.sentence,
            reasons=one.reasons,
            is_past=at is not None and at < NOW,
            is_future=at is not None and at > NOW,
        )

    async def override(self, request: OverrideRequest, asker: Asker) -> Status:
        self.heard.append(("override", request, asker))
        if request.kind is OverrideKind.RESUME:
            self.overrides = ()
        else:
            until = request.until or (None if request.for_s is None else NOW + timedelta(seconds=request.for_s))
            made = Override(
                kind=request.kind, devices=request.devices, at=NOW, until=until, by=asker.user, via=asker.via
            )
            self.overrides = (*self.overrides, made)
        return await self.status()

    async def policy(self) -> PolicyDocument:
        found = sha256(self.text.encode()).hexdigest()
        return PolicyDocument(policy=Policy(), path="/p/policy.toml", text=self.text, sha256=found)

    async def set_policy(self, text: str, asker: Asker) -> PolicyDocument:
        self.heard.append(("policy", text, asker))
        if "25:00" in text:
            raise Problem("policy.toml: window 1: from: 25:00 is no time", ExitCode.USAGE)
        self.text = text
        return await self.policy()

    async def answer(self, question: str, answer: str, asker: Asker) -> Status:
        self.heard.append(("answer", question, answer, asker))
        return await self.status()

    async def events(self, query: EventQuery) -> Events:
        self.heard.append(("events", query))
        found = [each for each in self.past if each.id > query.after and (not query.kinds or each.kind in query.kinds)][
            : query.limit
        ]
        return Events(events=tuple(found), next=found[-1].id if found else query.after)

    async def follow(self, query: EventQuery) -> AsyncIterator[Event]:
        queue: asyncio.Queue = asyncio.Queue()
        self.waiting.append(queue)
        try:
            for each in self.past if query.after else ():
                if each.id > query.after:
                    yield each
            while True:
                yield await queue.get()
        finally:
            self.waiting.remove(queue)

    async def history(self, query: HistoryQuery) -> Rollup:
        self.heard.append(("history", query))
        series = Series(
            device="gpu:0",
            metric="power_draw_w",
            start=query.start,
            step_s=query.step_s or 10.0,
            mean=(300.0, None),
            low=(290.0, None),
            high=(310.0, None),
        )
        return Rollup(series=(series,))

    async def timeline(self, start: datetime, end: datetime) -> Timeline:
        span = Span(start=start, end=end, state=Contribution.CONTRIBUTING, code="inside-window", sentence="inside")
        return Timeline(zone="UTC", start=start, now=NOW, end=end, devices=(DeviceLine(device="gpu:0", spans=(span,)),))

    async def workloads(self) -> WorkloadsStatus:
        return self.work or WorkloadsStatus()

    async def start_workload(self, name: str, asker: Asker) -> WorkloadsStatus:
        self.heard.append(("start", name, asker))
        return await self.workloads()

    async def stop_workload(self, name: str, asker: Asker) -> WorkloadsStatus:
        self.heard.append(("stop", name, asker))
        return await self.workloads()

    async def workload_log(self, name: str, key: str | None, lines: int) -> WorkloadLog:
        self.heard.append(("log", name, key, lines))
        return WorkloadLog(workload=name, key=key, lines=("one", "two", "three")[-lines:])

    async def intervals(self, query: IntervalQuery) -> Intervals:
        self.heard.append(("intervals", query))
        end = NOW + timedelta(minutes=5)
        worked = Interval(
            id="1", device="gpu:0", activity=Activity.WORK, workload="boinc", start=NOW, end=end, duration_ms=300_000
        )
        return Intervals(intervals=(worked,), next=1)

    async def earnings(self, query: PeriodQuery) -> Earnings:
        self.heard.append(("earnings", query))
        start, end = query.start or NOW, query.end or NOW + timedelta(days=1)
        return Earnings(period=query.period, start=start, end=end, zone="UTC", by=query.by, currency="EUR")

    async def energy(self, query: PeriodQuery) -> Energy:
        self.heard.append(("energy", query))
        start, end = query.start or NOW, query.end or NOW + timedelta(days=1)
        return Energy(period=query.period, start=start, end=end, zone="UTC", by=query.by or "device")

    async def prices(self, start: datetime, end: datetime | None) -> Prices:
        self.heard.append(("prices", start, end))
        until = end or start + timedelta(days=2)
        slot = PriceText(start=start, end=until, price_per_kwh="0.30", currency="EUR", basis=PriceBasis.STATIC)
        return Prices(start=start, end=until, slots=(slot,), known="static: 0.30 EUR per kWh")

    @asynccontextmanager
    async def lease(self, devices: tuple[str, ...], asker: Asker):  # noqa: ARG002 - as a node has it
        self.entered.append(devices)
        try:
            while not self.drained:  # noqa: ASYNC110 - a test sets it from its own thread
                await asyncio.sleep(0.01)
            yield Lease(state="held", devices=devices)
        finally:
            self.left.append(devices)

    async def lease_ends(self, lease: Lease) -> str:  # noqa: ARG002 - as a node has it
        await asyncio.Event().wait()
        return "it never is"

    async def samples(self) -> AsyncIterator[Sample]:
        try:
            while True:
                yield self._sample()
                await asyncio.sleep(self.pace_s)
        finally:
            self.left.append(("samples",))

    async def denied(self, asker: Asker | None, wanted: str) -> None:
        self.heard.append(("denied", asker, wanted))


class MadeAgent:
    """A node that answers at a socket, on a thread of its own."""

    def __init__(self, node: MadeNode, path: Path, access: Access, bounds: Bounds | None) -> None:
        self.node, self.path = node, path
        self._access, self._bounds = access, bounds
        self._loop = asyncio.new_event_loop()
        self._server: Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever)

    def start(self) -> None:
        self._thread.start()
        try:
            self._server = self.on_loop(
                serve(self.node, self.path, self._access, bounds=self._bounds, name=self.node.name)
            )
        except BaseException:
            self.end()
            raise

    def on_loop(self, call):
        """Run on the agent's loop and give back what came of it."""
        return asyncio.run_coroutine_threadsafe(call, self._loop).result(10)

    def tell(self, event: Event) -> None:
        """Let something happen."""

        async def put() -> None:
            for queue in self.node.waiting:
                queue.put_nowait(event)

        self.on_loop(put())

    def end(self) -> None:
        if self._server is not None:
            self.on_loop(self._server.close())
            self._server = None
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)
            self._loop.close()


@contextmanager
def running(
    path: Path, *, node: MadeNode | None = None, access: Access | None = None, bounds: Bounds | None = None
) -> Iterator[MadeAgent]:
    """An agent that answers at ``path`` until the end."""
    agent = MadeAgent(node or MadeNode(), path, access or Access(), bounds)
    agent.start()
    try:
        yield agent
    finally:
        agent.end()


def until(holds: Callable[[], bool], tries: int = 500) -> bool:
    """Whether something comes to hold; looked at again and again, so that no test waits longer than it must."""
    for _ in range(tries):
        if holds():
            return True
        time.sleep(0.01)
    return False
