"""What the agent answers on its socket: how it is, why, how it was and how it will be."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, TypeVar

from netmind_tui.model.agent import AgentInfo, DeviceStatus, Events, OverrideRequest, Status, Why
from netmind_tui.model.control import EventQuery, HistoryQuery, IntervalQuery, Lease, PeriodQuery, Rollup
from netmind_tui.model.earnings import Earnings
from netmind_tui.model.energy import Energy
from netmind_tui.model.event import Event
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.metering import Intervals
from netmind_tui.model.policy import PolicyDocument
from netmind_tui.model.problem import Problem
from netmind_tui.model.sample import Sample
from netmind_tui.model.selector import Selection, select
from netmind_tui.model.timeline import Timeline
from netmind_tui.model.workload import WorkloadLog, WorkloadsStatus
from netmind_tui.model.worth import Prices, Worth
from netmind_tui.node.agent.agent import Agent
from netmind_tui.node.agent.history import foreseen, why_node, why_of
from netmind_tui.node.agent.looked import Speaker, Stand
from netmind_tui.node.agent.stream import Stream
from netmind_tui.node.control.node import Asker
from netmind_tui.node.work.standing import log_of

T = TypeVar("T")
_YES, _NO = ("yes", "y", "accept"), ("no", "n")


class Past(Protocol):
    """What was, from the journal; every method blocks."""

    def events(self, query: EventQuery) -> tuple[Event, ...]:
        """What happened."""

    def history(self, query: HistoryQuery) -> Rollup:
        """How the devices were."""

    def why(self, device: str | None, at: datetime) -> Why:
        """Why a device did what it did."""

    def timeline(self, stand: Stand, start: datetime, end: datetime) -> Timeline:
        """How it was, is, and will be."""


class Worked(Protocol):
    """What was metered (``node/meter/reader.py``); it blocks."""

    def intervals(
        self,
        *,
        after: int,
        since: datetime | None,
        until: datetime | None,
        device: Sequence[str],
        workload: Sequence[str],
        limit: int,
    ) -> Intervals:
        """Intervals, in the order in which they were written."""


class Money(Protocol):
    """Prices and books (``node/money/``)."""

    def worth(self, at: datetime) -> Worth:
        """What work is worth and costs now, and how the books stand; at once."""

    def troubles(self) -> tuple[str, ...]:
        """What keeps the books from being kept, in sentences; at once."""

    def earnings(self, query: PeriodQuery, zone: str, now: datetime) -> Earnings:
        """What a period came to; it blocks."""

    def energy(self, query: PeriodQuery, zone: str, now: datetime) -> Energy:
        """The energy of a period; it blocks."""

    def prices(self, start: datetime, end: datetime | None) -> Prices:
        """What power costs."""


PutPolicy = Callable[[str], None]
"""Checks a text and puts it in the policy file's place; raises a ``Problem`` where it is not in order. It blocks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who answers."""

    version: str
    node: str
    unit: str
    state_folder: str
    socket: str


