"""How the machine is read from outside the workers, once for all devices that are measured at the same time."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import monotonic

from netmind_tui.model.device import Device
from netmind_tui.model.reading import Absence
from netmind_tui.model.sample import Sample
from netmind_tui.probe.cpu_time import CpuTimes

_FRESH_S = 0.5
_SILENT = {Absence.ASLEEP, Absence.LOST}


@dataclass(frozen=True, slots=True, kw_only=True)
class Senses:
    """What a run perceives.

    ``look`` gives a sample of at most that age in seconds, and the steady clock's seconds when it was taken;
    ``thermal_events`` is the CPU's throttle count; ``now`` gives UTC in ISO 8601; ``paused_s`` is for how long this
    process and its workers were stopped together so far; ``cpu_times`` count the run's own processes as its own.
    """

    look: Callable[[float], tuple[float, Sample]]
    thermal_events: Callable[[], int | None]
    now: Callable[[], str]
    paused_s: Callable[[], float] = float
    cpu_times: Callable[[], CpuTimes | None] = lambda: None


class SharedSample:
    """One sampler for several lanes, and for whoever shows the machine meanwhile.

    Whoever comes soon after another sees the same, so the driver is asked once.
    """

    def __init__(self, sample: Callable[[], Sample], clock: Callable[[], float] = monotonic) -> None:
        self._sample = sample
        self._clock = clock
        self._lock = threading.Lock()
        self._latest: tuple[float, Sample] | None = None

    def look(self, max_age_s: float) -> tuple[float, Sample]:
        """A sample of at most that age in seconds, and when it was taken."""
        with self._lock:
            if self._latest is None or self._clock() - self._latest[0] > max_age_s:
                sample = self._sample()
                self._latest = (self._clock(), sample)
            return self._latest

    def sample(self) -> Sample:
        """What a sampler with a pace of its own shows: what was just read for another, or else a new reading."""
        return self.look(_FRESH_S)[1]

    def shows(self, devices: Iterable[Device]) -> bool:
        """Whether each of these devices answers in a sample of now, under the same id."""
        seen = {
            (part.device, part.uuid)
            for part in self.look(_FRESH_S)[1].devices
            if not _SILENT & set(part.absent.values())
        }
        return all((device.id, device.uuid) in seen for device in devices)
