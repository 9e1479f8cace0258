"""Whole networks: seeded weights, two rotating batches, and a small twin of the same session held against float64."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netmind_tui.bench.catalog import read_weights
from netmind_tui.bench.check import Check
from netmind_tui.bench.data import scaled_fp32, uniform_fp32
from netmind_tui.bench.family.base import Array, Exercise, OpenSession, Session, Task
from netmind_tui.bench.reference.encoder import encode
from netmind_tui.bench.reference.resnet import resnet50
from netmind_tui.model.kernel import Provider

ROTATING = 2
Single = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Network:
    """What a network takes and gives, by the names of its variant's dimensions.

    ``twin`` are the dimensions that are smaller where the same session is held against ``reference``.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    twin: Mapping[str, int]
    reference: Callable[[Single, Mapping[str, Single]], NDArray[np.float64]]


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


def prepare(task: Task, open_session: OpenSession) -> Exercise:
    """Make the weights, open the session and bind each batch, with an output of its own."""
    network, shape = NETWORKS[task.kernel.id], task.variant.shape
    weights = {
        name: scaled_fp32(extents, scale, shift, task.seed, task.kernel.id, name)
        for name, extents, scale, shift in read_weights(task.variant)
    }
    session = open_session(weights)
    extents = _extents(network.inputs, shape)
    rotating = [uniform_fp32(extents, task.seed, task.kernel.id, "X", str(index)) for index in range(ROTATING)]
    bindings = [session.bind({"X": x}, np.empty(_extents(network.outputs, shape), np.float32)) for x in rotating]
    exact = task.variant.provider is Provider.CPU
    proof: list[_Proof] = []

    def check(index: int) -> Check:
        if not proof:
            proof.append(_Proof(task, network, session, weights, rotating))
        return proof[0].check(index, bindings[index].result(), exact=exact)

    return Exercise(shape, session, bindings, check)


class _Proof:
    """What is known of the right results, found at the first check and held against every later one.

    The twin shows that the session computes the network with these weights. What it makes of each batch, run by itself
    into memory of its own, must then be what the timed runs leave: a wrong result of those shows as a difference.
    """

    def __init__(
        self, task: Task, network: Network, session: Session, weights: Mapping[str, Single], rotating: list[Single]
    ) -> None:
        self._tolerance = task.kernel.tolerance
        self._session = session
        extents = _extents(network.inputs, {**task.variant.shape, **network.twin})
        self._twin = uniform_fp32(extents, task.seed, task.kernel.id, "twin")
        self._reference = network.reference(self._twin, weights)
        self._expected = [session.evaluate({"X": x}) for x in rotating]

    def check(self, index: int, result: Array, *, exact: bool) -> Check:
        """The twin against float64, and this result against what is known of it."""
        error = relative_error(self._session.evaluate({"X": self._twin}), self._reference)
        if error > self._tolerance:
            return Check("twin", ok=False, error=error if np.isfinite(error) else None)
        if not is_varied(result) or np.array_equal(self._expected[0], self._expected[1]):
            return Check("variation", ok=False, error=None)
        expected = self._expected[index]
        if exact and not np.array_equal(result.view(np.uint32), expected.view(np.uint32)):
            return Check("bitwise repetition", ok=False, error=None)
        if not exact and relative_error(result, expected) > self._tolerance:
            return Check("repetition", ok=False, error=None)
        return Check("twin", ok=True, error=error)


def relative_error(result: Array, reference: Array) -> float:
    """The largest difference, relative to the largest value of the reference; NaN anywhere makes it infinite."""
    if result.shape != reference.shape:
        return float("inf")
    error = float(np.abs(np.subtract(result, reference, dtype=np.float64)).max() / np.abs(reference).max())
    return error if np.isfinite(error) else float("inf")


def is_varied(result: Array) -> bool:
    """Whether every value is finite, and not all are the same."""
    return bool(np.isfinite(result).all() and result.min() < result.max())


def _extents(names: tuple[str, ...], shape: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(shape[name] for name in names)
