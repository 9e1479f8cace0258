"""The file systems on real disks, each one once."""

import os
import re
from pathlib import Path

from netmind_tui.model.host import Disk
from netmind_tui.probe.mount import Mount, read_mounts

# Network file systems are left out on purpose: asking a server that is gone for its size hangs for minutes.
_NATIVE = {"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "bcachefs", "f2fs", "jfs", "reiserfs", "nilfs2"}
_FOREIGN = {"exfat", "fuseblk", "ntfs", "ntfs3", "apfs", "hfsplus", "9p", "virtiofs", "overlay"}
_LOCAL = _NATIVE | _FOREIGN


def read_disks(root: Path) -> tuple[Disk, ...]:
    """Every local file system with its size and what a user without privileges may still write, in bytes.

    One disk counts once, at its shortest mount point: bind mounts, btrfs subvolumes, datasets of one ZFS pool, and
    an overlay over a disk that is listed already are the same space again.
    """
    disks: dict[str, Disk] = {}
    spaces: set[tuple[int, int, int]] = set()
    for mount in sorted(read_mounts(root), key=_real_first):
        if mount.file_system not in _LOCAL or _identity(mount) in disks:
            continue
        folder = root / mount.point.lstrip("/")
        try:
            if not folder.is_dir():  # containers mount single files, such as /etc/hosts
                continue
            size = os.statvfs(folder)
        except OSError:
            continue
        space = (size.f_frsize, size.f_blocks, size.f_files)
        if size.f_blocks == 0 or (mount.file_system == "overlay" and space in spaces):
            continue
        spaces.add(space)
        disks[_identity(mount)] = Disk(
            mount_point=mount.point,
            device=mount.source,
            file_system=mount.file_system,
            total_bytes=size.f_frsize * size.f_blocks,
            free_bytes=size.f_frsize * size.f_bavail,
        )
    return tuple(sorted(disks.values(), key=lambda disk: disk.mount_point))


def _real_first(mount: Mount) -> tuple[bool, bool, int, str]:
    return mount.file_system == "overlay", mount.subtree != "/", len(mount.point), mount.point


def _identity(mount: Mount) -> str:
    if mount.file_system == "overlay":
        return "overlay"  # the first is the root of a container; the others are its neighbours' on the same disk
    if mount.file_system == "zfs":
        return "zfs " + mount.source.split("/")[0]
    if mount.source.startswith("/dev/") or re.match(r"[A-Za-z]:", mount.source):
        return mount.source
    return f"{mount.file_system} {mount.source} {mount.point}"
