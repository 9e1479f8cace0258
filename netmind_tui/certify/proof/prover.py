"""Whoever proves: prepares after the first nonce, commits after the second, and opens the rows that are drawn."""

from collections.abc import Sequence
from typing import Protocol

from netmind_tui.bench.reference.chain import Rows, advance, start_block, weights
from netmind_tui.certify.proof.transcript import Opening
from netmind_tui.model.chain import ChainSpec
from netmind_tui.model.merkle import Tree, device_tag, leaf_of, top_of


class Prover(Protocol):
    """Proves one chain for one node key with some devices, once for each pair of nonces."""

    @property
    def spec(self) -> ChainSpec:
        """The chain."""

    @property
    def devices(self) -> tuple[str, ...]:
        """The devices' words, in the order of the tree."""

    def prepare(self, nonce1: bytes) -> None:
        """Make the matrices and everything else that can be ready before the clock runs."""

    def prove(self, nonce2: bytes) -> bytes:
        """Compute every row; the root over them."""

    def open(self, indices: Sequence[int]) -> tuple[Opening, ...]:
        """The rows of those numbers with their paths, in that order; only after ``prove``."""

    def close(self) -> None:
        """Give everything back."""


class ReferenceProver:
    """Proves in NumPy, for tests and sizes that are small: nothing but the processor's time is needed."""

    def __init__(self, spec: ChainSpec, node_key: str, devices: Sequence[str]) -> None:
        self._node_key = node_key
        self._pool: tuple[Rows, ...] = ()
        self._rows: list[Rows] = []
        self._trees: list[Tree] = []
        self.spec = spec
        self.devices = tuple(devices)

    def prepare(self, nonce1: bytes) -> None:
        """Make the matrices."""
        self._pool = weights(self.spec, nonce1, self._node_key)

    def prove(self, nonce2: bytes) -> bytes:
        """Compute every row; the root over them."""
        self._rows = [self.compute(nonce2, device) for device in self.devices]
        self._trees = [tree_of(device, rows) for device, rows in zip(self.devices, self._rows, strict=True)]
        return top_of([tree.root for tree in self._trees]).root

    def compute(self, nonce2: bytes, device: str) -> Rows:
        """All rows of one device after the last round."""
        start = start_block(self.spec, nonce2, self._node_key, device, 0, self.spec.rows)
        return advance(start, self._pool, self.spec)

    def open(self, indices: Sequence[int]) -> tuple[Opening, ...]:
        """The rows of those numbers with their paths, in that order."""
        top = top_of([tree.root for tree in self._trees])
        openings = []
        for index in indices:
            position, own = divmod(index, self.spec.rows)
            path = (*self._trees[position].path(own), *top.path(position))
            openings.append(Opening(index, self._rows[position][own].tobytes(), path))
        return tuple(openings)

    def close(self) -> None:
        """Let the rows go."""
        self._pool, self._rows, self._trees = (), [], []


def tree_of(device: str, rows: Rows) -> Tree:
    """The tree over all rows of one device."""
    tag = device_tag(device)
    return Tree([leaf_of(tag, index, row.tobytes()) for index, row in enumerate(rows)])
