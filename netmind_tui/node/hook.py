"""The owner's programs, run when something happens: one for a kind of event, the event as JSON on its stdin.

They never hold the agent up: each has a time limit, each kind a rate, and all of them a number that run at once. They
run as the agent's user, in its home folder, with a short environment.
"""

import asyncio
import logging
import os
import shlex
import signal
import stat
import tempfile
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Protocol

from netmind_tui.document import encode
from netmind_tui.model.event import Event, EventKind
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

_log = logging.getLogger(__name__)

ANY = "any"
"""The name of the program that hears of every event."""
LIMIT_S = 30.0
A_MINUTE = 10
"""How often the program of a kind is started within a minute."""
AT_ONCE = 4
_WAITING = 100
_WINDOW_S = 60.0
_GRACE_S = 1.0
_LOOKS = 20
_OUTPUT_BYTES = 2000
_LAST_READS = 16
_PASSED = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "TZ", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS")
"""What of the agent's environment a program sees, beside ``NETMIND_EVENT``, ``_DEVICE`` and ``_LEFT_OUT``."""

Fact = str | int | float | bool | None


class Tell(Protocol):
    """How it becomes an event that a program failed."""

    def __call__(
        self, kind: EventKind, sentence: str, *, device: str | None = None, data: dict[str, Fact] | None = None
    ) -> None:
        """Tell it."""


def programs_of(hooks: Mapping[str, str | Sequence[str]], path: Path) -> dict[str, tuple[str, ...]]:
    """The words of each program in the configuration; a string is split as a shell does, but no shell runs it.

    Raises:
        Problem: others could write the file that says what the agent runs.
    """
    if not hooks:
        return {}
    try:
        found = path.stat()
    except OSError as error:
        raise Problem(f"{path}: {(error.strerror or str(error)).lower()}", ExitCode.USAGE) from error
    if os.name == "posix" and found.st_uid not in (0, os.geteuid()):
        sentence = f"{path}: [hooks] names programs, and the file belongs to another user: chown it to your own"
        raise Problem(sentence, ExitCode.USAGE)
    if os.name == "posix" and found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        sentence = f"{path}: [hooks] names programs, and others can write the file: chmod go-w {path}"
        raise Problem(sentence, ExitCode.USAGE)
    return {kind: tuple(shlex.split(words) if isinstance(words, str) else words) for kind, words in hooks.items()}


