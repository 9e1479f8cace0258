"""From the measurements of a run to what they say of each device in short."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from netmind_tui.bench.conditions import BUSY_PCT
from netmind_tui.bench.permit import takeable
from netmind_tui.bench.plan import Target
from netmind_tui.model.cost import Tariff, cost_under
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.finding import Status
from netmind_tui.model.kernel import Phase, Provider
from netmind_tui.model.measurement import Environment, Measurement, Rate, Reason, Run, capacity
from netmind_tui.model.reading import ABSENCE_SENTENCES, Absence
from netmind_tui.model.sample import DeviceSample, Sample
from netmind_tui.model.serving import block_bytes, serve
from netmind_tui.model.summary import Best, Limit, Power, Restraint, Summary

_RESTRAINTS = {
    Reason.STOPPED_HOT: Restraint.HEAT,
    Reason.POWER_CAPPED: Restraint.POWER_CAP,
    Reason.NOT_ENOUGH_MEMORY: Restraint.MEMORY,
    Reason.OUT_OF_MEMORY: Restraint.MEMORY,
    Reason.BUFFERS_LIMITED: Restraint.MEMORY,
    Reason.SUSPENDED: Restraint.INTERRUPTION,
    Reason.NOT_CONVERGED: Restraint.NOT_CONVERGED,
}
_HEAT = frozenset({"hw_slowdown", "hw_thermal_slowdown", "sw_thermal_slowdown"})
_DECODERS = frozenset({"decoder.decode.int4", "decoder.decode.fp16"})
_WALL = "a meter at the wall tells"


def summarise(
    targets: Sequence[Target], measurements: tuple[Measurement, ...], environment: Environment
) -> tuple[Summary, ...]:
    """One summary for each device on which anything was measured."""
    rates = capacity(measurements)
    return tuple(
        _summary(
            target.device,
            takeable(target.memory_free_bytes),
            [m for m in measurements if m.device == target.device.id],
            [rate for rate in rates if rate.device == target.device.id],
            environment,
        )
        for target in targets
        if any(m.device == target.device.id and m.value is not None for m in measurements)
    )


def with_costs(run: Run, tariff: Tariff) -> Run:
    """The run with what an hour of each device costs."""
    priced = (
        replace(each, cost=cost_under(each.power.draw_w if each.power else None, tariff, each.power_unknown))
        for each in run.summaries
    )
    return replace(run, summaries=tuple(priced))


def _summary(
    device: Device, memory_bytes: int, rows: list[Measurement], rates: list[Rate], environment: Environment
) -> Summary:
    verified = {rate.kernel for rate in rates}
    good = [m for m in rows if m.kernel in verified]
    shares = [(m.efficiency, m) for m in good if m.efficiency is not None and m.peak is not None]
    convicting = [(share, m) for share, m in shares if m.peak and m.peak.calibrated]
    of_peak = max(convicting or shares, key=lambda pair: pair[0], default=None)
    spreads = [Best(value=m.cv, kernel=m.kernel) for m in good if m.cv is not None]
    kept = [Best(value=m.value / m.burst, kernel=m.kernel) for m in good if _is_rate(m) and m.burst and m.value]
    power = _power(good, device)
    return Summary(
        device=device.id,
        measured=len(good),
        unstable=sum(m.status is Status.UNSTABLE for m in good),
        of_peak=Best(value=of_peak[0], kernel=of_peak[1].kernel) if of_peak else None,
        is_calibrated=bool(convicting),
        cv_max=max(spreads, key=lambda best: best.value, default=None),
        sustained_of_burst=min(kept, key=lambda best: best.value, default=None),
        limits=_limits(rows, environment),
        unseen=_unseen(good, device),
        power=power,
        power_unknown=None if power else _why_unknown(good, device),
        memory_takeable_bytes=memory_bytes,
        serving=serve(
            memory_bytes,
            _bandwidths(good),
            # A CPU has no native kernel for fp16: what it would do is something else.
            ("int4",) if device.kind is DeviceKind.CPU else ("int4", "fp16"),
        ),
    )


def _bandwidths(rows: Sequence[Measurement]) -> dict[str, float]:
    """Bytes/s by kernel: as measured, and of a decoder's block as many as its tokens read."""
    found = {m.kernel: m.value for m in rows if m.unit == "bytes/s" and m.value is not None}
    for m in rows:
        if m.kernel in _DECODERS and m.value is not None:
            entry_bytes = 4 if m.provider is Provider.CPU else 2
            found[m.kernel] = m.value * block_bytes(m.shape, m.precision, entry_bytes)
    return found


def _is_rate(m: Measurement) -> bool:
    return m.metric != "latency"


