"""A child process that answers JSON lines, and a watchdog for the one that stops answering."""

import contextlib
import json
import os
import queue
import subprocess
import threading
from collections.abc import Mapping, Sequence
from typing import IO, Any

# How long a killed process may take to be gone; one that sits in the kernel never is, and is left to it.
_REAP_S = 0.5


class Silent(Exception):  # noqa: N818 - what the child is, not what the code did
    """The child did not answer in time, and was killed."""


class Ended(Exception):  # noqa: N818 - as above
    """The child is gone: it crashed, was killed, or never started."""


class Child:
    """A running child: one request at a time, each answered by one line.

    Nothing here waits without a limit: reading happens in a thread of its own, and a killed child is given half
    a second to be reaped.

    Raises:
        Ended: the program could not be started.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        try:
            # Not a context manager: leaving one waits for the child. Its own session: Ctrl-C is for the parent.
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                env=dict(environment),
                start_new_session=True,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            raise Ended from error
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, name="child-reader", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process id of the child."""
        return self._process.pid

    def ask(self, request: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        """Send one request and return its answer.

        Raises:
            Silent: no answer within ``timeout_s`` seconds; the child was killed.
            Ended: the child went away or wrote something that is no answer.
        """
        try:
            self._stream(self._process.stdin).write(json.dumps(request).encode() + b"\n")
        except OSError as error:
            self.kill()
            raise Ended from error
        try:
            line = self._lines.get(timeout=timeout_s)
        except queue.Empty:
            self.kill()
            raise Silent from None
        try:
            answer = json.loads(line or b"")
        except ValueError as error:
            self.kill()
            raise Ended from error
        if not isinstance(answer, dict):
            self.kill()
            raise Ended
        return answer

    def kill(self) -> None:
        """End the child at once; without effect on one that has ended."""
        with contextlib.suppress(OSError):
            self._process.kill()
        with contextlib.suppress(OSError):
            self._stream(self._process.stdin).close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=_REAP_S)
            self._reader.join(_REAP_S)

    def _read(self) -> None:
        """Hand over each line, and ``None`` at the end. Reads the bare descriptor: no lock to wait for at exit."""
        stdout = self._stream(self._process.stdout)
        pending = b""
        while chunk := os.read(stdout.fileno(), 65536):
            *lines, pending = (pending + chunk).split(b"\n")
            for line in lines:
                self._lines.put(line)
        stdout.close()
        self._lines.put(None)

    @staticmethod
    def _stream(stream: IO[bytes] | None) -> IO[bytes]:
        if stream is None:
            raise Ended
        return stream
