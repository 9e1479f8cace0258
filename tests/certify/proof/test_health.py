"""Rows of a chain that collapsed, and what is said of them."""

import numpy as np
import pytest

from netmind_tui.bench.chain_catalog import open_chains
from netmind_tui.certify.proof.check import check_openings
from netmind_tui.certify.proof.health import health_of
from netmind_tui.certify.proof.transcript import Opening
from netmind_tui.certify.refused import Refused
from netmind_tui.model.merkle import path_length

KEY = "ed25519:" + "ab" * 32
N1, N2 = b"first", b"second"


SIZES = sorted({each.n: each for each in open_chains()}.values(), key=lambda each: each.n)


@pytest.mark.parametrize("spec", SIZES, ids=lambda spec: str(spec.n))
@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (lambda n: [bytes(n)] * 8, "two of the opened rows are equal"),
        (lambda n: [bytes([9 * place]) * n for place in range(8)], "hold 3.0 bits a byte, at least 5.5"),
        (lambda n: [bytes(1 + (at + place) % 120 for at in range(n)) for place in range(8)], "0% of the opened"),
        (lambda n: [bytes((127, 128, 1, 90 + p)) * (n // 4) for p in range(8)], "bits a byte"),
    ],
    ids=["zeros", "constants", "never clipped", "signs"],
)
def test_rows_of_a_chain_that_collapsed_are_refused_at_every_size(spec, rows, sentence):
    openings = [Opening(index, row, (bytes(32),) * path_length(1, spec.rows)) for index, row in enumerate(rows(spec.n))]
    with pytest.raises(Refused, match=sentence):
        check_openings(spec, KEY, N1, N2, ["cpu"], bytes(32), range(8), openings)


def test_more_than_half_clipped_is_too_much():
    rows = np.random.default_rng(1).integers(-128, 128, (64, 256)).astype(np.int8)
    rows[:, :160] = np.where(rows[:, :160] < 0, -128, 127)
    assert health_of(rows).saturated > 0.5
    assert health_of(rows).complaint is not None
