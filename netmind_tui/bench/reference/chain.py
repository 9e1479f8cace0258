"""The chain of a proof of capacity in NumPy, byte for byte what every device has to give.

Everything is exact. Products stay within 8064, so float32 has every sum of fewer than 2081 of them, in whatever order
they are added. With n = 4096 a part of a sum can be larger only where the 2015 other products cannot bring it back
below 532,000, and what lies beyond 261,120 is clipped: rounding moves it by some thousands at most.
"""

from collections.abc import Sequence
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from netmind_tui.model.chain import Body, ChainSpec

LABEL = "netmind-poc/1"
_COUNTER_BYTES = 32  # what Philox gives for one step of its counter
_CLIP_LOW, _CLIP_HIGH = -128, 127

Rows = NDArray[np.int8]


def derive_key(label: str, *fields: str | bytes) -> int:
    """A 128-bit key: the first 16 bytes of SHA-256 over length-prefixed fields, read as little-endian."""
    digest = sha256()
    for field in (LABEL, label, *fields):
        raw = field.encode() if isinstance(field, str) else field
        digest.update(len(raw).to_bytes(8, "little") + raw)
    return int.from_bytes(digest.digest()[:16], "little")


def weight(spec: ChainSpec, nonce: bytes, node_key: str, index: int) -> Rows:
    """One matrix of the pool, shape ``(n, n)``: odd numbers of either sign, drawn from the first nonce."""
    key = derive_key("weights", nonce, node_key, spec.digest, str(index))
    raw = _stream(key, 0, spec.n * spec.n)
    raw &= np.uint8(spec.largest_weight)
    values = raw.view(np.int8)
    values *= np.int8(2)
    values -= np.int8(spec.largest_weight)
    return values.reshape(spec.n, spec.n)


def weights(spec: ChainSpec, nonce: bytes, node_key: str) -> tuple[Rows, ...]:
    """The whole pool. It is the same for all devices of a node, so whoever verifies makes it once."""
    return tuple(weight(spec, nonce, node_key, index) for index in range(spec.pool))


def start_rows(spec: ChainSpec, nonce: bytes, node_key: str, device: str, indices: Sequence[int]) -> Rows:
    """The first value of some rows of a device, shape ``(len(indices), n)``, drawn from the second nonce.

    All rows of a device are one Philox stream, row after row; a row begins where the counter stands at
    ``index * n / 32``, so any of them can be made without the others.
    """
    key = derive_key("rows", nonce, node_key, spec.digest, device)
    rows = np.empty((len(indices), spec.n), np.int8)
    for place, index in enumerate(indices):
        rows[place] = _stream(key, index * spec.n // _COUNTER_BYTES, spec.n).view(np.int8)
    return rows


def start_block(spec: ChainSpec, nonce: bytes, node_key: str, device: str, first: int, count: int) -> Rows:
    """The first value of ``count`` rows in a row, made at once."""
    key = derive_key("rows", nonce, node_key, spec.digest, device)
    raw = _stream(key, first * spec.n // _COUNTER_BYTES, count * spec.n)
    return raw.view(np.int8).reshape(count, spec.n)


def advance(rows: Rows, pool: Sequence[Rows], spec: ChainSpec, rounds: int | None = None) -> Rows:
    """The rows after all rounds of the chain, or after the first ``rounds`` of them."""
    wide = [np.ascontiguousarray(matrix, dtype=np.float32) for matrix in pool]
    values = rows.astype(np.float32)
    for turn in range(spec.rounds if rounds is None else rounds):
        values = _round(values, wide[turn % len(wide)], spec)
    return values.astype(np.int8)


def _round(values: NDArray[np.float32], matrix: NDArray[np.float32], spec: ChainSpec) -> NDArray[np.float32]:
    """One round: product, scale, round half to even, clip."""
    sums = values @ matrix
    if spec.body is Body.FP16:
        with np.errstate(over="ignore"):  # what has no half precision is clipped below
            sums = sums.astype(np.float16).astype(np.float32)
    sums *= np.float32(2.0**-spec.shift_k)
    np.rint(sums, out=sums)
    return np.clip(sums, _CLIP_LOW, _CLIP_HIGH, out=sums)


def _stream(key: int, counter: int, count: int) -> NDArray[np.uint8]:
    """``count`` bytes of Philox's raw stream from a counter on, words in little-endian order."""
    words = np.random.Philox(key=key, counter=counter).random_raw(-(-count // 8))
    return words.astype("<u8", copy=False).view(np.uint8)[:count]
