"""How long work that ended by itself waits before it is started again: longer each time, until it ran well."""

from dataclasses import dataclass

FIRST_S, LONGEST_S = 5.0, 600.0
WELL_S = 600.0
"""Work that ran this long counts as having run well: what failed before is forgotten."""
_MOST = 16


@dataclass(frozen=True, slots=True)
class Backoff:
    """How often it ended in a row, with which of them as failures, and until when (monotonic) it waits."""

    times: int = 0
    failures: int = 0
    wait_s: float = 0.0
    until_s: float = 0.0

    def after(self, lasted_s: float, now_s: float, *, failed: bool) -> "Backoff":
        """It ended once more, by itself, after so long."""
        before = Backoff() if lasted_s >= WELL_S else self
        if lasted_s >= WELL_S and not failed:
            return before
        times = before.times + 1
        wait_s = min(FIRST_S * 2 ** min(times - 1, _MOST), LONGEST_S)
        return Backoff(times, before.failures + 1 if failed else 0, wait_s, now_s + wait_s)

    def waits(self, now_s: float) -> bool:
        """Whether it is too early to start it again."""
        return now_s < self.until_s
