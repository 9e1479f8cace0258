"""Blocks of bytes that know where they belong: right ones pass, and one wrong bit, stale or strange block does not."""

import numpy as np
import pytest

from netmind_tui.bench.pattern import BLOCK_BYTES, addresses, complement, random_bits

PATTERNS = [random_bits(7, "test"), complement(7, "test"), addresses()]


@pytest.fixture(params=PATTERNS, ids=lambda pattern: pattern.name)
def pattern(request):
    return request.param


def filled(pattern, blocks=4, first=0):
    out = np.empty(blocks * BLOCK_BYTES, np.uint8)
    pattern.fill(out, first)
    return out


def test_what_was_filled_is_right(pattern):
    assert pattern.difference(filled(pattern)) is None
    assert pattern.difference(filled(pattern, first=9), 9) is None


@pytest.mark.parametrize("offset", [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, 4 * BLOCK_BYTES - 1])
@pytest.mark.parametrize("bit", [0, 7])
def test_one_wrong_bit_is_found_where_it_is(pattern, offset, bit):
    found = filled(pattern)
    right = int(found[offset])
    found[offset] ^= 1 << bit
    difference = pattern.difference(found)
    assert (difference.count, difference.offset) == (1, offset)
    assert (difference.expected, difference.actual) == (right, right ^ (1 << bit))


def test_a_block_in_the_place_of_another_is_found(pattern):
    found = filled(pattern)
    found[BLOCK_BYTES : 2 * BLOCK_BYTES] = found[2 * BLOCK_BYTES : 3 * BLOCK_BYTES]
    assert BLOCK_BYTES <= pattern.difference(found).offset < 2 * BLOCK_BYTES


def test_every_wrong_byte_is_counted(pattern):
    found = filled(pattern)
    found[::BLOCK_BYTES] ^= 0xFF
    assert pattern.difference(found).count == 4


def test_every_bit_is_seen_as_0_and_as_1():
    assert not (filled(PATTERNS[0]) ^ filled(PATTERNS[1]) ^ np.uint8(0xFF)).any()


def test_each_word_of_the_last_pattern_is_its_own_address():
    words = filled(addresses(), blocks=2).view(np.uint64)
    assert words[0] == 0
    assert words[-1] == 2 * BLOCK_BYTES - 8


def test_another_seed_gives_other_bytes():
    assert random_bits(8, "test").difference(filled(PATTERNS[0], blocks=1)).count > BLOCK_BYTES // 2
