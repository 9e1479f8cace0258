"""What goes over the agent's socket beside the documents that have a name of their own."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from netmind_tui.model.agent import API, Status
from netmind_tui.model.event import EventKind
from netmind_tui.model.period import PeriodName


class Role(StrEnum):
    """What an asker may do. Each may also do what the ones before it may."""

    READ = "read"
    CONTROL = "control"
    POLICY = "policy"

    def may(self, wanted: "Role") -> bool:
        """Whether it is enough for what is wanted."""
        return _ROLES.index(self) >= _ROLES.index(wanted)


_ROLES = tuple(Role)


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    """``GET /v1``: who answers, and in which version; ``role`` is what the asker may do."""

    schema: str = "netmind.agent/1"
    version: str
    api: int = API
    node: str
    role: Role = Role.READ


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeStatus:
    """A line of ``netmind status --host a,b --json``: a host's status, or the reason why there is none."""

    schema: str = "netmind.node-status/1"
    host: str
    status: Status | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The body of every answer that is none: one sentence for a person."""

    schema: str = "netmind.refusal/1"
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventQuery:
    """Which events: of these devices and kinds (empty: all), after an id, from a moment to another.

    The end is not included. ``limit`` is how many at most, the oldest of them first.
    """

    after: int = 0
    since: datetime | None = None
    until: datetime | None = None
    devices: tuple[str, ...] = ()
    kinds: tuple[EventKind, ...] = ()
    limit: int = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalQuery:
    """Which metered intervals: those written after one, that began in a span of time, of devices and workloads.

    ``after`` is the ``next`` of an answer before; empty names are all.
    """

    after: int = 0
    since: datetime | None = None
    until: datetime | None = None
    devices: tuple[str, ...] = ()
    workloads: tuple[str, ...] = ()
    limit: int = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodQuery:
    """Which period of the owner's calendar: one that has a name, or ``between`` with a start and an end.

    ``by`` is what its lines are told apart by; without, there is the sum alone.
    """

    period: PeriodName = PeriodName.MONTH
    start: datetime | None = None
    end: datetime | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryQuery:
    """Which samples of the past: of these devices and metrics (empty: all), at least ``step_s`` apart."""

    start: datetime
    end: datetime
    devices: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    step_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One metric of one device: a figure for each step from ``start`` on; ``None`` where there is none.

    ``device`` is ``host`` for what is the machine's.
    """

    device: str
    metric: str
    start: datetime
    step_s: float
    mean: tuple[float | None, ...] = ()
    low: tuple[float | None, ...] = ()
    high: tuple[float | None, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollup:
    """``GET /v1/history``: longer histories than a screen keeps by itself."""

    schema: str = "netmind.rollup/1"
    series: tuple[Series, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseRequest:
    """``POST /v1/lease``: the devices that are to be left alone for a measurement; none named: all."""

    devices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A line of the answer to it: ``draining`` until the devices are free, then ``held`` until the asker hangs up."""

    schema: str = "netmind.lease/1"
    state: Literal["draining", "held"]
    devices: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """``POST /v1/answers``: the owner's answer to a question of ``status``."""

    question: str
    answer: str
