"""Certificates of machines that nobody has, signed with keys that everybody has: what the vectors are made of."""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from vector_machine import STARTED, TOOL, identity

from netmind_tui.certify import claim as derived
from netmind_tui.certify import envelope
from netmind_tui.certify.canonical import canonical, sha256
from netmind_tui.certify.moment import written
from netmind_tui.certify.scope import salt_of
from netmind_tui.certify.signed import key_subject
from netmind_tui.document import plain
from netmind_tui.model.certificate import (
    CERTIFICATE_TYPE,
    REVOCATION_TYPE,
    ROTATION_TYPE,
    STATEMENT_TYPE,
    Certificate,
    Digests,
    Initiator,
    Revocation,
    Rotation,
    Scope,
    Subject,
)
from netmind_tui.model.result import Result

KEY_NAMES = ("node", "second", "stranger", "challenger")
ISSUED = STARTED + timedelta(minutes=3)
EXPIRES = STARTED + timedelta(days=30, minutes=2)  # 30 days after the run was finished
SCOPE = "lab.example/pool-1"
RESULT = "result.json"
CERTIFICATE = "certificate.json"


def private(name: str) -> Ed25519PrivateKey:
    """A test key. Its seed is the SHA-256 of a sentence that everybody can read: nobody may ever trust it."""
    return Ed25519PrivateKey.from_private_bytes(seed(name))


def seed(name: str) -> bytes:
    """The 32 bytes that a test key is made of."""
    return hashlib.sha256(f"netmind test vector key, known to everybody: {name}".encode()).digest()


def public(name: str) -> str:
    """A test key's public half."""
    return envelope.public_name(private(name).public_key().public_bytes_raw())


def certificate(of: Result, *, by: str = "node", **changes: Any) -> Certificate:  # noqa: ANN401 - any member of one
    """What a node states of a result."""
    environment = derived.environment_of(of)
    members: dict[str, Any] = {
        "node_key": public(by),
        "initiated_by": Initiator.NODE,
        "nonce": None,
        "scope": Scope(name=None, salt=identity("salt")),
        "issued_at": written(ISSUED),
        "expires_at": written(EXPIRES),
        "previous": None,
        "tool": TOOL,
        "run": derived.run_of(of),
        "environment": environment,
        "environment_digest": derived.environment_digest(environment),
        "facts": derived.facts_of(of),
        "claims": derived.claims_of(of),
        "left_out": derived.left_out_of(of),
    }
    return Certificate(**(members | changes))


def scoped(name: str = SCOPE) -> Scope:
    """A named scope."""
    return Scope(name=name, salt=salt_of(name))


def statement(of: Certificate, document: bytes, name: str = RESULT) -> dict[str, Any]:
    """The in-toto statement of a certificate, as JSON has it."""
    subject = Subject(name=name, digest=Digests(sha256=sha256(document)))
    said = {
        "_type": STATEMENT_TYPE,
        "subject": [plain(subject)],
        "predicateType": CERTIFICATE_TYPE,
        "predicate": plain(of),
    }
    found: dict[str, Any] = json.loads(json.dumps(said))  # lists in place of tuples, to be edited
    return found


def sealed(said: dict[str, Any] | bytes, by: str = "node") -> bytes:
    """An envelope around a statement, or around whatever bytes."""
    return envelope.seal(said if isinstance(said, bytes) else canonical(said), private(by))


def document(of: Result) -> bytes:
    """A result document in its canonical form."""
    return canonical(plain(of))


def files(of: Result, by: str = "node", prefix: str = "", **changes: Any) -> dict[str, bytes]:  # noqa: ANN401 - see certificate
    """A certificate and the result document beside it."""
    beside = document(of)
    said = statement(certificate(of, by=by, **changes), beside, prefix + RESULT)
    return {prefix + CERTIFICATE: sealed(said, by), prefix + RESULT: beside}


def rotation(old: str, new: str, at: datetime = STARTED) -> bytes:
    """The statement by which one test key names another."""
    predicate = Rotation(node_key=public(old), new_key=public(new), at=written(at))
    return _about(ROTATION_TYPE, predicate, public(new), old)


def revocation(of: str, since: datetime) -> bytes:
    """The statement by which a test key ends itself."""
    predicate = Revocation(node_key=public(of), since=written(since), reason="a vector")
    return _about(REVOCATION_TYPE, predicate, public(of), of)


def _about(kind: str, predicate: Rotation | Revocation, key: str, by: str) -> bytes:
    said = {
        "_type": STATEMENT_TYPE,
        "subject": [plain(key_subject(key))],
        "predicateType": kind,
        "predicate": plain(predicate),
    }
    return sealed(said, by)
