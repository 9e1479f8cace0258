"""Reading what kernels show: rates, alone or as a share of something, their spread, throttling, and correctness."""

from dataclasses import replace
from statistics import median

from netmind_tui.certify.judgement_ground import Ground
from netmind_tui.certify.metric_figure import Absent, Figure
from netmind_tui.model.certificate import Evidence
from netmind_tui.model.device import Device
from netmind_tui.model.finding import Action, Status
from netmind_tui.model.measurement import CRASHES, Measurement, Reason
from netmind_tui.model.requirement import Relative, Requirement

_USABLE = (Status.PASS, Status.WARN, Status.UNSTABLE)
_REBASELINE = "`netmind validate` with --baseline and --rebaseline"
_AGAIN = "`netmind doctor` says how to mend it; then measure again"


def rate(ground: Ground, device: Device | None, requirement: Requirement) -> Figure | Absent:
    """A kernel's rate, or its share of what ``relative_to`` names."""
    row = _row(ground, device, requirement)
    if isinstance(row, Absent):
        return row
    figure = _figure(ground, row)
    if isinstance(figure, Absent) or requirement.relative_to is None:
        return figure
    if requirement.relative_to is Relative.PEERS:
        return _of_peers(ground, row, figure)
    if requirement.relative_to is Relative.PEAK:
        return _of_peak(row, figure)
    return _of_baseline(ground, row, figure)


def spread(ground: Ground, device: Device | None, requirement: Requirement) -> Figure | Absent:
    """The relative standard deviation of one kernel's samples, or the largest on a device."""
    if requirement.argument is not None:
        row = _row(ground, device, requirement)
        rows = [] if isinstance(row, Absent) else [row]
        if isinstance(row, Absent):
            return row
    else:
        rows = [each for each in ground.rows(device.id if device else "") if not each.kernel.startswith("disk.")]
    known = [(each.cv, each.kernel) for each in rows if each.cv is not None and each.status in _USABLE]
    if not known:
        return Absent(sentence="no kernel has a spread here", remedy=_AGAIN, action=Action.RETRY)
    value, kernel = max(known)
    return Figure(value=value, evidence=_evidence(ground, rows[0].device, kernel), source=kernel)


def sharing(ground: Ground, device: Device | None, requirement: Requirement) -> Figure | Absent:
    """Rate together ÷ rate alone."""
    for each in ground.sharing:
        if device is not None and (each.device, each.kernel) == (device.id, requirement.argument):
            return Figure(value=each.ratio, evidence=Evidence.MEASURED, source="together ÷ alone, medians")
    remedy = "measure a machine with several GPUs: `netmind bench --suite standard`, without --alone"
    return Absent(remedy=remedy, action=Action.RETRY)


def throttled(ground: Ground, device: Device | None, _requirement: Requirement) -> Figure | Absent:
    """How many kernels were slowed down by heat or the power supply."""
    rows = [row for row in ground.rows(device.id if device else "") if row.value is not None]
    seen = [row for row in rows if row.throttle is not None and _counts(row)]
    if not seen:
        return Absent() if rows else Absent(sentence="no kernel was measured", remedy=_AGAIN, action=Action.RETRY)
    slowed = [row.kernel for row in seen if any(because.id is Reason.THROTTLED for because in row.reasons)]
    source = ", ".join(slowed) or f"{len(seen)} kernels watched"
    return Figure(value=float(len(slowed)), evidence=Evidence.MEASURED, source=source)


def wrong(row: Measurement) -> str | None:
    """Why a kernel's result is not right, if it is known not to be."""
    because = next((each for each in row.reasons if each.id in (Reason.WRONG_RESULT, Reason.IMPLAUSIBLE)), None)
    if because is not None:
        return because.detail
    if row.verified is not None and (not row.verified.before or row.verified.after is False):
        return f"its result was not right ({row.verified.method})"
    return None


def unverified(row: Measurement) -> str | None:
    """Why nobody knows whether a kernel that ran was right; ``None`` where it is known, or it did not run."""
    if row.value is not None and (row.verified is None or row.verified.after is None):
        return "its result was not checked after it was timed"
    crash = next((each for each in row.reasons if each.id in CRASHES), None)
    return crash.detail if crash is not None and row.status is Status.ERROR else None


def _row(ground: Ground, device: Device | None, requirement: Requirement) -> Measurement | Absent:
    """The kernel's row, if it is one that can be judged."""
    row = ground.row(device.id if device else "", requirement.argument or "")
    if row is None:
        remedy = f"measure it: `netmind bench --kernel {requirement.argument}`"
        sentence = f"{requirement.argument} is not in this run of suite {ground.suite}"
        return Absent(sentence=sentence, remedy=remedy, action=Action.RETRY)
    if requirement.version is not None and row.kernel_version != requirement.version:
        sentence = f"{row.kernel} ran in version {row.kernel_version}; version {requirement.version} is asked for"
        return Absent(sentence=sentence, remedy="measure it with the version that is asked for", action=Action.RETRY)
    if requirement.phase is not None and row.value is not None and row.phase is not requirement.phase:
        sentence = f"it is of phase {row.phase or 'none'}; {requirement.phase} is asked for"
        remedy = "burst is what suite quick certifies, sustained what standard does: measure it with that one"
        return Absent(sentence=sentence, remedy=remedy, action=Action.RETRY)
    return row


