"""One transformer block with a key and value cache: a prompt at once (prefill), and one token after it (decode).

Both kernels run the same session. Every iteration writes the same places of the cache, so that the work is constant.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from math import log2
from typing import Any

import numpy as np

from netmind_tui.bench.catalog import Weight, read_weights
from netmind_tui.bench.check import Check
from netmind_tui.bench.data import raw_bytes, scaled_fp32, uniform_fp32
from netmind_tui.bench.family.base import Array, Cache, CachedBinding, Exercise, OpenSession, Session, Task
from netmind_tui.bench.family.network import is_varied, relative_error
from netmind_tui.bench.reference.decoder import BLOCK, PRODUCTS, Run, angles, links, products
from netmind_tui.model.kernel import Provider

ROTATING = 2
PROMPT = 4
"""Tokens of the twin's prompt."""

_SCOPE = "decoder"
_CACHES = ("key", "value")
_CACHED_SCALE = 1.7
_LASTING = ("Y", "present_key", "present_value")
_MATRIX = 2
Caches = tuple[Array, Array]
Stages = Mapping[str, Array]


@dataclass(frozen=True, slots=True)
class _Block:
    """The session, and the weights that it should have."""

    session: Session
    weights: Mapping[str, Array]


@dataclass(frozen=True, slots=True)
class _Input:
    """What one run takes: hidden states (1, tokens, hidden) from ``position`` on, and the caches before."""

    x: Array
    position: int
    caches: Caches

    def feeds(self) -> dict[str, Array]:
        """Inputs by name; the runtime counts from the last token, and wants the length of all of them too."""
        context = self.position + self.x.shape[1]
        return {"X": self.x, "last": np.array([context - 1], np.int32), "context": np.array([context], np.int32)}

    def bound(self) -> list[Cache]:
        """Copies of the caches for one run after the other; written are the places of its tokens."""
        written = (slice(None), slice(None), slice(self.position, self.position + self.x.shape[1]))
        copies = zip(_CACHES, self.caches, strict=True)
        return [Cache(f"past_{name}", f"present_{name}", values.copy(), written) for name, values in copies]


def prepare(task: Task, open_session: OpenSession) -> Exercise:
    """Open the session or take over that of the other kernel, and bind each input with caches of its own."""
    shape = task.variant.shape
    block = open_session.once(lambda: _open(task, open_session))
    inputs = [
        _input(task, shape["tokens"], shape["context"] - shape["tokens"], str(index)) for index in range(ROTATING)
    ]
    bindings = [block.session.bind(each.feeds(), np.empty_like(each.x), each.bound()) for each in inputs]
    proof: list[_Proof] = []

    def check(index: int) -> Check:
        if not proof:
            proof.append(_Proof(task, block, inputs))
        return proof[0].check(index, bindings[index])

    return Exercise(shape, block.session, bindings, check)


class _Proof:
    """What is known of the right results, found at the first check and held against every later one.

    A short prompt and one token after it, and the first and last token of each input that is timed, are held against
    float64 stage by stage. Later the twin must give the same again, and the timed runs what was found for their input.
    """

    def __init__(self, task: Task, block: _Block, inputs: Sequence[_Input]) -> None:
        self._exact = task.variant.provider is Provider.CPU
        self._tolerance = task.kernel.tolerance_for(task.variant)
        self._session = block.session
        self._prompt = _input(task, PROMPT, 0, "prompt")
        self._next = _input(task, 1, PROMPT, "next")
        self._twin = self._run_twin()
        observed = [(each, block.session.observe(each.feeds(), each.bound())) for each in inputs]
        self._error = _error([_run(*each) for each in (*self._twin, *observed)], block.weights)
        self._expected = [{name: stages[name] for name in _LASTING} for _, stages in observed]
        with np.errstate(all="ignore"):
            self._is_told_apart = relative_error(*(each["Y"] for each in self._expected)) > 2 * self._tolerance

    def check(self, index: int, binding: CachedBinding) -> Check:
        """The stages against float64, the twin against its first run, and this result and cache against theirs."""
        if not self._error <= self._tolerance:
            return Check("stages", ok=False, error=self._error if np.isfinite(self._error) else None)
        result, expected = binding.result(), self._expected[index]
        if not is_varied(result) or not self._is_told_apart:
            return Check("variation", ok=False, error=None)
        again = zip(self._twin, self._run_twin(), strict=True)
        pairs = [(new[name], old[name]) for (_, old), (_, new) in again for name in old]
        pairs.append((result, expected["Y"]))
        pairs += zip(binding.cached(), (expected[f"present_{name}"] for name in _CACHES), strict=True)
        if not all(self._is_same(found, known) for found, known in pairs):
            return Check("bitwise repetition" if self._exact else "repetition", ok=False, error=None)
        return Check("stages", ok=True, error=self._error)

    def _run_twin(self) -> list[tuple[_Input, Stages]]:
        """The prompt, and then one token over the cache that it leaves."""
        stages = self._session.observe(self._prompt.feeds(), self._prompt.bound())
        after = _Input(self._next.x, self._next.position, (stages["present_key"], stages["present_value"]))
        # The next run changes that cache where it lies: what is compared later must be a copy.
        kept = {name: values.copy() if name.startswith("present_") else values for name, values in stages.items()}
        return [(self._prompt, kept), (after, self._session.observe(after.feeds(), after.bound()))]

    def _is_same(self, found: Array, known: Array) -> bool:
        if self._exact:
            return np.array_equal(np.ascontiguousarray(found).view(np.uint8), known.view(np.uint8))
        with np.errstate(all="ignore"):
            return relative_error(found, known) <= self._tolerance


