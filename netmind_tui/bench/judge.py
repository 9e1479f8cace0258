"""From raw samples to a measurement with a verdict: statistics, verification, throttling, plausibility."""

from dataclasses import dataclass, replace
from statistics import median

from netmind_tui.bench.check import Surveyed
from netmind_tui.bench.peak import PLAUSIBLE, peak_of
from netmind_tui.bench.plan import Step
from netmind_tui.bench.protocol import Cause, Outcome, Refusal
from netmind_tui.bench.statistics import Summary, summarise
from netmind_tui.bench.timing import SAMPLES_MIN, Series, Stop, Timing
from netmind_tui.model.device import DeviceKind
from netmind_tui.model.finding import Status, worst
from netmind_tui.model.host import Host
from netmind_tui.model.kernel import Kernel, Phase
from netmind_tui.model.measurement import (
    HARMLESS,
    Because,
    Measurement,
    Peak,
    Placement,
    Reason,
    Throttle,
    Timed,
    Verified,
)
from netmind_tui.model.quantity import percent, quantity
from netmind_tui.model.sample import Sample

_REFUSED_BECAUSE = {
    Cause.DIGEST: Reason.KERNEL_DIGEST,
    Cause.PROVIDER: Reason.PROVIDER_NOT_LOADABLE,
    Cause.PLACEMENT: Reason.PLACEMENT_REFUSED,
    Cause.LIBRARY: Reason.NOT_PLACEABLE,
    Cause.MEMORY: Reason.OUT_OF_MEMORY,
    Cause.CRASH: Reason.KERNEL_CRASHED,
    Cause.INEXACT: Reason.WRONG_RESULT,
    Cause.SPACE: Reason.NOT_ENOUGH_SPACE,
    Cause.FOLDER: Reason.NOT_WRITABLE,
    Cause.DISK: Reason.DISK_FAILED,
}
_THROTTLE_IS_FAILURE = ("hw_thermal_ns", "hw_power_brake_ns", "sw_thermal_ns", "cpu_thermal_events")


