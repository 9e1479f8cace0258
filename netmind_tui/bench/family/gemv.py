"""Matrix times vector with 4-bit weights: what decides how fast a language model writes.

The data is chosen so that nothing rounds, and the result is exact. How differs with the activations' type:

fp32, on CPUs: a runtime may quantise activations to 8 bits on the way. They are whole numbers whose every block
reaches 127, so that it gets the same numbers back. Scales are powers of two.

fp16, on GPUs: sums may be kept in half precision, in any order. Of each vector 128 activations are 1 or -1 and the
others 0; a weight is at most 8, and its scale one unit or two: no sum over any part of them is more than
128 · 8 · 2 = 2048 units, up to which half precision holds every whole number. The vectors share out the columns among
them, so that together they meet every weight.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netmind_tui.bench.check import Check
from netmind_tui.bench.data import raw_bytes
from netmind_tui.bench.family.base import Exercise, OpenSession, Task
from netmind_tui.model.kernel import Provider

ROTATING = 2
BLOCK = 32
ACTIVE = 128
"""Activations of a vector in fp16 that are not zero."""

_SCALES = np.ldexp(np.float32(1), [-6, -7, -8, -9])
_LARGEST = 127
_SAMPLED_ROWS = 1024
_ZERO_POINT = 8


@dataclass(frozen=True, slots=True)
class Operands:
    """Packed weights (n, k / 32, 16), their scales (n · k / 32) and the vectors (1, k), in the type of activations."""

    packed: NDArray[np.uint8]
    scales: NDArray[np.floating[Any]]
    vectors: Sequence[NDArray[np.floating[Any]]]


def operands(task: Task) -> Operands:
    """Everything from the seed, for the task's provider."""
    n, k = task.variant.shape["n"], task.variant.shape["k"]
    packed = raw_bytes(n * k // 2, task.seed, task.kernel.id, "B").reshape(n, k // BLOCK, BLOCK // 2)
    drawn = raw_bytes(n * k // BLOCK, task.seed, task.kernel.id, "S")
    if task.variant.provider is Provider.CPU:
        scales = _SCALES[drawn & 3]
        return Operands(packed, scales, [_dense(k, task, index) for index in range(ROTATING)])
    halves = _SCALES.astype(np.float16)[drawn & 1]
    return Operands(packed, halves, [_sparse(k, task, index) for index in range(k // ACTIVE)])


def prepare(task: Task, open_session: OpenSession) -> Exercise:
    """Make the operands, open the session and bind each vector."""
    n, k = task.variant.shape["n"], task.variant.shape["k"]
    made = operands(task)
    session = open_session({"B": made.packed, "S": made.scales})
    bindings = [session.bind({"A": vector}, np.empty((1, n), vector.dtype)) for vector in made.vectors]
    rows = np.linspace(0, n - 1, min(n, _SAMPLED_ROWS)).astype(np.int64)
    exact = unpacked(made.packed[rows], made.scales.reshape(n, k // BLOCK)[rows]) @ np.concatenate(made.vectors).T
    first: dict[int, NDArray[np.generic]] = {}

    def check(index: int) -> Check:
        result = bindings[index].result()
        right = np.array_equal(result.reshape(-1)[rows], exact[:, index])
        # The rows that are not computed again must at least not change under load.
        right = right and np.array_equal(first.setdefault(index, result.copy()), result)
        return Check("exact rows", right, 0.0 if right else None, len(rows))

    return Exercise(task.variant.shape, session, bindings, check)


def _dense(k: int, task: Task, index: int) -> NDArray[np.float32]:
    """Whole numbers in [-127, 127], shape (1, k), the first of each block 127."""
    values = raw_bytes(k, task.seed, task.kernel.id, "A", str(index)).view(np.int8).astype(np.float32)
    values = np.maximum(values, -_LARGEST)
    values[::BLOCK] = _LARGEST
    return values.reshape(1, k)


def _sparse(k: int, task: Task, index: int) -> NDArray[np.float16]:
    """1 or -1 in the columns that are this vector's, from ``index`` on in even steps, and 0 elsewhere; shape (1, k)."""
    values = np.zeros((1, k), np.float16)
    signs = raw_bytes(ACTIVE, task.seed, task.kernel.id, "A", str(index)) & 1
    values[0, index :: k // ACTIVE] = np.where(signs, -1, 1)
    return values


def unpacked(packed: NDArray[np.uint8], scales: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Weights (rows, k): of each byte first the low and then the high four bits, less 8, times the block's scale."""
    rows, blocks, half = packed.shape
    values = np.empty((rows, blocks, 2 * half))
    values[:, :, 0::2] = packed & 15
    values[:, :, 1::2] = packed >> 4
    values -= _ZERO_POINT
    values *= scales[:, :, None]
    return values.reshape(rows, blocks * 2 * half)
