"""A run becomes a certificate: the result document, the statement about it, and the envelope around that."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from netmind_tui import __version__
from netmind_tui.certify.canonical import canonical, sha256
from netmind_tui.certify.claim import claims_of, environment_digest, environment_of, facts_of, left_out_of, run_of
from netmind_tui.certify.envelope import public_name
from netmind_tui.certify.moment import read_moment, written
from netmind_tui.certify.shareable import shareable
from netmind_tui.certify.signed import signed
from netmind_tui.document import plain
from netmind_tui.model.certificate import (
    LIFETIME_DAYS,
    Certificate,
    Digests,
    Initiator,
    Proof,
    Scope,
    Subject,
)
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.info import Tool
from netmind_tui.model.problem import Problem
from netmind_tui.model.result import Result
from netmind_tui.model.verdict import SignedVerdict

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from netmind_tui.model.measurement import Run
    from netmind_tui.model.redaction import Redactor

Prove = Callable[[Result, str, str], Proof | None]
"""Makes the proof for a result document: given that, its SHA-256 and the key that will sign."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate as it is written: the envelope, the result document beside it, and what both say."""

    envelope: bytes
    result: bytes
    certificate: Certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Under what a certificate is issued. ``previous`` is the envelope of the one before it."""

    scope: Scope
    nonce: str | None = None
    initiated_by: Initiator = Initiator.NODE
    previous: bytes | None = None
    challenge: SignedVerdict | None = None
    now: datetime


def issue(
    run: "Run",
    terms: Terms,
    private: "Ed25519PrivateKey",
    *,
    result_name: str,
    machine: str | None,
    redactor: "Redactor",
    prove: Prove | None = None,
) -> Issued:
    """Sign what a run showed.

    Args:
        run: A finished run of a suite that certifies.
        terms: Scope, nonce, time, and the certificate before this one.
        private: The node's key.
        result_name: The name under which the result document will lie beside the certificate.
        machine: The operating system's id of this machine, where it has one.
        redactor: Knows the names that are not to be read.
        prove: Makes the proof that goes with it, if there is to be one.

    Raises:
        Problem: the run shows nothing that could be certified, or is too old.
    """
    if not run.capacity:
        raise Problem(f"run {run.run_id} of suite {run.suite} shows no rate to certify", ExitCode.UNMEASURED)
    expires = _expiry(run, terms.now)
    result = shareable(run, terms.scope, machine, redactor)
    result_bytes = canonical(plain(result), "the result document")
    key = public_name(private.public_key().public_bytes_raw())
    digest = sha256(result_bytes)
    proof = None if prove is None else prove(result, digest, key)
    certificate = _certificate(result, terms, key, expires, proof)
    subject = Subject(name=result_name, digest=Digests(sha256=digest))
    sealed = signed(certificate, subject, private, "the certificate")
    return Issued(sealed, result_bytes, certificate)


def _expiry(run: "Run", now: datetime) -> datetime:
    """When the certificate ends: counted from the measurement, however late that is signed.

    Raises:
        Problem: it would have ended already, or the run lies in the future.
    """
    try:
        finished = read_moment(run.finished_at)
    except ValueError:
        words = f"run {run.run_id}: finished_at {run.finished_at!r} is no time such as 2026-11-22T14:32:05.000Z"
        raise Problem(words, ExitCode.USAGE) from None
    if finished > now:
        words = f"run {run.run_id} finished on {run.finished_at}, after now ({written(now)}): is the clock wrong?"
        raise Problem(words, ExitCode.USAGE)
    expires = finished + timedelta(days=LIFETIME_DAYS)
    if expires <= now:
        words = f"run {run.run_id} is older than {LIFETIME_DAYS} days, as long as a certificate holds: measure anew"
        raise Problem(words, ExitCode.USAGE)
    return expires


def _certificate(result: Result, terms: Terms, key: str, expires: datetime, proof: Proof | None) -> Certificate:
    environment = environment_of(result)
    return Certificate(
        node_key=key,
        initiated_by=terms.initiated_by,
        nonce=terms.nonce,
        scope=terms.scope,
        issued_at=written(terms.now.astimezone(UTC)),
        expires_at=written(expires),
        previous=None if terms.previous is None else Digests(sha256=sha256(terms.previous)),
        tool=Tool(name="netmind", version=__version__),
        run=run_of(result),
        environment=environment,
        environment_digest=environment_digest(environment),
        facts=facts_of(result),
        claims=claims_of(result),
        left_out=left_out_of(result),
        proof=proof,
        challenge=terms.challenge,
    )
