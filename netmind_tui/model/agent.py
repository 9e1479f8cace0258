"""What an agent says of itself and of its node: the documents of its socket and of ``netmind status``."""

from dataclasses import dataclass, field
from datetime import datetime

from netmind_tui.model.decision import Decisions, Reason
from netmind_tui.model.event import Event
from netmind_tui.model.override import Override, OverrideKind
from netmind_tui.model.sample import Sample
from netmind_tui.model.situation import GuardFact
from netmind_tui.model.workload import WorkloadsStatus
from netmind_tui.model.worth import Worth

API = 1
"""The major version of the socket's interface: clients of another one still read what they know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentInfo:
    """The process.

    ``unit`` is how it was started (``user``, ``system``, ``hand``); ``role`` is what the asker may do.
    """

    version: str
    api: int = API
    pid: int
    node: str
    started_at: datetime
    unit: str = "hand"
    state_folder: str
    socket: str
    role: str = "read"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceStatus:
    """A device, beyond its decision: what works on it, and since when it is in its state."""

    device: str
    uuid: str | None = None
    name: str | None = None
    since: datetime | None = None
    workload: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyStatus:
    """The policy in force: where it came from; ``refused`` is why a newer file is not in force."""

    path: str | None = None
    sha256: str | None = None
    zone: str = "UTC"
    loaded_at: datetime | None = None
    refused: str | None = None
    windows: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What only the owner can answer, once: a guard without a source, a replaced device. ``command`` answers it."""

    id: str
    sentence: str
    command: str
    device: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """``GET /v1/status``, ``netmind status --json``.

    Without an agent ``agent`` is ``None`` and ``offline`` says how to start one; ``barred`` says in a few words why
    none may run: the node waits, or retired.

    ``warnings`` are sentences about the agent itself: that what was said is not remembered because the disk is full,
    that a stopped device is still measured. ``money`` is what an hour of work is worth and costs now, and how the
    books stand.
    """

    schema: str = "netmind.status/1"
    at: datetime
    agent: AgentInfo | None = None
    offline: str | None = None
    barred: str | None = None
    decisions: Decisions | None = None
    devices: tuple[DeviceStatus, ...] = ()
    facts: tuple[GuardFact, ...] = ()
    overrides: tuple[Override, ...] = ()
    policy: PolicyStatus = field(default_factory=PolicyStatus)
    questions: tuple[Question, ...] = ()
    sample: Sample | None = None
    workloads: WorkloadsStatus | None = None
    money: Worth | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideRequest:
    """``POST /v1/override``. ``until`` and ``for_s`` exclude each other; neither: until resumed."""

    schema: str = "netmind.override/1"
    kind: OverrideKind
    devices: tuple[str, ...] = ()
    until: datetime | None = None
    for_s: float | None = None
    via: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """``netmind why [DEVICE] [--at TIME]``.

    The reasons, ranked; ``is_past``: told from the journal; ``is_future``: from the policy. ``work`` says, of now, what
    works there, or why nothing does.
    """

    schema: str = "netmind.why/1"
    at: datetime
    device: str
    state: str
    sentence: str
    reasons: tuple[Reason, ...]
    work: tuple[str, ...] = ()
    is_past: bool = False
    is_future: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """``GET /v1/events``: oldest first; ``next`` is the id to go on after."""

    schema: str = "netmind.events/1"
    events: tuple[Event, ...] = ()
    next: int = 0
