"""Files that are the owner's alone: made exclusively and whole, and read only where nobody else could have.

Nothing here ever puts what a file holds into a sentence.
"""

import errno
import os
import secrets
import stat
from pathlib import Path

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

ENDS = "netmind identity revoke"
"""The command that ends the key of a node; others name theirs."""

_FILE_MODE, _FOLDER_MODE = 0o600, 0o700
_OTHERS = 0o077
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK)
_FLAGS = sum(getattr(os, name, 0) for name in ("O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))


def make_folder(folder: Path, *, ends: str = ENDS) -> None:
    """Make a folder that only its owner may enter, or check that it is one.

    Raises:
        Problem: it cannot be made, or others could enter it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=_FOLDER_MODE)
    except OSError as error:
        raise Problem(f"cannot make the folder {folder}: {_cause(error)}", ExitCode.USAGE) from error
    check_folder(folder, ends=ends)


def check_folder(folder: Path, *, ends: str = ENDS) -> None:
    """Refuse a folder that is somebody else's, a link, or open to others; one that is not there is none of these.

    Raises:
        Problem: with what mends it.
    """
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return
    except OSError as error:
        raise Problem(f"cannot look at {folder}: {_cause(error)}", ExitCode.USAGE) from error
    if stat.S_ISLNK(found.st_mode):
        words = "is a link, and the key is not looked for behind it: put the folder itself there"
        raise Problem(f"{folder} {words} (XDG_DATA_HOME moves it)", ExitCode.USAGE)
    if not stat.S_ISDIR(found.st_mode):
        raise Problem(f"{folder} is no folder: move it away", ExitCode.USAGE)
    _check_owner(folder, found, "700", ends)


def read(path: Path, most: int, *, ends: str = ENDS) -> bytes:
    """What a private file holds.

    Raises:
        FileNotFoundError: it is not there.
        Problem: it is somebody else's, a link, no file, open to others, too large, or cannot be read; with what mends
            it.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | _FLAGS)
    except FileNotFoundError:
        raise
    except OSError as error:
        if error.errno == errno.ELOOP:
            words = "is a link, and the key is not read from behind it: put the file itself there"
            raise Problem(f"{path} {words}", ExitCode.USAGE) from None
        raise Problem(f"cannot read {path}: {_cause(error)}", ExitCode.USAGE) from None
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise Problem(f"{path} is no file: move it away", ExitCode.USAGE)
        _check_owner(path, found, "600", ends)
        data = os.read(descriptor, most + 1)  # of a small regular file: all of it
    finally:
        os.close(descriptor)
    if len(data) > most:
        raise Problem(f"{path} is larger than any key: more than {most} bytes", ExitCode.USAGE)
    return data


def create(path: Path, data: bytes) -> bool:
    """Make a private file, whole or not at all; false where there is one already, which stays as it is.

    Of two processes that do this at once, one makes it.

    Raises:
        OSError: it cannot be made.
    """
    temporary = _written(path, data)
    try:
        return _named(temporary, path, data)
    finally:
        temporary.unlink(missing_ok=True)


def put(path: Path, data: bytes) -> None:
    """Make a private file or replace one, whole or not at all.

    Raises:
        OSError: it cannot be made.
    """
    temporary = _written(path, data)
    try:
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    settle(path.parent)


def settle(folder: Path) -> None:
    """Let the names in a folder outlive a power cut, where the system can do that."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # a file system that cannot
            raise
    finally:
        os.close(descriptor)


def _written(path: Path, data: bytes) -> Path:
    """A private file beside ``path``, under a name that nobody looks for, on the disk."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    _write_new(temporary, data)
    return temporary


def _write_new(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS, _FILE_MODE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _named(temporary: Path, path: Path, data: bytes) -> bool:
    """Give a finished file its name, unless another one has it."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        try:  # a file system without hard links: exclusive all the same
            _write_new(path, data)
        except FileExistsError:
            return False
    settle(path.parent)
    return True


def _check_owner(path: Path, found: os.stat_result, mode: str, ends: str) -> None:
    if os.name != "posix":  # Windows keeps a profile's folders from others by itself
        return
    user = os.geteuid()
    if found.st_uid != user:
        words = f"{path} belongs to user {found.st_uid} and you are user {user}: chown {user} {_quoted(path)}"
        raise Problem(f"{words}, if it is yours", ExitCode.USAGE)
    if stat.S_IMODE(found.st_mode) & _OTHERS:
        found_mode = f"{stat.S_IMODE(found.st_mode):03o}"
        words = f"{path} is open to others (mode {found_mode}): chmod {mode} {_quoted(path)}"
        raise Problem(f"{words}; if others could read the key, {ends}", ExitCode.USAGE)


def _quoted(path: Path) -> str:
    import shlex  # noqa: PLC0415 - only a refusal needs it

    return shlex.quote(str(path))


def _cause(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
