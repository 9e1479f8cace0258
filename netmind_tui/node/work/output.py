"""What an instance says, as it comes: kept in a few files of bounded size, and never holding up who says it.

A keeper loads this: nothing but the built-in library's lightest parts.
"""

# pathlib alone would be a tenth of a keeper's memory.
# ruff: noqa: PTH105

import contextlib
import fcntl
import os
import select
import sys
import termios

NAME = "output.log"

RATE_BYTES_PER_S = 256 << 10
"""So much of it is kept in the long run; a burst may be as long as one file."""
_PIPE_BYTES = 1 << 20
_CHUNK_BYTES = 1 << 16
_FLOOD_S = 0.004
"""How long output that comes too fast to be kept gathers before it is thrown away: the pipe holds what comes then."""
_LAST_BYTES = 4096
_RETRY_S = 1.0
_LEAST_BYTES = 4096


class Log:
    """The files ``output.log``, ``output.log.1`` … in a folder, written by one process.

    Nothing here raises: what cannot be written is dropped and counted, but for its end, which follows when there is
    room again, after a line that says how much is missing. ``last`` are the newest bytes in any case.
    """

    def __init__(self, folder: str, size: int, count: int, now_s: float) -> None:
        self._path = f"{folder}/{NAME}"
        self._size = max(_LEAST_BYTES, size)
        self._count = max(1, count)
        self._descriptor = -1
        self._held = 0
        self._allowance = float(self._size)
        self._filled_s = now_s
        self._retry_s = now_s
        self._untold = 0
        self._end = b""
        self._is_line = True
        self.last = b""
        self.dropped_bytes = 0

    def has_room(self, now_s: float) -> bool:
        """Whether more may be written now, by its rate."""
        self._allowance = min(float(self._size), self._allowance + (now_s - self._filled_s) * RATE_BYTES_PER_S)
        self._filled_s = now_s
        return self._allowance > 0

    def write(self, data: bytes, now_s: float) -> None:
        """Keep this, or count it."""
        self._allowance -= len(data)
        self.last = _end_of(self.last + data)
        if now_s < self._retry_s or not self.catch_up(now_s) or not self._append(data, now_s):
            self._lose(len(data), data)
        elif data:
            self._is_line = data.endswith(b"\n")

    def drop(self, count: int, end: bytes) -> None:
        """Count what was not even read, but for its end."""
        self.last = _end_of(self.last + end)
        self._lose(count, end)

    def catch_up(self, now_s: float) -> bool:
        """Write how much is missing, and the end of that; whether nothing is owed any more."""
        if not self._untold:
            return True
        missing = self._untold - len(self._end)
        gap = f"[{missing} bytes of output were not kept]\n".encode() if missing else b""
        if not self._append((gap if self._is_line else b"\n" + gap) + self._end, now_s):
            return False
        self.dropped_bytes -= len(self._end)
        self._is_line = self._end.endswith(b"\n")
        self._untold, self._end = 0, b""
        return True

    def _lose(self, count: int, end: bytes) -> None:
        self.dropped_bytes += count
        self._untold += count
        self._end = _end_of(self._end + end)

    def _append(self, data: bytes, now_s: float) -> bool:
        try:
            if self._descriptor >= 0 and self._held > 0 and self._held + len(data) > self._size:
                self._rotate()
            if self._descriptor < 0:
                self._open()
            while data:
                written = os.write(self._descriptor, data)
                self._held += written
                data = data[written:]
        except OSError:
            # A disk that is full is asked again in a while, not for every line.
            self._retry_s = now_s + _RETRY_S
            self._close()
            return False
        return True

    def _open(self) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        self._descriptor = os.open(self._path, flags, 0o600)
        self._held = os.fstat(self._descriptor).st_size
        if self._held >= self._size:
            self._rotate()
            self._descriptor = os.open(self._path, flags, 0o600)

    def _rotate(self) -> None:
        self._close()
        self._held = 0
        if self._count == 1:
            os.truncate(self._path, 0)
            return
        for number in range(self._count - 1, 0, -1):
            newer = self._path if number == 1 else f"{self._path}.{number - 1}"
            with contextlib.suppress(FileNotFoundError):
                os.replace(newer, f"{self._path}.{number}")

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class Output:
    """A pipe and where it leads to. ``inlet`` is what the children write to; ``due_s`` when ``pump`` is to be called.

    ``poll`` tells when something comes; while it floods it is not asked, since that costs more than a look now and
    then.
    """

    def __init__(self, log: Log, poll: "select.poll") -> None:
        self.log = log
        self.due_s: float | None = None
        self._poll = poll
        self.outlet, self.inlet = os.pipe()
        self._null = os.open("/dev/null", os.O_WRONLY | os.O_CLOEXEC)
        os.set_blocking(self.outlet, False)
        with contextlib.suppress(OSError):  # it may have as much as it may; a short pipe only costs more
            fcntl.fcntl(self.inlet, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        poll.register(self.outlet, select.POLLIN)

    def pump(self, now_s: float) -> None:
        """Take what was said: kept if there is room by its rate, else thrown away unread."""
        moved = 0
        while moved < _PIPE_BYTES:
            if self.log.has_room(now_s):
                data = read_some(self.outlet)
                self.log.write(data, now_s)
                count = len(data)
            else:
                count = self._throw_away()
            if count == 0:
                break
            moved += count
        floods = moved > 0 and not self.log.has_room(now_s)
        if floods and self.due_s is None:
            self._poll.unregister(self.outlet)
        elif not floods and self.due_s is not None:
            self._poll.register(self.outlet, select.POLLIN)
        self.due_s = now_s + _FLOOD_S if floods else None

    def finish(self, now_s: float) -> None:
        """Take what is left, when nobody is there any more to say more."""
        while data := read_some(self.outlet):
            self.log.write(data, now_s)
        self.log.catch_up(now_s)

    def _throw_away(self) -> int:
        """How much there was."""
        there = int.from_bytes(fcntl.ioctl(self.outlet, termios.FIONREAD, bytes(4)), sys.byteorder)
        count = 0
        if there > _LAST_BYTES:
            with contextlib.suppress(OSError):
                count = os.splice(self.outlet, self._null, there - _LAST_BYTES, flags=os.SPLICE_F_NONBLOCK)
        end = read_some(self.outlet)
        self.log.drop(count + len(end), end)
        return count + len(end)


def _end_of(data: bytes) -> bytes:
    return data[-_LAST_BYTES:]


def read_some(descriptor: int) -> bytes:
    """What is there; nothing where nothing is."""
    try:
        return os.read(descriptor, _CHUNK_BYTES)
    except OSError:
        return b""
