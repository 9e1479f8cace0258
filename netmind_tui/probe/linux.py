"""Linux, read from /proc and /sys below a folder: ``/``, or any machine that a test lays out."""

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from netmind_tui.model.host import Boundary, Host
from netmind_tui.model.reading import Absence, Reading
from netmind_tui.probe.boundary import find_boundaries
from netmind_tui.probe.cgroup import read_limits
from netmind_tui.probe.cpu import clock_mhz, read_cpu
from netmind_tui.probe.cpu_time import cpu_ticks
from netmind_tui.probe.disk import read_disks
from netmind_tui.probe.kernelfile import Absences, T, integer, known, read_text
from netmind_tui.probe.memory import Memory, read_memory
from netmind_tui.probe.power import EnergyCounter, Supply, read_supply
from netmind_tui.probe.temperature import Thermometer


class Linux:
    """One Linux machine; what never changes is looked up once, everything else at each call."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._boundaries = find_boundaries(root)
        self._energy = EnergyCounter(root, self._boundaries)
        self._thermometer = Thermometer(root)

    def host(self, architecture: str, python: str) -> Host:
        """The machine as a whole."""
        root, absent = self._root, Absences()
        limits = read_limits(root)
        memory = read_memory(root)
        total, limit = memory.total.value, limits.memory_limit_bytes
        cpu = read_cpu(root, architecture, quota_cores=limits.cpu_cores, fallback_cores=os.cpu_count() or 1)
        return Host(
            hostname=read_text(root / "proc/sys/kernel/hostname").value or os.uname().nodename,
            os=_distribution(root) or "Linux",
            kernel=read_text(root / "proc/sys/kernel/osrelease").value or os.uname().release,
            python=python,
            cpu=replace(cpu, absent={name: self._blame(reason) for name, reason in cpu.absent.items()}),
            memory_total_bytes=absent.take("memory_total_bytes", memory.total),
            memory_limit_bytes=limit if limit is not None and (total is None or limit < total) else None,
            swap_total_bytes=absent.take("swap_total_bytes", memory.swap_total),
            boundaries=self._boundaries,
            has_battery=absent.take("has_battery", read_supply(root).has_battery),
            disks=read_disks(root),
            boot_at=absent.take("boot_at", known(_boot_at(root))),
            absent=absent.reasons,
        )

    def memory(self) -> Memory:
        """The memory of the whole machine."""
        return read_memory(self._root)

    def memory_left_bytes(self) -> int | None:
        """What the cgroup leaves; ``None`` where it does not limit."""
        return read_limits(self._root).memory_left_bytes

    def supply(self) -> Supply:
        """Battery and mains."""
        return read_supply(self._root)

    def energy_j(self) -> Reading[float]:
        """The energy of the processor so far."""
        return self._energy.read()

    def clock_mhz(self) -> Reading[float]:
        """The present clock of the processor."""
        return self._sensor(clock_mhz(self._root))

    def temperature_c(self) -> Reading[float]:
        """The temperature of the hottest package."""
        return self._sensor(self._thermometer.read())

    def load_1m(self) -> Reading[float]:
        """Tasks that ran or waited, averaged over a minute."""
        words = (read_text(self._root / "proc/loadavg").value or "").split()
        try:
            return Reading(float(words[0]))
        except (ValueError, IndexError):
            return Reading(absence=Absence.NOT_SUPPORTED)

    def cpu_times(self) -> Reading[tuple[float, float]]:
        """Busy and total time of all cores so far, in ticks."""
        ticks = cpu_ticks(self._root)
        return Reading(absence=Absence.NOT_SUPPORTED) if ticks is None else Reading(ticks)

    def process_name(self, pid: int) -> Reading[str]:
        """The short name of a process."""
        return read_text(self._root / "proc" / str(pid) / "comm")

    def _sensor(self, reading: Reading[T]) -> Reading[T]:
        return reading if reading.absence is None else Reading(absence=self._blame(reading.absence))

    def _blame(self, reason: Absence) -> Absence:
        """Under WSL the sensors are Windows', and that is why they are missing."""
        hidden = reason is Absence.NOT_SUPPORTED and Boundary.WSL in self._boundaries
        return Absence.NOT_UNDER_WSL if hidden else reason


def moment(seconds: float) -> str | None:
    """A Unix time as UTC in ISO 8601; ``None`` for what is no time."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError, OSError):
        return None


def _distribution(root: Path) -> str | None:
    for path in ("etc/os-release", "usr/lib/os-release"):
        for line in (read_text(root / path).value or "").splitlines():
            if line.startswith("PRETTY_NAME="):
                return line.removeprefix("PRETTY_NAME=").strip("\"'") or None
    return None


def _boot_at(root: Path) -> str | None:
    lines = (read_text(root / "proc/stat").value or "").splitlines()
    started = next((integer(line.removeprefix("btime ")) for line in lines if line.startswith("btime ")), None)
    return moment(started) if started else None