def _limits(rows: Sequence[Measurement], environment: Environment) -> tuple[Limit, ...]:
    seen: dict[Restraint, list[str]] = {}
    for m in rows:
        for because in m.reasons:
            restraint = _slowed_by(m) if because.id is Reason.THROTTLED else _RESTRAINTS.get(because.id)
            if restraint is not None:
                seen.setdefault(restraint, []).append(m.kernel)
    # Writing a disk out takes the kernel's time, which is nobody else's.
    crowded = [m.kernel for m in rows if (m.other_cpu_util_pct or 0.0) > BUSY_PCT and not m.kernel.startswith("disk.")]
    if crowded or (environment.other_cpu_util_pct or 0.0) > BUSY_PCT:
        seen[Restraint.OTHER_PROGRAMS] = crowded
    ordered = [(each, seen[each]) for each in Restraint if each in seen]
    return tuple(Limit(restraint=each, kernels=tuple(dict.fromkeys(kernels))) for each, kernels in ordered)


def _slowed_by(m: Measurement) -> Restraint:
    """Heat or the power supply: heat where both, for it is what the owner can change."""
    slowed = m.throttle
    if slowed is None or slowed.hw_thermal_ns or slowed.sw_thermal_ns or slowed.cpu_thermal_events:
        return Restraint.HEAT
    return Restraint.HEAT if _HEAT & set(slowed.reasons) else Restraint.POWER_BRAKE


def _unseen(rows: Sequence[Measurement], device: Device) -> tuple[Restraint, ...]:
    """What no kernel's window could tell, because the device does not count it."""
    found = [m.throttle for m in rows if m.throttle is not None]
    if device.kind is DeviceKind.CPU:
        heat = any(each.cpu_thermal_events is not None for each in found)
        cap = False  # a processor does not count the time that its power limits cost
    else:
        heat = any(each.hw_thermal_ns is not None or each.sw_thermal_ns is not None for each in found)
        cap = any(each.sw_power_cap_ns is not None for each in found)
    return (*(() if heat else (Restraint.HEAT,)), *(() if cap else (Restraint.POWER_CAP,)))


def _power(rows: Sequence[Measurement], device: Device) -> Power | None:
    """The highest power of a sustained phase; of a burst where there is none."""
    found = [power for m in rows if (power := _drawn(m, device)) is not None]
    sustained = [power for power in found if power.phase is Phase.SUSTAINED]
    return max(sustained or found, key=lambda power: power.draw_w, default=None)


def _drawn(m: Measurement, device: Device) -> Power | None:
    if m.phase is None or any(because.id is Reason.SUSPENDED for because in m.reasons):
        return None
    seconds = _window_s(m)
    if m.energy_j and m.energy_method and seconds:
        return Power(draw_w=m.energy_j / seconds, kernel=m.kernel, phase=m.phase, method=m.energy_method)
    own = _own(m.after, device)
    if own is not None and own.power_draw_w:
        return Power(draw_w=own.power_draw_w, kernel=m.kernel, phase=m.phase, method="power_draw_w")
    return None


def _window_s(m: Measurement) -> float | None:
    """The seconds over which energy was counted: between the samples at the phase's edges, unless the clock was set."""
    if m.timed is None:
        return None
    window = m.timed.window_s
    if m.before is None or m.after is None:
        return window
    between = (datetime.fromisoformat(m.after.at) - datetime.fromisoformat(m.before.at)).total_seconds()
    return between if window <= between <= 2 * window + 1 else window


def _own(sample: Sample | None, device: Device) -> DeviceSample | None:
    return next((each for each in sample.devices if each.device == device.id), None) if sample else None


def _why_unknown(rows: Sequence[Measurement], device: Device) -> str:
    """Why no power is known, and how it could be."""
    last = next((m.after for m in reversed(rows) if m.after is not None), None)
    if device.kind is DeviceKind.MIG:
        return f"a slice has no meter of its own: {_WALL} what the whole card draws"
    if last is None:
        return f"nothing was sampled under load: {_WALL}"
    if device.kind is DeviceKind.CPU:
        if last.host.energy_j is not None:
            return "the processor's meter needs windows of 10 s: measure with --suite standard"
        absence = last.host.absent.get("energy_j", Absence.NOT_SUPPORTED)
        if absence is Absence.NO_PERMISSION:
            return "this user may not read the processor's meter: run as root, or let it read energy_uj of RAPL in /sys"
        return f"the processor's meter: {ABSENCE_SENTENCES[absence]}; {_WALL}"
    own = _own(last, device)
    absence = own.absent.get("power_draw_w", Absence.NOT_SUPPORTED) if own else Absence.LOST
    return f"the card's meter: {ABSENCE_SENTENCES[absence]}; {_WALL}"
