"""What devices draw when they do nothing, measured: all of them at once, for at least a minute, and only while idle.

Nothing is kept here: what was measured is handed back, so that whoever is interrupted leaves the old baselines.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime

from netmind_tui.ledger.energy.load import busy, usable_cpus
from netmind_tui.ledger.energy.trace import LEAST, Level, Trace
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.energy import Baseline, Calibration, Uncalibrated
from netmind_tui.model.fact import WORDS
from netmind_tui.model.metering import EnergyMethod
from netmind_tui.model.reading import Absence
from netmind_tui.model.sample import Sample
from netmind_tui.probe.sampler import Source

SHORTEST_S, LONGEST_S = 60.0, 3600.0
PERIOD_S = 1.0
_LOOK_S = 10.0
"""So often it is asked whether somebody uses a device: too costly to be asked with each reading."""
_LOADED_S, _LOADED_WINDOW_S, _SETTLES_S = 12.0, 1.0, 2.0
_MOST_BUSY_PCT = {DeviceKind.GPU: 5, DeviceKind.CPU: 10}
_MOST_BUSY_SHARE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far it has come: seconds of all, and the devices that are still measured."""

    done_s: float
    of_s: float
    devices: tuple[str, ...]
    is_loaded: bool = False


class _Candidate:
    """A device while it is measured; ``why`` says what it was given up for."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.trace = Trace(EnergyMethod.RAPL if device.kind is DeviceKind.CPU else EnergyMethod.NVML_ENERGY)
        self.why: str | None = None
        self._looks = self._busy = 0
        self._busiest_pct = 0.0

    def take(self, at_s: float, sample: Sample) -> None:
        """Its part of a sample."""
        counter_j, power_w, busy_pct, self.absent = _part(sample, self.device)
        self.trace.take(at_s, counter_j, power_w)
        if busy_pct is not None:
            self._looks += 1
            self._busy += busy_pct > _MOST_BUSY_PCT[self.device.kind]
            self._busiest_pct = max(self._busiest_pct, busy_pct)

    def judged(self) -> Level | None:
        """Its level, or ``None`` and why there is none."""
        if self.why is not None:
            return None
        if self._busy > _MOST_BUSY_SHARE * self._looks:
            self.why = f"it was busy, up to {self._busiest_pct:.0f} %: end what uses it, and calibrate again"
            return None
        level = self.trace.level()
        if level is None:
            self.why = _unread(self.device, self.absent)
        return level

    absent: Absence | None = None


class Calibrator:
    """Measures devices that are left alone.

    Args:
        source: where readings come from.
        in_use: who uses a device, as a clause, or ``None``; asked at the beginning, the end and in between.
        now: the time on the wall, which a baseline is dated with.
        clock: monotonic seconds.
        wait: lets seconds pass.
        load: keeps so many logical CPUs busy.
    """

    def __init__(
        self,
        source: Source,
        in_use: Callable[[Device], str | None],
        now: Callable[[], datetime],
        *,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], None] = time.sleep,
        load: Callable[[int], AbstractContextManager[None]] = busy,
    ) -> None:
        self._source, self._in_use, self._now = source, in_use, now
        self._clock, self._wait, self._load = clock, wait, load

    def run(
        self, devices: Sequence[Device], duration_s: float, tell: Callable[[Progress], None] = lambda _progress: None
    ) -> Calibration:
        """The baselines of these devices; those that cannot be measured with the reason, as early as it is known.

        Args:
            devices: GPUs and the processor.
            duration_s: for how long.
            tell: how far it has come, after each reading.
        """
        candidates = [_Candidate(each) for each in devices]
        self._refuse(candidates)
        began_s = looked_s = due_s = self._clock()
        while any(each.why is None for each in candidates):
            at_s = self._clock()
            self._read(candidates, at_s)
            if at_s - looked_s >= _LOOK_S:
                looked_s = at_s
                self._look(candidates)
            left = tuple(each.device.id for each in candidates if each.why is None)
            tell(Progress(done_s=min(at_s - began_s, duration_s), of_s=duration_s, devices=left))
            if at_s - began_s >= duration_s:
                break
            due_s = max(due_s + PERIOD_S, at_s)
            self._wait(due_s - at_s)
        self._look(candidates)
        made_at = self._now()
        levels = [(each.device, each.judged()) for each in candidates]
        found = [_baseline(device, level, duration_s, made_at) for device, level in levels if level is not None]
        return Calibration(
            baselines=tuple(self._with_load(each, tell) for each in found),
            failed=tuple(Uncalibrated(device=each.device.id, why=each.why) for each in candidates if each.why),
        )

    def _refuse(self, candidates: Sequence[_Candidate]) -> None:
        """Give up at once what can never be measured, or is in use."""
        for each in candidates:
            each.why = _refusal(each.device)
        self._look(candidates)
        if all(each.why is not None for each in candidates):
            return
        sample = self._source.sample()
        for each in (some for some in candidates if some.why is None):
            counter_j, power_w, _, absent = _part(sample, each.device)
            if counter_j is None and power_w is None:
                each.why = _unread(each.device, absent)

    def _look(self, candidates: Sequence[_Candidate]) -> None:
        for each in candidates:
            if each.why is None:
                each.why = self._in_use(each.device)

    def _read(self, candidates: Sequence[_Candidate], at_s: float) -> None:
        sample = self._source.sample()
        for each in candidates:
            if each.why is None:
                each.take(at_s, sample)

    def _with_load(self, baseline: Baseline, tell: Callable[[Progress], None]) -> Baseline:
        """The processor's baseline with what it draws when all of it is busy; others as they are."""
        if baseline.method is not EnergyMethod.RAPL:
            return baseline
        cpus, trace = usable_cpus(), Trace(EnergyMethod.RAPL, _LOADED_WINDOW_S)
        with self._load(cpus):
            began_s = self._clock()
            while (at_s := self._clock()) - began_s < _LOADED_S:
                if at_s - began_s >= _SETTLES_S:
                    trace.take(at_s, self._source.sample().host.energy_j, None)
                tell(
                    Progress(done_s=at_s - began_s, of_s=_LOADED_S, devices=(baseline.device,), is_loaded=True),
                )
                self._wait(PERIOD_S)
        level = trace.level(LEAST)
        if level is None or level.watts <= baseline.idle_w:
            return baseline
        return replace(baseline, busy_w=level.watts, logical_cpus=cpus)


