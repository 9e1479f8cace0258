"""Keeps a device at work for a share of the time: pieces of work, rests between them, and results looked at."""

import threading
from collections.abc import Callable
from math import ceil, inf
from time import perf_counter

import msgspec

from netmind_tui.bench.protocol import Event, Exert, Exerted
from netmind_tui.bench.rotation import Rotation

PIECE_S = 0.05
"""How long one piece of work is to take: short enough that power and heat are even, and that a stop is heard soon."""
LATE_S = 0.5
"""What takes so much longer than it should was held up: the process was suspended, and time passed without it."""


class Exertion:
    """Works and rests; whatever else happens to the process meanwhile is no work.

    Args:
        rotation: what it runs.
        inputs: how many rotating inputs that has.
        ask: the share, and how often to tell and to check.
        say: sends an event.
        stop_asked: set when it is to end.
        clock: seconds.
        rest: waits so long, or until it is to end.
    """

    def __init__(
        self,
        rotation: Rotation,
        inputs: int,
        ask: Exert,
        say: Callable[[Event], None],
        stop_asked: threading.Event,
        *,
        clock: Callable[[], float] = perf_counter,
        rest: Callable[[float], object] | None = None,
    ) -> None:
        self._rotation = rotation
        self._inputs = inputs
        self._ask = ask
        self._say = say
        self._stop_asked = stop_asked
        self._clock = clock
        self._rest = rest or stop_asked.wait
        self._rest_share = 100 / ask.load_pct - 1
        self._batch = 1
        self._expected_s: float | None = None
        self._check_s: float | None = None
        self._was_late = False
        self._unchecked_s = 0.0
        self._told_s = 0.0
        self._done = Exerted(iterations=0, busy_s=0.0, elapsed_s=0.0)

    def run(self) -> Exerted:
        """Until told to stop, or until a result is wrong; the last of what was done."""
        self._check()
        while self._done.wrong is None and not self._is_over():
            busy_s = self._work()
            self._pause(min(busy_s * self._rest_share, self._left_s))
            if self._unchecked_s >= self._ask.check_s:
                self._check()
            if self._done.elapsed_s >= self._ask.tell_s and self._done.wrong is None:
                self._say(self._done)
                self._told_s += self._done.elapsed_s
                self._done = Exerted(iterations=0, busy_s=0.0, elapsed_s=0.0)
        if self._done.wrong is None:
            self._check()
        return msgspec.structs.replace(self._done, is_last=True)

    @property
    def _left_s(self) -> float:
        return inf if self._ask.for_s is None else self._ask.for_s - self._told_s - self._done.elapsed_s

    def _is_over(self) -> bool:
        return self._stop_asked.is_set() or self._left_s <= 0

    def _work(self) -> float:
        """One piece of work, and the seconds it took; none where they do not tell."""
        seconds, iterations = self._rotation.run(self._batch), self._batch
        if self._is_late(seconds):
            return 0.0
        self._expected_s = seconds / iterations
        self._batch = max(1, min(10 * iterations, ceil(PIECE_S / max(self._expected_s, 1e-9))))
        self._add(seconds, busy_s=seconds, iterations=iterations)
        return seconds

    def _is_late(self, seconds: float) -> bool:
        """Whether a piece was held up; two in a row are slow, and nothing else."""
        expected_s = self._expected_s
        late = expected_s is not None and seconds > 2 * expected_s * self._batch + LATE_S
        self._was_late, late = late, late and not self._was_late
        return late

    def _pause(self, seconds: float) -> None:
        """Rest; what it took beyond that by far is not counted."""
        if seconds <= 0:
            return
        began = self._clock()
        self._rest(seconds)
        took = self._clock() - began
        self._add(took if took <= seconds + LATE_S else seconds)

    def _check(self) -> None:
        """Make every result anew and look at it."""
        began = self._clock()
        self._rotation.spoil()
        self._rotation.run(self._inputs)
        check = self._rotation.check()
        took = self._clock() - began
        if self._check_s is None or took <= 2 * self._check_s + LATE_S:
            self._check_s = took
        self._add(self._check_s)
        self._unchecked_s = 0.0
        checks = self._done.checks + check.ok
        self._done = msgspec.structs.replace(self._done, checks=checks, wrong=None if check.ok else check)

    def _add(self, seconds: float, *, busy_s: float = 0.0, iterations: int = 0) -> None:
        self._unchecked_s += seconds
        done = self._done
        self._done = msgspec.structs.replace(
            done,
            iterations=done.iterations + iterations,
            busy_s=done.busy_s + busy_s,
            elapsed_s=done.elapsed_s + seconds,
        )
