"""Provers that cheat, each in one way, are noticed as often as they must be."""

import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from netmind_tui.bench.chain_catalog import find_chain, open_chains
from netmind_tui.certify.proof import fiat_shamir
from netmind_tui.certify.proof.check import check_openings
from netmind_tui.certify.refused import Refused

SCRIPTS = Path(__file__).parents[2] / "scripts"
sys.path.insert(0, str(SCRIPTS))
forger = import_module("forger")
sys.path.remove(str(SCRIPTS))
SPEC = find_chain(open_chains(), "chain.test@1")
DRAWN = 64


def prover_of(forge):
    prover = forger.Forger(SPEC, forger.KEY, ["cpu"], forge)
    prover.prepare(b"first")
    return prover, prover.prove(b"second")


def is_noticed(prover, root, drawn):
    try:
        check_openings(SPEC, forger.KEY, b"first", b"second", prover.devices, root, drawn, prover.open(drawn))
    except Refused:
        return True
    return False


def test_an_honest_prover_is_never_refused():
    prover, root = prover_of(forger.honest)
    for first in range(0, SPEC.rows, 128):
        assert not is_noticed(prover, root, range(first, first + DRAWN))


@pytest.mark.parametrize("name", forger.FORGERIES)
def test_what_changes_every_row_is_always_noticed(name):
    prover, root = prover_of(forger.FORGERIES[name])
    generator = np.random.Generator(np.random.Philox(key=3))
    for _ in range(5):
        assert is_noticed(prover, root, generator.choice(SPEC.rows, DRAWN, replace=False).tolist())


@pytest.mark.parametrize("kind", ["rows_skipped", "rounds_skipped"])
@pytest.mark.parametrize("part", [0.01, 0.05, 0.20])
def test_what_skips_a_part_is_noticed_exactly_where_such_a_row_is_drawn(kind, part):
    prover, root = prover_of(getattr(forger, kind)(part))
    wrong = set(forger.skipped(SPEC.rows, part).tolist())
    generator = np.random.Generator(np.random.Philox(key=4))
    noticed = 0
    for _ in range(20):
        drawn = generator.choice(SPEC.rows, DRAWN, replace=False).tolist()
        found = is_noticed(prover, root, drawn)
        assert found is not wrong.isdisjoint(drawn)
        noticed += found
    assert noticed / 20 >= 1 - (1 - part) ** DRAWN - 0.3  # what draws without this seed give, less three deviations


def test_a_forger_of_a_fifth_is_refused_where_the_root_draws_the_rows():
    prover = forger.Forger(SPEC, forger.KEY, ["cpu"], forger.rows_skipped(0.2))
    root, siblings = fiat_shamir.prove(prover, forger.KEY, "aa", None)
    with pytest.raises(Refused, match="do not lead to the root"):
        fiat_shamir.check(SPEC, forger.KEY, fiat_shamir.nonces(forger.KEY, "aa", None), ["cpu"], root, siblings)


def test_the_claim_leaves_grinding_no_hope():
    """A fifth left out asks for more tries than could ever be made; a tenth would not."""
    assert (1 - 0.2) ** -fiat_shamir.DRAWN_ROWS > 2**80
    assert (1 - 0.1) ** -fiat_shamir.DRAWN_ROWS < 2**40
    assert "fewer than 20 %" in fiat_shamir.SHOWN
    assert "nothing about time" in fiat_shamir.SHOWN
