"""How much of the processor is our own work."""

import os
import time
from collections.abc import Callable

from netmind_tui.probe.process_list import ProcessList


class OwnLoad:
    """The share of all cores that our own processes took between two looks.

    Args:
        processes: which processes are ours.
        clock: monotonic seconds.
        cores: how many cores the machine has.
    """

    def __init__(
        self, processes: ProcessList, clock: Callable[[], float] = time.monotonic, cores: int | None = None
    ) -> None:
        self._processes = processes
        self._clock = clock
        self._cores = cores or os.cpu_count() or 1
        self._ticks_per_s = float(os.sysconf("SC_CLK_TCK")) if hasattr(os, "sysconf") else 100.0
        self._before: tuple[float, int] | None = None

    def percent(self) -> float | None:
        """In per cent, all cores = 100; ``None`` where it cannot be counted. The first answer is 0."""
        ticks, now = self._processes.own_ticks(), self._clock()
        before, self._before = self._before, None if ticks is None else (now, ticks)
        if ticks is None:
            return None
        if before is None or now <= before[0]:
            return 0.0
        # One of ours that somebody else has buried takes its past along: less than nothing is nothing.
        used_s = max(0, ticks - before[1]) / self._ticks_per_s
        return min(100.0, 100 * used_s / (now - before[0]) / self._cores)
