"""The machine around the devices, read once (``read_host``) or again and again (``HostSampler``).

Linux is read from /proc and /sys; where they are missing (macOS, Windows), psutil answers what it can. The one door
to psutil, which is imported only there: it costs as much as starting Python twice.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.host import Cpu, Disk, Host
from netmind_tui.model.problem import Problem
from netmind_tui.model.reading import Absence, Reading
from netmind_tui.model.sample import HostSample
from netmind_tui.probe.kernelfile import Absences, known
from netmind_tui.probe.linux import Linux, moment
from netmind_tui.probe.memory import Memory
from netmind_tui.probe.power import Supply

T = TypeVar("T")

_ROOT = Path("/")


def read_host(root: Path = _ROOT, architecture: str | None = None) -> Host:
    """This machine, or the one laid out below ``root``; ``architecture`` as ``uname -m`` says it, if not this one's.

    Never raises for what the machine does not say: each such member is ``None`` and stands in ``absent``.
    """
    python = ".".join(map(str, sys.version_info[:3]))
    return _machine(root).host(architecture or _architecture(), python)


def cpu_device(host: Host) -> Device:
    """The processor as a device, with the memory that this process can ever have."""
    sizes = [size for size in (host.memory_total_bytes, host.memory_limit_bytes) if size is not None]
    absent = Absences()
    return Device(
        id="cpu",
        kind=DeviceKind.CPU,
        name=absent.take("name", known(host.cpu.name)),
        memory_total_bytes=absent.take("memory_total_bytes", known(min(sizes, default=None))),
        core_count=absent.take("core_count", known(host.cpu.physical_cores)),
        absent=absent.reasons,
    )


def available_memory_bytes(root: Path = _ROOT) -> int:
    """The memory that a new process may take: what the machine has free, or what the cgroup leaves if that is less.

    Raises:
        Problem: the machine does not say, so nothing may be taken.
    """
    machine = _machine(root)
    available = machine.memory().available.value
    if available is None:
        raise Problem("this machine does not say how much memory is free", ExitCode.UNMEASURED)
    left = machine.memory_left_bytes()
    return available if left is None else min(available, left)


def process_name(pid: int, root: Path = _ROOT) -> Reading[str]:
    """The short name of a process; absent when it has ended, or belongs to somebody who does not show it."""
    return _machine(root).process_name(pid)


class HostSampler:
    """Reads what changes. The first sample's utilisation is since the sampler was made; no call ever waits."""

    def __init__(self, root: Path = _ROOT) -> None:
        self._machine = _machine(root)
        self._times = self._machine.cpu_times()

    def sample(self) -> HostSample:
        """The host now. Utilisation is ``stale`` while the kernel has not counted a tick since the last sample."""
        machine, absent = self._machine, Absences()
        memory, supply = machine.memory(), machine.supply()
        total, available = memory.total.value, memory.available.value
        used = total - available if total is not None and available is not None else None
        return HostSample(
            cpu_util_pct=absent.take("cpu_util_pct", self._utilisation()),
            load_1m=absent.take("load_1m", machine.load_1m()),
            memory_used_bytes=absent.take("memory_used_bytes", known(used)),
            memory_available_bytes=absent.take("memory_available_bytes", memory.available),
            cpu_clock_mhz=absent.take("cpu_clock_mhz", machine.clock_mhz()),
            temperature_c=absent.take("temperature_c", machine.temperature_c()),
            energy_j=absent.take("energy_j", machine.energy_j()),
            on_battery=absent.take("on_battery", supply.on_battery),
            battery_pct=absent.take("battery_pct", supply.battery_pct),
            absent=absent.reasons,
        )

    def _utilisation(self) -> Reading[float]:
        before, now = self._times, self._machine.cpu_times()
        if now.value is None:
            return Reading(absence=now.absence)
        if before.value is None:
            self._times = now
            return Reading(absence=Absence.STALE)
        busy, total = now.value[0] - before.value[0], now.value[1] - before.value[1]
        if total <= 0:
            return Reading(absence=Absence.STALE)
        self._times = now
        # Idle time is counted apart from the rest and may run backwards by a tick.
        return Reading(min(100.0, max(0.0, 100 * busy / total)))


