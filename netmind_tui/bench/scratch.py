"""A file to measure a disk with: it has no name, so that nothing of it is left however this process ends.

Requests go past the page cache where the file system allows it; the notes say where it does not.
"""

import errno
import os
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from netmind_tui.bench.protocol import Cause
from netmind_tui.bench.refusal import RefusedError

Bytes = NDArray[np.uint8]
_Result = TypeVar("_Result")

_DIRECT: int = getattr(os, "O_DIRECT", 0)
_NAMELESS: int = getattr(os, "O_TMPFILE", 0)
_F_NOCACHE = 48  # fcntl.h of macOS, which has no O_DIRECT
_FULL = {
    errno.ENOSPC: "has no space left",
    errno.EDQUOT: "gives this user no more space (quota)",
    errno.EFBIG: "takes no file of that size (see ulimit -f)",
}
_CLOSED = frozenset({errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOENT, errno.ENOTDIR})


class Scratch:
    """The file, open while the block runs.

    Raises:
        RefusedError: the folder takes no such file, or the disk fills up or fails meanwhile.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = -1
        self._is_direct = False

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the figure should know."""
        if self._is_direct:
            return ()
        return (f"{self._folder} allows no direct I/O: its page cache was emptied around each request instead",)

    def __enter__(self) -> Self:
        if not hasattr(os, "preadv"):
            raise RefusedError(Cause.FOLDER, "this platform has no way to read a file at a place")
        self._file = self._guarded("making a file", lambda: _open(self._folder))
        self._is_direct = _go_direct(self._file)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._file)

    def write(self, data: Bytes, offset: int) -> None:
        """Write all of it there."""
        self._move("writing", lambda view, at: os.pwrite(self._file, view, at), data, offset)

    def read(self, into: Bytes, offset: int) -> None:
        """Read all of it from there."""
        self._move("reading", lambda view, at: os.preadv(self._file, [view], at), into, offset)
        if not self._is_direct:
            _forget(self._file, offset, into.size)

    def flush(self) -> None:
        """Wait until the disk has everything."""
        self._guarded("flushing", lambda: getattr(os, "fdatasync", os.fsync)(self._file))
        if not self._is_direct:
            _forget(self._file, 0, 0)

    def _move(self, doing: str, move: Callable[[memoryview, int], int], data: Bytes, offset: int) -> None:
        """Repeat a request until all of it is done: the system may do it in parts."""
        view: memoryview = data.data
        done = 0
        while done < data.size:
            rest = partial(move, view[done:], offset + done)
            moved = self._guarded(f"{doing} at {offset + done} bytes", rest)
            if moved == 0:
                raise RefusedError(Cause.DISK, f"the file in {self._folder} ends before what was written to it")
            done += moved

    def _guarded(self, doing: str, call: Callable[[], _Result]) -> _Result:
        try:
            return call()
        except OSError as error:
            said = (error.strerror or str(error)).lower()
            if error.errno in _FULL:
                raise RefusedError(Cause.SPACE, f"{self._folder} {_FULL[error.errno]}: {doing}, {said}") from error
            if error.errno in _CLOSED:
                raise RefusedError(Cause.FOLDER, f"{self._folder} takes no file: {doing}, {said}") from error
            raise RefusedError(
                Cause.DISK, f"the disk under {self._folder} failed: {doing}, {said}; look at the kernel's log (dmesg)"
            ) from error


def _open(folder: Path) -> int:
    """Open a file without a name; where the file system cannot make one, its name is taken away at once."""
    folder.mkdir(parents=True, exist_ok=True)
    if _NAMELESS:
        with suppress(OSError):  # the other way says what is wrong
            return os.open(folder, os.O_RDWR | _NAMELESS, 0o600)
    file, name = tempfile.mkstemp(prefix=".netmind-disk-", dir=folder)
    os.unlink(name)  # noqa: PTH108 - of a descriptor's name, nothing else is done with it
    return file


def _go_direct(file: int) -> bool:
    """Have the file's requests go past the page cache, and say whether they do."""
    try:
        import fcntl  # noqa: PLC0415 - Windows has none
    except ImportError:
        return False
    try:
        if sys.platform == "darwin":
            fcntl.fcntl(file, _F_NOCACHE, 1)
            return True
        fcntl.fcntl(file, fcntl.F_SETFL, fcntl.fcntl(file, fcntl.F_GETFL) | _DIRECT)
    except OSError:
        return False
    return bool(_DIRECT)


def _forget(file: int, offset: int, size: int) -> None:
    """Empty the page cache of what was just moved: the next request must go to the disk."""
    advise = getattr(os, "posix_fadvise", None)
    if advise is not None:
        with suppress(OSError):
            advise(file, offset, size, os.POSIX_FADV_DONTNEED)
