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
from netmind_tui.certify.nonce import seed_of
from netmind_tui.certify.refused import Refused
from netmind_tui.certify.scope import open_scope
from netmind_tui.certify.trust import Trust
from netmind_tui.certify.verify import Terms, verify
from netmind_tui.model.certificate import Revocation, Rotation
from netmind_tui.model.verdict import ChallengeVerdict
from netmind_tui.model.verification import Answer, Check

RECORDING = Path(__file__).parents[2] / "recordings/quick_cpu.json"
CHAINS = open_chains()
SPEC = find_chain(CHAINS, "chain.int8.medium@1")
SECONDS = 60.0
NOBODY = Trust()


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
            "calls_missed": 0,
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
    return lambda challenge=None, **changes: replace(bare, challenge=challenge, **changes)


@pytest.fixture
def judge(certificate, made, now):
    trusted = {made.key_of(9).public: "the lab"}

    def judge(challenge, challengers=trusted, *, when=now, trust=NOBODY, **changes):
        return check_challenge(certificate(challenge, **changes), challengers, CHAINS, now=when, trust=trust)

    return judge


def test_a_believed_challenger_makes_a_rate(judge, sign):
    answer, sentence, timed = judge(sign())
    assert answer is Answer.HELD
    assert "the lab, timed it" in sentence
    assert "2 of 3 that this key began there passed" in sentence
    assert timed.evidence == "challenged"
    assert timed.rate == pytest.approx(SPEC.operations / SECONDS)
    assert f"{timed.int8_share:.0%}".replace("%", " %") in sentence
    assert (timed.challenger, timed.elapsed_s, timed.operations) == ("the lab", SECONDS, str(SPEC.operations))
    assert f"ended on {timed.finished_at[:16].replace('T', ' ')} UTC" in sentence


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
    assert "more than these devices did by the owner's own figure, so another machine may have answered" in sentence


def test_where_no_figure_of_the_owners_bounds_the_rate_that_is_said(judge, sign, certificate):
    claims = tuple(claim for claim in certificate().claims if claim.kernel != "gemm.int8")
    answer, sentence, timed = judge(sign(elapsed_s=0.5), claims=claims)
    assert answer is Answer.NOTE
    assert "no gemm.int8 of these devices is stated, so not even the owner's own figure bounds that rate" in sentence
    assert (timed.rate, timed.int8_share) == (pytest.approx(SPEC.operations / 0.5), None)


def test_the_figure_that_bounds_the_rate_is_called_the_owners_own(judge, sign):
    assert "of its own gemm.int8" in judge(sign())[1]


def test_calls_that_were_missed_are_told(judge, sign):
    _, sentence, timed = judge(sign(calls_missed=4))
    assert "4 calls were missed" in sentence
    assert timed.calls_missed == 4


class TestKeysThatAreOneAnothers:
    def test_nobody_times_themselves(self, judge, sign, maker, now):
        """An owner can sign a verdict with the node's key, which a reader may have on one list for both."""
        own = maker.identity.signing_key(written(now))
        answer, sentence, timed = judge(sign(by=own), {own.public: "a node"})
        assert (answer, timed) == (Answer.FAILED, None)
        assert "is signed by the node's own key" in sentence
        assert "nobody times themselves" in sentence

    @pytest.mark.parametrize("forward", [True, False])
    def test_nor_with_a_key_that_came_before_or_after(self, judge, sign, made, maker, now, forward):
        keys = (made.key_of(9).public, maker.identity.public(written(now)))
        old, new = keys if forward else keys[::-1]
        rotation = Rotation(node_key=old, new_key=new, at=written(now))
        answer, sentence, timed = judge(sign(), trust=Trust(rotations=(rotation,)))
        assert (answer, timed) == (Answer.FAILED, None)
        assert "nobody times themselves" in sentence


