"""The worker as its parent sees it: started, asked, listened to with a time limit, and killed if it must be."""

import os
import queue
import re
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from typing import IO

import msgspec

from netmind_tui.bench.protocol import Ask, Event
from netmind_tui.model.kernel import Provider

_COLOURS = re.compile(rb"\x1b\[[0-9;]*m")
_KEPT_LINES = 20
_REAP_S = 5.0
_SIGKILL = 9


class WorkerGoneError(Exception):
    """The worker ended; the message says how (a signal's name or an exit status) and its last words."""


_RUNNING: set["WorkerChild"] = set()


def running_groups() -> tuple[int, ...]:
    """The process groups of all workers of this process."""
    return tuple(child.group for child in _RUNNING)


class WorkerChild:
    """One worker process, in a process group of its own so that a Ctrl-C reaches only the parent.

    ``environment`` is added to this process's own (the device made visible to the worker).
    """

    def __init__(self, provider: Provider, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            # -P: a file in the current folder must not pass for one of our libraries.
            [sys.executable, "-P", "-m", "netmind_tui.bench.worker", provider],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **environment},
            start_new_session=True,
        )
        _RUNNING.add(self)
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._last_lines: deque[bytes] = deque(maxlen=_KEPT_LINES)
        self._readers = [
            threading.Thread(target=self._read_events, args=(self._process.stdout,), daemon=True),
            threading.Thread(target=self._read_stderr, args=(self._process.stderr,), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def ask(self, request: Ask) -> None:
        """Send one request.

        Raises:
            WorkerGoneError: nobody is there to read it.
        """
        self._send(msgspec.json.encode(request) + b"\n")

    def stop_kernel(self) -> None:
        """Ask for the current phase to end; the worker then answers with what it has.

        Raises:
            WorkerGoneError: nobody is there to read it.
        """
        self._send(b"stop\n")

    def go(self) -> None:
        """Let a worker that is poised begin; one that is gone is noticed by whoever listens to it."""
        assert self._process.stdin is not None  # noqa: S101 - it was asked for as a pipe
        with suppress(OSError, ValueError):
            self._process.stdin.write(b"go\n")
            self._process.stdin.flush()

    def next_event(self, timeout_s: float) -> Event | None:
        """The next event, or ``None`` if none came in time.

        Raises:
            WorkerGoneError: the worker ended.
        """
        try:
            event = self._events.get(timeout=timeout_s)
        except queue.Empty:
            return None
        if event is None:
            raise WorkerGoneError(self._epitaph())
        return event

    @property
    def group(self) -> int:
        """Its process group, which is its own."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    def kill(self) -> None:
        """End the worker and everything it started, now. A process stuck in the kernel is left to it."""
        _RUNNING.discard(self)
        if self._process.poll() is None:
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()
        try:
            self._process.wait(_REAP_S)
        except subprocess.TimeoutExpired:
            return
        for reader in self._readers:
            reader.join(_REAP_S)
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue

    def _send(self, line: bytes) -> None:
        assert self._process.stdin is not None  # noqa: S101 - it was asked for as a pipe
        try:
            self._process.stdin.write(line)
            self._process.stdin.flush()
        except OSError as error:
            raise WorkerGoneError(self._epitaph()) from error

    def _read_events(self, pipe: IO[bytes]) -> None:
        decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
        for line in pipe:
            try:
                self._events.put(decoder.decode(line))
            except msgspec.DecodeError:
                self._last_lines.append(line)  # cut short by its death: part of its last words
        self._events.put(None)

    def _read_stderr(self, pipe: IO[bytes]) -> None:
        for line in pipe:
            self._last_lines.append(_COLOURS.sub(b"", line))

    def _epitaph(self) -> str:
        try:
            status = self._process.wait(_REAP_S)
        except subprocess.TimeoutExpired:
            return "the worker closed its output and did not end"
        for reader in self._readers:
            reader.join(_REAP_S)
        how = f"was killed by {_signal_name(-status)}" if status < 0 else f"ended with status {status}"
        if status == -_SIGKILL:
            how += " (if nobody did it, the machine ran out of memory: see dmesg)"
        words = b"".join(self._last_lines).decode(errors="replace").strip().splitlines()
        return f"the worker {how}" + (f"; its last line: {words[-1][:300]}" if words else "")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
