"""Twenty certificates that hold: one for each thing that a certificate, and whoever verifies it, can say."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from vector_case import Case
from vector_challenge import challenged
from vector_machine import CARD, CPU, HOST, STARTED, identity, result, row, small, unmeasured
from vector_made import CERTIFICATE, EXPIRES, ISSUED, files, revocation, rotation, scoped
from vector_proof import proof, proven_result

from netmind_tui.certify.canonical import sha256
from netmind_tui.certify.moment import written
from netmind_tui.certify.nonce import seed_of
from netmind_tui.model.certificate import Digests, Initiator
from netmind_tui.model.device import Driver
from netmind_tui.model.finding import Status
from netmind_tui.model.host import Boundary
from netmind_tui.model.kernel import Phase
from netmind_tui.model.measurement import Because, Reason, Sharing
from netmind_tui.model.result import Result

NONCE = "a-nonce-of-the-verifier-0001"


def good() -> Iterator[Case]:
    """All of them."""
    yield from _processors()
    yield from _proofs()
    yield from challenged()
    yield from _cards()
    yield from _signers()
    yield from _askers()


def _processors() -> Iterator[Case]:
    both = files(result((CPU,), (row(CPU, "dispatch"), row(CPU, "gemm.fp32", at=5))))
    yield Case(name="cpu", about="A processor, two kernels, by a key on the verifier's list.", files=both, level="L0")
    yield Case(
        name="any-signer",
        about="The same, where the verifier has no list and allows any signer.",
        files=both,
        trust=None,
        allows_unknown=True,
        level="L0",
    )
    sustained = row(CPU, "gemm.fp32", phase=Phase.SUSTAINED, burst=1.42e12)
    yield _plain("sustained", "The sustained rate of suite standard.", result((CPU,), (sustained,), suite="standard"))
    because = Because(Reason.NOT_CONVERGED, "spread 3.1 %, 3.0 % is allowed")
    unstable = row(CPU, "gemm.fp32", status=Status.UNSTABLE, reasons=(because,))
    yield _plain("unstable", "A rate that did not settle is claimed as unstable.", result((CPU,), (unstable,)))
    wrong = unmeasured(CPU, "gemm.int8", Status.FAIL, Because(Reason.WRONG_RESULT, "not equal"))
    left = result((CPU,), (row(CPU, "gemm.fp32"), wrong))
    yield _plain("left-out", "A kernel with a wrong result is left out, and it says so.", left)
    bounded = replace(HOST, boundaries={Boundary.CONTAINER: "docker", Boundary.VM: "kvm"}, usable_cores=7.5)
    yield _plain("container", "A container with 7.5 cores in a virtual machine.", replace(small(), host=bounded))
    named = replace(CPU, name="Prozessor “Größe” №1 \U0001f9ee")
    tiny = result((named,), (row(named, "dispatch", rate=1e-7),))
    yield _plain("numbers", "Names beyond ASCII and beyond 16 bits, and numbers that RFC 8785 writes as 1e-7.", tiny)


def _proofs() -> Iterator[Case]:
    yield _plain("proof", "A proof that a chain was computed.", proven_result(), proof=proof())


def _cards() -> Iterator[Case]:
    card = replace(CARD, identity=identity("one"))
    one = result((card,), (row(card, "gemm.fp16"), row(card, "stream.add", at=5)))
    yield _plain("card", "One card in a named scope.", one, scope=scoped())
    pair = tuple(replace(CARD, device=f"gpu:{index}", identity=identity(f"{index}")) for index in range(2))
    rows = tuple(row(each, "gemm.fp16") for each in pair)
    alone = tuple(row(each, "gemm.fp16", rate=1.53e14, at=60 + 5 * index) for index, each in enumerate(pair))
    shared = tuple(
        Sharing(device=a.device, kernel=a.kernel, unit=a.unit, together=x, alone=y, ratio=x / y)
        for a, b in zip(rows, alone, strict=True)
        if (x := a.value) and (y := b.value)
    )
    two = result(pair, rows, together=True, alone=alone, sharing=shared)
    yield _plain("two-cards", "Two cards, measured together and then each alone.", two)
    part = replace(
        CARD,
        device="mig:0.1",
        kind="mig",
        name="NVIDIA A100-SXM4-80GB MIG 3g.40gb",
        compute_capability="8.0",
        memory_total_bytes=42_412_802_048,
        core_count=None,
        sm_clock_max_mhz=None,
        power_limit_w=None,
        power_limit_default_w=None,
        mig_enabled=True,
    )
    sliced = result((part,), (row(part, "gemm.fp16", rate=1.1e14),))
    yield _plain("slice", "A MIG slice, whose peak nobody can compute.", sliced)
    newer = replace(one, environment=replace(one.environment, driver=Driver(version="590.10")))
    yield _following("driver-changed", "It follows one of another driver, which was given and is outdated.", one, newer)


def _signers() -> Iterator[Case]:
    yield Case(
        name="successor",
        about="By a key that a key on the list named as its successor.",
        files={**files(small(), by="second"), "rotation.json": rotation("node", "second")},
        statements=("rotation.json",),
        level="L0",
    )
    yield Case(
        name="ended-later",
        about="Its key ended a day after this was issued.",
        files={**files(small()), "revocation.json": revocation("node", ISSUED + timedelta(days=1))},
        revocations=("revocation.json",),
        now=ISSUED + timedelta(days=2),
        level="L0",
    )
    yield Case(
        name="another-ended",
        about="Another key ended, and not this one.",
        files={**files(small()), "revocation.json": revocation("second", STARTED)},
        revocations=("revocation.json",),
        level="L0",
    )
    yield _following("chain", "It follows one by the same key, which was given.", small(), small())


def _askers() -> Iterator[Case]:
    answer = files(replace(small(), seed=str(seed_of(NONCE))), nonce=NONCE, initiated_by=Initiator.CHALLENGER)
    yield Case(name="nonce", about="Made after the verifier's nonce.", files=answer, nonce=NONCE, level="L1")
    yield Case(name="nonce-not-asked", about="The same, and this verifier gave none.", files=answer, level="L0")
    known = replace(CPU, identity=identity("cpu"))
    scope = result((known,), (row(known, "gemm.fp32"),))
    yield _plain("scope", "A processor that can be recognised in a named scope.", scope, scope=scoped())
    ahead, last = ISSUED - timedelta(minutes=4), EXPIRES - timedelta(seconds=1)
    skewed = "Issued four minutes in the future: five are allowed, as clocks differ."
    yield Case(name="clock-ahead", about=skewed, files=files(small()), now=ahead, level="L0")
    yield Case(name="last-second", about="A second before it expires.", files=files(small()), now=last, level="L0")


def _plain(name: str, about: str, of: Result, **changes: Any) -> Case:  # noqa: ANN401 - any member of a certificate
    return Case(name=name, about=about, files=files(of, **changes), level="L0")


def _following(name: str, about: str, before: Result, after: Result) -> Case:
    """Two certificates of one key, the second naming the first."""
    first = files(before, prefix="before.")
    digest = Digests(sha256=sha256(first[f"before.{CERTIFICATE}"]))
    second = files(after, previous=digest, issued_at=written(ISSUED + timedelta(minutes=1)))
    return Case(name=name, about=about, files={**second, **first}, also=(f"before.{CERTIFICATE}",), level="L0")
