"""What whoever checks a proof asks of openings, and the sentence for each thing that is wrong."""

import os
import signal
from dataclasses import replace

import numpy as np
import pytest

from netmind_tui.bench.chain_catalog import find_chain, open_chains
from netmind_tui.certify.proof import fiat_shamir
from netmind_tui.certify.proof.check import check_openings
from netmind_tui.certify.proof.device import DeviceProver, ProvingDevice
from netmind_tui.certify.proof.health import health_of
from netmind_tui.certify.proof.prover import ReferenceProver
from netmind_tui.certify.proof.transcript import Opening
from netmind_tui.certify.refused import Refused
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.kernel import Provider
from netmind_tui.model.merkle import path_length
from netmind_tui.model.problem import Problem

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


class TestHealth:
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
    def test_rows_of_a_chain_that_collapsed_are_refused_at_every_size(self, spec, rows, sentence):
        openings = [
            Opening(index, row, (bytes(32),) * path_length(1, spec.rows)) for index, row in enumerate(rows(spec.n))
        ]
        with pytest.raises(Refused, match=sentence):
            check_openings(spec, KEY, N1, N2, ["cpu"], bytes(32), range(8), openings)

    def test_more_than_half_clipped_is_too_much(self):
        rows = np.random.default_rng(1).integers(-128, 128, (64, 256)).astype(np.int8)
        rows[:, :160] = np.where(rows[:, :160] < 0, -128, 127)
        assert health_of(rows).saturated > 0.5
        assert health_of(rows).complaint is not None


class TestWithRealDevices:
    @pytest.fixture
    def prover(self):
        devices = [
            ProvingDevice(word=word, device=word, provider=Provider.CPU, uuid=None, threads=1, memory_limit_bytes=2**30)
            for word in DEVICES
        ]
        told = []
        prover = DeviceProver(TINY, KEY, devices, tell=told.append)
        yield prover
        prover.close()

    def test_two_workers_commit_to_what_the_reference_computes_and_open_it(self, given, prover):
        prover.prepare(N1)
        assert prover.prove(N2) == given.root
        assert prover.open(DRAWN) == given.openings

    def test_one_session_answers_several_challenges(self, given, prover):
        prover.prepare(N1)
        assert prover.prove(b"something else") != given.root
        assert prover.prove(N2) == given.root
        given.check(openings=prover.open(DRAWN))

    def test_a_worker_that_dies_is_said_and_takes_nothing_along(self, prover):
        prover.prepare(N1)
        os.kill(prover._children[1].group, signal.SIGKILL)
        with pytest.raises(Problem, match="the proof was not made: the worker") as caught:
            prover.prove(N2)
        assert caught.value.code is ExitCode.CRASHED

    def test_a_device_that_refuses_is_named(self):
        device = ProvingDevice(
            word="cpu", device="cpu", provider=Provider.CPU, uuid=None, threads=1, memory_limit_bytes=1
        )
        prover = DeviceProver(TINY, KEY, [device])
        try:
            with pytest.raises(Problem, match=r"cpu cannot prove chain\.test@1: .* needs .* MiB") as caught:
                prover.prepare(N1)
        finally:
            prover.close()
        assert caught.value.code is ExitCode.UNMEASURED

    def test_a_chain_without_a_form_for_the_device_is_said(self, prover):
        prover.spec = replace(TINY, graphs=())
        with pytest.raises(Problem, match=r"chain\.test@1 has no form for one"):
            prover.prepare(N1)


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
