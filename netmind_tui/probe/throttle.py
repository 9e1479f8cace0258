"""How often the CPU was slowed down by heat since boot, where the kernel counts it."""

from pathlib import Path


def cpu_thermal_events(root: Path = Path("/")) -> int | None:
    """The sum of every core's throttle count; ``None`` where none is readable (most virtual machines, all of arm64)."""
    counts = []
    for file in (root / "sys/devices/system/cpu").glob("cpu[0-9]*/thermal_throttle/core_throttle_count"):
        try:
            counts.append(int(file.read_text()))
        except (OSError, ValueError):
            continue
    return sum(counts) if counts else None
