"""The other side of the socket: what an agent offers to those who ask, and who asks."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from netmind_tui.model.agent import Events, OverrideRequest, Status, Why
from netmind_tui.model.control import EventQuery, HistoryQuery, IntervalQuery, Lease, PeriodQuery, Role, Rollup
from netmind_tui.model.earnings import Earnings
from netmind_tui.model.energy import Energy
from netmind_tui.model.event import Event
from netmind_tui.model.metering import Intervals
from netmind_tui.model.policy import PolicyDocument
from netmind_tui.model.sample import Sample
from netmind_tui.model.selector import Selection
from netmind_tui.model.timeline import Timeline
from netmind_tui.model.workload import WorkloadLog, WorkloadsStatus
from netmind_tui.model.worth import Prices


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks: a user of this machine as the kernel tells it, and from where in their own words (``cli``, ``tui``)."""

    uid: int
    user: str
    role: Role
    via: str = "socket"
    pid: int = 0


class Node(Protocol):
    """An agent, as its socket sees it.

    Every method runs on the agent's loop and must not block it. Device ids are those of ``select``; none means all. A
    ``Problem`` becomes the answer's sentence: its code ``USAGE`` says that the request was wrong (400), any other that
    it cannot be done now (409).
    """

    def select(self, names: Sequence[str]) -> Selection:
        """The devices that names mean here, by the owner's words too.

        Raises:
            Problem: a name is malformed.
        """
        ...

    async def status(self) -> Status:
        """How it is now; ``agent.role`` is filled in by the server."""
        ...

    async def why(self, device: str | None, at: datetime | None) -> Why:
        """Why a device, or the node, does what it does: now, in the past or in the future."""
        ...

    async def override(self, request: OverrideRequest, asker: Asker) -> Status:
        """Do what the owner says at once, make it last, and say how it is then."""
        ...

    async def policy(self) -> PolicyDocument:
        """The terms in force, and their text."""
        ...

    async def set_policy(self, text: str, asker: Asker) -> PolicyDocument:
        """Put other terms in force.

        Raises:
            Problem: they are not in order; those before stay in force.
        """
        ...

    async def answer(self, question: str, answer: str, asker: Asker) -> Status:
        """Take the owner's answer to a question of ``status``.

        Raises:
            Problem: there is no such question, or the answer is none.
        """
        ...

    async def events(self, query: EventQuery) -> Events:
        """What happened, from the journal."""
        ...

    def follow(self, query: EventQuery) -> AsyncIterator[Event]:
        """What happened after ``query.after`` and what happens from now on, until it is closed.

        Without ``after`` and ``since`` it begins now.
        """
        ...

    async def history(self, query: HistoryQuery) -> Rollup:
        """How the devices were."""
        ...

    async def timeline(self, start: datetime, end: datetime) -> Timeline:
        """How it was, is, and will be as far as the policy knows."""
        ...

    async def workloads(self) -> WorkloadsStatus:
        """What is defined to run, and how it stands."""
        ...

    async def start_workload(self, name: str, asker: Asker) -> WorkloadsStatus:
        """Let a workload run wherever it may, and make that last; how all stand then."""
        ...

    async def stop_workload(self, name: str, asker: Asker) -> WorkloadsStatus:
        """Stop a workload until it is started again, and make that last; how all stand then."""
        ...

    async def workload_log(self, name: str, key: str | None, lines: int) -> WorkloadLog:
        """The last lines that one of its instances wrote; of the one that runs, or ran last, unless ``key`` says."""
        ...

    async def intervals(self, query: IntervalQuery) -> Intervals:
        """What was worked."""
        ...

    async def earnings(self, query: PeriodQuery) -> Earnings:
        """What a period came to; ``query.by`` is one of device, payer and workload."""
        ...

    async def energy(self, query: PeriodQuery) -> Energy:
        """The energy of a period; ``query.by`` is one of device and day."""
        ...

    async def prices(self, start: datetime, end: datetime | None) -> Prices:
        """What power costs between two moments; from one on as far as that is known where there is no end."""
        ...

    def lease(self, devices: tuple[str, ...], asker: Asker) -> AbstractAsyncContextManager[Lease]:
        """Devices for a measurement: entered once they are drained, and given back at the end."""
        ...

    async def lease_ends(self, lease: Lease) -> str:
        """Wait until a lease is over before its asker hangs up; why, in a sentence."""
        ...

    def samples(self) -> AsyncIterator[Sample]:
        """Each sample from now on; one that nobody took in time is left out."""
        ...

    async def denied(self, asker: Asker | None, wanted: str) -> None:
        """Write down that somebody asked for what they may not."""
        ...
