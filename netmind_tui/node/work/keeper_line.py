"""The agent's end of the line to a keeper: starts it, asks it, hears how it ended."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

_ROOT = str(Path(__file__).parents[3])
_KEEPER = "import sys; sys.path.append(sys.argv[1]); from netmind_tui.node.work.keeper import main; main(sys.argv[2:])"
_KEPT = ("PATH", "LD_LIBRARY_PATH")
"""What of the agent's environment a keeper gets: enough to find its own libraries."""
_CLOSES_S = 1.0
_LOOK_S = 0.005
_LINE_BYTES = 1 << 20

Facts = dict[str, Any]
"""What a keeper says, as it came out of its JSON."""


class KeeperLine:
    """A keeper that was started, and the line to it. ``pid`` is its number."""

    def __init__(self, process: "subprocess.Popen[bytes]", writer: asyncio.StreamWriter, errors: int) -> None:
        self._process = process
        self._writer = writer
        self._errors = errors
        self._asked: dict[int, asyncio.Future[Facts]] = {}
        self._number = 0
        self._told: Facts | None = None
        self._listens: asyncio.Task[None] | None = None
        self.pid = process.pid

    @classmethod
    async def open(cls, key: str) -> Self:
        """Start a keeper; ``key`` only shows in lists of processes.

        Raises:
            OSError: it cannot be started.
        """
        ours, theirs = socket.socketpair()
        errors = os.memfd_create("keeper", os.MFD_CLOEXEC)
        words = [sys.executable, "-I", "-S", "-X", "utf8", "-c", _KEEPER, _ROOT, str(theirs.fileno()), key]
        try:
            process = _started(words, theirs.fileno(), errors)
        except BaseException:
            ours.close()
            os.close(errors)
            raise
        finally:
            theirs.close()
        try:
            reader, writer = await asyncio.open_connection(sock=ours, limit=_LINE_BYTES)
        except BaseException:
            # It is not wanted any more, and has started nothing.
            ours.close()
            os.close(errors)
            process.kill()
            process.wait()
            raise
        line = cls(process, writer, errors)
        line._listens = asyncio.create_task(line._listen(reader))
        return line

    @property
    def is_over(self) -> bool:
        """Whether the keeper is gone, and all has been heard."""
        return self._listens is not None and self._listens.done()

    def say(self, act: str, identity: int | None = None, /, **more: object) -> None:
        """Tell it to do something; one that somebody stopped goes on, to hear it."""
        if not self._writer.is_closing():
            self._process.send_signal(signal.SIGCONT)
            self._writer.write(json.dumps({"do": act, "id": identity, **more}).encode() + b"\n")

    async def ask(self, act: str, within_s: float, /, **more: object) -> Facts:
        """Tell it to do something, and wait until it is brought about.

        Raises:
            OSError: it is not, with why in a clause.
        """
        if self.is_over:
            raise OSError("it has ended")
        self._number += 1
        number = self._number
        answered = self._asked[number] = asyncio.get_running_loop().create_future()
        try:
            self.say(act, number, **more)
            answer: Facts = await asyncio.wait_for(answered, within_s)
        except TimeoutError:
            raise OSError(f"its keeper does not answer for {within_s:g} s: {act}") from None
        finally:
            del self._asked[number]
        error = answer.get("error")
        if error is not None:
            raise OSError(error)
        return answer

    def kill(self) -> None:
        """End the keeper itself; what it kept falls to us."""
        self._process.kill()

    async def over(self) -> tuple[Facts | None, str]:
        """Wait until it is gone: what it said at last, if it did, and what it complained of."""
        assert self._listens is not None  # noqa: S101 - made by ``open``
        await asyncio.shield(self._listens)
        complaint = _last_line(self._errors)
        os.close(self._errors)
        return self._told, complaint

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        # Whoever speaks otherwise than a keeper does is not trusted with work.
        with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
            async for line in reader:
                words = json.loads(line)
                if words.get("event") == "ended":
                    self._told = words
                elif (future := self._asked.get(words.get("id"))) is not None and not future.done():
                    future.set_result(words)
        until_s = time.monotonic() + _CLOSES_S
        while self._process.poll() is None:
            if time.monotonic() > until_s:
                self.kill()
            await asyncio.sleep(_LOOK_S)
        self._writer.close()
        for future in self._asked.values():
            if not future.done():
                future.set_result({"error": "it has ended"})


def _started(words: list[str], talk: int, errors: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=errors,
        pass_fds=[talk],
        env={name: os.environ[name] for name in _KEPT if name in os.environ},
        cwd="/",
        # A terminal's signals to the agent are the agent's alone.
        start_new_session=True,
    )


def _last_line(descriptor: int) -> str:
    size = os.fstat(descriptor).st_size
    text = os.pread(descriptor, 4096, max(0, size - 4096)).decode(errors="replace").strip()
    return text.splitlines()[-1] if text else ""
