"""What a benchmark found: one measurement per kernel and device, and the run that holds them.

Figures are in base units (FLOP/s, OP/s, bytes/s, s, W, J); formatting for people happens at the edges.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from netmind_tui.model.device import Device, Driver
from netmind_tui.model.exit import ExitCode, foremost
from netmind_tui.model.finding import Finding, Status
from netmind_tui.model.host import Host
from netmind_tui.model.info import Tool
from netmind_tui.model.kernel import Phase, Provider
from netmind_tui.model.sample import Sample
from netmind_tui.model.summary import Summary


class Reason(StrEnum):
    """Why a measurement has the status it has."""

    WRONG_RESULT = "wrong-result"
    THROTTLED = "throttled"
    IMPLAUSIBLE = "implausible"
    POWER_CAPPED = "power-capped"
    NOT_CONVERGED = "not-converged"
    STOPPED_HOT = "stopped-hot"
    SUSPENDED = "suspended"
    BUFFERS_LIMITED = "buffers-limited"
    NOT_PLACEABLE = "not-placeable"
    NOT_ENOUGH_MEMORY = "not-enough-memory"
    MEMORY_DISK = "memory-disk"
    NOT_WRITABLE = "not-writable"
    NOT_ENOUGH_SPACE = "not-enough-space"
    DISK_FAILED = "disk-failed"
    STOPPED_EARLY = "stopped-early"
    SKIPPED_BY_OWNER = "skipped-by-owner"
    UNSAFE = "unsafe"
    DEVICE_ABSENT = "device-absent"
    DEVICE_LOST = "device-lost"
    DEVICE_HELD = "device-held"
    PROVIDER_NOT_LOADABLE = "provider-not-loadable"
    PLACEMENT_REFUSED = "placement-refused"
    KERNEL_DIGEST = "kernel-digest"
    KERNEL_CRASHED = "kernel-crashed"
    OUT_OF_MEMORY = "out-of-memory"
    WORKER_KILLED = "worker-killed"
    WORKER_HUNG = "worker-hung"


CRASHES = frozenset({Reason.KERNEL_CRASHED, Reason.OUT_OF_MEMORY, Reason.WORKER_KILLED, Reason.WORKER_HUNG})
"""Reasons for which a command ends with 4; every other error is a 3: nothing was measured, nothing broke."""

HARMLESS = frozenset(
    {
        Reason.NOT_PLACEABLE,
        Reason.NOT_ENOUGH_MEMORY,
        Reason.MEMORY_DISK,
        Reason.NOT_WRITABLE,
        Reason.NOT_ENOUGH_SPACE,
    }
)
"""Reasons for which a kernel is skipped, unless somebody asked for it by name."""


@dataclass(frozen=True, slots=True)
class Because:
    """One reason with its details in words."""

    id: Reason
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """How the result was checked, whether it held before and after the timed window, and the largest relative error.

    ``error`` is that of the last check, ``error_before`` that of the first. ``rows`` of the result were computed anew,
    where that was not all of it.
    """

    method: str
    before: bool
    after: bool | None
    error: float | None
    tolerance: float
    error_before: float | None = None
    rows: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where the graph's nodes stood. ``read`` tells whether the runtime reported it or only refused fallback."""

    provider: Provider
    nodes: int
    read: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """What the device could do at most, in the measurement's unit, and how that is known.

    ``calibrated`` is false where a part is assumed (a virtual machine's clock, an unknown core): such a peak convicts
    nobody. ``value`` is ``None`` where it cannot be computed at all; ``source`` then says why.
    """

    value: float | None
    source: str
    calibrated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle:
    """Time throttled during the timed window in ns, by cause; ``None`` where the device does not count it."""

    hw_thermal_ns: int | None = None
    hw_power_brake_ns: int | None = None
    sw_thermal_ns: int | None = None
    sw_power_cap_ns: int | None = None
    cpu_thermal_events: int | None = None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """Where the time of a measurement went, in seconds, and why its certified phase ended."""

    setup_s: float
    cold_s: float
    warm_up_s: float
    window_s: float
    iterations_per_sample: int
    stop: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One kernel on one device. ``value`` is the median of ``samples`` in ``unit``; all statistics are in that unit.

    ``value`` is ``None`` when nothing was measured; ``reasons`` says why. ``burst`` is the burst phase's median where
    the value is the sustained one. ``other_cpu_util_pct`` is what other programs took of the processor meanwhile, all
    cores = 100. ``elapsed_s`` is the time from asking for the kernel to its answer, preparing and checking included.
    """

    kernel: str
    kernel_version: int
    kernel_sha256: str | None
    device: str
    provider: Provider
    precision: str
    shape: dict[str, int]
    metric: str
    unit: str
    value: float | None = None
    ci95: tuple[float, float] | None = None
    cv: float | None = None
    mad: float | None = None
    p5: float | None = None
    p95: float | None = None
    n: int = 0
    samples: tuple[float, ...] = ()
    outliers: int = 0
    phase: Phase | None = None
    burst: float | None = None
    verified: Verified | None = None
    placement: Placement | None = None
    peak: Peak | None = None
    efficiency: float | None = None
    energy_j: float | None = None
    energy_method: str | None = None
    throttle: Throttle | None = None
    timed: Timed | None = None
    threads: int | None = None
    other_cpu_util_pct: float | None = None
    elapsed_s: float | None = None
    started_at: str | None = None
    before: Sample | None = None
    after: Sample | None = None
    status: Status
    reasons: tuple[Because, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasurementDocument(Measurement):
    """One line of ``netmind bench --format jsonl``: a measurement and the run it belongs to."""

    schema: Literal["netmind.measurement/1"] = "netmind.measurement/1"
    run_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What the figures depend on besides the devices: versions, and how quiet the machine was at the start.

    ``other_cpu_util_pct`` is what the rest of the machine took just before the first kernel, all cores = 100.
    """

    driver: Driver | None = None
    onnxruntime: str | None = None
    numpy: str | None = None
    python: str | None = None
    load_1m: float | None = None
    other_cpu_util_pct: float | None = None
    memory_available_bytes: int | None = None
    on_battery: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One entry of the capacity vector: a verified rate that this machine showed."""

    device: str
    kernel: str
    metric: str
    value: float
    unit: str
    phase: Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """What one of several GPUs keeps of its rate when all of them work: ``ratio`` is ``together`` ÷ ``alone``.

    Both are medians in ``unit``.
    """

    device: str
    kernel: str
    unit: str
    together: float
    alone: float
    ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One benchmark run, finished or cut short. Times are UTC in ISO 8601.

    ``together`` tells whether its GPUs were measured at once; then ``alone`` are the kernels that were measured once
    more on one GPU at a time, and ``sharing`` what that shows.
    """

    schema: Literal["netmind.bench/1"] = "netmind.bench/1"
    run_id: str
    started_at: str
    finished_at: str
    suite: str
    seed: int
    tool: Tool
    host: Host
    devices: tuple[Device, ...]
    environment: Environment
    measurements: tuple[Measurement, ...]
    together: bool = False
    alone: tuple[Measurement, ...] = ()
    sharing: tuple[Sharing, ...] = ()
    capacity: tuple[Rate, ...]
    summaries: tuple[Summary, ...] = ()
    findings: tuple[Finding, ...] = field(default=())
    stopped: Literal["interrupted", "terminated", "timed-out"] | None = None
    verdict: Status


