"""HTTP over a Unix socket, with a deadline for the whole of an answer."""

import errno
import os
import socket
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_LONGER = 3


class Connection(HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path, timeout_s: float) -> None:
        super().__init__("agent", timeout=timeout_s)
        self._path, self._timeout_s = path, timeout_s
        self._line: _Line | None = None

    def let_go_on(self) -> None:
        """What comes now may come for ever, as long as it is never silent for too long."""
        if self._line is not None:
            self._line.until_s = None
            self._line.settimeout(self._timeout_s)

    def connect(self) -> None:
        """Reach the agent."""
        asking = _Line(socket.AF_UNIX, socket.SOCK_STREAM)
        asking.allow(self._timeout_s)
        try:
            asking.connect(os.fspath(self._path))
        except OSError as error:
            asking.close()
            if "AF_UNIX path too long" in str(error):
                raise OSError(errno.ENAMETOOLONG, "this path is too long for a socket") from None
            raise
        self.sock = self._line = asking


class _Line(socket.socket):
    """A socket whose answer has a deadline, so that nobody holds it open by a byte now and then."""

    until_s: float | None = None
    _silent_s = 0.0

    def allow(self, silent_s: float) -> None:
        """Let nothing take longer than this, and all of it not much longer."""
        self._silent_s = silent_s
        self.until_s = time.monotonic() + _LONGER * silent_s
        self.settimeout(silent_s)

    def recv_into(self, buffer: "WriteableBuffer", nbytes: int = 0, flags: int = 0) -> int:
        """Read what is there, within the deadline."""
        if self.until_s is not None:
            left_s = self.until_s - time.monotonic()
            if left_s <= 0:
                raise TimeoutError
            self.settimeout(min(self._silent_s, left_s))
        return super().recv_into(buffer, nbytes, flags)