class TestAChallengerWhoseKeyEnded:
    @pytest.fixture
    def ended(self, judge, sign, made):
        def ended(since):
            end = Revocation(node_key=made.key_of(9).public, since=written(since), reason=None)
            return judge(sign(), trust=Trust(revocations=(end,)))

        return ended

    def test_before_it_signed_shows_nothing(self, ended, now):
        answer, sentence, timed = ended(now - timedelta(days=10))
        assert (answer, timed) == (Answer.NOTE, None)
        assert "before that: its clock shows you nothing" in sentence
        assert "OP/s" not in sentence

    def test_at_the_moment_at_which_it_signed_shows_nothing(self, ended, now):
        assert ended(now - timedelta(minutes=3))[2] is None

    def test_after_it_signed_counts_and_that_is_said(self, ended, now):
        answer, sentence, timed = ended(now - timedelta(minutes=1))
        assert (answer, timed.challenger) == (Answer.NOTE, "the lab")
        assert "by its own clock after that" in sentence

    def test_is_not_another_one(self, judge, sign, now):
        end = Revocation(node_key="ed25519:" + "ab" * 32, since=written(now - timedelta(days=10)), reason=None)
        assert judge(sign(), trust=Trust(revocations=(end,)))[0] is Answer.HELD


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
        ({"rows_opened": 10**9}, "1000000000 rows were opened, and there are 131072"),
        ({"challenges_started": 0, "challenges_passed": 99}, "it counts 99 passed of 0 begun there, which cannot be"),
        ({"challenges_started": 0, "challenges_passed": 0}, "it counts 0 passed of 0 begun there, which cannot be"),
        ({"challenges_started": 5, "challenges_passed": 0}, "it counts 0 passed of 5 begun there, which cannot be"),
        ({"challenges_started": -5, "challenges_passed": -7}, "it counts -7 passed of -5 begun there"),
        ({"calls_missed": -1}, "it counts -1 calls that were missed, which cannot be"),
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
    assert f"before what it certifies was measured, on {run.started_at}" in sentence


def test_a_verdict_older_than_a_certificate_may_be_counts_no_longer(judge, sign, now):
    """However long ago the run says that it began."""
    month = timedelta(days=30)
    assert judge(sign(), when=now - timedelta(minutes=3) + month)[0] is Answer.HELD
    answer, sentence, timed = judge(sign(), when=now - timedelta(minutes=2) + month)
    assert (answer, timed) == (Answer.FAILED, None)
    assert "more than 30 days ago: it counts no longer" in sentence


def test_a_certificate_does_not_outlive_its_challenge(judge, sign, certificate, now):
    """Both end after 30 days, but for what two clocks may be apart."""
    finished = now - timedelta(minutes=3)
    for late, answer in ((timedelta(minutes=5), Answer.HELD), (timedelta(minutes=6), Answer.FAILED)):
        found = judge(sign(), expires_at=written(finished + timedelta(days=30) + late))
        assert found[0] is answer
    assert "more than 30 days after the challenge in it ended" in found[1]


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

    def test_a_nonce_says_nothing_of_the_challenge(self, run, maker, now, sign, monkeypatch):
        nonce = "0123456789abcdef"
        monkeypatch.setattr("netmind_tui.certify.making.read_machine_id", lambda _boundaries: None)
        seeded = replace(run, seed=str(seed_of(nonce)))
        kept = make(seeded, maker, open_scope(None), now, nonce=nonce, challenge=sign())
        (file,) = kept.verification.files
        said = next(each for each in file.checks if each.check is Check.NONCE)
        assert said.answer is Answer.HELD
        assert f"knows nothing of that nonce: compare {sign().verdict.finished_at}, when it ended" in said.sentence
        assert file.covers.endswith("it was made after your nonce was given, and the challenge need not have been")

    def test_one_challenge_in_two_certificates_is_told(self, run, maker, now, sign, monkeypatch):
        monkeypatch.setattr("netmind_tui.certify.making.read_machine_id", lambda _boundaries: None)
        paths = [
            make(run, maker, open_scope(None), now + timedelta(seconds=each), challenge=sign()).path for each in (0, 1)
        ]
        terms = Terms(now=now + timedelta(minutes=1), nonce=None, trust=Trust(allows_unknown=True))
        assert any("hold the same challenge, 010101010101…: it happened once" in n for n in verify(paths, terms).notes)
        assert verify(paths[:1], terms).notes == ()

    def test_somebody_elses_verdict_does_not_get_into_one_which_is_made_without(self, run, maker, now, sign):
        made = make(run, maker, open_scope(None), now, challenge=sign(node_key="ed25519:" + "ab" * 32))
        assert "that of another node" in made.left_out
        assert (made.issued.certificate.challenge, made.verification.files[0].level) == (None, "L0")
        assert len(list(maker.folder.iterdir())) == 1

    def test_what_took_long_to_prove_is_proven_once_then_too(self, run, maker, now, sign):
        proven = []
        other = sign(node_key="ed25519:" + "ab" * 32)
        made = make(run, maker, open_scope(None), now, challenge=other, prove=lambda *about: proven.append(about))
        assert (made.left_out is None, len(proven)) == (False, 1)