def _open(task: Task, open_session: OpenSession) -> _Block:
    """Make the weights and load the graph with them."""
    kind, shape = _kind(task), task.variant.shape
    weights: dict[str, Array] = {}
    for weight in read_weights(task.variant):
        if task.kernel.precision == "int4" and len(weight.shape) == _MATRIX:
            weights.update(_packed(weight, task.seed, kind))
        else:
            values = scaled_fp32(weight.shape, weight.scale, weight.shift, task.seed, _SCOPE, weight.name)
            weights[weight.name] = values.astype(kind, copy=False)
    turns = angles(np.arange(shape["capacity"]), shape["head"])
    weights |= {"cos": np.cos(turns).astype(kind), "sin": np.sin(turns).astype(kind)}
    return _Block(open_session(weights), weights)


def _packed(weight: Weight, seed: int, kind: np.dtype[Any]) -> Iterator[tuple[str, Array]]:
    """A matrix (k, n) as 4-bit weights (n, k / 32, 16) and a scale for each block.

    Scales are powers of two, of either sign: the weights -8 to 7 have a mean, which would else add up over the layers.
    """
    k, n = weight.shape
    yield weight.name, raw_bytes(k * n // 2, seed, _SCOPE, weight.name).reshape(n, k // BLOCK, BLOCK // 2)
    drawn = raw_bytes(k * n // BLOCK, seed, _SCOPE, weight.name, "scale")
    exponents = round(log2(weight.scale / 8)) - (drawn & 1).astype(np.int32)
    signs = 1 - (drawn & 2).astype(np.float32)
    yield f"{weight.name}.scale", np.ldexp(signs, exponents).astype(kind)


def _input(task: Task, tokens: int, position: int, name: str) -> _Input:
    """Hidden states, and caches that are full of numbers, so that whoever looks at the wrong places is found out."""
    kind, shape = _kind(task), task.variant.shape
    extents = (1, shape["kv_heads"], shape["capacity"], shape["head"])
    key, value = (scaled_fp32(extents, _CACHED_SCALE, 0.0, task.seed, _SCOPE, name, cache) for cache in _CACHES)
    x = uniform_fp32((1, tokens, shape["hidden"]), task.seed, _SCOPE, "X", name, str(position))
    return _Input(x.astype(kind, copy=False), position, (key.astype(kind, copy=False), value.astype(kind, copy=False)))


def _kind(task: Task) -> np.dtype[Any]:
    """The type of activations: half where that is asked for, and on GPUs, which have no other attention."""
    is_half = task.kernel.precision == "fp16" or task.variant.provider is Provider.CUDA
    return np.dtype(np.float16 if is_half else np.float32)


def _run(given: _Input, stages: Stages) -> Run:
    """A run as the reference looks at it; of a long prompt only the first and the last token are sampled."""
    tokens = given.x.shape[1]
    found = {name: values[0] for name, values in stages.items() if not name.startswith("present_")}
    before, after = given.caches, (stages["present_key"], stages["present_value"])
    sampled = list(range(tokens)) if tokens <= PROMPT else [0, tokens - 1]
    return Run(
        {"X": given.x[0], **found}, (before[0][0], before[1][0]), (after[0][0], after[1][0]), given.position, sampled
    )


def _error(runs: Sequence[Run], weights: Mapping[str, Array]) -> float:
    """The largest error of any stage of any run; a device that leaves nonsense makes it infinite."""
    with np.errstate(all="ignore"):
        return max(_errors(runs, weights))


def _errors(runs: Sequence[Run], weights: Mapping[str, Array]) -> Iterator[float]:
    linked = (relative_error(found, right) for run in runs for found, right in links(run, weights))
    multiplied = (
        min(relative_error(found, right) for right in results)
        for name in PRODUCTS
        for found, results in products(runs, name, weights)
    )
    return chain(linked, multiplied)