class Answers:
    """An agent as its socket sees it.

    Args:
        agent: who decides.
        info: who answers.
        past: what was.
        put_policy: replaces the owner's file.
        events, samples: what comes, for those who follow.
        worked: what was metered.
        money: prices and books.
    """

    def __init__(
        self,
        agent: Agent,
        info: Identity,
        past: Past,
        put_policy: PutPolicy,
        events: Stream[Event],
        samples: Stream[Sample],
        worked: Worked | None = None,
        money: Money | None = None,
    ) -> None:
        self._agent = agent
        self._info = info
        self._past = past
        self._put_policy = put_policy
        self._events = events
        self._samples = samples
        self._worked = worked
        self._money = money

    def select(self, names: Sequence[str]) -> Selection:
        """The devices that names mean here, by the owner's words too."""
        found = select(names, self._agent.roster.nameable, self._agent.aliases)
        if found.missing and not self._agent.roster.present:
            which = " ".join(found.called(name) for name in found.missing)
            words = f"{which}: the agent has not looked at its devices yet, as one of them does not answer"
            raise Problem(f"{words}; ask again, or say it of everything", ExitCode.UNMEASURED)
        return found

    async def status(self) -> Status:
        """How it is now."""
        agent, money = self._agent, self._money
        now = agent.clock.moment().at
        return Status(
            at=now,
            agent=AgentInfo(
                version=self._info.version,
                pid=os.getpid(),
                node=self._info.node,
                started_at=agent.started_at,
                unit=self._info.unit,
                state_folder=self._info.state_folder,
                socket=self._info.socket,
            ),
            decisions=agent.decisions,
            devices=tuple(self._device(name) for name in agent.roster.present),
            facts=agent.looked.facts if agent.looked is not None else (),
            overrides=agent.overrides,
            policy=agent.terms.status(),
            questions=agent.questions(),
            sample=agent.looked.sample if agent.looked is not None else None,
            workloads=agent.crew.status(),
            money=None if money is None else money.worth(now),
            warnings=(*agent.warnings(), *(() if money is None else money.troubles())),
        )

    async def why(self, device: str | None, at: datetime | None) -> Why:
        """Why a device, or the node, does what it does: now, in the past or in the future."""
        stand = self._agent.stand()
        if at is not None and at < stand.at:
            return await _off_loop(lambda: self._past.why(device, at))
        if at is not None:
            return await _off_loop(lambda: foreseen(stand, device, at))
        decisions = self._agent.decisions
        if decisions is None:
            raise Problem("the agent has not looked at the machine yet: ask again in a second", ExitCode.UNMEASURED)
        if device is None:
            return why_node(decisions.node, stand.at)
        found = next((each for each in decisions.devices if each.device == device), None)
        if found is None:
            raise Problem(f"{device}: this node has no such device", ExitCode.UNMEASURED)
        return why_of(found, stand.at)

    async def override(self, request: OverrideRequest, asker: Asker) -> Status:
        """Do what the owner says at once, make it last, and say how it is then."""
        await self._agent.say(request, Speaker(name=asker.user, via=asker.via))
        return await self.status()

    async def policy(self) -> PolicyDocument:
        """The terms in force, and their text."""
        return self._agent.terms.document

    async def set_policy(self, text: str, asker: Asker) -> PolicyDocument:
        """Put other terms in force."""
        speaker = Speaker(name=asker.user, via=asker.via)
        await self._agent.replace_terms(lambda: _off_loop(lambda: self._put_policy(text)), speaker)
        return await self.policy()

    async def answer(self, question: str, answer: str, asker: Asker) -> Status:
        """Take the owner's answer to a question of ``status``."""
        if answer.lower() in _YES:
            await self._agent.accept(question, Speaker(name=asker.user, via=asker.via))
        elif answer.lower() not in _NO:
            raise Problem(f"{answer[:40]!r}: yes or no is expected", ExitCode.USAGE)
        return await self.status()

    async def events(self, query: EventQuery) -> Events:
        """What happened, from the journal."""
        found = await _off_loop(lambda: self._past.events(query))
        return Events(events=found, next=found[-1].id if found else query.after)

    async def follow(self, query: EventQuery) -> AsyncIterator[Event]:
        """What happened after ``query.after`` and what happens from now on."""
        with self._events.follow() as coming:
            last = query.after
            if query.after or query.since is not None:
                while True:
                    page = await _off_loop(lambda: self._past.events(replace(query, after=last)))  # noqa: B023 - awaited here
                    for event in page:
                        yield event
                        last = event.id
                    if len(page) < query.limit:
                        break
            async for event in coming:
                if event.id > last and _is_asked_for(query, event):
                    yield event

    async def history(self, query: HistoryQuery) -> Rollup:
        """How the devices were."""
        return await _off_loop(lambda: self._past.history(query))

    async def timeline(self, start: datetime, end: datetime) -> Timeline:
        """How it was, is, and will be as far as the policy knows."""
        stand = self._agent.stand()
        return await _off_loop(lambda: self._past.timeline(stand, start, end))

    async def workloads(self) -> WorkloadsStatus:
        """What is defined to run, and how it stands."""
        return self._agent.crew.status()

    async def start_workload(self, name: str, asker: Asker) -> WorkloadsStatus:
        """Let a workload run wherever it may, and make that last; how all stand then."""
        await self._agent.say_of_work(name, Speaker(name=asker.user, via=asker.via), may_run=True)
        return await self.workloads()

    async def stop_workload(self, name: str, asker: Asker) -> WorkloadsStatus:
        """Stop a workload until it is started again, and make that last; how all stand then."""
        await self._agent.say_of_work(name, Speaker(name=asker.user, via=asker.via), may_run=False)
        return await self.workloads()

    async def workload_log(self, name: str, key: str | None, lines: int) -> WorkloadLog:
        """The last lines that one of its instances wrote; of the one that runs, or ran last, unless ``key`` says."""
        posts = self._agent.crew.find(name)
        return await _off_loop(lambda: log_of(name, posts, key, lines))

    async def intervals(self, query: IntervalQuery) -> Intervals:
        """What was worked."""
        worked = self._worked
        if worked is None:
            return Intervals(next=query.after)
        return await _off_loop(
            lambda: worked.intervals(
                after=query.after,
                since=query.since,
                until=query.until,
                device=query.devices,
                workload=query.workloads,
                limit=query.limit,
            )
        )

    async def earnings(self, query: PeriodQuery) -> Earnings:
        """What a period came to."""
        money, zone, now = self._kept_money(), self._agent.terms.policy.zone, self._agent.clock.moment().at
        return await _off_loop(lambda: money.earnings(query, zone, now))

    async def energy(self, query: PeriodQuery) -> Energy:
        """The energy of a period."""
        money, zone, now = self._kept_money(), self._agent.terms.policy.zone, self._agent.clock.moment().at
        return await _off_loop(lambda: money.energy(query, zone, now))

    async def prices(self, start: datetime, end: datetime | None) -> Prices:
        """What power costs, slot by slot."""
        money = self._kept_money()
        return await _off_loop(lambda: money.prices(start, end))

    @asynccontextmanager
    async def lease(self, devices: tuple[str, ...], asker: Asker) -> AsyncIterator[Lease]:
        """Devices for a measurement: entered once they are drained, and given back at the end."""
        async with self._agent.lease(devices, f"{asker.user}, {asker.via}") as names:
            yield Lease(state="held", devices=names)

    async def lease_ends(self, lease: Lease) -> str:
        """Wait until a lease is over before its asker hangs up; why, in a sentence."""
        return await self._agent.leases.ends(lease.devices)

    async def samples(self) -> AsyncIterator[Sample]:
        """Each sample from now on; one that nobody took in time is left out."""
        with self._samples.follow() as coming:
            async for sample in coming:
                yield sample

    async def denied(self, asker: Asker | None, wanted: str) -> None:
        """Write down that somebody asked for what they may not."""
        who = asker.user if asker is not None else "somebody"
        await self._agent.denied(who, wanted)

    def _kept_money(self) -> Money:
        if self._money is None:
            raise Problem("this agent keeps no books", ExitCode.UNMEASURED)
        return self._money

    def _device(self, name: str) -> DeviceStatus:
        agent = self._agent
        device = agent.roster.present[name].device
        return DeviceStatus(
            device=name,
            uuid=device.uuid,
            name=device.name,
            since=agent.deciding.since.get(name),
            workload=agent.crew.on(name),
        )


async def _off_loop(call: Callable[[], T]) -> T:
    """Run what blocks in a thread."""
    return await asyncio.get_running_loop().run_in_executor(None, call)


def _is_asked_for(query: EventQuery, event: Event) -> bool:
    return (
        (not query.devices or event.device in query.devices)
        and (not query.kinds or event.kind in query.kinds)
        and (query.until is None or datetime.fromisoformat(event.at) < query.until)
    )
