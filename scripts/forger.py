"""Provers that cheat, each in one way: what ``forge.py`` and the tests hold the verifier against.

Every one of them commits to something and opens exactly what is drawn, with right paths: only the bytes can tell.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from netmind_tui.bench.reference.chain import Rows, advance, start_block
from netmind_tui.certify.proof.prover import ReferenceProver
from netmind_tui.model.chain import ChainSpec

Forge = Callable[["Forger", Rows], Rows]
KEY = "ed25519:" + "ab" * 32


class Forger(ReferenceProver):
    """Computes its rows as ``forge`` does, from the right start."""

    def __init__(self, spec: ChainSpec, node_key: str, devices: Sequence[str], forge: Forge) -> None:
        super().__init__(spec, node_key, devices)
        self._forge = forge
        self.node_key = node_key

    @property
    def pool(self) -> tuple[Rows, ...]:
        """The right matrices."""
        return self._pool

    def compute(self, nonce2: bytes, device: str) -> Rows:
        """All rows of one device, forged."""
        return self._forge(self, start_block(self.spec, nonce2, self.node_key, device, 0, self.spec.rows))


def honest(forger: Forger, start: Rows) -> Rows:
    """Everything, as it should be."""
    return advance(start, forger.pool, forger.spec)


def rows_skipped(part: float) -> Forge:
    """A part of the rows stays as it began; which rows those are, nobody else can know."""

    def forge(forger: Forger, start: Rows) -> Rows:
        found = honest(forger, start)
        left = skipped(len(start), part)
        found[left] = start[left]
        return found

    return forge


def skipped(rows: int, part: float) -> np.ndarray:
    """The rows that a forger leaves out, spread over all of them."""
    order = np.random.Generator(np.random.Philox(key=1)).permutation(rows)
    return order[: round(part * rows)]


def rounds_skipped(part: float) -> Forge:
    """A part of the rounds is left out of a part as large of the rows: the cheapest way to save the same."""

    def forge(forger: Forger, start: Rows) -> Rows:
        found = honest(forger, start)
        left = skipped(len(start), part)
        found[left] = advance(start[left], forger.pool, forger.spec, forger.spec.rounds - 1)
        return found

    return forge


def last_round_skipped(forger: Forger, start: Rows) -> Rows:
    """One round less, of every row."""
    return advance(start, forger.pool, forger.spec, forger.spec.rounds - 1)


def four_bits(forger: Forger, start: Rows) -> Rows:
    """Weights without their lowest four bits."""
    coarse = [((matrix.astype(np.int16) + 8) // 16 * 16).clip(-112, 112).astype(np.int8) for matrix in forger.pool]
    return advance(start, coarse, forger.spec)


def one_bit(forger: Forger, start: Rows) -> Rows:
    """Weights without their lowest bit alone: as near to the right ones as a lower precision can be."""
    return advance(start, [matrix - np.int8(1) for matrix in forger.pool], forger.spec)


def half_sums(forger: Forger, start: Rows) -> Rows:
    """Sums rounded to half precision before they are scaled."""
    values = start.astype(np.float32)
    for turn in range(forger.spec.rounds):
        sums = values @ forger.pool[turn % forger.spec.pool].astype(np.float32)
        with np.errstate(over="ignore"):
            sums = sums.astype(np.float16).astype(np.float32)
        values = np.clip(np.rint(sums * 2.0**-forger.spec.shift_k), -128, 127).astype(np.float32)
    return values.astype(np.int8)


def low_rank(forger: Forger, start: Rows) -> Rows:
    """Matrices of half the rank, by their largest singular values."""
    spec, values = forger.spec, start.astype(np.float32)
    thin = []
    for matrix in forger.pool:
        left, size, right = np.linalg.svd(matrix.astype(np.float32))
        kept = spec.n // 2
        thin.append((left[:, :kept] * size[:kept], right[:kept]))
    for turn in range(spec.rounds):
        one, other = thin[turn % spec.pool]
        values = np.clip(np.rint((values @ one @ other) * 2.0**-spec.shift_k), -128, 127).astype(np.float32)
    return values.astype(np.int8)


def unrounded(forger: Forger, start: Rows) -> Rows:
    """Rounded at the very end and not between."""
    spec, values = forger.spec, start.astype(np.float64)
    for turn in range(spec.rounds):
        values = np.clip(values @ forger.pool[turn % spec.pool].astype(np.float64) * 2.0**-spec.shift_k, -128, 127)
    return np.rint(values).astype(np.int8)


def rounded_up(forger: Forger, start: Rows) -> Rows:
    """Halves rounded up and not to even: what an integer shift does."""
    spec, values = forger.spec, start.astype(np.float64)
    for turn in range(spec.rounds):
        sums = values @ forger.pool[turn % spec.pool].astype(np.float64) * 2.0**-spec.shift_k
        values = np.clip(np.floor(sums + 0.5), -128, 127)
    return values.astype(np.int8)


def linearised(forger: Forger, start: Rows) -> Rows:
    """One power of the pool's product by repeated squaring, as if no round rounded or clipped."""
    spec = forger.spec
    once = np.eye(spec.n)
    for matrix in forger.pool:
        once = once @ (matrix.astype(np.float64) * 2.0**-spec.shift_k)
    power = np.linalg.matrix_power(once, spec.rounds // spec.pool)
    found: Rows = np.clip(np.rint(start.astype(np.float64) @ power), -128, 127).astype(np.int8)
    return found


def zeros(_forger: Forger, start: Rows) -> Rows:
    """Nothing but zeros."""
    return np.zeros_like(start)


def constant(_forger: Forger, start: Rows) -> Rows:
    """Every row full of one byte of its own."""
    return np.repeat(np.arange(len(start), dtype=np.uint8)[:, None], start.shape[1], axis=1).view(np.int8)


def random_bytes(_forger: Forger, start: Rows) -> Rows:
    """Rows that look healthy and were never multiplied."""
    return (start.view(np.uint8) ^ np.uint8(0x5A)).view(np.int8)


def one_matrix(forger: Forger, start: Rows) -> Rows:
    """Every round with the first matrix: the rest of the pool is never made."""
    return advance(start, forger.pool[:1], forger.spec)


def for_another_key(forger: Forger, start: Rows) -> Rows:
    """Right rows, of another node."""
    other = ReferenceProver(forger.spec, forger.node_key[:-1] + "c", forger.devices)
    other.prepare(b"another node's")
    del start
    return other.compute(b"another node's", forger.devices[0])


FORGERIES: dict[str, Forge] = {
    "the last round left out": last_round_skipped,
    "weights of four bits": four_bits,
    "weights without their lowest bit": one_bit,
    "sums in half precision": half_sums,
    "matrices of half the rank": low_rank,
    "no rounding between rounds": unrounded,
    "halves rounded up": rounded_up,
    "repeated squaring of a linear chain": linearised,
    "one matrix for all rounds": one_matrix,
    "zeros": zeros,
    "constant rows": constant,
    "bytes that were never multiplied": random_bytes,
    "another node's rows": for_another_key,
}


def smaller(spec: ChainSpec, rows: int) -> ChainSpec:
    """A chain with fewer rows, so that a hundred proofs take seconds."""
    return replace(spec, rows=rows)
