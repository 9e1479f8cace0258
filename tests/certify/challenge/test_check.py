"""What a verifier makes of the verdict in a certificate: L2, or a sentence why not."""

import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from netmind_tui.bench.chain_catalog import find_chain, open_chains
from netmind_tui.bench.store import read_run
from netmind_tui.certify.challenge.check import check_challenge
from netmind_tui.certify.challenge.verdict import check_signature, envelope_of, read_verdict, sign_verdict
from netmind_tui.certify.identity import Identity
from netmind_tui.certify.making import Maker, make
from netmind_tui.certify.moment import written
from netmind_tui.certify.refused import Refused
from netmind_tui.certify.scope import open_scope
from netmind_tui.certify.trust import Trust
from netmind_tui.certify.verify import Terms, verify
from netmind_tui.model.problem import Problem
from netmind_tui.model.verdict import ChallengeVerdict
from netmind_tui.model.verification import Answer, Check

RECORDING = Path(__file__).parents[2] / "recordings/quick_cpu.json"
CHAINS = open_chains()
SPEC = find_chain(CHAINS, "chain.int8.medium@1")
SECONDS = 60.0


@pytest.fixture
def run():
    """A recorded run, as if it had been made here."""
    found = read_run(RECORDING)
    return replace(found, host=replace(found.host, hostname=socket.gethostname()))


@pytest.fixture
def now(run):
    return datetime.fromisoformat(run.finished_at).astimezone(UTC) + timedelta(hours=1)


@pytest.fixture
def maker(tmp_path):
    return Maker(identity=Identity(tmp_path / "identity"), folder=tmp_path / "shelf")


@pytest.fixture
def sign(made, maker, now):
    """A verdict, signed: ``sign(elapsed_s=3.0)``; ``by`` is who signs it."""
    lab = made.key_of(9)
    public = maker.identity.public(written(now))

    def sign(by=lab, **changes):
        plain = {
            "challenger_key": by.public,
            "node_key": public,
            "session": "01" * 32,
            "initiated_by": "node",
            "chain": SPEC.id,
            "chain_version": SPEC.version,
            "devices": ("cpu",),
            "nonce1": "02" * 32,
            "nonce2": "03" * 32,
            "root": "04" * 32,
            "rows_opened": 64,
            "started_at": written(now - timedelta(minutes=5)),
            "finished_at": written(now - timedelta(minutes=3)),
            "elapsed_s": SECONDS,
            "operations": str(SPEC.operations),
            "rate_tops": SPEC.operations / SECONDS / 1e12,
            "verdict": "passed",
            "reason": None,
            "challenges_started": 3,
            "challenges_passed": 2,
        }
        if "elapsed_s" in changes and "rate_tops" not in changes:
            changes["rate_tops"] = SPEC.operations / changes["elapsed_s"] / 1e12
        return read_verdict(sign_verdict(ChallengeVerdict(**(plain | changes)), by.private))

    return sign


@pytest.fixture
def certificate(run, maker, now, monkeypatch):
    """A certificate whose devices are known by their names, with a verdict or none."""
    monkeypatch.setattr("netmind_tui.certify.making.read_machine_id", lambda _boundaries: None)
    bare = make(run, maker, open_scope(None), now).issued.certificate
    return lambda challenge=None: replace(bare, challenge=challenge)


@pytest.fixture
def judge(certificate, made):
    trusted = {made.key_of(9).public: "the lab"}
    return lambda challenge, challengers=trusted: check_challenge(certificate(challenge), challengers, CHAINS)


def test_a_believed_challenger_makes_a_rate(judge, sign):
    answer, sentence, timed = judge(sign())
    assert answer is Answer.HELD
    assert "the lab, timed it" in sentence
    assert "2 of 3 begun there passed" in sentence
    assert timed.evidence == "challenged"
    assert timed.rate == pytest.approx(SPEC.operations / SECONDS)
    assert f"{timed.int8_share:.0%}".replace("%", " %") in sentence
    assert (timed.challenger, timed.elapsed_s, timed.operations) == ("the lab", SECONDS, str(SPEC.operations))


def test_without_a_verdict_nothing_is_said_of_time(judge):
    assert judge(None) == (Answer.LEFT, "no challenger timed it", None)


def test_without_a_list_nobody_is_believed(judge, sign):
    answer, sentence, timed = judge(sign(), None)
    assert (answer, timed) == (Answer.NOTE, None)
    assert "only --trust-challenger KEYS says" in sentence


def test_a_challenger_with_a_slow_clock_that_nobody_trusts_shows_nothing(judge, sign, made):
    """Its owner's own challenger can say that the work took a tenth of its time: the reader is not told a rate."""
    answer, sentence, timed = judge(sign(by=made.key_of(66), elapsed_s=SECONDS / 10))
    assert (answer, timed) == (Answer.NOTE, None)
    assert "is not on your list of challengers: its clock shows you nothing" in sentence
    assert "OP/s" not in sentence


def test_more_than_the_devices_did_by_their_owners_own_figure_is_not_believed(judge, sign):
    answer, sentence, timed = judge(sign(elapsed_s=0.5))
    assert (answer, timed) == (Answer.NOTE, None)
    assert "so another machine may have answered" in sentence


