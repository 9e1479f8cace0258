"""Matrix times vector with 4-bit weights: what decides how fast a language model writes.

The data is chosen so that nothing rounds: activations are whole numbers whose every block reaches 127, so that a
runtime that quantises them to 8 bits gets the same numbers back, and scales are powers of two. The result is exact.
"""

import numpy as np
from numpy.typing import NDArray

from netmind_tui.bench.check import Check
from netmind_tui.bench.data import raw_bytes
from netmind_tui.bench.family.base import Exercise, OpenSession, Task

ROTATING = 2
BLOCK = 32
_LARGEST = 127
_SAMPLED_ROWS = 1024
_ZERO_POINT = 8


def prepare(task: Task, open_session: OpenSession) -> Exercise:
    """Make packed weights (n, k / 32, 16), their scales, and the rotating vectors."""
    n, k = task.variant.shape["n"], task.variant.shape["k"]
    packed = raw_bytes(n * k // 2, task.seed, task.kernel.id, "B").reshape(n, k // BLOCK, BLOCK // 2)
    exponents = -6 - (raw_bytes(n * k // BLOCK, task.seed, task.kernel.id, "S") & 3).astype(np.int32)
    scales = np.ldexp(np.float32(1), exponents).astype(np.float32)
    rotating = [_activations(k, task, index) for index in range(ROTATING)]
    session = open_session({"B": packed, "S": scales})
    bindings = [session.bind({"A": a}, np.empty((1, n), np.float32)) for a in rotating]
    rows = np.linspace(0, n - 1, min(n, _SAMPLED_ROWS)).astype(np.int64)
    weights = _unpacked(packed[rows], scales.reshape(n, k // BLOCK)[rows])
    first: dict[int, NDArray[np.generic]] = {}

    def check(index: int) -> Check:
        result = bindings[index].result()
        right = _is_right(result, weights, rows, rotating[index])
        # The rows that are not computed again must at least not change under load.
        right = right and np.array_equal(first.setdefault(index, result.copy()), result)
        return Check("exact rows", right, 0.0 if right else None)

    return Exercise(task.variant.shape, session, bindings, check)


def _activations(k: int, task: Task, index: int) -> NDArray[np.float32]:
    """Whole numbers in [-127, 127], shape (1, k), the first of each block 127."""
    values = raw_bytes(k, task.seed, task.kernel.id, "A", str(index)).view(np.int8).astype(np.float32)
    values = np.maximum(values, -_LARGEST)
    values[::BLOCK] = _LARGEST
    return values.reshape(1, k)


def _unpacked(packed: NDArray[np.uint8], scales: NDArray[np.float32]) -> NDArray[np.float64]:
    """Weights (rows, k): of each byte first the low and then the high four bits, less 8, times the block's scale."""
    rows, blocks, half = packed.shape
    values = np.empty((rows, blocks, 2 * half))
    values[:, :, 0::2] = packed & 15
    values[:, :, 1::2] = packed >> 4
    values -= _ZERO_POINT
    values *= scales[:, :, None]
    return values.reshape(rows, blocks * 2 * half)


def _is_right(
    result: NDArray[np.generic], weights: NDArray[np.float64], rows: NDArray[np.int64], vector: NDArray[np.float32]
) -> bool:
    exact = weights @ vector[0].astype(np.float64)
    return bool(np.array_equal(result.reshape(-1)[rows].astype(np.float64), exact))