class Hooks:
    """Starts the programs; ``take`` is called on the loop, and returns at once.

    Args:
        programs: the words of each, by the kind of event or ``any``.
        tell: makes an event of a failure.
        limit_s: how long each may run; then it is killed. What it started and left behind ends with it.
        a_minute: how often each kind may start its program within a minute.
        clock: seconds that only grow.
        environment: the agent's own, of which a program sees what ``_PASSED`` names.
    """

    def __init__(
        self,
        programs: Mapping[str, Sequence[str]],
        tell: Tell,
        *,
        limit_s: float = LIMIT_S,
        a_minute: int = A_MINUTE,
        clock: Callable[[], float] = time.monotonic,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self._programs = programs
        self._tell = tell
        self._limit_s = limit_s
        self._a_minute = a_minute
        self._clock = clock
        self._environment = {name: environment[name] for name in _PASSED if name in environment}
        home = self._environment.get("HOME", "/")
        self._home = home if Path(home).is_dir() else "/"
        self._started: dict[str, deque[float]] = {}
        self._left_out: dict[str, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(AT_ONCE)

    def take(self, event: Event) -> None:
        """Start what is to be started for an event; more of it than may be is counted and left out."""
        for name in (event.kind.value, ANY):
            words = self._programs.get(name)
            if not words:
                continue
            key = f"{name} {event.kind}"
            if not self._may_start(key):
                self._left_out[key] = self._left_out.get(key, 0) + 1
                continue
            left_out = self._left_out.pop(key, 0)
            if left_out:
                sentence = f"the hook for {name} was not run {left_out} times: {event.kind} came too often"
                self._fail(event, sentence, {"hook": name, "cause": "rate", "left_out": left_out})
            task = asyncio.get_running_loop().create_task(self._run(name, tuple(words), event, left_out))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def idle(self) -> None:
        """Wait until every program that was started has ended."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def close(self) -> None:
        """Kill what runs."""
        for task in self._tasks:
            task.cancel()
        await self.idle()

    def _may_start(self, key: str) -> bool:
        now_s = self._clock()
        started = self._started.setdefault(key, deque())
        while started and started[0] <= now_s - _WINDOW_S:
            started.popleft()
        if len(started) >= self._a_minute or len(self._tasks) >= _WAITING:
            return False
        started.append(now_s)
        return True

    async def _run(self, name: str, words: tuple[str, ...], event: Event, left_out: int) -> None:
        facts: dict[str, Fact] = {"hook": name, "program": words[0], "event": event.id}
        async with self._slots:
            output = _Output()
            try:
                process = await self._start(words, event, left_out, output)
            except (OSError, ValueError) as error:
                output.close()
                cause = (getattr(error, "strerror", None) or str(error)).lower()
                self._fail(event, f"the hook for {name} cannot be run: {words[0]}: {cause}", facts | {"cause": "start"})
                return
            try:
                async with asyncio.timeout(self._limit_s):
                    await process.wait()
            except TimeoutError:
                await _kill(process)
                cause = f"it ran longer than {self._limit_s:g} s and was killed"
            except asyncio.CancelledError:
                await _kill(process)
                raise
            else:
                await _sweep(process.pid)
                cause = f"it ended with {process.returncode}" if process.returncode else ""
            finally:
                output.close()
        if cause:
            facts |= {"cause": cause, "exit": process.returncode, "output": output.text}
            self._fail(event, f"the hook for {name} failed: {cause}", facts)

    async def _start(
        self, words: tuple[str, ...], event: Event, left_out: int, output: "_Output"
    ) -> asyncio.subprocess.Process:
        more = {
            "NETMIND_EVENT": event.kind.value,
            "NETMIND_DEVICE": event.device or "",
            "NETMIND_LEFT_OUT": str(left_out),
        }
        # A file, and no pipe: whether and how fast a program reads its input is its own affair.
        with _input(encode(event) + b"\n") as event_file:
            return await asyncio.create_subprocess_exec(
                *words,
                stdin=event_file,
                stdout=output.end,
                stderr=output.end,
                env=self._environment | more,
                cwd=self._home,
                # A group of its own: what it starts goes with it.
                start_new_session=True,
            )

    def _fail(self, event: Event, sentence: str, facts: dict[str, Fact]) -> None:
        _log.warning("%s", sentence)
        # One that fails at telling of failures is not asked to tell of that.
        if event.kind is not EventKind.HOOK_FAILED:
            self._tell(EventKind.HOOK_FAILED, sentence, device=event.device, data=facts)


class _Output:
    """The end of what a program says; it may say as much as it likes.

    A pipe of our own and not asyncio's: a program's end is then not put off by what it started and left behind.
    """

    def __init__(self) -> None:
        self._reads, self.end = os.pipe()
        os.set_blocking(self._reads, False)
        self._tail = bytearray()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._reads, self._read)

    @property
    def text(self) -> str:
        """It, in words."""
        return self._tail.decode(errors="replace").strip()

    def close(self) -> None:
        """Take what is there, and listen no more."""
        self._loop.remove_reader(self._reads)
        os.close(self.end)
        for _ in range(_LAST_READS):
            if not self._read():
                break
        os.close(self._reads)

    def _read(self) -> int:
        try:
            data = os.read(self._reads, 65536)
        except BlockingIOError:
            return 0
        self._tail += data
        del self._tail[:-_OUTPUT_BYTES]
        return len(data)


def _input(data: bytes) -> IO[bytes]:
    """A file in memory with these bytes, to be read from its beginning."""
    # Linux has files that lie on no disk, which may be full just then.
    if hasattr(os, "memfd_create"):
        file: IO[bytes] = os.fdopen(os.memfd_create("event"), "w+b")
    else:
        file = tempfile.TemporaryFile()  # noqa: SIM115 - whoever asked closes it
    file.write(data)
    file.flush()
    file.seek(0)
    return file


async def _sweep(group: int) -> None:
    """End what a program started and left behind when it ended: asked first, then not."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(group, number)
        except (ProcessLookupError, PermissionError):
            return
        for _ in range(_LOOKS):
            await asyncio.sleep(_GRACE_S / _LOOKS)
            try:
                os.killpg(group, 0)
            except (ProcessLookupError, PermissionError):
                return


async def _kill(process: asyncio.subprocess.Process) -> None:
    """End a program and all that is in its group: asked first, then not."""
    for number, wait_s in ((signal.SIGTERM, _GRACE_S), (signal.SIGKILL, None)):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), wait_s)
            if number is signal.SIGKILL:
                return