def test_the_moment_of_the_challengers_choice_is_told(judge, sign):
    assert "at a moment of its choice" in judge(sign(initiated_by="challenger"))[1]


def test_a_chain_for_tests_shows_nothing(judge, sign):
    small = find_chain(CHAINS, "chain.test@1")
    rate = small.operations / SECONDS / 1e12
    found = judge(sign(chain=small.id, operations=str(small.operations), rate_tops=rate))
    assert (found[0], found[2]) == (Answer.NOTE, None)
    assert "is for tests and shows nothing" in found[1]


def test_a_chain_that_this_program_does_not_know_cannot_be_told(judge, sign):
    answer, sentence, timed = judge(sign(chain="chain.newer"))
    assert (answer, timed) == (Answer.UNKNOWN, None)
    assert "not in this program's catalogue" in sentence


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"node_key": "ed25519:" + "ab" * 32}, "that of another node, ed25519:abababab…"),
        ({"verdict": "failed", "reason": "row 3"}, "was not passed: row 3"),
        ({"devices": ("gpu:0",)}, "of devices that the certificate does not have"),
        ({"devices": ()}, "names no device, or one twice"),
        ({"devices": ("cpu", "cpu")}, "names no device, or one twice"),
        ({"operations": "1"}, "is 35184372088832 operations, not 1"),
        ({"rows_opened": 8}, "only 8 rows were opened, 64 are expected"),
        ({"rate_tops": 99.0}, "its rate is not its operations through its time"),
        ({"elapsed_s": -1.0}, "its rate is not its operations through its time"),
        ({"nonce2": "02" * 32}, "both of its nonces are the same"),
        ({"started_at": "2026"}, "its times are no times"),
        ({"elapsed_s": 121.0}, "its clock ran for 121.000 s between"),
    ],
)
def test_a_verdict_that_cannot_be_true_fails(judge, sign, changes, words):
    answer, sentence, timed = judge(sign(**changes))
    assert (answer, timed) == (Answer.FAILED, None)
    assert words in sentence


def test_an_old_verdict_does_not_count_for_a_new_run(judge, sign, run):
    before = datetime.fromisoformat(run.started_at).astimezone(UTC) - timedelta(hours=1)
    answer, sentence, _ = judge(sign(started_at=written(before), finished_at=written(before + timedelta(minutes=2))))
    assert answer is Answer.FAILED
    assert "before what it certifies was measured: a challenge counts for one run" in sentence


def test_a_verdict_from_after_the_certificate_fails(judge, sign, now):
    later = now + timedelta(hours=1)
    answer, sentence, _ = judge(sign(started_at=written(later), finished_at=written(later + timedelta(minutes=2))))
    assert answer is Answer.FAILED
    assert "after it was issued" in sentence


def test_a_changed_verdict_is_not_the_challengers(judge, sign):
    signed = sign()
    better = replace(signed.verdict, elapsed_s=30.0, rate_tops=SPEC.operations / 30 / 1e12)
    answer, sentence, _ = judge(replace(signed, verdict=better))
    assert answer is Answer.FAILED
    assert "signature does not hold" in sentence


def test_a_verdict_goes_into_a_certificate_and_comes_out_the_same(sign, made):
    signed = sign()
    check_signature(signed)
    assert read_verdict(envelope_of(signed)) == signed


def test_an_envelope_that_is_no_verdict_is_refused(made, maker, run, now):
    issued = make(run, maker, open_scope(None), now).issued
    with pytest.raises(Refused):
        read_verdict(issued.envelope)


class TestAWholeCertificate:
    @pytest.fixture
    def kept(self, run, maker, now, sign, monkeypatch):
        monkeypatch.setattr("netmind_tui.certify.making.read_machine_id", lambda _boundaries: None)
        return make(run, maker, open_scope(None), now, challenge=sign())

    @pytest.fixture
    def verified(self, kept, now):
        keys = {kept.issued.certificate.node_key: "the node"}

        def verified(challengers=None):
            terms = Terms(now=now, nonce=None, trust=Trust(keys=keys), challengers=challengers)
            return verify([kept.path], terms).files[0]

        return verified

    def test_its_level_is_that_of_whom_the_reader_believes(self, verified, made):
        trusted = verified({made.key_of(9).public: "the lab"})
        assert (trusted.level, trusted.timed.challenger) == ("L2", "the lab")
        assert "by a challenger's clock" in trusted.covers
        for other in (None, {made.key_of(66).public: "somebody"}):
            told = verified(other)
            assert (told.level, told.timed) == ("L0", None)
            assert {each.check: each.answer for each in told.checks}[Check.CHALLENGE] is Answer.NOTE

    def test_the_node_that_makes_it_sees_what_its_challenger_said(self, kept):
        assert kept.verification.files[0].level == "L2"

    def test_somebody_elses_verdict_does_not_get_into_one(self, run, maker, now, sign):
        with pytest.raises(Problem, match="that of another node"):
            make(run, maker, open_scope(None), now, challenge=sign(node_key="ed25519:" + "ab" * 32))
