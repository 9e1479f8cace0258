"""Bytes that know where they belong: each block's content follows from its number, so that none passes for another.

A pattern is a block of 64-bit words, the base, to whose every word the block's number times a step is added. Making
or checking a block is then one pass of additions, several gigabytes a second, and no copy of what is expected is kept.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netmind_tui.bench.data import derive_key, raw_bytes

BLOCK_BYTES = 2**19
"""Small enough for a core's cache beside what is compared with it."""

_WORDS = BLOCK_BYTES // 8
_WRAP = 2**64

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Difference:
    """Bytes that are not what they should be: how many, and the first with what it should be and what it is."""

    count: int
    offset: int
    expected: int
    actual: int


class Pattern:
    """One pattern, filled into and checked against arrays of bytes that are whole blocks."""

    def __init__(self, name: str, base: Words, step: int) -> None:
        self.name = name
        self._base = base
        self._step = step
        self._expected = np.empty_like(base)
        self._unequal = np.empty(base.size, np.bool_)

    def fill(self, out: Bytes, first_block: int = 0) -> None:
        """Write the blocks from that number on."""
        words = out.view(np.uint64)
        for index in range(words.size // _WORDS):
            np.add(self._base, self._salt(first_block + index), out=words[index * _WORDS : (index + 1) * _WORDS])

    def difference(self, found: Bytes, first_block: int = 0) -> Difference | None:
        """What is wrong with these blocks, with offsets from the start of the first; ``None`` if nothing."""
        words, wrong, first = found.view(np.uint64), 0, None
        for index in range(words.size // _WORDS):
            block = words[index * _WORDS : (index + 1) * _WORDS]
            np.add(self._base, self._salt(first_block + index), out=self._expected)
            np.not_equal(block, self._expected, out=self._unequal)
            if not self._unequal.any():
                continue
            actual, expected = block.view(np.uint8), self._expected.view(np.uint8)
            places = np.flatnonzero(actual != expected)
            wrong += places.size
            if first is None:
                at = int(places[0])
                first = (index * BLOCK_BYTES + at, int(expected[at]), int(actual[at]))
        return None if first is None else Difference(wrong, *first)

    def _salt(self, block: int) -> np.uint64:
        return np.uint64(block * self._step % _WRAP)


def random_bits(seed: int, *fields: str) -> Pattern:
    """Random bits from the seed, other ones in every block."""
    return Pattern("random bits", _random_base(seed, *fields), _odd(seed, *fields))


def complement(seed: int, *fields: str) -> Pattern:
    """Every bit of ``random_bits`` the other way round."""
    # The complement of a sum is the complement of one part less the other.
    return Pattern("their complement", ~_random_base(seed, *fields), -_odd(seed, *fields))


def addresses() -> Pattern:
    """Each word holds its own address: what two addresses share, one of them has lost."""
    return Pattern("own address", np.arange(0, BLOCK_BYTES, 8, dtype=np.uint64), BLOCK_BYTES)


def _random_base(seed: int, *fields: str) -> Words:
    return raw_bytes(BLOCK_BYTES, seed, *fields, "base").view(np.uint64)


def _odd(seed: int, *fields: str) -> int:
    """An odd number: its multiples differ for 2^64 blocks."""
    return derive_key(seed, *fields, "step") % _WRAP | 1
