"""Is the result right? Exact where arithmetic is exact, bounded by rounding where it is not.

Everything here runs on one thread: a second thread pool beside ONNX Runtime's would slow both.
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netmind_tui.bench.check import Check
from netmind_tui.bench.data import raw_bytes

Float = np.floating[Any]

MERSENNE_31 = 2**31 - 1
_BLOCK = 512
_SAMPLED_ROWS = 32
_GROUPS = 32


def check_digest(result: NDArray[np.generic], golden: str) -> Check:
    """Compare the SHA-256 of the little-endian bytes with a known one."""
    found = _digest(result)
    return Check("sha256", found == golden, 0.0 if found == golden else None)


def check_integer_product(
    a: NDArray[np.generic], b: NDArray[np.int8], c: NDArray[np.int32], *, seed: int, rounds: int = 2
) -> Check:
    """Freivalds' check modulo 2^31 - 1: ``C v = A (B v)`` for random ``v``; a wrong C passes with p < 2^-61.

    R. Freivalds, "Probabilistic machines can use less running time", IFIP 1977. Shapes: A (m, k), B (k, n), C (m, n).
    The vectors depend on C itself, so no result can be prepared for them.
    """
    width = c.shape[1]
    for index in range(rounds):
        drawn = raw_bytes(4 * width, seed, "freivalds", _digest(c), str(index))
        vector = drawn.view("<u4").astype(np.int64) % MERSENNE_31
        projected = _times(b, vector)
        if not np.array_equal(_times(a, projected), _times(c, vector)):
            return Check("freivalds", ok=False, error=None)
    return Check("freivalds", ok=True, error=0.0)


class FloatProduct:
    """What ``C = A B`` must be within rounding, in float64, prepared once and held against any number of results.

    Sampled rows are known element by element. Every other element is known through sums: each row is projected on
    random signs in groups of columns, so that a single wrong element anywhere moves a sum. Errors are relative to
    ``(|A| |B|)``, the scale of rounding (N. Higham, "Accuracy and Stability of Numerical Algorithms", §3.5), for sums
    that of independent errors. NaN is an error. The signs come from the seed: this finds accidents, not forgers.

    Shapes: A (m, k), B (k, n), C (m, n). Works in blocks, so that float64 copies stay small beside the operands.
    """

    def __init__(self, a: NDArray[Float], b: NDArray[Float], seed: int) -> None:
        width = b.shape[1]
        self._rows = _sampled_rows(a.shape[0], seed)
        self._groups = np.array_split(np.arange(width), min(_GROUPS, width))
        self._signs = (raw_bytes(width, seed, "signs") & 1).astype(np.float64) * 2 - 1
        sampled = a[self._rows].astype(np.float64)
        self._expected_rows = np.empty((len(self._rows), width))
        self._row_scale = np.empty_like(self._expected_rows)
        projected = np.empty((b.shape[0], len(self._groups)))
        reach = np.empty_like(projected)
        for number, columns in enumerate(self._groups):
            part = b[:, columns[0] : columns[-1] + 1].astype(np.float64)
            self._expected_rows[:, columns] = sampled @ part
            projected[:, number] = part @ self._signs[columns]
            np.abs(part, out=part)
            self._row_scale[:, columns] = np.abs(sampled) @ part
            reach[:, number] = part.sum(axis=1) / np.sqrt(len(columns))
        self._expected_sums = np.empty((a.shape[0], len(self._groups)))
        self._sum_scale = np.empty_like(self._expected_sums)
        for rows in _blocks(a.shape[0]):
            part = a[rows].astype(np.float64)
            self._expected_sums[rows] = part @ projected
            self._sum_scale[rows] = np.abs(part) @ reach

    def check(self, c: NDArray[Float], tolerance: float) -> Check:
        """Compare one result; ``tolerance`` is the largest accepted relative error."""
        worst = _largest(c[self._rows] - self._expected_rows, self._row_scale)
        starts = [columns[0] for columns in self._groups]
        for rows in _blocks(c.shape[0]):
            sums = np.add.reduceat(c[rows] * self._signs, starts, axis=1)
            worst = max(worst, _largest(sums - self._expected_sums[rows], self._sum_scale[rows]))
        finite = bool(np.isfinite(worst))
        error = float(worst) if finite else None
        return Check("float64", finite and worst <= tolerance, error, len(self._rows))


def check_sum(a: NDArray[np.float32], b: NDArray[np.float32], c: NDArray[np.float32]) -> Check:
    """Compare ``c = a + b`` bit by bit: one rounded addition is the same on every device."""
    step = _BLOCK * _BLOCK
    for start in range(0, c.size, step):
        part = slice(start, start + step)
        if not np.array_equal((a[part] + b[part]).view(np.uint32), c[part].view(np.uint32)):
            return Check("bitwise", ok=False, error=None)
    return Check("bitwise", ok=True, error=0.0)


def _digest(result: NDArray[np.generic]) -> str:
    little = np.ascontiguousarray(result).astype(result.dtype.newbyteorder("<"), copy=False)
    return sha256(little.data).hexdigest()


def _times(matrix: NDArray[np.generic], vector: NDArray[np.int64]) -> NDArray[np.int64]:
    """``matrix @ vector`` modulo 2^31 - 1, the vector split at 16 bits so that no sum leaves 63 bits."""
    product = np.empty(matrix.shape[0], np.int64)
    for rows in _blocks(matrix.shape[0]):
        wide = matrix[rows].astype(np.int64)
        high = (wide @ (vector >> 16)) % MERSENNE_31
        low = (wide @ (vector & 0xFFFF)) % MERSENNE_31
        product[rows] = (high * 65536 + low) % MERSENNE_31
    return product


def _blocks(rows: int) -> Iterator[slice]:
    return (slice(start, start + _BLOCK) for start in range(0, rows, _BLOCK))


def _sampled_rows(rows: int, seed: int) -> NDArray[np.int64]:
    drawn = raw_bytes(4 * _SAMPLED_ROWS, seed, "rows").view("<u4").astype(np.int64) % rows
    return np.unique(np.concatenate([drawn, np.array([0, rows - 1])]))


def _largest(difference: NDArray[np.float64], scale: NDArray[np.float64]) -> float:
    """The largest relative error; NaN or infinity anywhere makes it infinite."""
    relative = np.abs(difference) / scale
    return float(relative.max()) if np.isfinite(relative).all() else float("inf")
