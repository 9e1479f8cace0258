"""The energy of one device between two readings: by its counter, else by its power, else not at all.

Sources: NVML, nvmlDeviceGetTotalEnergyConsumption (millijoules since the driver was loaded); Linux,
Documentation/power/powercap/powercap.rst, for the processor.
"""

import math
from dataclasses import dataclass

from netmind_tui.model.metering import EnergyMethod
from netmind_tui.model.sample import Sample

LONGEST_MS = 10_000
"""Power is taken to be known between readings that lie no further apart."""
UNREAD = "no reading for more than 10 s"
# Registers of processors start again within minutes; more turns than one could have passed unseen.
_LONGEST_RAPL_MS = 60_000
# No device draws more: what a counter leaped by is not energy, and what a driver says beyond is no reading.
_MOST_MW = 10_000_000
CPU = "cpu"


@dataclass(frozen=True, slots=True)
class Stretch:
    """The energy since the reading before, over so much time; ``None`` where it is not known, and why."""

    length_ms: int
    energy_mj: int | None
    method: EnergyMethod | None
    absent: str | None = None

    @property
    def is_late(self) -> bool:
        """Whether how it is spread over that time is a guess."""
        return self.length_ms > LONGEST_MS


@dataclass(frozen=True, slots=True)
class Read:
    """What one sample tells of a device's energy."""

    counter_mj: int | None = None
    power_w: float | None = None
    absent: str | None = None
    uuid: str | None = None


def read_of(sample: Sample, device: str) -> Read:
    """A device's part of a sample."""
    if device == CPU:
        energy_j = sample.host.energy_j
        return Read(_milli(energy_j), absent=_word(sample.host.absent.get("energy_j")))
    found = next((each for each in sample.devices if each.device == device), None)
    if found is None:
        return Read(absent="lost")
    absent = found.absent.get("power_draw_w") or found.absent.get("energy_j")
    return Read(_milli(found.energy_j), _power(found.power_draw_w), _word(absent), found.uuid)


class Gauge:
    """Follows one device; a reading without a value is passed over, and what comes next covers the time since."""

    def __init__(self, device: str) -> None:
        self._counts = EnergyMethod.RAPL if device == CPU else EnergyMethod.NVML_ENERGY
        self._longest_ms = _LONGEST_RAPL_MS if device == CPU else None
        self._at_ms: int | None = None
        self._read = Read()
        self._rate_mw: float | None = None
        self._is_broken = False
        self.absent: str | None = None

    def take(self, at_ms: int, read: Read) -> Stretch | None:
        """The energy since the reading before, unknown where there is none; ``None`` where this one has no value."""
        self.absent = read.absent
        if read.counter_mj is None and read.power_w is None:
            return None
        before, before_ms = self._read, self._at_ms
        is_other = before_ms is None or read.uuid != before.uuid
        if before_ms is not None and not is_other and at_ms <= before_ms:
            return None
        self._read, self._at_ms = read, at_ms
        if before_ms is None or is_other:
            self._rate_mw = None
            return Stretch(0, None, None, UNREAD)
        length_ms = at_ms - before_ms
        counted = None if self._is_broken else self._counted(before, read, length_ms)
        self._is_broken = False
        if counted is not None:
            self._rate_mw = counted * 1000 / length_ms
            return Stretch(length_ms, counted, self._counts)
        if read.power_w is None or length_ms > LONGEST_MS:
            return Stretch(length_ms, None, None, UNREAD if read.power_w is not None else read.absent or UNREAD)
        mean_w = read.power_w if before.power_w is None else (read.power_w + before.power_w) / 2
        self._rate_mw = None
        return Stretch(length_ms, round(mean_w * length_ms), EnergyMethod.NVML_POWER)

    def hold(self, length_ms: int) -> Stretch:
        """The energy of a short time after the last reading, as if nothing had changed since."""
        if length_ms > LONGEST_MS:
            return Stretch(length_ms, None, None, self.absent or UNREAD)
        if self._read.power_w is not None:
            return Stretch(length_ms, round(self._read.power_w * length_ms), EnergyMethod.NVML_POWER)
        if self._rate_mw is not None:
            return Stretch(length_ms, round(self._rate_mw * length_ms / 1000), EnergyMethod.ESTIMATE)
        return Stretch(length_ms, None, None, self.absent or UNREAD)

    def rest(self) -> None:
        """The machine slept: what the counter went on by meanwhile was nobody's work."""
        self._is_broken = True

    def _counted(self, before: Read, read: Read, length_ms: int) -> int | None:
        if before.counter_mj is None or read.counter_mj is None:
            return None
        if self._longest_ms is not None and length_ms > self._longest_ms:
            return None
        # A driver that was loaded anew counts from nothing.
        energy_mj = read.counter_mj - before.counter_mj
        return energy_mj if 0 <= energy_mj * 1000 <= _MOST_MW * length_ms else None


def _milli(value: float | None) -> int | None:
    return None if value is None or not math.isfinite(value) else round(value * 1000)


def _power(watts: float | None) -> float | None:
    return watts if watts is not None and 0 <= watts * 1000 <= _MOST_MW else None


def _word(value: object) -> str | None:
    return None if value is None else str(value)
