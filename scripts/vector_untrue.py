"""Certificates that are well signed and say what cannot be, or not now, or not to this verifier."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from vector_case import Case
from vector_machine import CARD, CPU, STARTED, identity, result, row, small, with_row
from vector_made import (
    CERTIFICATE,
    EXPIRES,
    ISSUED,
    RESULT,
    certificate,
    document,
    files,
    revocation,
    scoped,
    sealed,
    statement,
)
from vector_proof import proof, proven_result

from netmind_tui.certify.canonical import canonical, sha256
from netmind_tui.certify.moment import written
from netmind_tui.certify.nonce import seed_of
from netmind_tui.model.certificate import Digests, Evidence
from netmind_tui.model.finding import Status
from netmind_tui.model.measurement import Peak, Throttle
from netmind_tui.model.result import Result

NONCE = "a-nonce-of-the-verifier-0001"
Members = dict[str, Any]


def untrue() -> Iterator[Case]:
    """All of them, in the order of the checks."""
    yield from _times()
    yield from _results()
    yield from _figures()
    yield from _kernels()
    yield from _implausible()
    yield from _proofs()
    yield from _environments()
    yield from _others()
    yield from _asked()


def _case(name: str, about: str, made: dict[str, bytes], check: str, code: int = 1, **changes: Any) -> Case:  # noqa: ANN401 - any member of a case
    return Case(name=name, about=about, files=made, check=check, exit=code, **changes)


def _said(edit: Callable[[Members], object], of: Result | None = None) -> dict[str, bytes]:
    """A statement changed by hand and signed as if nothing had been."""
    beside = document(of or small())
    members = statement(certificate(of or small()), beside)
    edit(members)
    return {CERTIFICATE: sealed(members), RESULT: beside}


def _stated(edit: Callable[[Members], object]) -> dict[str, bytes]:
    return _said(lambda members: edit(members["predicate"]))


def _times() -> Iterator[Case]:
    yield _case("expired", "Verified at the second at which it ends.", files(small()), "time", now=EXPIRES)
    yield _case("future", "Issued six minutes from now.", files(small()), "time", now=ISSUED - timedelta(minutes=6))
    longer = files(small(), expires_at=written(EXPIRES + timedelta(milliseconds=1)))
    yield _case("too-long", "It would hold for longer than 30 days from its measurement.", longer, "time")
    before = files(small(), issued_at=written(STARTED))
    yield _case("issued-before-measured", "Issued before its run was finished.", before, "time")
    for name, about, text in (
        ("no-such-day", "A day that no calendar has.", "0000-00-00T00:00:00.000Z"),
        ("leap-second", "A leap second.", "2026-11-22T14:03:60.000Z"),
        ("time-zone", "A time with an offset in place of Z.", "2026-11-22T14:03:00.000+00:00"),
    ):
        yield _case(name, about, files(small(), issued_at=text), "time")


def _results() -> Iterator[Case]:
    good, of = files(small()), small()
    yield _case(
        "result-absent", "The result document is not there.", {CERTIFICATE: good[CERTIFICATE]}, "result", 3, level="L0"
    )
    changed = good[RESULT].replace(b'"seed":"7"', b'"seed":"8"')
    yield _case("result-changed", "One byte of it changed.", good | {RESULT: changed}, "result")
    swapped = document(replace(of, started_at=written(STARTED - timedelta(hours=1))))
    yield _case("result-swapped", "The result document of another run.", good | {RESULT: swapped}, "result")
    yield _case("result-cut-short", "The first half of it.", good | {RESULT: good[RESULT][:1000]}, "result")
    path = _said(lambda members: members["subject"][0].update(name="../result.json"))
    yield _case("result-elsewhere", "It is looked for outside of the certificate's folder.", path, "result")
    two = _said(lambda members: members["subject"].append(members["subject"][0]))
    yield _case("two-results", "Two subjects.", two, "result")

    def documented(edit: Callable[[Members], object]) -> dict[str, bytes]:
        members = json.loads(document(of))
        edit(members)
        beside = canonical(members)
        return {CERTIFICATE: sealed(statement(certificate(of), beside)), RESULT: beside}

    host = documented(lambda members: members["host"].update(hostname="anna"))
    yield _case("result-unknown-member", "A result document with a member that nobody knows.", host, "result")
    newer = documented(lambda members: members.update(schema="netmind.result/2"))
    yield _case("result-newer", "A result document newer than the verifier.", newer, "result", 3, level="L0")


def _figures() -> Iterator[Case]:
    of = small()
    raised = _stated(lambda said: said["claims"][0].update(value=said["claims"][0]["value"] * 2))
    yield _case("figure-raised", "A claim above what was measured.", raised, "figures")
    both = result((CPU,), (row(CPU, "dispatch"), row(CPU, "gemm.fp32", at=5)))
    fewer = _said(lambda members: members["predicate"]["claims"].pop(0), both)
    yield _case("claim-withheld", "A rate that was measured and is not claimed.", fewer, "figures")
    proven = _stated(lambda said: said["claims"][0].update(evidence="proven"))
    yield _case("evidence-raised", "A claim measured by its owner that says proven.", proven, "figures")
    renamed = _stated(lambda said: said["facts"][0].update(text="Another CPU"))
    yield _case("fact-changed", "A fact that the result document does not have.", renamed, "figures")
    invented = replace(of, capacity=(*of.capacity, replace(of.capacity[0], kernel="gemm.int8")))
    yield _case("capacity-invented", "A capacity that was not measured.", files(invented), "figures")
    rows = (of.measurements[0], replace(of.measurements[0], value=None))
    twice = document(replace(of, measurements=rows))
    said = {CERTIFICATE: sealed(statement(certificate(of), twice)), RESULT: twice}
    yield _case("measured-twice", "One kernel twice, once without a value.", said, "figures")


def _kernels() -> Iterator[Case]:
    digest = with_row(small(), kernel_sha256="0" * 64)
    yield _case("kernel-digest", "Another graph than the catalogue's.", files(digest), "kernels")
    version = with_row(small(), kernel_version=99)
    yield _case(
        "kernel-newer",
        "A version of a kernel that this verifier does not have.",
        files(version),
        "kernels",
        3,
        level="L0",
    )
    verified = replace(small().measurements[0].verified, tolerance=1.0)  # type: ignore[type-var] # it is there
    yield _case("tolerance", "Right within 100 %.", files(with_row(small(), verified=verified)), "kernels")
    yield _case("unit", "A rate in another unit.", files(with_row(small(), unit="OP/s")), "kernels")


def _proofs() -> Iterator[Case]:
    of, right = proven_result(), proof()
    short = replace(right, siblings=right.siblings[:16])  # most are refused before they are looked at
    yield _case("proof-cut-short", "Too few siblings.", files(of, proof=short), "proof")
    swapped = (*right.siblings[1::-1], *right.siblings[2:])
    yield _case("proof-sibling", "Two siblings swapped.", files(of, proof=replace(right, siblings=swapped)), "proof")
    for name, about, changes in (
        ("proof-root", "Another root than the rows lead to.", {"root": "0" * 64}),
        ("proof-without-a-device", "It names no device.", {"devices": ()}),
        ("proof-counted-twice", "It names its device twice.", {"devices": ("cpu", "cpu")}),
        ("proof-of-no-device", "It names a device that the certificate does not have.", {"devices": ("gpu:0",)}),
        ("proof-of-more", "More operations than its chain has.", {"operations": "9" + right.operations}),
        ("proof-of-time", "It says more than it shows.", {"shown": "35 TOP/s"}),
        ("proof-as-measured", "Its evidence has another name.", {"evidence": Evidence.MEASURED}),
        ("proof-digest", "A chain of another digest.", {"chain_sha256": "0" * 64}),
        ("proof-for-tests", "A chain that is for tests alone.", {"chain": "chain.test"}),
        ("proof-of-another-class", "The chain of larger machines.", {"chain": "chain.int8.medium"}),
    ):
        yield _case(name, about, files(of, proof=replace(short, **changes)), "proof")
    newer = files(of, proof=replace(short, chain_version=2))
    yield _case("proof-of-a-newer-chain", "A chain that nobody knows yet.", newer, "proof", 3, level="L0")
    elsewhere = with_row(of, status=Status.WARN)
    yield _case("proof-of-another-run", "A right proof, of another document.", files(elsewhere, proof=short), "proof")
    stranger = files(of, by="stranger", proof=short)
    yield _case("proof-of-another-node", "A right proof, of another node.", stranger, "proof", trust=("stranger",))


def _implausible() -> Iterator[Case]:
    of = small()
    first = of.measurements[0]
    timed, verified = first.timed, first.verified
    if timed is None or verified is None or first.value is None:
        raise ValueError(first)
    tripled = replace(row(CPU, "gemm.fp32", rate=3 * first.value), timed=timed)
    for name, told, changed in (
        ("not-the-median", "A value that is not the median of its samples.", with_row(of, value=first.value * 1.1)),
        ("too-fast-for-its-time", "Three times the rates, in the same time.", result((CPU,), (tripled,))),
        ("sample-count", "n is not the number of samples.", with_row(of, n=10_000)),
        ("spread", "A spread smaller than its samples'.", with_row(of, cv=0.0)),
        ("interval", "An interval beyond its samples.", with_row(of, ci95=(0.0, 1e300))),
        ("not-verified", "A wrong result.", with_row(of, verified=replace(verified, after=False))),
        ("error", "An error above its tolerance.", with_row(of, verified=replace(verified, error=0.5))),
        ("throttled", "Slowed down by heat, and passed.", with_row(of, throttle=Throttle(hw_thermal_ns=10**9))),
        ("negative-window", "A window of negative time.", with_row(of, timed=replace(timed, window_s=-1.0))),
        ("huge-samples", "Rates that no machine has.", with_row(of, samples=(1e300,) * 12, value=1e300)),
        ("after-the-run", "A kernel that began after the run ended.", with_row(of, started_at=written(ISSUED))),
    ):
        yield _case(name, told, files(changed), "plausibility")
    fast = row(CARD, "gemm.fp16", rate=9e14)
    beyond = files(result((CARD,), (fast,)))
    yield _case("beyond-peak", "More than the card could compute, by its own peak.", beyond, "plausibility")
    made_up = Peak(value=9e14, source="made up", calibrated=True)
    card = result((CARD,), (replace(fast, peak=made_up, efficiency=(fast.value or 0) / 9e14),))
    yield _case("peak-raised", "The same, with a peak that the card does not have.", files(card), "plausibility")


def _environments() -> Iterator[Case]:
    wrong = _stated(lambda said: said.update(environment_digest={"sha256": "0" * 64}))
    yield _case("environment-digest", "The digest of another environment.", wrong, "environment")
    salt = files(small(), scope=replace(scoped(), salt="0" * 64))
    yield _case("salt", "A salt that is not its scope's.", salt, "environment")
    same = tuple(replace(CARD, device=f"gpu:{index}", identity=identity("one")) for index in range(2))
    twice = result(same, tuple(row(each, "gemm.fp16") for each in same), together=True)
    yield _case("one-card-twice", "Two cards with one identity.", files(twice, scope=scoped()), "environment")


def _others() -> Iterator[Case]:
    """What only shows beside another certificate."""
    before = files(small(), by="second", prefix="before.")
    digest = Digests(sha256=sha256(before[f"before.{CERTIFICATE}"]))
    given: dict[str, Any] = {"also": (f"before.{CERTIFICATE}",), "trust": ("node", "second")}
    stolen = {**files(small(), previous=digest), **before}
    about = "It follows the certificate of a key that did not name it."
    yield _case("chain-of-another", about, stolen, "chain", **given)
    late = files(small(), prefix="before.", issued_at=written(ISSUED + timedelta(minutes=1)))
    later = Digests(sha256=sha256(late[f"before.{CERTIFICATE}"]))
    backwards = {**files(small(), previous=later), **late}
    yield _case("chain-backwards", "It follows one that was issued later.", backwards, "chain", **given)
    card = replace(CARD, identity=identity("one"))
    one = result((card,), (row(card, "gemm.fp16"),))
    shared = {**files(one, scope=scoped()), **files(one, by="second", prefix="before.", scope=scoped())}
    yield _case("two-keys", "One card under two keys, in one scope.", shared, "devices", **given)


def _asked() -> Iterator[Case]:
    answer = files(replace(small(), seed=str(seed_of(NONCE))), nonce=NONCE)
    another = NONCE.replace("1", "2")
    yield _case("another-nonce", "Made for another verifier's nonce.", answer, "nonce", nonce=another)
    yield _case("no-nonce", "Made for nobody's nonce.", files(small()), "nonce", nonce=NONCE)
    old, about = files(small(), nonce=NONCE), "It names the nonce, and its data were not drawn from it."
    yield _case("nonce-not-drawn-from", about, old, "nonce", nonce=NONCE)
    ended = {**files(small()), "revocation.json": revocation("node", ISSUED)}
    yield _case("ended", "Its key had ended.", ended, "revocation", revocations=("revocation.json",))
    stranger = files(small(), by="stranger")
    yield _case("stranger", "By a key that is not on the list.", stranger, "trust")
    yield _case("unknown-signer", "The verifier has no list.", files(small()), "trust", 3, trust=None, level="L0")
    edited = files(replace(small(), host=replace(small().host, cpu_name="Faster CPU")), by="stranger")
    yield _case("edited-and-signed-again", "Figures edited and signed by another key.", edited, "trust")
