"""One moment by which all of a challenge is over, whoever makes it slow."""

from netmind_tui.certify.challenge.clock import Clock
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

LONGEST_S = 3600.0
"""No challenge takes longer: the catalogue's chains are made so that none has to."""


class Deadline:
    """So many seconds from now on. ``check`` is called wherever somebody waits or computes."""

    def __init__(self, clock: Clock, seconds: float = LONGEST_S) -> None:
        self._clock, self._seconds = clock, seconds
        self._until = clock.elapsed() + seconds

    def left(self) -> float:
        """How many seconds are left.

        Raises:
            Problem: none.
        """
        left = self._until - self._clock.elapsed()
        if left <= 0:
            words = f"the challenge took longer than the {self._seconds:g} s that are allowed, and was ended"
            raise Problem(words, ExitCode.UNMEASURED)
        return left

    def at_most(self, seconds: float) -> "Deadline":
        """This one, or one in so many seconds, whichever is sooner.

        Raises:
            Problem: no time is left.
        """
        return self if self.left() <= seconds else Deadline(self._clock, seconds)

    def check(self) -> None:
        """End what takes too long.

        Raises:
            Problem: no time is left.
        """
        self.left()
