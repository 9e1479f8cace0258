"""The screen *Cert* as text: what is certified and how sure it is, how it stands today, and what the machine meets."""

import importlib.util
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from netmind_tui.config import Config
from netmind_tui.model.certificate import Evidence
from netmind_tui.model.comparison import Judgement
from netmind_tui.model.finding import Status
from netmind_tui.model.verification import Answer, Check, Checked
from netmind_tui.tui.action import read_keymap
from netmind_tui.tui.bench_state import DeviceToggled, RunsListed
from netmind_tui.tui.cert_page import (
    CERTIFICATE,
    CHALLENGE,
    HISTORY,
    MAKE,
    PROFILES,
    PROOF,
    RECORDS,
    Cert,
    Held,
    Stands,
    badge,
)
from netmind_tui.tui.cert_state import (
    CertFailed,
    CertificateMade,
    CertPageTurned,
    Compared,
    MakingStopped,
    ProfilesListed,
    TimePassed,
    Undertaken,
    Validated,
    reduce_cert,
)
from netmind_tui.tui.demo_cert import demo_certificates
from netmind_tui.tui.frame import Size, picture
from netmind_tui.tui.glyph import UNICODE
from netmind_tui.tui.message import Moved, Went
from netmind_tui.tui.screen import cert
from netmind_tui.tui.screen.cert_make import ways
from netmind_tui.tui.skin import choose_skin
from netmind_tui.tui.state import Feed, reduce