class _Elsewhere:
    """A machine without /proc: what psutil says, each answer failing alone."""

    def host(self, architecture: str, python: str) -> Host:
        import platform  # noqa: PLC0415 - 5 ms that Linux does without

        absent = Absences()
        memory = self.memory()
        booted = _ask(lambda psutil: moment(psutil.boot_time()))
        return Host(
            hostname=platform.node() or "unknown",
            os=platform.platform(aliased=True, terse=True),
            kernel=platform.release(),
            python=python,
            cpu=_cpu_elsewhere(architecture),
            memory_total_bytes=absent.take("memory_total_bytes", memory.total),
            swap_total_bytes=absent.take("swap_total_bytes", memory.swap_total),
            has_battery=absent.take("has_battery", self.supply().has_battery),
            disks=_ask(_disks).value or (),
            boot_at=absent.take("boot_at", booted),
            absent=absent.reasons,
        )

    def memory(self) -> Memory:
        return Memory(
            total=_ask(lambda psutil: int(psutil.virtual_memory().total)),
            available=_ask(lambda psutil: int(psutil.virtual_memory().available)),
            swap_total=_ask(lambda psutil: int(psutil.swap_memory().total)),
        )

    def memory_left_bytes(self) -> None:
        return None

    def supply(self) -> Supply:
        return Supply(
            has_battery=_ask(lambda psutil: psutil.sensors_battery() is not None),
            on_battery=_ask(lambda psutil: _on_battery(psutil.sensors_battery())),
            battery_pct=_ask(lambda psutil: float(psutil.sensors_battery().percent)),
        )

    def energy_j(self) -> Reading[float]:
        return Reading(absence=Absence.NOT_SUPPORTED)

    def clock_mhz(self) -> Reading[float]:
        return _ask(lambda psutil: float(psutil.cpu_freq().current))

    def temperature_c(self) -> Reading[float]:
        return Reading(absence=Absence.NOT_SUPPORTED)

    def load_1m(self) -> Reading[float]:
        return _ask(lambda psutil: float(psutil.getloadavg()[0]))

    def cpu_times(self) -> Reading[tuple[float, float]]:
        return _ask(_cpu_times)

    def process_name(self, pid: int) -> Reading[str]:
        return _ask(lambda psutil: str(psutil.Process(pid).name()))


def _machine(root: Path) -> Linux | _Elsewhere:
    return Linux(root) if (root / "proc/self").exists() else _Elsewhere()


def _ask(question: Callable[[Any], T | None]) -> Reading[T]:
    """Put one question to psutil; whatever this platform cannot answer is an absence."""
    import psutil  # noqa: PLC0415 - see the module's first lines

    try:
        return known(question(psutil))
    except (psutil.AccessDenied, PermissionError):
        return Reading(absence=Absence.NO_PERMISSION)
    except (psutil.Error, OSError, RuntimeError, AttributeError, LookupError, TypeError, ValueError):
        return Reading(absence=Absence.NOT_SUPPORTED)


def _architecture() -> str:
    if hasattr(os, "uname"):
        return os.uname().machine
    return os.environ.get("PROCESSOR_ARCHITECTURE", "unknown").lower().replace("amd64", "x86_64")


def _cpu_elsewhere(architecture: str) -> Cpu:
    absent = Absences()
    logical = os.cpu_count() or 1
    allowed = _ask(lambda psutil: len(psutil.Process().cpu_affinity())).value
    for name in ("vendor", "family", "model", "governor", "features", "caches"):
        absent.reasons[name] = Absence.NOT_SUPPORTED
    return Cpu(
        name=absent.take("name", known(_cpu_name())),
        architecture=architecture,
        physical_cores=absent.take("physical_cores", _ask(lambda psutil: psutil.cpu_count(logical=False))),
        logical_cores=logical,
        usable_cores=float(allowed or logical),
        clock_max_mhz=absent.take("clock_max_mhz", _ask(lambda psutil: float(psutil.cpu_freq().max) or None)),
        absent=absent.reasons,
    )


def _cpu_name() -> str | None:
    if sys.platform == "darwin":
        return _ask_sysctl("machdep.cpu.brand_string")
    if sys.platform == "win32":
        import winreg  # noqa: PLC0415 - exists on Windows only

        key = r"HARDWARE\DESCRIPTION\System\CentralProcessor\0"
        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key) as processor:
                return str(winreg.QueryValueEx(processor, "ProcessorNameString")[0]).strip() or None
        except OSError:
            return None
    return None


def _ask_sysctl(name: str) -> str | None:
    import subprocess  # noqa: PLC0415 - 8 ms, and only macOS needs it

    try:
        answer = subprocess.run(["/usr/sbin/sysctl", "-n", name], capture_output=True, text=True, timeout=2, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip() or None


def _on_battery(battery: Any) -> bool | None:  # noqa: ANN401 - psutil ships no types
    if battery is None:
        return False
    return None if battery.power_plugged is None else not battery.power_plugged


def _cpu_times(psutil: Any) -> tuple[float, float]:  # noqa: ANN401 - psutil ships no types
    times = psutil.cpu_times()
    return float(sum(times) - times.idle), float(sum(times))


def _disks(psutil: Any) -> tuple[Disk, ...]:  # noqa: ANN401 - psutil ships no types
    found: dict[tuple[int, int], Disk] = {}
    for partition in psutil.disk_partitions(all=False):
        try:
            usage = psutil.disk_usage(partition.mountpoint)
        except OSError:  # an empty card reader, a locked volume
            continue
        # The volumes of one APFS container share its space: they show the same numbers.
        found.setdefault(
            (usage.total, usage.free),
            Disk(
                mount_point=partition.mountpoint,
                device=partition.device,
                file_system=partition.fstype,
                total_bytes=usage.total,
                free_bytes=usage.free,
            ),
        )
    return tuple(found.values())
