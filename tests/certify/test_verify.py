"""Verifying: the checks in their order, what each file ends with, and what is said of several."""

import json
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from importlib import import_module
from pathlib import Path

import pytest

from netmind_tui.certify.trust import Trust, read_file, read_revocation
from netmind_tui.certify.verify import NOT_SHOWN, Terms, verify
from netmind_tui.model.certificate import Digests
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.model.verification import Answer, Check, exit_code

SCRIPTS = Path(__file__).parents[2] / "scripts"
NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
NONCE = "a-nonce-of-the-verifier-0001"


@pytest.fixture
def make(monkeypatch):
    """The makers of the vectors: ``make.files(make.small())``."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    made, machine = import_module("vector_made"), import_module("vector_machine")
    for name in ("small", "row", "result", "CPU", "CARD", "identity", "with_row", "STARTED"):
        monkeypatch.setattr(made, name, getattr(machine, name), raising=False)
    yield made
    for name in [name for name in sys.modules if name.startswith("vector")]:
        del sys.modules[name]


@pytest.fixture
def check(tmp_path, make):
    """Write files, verify those named, and say what came out."""

    def check(files, *names, now=NOW, nonce=None, **trust):
        for name, data in files.items():
            (tmp_path / name).write_bytes(data)
        believed = Trust(**({"keys": {make.public("node"): "the node"}} | trust))
        paths = [tmp_path / name for name in names or ("certificate.json",)]
        return verify(paths, Terms(now=now, nonce=nonce, trust=believed))

    return check


def answers(verification, number=0):
    return {checked.check: checked.answer for checked in verification.files[number].checks}


def sentence(verification, check, number=0):
    return next(each.sentence for each in verification.files[number].checks if each.check is check)


def test_every_check_is_answered_once_and_in_order(check, make):
    verification = check(make.files(make.small()))
    assert [checked.check for checked in verification.files[0].checks] == list(Check)
    assert exit_code(verification) is ExitCode.OK
    assert verification.files[0].level == "L0"
    assert verification.not_shown == NOT_SHOWN
    assert verification.verified_at == "2026-11-22T15:00:00.000Z"


def test_the_checks_before_a_failed_one_held_and_none_follows_without_a_statement(check, make):
    files = make.files(make.small())
    verification = check(files | {"certificate.json": files["certificate.json"] + b"\n"})
    assert answers(verification) == {Check.FILE: Answer.HELD, Check.CANONICAL: Answer.FAILED}
    assert (verification.files[0].level, verification.files[0].claims) == (None, ())
    assert exit_code(verification) is ExitCode.FAILED


def test_a_clock_of_another_zone_is_the_same_clock(check, make):
    tokyo = NOW.astimezone(timezone(timedelta(hours=9)))
    assert exit_code(check(make.files(make.small()), now=tokyo)) is ExitCode.OK


def test_without_its_result_document_nothing_is_claimed(check, make):
    files = make.files(make.small())
    verification = check({"certificate.json": files["certificate.json"]})
    assert exit_code(verification) is ExitCode.UNMEASURED
    assert answers(verification)[Check.RESULT] is Answer.UNKNOWN
    assert answers(verification)[Check.FIGURES] is Answer.LEFT
    assert verification.files[0].claims == ()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda data: data.replace(b'"seed":"7"', b'"seed":"8"'), "changed, its SHA-256 is"),
        (lambda data: data[:500], "it is cut short"),
        (lambda _data: b"", "it is empty"),
        (lambda data: data + b"\n", "not in canonical form"),
        (
            lambda data: data.replace(b"2026-11-22T14:00", b"2026-11-22T13:00"),
            "swapped, it is of a run of 2026-11-22T13",
        ),
        (lambda _data: b"PK\x03\x04", "it is a zip archive"),
        (lambda _data: b"\x00" * (5 * 2**20), "it is larger than 4 MiB"),
        (lambda _data: b"[" * 100, "nested deeper"),
        (lambda _data: b"[]", "changed"),
    ],
)
def test_a_result_document_that_is_not_the_signed_one_says_what_it_is(check, make, change, words):
    files = make.files(make.small())
    verification = check(files | {"result.json": change(files["result.json"])})
    assert exit_code(verification) is ExitCode.FAILED
    assert verification.files[0].first_failure.check is Check.RESULT
    assert words in sentence(verification, Check.RESULT)


@pytest.mark.parametrize("name", ["../result.json", "/etc/passwd", ".", "..", "a/b", "", "-x", "a" * 200, "a\u202eb"])
def test_a_result_document_is_looked_for_beside_the_certificate_alone(check, make, name):
    of = make.small()
    said = make.statement(make.certificate(of), make.document(of), name)
    verification = check({"certificate.json": make.sealed(said)})
    assert exit_code(verification) is ExitCode.FAILED
    assert verification.files[0].first_failure.check in (Check.RESULT, Check.STATEMENT)


def test_a_result_document_with_the_machine_in_it_is_refused(check, make):
    from netmind_tui.model.sample import HostSample, Sample  # noqa: PLC0415 - beside its use

    sample = Sample(at="2026-11-22T14:00:00.000Z", host=HostSample())
    verification = check(make.files(make.with_row(make.small(), before=sample)))
    assert "before and after are null in what is shared" in sentence(verification, Check.RESULT)
    assert verification.files[0].first_failure.check is Check.RESULT


def test_a_folder_in_place_of_the_result_document_is_no_answer(check, make, tmp_path):
    (tmp_path / "result.json").mkdir()
    verification = check({"certificate.json": make.files(make.small())["certificate.json"]})
    assert answers(verification)[Check.RESULT] is Answer.UNKNOWN


def test_a_certificate_that_is_not_there_is_a_usage_error(check):
    with pytest.raises(Problem, match="there is no such file") as caught:
        check({}, "nowhere.json")
    assert caught.value.code is ExitCode.USAGE


def test_figures_that_do_not_follow_are_named(check, make):
    of = make.small()
    said = make.statement(make.certificate(of), make.document(of))
    said["predicate"]["claims"][0]["value"] *= 2
    verification = check({"certificate.json": make.sealed(said), "result.json": make.document(of)})
    assert "claims[0].value is 2" in sentence(verification, Check.FIGURES)
    assert answers(verification)[Check.PLAUSIBILITY] is Answer.LEFT


def test_a_withheld_claim_is_counted(check, make):
    of = make.result((make.CPU,), (make.row(make.CPU, "dispatch"), make.row(make.CPU, "gemm.fp32", at=5)))
    said = make.statement(make.certificate(of), make.document(of))
    said["predicate"]["claims"].pop()
    verification = check({"certificate.json": make.sealed(said), "result.json": make.document(of)})
    assert "claims has 1 entries, 2 are expected" in sentence(verification, Check.FIGURES)


def test_a_kernel_measured_twice_is_refused_with_and_without_a_value(check, make):
    row = make.small().measurements[0]
    for second in (row, replace(row, value=None)):
        twice = make.document(replace(make.small(), measurements=(row, second), capacity=make.small().capacity))
        said = make.statement(make.certificate(make.small()), twice)
        verification = check({"certificate.json": make.sealed(said), "result.json": twice})
        assert sentence(verification, Check.FIGURES) == "the result document measures gemm.fp32 on cpu 2 times"


def test_figures_that_the_owner_made_up_throughout_pass_and_it_says_that_they_could(check, make):
    faster = make.result((make.CPU,), (make.row(make.CPU, "gemm.fp32", rate=9e12),))
    verification = check(make.files(faster))
    assert exit_code(verification) is ExitCode.OK
    assert (
        "that the node's owner did not change the program or the figures before signing them" in verification.not_shown
    )


def test_the_same_signed_by_another_key_is_caught_by_a_list_of_keys(check, make):
    files = make.files(make.small(), by="stranger")
    assert exit_code(check(files)) is ExitCode.FAILED
    assert exit_code(check(files, keys=None)) is ExitCode.UNMEASURED
    assert "signer unknown" in sentence(check(files, keys=None), Check.TRUST)
    assert exit_code(check(files, keys=None, allows_unknown=True)) is ExitCode.OK


@pytest.mark.parametrize(
    ("changes", "now", "words"),
    [
        ({}, NOW + timedelta(days=31), "it expired on 2026-12-22T14:02:00.000Z"),
        ({}, NOW - timedelta(hours=2), "in the future of your clock (2026-11-22T13:00:00.000Z): is one wrong?"),
        ({"expires_at": "2027-11-22T14:03:00.000Z"}, NOW, "it is to hold for more than 30 days"),
        ({"issued_at": "2026-11-22T14:01:00.000Z"}, NOW, "its times are not in order: run.started_at"),
        ({"issued_at": "0000-00-00T00:00:00.000Z"}, NOW, "issued_at '0000-00-00T00:00:00.000Z' is no time"),
        ({"expires_at": "soon"}, NOW, "expires_at 'soon' is no time"),
    ],
)
def test_each_fault_of_its_times_has_its_sentence(check, make, changes, now, words):
    verification = check(make.files(make.small(), **changes), now=now)
    assert verification.files[0].first_failure.check is Check.TIME
    assert words in sentence(verification, Check.TIME)


@pytest.mark.parametrize(("minutes", "code"), [(-1, ExitCode.OK), (4.9, ExitCode.OK), (5.1, ExitCode.FAILED)])
def test_clocks_may_differ_by_five_minutes(check, make, minutes, code):
    issued = make.ISSUED - timedelta(minutes=minutes)
    assert exit_code(check(make.files(make.small()), now=issued)) is code


def test_a_nonce_needs_its_answer_and_the_data_drawn_from_it(check, make):
    from netmind_tui.certify.nonce import seed_of  # noqa: PLC0415 - beside its use

    drawn = replace(make.small(), seed=str(seed_of(NONCE)))
    held = check(make.files(drawn, nonce=NONCE), nonce=NONCE)
    assert (exit_code(held), held.files[0].level) == (ExitCode.OK, "L1")
    other = check(make.files(make.small(), nonce=NONCE), nonce=NONCE)
    assert "not drawn from your nonce" in sentence(other, Check.NONCE)
    assert "it answers none" in sentence(check(make.files(make.small()), nonce=NONCE), Check.NONCE)


def test_without_the_result_document_no_nonce_is_shown(check, make):
    certificate = make.files(make.small(), nonce=NONCE)["certificate.json"]
    verification = check({"certificate.json": certificate}, nonce=NONCE)
    assert answers(verification)[Check.NONCE] is Answer.UNKNOWN
    assert verification.files[0].level == "L0"


@pytest.mark.parametrize(("hours", "answer"), [(-1, Answer.FAILED), (0, Answer.FAILED), (1, Answer.NOTE)])
def test_a_revocation_ends_what_was_issued_from_its_moment_on(check, make, tmp_path, hours, answer):
    (tmp_path / "r").write_bytes(make.revocation("node", make.ISSUED + timedelta(hours=hours)))
    verification = check(make.files(make.small()), revocations=(read_revocation(tmp_path / "r"),))
    assert answers(verification)[Check.REVOCATION] is answer


def test_the_revocation_of_another_key_ends_nothing(check, make, tmp_path):
    (tmp_path / "r").write_bytes(make.revocation("second", make.STARTED))
    verification = check(make.files(make.small()), revocations=(read_revocation(tmp_path / "r"),))
    assert answers(verification)[Check.REVOCATION] is Answer.LEFT


def follow(make, before, **changes):
    """A certificate that names another one, whose bytes are given."""
    return make.files(make.small(), previous=Digests(sha256=make.sha256(before)), **changes)


def test_a_chain_of_one_key_holds(check, make):
    first = make.files(make.small(), prefix="before.")
    verification = check(
        follow(make, first["before.certificate.json"]) | first, "certificate.json", "before.certificate.json"
    )
    assert exit_code(verification) is ExitCode.OK
    assert answers(verification)[Check.CHAIN] is Answer.HELD


def test_a_chain_is_not_continued_by_a_key_that_was_not_named(check, make, tmp_path):
    first = make.files(make.small(), by="second", prefix="before.")
    files = follow(make, first["before.certificate.json"]) | first
    names = ("certificate.json", "before.certificate.json")
    keys = {make.public(name): name for name in ("node", "second")}
    assert "which did not name it" in sentence(check(files, *names, keys=keys), Check.CHAIN)
    (tmp_path / "rotation").write_bytes(make.rotation("second", "node"))
    rotation = read_file(tmp_path / "rotation").predicate
    assert answers(check(files, *names, keys=keys, rotations=(rotation,)))[Check.CHAIN] is Answer.HELD


def test_a_chain_does_not_rest_on_a_file_that_is_no_certificate(check, make):
    broken = make.files(make.small())["certificate.json"][:-1]
    files = follow(make, broken) | {"before.json": broken}
    verification = check(files, "certificate.json", "before.json")
    assert "was given and is no valid certificate" in sentence(verification, Check.CHAIN)


def test_two_that_follow_the_same_one_are_told(check, make):
    first = make.files(make.small(), prefix="before.")["before.certificate.json"]
    one, two = follow(make, first), follow(make, first, prefix="other.", issued_at="2026-11-22T14:05:00.000Z")
    verification = check(one | two, "certificate.json", "other.certificate.json")
    assert any("follow the same certificate" in note for note in verification.notes)
    same = check(one, "certificate.json", "certificate.json")
    assert same.notes == ()


def test_one_card_under_two_keys_is_seen_within_a_named_scope_alone(check, make):
    card = replace(make.CARD, identity=make.identity("one"))
    of = make.result((card,), (make.row(card, "gemm.fp16"),))
    names = ("certificate.json", "second.certificate.json")

    def both(**scope):
        files = make.files(of, **scope) | make.files(of, by="second", prefix="second.", **scope)
        return check(files, *names, keys={make.public(name): name for name in ("node", "second")})

    seen = both(scope=make.scoped())
    assert [answers(seen, number)[Check.DEVICES] for number in (0, 1)] == [Answer.FAILED] * 2
    assert "its gpu:0 is gpu:0 of second.certificate.json, under another key" in sentence(seen, Check.DEVICES)
    assert answers(both())[Check.DEVICES] is Answer.LEFT


def test_what_changed_since_the_one_before_is_told(check, make):
    from netmind_tui.model.device import Driver  # noqa: PLC0415 - beside its use

    of = make.result((make.CARD,), (make.row(make.CARD, "gemm.fp16"),))
    before = make.files(of, prefix="before.")
    newer = replace(of, environment=replace(of.environment, driver=Driver(version="590.10")))
    previous = Digests(sha256=make.sha256(before["before.certificate.json"]))
    after = make.files(newer, previous=previous)
    verification = check(before | after, "certificate.json", "before.certificate.json")
    assert verification.notes == ("before.certificate.json is outdated by certificate.json: driver 580.95.05 → 590.10",)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda said: said["environment"]["devices"].append(said["environment"]["devices"][0]), "the same device"),
        (lambda said: said["scope"].update(name="a", salt="0" * 64), "its salt is not that of scope 'a'"),
        (lambda said: said["environment_digest"].update(sha256="0" * 64), "not the digest of environment"),
    ],
)
def test_an_environment_that_contradicts_itself_is_refused(check, make, change, words):
    from netmind_tui.certify.canonical import canonical, sha256  # noqa: PLC0415 - beside its use

    of = make.small()
    said = make.statement(make.certificate(of), make.document(of))
    digest = said["predicate"]["environment_digest"]
    change(said["predicate"])
    if digest["sha256"] != "0" * 64:
        digest["sha256"] = sha256(canonical(said["predicate"]["environment"]))
    verification = check({"certificate.json": make.sealed(said), "result.json": make.document(of)})
    assert answers(verification)[Check.ENVIRONMENT] is Answer.FAILED
    assert words in sentence(verification, Check.ENVIRONMENT)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kernel_sha256": "0" * 64}, "has digest 000000000000…, which is none of the catalogue's"),
        ({"kernel_sha256": None}, "has no digest"),
        ({"unit": "OP/s"}, "has unit FLOP/s, not OP/s"),
        ({"metric": "latency"}, "has metric throughput, not latency"),
        ({"precision": "fp16"}, "has precision fp32, not fp16"),
    ],
)
def test_a_kernel_that_is_not_the_catalogues_is_refused(check, make, changes, words):
    verification = check(make.files(make.with_row(make.small(), **changes)))
    assert answers(verification)[Check.KERNELS] is Answer.FAILED
    assert words in sentence(verification, Check.KERNELS)


def test_a_kernel_that_this_program_does_not_have_is_no_answer(check, make):
    verification = check(make.files(make.with_row(make.small(), kernel="gemm.fp4", kernel_version=2)))
    assert exit_code(verification) is ExitCode.UNMEASURED
    assert "gemm.fp4@2: not in this program's catalogue" in sentence(verification, Check.KERNELS)


def test_the_answers_are_a_document(check, make):
    from netmind_tui.document import encode  # noqa: PLC0415 - beside its use

    document = json.loads(encode(check(make.files(make.small()))))
    assert document["schema"] == "netmind.verification/1"
    assert document["files"][0]["checks"][0] == {"check": "file", "answer": "held", "sentence": "read"}
