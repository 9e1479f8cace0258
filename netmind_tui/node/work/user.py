"""The user that a workload runs as, and which files they may read, enter and run."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from netmind_tui.node.work.owner import steps

_HIDDEN = (Path("/home"), Path("/root"), Path("/run/user"))
_WRITABLE = tuple(map(Path, ("/var/lib/netmind", "/var/cache/netmind", "/run/netmind", "/tmp", "/var/tmp")))  # noqa: S108 - of the unit alone
_NAMES = {os.X_OK: 0o1, os.R_OK: 0o4, os.W_OK: 0o2}


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A user with their groups. ``is_confined``: as a unit of the system, which sees nobody's home."""

    uid: int
    gids: frozenset[int]
    is_confined: bool = False

    @property
    def name(self) -> str:
        """Who it is."""
        from netmind_tui.node.control.place import user_name  # noqa: PLC0415 - only where something is wrong

        return user_name(self.uid)

    def hidden_in(self, path: Path) -> Path | None:
        """The folder that hides a path from them; ``None`` where none does."""
        return next((each for each in _HIDDEN if self.is_confined and path.is_relative_to(each)), None)

    def is_read_only(self, path: Path) -> bool:
        """Whether the unit of the system, as it is installed, lets nothing be written there."""
        return self.is_confined and not any(path.is_relative_to(each) for each in _WRITABLE)

    def may(self, path: Path, want: int) -> bool:
        """Whether they may read (``os.R_OK``), write or run a file, or enter a folder (``os.X_OK``)."""
        if self.uid == os.geteuid():
            return os.access(path, want, effective_ids=os.access in os.supports_effective_ids)
        try:
            *way, last = steps(path)
        except OSError:
            return False
        folders = [each for each in way if stat.S_ISDIR(each.found.st_mode)]
        return all(self._has(each.found, _NAMES[os.X_OK]) for each in folders) and self._has(last.found, _NAMES[want])

    def _has(self, found: os.stat_result, bit: int) -> bool:
        if self.uid == 0:
            return bit != _NAMES[os.X_OK] or bool(found.st_mode & 0o111) or stat.S_ISDIR(found.st_mode)
        if found.st_uid == self.uid:
            return bool(found.st_mode & bit << 6)
        if found.st_gid in self.gids:
            return bool(found.st_mode & bit << 3)
        return bool(found.st_mode & bit)


def this_user() -> User:
    """The user of this process."""
    return User(uid=os.geteuid(), gids=frozenset((os.getegid(), *os.getgroups())))


def path_of(pid: int) -> str | None:
    """Where another process looks for programs; ``None`` where it cannot be told."""
    try:
        variables = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return None
    return next((os.fsdecode(each[5:]) for each in variables if each.startswith(b"PATH=")), None)


def user_of(pid: int, *, is_confined: bool) -> User:
    """The user of another process; this one's where it cannot be told."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        told = dict(line.split(":", 1) for line in lines if ":" in line)
        gids = [told["Gid"].split()[1], *told["Groups"].split()]
        return User(uid=int(told["Uid"].split()[1]), gids=frozenset(map(int, gids)), is_confined=is_confined)
    except (OSError, KeyError, ValueError, IndexError):
        return this_user()
