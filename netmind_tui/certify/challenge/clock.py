"""What a challenger needs of the world: the time, and dice that nobody can foresee. Tests give their own."""

import secrets
import time
from datetime import UTC, datetime
from typing import Protocol

from netmind_tui.certify.challenge.message import NONCE_BYTES


class Clock(Protocol):
    """The time of day, and one that only ever runs forward."""

    def now(self) -> datetime:
        """The time of day."""

    def elapsed(self) -> float:
        """Seconds since some moment; no clock that is set moves it."""


class Dice(Protocol):
    """What must not be foreseen."""

    def nonce(self) -> str:
        """A word of 256 random bits."""

    def rows(self, total: int, count: int) -> tuple[int, ...]:
        """So many different numbers below ``total``."""

    def between(self, low: float, high: float) -> float:
        """A number from ``low`` to ``high``."""


class RealClock:
    """This machine's clocks. The second one goes on while the machine sleeps, where there is such a one."""

    _KIND = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))

    def now(self) -> datetime:
        """The time of day."""
        return datetime.now(UTC)

    def elapsed(self) -> float:
        """Seconds since this machine started."""
        return time.monotonic() if self._KIND is None else time.clock_gettime(self._KIND)


class RealDice:
    """The operating system's randomness."""

    def __init__(self) -> None:
        self._random = secrets.SystemRandom()

    def nonce(self) -> str:
        """A word of 256 random bits."""
        return secrets.token_hex(NONCE_BYTES)

    def rows(self, total: int, count: int) -> tuple[int, ...]:
        """So many different numbers below ``total``."""
        return tuple(self._random.sample(range(total), count))

    def between(self, low: float, high: float) -> float:
        """A number from ``low`` to ``high``."""
        return self._random.uniform(low, high)
