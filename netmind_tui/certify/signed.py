"""The envelope around a statement: what is said, of which files or keys, signed by the node."""

from typing import TYPE_CHECKING

from netmind_tui.certify import envelope
from netmind_tui.certify.canonical import canonical, sha256
from netmind_tui.document import plain
from netmind_tui.model.certificate import (
    CERTIFICATE_TYPE,
    REVOCATION_TYPE,
    ROTATION_TYPE,
    STATEMENT_TYPE,
    Certificate,
    Digests,
    Revocation,
    Rotation,
    Subject,
)

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_TYPES = {Certificate: CERTIFICATE_TYPE, Rotation: ROTATION_TYPE, Revocation: REVOCATION_TYPE}


def signed(
    predicate: Certificate | Rotation | Revocation, subject: Subject, private: "Ed25519PrivateKey", what: str
) -> bytes:
    """An envelope in canonical form around an in-toto statement about one subject.

    Args:
        predicate: What is said.
        subject: Of what: a file, or a key.
        private: The key that says it.
        what: What it is, for a sentence where it has no canonical form.
    """
    statement = {
        "_type": STATEMENT_TYPE,
        "subject": [plain(subject)],
        "predicateType": _TYPES[type(predicate)],
        "predicate": plain(predicate),
    }
    return envelope.seal(canonical(statement, what), private)


def key_subject(public: str) -> Subject:
    """A key as the subject of a statement: its word, and the digest of that word."""
    return Subject(name=public, digest=Digests(sha256=sha256(public.encode())))
