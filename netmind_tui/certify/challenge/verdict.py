"""A challenger's verdict: signed like a certificate, read, and put into one and taken out again without a change."""

import base64
from datetime import datetime, timedelta
from math import isclose
from typing import TYPE_CHECKING

from netmind_tui.certify import canonical
from netmind_tui.certify.canonical import canonical as canonical_form
from netmind_tui.certify.challenge.message import ROWS_OPENED
from netmind_tui.certify.envelope import seal, unseal
from netmind_tui.certify.moment import read_moment
from netmind_tui.certify.refused import Refused
from netmind_tui.certify.signed import key_subject
from netmind_tui.certify.statement import exactly, short
from netmind_tui.document import plain
from netmind_tui.model.certificate import PAYLOAD_TYPE, STATEMENT_TYPE
from netmind_tui.model.chain import ChainSpec
from netmind_tui.model.verdict import ChallengeVerdict, SignedVerdict

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

VERDICT_TYPE = "urn:netmind:challenge-verdict:1"
CHECK = "challenge"
_WHAT = "the verdict"
_SAME = 1e-9
_ROUNDED = timedelta(milliseconds=2)


def sign_verdict(verdict: ChallengeVerdict, private: "Ed25519PrivateKey") -> bytes:
    """The envelope around a verdict."""
    return seal(_payload(verdict), private)


def read_verdict(data: bytes, what: str = _WHAT) -> SignedVerdict:
    """The verdict in an envelope.

    Raises:
        Refused: it is none, or its signature does not hold, or is not the challenger's that it names.
    """
    sealed = unseal(data, what)
    document = canonical.read(sealed.payload, f"{what}: the payload")
    predicate = document.get("predicate") if isinstance(document, dict) else None
    verdict = exactly(predicate, ChallengeVerdict, what, CHECK)
    if sealed.payload != _payload(verdict):
        raise Refused(CHECK, f"{what} is no statement of a challenger about a node")
    if verdict.challenger_key != sealed.key:
        words = f"{what} speaks for {short(verdict.challenger_key)} and is signed by {short(sealed.key)}"
        raise Refused(CHECK, words)
    return SignedVerdict(verdict=verdict, sig=canonical.read(data, what)["signatures"][0]["sig"])


def envelope_of(signed: SignedVerdict) -> bytes:
    """The envelope that a verdict within a certificate came in, to the byte."""
    return canonical_form(
        {
            "payload": base64.b64encode(_payload(signed.verdict)).decode(),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{"keyid": signed.verdict.challenger_key, "sig": signed.sig}],
        }
    )


def check_signature(signed: SignedVerdict) -> None:
    """Refuse a verdict that its challenger did not sign.

    Raises:
        Refused: by check ``challenge``.
    """
    try:
        unseal(envelope_of(signed), _WHAT)
    except Refused as refused:
        raise Refused(CHECK, refused.sentence) from refused


def check_work(verdict: ChallengeVerdict, spec: ChainSpec) -> None:
    """Refuse figures that do not follow from one another.

    Raises:
        Refused: by check ``challenge``.
    """
    operations, rows = spec.operations * len(verdict.devices), spec.rows * len(verdict.devices)
    if verdict.operations != str(operations):
        raise Refused(CHECK, f"{spec.name} on these devices is {operations} operations, not {verdict.operations}")
    if verdict.rows_opened < min(ROWS_OPENED, rows):
        raise Refused(CHECK, f"only {verdict.rows_opened} rows were opened, {min(ROWS_OPENED, rows)} are expected")
    if verdict.rows_opened > rows:
        raise Refused(CHECK, f"{verdict.rows_opened} rows were opened, and there are {rows}")
    if verdict.elapsed_s <= 0 or not isclose(verdict.rate_tops, operations / verdict.elapsed_s / 1e12, rel_tol=_SAME):
        raise Refused(CHECK, "its rate is not its operations through its time")
    if verdict.nonce1 == verdict.nonce2:
        raise Refused(CHECK, "both of its nonces are the same")
    _check_counts(verdict)


def _check_counts(verdict: ChallengeVerdict) -> None:
    """Refuse counts that cannot be: this challenge is one of those that were begun, and of those that passed."""
    started, passed = verdict.challenges_started, verdict.challenges_passed
    least = 1 if verdict.verdict == "passed" else 0
    if not (started >= 1 and least <= passed <= started - 1 + least):
        raise Refused(CHECK, f"it counts {passed} passed of {started} begun there, which cannot be")
    if verdict.calls_missed < 0:
        raise Refused(CHECK, f"it counts {verdict.calls_missed} calls that were missed, which cannot be")


def check_clock(verdict: ChallengeVerdict) -> tuple[datetime, datetime]:
    """From when until when a challenge was under way, between which its clock must have run.

    Raises:
        Refused: by check ``challenge``.
    """
    try:
        started, finished = read_moment(verdict.started_at), read_moment(verdict.finished_at)
    except ValueError as error:
        raise Refused(CHECK, "its times are no times such as 2026-11-22T14:32:05.000Z") from error
    if timedelta(seconds=verdict.elapsed_s) > finished - started + _ROUNDED:
        words = f"its clock ran for {verdict.elapsed_s:.3f} s between {verdict.started_at} and {verdict.finished_at}"
        raise Refused(CHECK, f"{words}, which cannot be")
    return started, finished


def _payload(verdict: ChallengeVerdict) -> bytes:
    statement = {
        "_type": STATEMENT_TYPE,
        "subject": [plain(key_subject(verdict.node_key))],
        "predicateType": VERDICT_TYPE,
        "predicate": plain(verdict),
    }
    return canonical_form(statement, _WHAT)
