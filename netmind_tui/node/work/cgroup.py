"""A cgroup of one instance: all that it starts stays in it, is frozen, counted and killed in one go.

A keeper loads this: nothing but the built-in library's lightest parts.
"""

# pathlib alone would be a tenth of a keeper's memory.
# ruff: noqa: PTH106

import os

from netmind_tui.node.work.tree import contents

_DEPTH = 16


class Group:
    """A folder of the cgroup file system, version 2, which is this instance's own. Nothing here raises but ``add``."""

    def __init__(self, path: str) -> None:
        self.path = path

    def add(self, pid: int) -> None:
        """Take a process in; what it starts from now on is in too.

        Raises:
            OSError: the kernel refuses.
        """
        _write(f"{self.path}/cgroup.procs", str(pid))

    @property
    def pids(self) -> frozenset[int]:
        """Its processes, those of groups within it too; the dead that nobody has fetched may be among them."""
        return frozenset(
            int(word) for folder in self._folders() for word in contents(f"{folder}/cgroup.procs").split() if int(word)
        )

    def freeze(self, *, frozen: bool) -> bool:
        """Have all of it stand still, or go on; whether the kernel takes the order. It takes a moment."""
        return self.set("cgroup.freeze", "1" if frozen else "0")

    @property
    def is_frozen(self) -> bool:
        """Whether all of it stands still."""
        return b"frozen 1" in contents(f"{self.path}/cgroup.events").splitlines()

    @property
    def is_empty(self) -> bool:
        """Whether nothing runs in it, or it is gone itself."""
        return b"populated 1" not in contents(f"{self.path}/cgroup.events").splitlines()

    def kill(self) -> bool:
        """Kill all of it at once, whatever it forks meanwhile; whether the kernel knows how to."""
        return self.set("cgroup.kill", "1")

    @property
    def cpu_s(self) -> float | None:
        """The processor time of all that ever was in it."""
        for line in contents(f"{self.path}/cpu.stat").splitlines():
            name, _, value = line.partition(b" ")
            if name == b"usage_usec":
                return int(value) / 1e6
        return None

    def set(self, name: str, value: str) -> bool:
        """Write one of its files; whether the kernel took it."""
        try:
            _write(f"{self.path}/{name}", value)
        except OSError:
            return False
        return True

    def remove(self) -> bool:
        """Do away with it, with empty ones within it; whether it is gone."""
        for folder in reversed(self._folders()):
            try:
                os.rmdir(folder)
            except FileNotFoundError:
                continue
            except OSError:
                return False
        return True

    def _folders(self) -> list[str]:
        """It, and those within it that the instance made itself; parents first."""
        found, front = [self.path], [self.path]
        for _ in range(_DEPTH):
            front = [each for folder in front for each in _within(folder)]
            found += front
            if not front:
                break
        return found


def _within(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)
