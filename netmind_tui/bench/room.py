"""Whether a folder can take the file that its disk is measured with, seen without making anything."""

import os
from pathlib import Path

from netmind_tui.model.measurement import Because, Reason
from netmind_tui.model.quantity import gibibytes
from netmind_tui.probe.mount import Mount, read_mounts

_IN_MEMORY = frozenset({"tmpfs", "ramfs", "devtmpfs"})
_LEAST_LEFT_BYTES = 2**30
_LEAST_LEFT_SHARE = 0.05


def room_refusal(folder: Path, size: int, *, root: Path = Path("/")) -> Because | None:
    """Why a file of that size cannot be measured there, if so.

    At least 1 GiB and 5 % of the file system must stay free. A quota shows only when the file is written.
    """
    place = _nearest(folder)
    try:
        found = os.statvfs(place)
    except (OSError, AttributeError) as error:
        said = "cannot be looked at on this platform" if isinstance(error, AttributeError) else str(error).lower()
        return Because(Reason.NOT_WRITABLE, f"{folder}: {said}")
    kind = memory_disk(place, read_mounts(root))
    if kind is not None:
        detail = f"{folder} lies in memory ({kind}), not on a disk: name another folder with --disk-folder"
        return Because(Reason.MEMORY_DISK, detail)
    if found.f_flag & os.ST_RDONLY or not os.access(place, os.W_OK | os.X_OK):
        return Because(Reason.NOT_WRITABLE, f"{folder} cannot be written: name another folder with --disk-folder")
    free, total = found.f_frsize * found.f_bavail, found.f_frsize * found.f_blocks
    needed = size + max(_LEAST_LEFT_BYTES, int(_LEAST_LEFT_SHARE * total))
    if free >= needed:
        return None
    kept = gibibytes(needed - size)
    detail = f"{folder} has {gibibytes(free)} free; {gibibytes(size)} would be written and {kept} must stay free"
    return Because(Reason.NOT_ENOUGH_SPACE, detail)


def memory_disk(folder: Path, mounts: tuple[Mount, ...]) -> str | None:
    """The kind of the file system in memory that a folder lies on, if it does: directly, or under an overlay."""
    mount = _mount_of(folder, mounts)
    if mount is None:
        return None
    if mount.file_system in _IN_MEMORY:
        return mount.file_system
    if mount.file_system == "overlay":
        upper = next((each[9:] for each in mount.options.split(",") if each.startswith("upperdir=")), None)
        below = _mount_of(Path(upper), mounts) if upper else None
        # What an overlay writes to is named as the host sees it: from inside a container it may not be there.
        if below is not None and below.file_system in _IN_MEMORY and upper is not None and Path(upper).is_dir():
            return f"overlay on {below.file_system}"
    return None


def _mount_of(folder: Path, mounts: tuple[Mount, ...]) -> Mount | None:
    """The last mount over the longest part of the path."""
    fitting = [mount for mount in mounts if folder.is_relative_to(mount.point)]
    longest = max((len(mount.point) for mount in fitting), default=0)
    return next((mount for mount in reversed(fitting) if len(mount.point) == longest), None)


def _nearest(folder: Path) -> Path:
    """The folder, or that above it in which it would be made."""
    resolved = folder.resolve()
    return next((each for each in (resolved, *resolved.parents) if each.is_dir()), Path("/"))
