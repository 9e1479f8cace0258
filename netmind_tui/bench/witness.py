"""What the worker's parent sees while a kernel runs: samples, energy, throttling."""

from itertools import pairwise

from netmind_tui.bench.judge import Witness
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.kernel import Phase
from netmind_tui.model.measurement import Throttle
from netmind_tui.model.reading import Absence
from netmind_tui.model.sample import THROTTLE_COUNTERS, DeviceSample, Sample
from netmind_tui.probe.cpu_time import CpuTimes

COUNTER_WINDOW_MIN_S = 10.0
"""Energy counters move every 20 to 100 ms and power sensors see a quarter of the time: shorter windows say little."""

STOP_BELOW_SLOWDOWN_C = 3


class Observation:
    """Collects samples of one step and condenses them.

    ``certified`` is the phase whose edges matter; ``at_s`` are seconds on any steady clock.
    """

    def __init__(self, device: Device, certified: Phase, started_at: str) -> None:
        self._device = device
        self._certified = certified
        self._started_at = started_at
        self._inside = False
        self._samples: list[tuple[float, Sample, int | None]] = []
        self._before: Sample | None = None
        self._after: Sample | None = None
        self._cpu: list[CpuTimes | None] = []
        self.stopped_hot_c: int | None = None
        self.paused_s = 0.0

    def is_edge(self, phase: Phase) -> bool:
        """Whether entering this phase begins or ends the certified one."""
        return phase is self._certified or (self._inside and phase is not self._certified)

    def enter(
        self, phase: Phase, sample: Sample, at_s: float, thermal_events: int | None, cpu: CpuTimes | None = None
    ) -> None:
        """A phase began; at an edge the sample is kept as the state before or after."""
        if phase is self._certified:
            self._inside, self._before = True, sample
        elif self._inside:
            self._inside, self._after = False, sample
        self._samples.append((at_s, sample, thermal_events))
        self._cpu.append(cpu)

    def add(self, sample: Sample, at_s: float) -> None:
        """A sample between the edges; outside the certified phase it says nothing about it."""
        if self._inside:
            self._samples.append((at_s, sample, None))

    def too_hot_c(self, sample: Sample) -> int | None:
        """The temperature, if it is within 3 °C of where the device slows itself down."""
        own = own_sample(sample, self._device)
        return None if own is None else hot_c(own, self._device)

    def witness(self) -> Witness:
        """Everything seen, in short."""
        energy_j, method = self._energy()
        return Witness(
            started_at=self._started_at,
            before=self._before,
            after=self._after,
            energy_j=energy_j,
            energy_method=method,
            throttle=self._throttle(),
            stopped_hot_c=self.stopped_hot_c,
            paused_s=self.paused_s,
            other_cpu_util_pct=self._others_pct(),
        )

    def _others_pct(self) -> float | None:
        """What other programs took of the processor during the certified phase."""
        if self._after is None or not self._cpu:
            return None
        first, last = self._cpu[0], self._cpu[-1]
        return last.others_pct(first) if first is not None and last is not None else None

    def _energy(self) -> tuple[float | None, str | None]:
        """Joules over the certified phase by the best method that there is."""
        if self._before is None or self._after is None:
            return None, None
        seconds = self._samples[-1][0] - self._samples[0][0]
        if self._device.kind is DeviceKind.CPU:
            rapl = _difference(self._before.host.energy_j, self._after.host.energy_j, "rapl")
            return rapl if seconds >= COUNTER_WINDOW_MIN_S else (None, None)
        owns = [(at, own) for at, sample, _ in self._samples if (own := own_sample(sample, self._device))]
        if not owns:
            return None, None
        if seconds >= COUNTER_WINDOW_MIN_S:
            counted = _difference(owns[0][1].energy_j, owns[-1][1].energy_j, "nvml_energy")
            if counted[0] is not None:
                return counted
        powers = [(at, own.power_draw_w) for at, own in owns if own.power_draw_w is not None]
        if len(powers) < 2:  # noqa: PLR2004 - an integral has two ends
            return None, None
        joules = sum((b - a) * (p + q) / 2 for (a, p), (b, q) in pairwise(powers))
        return joules, "nvml_power"

    def _throttle(self) -> Throttle | None:
        if self._before is None or self._after is None:
            return None
        if self._device.kind is DeviceKind.CPU:
            first, last = self._samples[0][2], self._samples[-1][2]
            events = last - first if first is not None and last is not None else None
            return None if events is None else Throttle(cpu_thermal_events=events)
        before, after = own_sample(self._before, self._device), own_sample(self._after, self._device)
        if before is None or after is None:
            return None
        grown: dict[str, int | None] = {}
        for counter in THROTTLE_COUNTERS:
            start, end = getattr(before, counter), getattr(after, counter)
            known = start is not None and end is not None
            grown[counter.removeprefix("throttle_")] = end - start if known else None
        return Throttle(**grown, reasons=self._reasons())

    def _reasons(self) -> tuple[str, ...]:
        seen: set[str] = set()
        for _, sample, _ in self._samples:
            own = own_sample(sample, self._device)
            seen.update((own.clocks_event_reasons or ()) if own else ())
        return tuple(sorted(seen))


def hot_c(own: DeviceSample, device: Device) -> int | None:
    """A device's temperature, if it is within 3 °C of where the device slows itself down."""
    limit, now = device.temperature_slowdown_c, own.temperature_c
    return now if limit is not None and now is not None and now >= limit - STOP_BELOW_SLOWDOWN_C else None


def own_sample(sample: Sample, device: Device) -> DeviceSample | None:
    """The device's own part of a sample."""
    return next((part for part in sample.devices if part.device == device.id), None)


def is_lost(sample: Sample, device: Device) -> bool:
    """Whether a GPU stopped answering."""
    own = own_sample(sample, device)
    return own is not None and Absence.LOST in own.absent.values()


def _difference(before: float | None, after: float | None, method: str) -> tuple[float | None, str | None]:
    """What a counter grew by; a counter that went back was reset, and then nothing is known."""
    if before is None or after is None or after < before:
        return None, None
    return after - before, method
