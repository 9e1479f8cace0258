"""Ctrl-Z stops the workers too: a load that nobody watches is no measurement, and not what was asked for."""

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from types import FrameType


class JobControl:
    """Stops process groups together with this process. ``paused_s`` is how long that lasted in all, in seconds."""

    def __init__(self, groups: Callable[[], Iterable[int]]) -> None:
        self._groups = groups
        self._paused_s = 0.0
        self._stopped_at: float | None = None

    @property
    def paused_s(self) -> float:
        """The pauses so far; one that goes on counts up to now."""
        stopped_at = self._stopped_at
        return self._paused_s + (0.0 if stopped_at is None else monotonic() - stopped_at)

    def pause(self) -> None:
        """Stop the groups, for this process is about to be stopped."""
        self._stopped_at = monotonic()
        _signal(tuple(self._groups()), signal.SIGSTOP)

    def resume(self) -> None:
        """Let the groups go on."""
        if self._stopped_at is None:
            return
        _signal(tuple(self._groups()), signal.SIGCONT)
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


def _signal(groups: Iterable[int], number: signal.Signals) -> None:
    for group in groups:
        with suppress(ProcessLookupError):
            os.killpg(group, number)