_THROTTLE_REASONS = frozenset({"hw_slowdown", "hw_thermal_slowdown", "hw_power_brake_slowdown", "sw_thermal_slowdown"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """What was seen from outside during the certified phase: samples at its edges, energy and throttling."""

    started_at: str
    before: Sample | None = None
    after: Sample | None = None
    energy_j: float | None = None
    energy_method: str | None = None
    throttle: Throttle | None = None
    stopped_hot_c: int | None = None
    paused_s: float = 0.0
    other_cpu_util_pct: float | None = None


def unmeasured(step: Step, because: Because, *, started_at: str | None = None) -> Measurement:
    """A row for a kernel that was not measured.

    It is ``skip`` where the owner wanted that, and where it is harmless and nobody named the kernel; else ``error``.
    """
    skipped = because.id is Reason.SKIPPED_BY_OWNER or (because.id in HARMLESS and not step.is_named)
    return _blank(step, Status.SKIP if skipped else Status.ERROR, (because,), started_at=started_at)


def refused(step: Step, refusal: Refusal, *, started_at: str) -> Measurement:
    """A row for a kernel that the worker would not or could not run."""
    return unmeasured(step, Because(_REFUSED_BECAUSE[refusal.cause], refusal.detail), started_at=started_at)


def judge(step: Step, outcome: Outcome, witness: Witness, host: Host) -> Measurement:
    """The measurement of a kernel that ran."""
    if outcome.surveyed is not None:
        return surveyed(step, outcome, outcome.surveyed, witness)
    kernel = step.kernel
    peak = peak_of(kernel, step.target.device, host)
    summary = _summary(kernel, outcome)
    verdicts = [
        *_verification(outcome),
        *_convergence(outcome.timing, step, summary),
        *_throttling(witness),
        *_plausibility(kernel, summary, peak),
        *((Status.PASS, Because(Reason.BUFFERS_LIMITED, note)) for note in outcome.notes),
    ]
    status = worst([Status.PASS, *(status for status, _ in verdicts)])
    blank = _blank(step, status, tuple(because for _, because in verdicts), started_at=witness.started_at)
    return _filled(blank, step, outcome, summary, witness, peak)


def _summary(kernel: Kernel, outcome: Outcome) -> Summary | None:
    return summarise(_values(kernel, outcome.shape, outcome.timing.certified)) if outcome.timing else None


def _values(kernel: Kernel, shape: dict[str, int], series: Series) -> list[float]:
    """Samples in the kernel's unit: seconds for a latency, work per second for a rate."""
    if kernel.is_latency:
        return list(series.samples)
    work = kernel.work_per_iteration(shape)
    return [work / seconds for seconds in series.samples]


def _verification(outcome: Outcome) -> list[tuple[Status, Because]]:
    for when, check in (("before", outcome.before), ("after", outcome.after)):
        if check is not None and not check.ok:
            error = "not finite or not equal" if check.error is None else f"error {check.error:.2e}"
            detail = f"the result {when} the timed window is wrong ({check.method}: {error}): do not use this device"
            return [(Status.FAIL, Because(Reason.WRONG_RESULT, detail))]
    return []


def _convergence(timing: Timing | None, step: Step, summary: Summary | None) -> list[tuple[Status, Because]]:
    if timing is None or summary is None:
        return []
    series, limit = timing.certified, step.rules.rsd_limit
    if series.stop is Stop.CONVERGED:
        return []
    if series.stop is Stop.ASKED:
        return []  # whoever asked gives the reason
    if summary.n < SAMPLES_MIN:
        detail = f"{summary.n} samples in {series.elapsed_s:.1f} s; {SAMPLES_MIN} are wanted"
    else:
        detail = f"spread {percent(summary.cv)}, {percent(limit)} is allowed, after {series.elapsed_s:.1f} s"
        if summary.cv is not None and summary.cv < limit:
            return []
    return [(Status.UNSTABLE, Because(Reason.NOT_CONVERGED, detail))]


def _throttling(witness: Witness) -> list[tuple[Status, Because]]:
    verdicts = []
    if witness.stopped_hot_c is not None:
        detail = f"stopped at {witness.stopped_hot_c} °C, 3 °C below slowdown: check airflow, then measure again"
        verdicts.append((Status.UNSTABLE, Because(Reason.STOPPED_HOT, detail)))
    if witness.paused_s:
        detail = f"stopped for {witness.paused_s:.0f} s while it was measured: measure again"
        verdicts.append((Status.UNSTABLE, Because(Reason.SUSPENDED, detail)))
    throttle = witness.throttle
    if throttle is None:
        return verdicts
    counts = {name: getattr(throttle, name) for name in _THROTTLE_IS_FAILURE}
    slowed = [_slowed(name, count) for name, count in counts.items() if count]
    # A reason seen in passing stands for a counter that this driver does not have.
    slowed += [reason for reason in throttle.reasons if reason in _THROTTLE_REASONS]
    if slowed:
        verdicts.append((Status.FAIL, Because(Reason.THROTTLED, f"slowed down by {', '.join(slowed)}")))
    if throttle.sw_power_cap_ns:
        detail = f"held at its power limit for {throttle.sw_power_cap_ns / 1e9:.1f} s"
        verdicts.append((Status.PASS, Because(Reason.POWER_CAPPED, detail)))
    return verdicts


def _slowed(name: str, count: int) -> str:
    if name.endswith("_ns"):
        return f"{name.removesuffix('_ns').replace('_', ' ')} for {count / 1e9:.1f} s"
    return f"heat {count} times"


def _plausibility(kernel: Kernel, summary: Summary | None, peak: Peak | None) -> list[tuple[Status, Because]]:
    if summary is None or peak is None or peak.value is None or not peak.calibrated:
        return []
    if summary.median <= PLAUSIBLE * peak.value:
        return []
    detail = (
        f"{quantity(summary.median, kernel.unit)} is more than {PLAUSIBLE} times the peak of "
        f"{quantity(peak.value, kernel.unit)} ({peak.source}): this device did not do that"
    )
    return [(Status.FAIL, Because(Reason.IMPLAUSIBLE, detail))]


def _blank(step: Step, status: Status, reasons: tuple[Because, ...], *, started_at: str | None) -> Measurement:
    kernel, variant = step.kernel, step.variant
    return Measurement(
        kernel=kernel.id,
        kernel_version=kernel.version,
        kernel_sha256=variant.sha256 if variant else None,
        device=step.target.device.id,
        provider=step.target.provider,
        precision=kernel.precision,
        shape=dict(variant.shape) if variant else {},
        metric=kernel.metric,
        unit=kernel.unit,
        started_at=started_at,
        status=status,
        reasons=reasons,
    )


def _filled(
    blank: Measurement, step: Step, outcome: Outcome, summary: Summary | None, witness: Witness, peak: Peak | None
) -> Measurement:
    """The row with its figures; without timing only the failed check is known."""
    after = outcome.after
    measured = replace(
        blank,
        shape=outcome.shape,
        verified=Verified(
            method=outcome.before.method,
            before=outcome.before.ok,
            after=after.ok if after else None,
            error=after.error if after else outcome.before.error,
            tolerance=step.kernel.tolerance_for(step.variant),
            error_before=outcome.before.error,
            rows=outcome.before.rows,
        ),
        placement=_placement(step, outcome),
        threads=step.threads if step.target.device.kind is DeviceKind.CPU else None,
        peak=peak,
        before=witness.before,
        after=witness.after,
        throttle=witness.throttle,
        other_cpu_util_pct=witness.other_cpu_util_pct,
    )
    timing = outcome.timing
    if timing is None or summary is None:
        return measured
    values = _values(step.kernel, outcome.shape, timing.certified)
    return replace(
        measured,
        value=summary.median,
        ci95=summary.ci95,
        cv=summary.cv,
        mad=summary.mad,
        p5=summary.p5,
        p95=summary.p95,
        n=summary.n,
        samples=tuple(values),
        outliers=summary.outliers,
        phase=Phase.SUSTAINED if timing.sustained else Phase.BURST,
        burst=median(_values(step.kernel, outcome.shape, timing.burst)) if timing.sustained else None,
        efficiency=summary.median / peak.value if peak and peak.value else None,
        energy_j=witness.energy_j,
        energy_method=witness.energy_method,
        timed=Timed(
            setup_s=outcome.setup_s,
            cold_s=timing.cold_s,
            warm_up_s=timing.warm_up_s,
            window_s=timing.certified.elapsed_s,
            iterations_per_sample=timing.batch,
            stop=timing.certified.stop,
        ),
    )


def _placement(step: Step, outcome: Outcome) -> Placement | None:
    """Where the graph's nodes stood; nothing was placed where there is no graph."""
    if step.variant is None or step.variant.file is None:
        return None
    return Placement(provider=step.target.provider, nodes=outcome.placed_nodes, read=outcome.placement_read)


def surveyed(step: Step, outcome: Outcome, found: Surveyed, witness: Witness) -> Measurement:
    """The measurement of a kernel that goes through something once: what it went through, if that was well."""
    verdicts = [
        *_survey(found),
        *_throttling(replace(witness, throttle=None)),  # slower or not, what it found is found
        *((Status.PASS, Because(Reason.BUFFERS_LIMITED, note)) for note in outcome.notes),
    ]
    status = worst([Status.PASS, *(status for status, _ in verdicts)])
    measured = replace(
        _blank(step, status, tuple(because for _, because in verdicts), started_at=witness.started_at),
        shape=outcome.shape,
        verified=Verified(
            method=outcome.before.method, before=outcome.before.ok, after=outcome.before.ok, error=None, tolerance=0.0
        ),
        before=witness.before,
        after=witness.after,
        other_cpu_util_pct=witness.other_cpu_util_pct,
        timed=Timed(
            setup_s=outcome.setup_s,
            cold_s=0.0,
            warm_up_s=0.0,
            window_s=found.elapsed_s,
            iterations_per_sample=1,
            stop=Stop.ASKED if found.stopped else "done",
        ),
    )
    if found.stopped or found.wrong is not None:
        return measured
    value = float(found.size_bytes)
    return replace(measured, value=value, p5=value, p95=value, n=1, samples=(value,))


def _survey(found: Surveyed) -> list[tuple[Status, Because]]:
    wrong = found.wrong
    if wrong is not None:
        detail = (
            f"{wrong.count} bytes of {found.passes} × {quantity(found.size_bytes, 'bytes')} read back wrong, the first "
            f"at offset {wrong.offset:#x}: {wrong.expected:08b} written, {wrong.actual:08b} read ({wrong.pattern}): "
            "do not use this memory"
        )
        return [(Status.FAIL, Because(Reason.WRONG_RESULT, detail))]
    if found.stopped:
        detail = f"stopped after {found.elapsed_s:.1f} s, before all was examined: nothing is known of it"
        return [(Status.UNSTABLE, Because(Reason.STOPPED_EARLY, detail))]
    return []
