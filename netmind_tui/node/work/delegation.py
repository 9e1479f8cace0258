"""Where this agent may make cgroups: in a part of the tree that systemd gave it, or in a container's whole tree.

Everywhere else the tree is somebody else's, even where the system would let us write to it.
"""

import os
import re
from pathlib import Path

from netmind_tui.node.work import tree
from netmind_tui.node.work.cgroup import Group
from netmind_tui.probe.kernelfile import read_text
from netmind_tui.probe.mount import read_mounts

_OWN = "agent"
_PREFIX = "work-"
_WANTED = ("cpu", "memory")
_MARKS = ("user.delegate", "trusted.delegate")
_LONGEST = 100
_UNSAFE = re.compile(r"[^A-Za-z0-9@:._-]+")


class Delegation:
    """Makes a group for each instance, below the one that is ours."""

    def __init__(self, root: Path = Path("/")) -> None:
        self._root = root
        self._base: Path | None = None
        self._is_known = False

    @property
    def base(self) -> Path | None:
        """The folder that is ours; ``None`` where there is none. The first look moves this process out of its way."""
        if not self._is_known:
            self._is_known = True
            self._base = _find(self._root)
            if self._base is not None:
                _hand_down(self._base)
        return self._base

    def make(self, key: str, number: str) -> Group | None:
        """A new group for one start; ``None`` where that cannot be."""
        if self.base is None:
            return None
        name = _UNSAFE.sub("-", f"{_PREFIX}{key}-{number}")[:_LONGEST]
        path = self.base / name
        try:
            path.mkdir()
        except OSError:
            return None
        return Group(str(path))


def _find(root: Path) -> Path | None:
    """Our own part of the tree, version 2, alone or beside version 1."""
    mount = next((each for each in read_mounts(root) if each.file_system == "cgroup2"), None)
    lines = (read_text(root / "proc/self/cgroup").value or "").splitlines()
    own = next((line.removeprefix("0::") for line in lines if line.startswith("0::")), None)
    if mount is None or own is None or ".." in own.split("/"):
        return None
    top = root / mount.point.lstrip("/")
    if own == "/":
        # Nothing of a system with systemd stands at the very top: this is a container, or there is no systemd at all.
        return top if _may_make(top) and not (root / "run/systemd/system").exists() else None
    inside = own.removeprefix(mount.subtree) if mount.subtree != "/" else own
    mine = top / inside.lstrip("/")
    if mine.name == _OWN and _is_delegated(mine.parent):
        mine = mine.parent
    return mine if _is_delegated(mine) and _may_make(mine) else None


def _is_delegated(folder: Path) -> bool:
    """Whether systemd marked it as one that it leaves alone."""
    for mark in _MARKS:
        try:
            if os.getxattr(folder, mark) == b"1":
                return True
        except OSError:
            continue
    return False


def _may_make(folder: Path) -> bool:
    return os.access(folder, os.W_OK) and os.access(folder / "cgroup.procs", os.W_OK)


def _hand_down(base: Path) -> None:
    """Hand the controllers down to groups below; but for the very top, the kernel wants it to be empty for that."""
    there = (read_text(base / "cgroup.controllers").value or "").split()
    given = (read_text(base / "cgroup.subtree_control").value or "").split()
    group, missing = Group(str(base)), [name for name in _WANTED if name in there and name not in given]
    for name in missing:
        if group.set("cgroup.subtree_control", f"+{name}"):
            continue
        if not _move_out(base):
            return
        group.set("cgroup.subtree_control", f"+{name}")


def _move_out(base: Path) -> bool:
    """Move ourselves a level down, if nobody else is in the group; whether that was done."""
    pids = {int(word) for word in tree.contents(f"{base}/cgroup.procs").split()}
    if not pids <= {os.getpid(), *tree.below([os.getpid()])}:
        return False
    own = base / _OWN
    try:
        own.mkdir(exist_ok=True)
        for pid in pids:
            Group(str(own)).add(pid)
    except OSError:
        return False
    return True
