"""Files that the owner writes by hand or imports: read with a bound, and replaced whole or not at all."""

import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

if sys.platform != "win32":
    import fcntl

LARGEST_BYTES = 16 << 20


def read_bytes(path: Path, what: str, most: int = LARGEST_BYTES) -> bytes | None:
    """The bytes of a file; ``None`` where there is none.

    Raises:
        Problem: it is no file, cannot be read, or is larger than ``most``.
    """
    try:
        # Asked first: reading a pipe waits for a writer, and some devices never end.
        if not stat.S_ISREG(path.stat().st_mode):
            raise Problem(f"{path} is no file: a {what} is one", ExitCode.USAGE)
        with path.open("rb") as file:
            data = file.read(most + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Problem(f"{path} cannot be read: {(error.strerror or str(error)).lower()}", ExitCode.USAGE) from error
    if len(data) > most:
        raise Problem(f"{path} is larger than {most >> 20} MiB: that is no {what}", ExitCode.USAGE)
    return data


def text_of(data: bytes, source: str) -> str:
    """The text of a file, without the mark that some programs begin one with.

    Raises:
        Problem: it is no UTF-8, or has zero bytes.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Problem(f"{source} is not UTF-8 text (byte {error.start})", ExitCode.USAGE) from None
    if "\0" in text:
        raise Problem(f"{source} is not text: it has zero bytes", ExitCode.USAGE)
    return text


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Wait until nobody else of this program changes a file of a folder; it is made where it is missing.

    Raises:
        OSError: it cannot be made or opened.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if sys.platform == "win32":
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        # A folder on a network may have no locks: then there is none.
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def put(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write a file whole or not at all; what was there before stays until then. Its folder is made where it is missing.

    Raises:
        OSError: it cannot be written; nothing was changed.
    """
    path = path.resolve()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(stat.S_IMODE(path.stat().st_mode) if path.exists() else mode)
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
