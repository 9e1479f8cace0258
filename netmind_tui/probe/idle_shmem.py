"""When the machine was last used, as the service idle_detect notes it in shared memory for all who lend computers.

Two 64-bit integers in seconds since 1970: when the service last looked, and when somebody last was active. A note that
is older than a minute, or more than ten seconds ahead, is of a service that has ended or of a clock that has jumped.
Anybody can put a note there: only one that others cannot write counts, of root, the asker or the service's own account.
Source: BOINC, client/hostinfo_unix.cpp, and idle_detect, which agree on it.
"""

import os
import stat
import struct
from pathlib import Path

from netmind_tui.probe.unheard import Unheard, because

PATH = Path("/dev/shm/idle_detect_shmem")  # noqa: S108 - its fixed place; it is read, never written
_FORMAT = struct.Struct("=qq")
_OLDEST_S, _AHEAD_S = 60.0, 10.0
_SERVICES = frozenset({"event_detect", "idle_detect"})


def active_at(now_s: float, path: Path = PATH) -> float | None:
    """When somebody was active last (Unix time), as noted at ``now_s``; ``None`` where there is no such service.

    Raises:
        Unheard: the note is there and does not hold.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Unheard(f"the note of idle_detect cannot be read: {because(error)}") from error
    try:
        _check_owner(os.fstat(descriptor))
        data = os.read(descriptor, _FORMAT.size)
    except OSError as error:
        raise Unheard(f"the note of idle_detect cannot be read: {because(error)}") from error
    finally:
        os.close(descriptor)
    if len(data) < _FORMAT.size:
        raise Unheard("the note of idle_detect is empty")
    updated_s, active_s = _FORMAT.unpack(data)
    age_s = now_s - updated_s
    if age_s > _OLDEST_S:
        raise Unheard(f"the note of idle_detect is {age_s:.0f} s old")
    if age_s < -_AHEAD_S:
        raise Unheard("the note of idle_detect is of the future")
    if active_s <= 0:
        raise Unheard("idle_detect has seen nobody yet")
    return float(active_s)


def _check_owner(found: os.stat_result) -> None:
    """Refuse what somebody else could have written."""
    if found.st_uid not in (0, os.geteuid()) and _name(found.st_uid) not in _SERVICES:
        raise Unheard("the note of idle_detect belongs to another user")
    others = stat.S_IWOTH if found.st_gid in (0, found.st_uid) else stat.S_IWOTH | stat.S_IWGRP
    if found.st_mode & others:
        raise Unheard("the note of idle_detect can be written by others")


def _name(uid: int) -> str:
    import pwd  # noqa: PLC0415 - hardly any machine has such a note of another account

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return ""
