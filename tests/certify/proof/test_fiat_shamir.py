"""A proof without a challenger: what it belongs to, and that nothing else is taken for it."""

import pytest

from netmind_tui.bench.chain_catalog import find_chain, open_chains
from netmind_tui.certify.proof import fiat_shamir
from netmind_tui.certify.proof.prover import ReferenceProver
from netmind_tui.certify.refused import Refused

KEY = "ed25519:" + "ab" * 32
TINY = find_chain(open_chains(), "chain.test@1")
DEVICES = ("one", "other")


@pytest.fixture(scope="module")
def made():
    """An offline proof: its root, and the siblings that lead to it."""
    return fiat_shamir.prove(ReferenceProver(TINY, KEY, DEVICES), KEY, "aa" * 32, None)


class TestOffline:
    def check(self, made, *, result="aa" * 32, nonce=None, key=KEY, devices=DEVICES, **changes):
        given = {"root": made[0], "siblings": made[1]} | changes
        fiat_shamir.check(TINY, key, fiat_shamir.nonces(key, result, nonce), devices, **given)

    def test_a_right_one_holds(self, made):
        self.check(made)

    def test_as_many_rows_are_drawn_as_the_design_says_and_none_twice(self, made):
        nonce = fiat_shamir.nonces(KEY, "aa" * 32, None)[1]
        drawn = fiat_shamir.draw(TINY, KEY, nonce, DEVICES, made[0])
        assert len(set(drawn)) == 256
        assert 0 <= min(drawn) < 1024 <= max(drawn) < 2048

    @pytest.mark.parametrize(
        "changes",
        [
            {"result": "bb" * 32},
            {"nonce": "a-nonce-of-the-verifier"},
            {"key": KEY[:-1] + "c"},
            {"devices": DEVICES[::-1]},
            {"root": bytes(32)},
        ],
    )
    def test_one_that_belongs_to_something_else_does_not(self, made, changes):
        with pytest.raises(Refused, match="lead to the root"):
            self.check(made, **changes)

    def test_a_changed_sibling_leads_elsewhere(self, made):
        siblings = (bytes(32), *made[1][1:])
        with pytest.raises(Refused, match="do not lead to the root that was committed to"):
            self.check(made, siblings=siblings)

    @pytest.mark.parametrize("cut", [slice(1), slice(-1), slice(0)])
    def test_too_few_siblings_are_refused_before_any_row_is_computed(self, made, cut, monkeypatch):
        monkeypatch.setattr(fiat_shamir, "expected_rows", None)
        with pytest.raises(Refused, match="siblings lead to the root"):
            self.check(made, siblings=made[1][cut])

    def test_both_nonces_differ_and_follow_from_all_that_is_signed(self):
        found = {
            nonce
            for key in (KEY, "other")
            for result in ("aa", "bb")
            for given in (None, "n" * 16)
            for nonce in fiat_shamir.nonces(key, result, given)
        }
        assert len(found) == 16
