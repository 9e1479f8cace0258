"""What whoever checks a proof asks of openings, and the sentence for each thing that is wrong."""

from dataclasses import replace

import pytest

from netmind_tui.bench.chain_catalog import find_chain, open_chains
from netmind_tui.certify.proof.check import check_openings
from netmind_tui.certify.proof.prover import ReferenceProver
from netmind_tui.certify.refused import Refused

KEY = "ed25519:" + "ab" * 32
TINY = find_chain(open_chains(), "chain.test@1")
DEVICES = ("one", "other")
DRAWN = (5, 1023, 1024, 2047, 77)
N1, N2 = b"first", b"second"


class Given:
    """A right proof, of which a test changes one thing."""

    def __init__(self):
        prover = ReferenceProver(TINY, KEY, DEVICES)
        prover.prepare(N1)
        self.root = prover.prove(N2)
        self.openings = prover.open(DRAWN)

    def check(self, **changes):
        given = {
            "spec": TINY,
            "node_key": KEY,
            "nonce1": N1,
            "nonce2": N2,
            "devices": DEVICES,
            "root": self.root,
            "drawn": DRAWN,
            "openings": self.openings,
        }
        check_openings(**(given | changes))


@pytest.fixture(scope="module")
def given():
    return Given()


def first(openings, **changes):
    """The openings with the first one changed."""
    return (replace(openings[0], **changes), *openings[1:])


def test_a_right_proof_holds(given):
    given.check()


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce1": b"another"},
        {"nonce2": b"another"},
        {"node_key": KEY[:-1] + "c"},
        {"spec": replace(TINY, rounds=4)},
        {"spec": replace(TINY, version=2)},
    ],
)
def test_a_replayed_proof_is_not_what_the_chain_gives(given, changes):
    with pytest.raises(Refused, match=r"row 5 is not what the chain gives: 2\d\d of 256 bytes differ"):
        given.check(**changes)


@pytest.mark.parametrize("devices", [("other", "one"), ("one", "third")])
def test_the_rows_of_other_devices_are_not_in_the_tree(given, devices):
    with pytest.raises(Refused, match="its path leads to another root"):
        given.check(devices=devices)


@pytest.mark.parametrize(
    ("devices", "sentence"),
    [((), "it names no device"), (("one", "one"), "it names one device twice")],
)
def test_a_list_of_devices_that_cannot_be_is_refused(given, devices, sentence):
    with pytest.raises(Refused, match=sentence):
        given.check(devices=devices)


class TestTheOpenings:
    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            (lambda given: given[:-1], "5 rows were drawn and 4 opened"),
            (lambda given: given[:0], "5 rows were drawn and 0 opened"),
            (lambda given: (*given, given[0]), "5 rows were drawn and 6 opened"),
            (lambda given: (*given[:4], given[0]), "a row is opened twice"),
            (lambda given: first(given, index=6), "row 6 was opened and not drawn"),
            (lambda given: first(given, index=-1), "row -1 was opened and not drawn"),
            (lambda given: given[::-1], "not opened in the order in which they were drawn"),
            (lambda given: first(given, row=given[0].row[:-1]), "row 5 has 255 bytes, 256 are expected"),
            (lambda given: first(given, row=b""), "row 5 has 0 bytes, 256 are expected"),
            (lambda given: first(given, path=given[0].path[:-1]), "the path of row 5 has 10 steps, 11 are expected"),
            (lambda given: first(given, path=()), "the path of row 5 has 0 steps, 11 are expected"),
            (lambda given: first(given, path=(b"", *given[0].path[1:])), "a digest that is not 32 bytes long"),
            (lambda given: first(given, path=given[1].path), "row 5 is not among what was committed to"),
            (lambda given: first(given, row=given[1].row[::-1]), "row 5 is not among what was committed to"),
        ],
    )
    def test_what_is_wrong_with_them_is_said(self, given, change, sentence):
        with pytest.raises(Refused, match=sentence):
            given.check(openings=change(given.openings))

    def test_the_rows_that_the_prover_would_like_are_not_those_that_were_drawn(self, given):
        drawn = (1, 2, 3, 4, 6)
        with pytest.raises(Refused, match="was opened and not drawn"):
            given.check(drawn=drawn)

    def test_a_row_that_does_not_exist_is_refused(self, given):
        openings = first(given.openings, index=2048)
        with pytest.raises(Refused, match="row 2048 does not exist: there are 2048"):
            given.check(drawn=(2048, *DRAWN[1:]), openings=openings)

    @pytest.mark.parametrize("root", [b"", bytes(31), bytes(33)])
    def test_a_root_of_another_length_is_refused(self, given, root):
        with pytest.raises(Refused, match=r"the root has \d+ bytes, 32 are expected"):
            given.check(root=root)

    def test_another_root_is_refused(self, given):
        with pytest.raises(Refused, match="its path leads to another root"):
            given.check(root=bytes(32))
