"""A device's power over a time: by its counter where it has one, else as it is told; the median and its spread."""

import statistics
from dataclasses import dataclass

from netmind_tui.model.metering import EnergyMethod

WINDOW_S = 5.0
"""A counter moves on in steps of a tenth of a second: over so long a step is two hundredths."""
LEAST = 6
"""Fewer readings say nothing about how far they spread."""
_MOST_W = 10_000.0
_TENTHS = 10
# Readings come a moment after they are due, now more and now less.
_JITTER_S = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """The median of readings, and half of how far the middle eight tenths of them lie apart."""

    watts: float
    spread_w: float
    readings: int
    method: EnergyMethod


class Trace:
    """Readings of one device as they come.

    Args:
        counts: how energy is got at by its counter.
        window_s: over how long a counter's difference makes a reading.
    """

    def __init__(self, counts: EnergyMethod, window_s: float = WINDOW_S) -> None:
        self._counts, self._window_s = counts, window_s
        self._began: tuple[float, float] | None = None
        self._counted: list[float] = []
        self._told: list[float] = []

    def take(self, at_s: float, counter_j: float | None, power_w: float | None) -> None:
        """One reading, at a moment of the monotonic clock; what is missing, or cannot be, is passed over."""
        if power_w is not None and 0 <= power_w <= _MOST_W:
            self._told.append(power_w)
        if counter_j is None:
            return
        if self._began is None:
            self._began = (at_s, counter_j)
            return
        since_s, since_j = self._began
        length_s, energy_j = at_s - since_s, counter_j - since_j
        # A driver that was loaded anew counts from nothing.
        if not 0 <= energy_j <= _MOST_W * length_s:
            self._began = (at_s, counter_j)
        elif length_s >= self._window_s - _JITTER_S:
            self._counted.append(energy_j / length_s)
            self._began = (at_s, counter_j)

    def level(self, least: int = LEAST) -> Level | None:
        """What the readings come to; ``None`` where there are too few."""
        for readings, method in ((self._counted, self._counts), (self._told, EnergyMethod.NVML_POWER)):
            if len(readings) >= max(least, 2):
                low, *_, high = statistics.quantiles(readings, n=_TENTHS, method="inclusive")
                return Level(
                    watts=statistics.median(readings),
                    spread_w=(high - low) / 2,
                    readings=len(readings),
                    method=method,
                )
        return None
