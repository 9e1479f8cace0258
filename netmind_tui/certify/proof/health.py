"""What rows of a chain look like that did not collapse: how mixed, how far from clipping, and no two alike."""

from dataclasses import dataclass
from math import log2

import numpy as np
from numpy.typing import NDArray

ENTROPY_MIN_BITS = 5.5
SATURATED_MIN, SATURATED_MAX = 0.05, 0.50
_LOW, _HIGH = -128, 127


@dataclass(frozen=True, slots=True)
class Health:
    """Of some rows: the entropy of a byte in bits, the part that is clipped, and whether two rows are equal."""

    entropy_bits: float
    saturated: float
    distinct: bool

    @property
    def complaint(self) -> str | None:
        """In words, what a healthy chain does not give; ``None`` where there is nothing."""
        if not self.distinct:
            return "two of the opened rows are equal"
        if self.entropy_bits < ENTROPY_MIN_BITS:
            return f"the opened rows hold {self.entropy_bits:.1f} bits a byte, at least {ENTROPY_MIN_BITS} are expected"
        if not SATURATED_MIN <= self.saturated <= SATURATED_MAX:
            bounds = f"{SATURATED_MIN:.0%} to {SATURATED_MAX:.0%}"
            return f"{self.saturated:.0%} of the opened bytes are clipped, {bounds} are expected"
        return None


def health_of(rows: NDArray[np.int8]) -> Health:
    """The health of rows of the same chain, shape ``(count, n)``."""
    counts = np.bincount(rows.reshape(-1).view(np.uint8), minlength=256) / rows.size
    entropy = -sum(part * log2(part) for part in counts.tolist() if part)
    clipped = float(counts[_LOW & 0xFF] + counts[_HIGH])
    return Health(entropy, clipped, distinct=len({row.tobytes() for row in rows}) == len(rows))
