"""One agent a state folder: the kernel's lock on a file that says who holds it."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from netmind_tui.bench.lock import DeviceHeldError, LockError, held
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

_NAME = "agent"
_OTHERS = 0o077


@contextmanager
def only_one(folder: Path, *, since: str) -> Iterator[None]:
    """Hold the folder while the block runs; it is made where it is missing, for its owner alone.

    Raises:
        Problem: another agent holds it, or it cannot be used.
    """
    make_folder(folder)
    try:
        with held(_NAME, since=since, folder=folder):
            yield
    except DeviceHeldError as error:
        words = f"another agent keeps {folder}: {error}"
        mend = "stop that one, or give this one a folder of its own (XDG_STATE_HOME)"
        raise Problem(f"{words}; {mend}", ExitCode.UNMEASURED) from None
    except LockError as error:
        raise Problem(f"the agent's folder cannot be locked: {error}", ExitCode.USAGE) from error


def make_folder(folder: Path) -> None:
    """Make the agent's folder, which nobody else may enter.

    Raises:
        Problem: it cannot be made, or is somebody else's.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        found = folder.stat()
        if hasattr(os, "getuid") and found.st_uid != os.getuid():
            words = f"{folder} belongs to another user (uid {found.st_uid})"
            raise Problem(f"{words}: give the agent a folder of its own (XDG_STATE_HOME)", ExitCode.USAGE)
        if stat.S_IMODE(found.st_mode) & _OTHERS:
            folder.chmod(0o700)
    except OSError as error:
        words = f"cannot make the agent's folder {folder}: {(error.strerror or str(error)).lower()}"
        raise Problem(words, ExitCode.USAGE) from error
