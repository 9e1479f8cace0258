"""What an interval took: the device's energy, what of it the device would have drawn anyway, and the host's share.

Whole millijoules throughout. The idle part and what work added are the whole to the last one, so that sums over
any intervals, devices and workloads are too.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from netmind_tui.ledger.energy.power import CPU, DevicePower, ThreadPower
from netmind_tui.ledger.energy.uncertainty import HOST_SHARE, UNCERTAINTY
from netmind_tui.model.ledger import Usage
from netmind_tui.model.metering import RUNS, Activity, EnergyMethod, Interval

IDLE_UNKNOWN = "not calibrated: all of it counts as the work's (netmind energy calibrate)"
IDLE_ABOVE = "the idle power is above the whole, by more than readings are off: calibrate anew"
HOST_UNKNOWN = "what a busy processor draws is not known (device.cpu.watts and device.cpu.idle_watts)"
_NO_ENERGY = "it is not read, and no watts are declared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What an interval used, and what an entry notes of how that is known: ``idle``, ``host``, ``energy``."""

    usage: Usage
    note: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Whole:
    """A device's energy, over so much of its time, and how it was got at."""

    energy_mj: int
    energy_ms: int
    method: EnergyMethod


def used_in(
    interval: Interval, power: DevicePower, thread: ThreadPower | None = None, booked: Sequence[Interval] = ()
) -> Used:
    """What an interval used.

    Args:
        interval: as it was metered.
        power: what is known of its device beyond.
        thread: what is known of a busy logical CPU of the host.
        booked: intervals that overlap with it and were booked before it. Where the processor itself is worked on, what
            it draws for the work of other devices is in its own energy; whichever is booked later leaves it out.
    """
    note: dict[str, str] = {}
    whole = _whole(interval, power)
    host_mj = _host_mj(interval, thread, booked, note)
    if whole is None:
        note["energy"] = _NO_ENERGY if interval.energy_absent is None else f"{_NO_ENERGY}: {interval.energy_absent}"
        usage = Usage(
            activity=interval.activity,
            duration_ms=interval.duration_ms,
            host_mj=host_mj,
            uncertain_mj=HOST_SHARE.of(host_mj, interval.duration_ms),
        )
        return Used(usage=usage, note=note)
    if whole.energy_ms < interval.duration_ms and interval.energy_absent is not None:
        note["energy"] = f"{(interval.duration_ms - whole.energy_ms) / 1000:g} s without: {interval.energy_absent}"
    off_mj = UNCERTAINTY[whole.method].of(whole.energy_mj, whole.energy_ms)
    resting_mj = None if power.idle_mw is None else _energy_mj(power.idle_mw, whole.energy_ms)
    spread_mj = _energy_mj(power.spread_mw, whole.energy_ms)
    energy_mj = whole.energy_mj - _others_mj(interval, whole, resting_mj, thread, booked)
    idle_mj = _idle_mj(interval.activity, energy_mj, resting_mj)
    if interval.activity is not Activity.READY:
        # Noise alone must not make work give energy back; what is cut off is within how far off it may be.
        below_mj = max(0, (resting_mj or 0) - energy_mj)
        note["idle"] = _idle_words(power, is_above=below_mj > off_mj + spread_mj)
        off_mj += max(below_mj, spread_mj)
    return Used(
        usage=Usage(
            activity=interval.activity,
            duration_ms=interval.duration_ms,
            energy_ms=whole.energy_ms,
            energy_mj=energy_mj,
            idle_mj=idle_mj,
            host_mj=host_mj,
            uncertain_mj=off_mj + HOST_SHARE.of(host_mj, interval.duration_ms),
            method=whole.method,
        ),
        note=note,
    )


def _whole(interval: Interval, power: DevicePower) -> _Whole | None:
    """As it was metered; where nothing at all was read, by the watts that its owner declared."""
    if interval.energy_j is not None and interval.energy_ms:
        method = interval.energy_method or EnergyMethod.ESTIMATE
        return _Whole(round(interval.energy_j * 1000), interval.energy_ms, method)
    mw = power.load_mw if interval.activity in RUNS else power.idle_mw
    if mw is None or not interval.duration_ms:
        return None
    return _Whole(_energy_mj(mw, interval.duration_ms), interval.duration_ms, EnergyMethod.USER)


def _idle_mj(activity: Activity, energy_mj: int, resting_mj: int | None) -> int:
    """What of it the device would have drawn anyway: all of it where it was only ready."""
    if activity is Activity.READY:
        return energy_mj
    return min(resting_mj or 0, energy_mj)


def _idle_words(power: DevicePower, *, is_above: bool) -> str:
    if power.idle_mw is None:
        return IDLE_UNKNOWN
    if is_above:
        return IDLE_ABOVE
    spread = f" ± {power.spread_mw / 1000:.1f}" if power.spread_mw else ""
    return f"{power.idle_mw / 1000:.1f}{spread} W, {power.idle_from}"


def _host_mj(interval: Interval, thread: ThreadPower | None, booked: Sequence[Interval], note: dict[str, str]) -> int:
    """What the host drew for it above idle: its processor time at the power of a busy logical CPU."""
    if interval.device == CPU or not interval.cpu_s:
        return 0
    if thread is None:
        note["host"] = HOST_UNKNOWN
        return 0
    share_mj = _share_mj(interval, thread)
    counted_mj = sum(_part(share_mj, interval, each) for each in booked if _counts_host(each))
    note["host"] = f"{interval.cpu_s:g} s of a processor at {thread.busy_mw / 1000:.1f} W, {thread.known_from}"
    return max(0, share_mj - counted_mj)


def _others_mj(
    interval: Interval, whole: _Whole, resting_mj: int | None, thread: ThreadPower | None, booked: Sequence[Interval]
) -> int:
    """What of the processor's own energy was drawn for others, and is booked there."""
    if interval.device != CPU or resting_mj is None:
        return 0
    above_mj = max(0, whole.energy_mj - resting_mj)
    if interval.activity not in RUNS:
        return above_mj
    if thread is None:
        return 0
    shares_mj = sum(_part(_share_mj(each, thread), each, interval) for each in booked if each.device != CPU)
    return min(shares_mj, above_mj)


def _counts_host(other: Interval) -> bool:
    """Whether an interval's energy has in it what the host drew for other work at the time."""
    return other.device == CPU and other.activity in RUNS and other.energy_j is not None


def _share_mj(interval: Interval, thread: ThreadPower) -> int:
    return _energy_mj(thread.busy_mw, round((interval.cpu_s or 0.0) * 1000))


def _part(energy_mj: int, whole: Interval, other: Interval) -> int:
    """The part of an interval's energy that falls into another one."""
    length = whole.end - whole.start
    common = min(whole.end, other.end) - max(whole.start, other.start)
    if common <= timedelta(0) or length <= timedelta(0):
        return 0
    return energy_mj * (common // timedelta.resolution) // (length // timedelta.resolution)


def _energy_mj(mw: int, length_ms: int) -> int:
    return (mw * length_ms + 500) // 1000
