"""Whole networks: seeded weights, two rotating batches, and a small twin of the same session held against float64.

A network in half precision is the same network: its weights and inputs are those of single precision, rounded.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netmind_tui.bench.catalog import read_weights
from netmind_tui.bench.check import Check
from netmind_tui.bench.data import centred_fp32, scaled_fp32, uniform_fp32
from netmind_tui.bench.family.base import Array, Exercise, OpenSession, Session, Task
from netmind_tui.bench.reference.encoder import encode
from netmind_tui.bench.reference.resnet import resnet50
from netmind_tui.model.kernel import Kernel, Provider

ROTATING = 2
_FILTER_DIMENSIONS = 4
Numbers = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Network:
    """What a network takes and gives, by the names of its variant's dimensions.

    ``twin`` are the dimensions that are smaller where the same session is held against ``reference``.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    twin: Mapping[str, int]
    reference: Callable[[Numbers, Mapping[str, Numbers]], NDArray[np.float64]]


NETWORKS = {
    "conv.resnet50": Network(
        ("batch", "channels", "height", "width"),
        ("batch", "classes"),
        {"batch": 1, "height": 64, "width": 64},
        resnet50,
    ),
    "encoder.base": Network(
        ("batch", "sequence", "hidden"),
        ("batch", "sequence", "hidden"),
        {"batch": 1, "sequence": 8},
        encode,
    ),
}


def name_of(kernel: Kernel) -> str:
    """Which network a kernel runs: its id without the precision that may stand behind it."""
    return kernel.id.removesuffix(f".{kernel.precision}")


class Operands:
    """A network's numbers from the seed, in the precision of its kernel."""

    def __init__(self, task: Task) -> None:
        self._name, self._task = name_of(task.kernel), task
        self.kind = np.dtype(np.float16 if task.kernel.precision == "fp16" else np.float32)

    def weights(self) -> dict[str, Numbers]:
        """Every weight by its name; filters are centred."""
        made = {}
        for name, extents, scale, shift in read_weights(self._task.variant):
            make = centred_fp32 if len(extents) == _FILTER_DIMENSIONS else scaled_fp32
            made[name] = make(extents, scale, shift, self._task.seed, self._name, name).astype(self.kind, copy=False)
        return made

    def input(self, extents: tuple[int, ...], *fields: str) -> Numbers:
        """One batch, uniform in [-1, 1)."""
        return uniform_fp32(extents, self._task.seed, self._name, *fields).astype(self.kind, copy=False)


def prepare(task: Task, open_session: OpenSession) -> Exercise:
    """Make the weights, open the session and bind each batch, with an output of its own."""
    network, shape = NETWORKS[name_of(task.kernel)], task.variant.shape
    operands = Operands(task)
    weights = operands.weights()
    session = open_session(weights)
    extents = _extents(network.inputs, shape)
    rotating = [operands.input(extents, "X", str(index)) for index in range(ROTATING)]
    bindings = [session.bind({"X": x}, np.empty(_extents(network.outputs, shape), operands.kind)) for x in rotating]
    exact = task.variant.provider is Provider.CPU
    twin = operands.input(_extents(network.inputs, {**shape, **network.twin}), "twin")
    proof: list[_Proof] = []

    def check(index: int) -> Check:
        if not proof:
            expected = [session.evaluate({"X": x}) for x in rotating]
            proof.append(_Proof(session, twin, network.reference(twin, weights), expected, task.kernel.tolerance))
        return proof[0].check(index, bindings[index].result(), exact=exact)

    return Exercise(shape, session, bindings, check)


class _Proof:
    """What is known of the right results, found at the first check and held against every later one.

    The twin shows that the session computes the network with these weights. What it makes of each batch, run by itself
    into memory of its own, must then be what the timed runs leave: a wrong result of those shows as a difference.
    """

    def __init__(
        self,
        session: Session,
        twin: Numbers,
        reference: NDArray[np.float64],
        expected: Sequence[Array],
        tolerance: float,
    ) -> None:
        self._session = session
        self._twin, self._reference = twin, reference
        self._expected = expected
        self._tolerance = tolerance

    def check(self, index: int, result: Array, *, exact: bool) -> Check:
        """The twin against float64, and this result against what is known of it."""
        error = relative_error(self._session.evaluate({"X": self._twin}), self._reference)
        if error > self._tolerance:
            return Check("twin", ok=False, error=error if np.isfinite(error) else None)
        # What the batches differ by must be seen at this tolerance, or the one's output would pass for the other's.
        if not is_varied(result) or relative_error(*self._expected) <= 2 * self._tolerance:
            return Check("variation", ok=False, error=None)
        expected = self._expected[index]
        if exact and not np.array_equal(result.view(np.uint8), expected.view(np.uint8)):
            return Check("bitwise repetition", ok=False, error=None)
        if not exact and relative_error(result, expected) > self._tolerance:
            return Check("repetition", ok=False, error=None)
        return Check("twin", ok=True, error=error)


def relative_error(result: Array, reference: Array) -> float:
    """The largest difference, relative to the largest value of the reference; NaN anywhere makes it infinite."""
    if result.shape != reference.shape:
        return float("inf")
    wide = reference.astype(np.float64)
    error = float(np.abs(result.astype(np.float64) - wide).max() / np.abs(wide).max())
    return error if np.isfinite(error) else float("inf")


def is_varied(result: Array) -> bool:
    """Whether every value is finite, and not all are the same."""
    return bool(np.isfinite(result).all() and result.min() < result.max())


def _extents(names: tuple[str, ...], shape: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(shape[name] for name in names)
