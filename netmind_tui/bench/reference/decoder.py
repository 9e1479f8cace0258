"""One transformer block of the shape of Llama 3 8B in float64, stage by stage (A. Grattafiori et al., 2024).

Each stage is computed from what the runtime says of the stage before, so that rounding does not pile up and one wrong
weight is seen where it acts. All links together lead from the input to the output and the cache.

Multiplying by 4-bit weights, a runtime may first round the activations to 8 bits: not at all, in blocks of 32, or a
token at a time. Which of them it did is what fits; a wrong result fits none.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

EPSILON = 1e-5
THETA = 500_000.0
BLOCK = 32
_LARGEST, _STEPS, _ZERO_POINT = 127, 255, 8
_PIECE = 2**18
PRODUCTS = {
    "q": ("normal1", "query"),
    "k": ("normal1", "key"),
    "v": ("normal1", "value"),
    "o": ("mixed", "attended"),
    "g": ("normal2", "gate"),
    "u": ("normal2", "up"),
    "d": ("inner", "down"),
}
"""Each matrix, with the stage before and the stage after it."""

Wide = NDArray[np.float64]
Single = NDArray[np.float32]
Array = NDArray[Any]
Pair = tuple[Array, Wide]
"""What was found, and what is right."""

# Two 4-bit weights less 8, of each byte first the low half: a complex number is a pair that is looked up at once.
_PAIRS = (np.arange(256) % 16 - _ZERO_POINT) + 1j * (np.arange(256) // 16 - _ZERO_POINT)


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of the block took and left.

    ``stages`` are the outputs by name, shape (tokens, width), and ``X`` the input; caches have the shape (heads,
    capacity, head). ``position`` is that of the first token; ``sampled`` are the tokens that are computed again where
    that costs more than a moment.
    """

    stages: Mapping[str, Array]
    before: tuple[Array, Array]
    after: tuple[Array, Array]
    position: int
    sampled: Sequence[int]


def links(run: Run, weights: Mapping[str, Array]) -> Iterator[Pair]:
    """Every stage but the products with matrices, and what the cache must hold."""
    stage = {name: values.astype(np.float64) for name, values in run.stages.items()}
    yield run.stages["normal1"], _normalise(stage["X"], weights["n1"])
    yield run.stages["sum"], stage["X"] + stage["attended"]
    yield run.stages["normal2"], _normalise(stage["X"] + stage["attended"], weights["n2"])
    gate = stage["gate"]
    yield run.stages["inner"], gate / (1 + np.exp(-gate)) * stage["up"]
    yield run.stages["Y"], stage["sum"] + stage["down"]
    yield from _cached(run, stage)
    yield _attended(run, stage["query"])


def products(runs: Sequence[Run], name: str, weights: Mapping[str, Array]) -> Iterator[tuple[Array, list[Wide]]]:
    """For each run, what was found behind one matrix, and each result that would be right."""
    before, after = PRODUCTS[name]
    x = np.concatenate([run.stages[before][run.sampled] for run in runs])
    starts = np.cumsum([len(run.sampled) for run in runs])[:-1]
    if f"{name}.scale" in weights:
        rounded = [x.astype(np.float64), _rounded_by_block(x), _rounded_by_token(x)]
        whole = _times_packed(np.concatenate(rounded), weights[name], weights[f"{name}.scale"])
        right = np.split(whole, len(rounded))
    else:
        right = [_times(x.astype(np.float64), weights[name])]
    parts = zip(*(np.split(each, starts) for each in right), strict=True)
    for run, results in zip(runs, parts, strict=True):
        yield run.stages[after][run.sampled], list(results)