def _refusal(device: Device) -> str | None:
    if device.lost is not None:
        return f"it cannot be read: {device.lost}"
    if device.asleep:
        return "it sleeps, and is not woken to be measured: what it draws now is nobody's work"
    if device.kind is DeviceKind.MIG:
        return "a slice has no power of its own: calibrate its card"
    return None


def _part(sample: Sample, device: Device) -> tuple[float | None, float | None, float | None, Absence | None]:
    """Counter, power, how busy it is in per cent, and why neither of the first two is known."""
    if device.kind is DeviceKind.CPU:
        host = sample.host
        return host.energy_j, None, host.cpu_util_pct, host.absent.get("energy_j")
    own = next((each for each in sample.devices if each.device == device.id), None)
    if own is None:
        return None, None, None, Absence.LOST
    return own.energy_j, own.power_draw_w, own.gpu_util_pct, own.absent.get("power_draw_w")


def _unread(device: Device, absent: Absence | None) -> str:
    word = WORDS[absent or Absence.NOT_SUPPORTED]
    return f"its power cannot be read ({word}): declare it, netmind config set device.{device.id}.idle_watts WATTS"


def _baseline(device: Device, level: Level, duration_s: float, made_at: datetime) -> Baseline:
    return Baseline(
        device=device.id,
        uuid=device.uuid,
        name=device.name,
        made_at=made_at,
        idle_w=level.watts,
        spread_w=level.spread_w,
        readings=level.readings,
        duration_s=duration_s,
        method=level.method,
    )