def _made(name):
    spec = importlib.util.spec_from_file_location(name, Path(__file__).parent / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


made, bench_made = _made("cert_made"), _made("bench_made")
WEEK = timedelta(days=7)
SIZES = [(60, 20), (80, 24), (100, 30), (120, 40)]
CHANGED = Stands(
    changes=("driver 580.95.05 → 591.44", "gpu:4 power limit 450 W → 380 W"),
    unknown=("gpu:5 does not answer",),
    uncovered=("gpu:8",),
)
GONE = "nobody answers at https://challenger.example:8443: is the challenger there?"
EXPIRED = Checked(check=Check.TIME, answer=Answer.FAILED, sentence="it expired on 2026-12-22T19:15:15.968Z")


def after(state, *messages):
    for message in messages:
        state = reduce(state, message)
    return state


def words(lines):
    return " ".join(" ".join(each.strip("│ ") for each in lines).split())


@pytest.fixture
def certified(none):
    """A machine with two certificates, the newer of which is as the machine is."""
    return after(none, Went("cert"), made.read(made.held(), made.older()), Compared(Stands()))


@pytest.fixture
def demo(eight):
    """The machine of the demo."""
    shown = replace(eight, feed=Feed(kind="demo", label="demo.jsonl.gz"))
    return after(shown, Went("cert"), *demo_certificates())


@pytest.fixture
def planned(none):
    """Every suite is planned, two runs are kept, and no certificate is there."""
    return after(bench_made.choosing(none), Went("cert"), made.read(now="2026-11-22T21:00:00.000Z"))


@pytest.fixture
def challenging(planned):
    """The ways to a certificate where the owner has chosen a challenger, and runs are kept."""
    settings = replace(planned.settings, config=Config(challenger="https://challenger.example:8443"))
    return after(replace(planned, settings=settings), RunsListed(bench_made.kept(3)), CertPageTurned(MAKE))


@pytest.fixture
def states(certified, demo, planned, challenging):
    """Every page, by its name."""
    profiles = after(certified, ProfilesListed(made.PROFILES), CertPageTurned(PROFILES), Moved(box="profiles", row=1))
    ended = made.read(made.held(level=None, checks=(EXPIRED,)), now="2026-12-24T00:00:00.000Z")
    return {
        "empty": planned,
        "empty-kept": after(planned, RunsListed(bench_made.kept(3))),
        "cpu": certified,
        "eight": demo,
        "outdated": after(demo, Compared(CHANGED)),
        "ended": after(certified, ended),
        "make": after(planned, made.read(made.held(), made.older()), CertPageTurned(MAKE)),
        "make-challenged": after(challenging, Moved(box="ways", row=5)),
        "make-proof": after(challenging, Moved(box="ways", row=6)),
        "proving": after(challenging, made.read(made.held(), made.older()), Undertaken("proving", 0.45, can_stop=True)),
        "challenged": after(certified, made.read(made.challenged(), made.older()), Compared(Stands())),
        "lowered": after(certified, CertificateMade(f"made at L0, without a challenge: {GONE}")),
        "history": after(certified, CertPageTurned(HISTORY), Moved(box="certificates", row=1)),
        "profiles": profiles,
        "records": after(profiles, Validated(made.validation()), Moved(box="records", row=1)),
    }


PAGES = ("empty", "empty-kept", "cpu", "eight", "outdated", "ended", "make", "history", "profiles", "records")
PAGES += ("make-challenged", "make-proof", "proving", "challenged", "lowered")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("page", PAGES)
def test_pictures_of_each_page_at_each_size(states, show, golden, page, size):
    golden(f"cert-{page}-{size[0]}x{size[1]}", show(states[page], *size))


@pytest.mark.parametrize("page", ["eight", "outdated", "records"])
def test_pictures_in_plain_signs(states, show, golden, page):
    lines = show(states[page], 80, 24, ascii=True)
    assert all(each.isascii() for each in lines)
    golden(f"cert-{page}-80x24-ascii", lines)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("size", [(60, 20), (63, 21), (79, 22), (97, 25), (140, 50), (200, 60)])
def test_no_size_leaves_a_line_too_long_or_a_box_open(states, show, page, size):
    for lines in (show(states[page], *size), show(states[page], *size, ascii=True)):
        assert len(lines) == size[1]
        assert {len(each) for each in lines} == {size[0]}
    lines = show(states[page], *size)
    assert sum(each.count("╭") for each in lines) == sum(each.count("╰") for each in lines)


@pytest.mark.parametrize("page", PAGES)
def test_without_colours_each_role_has_a_weight_or_none_and_words_say_the_rest(states, page):
    skin = choose_skin(None, ascii_only=False, has_colours=False)
    for each in picture(states[page], Size(100, 30), UNICODE, read_keymap({})):
        assert all(skin.style(span.role).color is None for span in each)


class TestWithoutOne:
    def test_it_says_why_and_what_one_is_for(self, planned, show):
        text = words(show(planned, 80, 24))
        assert "There is no certificate: what this machine can do, its owner alone knows." in text
        assert "which anybody can check offline" in text
        assert "for 30 days or until the machine changes" in text
        assert "▸ measure standard" in text

    def test_kept_runs_that_can_be_signed_come_first(self, states):
        suites = [(way.run is not None, way.suite) for way in ways(states["empty-kept"])]
        assert suites[0][0]
        assert suites[-4:-1] == [(False, "standard"), (False, "quick"), (False, "sustained")]

    @pytest.mark.parametrize(
        "changes",
        [
            {"started_at": "2026-10-01T00:00:00.000Z"},
            {"stopped": "interrupted"},
            {"verdict": Status.FAIL},
            {"suite": "preflight"},
            {"figures": ()},
        ],
        ids=lambda changes: next(iter(changes)),
    )
    def test_a_run_that_cannot_be_signed_is_not_offered(self, planned, changes):
        run = replace(bench_made.kept(1)[0], **changes)
        assert not [way for way in ways(after(planned, RunsListed((run,)))) if way.run]

    def test_a_run_that_was_signed_is_not_offered_again(self, planned):
        run = bench_made.kept(1)[0]
        own = made.held()
        signed = replace(own.certificate, run=replace(own.certificate.run, started_at=run.started_at))
        state = after(planned, RunsListed((run,)))
        assert [way for way in ways(state) if way.run]
        state = after(state, made.read(replace(own, certificate=signed), now="2026-11-22T21:00:00.000Z"))
        assert not [way for way in ways(state) if way.run]

    def test_read_only_offers_nothing_and_says_so(self, planned, show):
        state = replace(planned, view=replace(planned.view, read_only=True))
        assert ways(state) == []
        text = words(show(state, 80, 24))
        assert "started with --read-only: nothing is made here" in text
        assert "c certify" not in text

    def test_a_recording_says_that_it_cannot_be_certified(self, planned, show):
        state = replace(planned, feed=Feed(kind="replay", label="x.jsonl"), cert=Cert())
        assert "only the machine itself can be measured and certified" in words(show(state, 80, 24))

    def test_what_is_no_certificate_on_the_shelf_is_said(self, planned, show):
        state = after(planned, made.read(damaged=("/shelf/x: certificate.json is not JSON",)))
        assert "✖ /shelf/x: certificate.json is not JSON" in words(show(state, 80, 24))


class TestACertificate:
    def test_the_level_is_never_without_what_it_covers(self, certified, show):
        for size in SIZES:
            text = words(show(certified, *size))
            assert "L0 self-attested" in text
            assert "who signed it, and that nothing was changed since; how fast is this node's own word" in text

    def test_evidence_comes_strongest_first_and_what_none_of_it_shows_last(self, certified, show):
        text = words(show(certified, 120, 200))
        order = ["timed by its owner's clock", "read from its owner's machine", "none of it shows"]
        places = [text.index(each) for each in order]
        assert places == sorted(places)
        assert "nothing proven or challenged" in text

    def test_a_stronger_claim_stands_above_a_measured_one(self, none, show):
        own = made.held()
        first, *rest = own.certificate.claims
        proven = replace(own.certificate, claims=(*rest, replace(first, evidence=Evidence.PROVEN)))
        state = after(none, Went("cert"), made.read(replace(own, certificate=proven)))
        text = words(show(state, 120, 200))
        assert text.index("whoever doubts it can compute it again") < text.index("timed by its owner's clock")
        assert "1 proven" in text

    def test_each_claim_has_its_rate_its_interval_and_its_drift(self, certified, show):
        line = next(each for each in show(certified, 100, 60) if "gemm.fp32" in each)
        assert "GFLOP/s" in line
        assert " – " in line
        assert "▼ −33.3 %" in line

    def test_the_slowest_of_many_is_shown_with_who_lost_most(self, demo, show):
        line = next(each for each in show(demo, 100, 40) if "gemm.fp16" in each)
        slow, fast = (float(each.split()[0]) for each in line.split("   ") if each.strip().endswith("TFLOP/s"))
        assert slow < fast
        assert line.strip("│ ").endswith("gpu:4")

    def test_a_latency_that_grew_is_a_loss(self, certified, show):
        own = certified.cert.newest
        slower = {"ratio": 1.25, "judgement": Judgement.WORSE, "lower_is_better": True}
        rows = tuple(replace(row, **slower) if row.kernel == "dispatch" else row for row in own.drift.kernels)
        state = after(certified, made.read(replace(own, drift=replace(own.drift, kernels=rows))))
        line = next(each for each in show(state, 100, 60) if "dispatch" in each)
        assert "▼ −20.0 %" in line

    def test_without_an_earlier_one_it_says_why_there_is_no_drift(self, certified, show):
        text = words(show(after(certified, Moved(box="certificates", row=1)), 100, 30))
        assert "drift it is the first of its chain" in text
        assert "an older certificate" in text
        assert "replaced by the one of 2026-11-22" in text

    def test_outdated_says_what_changed_what_cannot_be_told_and_what_it_never_covered(self, demo, show):
        text = words(show(after(demo, Compared(CHANGED)), 100, 30))
        assert "▲ outdated: driver 580.95.05 → 591.44, gpu:4 power limit 450 W → 380 W" in text
        assert "cannot be told now: gpu:5 does not answer" in text
        assert "says nothing of gpu:8" in text

    @pytest.mark.parametrize("size", SIZES)
    def test_that_it_is_outdated_is_shown_at_every_size(self, demo, show, size):
        many = Stands(changes=tuple(f"gpu:{index} power limit 450 W → 380 W" for index in range(8)))
        text = words(show(after(demo, Compared(many)), *size))
        assert "outdated: gpu:0 power limit 450 W → 380 W" in text
        assert "and 5 more" in text
        assert "gpu:0-7 consistent with" in text

    def test_a_failed_check_is_said_and_takes_the_level_away(self, certified, show):
        broken = Checked(check=Check.RESULT, answer=Answer.FAILED, sentence="certificate.result.json was changed")
        state = after(certified, made.read(made.held(level=None, checks=(broken,))))
        text = words(show(state, 100, 30))
        assert "✖ does not hold" in text
        assert "result: certificate.result.json was changed" in text
        assert "self-attested" not in text

    def test_one_that_ends_while_it_is_looked_at_covers_nothing_any_more(self, certified, show):
        text = words(show(after(certified, TimePassed("2026-12-24T00:00:00.000Z")), 80, 24))
        assert "✖ does not hold any more" in text
        assert "ended 2026-12-22 19:15 UTC" in text
        assert "nothing any more: it has ended" in text
        assert "self-attested" not in text

    def test_a_word_that_answers_a_nonce_is_fresh(self, certified, show):
        state = after(certified, made.read(made.held(level="L1")))
        assert "L1 fresh" in words(show(state, 80, 24))

    def test_what_has_no_room_above_stands_below_the_claims(self, certified, show):
        assert made.KEY[:24] not in words(show(certified, 80, 24))
        text = words(show(after(certified, Moved(box="claims", row=200)), 80, 24))
        assert made.KEY[:24] in text
        assert "scope lab.example/pool-1" in text

    def test_the_demo_says_that_it_is_simulated_and_signed_by_nobody(self, demo, show):
        text = words(show(demo, 100, 30))
        assert "SIMULATED demo" in text
        assert "none: it is simulated, and nobody signed it" in text

    def test_what_goes_on_and_what_went_wrong_are_shown(self, certified, show):
        state = after(certified, Undertaken("signing"))
        assert "▶ signing" in words(show(state, 80, 24))
        state = after(state, CertFailed("the key was ended"))
        assert "✖ the key was ended" in words(show(state, 80, 24))
        assert "signing" not in words(show(after(state, CertificateMade()), 80, 24))


class TestTheBadge:
    def test_it_is_on_every_screen_with_level_and_days(self, certified, show):
        for screen in ("overview", "bench", "settings"):
            assert "cert L0 · 27 d" in show(after(certified, Went(screen)), 100, 30)[1]

    def test_without_a_certificate_there_is_none(self, none, show):
        assert "cert" not in show(none, 100, 30)[1]

    @pytest.mark.parametrize(
        ("now", "expected"),
        [
            ("2026-12-15T19:15:00.000Z", "cert L0 · 7 d"),
            ("2026-12-15T20:15:00.000Z", "cert L0 6 d!"),
            ("2026-12-22T15:15:00.000Z", "cert L0 4 h!"),
            ("2026-12-22T19:10:00.000Z", "cert L0 5 min!"),
            ("2026-12-23T00:00:00.000Z", "cert ended"),
        ],
    )
    def test_it_counts_down(self, certified, now, expected):
        assert badge(reduce_cert(certified.cert, TimePassed(now)), WEEK)[0] == expected

    def test_outdated_comes_before_days_and_a_broken_one_before_both(self, certified):
        outdated = reduce_cert(certified.cert, Compared(CHANGED))
        assert badge(outdated, WEEK) == ("cert L0 outdated", "warn")
        broken = reduce_cert(outdated, made.read(made.held(level=None)))
        assert badge(broken, WEEK) == ("cert does not hold", "bad")


class TestWhatIsAdded:
    def test_a_challenger_that_was_chosen_is_a_way_by_its_host(self, challenging, show):
        assert [way.adds for way in ways(challenging)[-2:]] == [CHALLENGE, PROOF]
        text = words(show(challenging, 100, 30))
        assert "be challenged (L2) by challenger.example:8443" in text
        assert "certificate.challenger" not in text

    def test_without_one_a_sentence_names_the_key_to_set_and_leads_to_it(self, planned, show):
        assert [way.adds for way in ways(planned)][-2:] == ["", PROOF]
        assert "be challenged (L2): set certificate.challenger to a URL (, settings)" in words(show(planned, 80, 24))
        lines = picture(planned, Size(80, 24), UNICODE, read_keymap({}))
        assert "setting certificate.challenger" in {span.action for each in lines for span in each}

    def test_it_is_added_to_what_the_first_way_does(self, planned, challenging):
        kept, first = ways(challenging), ways(challenging)[0]
        assert [way.run for way in kept[-2:]] == [first.run, first.run]
        measured = ways(planned)
        assert [way.plan for way in measured[-1:]] == [measured[0].plan]

    def test_the_chosen_one_says_what_it_does_and_what_is_left_where_that_fails(self, states, show):
        text = words(show(states["make-challenged"], 120, 40))
        assert "challenger.example:8443 asks an unforeseeable question, holds the clock, and checks 64 rows" in text
        assert "level L2, challenged: who signed it, and that whoever holds its key did exact work" in text
        assert "for whoever lists that challenger, and L0 for others" in text
        assert "where it is gone or slow, the certificate is made at L0 all the same" in text
        assert "nothing about time" in words(show(states["make-proof"], 120, 40))

    def test_how_far_it_is_stands_on_every_screen_and_esc_stops_it_where_it_is_shown(self, states, show):
        state = states["proving"]
        assert "esc stop" in show(state, 100, 30)[-1]
        assert "▶ proving 45 %" in show(after(state, Went("overview")), 100, 30)[1]
        assert "esc stop" not in show(after(state, CertPageTurned(PROFILES)), 100, 30)[-1]
        state = after(state, MakingStopped())
        assert "▶ stopping: proving" in words(show(state, 100, 30))
        assert "esc stop" not in show(state, 100, 30)[-1]
        assert "▶" not in show(after(state, CertFailed("stopped")), 100, 30)[1]

    def test_what_cannot_be_stopped_is_left_as_before(self, planned, show):
        state = after(planned, made.read(made.held()), CertPageTurned(MAKE), Undertaken("signing"), MakingStopped())
        assert "esc back" in show(state, 100, 30)[-1]
        assert "stopping" not in words(show(state, 100, 30))

    @pytest.mark.parametrize("size", SIZES)
    def test_without_what_it_was_made_is_said_until_the_page_is_turned(self, states, show, size):
        state = states["lowered"]
        assert f"▲ made at L0, without a challenge: {GONE}" in words(show(state, *size))
        assert GONE not in words(show(after(state, CertPageTurned(HISTORY), CertPageTurned(CERTIFICATE)), *size))

    def test_a_proof_and_a_timed_rate_stand_with_the_claims(self, states, show):
        text = words(show(states["challenged"], 120, 60))
        assert "L2 challenged" in text
        assert "1 proven, 1 challenged, 4 measured, 9 asserted" in text
        assert "35,184,372,088,832 operations of the plain algorithm" in text
        assert "376.3 GOP/s · 82 % of its own gemm.int8 · 1:34" in text
        assert "whom you asked, 64 rows 2 of 3 challenges of this key passed there" in text


class TestWhatNeedsTheOwner:
    def ids(self, state):
        return [each.id for each in state.needs if each.id.startswith("certificate")]

    @pytest.mark.parametrize(("days", "ids"), [(0, []), (3, []), (5, ["certificate-ending"])])
    def test_how_long_before_its_end_is_the_owners_to_say(self, certified, show, days, ids):
        config = Config(renew_before_s=days * 24 * 3600)
        state = replace(certified, settings=replace(certified.settings, config=config))
        state = after(state, TimePassed("2026-12-18T00:00:00.000Z"))
        assert self.ids(state) == ids
        assert ("cert L0 4 d!" in show(state, 100, 30)[1]) is bool(ids)

    def test_a_good_one_needs_nothing(self, certified):
        assert self.ids(certified) == []

    def test_it_ends_soon(self, certified, show):
        state = after(certified, TimePassed("2026-12-18T00:00:00.000Z"), Went("overview"))
        assert self.ids(state) == ["certificate-ending"]
        assert state.needs[-1].title == "the certificate ends in 4 d"
        assert "the certificate ends in 4 d" in words(show(state, 100, 30))

    def test_it_ended(self, certified):
        state = after(certified, TimePassed("2026-12-24T00:00:00.000Z"))
        assert self.ids(state) == ["certificate-ended"]
        assert "c on screen 6" in state.needs[-1].remediation

    def test_outdated_names_the_first_change(self, certified):
        state = after(certified, Compared(CHANGED))
        assert self.ids(state) == ["certificate-outdated"]
        assert state.needs[-1].title == "the certificate is outdated: driver 580.95.05 → 591.44"

    def test_one_that_does_not_hold_is_a_failure(self, certified):
        broken = Checked(check=Check.SIGNATURE, answer=Answer.FAILED, sentence="it is another key's")
        state = after(certified, made.read(made.held(level=None, checks=(broken,))))
        assert self.ids(state) == ["certificate-does-not-hold"]
        assert state.needs[-1].status is Status.FAIL
        assert "signature: it is another key's" in state.needs[-1].title


class TestRequirements:
    def test_a_profile_says_what_it_is_judged_from_and_how_long_more_takes(self, planned, show):
        listed = (ProfilesListed(made.PROFILES), CertPageTurned(PROFILES), Moved(box="profiles", row=1))
        text = words(show(after(planned, *listed), 100, 30))
        assert "measures first, for no run is kept" in text
        assert "measures quick now, about 36.0 s, and judges that" in text
        text = words(show(after(planned, RunsListed(bench_made.kept(3)), *listed), 100, 30))
        assert "judges the kept run" in text

    def test_a_run_that_shows_less_than_is_asked_for_says_so(self, planned, show):
        run = replace(bench_made.kept(1)[0], suite="preflight")
        listed = (RunsListed((run,)), ProfilesListed(made.PROFILES), CertPageTurned(PROFILES))
        text = words(show(after(planned, *listed, Moved(box="profiles", row=1)), 100, 30))
        assert "less than quick shows" in text

    def test_records_come_worst_first_with_signs_of_their_own(self, states, show):
        lines = [each.strip("│ ▸") for each in show(states["records"], 100, 30)]
        signs = [each[0] for each in lines if each[:1] in "✖?▲✔" and each[1:2] == " "]
        assert signs[:4] == ["✖", "?", "▲", "✔"]

    def test_devices_that_came_to_the_same_are_one_row_with_both_figures(self, states, show):
        line = next(each for each in show(states["records"], 100, 30) if "7 GB of memory" in each)
        assert "gpu:0-1" in line
        assert "16 GB – 24 GB" in line or "14.9 GiB – 22.35 GiB" in line or " – " in line

    def test_the_chosen_one_says_what_to_do(self, states, show):
        text = words(show(after(states["records"], Moved(box="records", row=0)), 100, 30))
        assert "fix put more memory in" in text
        assert "drain: what a scheduler does about it" in text

    def test_without_a_validation_the_records_are_the_profiles(self, certified):
        assert cert.page(after(certified, CertPageTurned(RECORDS))) == PROFILES


class TestTwins:
    def test_each_page_has_its_command(self, states):
        assert cert.twin(states["empty"]) == "netmind certify --suite standard"
        kept = states["empty-kept"]
        assert cert.twin(kept) == f"netmind certify --run {ways(kept)[0].run.run_id}"
        assert cert.twin(states["cpu"]) == f"netmind verify {made.held().path} --allow-unknown-signer"
        assert cert.twin(states["profiles"]) == "netmind validate one-gpu"
        assert cert.twin(states["records"]) == "netmind validate one-gpu --run 20261122T191500Z-abc123"

    def test_what_is_added_stands_in_the_command(self, states, planned):
        run_id = ways(states["make-proof"])[0].run.run_id
        challenged = f"netmind certify --run {run_id} --challenger https://challenger.example:8443"
        assert cert.twin(states["make-challenged"]) == challenged
        assert cert.twin(states["make-proof"]) == f"netmind certify --run {run_id} --proof"
        measured = after(planned, Moved(box="ways", row=3))
        assert cert.twin(measured) == "netmind certify --suite standard --proof"

    def test_devices_that_were_left_out_are_left_out_of_the_command(self, eight):
        state = after(bench_made.choosing(eight), Went("cert"), made.read(now="2026-11-22T21:00:00.000Z"))
        left = after(state, *(DeviceToggled(device.id) for device in eight.gpus[2:]), DeviceToggled("cpu"))
        assert cert.twin(left) == "netmind certify --suite standard -d gpu:0 -d gpu:1"

    def test_a_path_with_a_blank_is_quoted(self, certified):
        state = after(certified, made.read(made.held(path="/home/my name/certificate.json")))
        assert cert.twin(state) == "netmind verify '/home/my name/certificate.json' --allow-unknown-signer"


def test_making_one_shows_it_from_the_top(certified):
    state = after(certified, Moved(box="certificates", row=1), Moved(box="claims", row=9), CertPageTurned(MAKE))
    state = after(state, CertificateMade())
    assert state.cert.page == CERTIFICATE
    assert (state.view.row("certificates"), state.view.row("claims")) == (0, 0)


def test_another_page_forgets_what_went_wrong(certified):
    state = after(certified, CertFailed("no"), CertPageTurned(MAKE))
    assert state.cert.trouble is None


def test_what_holds_knows_its_first_fault():
    unknown = Checked(check=Check.RESULT, answer=Answer.UNKNOWN, sentence="not there")
    failed = Checked(check=Check.TIME, answer=Answer.FAILED, sentence="over")
    own = made.held()
    both = Held(path="", certificate=own.certificate, level=None, checks=(unknown, failed))
    assert both.fault is failed
    assert replace(both, checks=(unknown,)).fault is unknown
    assert replace(both, checks=()).fault is None