def angles(positions: NDArray[np.int64], head: int) -> Wide:
    """By how much each pair of numbers of a head is turned, shape (positions, head / 2)."""
    turns: Wide = positions[:, np.newaxis] * THETA ** (-np.arange(head // 2) / (head // 2))
    return turns


def _normalise(x: Wide, weight: Array) -> Wide:
    scaled: Wide = x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + EPSILON) * weight.astype(np.float64)
    return scaled


def _turned(x: Wide, head: int, position: int) -> Wide:
    """Heads (tokens, heads, head) turned by their position: number i and number i + head / 2 are one complex number."""
    parts = x.reshape(len(x), -1, head)
    turns = np.exp(1j * angles(np.arange(position, position + len(x)), head))[:, np.newaxis]
    turned = (parts[:, :, : head // 2] + 1j * parts[:, :, head // 2 :]) * turns
    return np.concatenate([turned.real, turned.imag], axis=-1)


def _cached(run: Run, stage: Mapping[str, Wide]) -> Iterator[Pair]:
    """The new tokens' keys and values are where they belong, and nothing else has changed."""
    head, count = run.after[0].shape[2], len(stage["X"])
    new = (_turned(stage["key"], head, run.position), stage["value"].reshape(count, -1, head))
    for before, after, values in zip(run.before, run.after, new, strict=True):
        expected = before.astype(np.float64)
        expected[:, run.position : run.position + count] = values.swapaxes(0, 1)
        yield after, expected


def _attended(run: Run, query: Wide) -> Pair:
    """What each sampled token takes from itself and all before it."""
    keys, values = (cache.astype(np.float64) for cache in run.after)
    shared, _, head = keys.shape
    turned = _turned(query, head, run.position)
    mixed = []
    for token in run.sampled:
        end = run.position + token + 1
        scores = turned[token].reshape(shared, -1, head) @ keys[:, :end].swapaxes(1, 2) / sqrt(head)
        powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
        mixed.append((powers / powers.sum(axis=-1, keepdims=True) @ values[:, :end]).reshape(-1))
    return run.stages["mixed"][run.sampled], np.array(mixed)


def _times(x: Wide, weight: Array) -> Wide:
    """``x`` (rows, k) times ``weight`` (k, n), widened in pieces that stay in the cache."""
    product = np.zeros((len(x), weight.shape[1]))
    step = max(1, _PIECE // weight.shape[1])
    for start in range(0, weight.shape[0], step):
        product += x[:, start : start + step] @ weight[start : start + step].astype(np.float64)
    return product


def _times_packed(x: Wide, packed: NDArray[np.uint8], scales: Array) -> Wide:
    """``x`` (rows, k) times 4-bit weights (n, blocks, 16), each block with a scale; n columns at a time."""
    columns, blocks, _ = packed.shape
    scales = scales.reshape(columns, blocks, 1)
    product = np.empty((len(x), columns))
    step = max(1, _PIECE // (blocks * BLOCK))
    for start in range(0, columns, step):
        part = slice(start, start + step)
        weight = _PAIRS.take(packed[part]).view(np.float64)
        weight *= scales[part]
        product[:, part] = x @ weight.reshape(-1, blocks * BLOCK).T
    return product


def _rounded_by_block(x: Array) -> Wide:
    """Activations as whole multiples of 1 / 127 of the largest of their block, in the runtime's own precision."""
    blocks = x.astype(np.float32).reshape(len(x), -1, BLOCK)
    largest = np.abs(blocks).max(axis=-1, keepdims=True)
    with np.errstate(divide="ignore"):
        inverse = np.where(largest > 0, np.float32(_LARGEST) / largest, np.float32(0))
    rounded: Wide = np.rint(blocks * inverse).astype(np.float64) * (largest / np.float32(_LARGEST))
    return rounded.reshape(x.shape)


def _rounded_by_token(x: Array) -> Wide:
    """Activations as whole multiples of 1 / 255 of the span from the least to the largest of their token."""
    single = x.astype(np.float32)
    least = np.minimum(single.min(axis=-1, keepdims=True), np.float32(0))
    span = np.maximum(single.max(axis=-1, keepdims=True), np.float32(0)) - least
    step = np.where(span > 0, span / np.float32(_STEPS), np.float32(1))
    zero = np.rint(-least / step)
    whole = np.clip(np.rint(single / step) + zero, 0, _STEPS) - zero
    rounded: Wide = whole.astype(np.float64) * step
    return rounded