def _figure(ground: Ground, row: Measurement) -> Figure | Absent:
    """The rate, if it was measured and is believed; an unstable one with the range that its samples took."""
    fault = wrong(row) or unverified(row)
    because = row.reasons[0] if row.reasons else None
    if fault is not None or row.value is None or row.status not in _USABLE:
        sentence = fault or (because.detail if because else f"it ended with {row.status}")
        action = Action.WAIT if because and because.id is Reason.DEVICE_HELD else Action.RETRY
        return Absent(sentence=sentence, remedy=_AGAIN, action=action)
    bounds = None
    if row.status is Status.UNSTABLE:
        marks = [row.value, *(row.ci95 or ()), *(mark for mark in (row.p5, row.p95) if mark is not None), *row.samples]
        if len(marks) == 1:
            return Absent(sentence="it was unstable, and has too few samples", remedy=_AGAIN, action=Action.RETRY)
        bounds = (min(marks), max(marks))
    said = f"{row.kernel}@{row.kernel_version}, median of {row.n}" + (f", {row.phase}" if row.phase else "")
    evidence = _evidence(ground, row.device, row.kernel)
    return Figure(value=row.value, interval=bounds, evidence=evidence, source=said)


def _of_peers(ground: Ground, row: Measurement, figure: Figure) -> Figure | Absent:
    known = {device.id: (device.kind, device.name, device.memory_total_bytes) for device in ground.devices}
    others = [
        each
        for each in ground.measurements
        if each.kernel == row.kernel
        and each.device != row.device
        and known.get(each.device) == known.get(row.device)
        and each.shape == row.shape
    ]
    paces = [_pace(each.value, each.unit) for each in others if not isinstance(_figure(ground, each), Absent)]
    if not any(paces):
        remedy = "leave it out for machines with one device of a kind"
        return Absent(sentence="there is no equal device to hold it against", remedy=remedy, action=Action.NONE)
    many = f"{len(paces)} equal device{'s' if len(paces) > 1 else ''}"
    return _share(row, figure, median(paces), f"{figure.source}, of the median of {many}")


def _of_peak(row: Measurement, figure: Figure) -> Figure | Absent:
    peak = row.peak
    if peak is None or peak.value is None or not peak.calibrated:
        why = f": {peak.source}" if peak is not None else ""
        sentence = f"its peak is not known for certain{why}"
        return Absent(sentence=sentence, remedy="require a rate instead of a share", action=Action.NONE)
    return _share(row, figure, _pace(peak.value, row.unit), f"{figure.source}, of its peak ({peak.source})")


def _of_baseline(ground: Ground, row: Measurement, figure: Figure) -> Figure | Absent:
    before = (ground.baseline or {}).get((row.device, row.kernel))
    if before is None:
        sentence = "no earlier measurement is at hand to hold it against"
        remedy = "name one of the machine while it was well: `netmind validate` with --baseline"
        return Absent(sentence=sentence, remedy=remedy, action=Action.ASK_OWNER)
    if _what(before, ground) != _what(row, ground):
        sentence = "the earlier measurement is of another version, graph, shape or phase of the kernel"
        return Absent(sentence=sentence, remedy=f"make a new baseline: {_REBASELINE}", action=Action.ASK_OWNER)
    if isinstance(_figure(ground, before), Absent):
        sentence = "the earlier measurement has no rate that can be believed"
        return Absent(sentence=sentence, remedy=f"make a new baseline: {_REBASELINE}", action=Action.ASK_OWNER)
    return _share(row, figure, _pace(before.value, before.unit), f"{figure.source}, of the baseline")


def _what(row: Measurement, ground: Ground) -> tuple[object, ...]:
    """What was measured: figures of different things have no ratio."""
    grown = ground.grows.get(row.kernel)
    fixed = {name: extent for name, extent in row.shape.items() if name != grown}
    return row.kernel_version, row.kernel_sha256, row.provider, row.precision, fixed, row.unit, row.phase


def _share(row: Measurement, figure: Figure, whole: float, source: str) -> Figure:
    """A rate as a share of another pace; more is better for a latency too."""
    bounds = figure.interval
    if bounds is not None:
        ends = sorted(_pace(end, row.unit) / whole for end in bounds)
        bounds = (ends[0], ends[1])
    return replace(figure, value=_pace(row.value, row.unit) / whole, interval=bounds, source=source)


def _pace(value: float | None, unit: str) -> float:
    if value is None or value <= 0:
        return 0.0
    return 1 / value if unit == "s" else value


def _counts(row: Measurement) -> bool:
    throttle = row.throttle
    if throttle is None:
        return False
    counters = (throttle.hw_thermal_ns, throttle.hw_power_brake_ns, throttle.sw_thermal_ns, throttle.cpu_thermal_events)
    return any(counter is not None for counter in counters) or bool(throttle.reasons)


def _evidence(ground: Ground, device: str, kernel: str) -> str:
    return ground.evidence.get((device, kernel), Evidence.MEASURED)
