"""Ctrl-Z stops the workers too: a load that nobody watches is no measurement, and not what was asked for."""

import os
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from types import FrameType


class JobControl:
    """Stops process groups together with this process. ``paused_s`` is how long that lasted in all, in seconds."""

    def __init__(self, groups: Callable[[], Iterable[int]]) -> None:
        self._groups = groups
        self.paused_s = 0.0

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """Answer SIGTSTP while the block runs, where there is such a signal and it was not ignored."""
        number = getattr(signal, "SIGTSTP", None)
        if number is None or signal.getsignal(number) is signal.SIG_IGN:
            yield
            return
        before = signal.signal(number, self._stop)
        try:
            yield
        finally:
            signal.signal(number, before)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        stopped_at, groups = monotonic(), tuple(self._groups())
        _signal(groups, signal.SIGSTOP)
        try:
            os.kill(os.getpid(), signal.SIGSTOP)  # returns when the shell continues this process
        finally:
            _signal(groups, signal.SIGCONT)
        self.paused_s += monotonic() - stopped_at


def _signal(groups: Iterable[int], number: signal.Signals) -> None:
    for group in groups:
        with suppress(ProcessLookupError):
            os.killpg(group, number)
