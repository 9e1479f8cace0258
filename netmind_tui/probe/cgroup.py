"""What the cgroups of this process leave it: memory and processor time, in version 1, version 2 and both at once.

A limit anywhere between this process and the root of the hierarchy holds, so every level is looked at.
"""

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from netmind_tui.probe.kernelfile import integer, read_int, read_text
from netmind_tui.probe.mount import Mount, read_mounts

# Version 1 says "no limit" with the largest number of pages that fits; nobody has an exbibyte.
_NO_LIMIT_BYTES = 1 << 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The tightest limits over all levels; ``None`` where there is none.

    ``memory_left_bytes`` is the limit less what is used, with page cache that the kernel gives back at once counted
    as free. ``cpu_cores`` is the quota in cores: 1.5 is three halves of one.
    """

    memory_limit_bytes: int | None = None
    memory_left_bytes: int | None = None
    cpu_cores: float | None = None


def read_limits(root: Path) -> Limits:
    """The limits of this process; none where cgroups are missing or cannot be read.

    In a hybrid set-up a controller is bound to one of the two versions; the other has no files for it and says
    nothing, so both are asked.
    """
    own = _own_groups(root)
    memory: list[tuple[int, int | None]] = []
    quotas: list[float | None] = []
    for mount in read_mounts(root):
        controllers = mount.options.split(",")
        if mount.file_system == "cgroup2":
            levels = _levels(root, mount, own.get(""))
            memory += [found for level in levels if (found := _memory_v2(level))]
            quotas += [_quota_v2(level) for level in levels]
        elif mount.file_system == "cgroup" and "memory" in controllers:
            levels = _levels(root, mount, own.get("memory"))
            memory += [found for level in levels if (found := _memory_v1(level))]
        elif mount.file_system == "cgroup" and "cpu" in controllers:
            quotas += [_quota_v1(level) for level in _levels(root, mount, own.get("cpu"))]
    return Limits(
        memory_limit_bytes=min((limit for limit, _ in memory), default=None),
        memory_left_bytes=min((max(0, limit - used) for limit, used in memory if used is not None), default=None),
        cpu_cores=min((quota for quota in quotas if quota is not None), default=None),
    )


def _own_groups(root: Path) -> dict[str, str]:
    """Where this process stands in each tree: by controller for version 1, under the empty name for version 2."""
    groups: dict[str, str] = {}
    for line in (read_text(root / "proc/self/cgroup").value or "").splitlines():
        number, _, rest = line.partition(":")
        controllers, colon, path = rest.partition(":")
        if colon:
            groups.update(dict.fromkeys([""] if number == "0" else controllers.split(","), path))
    return groups


def _levels(root: Path, mount: Mount, group: str | None) -> tuple[Path, ...]:
    """The folders from this process's group up to the top of what is mounted.

    A container sees a part of the tree: its mount begins at ``mount.subtree``, and a group outside of it (or one with
    ``..``, which a cgroup namespace gives) can only be looked at from the top.
    """
    top = root / mount.point.lstrip("/")
    own = PurePosixPath(group or "..")
    if ".." in own.parts or not own.is_relative_to(mount.subtree):
        return (top,)
    parts = own.relative_to(mount.subtree).parts
    return tuple(top.joinpath(*parts[:depth]) for depth in range(len(parts), -1, -1))


def _memory_v2(level: Path) -> tuple[int, int | None] | None:
    # memory.high counts as a limit too: beyond it a process is slowed until it stands still.
    limits = [read_int(level / name).value for name in ("memory.max", "memory.high")]
    return _memory(level, limits, used="memory.current", cached="inactive_file")


def _memory_v1(level: Path) -> tuple[int, int | None] | None:
    limits = [read_int(level / "memory.limit_in_bytes").value]
    return _memory(level, limits, used="memory.usage_in_bytes", cached="total_inactive_file")


def _memory(level: Path, limits: list[int | None], *, used: str, cached: str) -> tuple[int, int | None] | None:
    """The limit of one level and what counts as used against it, in bytes; ``None`` without a limit."""
    limit = min((each for each in limits if each is not None), default=_NO_LIMIT_BYTES)
    if not 0 <= limit < _NO_LIMIT_BYTES:
        return None
    usage = read_int(level / used).value
    if usage is None:
        return limit, None
    match = re.search(rf"^{cached} ([0-9]+)$", read_text(level / "memory.stat").value or "", re.MULTILINE)
    return limit, max(0, usage - int(match[1])) if match else usage


def _quota_v2(level: Path) -> float | None:
    match (read_text(level / "cpu.max").value or "").split():
        case [quota, period]:
            return _cores(integer(quota), integer(period))
        case _:
            return None


def _quota_v1(level: Path) -> float | None:
    return _cores(read_int(level / "cpu.cfs_quota_us").value, read_int(level / "cpu.cfs_period_us").value)


def _cores(quota: int | None, period: int | None) -> float | None:
    """Processor time per wall time; a quota of -1 or ``max`` is none."""
    if quota is None or period is None or quota <= 0 or period <= 0:
        return None
    return quota / period
