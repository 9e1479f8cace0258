"""The report on certificates of machines that nobody here has, on pages of several widths."""

from dataclasses import replace
from pathlib import Path

import pytest

from netmind_tui.certify.claim import claims_of, facts_of
from netmind_tui.certify.scope import open_scope
from netmind_tui.certify.shareable import shareable
from netmind_tui.cli.page import Page
from netmind_tui.cli.verify_view import table
from netmind_tui.model.certificate import Evidence
from netmind_tui.model.challenge import TimedRate
from netmind_tui.model.kernel import Phase
from netmind_tui.model.redaction import Redactor
from netmind_tui.model.verification import Answer, Check, Checked, Verification, VerifiedFile

WIDTHS = [60, 80, 120]
LONG = "a sentence that says in some detail what was found in the file, and what would have been expected there instead"


def report(run, *answers, **changes):
    """The report on a certificate of a run, with these answers for the first checks."""
    result = shareable(run, open_scope(None), None, Redactor())
    checks = [Checked(check=check, answer=answer, sentence=LONG) for check, answer in zip(Check, answers, strict=False)]
    plain = {
        "path": str(Path("received") / "node.json"),
        "node_key": f"ed25519:{'0123456789abcdef' * 4}",
        "issued_at": "2026-11-22T20:04:00.000Z",
        "expires_at": "2026-12-22T20:03:00.000Z",
        "level": "L0",
        "covers": "who signed it",
        "checks": tuple(checks),
        "facts": facts_of(result),
        "claims": claims_of(result),
    }
    return VerifiedFile(**(plain | changes))


def text(*files, width=100, encoding="utf-8", notes=()):
    verification = Verification(
        verified_at="2026-11-22T20:10:00.000Z", files=files, notes=notes, not_shown=("what is not shown",)
    )
    return table(verification, Page(width, is_terminal=False, encoding=encoding))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("count", [1, 2, 8])
def test_no_line_is_wider_than_its_page(made, width, count):
    lines = text(report(made.gpu_run(count), *Answer), width=width, notes=(LONG,)).splitlines()
    assert max(map(len, lines)) <= width


@pytest.mark.parametrize("width", WIDTHS)
def test_every_rate_stands_on_every_page(made, width):
    told = text(report(made.gpu_run(), Answer.HELD), width=width)
    for words in ("gemm.fp16@1", "731.0 TFLOP/s", "stream.add@1", "3.020 TB/s"):
        assert words in told


def test_eight_equal_cards_are_one_table_in_which_the_slowest_does_not_hide(made):
    told = text(report(made.gpu_run(8), Answer.HELD), width=120)
    assert "gpu:0-7  consistent with 8 × NVIDIA H100 80GB HBM3" in told
    (line,) = [line for line in told.splitlines() if "gemm.fp16@1" in line]
    assert "710.5 TFLOP/s" in line
    assert "731.0 TFLOP/s" in line


def test_two_equal_cards_have_a_table_each(made):
    told = text(report(made.gpu_run(2), Answer.HELD))
    assert told.count("consistent with an NVIDIA H100 80GB HBM3") == 2


def test_a_device_with_a_strange_id_does_no_harm(made):
    file = report(made.gpu_run(8), Answer.HELD)
    strange = tuple(replace(claim, device=f"gpu:{place}²") for place, claim in enumerate(file.claims))
    names = tuple(replace(fact, device=f"gpu:{place}²") for place, fact in enumerate(file.facts))
    assert "²" in text(replace(file, claims=strange, facts=names))


def test_only_burst_is_said_to_be_only_that(made):
    file = report(made.gpu_run(), Answer.HELD)
    assert "burst:" not in text(file)
    burst = tuple(replace(claim, phase=Phase.BURST) for claim in file.claims)
    assert "burst: the rate of the first moments" in text(replace(file, claims=burst))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer.HELD, "✔ verified  L0: who signed it"),
        (Answer.FAILED, "✖ not verified  canonical: "),
        (Answer.UNKNOWN, "? cannot be told  canonical: "),
        (Answer.NOTE, "✔ verified"),
        (Answer.LEFT, "✔ verified"),
    ],
)
def test_the_last_line_is_the_verdict_with_its_first_reason(made, answer, words):
    told = text(report(made.gpu_run(), Answer.HELD, answer), width=130)
    verdict = told[told.rindex("what is not shown") :].splitlines()[2]
    assert verdict.startswith(words)


def test_of_several_files_each_has_its_line_in_the_end(made):
    good, bad = report(made.gpu_run(), Answer.HELD), report(made.gpu_run(), Answer.FAILED, path="other.json")
    told = text(good, bad, width=130)
    assert "2 certificates" in told
    end = told[told.index("✖ not verified") :]
    assert "node.json" in end
    assert "other.json" in end


def test_what_could_not_be_opened_has_neither_key_nor_claims(made):
    file = report(made.gpu_run(), Answer.FAILED, node_key=None, level=None, facts=(), claims=())
    told = text(file)
    assert "measured" not in told
    assert "ed25519" not in told


def test_signs_that_an_encoding_lacks_become_plain_ones(made):
    told = text(report(made.gpu_run(), *Answer), encoding="ascii")
    assert told.isascii()
    assert "x not verified" in told


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("missed", [0, 3])
def test_a_timed_rate_says_when_it_was_and_whose_tries_were_counted(made, width, missed):
    timed = TimedRate(
        evidence=Evidence.CHALLENGED,
        challenger_key="ed25519:" + "ab" * 32,
        challenger="the lab",
        chain="chain.int8.medium",
        chain_version=1,
        devices=("cpu",),
        operations="35184372088832",
        elapsed_s=40.0,
        rate=8.8e11,
        int8_share=0.21,
        rows_opened=64,
        started_at="2026-11-22T14:00:00.000Z",
        finished_at="2026-11-22T14:01:00.000Z",
        challenges_started=3,
        challenges_passed=2,
        calls_missed=missed,
    )
    told = " ".join(text(report(made.gpu_run(), Answer.HELD, level="L2", timed=timed), width=width).split())
    assert "21 % of its own gemm.int8" in told
    assert "by the clock of the lab, ended 2026-11-22 14:01 UTC, 64 rows" in told
    assert "2 of 3 challenges of this key passed there" in told
    assert ("3 calls missed" in told) is bool(missed)
