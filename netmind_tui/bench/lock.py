"""One measurement a device, machine-wide: a lock file by the device's identity, naming who holds it.

The lock is the kernel's (``flock``; on Windows a locked byte), so it goes with its holder however that ends. The
files lie in the machine's shared temporary folder, because users of one machine share its devices.
"""

import json
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

_SIGNATURE_BYTES_CAP = 4096


class DeviceHeldError(Exception):
    """Another process is measuring this device; the message names it."""


class LockError(Exception):
    """The lock file can be neither opened nor made; the message names it and the cause."""


@contextmanager
def written_alone(path: Path) -> Iterator[None]:
    """Be the one process that writes a file while the block runs; its folder is made where there is none.

    Raises:
        Problem: another process writes it, or it cannot be locked.
    """
    since = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    with ExitStack() as stack:
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            stack.enter_context(held(path.stem, since=since, folder=path.parent))
        except DeviceHeldError as error:
            raise Problem(f"{path}: another process writes it: {error}", ExitCode.UNMEASURED) from None
        except LockError as error:
            raise Problem(f"{path} cannot be locked: {error}", ExitCode.UNMEASURED) from error
        except OSError as error:
            raise Problem(f"{path}: {(error.strerror or str(error)).lower()}", ExitCode.UNMEASURED) from error
        yield


@contextmanager
def held(identity: str, *, since: str, folder: Path, wait: Callable[[str], None] | None = None) -> Iterator[None]:
    """Hold a device while the block runs. ``identity`` is its UUID, or ``cpu``; ``since`` is told to whoever waits.

    ``wait`` is called with the holder's name between two tries; without it one try must do.

    Raises:
        DeviceHeldError: somebody else holds it.
        LockError: the lock file can be neither opened nor made.
    """
    path = folder / f"netmind-{identity.lower()}.lock"
    try:
        descriptor = _open(path)
    except OSError as error:
        raise LockError(f"{path}: {(error.strerror or str(error)).lower()}") from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise LockError(f"{path}: not a regular file")
        while not _take(descriptor):
            if wait is None:
                raise DeviceHeldError(_holder(descriptor))
            wait(_holder(descriptor))
        _sign(descriptor, since)
        yield
    finally:
        os.close(descriptor)


def _open(path: Path) -> int:
    """Open the lock file or make it. Another user's file need only be readable; a link is never followed."""
    flags = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        return os.open(path, os.O_RDWR | flags)
    except PermissionError:
        return os.open(path, os.O_RDONLY | flags)
    except FileNotFoundError:
        pass
    try:
        created = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | flags, 0o666)
    except FileExistsError:
        return os.open(path, os.O_RDWR | flags)
    if hasattr(os, "fchmod"):
        os.fchmod(created, 0o666)  # the umask would keep other users from signing it
    return created


if sys.platform == "win32":
    import msvcrt

    _WINDOWS_LOCKED_BYTE = 1 << 20  # beyond the text, which others may read while it is locked

    def _take(descriptor: int) -> bool:
        os.lseek(descriptor, _WINDOWS_LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
        return True
else:
    import fcntl

    def _take(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _sign(descriptor: int, since: str) -> None:
    """Say who holds it. If the file cannot be written the lock still holds; only its holder stays nameless."""
    command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])[:200]
    try:
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, json.dumps({"pid": os.getpid(), "command": command, "since": since}).encode())
    except OSError:
        return


def _holder(descriptor: int) -> str:
    try:
        os.lseek(descriptor, 0, os.SEEK_SET)
        found = json.loads(os.read(descriptor, _SIGNATURE_BYTES_CAP))
        parts = [str(int(found["pid"])), str(found["command"])[:200], str(found["since"])[:40]]
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return "another process"
    # Anybody may write this file: what a terminal would obey is left out.
    pid, command, since = ("".join(sign for sign in part if sign.isprintable()) for part in parts)
    return f"pid {pid} ({command}), since {since}"
