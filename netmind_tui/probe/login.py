"""Who is logged in, from where, and when somebody last typed: the login records and the terminals themselves.

Newer systems keep no login records; then only the terminals are left. The kernel notes when a terminal was last read
from, to within eight seconds.
"""

import os
import platform
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from netmind_tui.probe.kernelfile import children

_ROOT = Path("/")
_RECORDS = ("run/utmp", "var/run/utmp")
# type, pid, line, id, user, host: the same everywhere; what follows has the width of the platform's time.
_RECORD = struct.Struct("=hxxi32s4s32s256s")
_USER_PROCESS = 7
_WIDTH, _WIDE = 384, 400
_CONSOLES = 12
"""As many as there are keys to reach them by."""
_WIDE_MACHINES = frozenset({"aarch64", "riscv64", "loongarch64"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Somebody who is logged in: ``line`` is the terminal (``pts/0``), ``host`` from where, empty at the machine."""

    user: str
    line: str
    host: str
    pid: int

    @property
    def is_remote(self) -> bool:
        """Whether it came over the network; ``:0`` is a display, ``tmux(…)`` a window of somebody who is in already."""
        return bool(self.host) and not self.host.startswith((":", "tmux(")) and ":S." not in self.host


def read_logins(
    root: Path = _ROOT, machine: str | None = None, is_alive: Callable[[int], bool] | None = None
) -> tuple[Login, ...] | None:
    """Everybody whose login still runs; ``None`` where no records are kept."""
    alive = is_alive or (lambda pid: (root / "proc" / str(pid)).exists())
    width = _WIDE if (machine or platform.machine()) in _WIDE_MACHINES else _WIDTH
    for name in _RECORDS:
        try:
            data = (root / name).read_bytes()
        except OSError:
            continue
        records = [data[place : place + width] for place in range(0, len(data) - width + 1, width)]
        logins = [login for record in records if (login := _login(record)) is not None]
        return tuple(login for login in logins if alive(login.pid))
    return None


def typed_at(root: Path = _ROOT, pattern: str = "pts/[0-9]*") -> dict[str, float]:
    """When somebody last typed at each of these terminals (Unix time)."""
    found = {str(path): _stat(path) for path in children(root / "dev", pattern)}
    return {path: stat.st_atime for path, stat in found.items() if stat is not None}


def consoles_at(root: Path = _ROOT) -> dict[str, float]:
    """When somebody last typed at each of the machine's own text consoles (Unix time), logged in or not.

    Whose a console is says nothing: it is root's while root works there, and while it waits for a login.
    """
    found = {f"tty{number}": _stat(f"{root}/dev/tty{number}") for number in range(1, _CONSOLES + 1)}
    return {name: stat.st_atime for name, stat in found.items() if stat is not None}


def _stat(path: Path | str) -> os.stat_result | None:
    try:
        return os.stat(path)  # noqa: PTH116 - asked every second, a third of what Path.stat takes
    except OSError:
        return None


def _login(record: bytes) -> Login | None:
    kind, pid, line, _, user, host = _RECORD.unpack_from(record)
    if kind != _USER_PROCESS:
        return None
    return Login(user=_text(user), line=_text(line), host=_text(host), pid=pid)


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode(errors="replace")
