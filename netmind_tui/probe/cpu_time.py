"""How much of the processor these processes took, and how much everybody else."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from netmind_tui.probe.kernelfile import integer, read_text

_ROOT = Path("/")
_UP_TO_IOWAIT = 5  # since Linux 2.5
_UTIME, _STIME = 11, 12  # after the name, which may hold blanks and ends with the last parenthesis


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuTimes:
    """Seconds since boot, summed over all cores: busy, all in all, and those of the processes that were asked for.

    ``busy_s`` holds what a hypervisor gave to others while this machine wanted it.
    """

    busy_s: float
    total_s: float
    own_s: float

    def others_pct(self, before: "CpuTimes") -> float | None:
        """What others took since ``before``, all cores = 100; ``None`` where no time has been counted yet."""
        total = self.total_s - before.total_s
        if total <= 0:
            return None
        others = (self.busy_s - before.busy_s) - (self.own_s - before.own_s)
        return min(100.0, max(0.0, 100 * others / total))


def read_cpu_times(pids: Iterable[int], root: Path = _ROOT) -> CpuTimes | None:
    """The times now, with this process and those of ``pids`` as its own; ``None`` where the kernel does not count."""
    try:
        ticks_per_s = os.sysconf("SC_CLK_TCK")
    except (AttributeError, ValueError, OSError):
        return None
    machine = cpu_ticks(root)
    if machine is None:
        return None
    own = sum(_process_ticks(root, pid) for pid in {os.getpid(), *pids})
    return CpuTimes(busy_s=machine[0] / ticks_per_s, total_s=machine[1] / ticks_per_s, own_s=own / ticks_per_s)


def cpu_ticks(root: Path) -> tuple[float, float] | None:
    """Busy and total time of all cores so far, in ticks; ``None`` where there is no such count."""
    first = (read_text(root / "proc/stat").value or "").partition("\n")[0].split()
    # user nice system idle iowait irq softirq steal; guests are counted in user already.
    ticks = [tick for word in first[1:9] if (tick := integer(word)) is not None]
    if first[:1] != ["cpu"] or len(ticks) != len(first[1:9]) or len(ticks) < _UP_TO_IOWAIT:
        return None
    return float(sum(ticks) - ticks[3] - ticks[4]), float(sum(ticks))


def _process_ticks(root: Path, pid: int) -> int:
    """User and system time of all threads of a process; 0 once it has ended."""
    words = (read_text(root / "proc" / str(pid) / "stat").value or "").rpartition(")")[2].split()
    ticks = [integer(word) for word in words[_UTIME : _STIME + 1]]
    return sum(tick or 0 for tick in ticks)
