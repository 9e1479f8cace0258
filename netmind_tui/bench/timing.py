"""When to start believing a rate and when to stop measuring it: cold, warm-up, burst, sustained.

Knows nothing of kernels or devices: it is given a function that runs n iterations and says how long they took.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from math import ceil

from netmind_tui.bench.statistics import is_level, relative_deviation
from netmind_tui.model.kernel import Phase, Window

SAMPLES_MIN = 10
RSD_LIMIT_CPU = 0.03
RSD_LIMIT_GPU = 0.01
_LEVEL_OVER = 6
_NOISE_WINDOW = 32
_NOISE_AGREEMENT = 0.05
_NOTICE_EVERY_S = 0.5


class Stop(StrEnum):
    """Why a phase ended."""

    CONVERGED = "converged"
    NOISE_STABLE = "noise-stable"
    CAP = "cap"
    ASKED = "asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How long to take and when a phase is good enough. Times in seconds; ``rsd_limit`` is a fraction."""

    setup_cap_s: float
    sample_s: float
    warm_up_cap_s: float
    burst: Window
    sustained: Window | None
    rsd_limit: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """How a phase goes: samples so far, the latest seconds per iteration, and the spread."""

    phase: Phase
    n: int
    seconds: float
    rsd: float | None
    elapsed_s: float
    cap_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The samples of one phase, in seconds per iteration, and why it ended."""

    samples: tuple[float, ...]
    elapsed_s: float
    stop: Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """All phases of one measurement. ``batch`` is how many iterations one sample holds."""

    cold_s: float
    warm_up_s: float
    batch: int
    burst: Series
    sustained: Series | None

    @property
    def certified(self) -> Series:
        """The phase whose median is the value."""
        return self.sustained or self.burst


class Stopwatch:
    """Runs the phases of one measurement.

    ``run`` performs n iterations, waits for them and returns the seconds they took; ``begin`` hears of each phase and
    ``notify``, at most twice a second, how it goes; ``asked_to_stop`` ends the current phase early; ``clock`` returns
    seconds.
    """

    def __init__(
        self,
        run: Callable[[int], float],
        rules: Rules,
        begin: Callable[[Phase], None],
        notify: Callable[[Notice], None],
        asked_to_stop: Callable[[], bool],
        clock: Callable[[], float],
    ) -> None:
        self._run = run
        self._rules = rules
        self._begin = begin
        self._notify = notify
        self._asked_to_stop = asked_to_stop
        self._clock = clock
        self._noticed_at = float("-inf")

    def measure(self, cold_s: float) -> Timing:
        """Go through warm-up, burst and sustained; ``cold_s`` is what the very first run took."""
        self._begin(Phase.WARM_UP)
        started = self._clock()
        batch = self._warm_up()
        warm_up_s = self._clock() - started
        burst = self._window(Phase.BURST, self._rules.burst, batch)
        sustained = None
        if self._rules.sustained and burst.stop is not Stop.ASKED:
            sustained = self._window(Phase.SUSTAINED, self._rules.sustained, batch)
        return Timing(cold_s=cold_s, warm_up_s=warm_up_s, batch=batch, burst=burst, sustained=sustained)

    def _warm_up(self) -> int:
        """Run until the time of an iteration is level, and return how many iterations make one sample."""
        started, batch = self._clock(), 1
        recent: deque[float] = deque(maxlen=_LEVEL_OVER)
        while True:
            seconds = self._run(batch)
            elapsed = self._clock() - started
            per_iteration = seconds / batch
            if seconds < self._rules.sample_s:
                # Too short to be read well: aim at the wished length, at most ten times as many at once.
                batch = max(batch + 1, min(10 * batch, ceil(1.1 * self._rules.sample_s / max(per_iteration, 1e-9))))
            recent.append(per_iteration)
            self._say(Phase.WARM_UP, list(recent), elapsed, self._rules.warm_up_cap_s)
            settled = seconds >= self._rules.sample_s
            if settled and len(recent) == _LEVEL_OVER and is_level(recent, self._rules.rsd_limit):
                return batch
            if (settled and elapsed >= self._rules.warm_up_cap_s) or self._asked_to_stop():
                return batch

    def _window(self, phase: Phase, window: Window, batch: int) -> Series:
        """Take samples until they agree, their noise is known, or the time is up."""
        self._begin(phase)
        started = self._clock()
        samples: list[float] = []
        noise: deque[float] = deque(maxlen=_NOISE_WINDOW)
        while True:
            samples.append(self._run(batch) / batch)
            elapsed = self._clock() - started
            spread = relative_deviation(samples)
            self._say(phase, samples, elapsed, window.cap_s)
            if spread is not None:
                noise.append(spread)
            stop = self._verdict(len(samples), spread, noise, elapsed, window)
            if stop is not None:
                return Series(samples=tuple(samples), elapsed_s=elapsed, stop=stop)

    def _verdict(
        self, n: int, spread: float | None, noise: deque[float], elapsed: float, window: Window
    ) -> Stop | None:
        if self._asked_to_stop():
            return Stop.ASKED
        enough = elapsed >= window.min_s and n >= SAMPLES_MIN
        if enough and spread is not None and spread < self._rules.rsd_limit:
            return Stop.CONVERGED
        if enough and len(noise) == _NOISE_WINDOW and max(noise) - min(noise) < _NOISE_AGREEMENT * min(noise):
            return Stop.NOISE_STABLE
        return Stop.CAP if elapsed >= window.cap_s else None

    def _say(self, phase: Phase, samples: list[float], elapsed: float, cap_s: float) -> None:
        now = self._clock()
        if now - self._noticed_at < _NOTICE_EVERY_S:
            return
        self._noticed_at = now
        self._notify(
            Notice(
                phase=phase,
                n=len(samples),
                seconds=samples[-1],
                rsd=relative_deviation(samples),
                elapsed_s=elapsed,
                cap_s=cap_s,
            )
        )
