"""Samples between the thread that takes them and the interface."""

from collections import deque
from collections.abc import Callable
from time import monotonic

from netmind_tui.model.sample import Sample

_KEPT = 600
_SILENT_FROM_S = 3.0


class Inbox:
    """Nobody waits for the other, and the oldest samples give way."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._samples: deque[Sample] = deque(maxlen=_KEPT)
        self._clock = clock
        self._heard_at = clock()

    def put(self, sample: Sample) -> None:
        """Take in a sample; from any thread."""
        self._samples.append(sample)
        self._heard_at = self._clock()

    def take(self) -> list[Sample]:
        """Those since the last call, oldest first."""
        taken = []
        while self._samples:
            taken.append(self._samples.popleft())
        return taken

    def silent_s(self) -> float:
        """For how long none has come, once that is remarkable."""
        silent = self._clock() - self._heard_at
        return silent if silent >= _SILENT_FROM_S else 0.0
