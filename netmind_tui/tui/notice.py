"""What was noticed of each device over time: since when it says nothing, and when something last slowed it down."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from netmind_tui.model.reading import Absence
from netmind_tui.model.sample import DeviceSample, Sample

_HEAT = frozenset({"sw_thermal_slowdown", "hw_thermal_slowdown", "hw_slowdown", "hw_power_brake_slowdown"})
_SILENT = frozenset({Absence.LOST, Absence.ASLEEP, Absence.NO_PERMISSION})
_TOLD = ("gpu_util_pct", "memory_used_bytes", "power_draw_w", "temperature_c", "sm_clock_mhz")


@dataclass(frozen=True, slots=True)
class Silence:
    """A device that says nothing: why, since which sample, and what it had said last if that was seen."""

    reason: Absence
    since_at: str
    last: DeviceSample | None = None


@dataclass(frozen=True, slots=True)
class Notices:
    """Silences and the last moments of slowness and work, by device; moments are those of samples."""

    silent: Mapping[str, Silence] = field(default_factory=dict)
    slowed_at: Mapping[str, str] = field(default_factory=dict)
    busy_at: Mapping[str, str] = field(default_factory=dict)

    @property
    def lost(self) -> frozenset[str]:
        """The devices that do not answer."""
        return frozenset(name for name, each in self.silent.items() if each.reason is Absence.LOST)

    def after(self, before: Sample | None, sample: Sample, busy_pct: int) -> "Notices":
        """What is known once this sample was taken, too."""
        silent: dict[str, Silence] = {}
        slowed, busy = dict(self.slowed_at), dict(self.busy_at)
        earlier = {} if before is None else {own.device: own for own in before.devices}
        for own in sample.devices:
            reason = silence(own)
            if reason is not None:
                known = self.silent.get(own.device)
                last = known.last if known is not None else earlier.get(own.device)
                since = known.since_at if known is not None and known.reason is reason else sample.at
                silent[own.device] = Silence(reason, since, last)
                continue
            if slowed_by_trouble(own):
                slowed[own.device] = sample.at
            if (own.gpu_util_pct or 0) >= busy_pct:
                busy[own.device] = sample.at
        return Notices(silent, slowed, busy)


def silence(own: DeviceSample) -> Absence | None:
    """Why a device says nothing of itself; none where it says anything."""
    if any(getattr(own, name) is not None for name in _TOLD):
        return None
    reasons = {own.absent.get(name) for name in _TOLD} & _SILENT
    return next(iter(reasons)) if len(reasons) == 1 else None


def slowed_by_trouble(own: DeviceSample) -> bool:
    """Whether heat or faulty power slows it down; a power limit is somebody's wish."""
    return not _HEAT.isdisjoint(own.clocks_event_reasons or ())


def seconds_between(earlier: str, later: str) -> float:
    """The time between the moments of two samples; 0 where one of them is no moment."""
    try:
        return max(0.0, (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds())
    except (ValueError, TypeError):
        return 0.0
