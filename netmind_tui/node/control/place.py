"""Where the socket lies: made so that nobody but its user and group can reach it, and found again without trust."""

import errno
import os
import socket
import stat
from pathlib import Path

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.node.control.role import group_id

LONGEST_BYTES = 107
"""A socket's name has 108 bytes on Linux, one of them the end."""
_FOLDER_MODE, _SOCKET_MODE = 0o750, 0o660


def bound(path: Path, group: str) -> socket.socket:
    """A socket that is bound to a path and listens, readable by its user and the group alone.

    Raises:
        Problem: it cannot be there; the sentence says why and what to do.
    """
    long = len(os.fsencode(path))
    if long > LONGEST_BYTES:
        sentence = f"{path}: a socket's path may have {LONGEST_BYTES} bytes, this has {long}"
        raise Problem(f"{sentence}: name a shorter one with NETMIND_SOCKET", ExitCode.USAGE)
    gid = group_id(group)
    _prepare_folder(path.parent, gid)
    _clear(path)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        mask = os.umask(0o777 & ~_SOCKET_MODE)
        try:
            listening.bind(os.fspath(path))
        finally:
            os.umask(mask)
        path.chmod(_SOCKET_MODE)
        _give(path, gid)
        listening.listen(32)
        listening.setblocking(False)
    except OSError as error:
        listening.close()
        raise Problem(f"{path}: the agent cannot listen there: {_cause(error)}", ExitCode.USAGE) from error
    return listening


def _prepare_folder(folder: Path, gid: int | None) -> None:
    """Make the folder, or refuse one in which others could put another socket."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            folder.mkdir(mode=_FOLDER_MODE)
            folder.chmod(_FOLDER_MODE)
            _give(folder, gid)
        except FileExistsError:
            pass
        found = folder.stat()
    except OSError as error:
        raise Problem(f"{folder}: the folder of the agent's socket: {_cause(error)}", ExitCode.USAGE) from error
    if not stat.S_ISDIR(found.st_mode):
        raise Problem(f"{folder} is a file: the agent's socket needs a folder there", ExitCode.USAGE)
    if found.st_uid not in (0, os.geteuid()):
        sentence = f"{folder} belongs to {user_name(found.st_uid)}: an agent listens only in a folder of its own user"
        raise Problem(f"{sentence} or root", ExitCode.USAGE)
    if found.st_mode & 0o022 and not found.st_mode & stat.S_ISVTX:
        sentence = f"{folder} can be written by others (mode {stat.S_IMODE(found.st_mode):04o})"
        raise Problem(f"{sentence}: chmod 750 {folder}", ExitCode.USAGE)


def _clear(path: Path) -> None:
    """Take away the socket that a dead agent left, and nothing else."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    except OSError as error:
        raise Problem(f"{path}: {_cause(error)}", ExitCode.USAGE) from error
    if not stat.S_ISSOCK(found.st_mode):
        sentence = f"{path} is {kind_of(found.st_mode)}, not a socket: move it away, or name another path"
        raise Problem(f"{sentence} with NETMIND_SOCKET", ExitCode.USAGE)
    if found.st_uid not in (0, os.geteuid()) and os.geteuid() != 0:
        sentence = f"{path} is a socket of {user_name(found.st_uid)}: name another path with NETMIND_SOCKET"
        raise Problem(sentence, ExitCode.USAGE)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.settimeout(1.0)
        try:
            asking.connect(os.fspath(path))
        except (ConnectionRefusedError, FileNotFoundError):
            path.unlink(missing_ok=True)
        except OSError as error:
            raise Problem(f"{path}: {_cause(error)}", ExitCode.USAGE) from error
        else:
            sentence = f"{path}: another agent answers there already: see netmind status"
            raise Problem(sentence, ExitCode.UNMEASURED)


def _give(path: Path, gid: int | None) -> None:
    """Let the group have it, where it is there and may be given to."""
    if gid is None or path.stat().st_gid == gid:
        return
    try:
        os.chown(path, -1, gid)
    except PermissionError:  # its user is in no such group: then only they themselves reach it
        return


def user_name(uid: int) -> str:
    """A user's name, or the number of one that has none."""
    import pwd  # noqa: PLC0415 - only where something is wrong

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def kind_of(mode: int) -> str:
    """What lies at a path that is no socket."""
    if stat.S_ISLNK(mode):
        return "a link"
    return "a folder" if stat.S_ISDIR(mode) else "a file"


def _cause(error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return "the disk is full"
    return (error.strerror or str(error)).lower()
