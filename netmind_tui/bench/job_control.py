"""Ctrl-Z stops the workers too: a load that nobody watches is no measurement, and not what was asked for."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from types import FrameType

# It reads a word, or learns at the end of its input that whoever should have written it is gone.
_GUARD = 'read -r word || kill -s KILL -- "$@"'


class JobControl:
    """Stops process groups together with this process. ``paused_s`` is how long that lasted in all, in seconds."""

    def __init__(self, groups: Callable[[], Iterable[int]]) -> None:
        self._groups = groups
        self._paused_s = 0.0
        self._stopped_at: float | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    @property
    def paused_s(self) -> float:
        """The pauses so far; one that goes on counts up to now."""
        stopped_at = self._stopped_at
        return self._paused_s + (0.0 if stopped_at is None else monotonic() - stopped_at)

    def pause(self) -> None:
        """Stop the groups, for this process is about to be stopped.

        What is stopped cannot notice that this process was killed meanwhile, and would keep the device's memory for
        ever: a guard waits for that, and kills it.
        """
        if self._stopped_at is not None:
            return
        self._stopped_at = monotonic()
        groups = tuple(self._groups())
        self._guard = _guard_of(groups)
        _signal(groups, signal.SIGSTOP)

    def resume(self) -> None:
        """Let the groups go on."""
        if self._stopped_at is None:
            return
        _signal(tuple(self._groups()), signal.SIGCONT)
        _dismiss(self._guard)
        self._guard = None
        self._paused_s, self._stopped_at = self.paused_s, None

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """Answer SIGTSTP while the block runs, where there is such a signal and it was not ignored.

        Outside the main thread, which alone may handle signals, nothing is answered: whoever handles them there calls
        ``pause`` and ``resume``.
        """
        number = getattr(signal, "SIGTSTP", None)
        in_main = threading.current_thread() is threading.main_thread()
        if not in_main or number is None or signal.getsignal(number) is signal.SIG_IGN:
            yield
            return
        before = signal.signal(number, self._stop)
        try:
            yield
        finally:
            signal.signal(number, before)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.pause()
        try:
            os.kill(os.getpid(), signal.SIGSTOP)  # returns when the shell continues this process
        finally:
            self.resume()


def _guard_of(groups: tuple[int, ...]) -> "subprocess.Popen[bytes] | None":
    """A shell, in no terminal's reach, that kills these groups when this process ends before it is dismissed."""
    if not groups:
        return None
    with suppress(OSError):  # no shell: the groups are stopped all the same
        return subprocess.Popen(
            ["/bin/sh", "-c", _GUARD, "sh", *(f"-{group}" for group in groups)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    return None


def _dismiss(guard: "subprocess.Popen[bytes] | None") -> None:
    if guard is not None:
        with suppress(OSError):
            guard.communicate(b"\n")


def _signal(groups: Iterable[int], number: signal.Signals) -> None:
    for group in groups:
        with suppress(ProcessLookupError):
            os.killpg(group, number)
