"""A challenger's verdict: signed like a certificate, read, and put into one and taken out again without a change."""

import base64
from typing import TYPE_CHECKING

from netmind_tui.certify import canonical
from netmind_tui.certify.canonical import canonical as canonical_form
from netmind_tui.certify.envelope import seal, unseal
from netmind_tui.certify.refused import Refused
from netmind_tui.certify.signed import key_subject
from netmind_tui.certify.statement import exactly, short
from netmind_tui.document import plain
from netmind_tui.model.certificate import PAYLOAD_TYPE, STATEMENT_TYPE
from netmind_tui.model.verdict import ChallengeVerdict, SignedVerdict

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

VERDICT_TYPE = "urn:netmind:challenge-verdict:1"
CHECK = "challenge"
_WHAT = "the verdict"


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


def _payload(verdict: ChallengeVerdict) -> bytes:
    statement = {
        "_type": STATEMENT_TYPE,
        "subject": [plain(key_subject(verdict.node_key))],
        "predicateType": VERDICT_TYPE,
        "predicate": plain(verdict),
    }
    return canonical_form(statement, _WHAT)