_STOPPED = {
    "interrupted": ExitCode.INTERRUPTED,
    "terminated": ExitCode.TERMINATED,
    "timed-out": ExitCode.TIMEOUT,
}


def capacity(measurements: tuple[Measurement, ...]) -> tuple[Rate, ...]:
    """The rates that were measured and verified; a failed or unmeasured kernel adds nothing."""
    return tuple(
        Rate(device=m.device, kernel=m.kernel, metric=m.metric, value=m.value, unit=m.unit, phase=m.phase)
        for m in measurements
        if m.value is not None
        and m.phase is not None
        and m.status in (Status.PASS, Status.WARN, Status.UNSTABLE)
        and all(because.id is not Reason.STOPPED_HOT for because in m.reasons)
    )


def exit_code(run: Run, *, strict: bool = False) -> ExitCode:
    """What the run ends with: a wrong result beats a crash, and a crash beats a device that could not be measured."""
    codes = [_STOPPED[run.stopped]] if run.stopped else []
    rows = (*run.measurements, *run.alone)
    for measurement in rows:
        if measurement.status is Status.ERROR:
            crashed = any(because.id in CRASHES for because in measurement.reasons)
            codes.append(ExitCode.CRASHED if crashed else ExitCode.UNMEASURED)
    doubtful = {run.verdict, *(row.status for row in rows)} & {Status.WARN, Status.UNSTABLE}
    if run.verdict is Status.FAIL or (strict and doubtful):
        codes.append(ExitCode.FAILED)
    if run.verdict is Status.ERROR and not codes:  # a finding, in a suite that is judged by them too
        codes.append(ExitCode.UNMEASURED)
    if not any(m.status is not Status.SKIP for m in run.measurements):
        codes.append(ExitCode.UNMEASURED)
    return foremost(codes)
