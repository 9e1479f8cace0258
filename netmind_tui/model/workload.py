"""Work for others: what the owner defined, and how it stands.

A workload is a program which runs as the agent's user. It is defined in a file that only that user or root can write.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from netmind_tui.model.finding import Finding, Status
from netmind_tui.model.metering import EnergyMethod

LONGEST_GRACE_S = 300.0
"""No workload is given longer to end; whoever stops the agent waits at least so long."""


class WorkKind(StrEnum):
    """What runs: a program, a container, or a unit of systemd."""

    PROGRAM = "program"
    CONTAINER = "container"
    UNIT = "unit"


class Instances(StrEnum):
    """How often it runs: once for each allowed device, or once for all of them."""

    PER_DEVICE = "per-device"
    ONE = "one"


class Restart(StrEnum):
    """When it is started again after it ended by itself: always, after a failure, or never."""

    ALWAYS = "always"
    ON_FAILURE = "on-failure"
    NEVER = "never"


class WorkState(StrEnum):
    """How work stands on a device. ``stopping`` still holds memory."""

    NONE = "none"
    RUNNING = "running"
    SUSPENDED = "suspended"
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """One definition.

    ``devices`` are names as everywhere; empty means every GPU, and the CPU on a machine without one. On a device, the
    first definition in the file that names it and may start works.

    Of a program ``command`` is what is started, in ``folder`` and with ``environment``. Of a container it is what runs
    in ``image``, ``runtime`` is ``docker`` or ``podman``, and ``options`` go to its ``run``. Of a unit ``unit`` is its
    name, of the system's manager or of the user's (``is_user_unit``).

    ``suspend``, ``resume``, ``finish`` and ``stop`` are commands that take the place of signals where they are given;
    without ``finish`` work that is to end by itself goes on until it does. ``health`` is a command that ends with 0
    while all is well.

    ``grace_s`` is how long it may take to end; when somebody needs the device it has less. ``longest_s`` is how long a
    piece of its work may take; without it, nothing starts within ``lead_s`` of the end of a window.

    ``nice`` is its niceness, ``memory_bytes`` the most host memory that it may have. ``log_bytes`` is the size of one
    of its logs and ``logs`` how many of them are kept. ``is_on``: without it nothing starts it but the owner.
    """

    name: str
    kind: WorkKind = WorkKind.PROGRAM
    instances: Instances = Instances.PER_DEVICE
    devices: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    folder: str | None = None
    environment: dict[str, str] = field(default_factory=dict)
    runtime: str = "docker"
    image: str | None = None
    options: tuple[str, ...] = ()
    unit: str | None = None
    is_user_unit: bool = False
    suspend: tuple[str, ...] = ()
    resume: tuple[str, ...] = ()
    finish: tuple[str, ...] = ()
    stop: tuple[str, ...] = ()
    health: tuple[str, ...] = ()
    health_every_s: float = 60.0
    health_timeout_s: float = 10.0
    restart: Restart = Restart.ALWAYS
    grace_s: float = 20.0
    longest_s: float | None = None
    lead_s: float | None = None
    nice: int = 19
    memory_bytes: int | None = None
    log_bytes: int = 1 << 20
    logs: int = 3
    is_on: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceStatus:
    """One of a workload's instances, running or waiting.

    ``key`` tells it apart (``boinc@gpu:0``, ``boinc``). ``waits`` says why it does not run, ``until`` when that is
    over; ``lines`` are the last of its log after it ended with a failure. ``failures`` are those in a row.
    ``limited_by`` is what holds it within its limits (``cgroup v2``; ``nice, affinity``). ``freed_s`` is how long the
    GPU's memory took to be free when it was last stopped there. ``metered_s`` and ``energy_j`` are of today's work
    (without what its ends took), on all its devices together; ``energy_absent`` says why there is no energy.
    ``cpu_s`` is the processor time of this start so far. ``restarts`` is how often it was started again since the agent
    began.
    """

    key: str
    devices: tuple[str, ...]
    state: WorkState = WorkState.NONE
    pid: int | None = None
    since: datetime | None = None
    waits: str | None = None
    until: datetime | None = None
    failures: int = 0
    exit_code: int | None = None
    signal: int | None = None
    lines: tuple[str, ...] = ()
    limited_by: str | None = None
    freed_s: float | None = None
    metered_s: float | None = None
    energy_j: float | None = None
    energy_method: EnergyMethod | None = None
    energy_absent: str | None = None
    cpu_s: float | None = None
    restarts: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadStatus:
    """A workload and its instances. ``is_held``: the owner stopped it; ``problem`` is why it cannot run at all."""

    name: str
    kind: WorkKind = WorkKind.PROGRAM
    instances_of: Instances = Instances.PER_DEVICE
    command: str = ""
    is_held: bool = False
    problem: str | None = None
    instances: tuple[InstanceStatus, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadsStatus:
    """``GET /v1/workloads``: all of them, and the file; ``refused`` says why what is in it is not in force."""

    schema: str = "netmind.workloads/1"
    path: str | None = None
    refused: str | None = None
    workloads: tuple[WorkloadStatus, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadLog:
    """``GET /v1/workloads/NAME/log``: the last lines of an instance's output, oldest first.

    ``dropped_bytes`` of it were not kept: the disk was full, or it came faster than it could be written.
    """

    schema: str = "netmind.workload-log/1"
    workload: str
    key: str | None = None
    lines: tuple[str, ...] = ()
    dropped_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadsCheck:
    """``netmind workload check --json``: whether what is defined in a file could run here; worst first."""

    schema: str = "netmind.workloads-check/1"
    path: str
    verdict: Status
    findings: tuple[Finding, ...] = ()
