"""The result document that lies beside a certificate, by the name and the digest that the certificate gives."""

import re
from pathlib import Path

from netmind_tui.certify import canonical
from netmind_tui.certify.refused import Refused
from netmind_tui.certify.spelling import DIGEST
from netmind_tui.certify.statement import exactly
from netmind_tui.certify.trust import read_bytes
from netmind_tui.model.certificate import CertifiedRun, Subject
from netmind_tui.model.problem import Problem
from netmind_tui.model.result import Result

# A name and no path: a certificate must not make a verifier open whatever it likes.
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_SCHEMA = "netmind.result/1"
_NEWER = re.compile(r"netmind\.result/([2-9]|[1-9][0-9]{1,5})")


def read_result(certificate: Path, subjects: tuple[Subject, ...], run: CertifiedRun) -> Result:
    """The result document of a certificate.

    Args:
        certificate: Beside which it lies.
        subjects: What the certificate says it is about.
        run: The run that the certificate names, to tell a document of another run from one that was changed.

    Raises:
        Refused: by check ``result``: it is not there (then unknown), another document, or none of this kind.
    """
    if len(subjects) != 1:
        raise Refused("result", f"exactly one subject is expected, found {len(subjects)}")
    subject = subjects[0]
    if _PLAIN.fullmatch(subject.name) is None:
        raise Refused("result", f"subject {subject.name!r} is no plain file name")
    if DIGEST.fullmatch(subject.digest.sha256) is None:
        raise Refused("result", "the subject's sha256 is not 64 hexadecimal digits")
    data = _bytes(certificate.parent / subject.name)
    if canonical.sha256(data) != subject.digest.sha256:
        raise Refused("result", f"{subject.name} is not the document that was signed: {_why(data, subject, run)}")
    try:
        value = canonical.read(data, subject.name)
    except Refused as refused:
        raise Refused("result", refused.sentence) from refused
    _check_schema(value, subject.name)
    result = exactly(value, Result, subject.name, "result")
    if any(row.before or row.after for row in (*result.measurements, *result.alone)):
        words = f"{subject.name}: before and after are null in what is shared: they would name the machine's devices"
        raise Refused("result", words)
    return result


def _bytes(path: Path) -> bytes:
    if not path.exists():
        words = f"{path.name} is not beside it: its figures cannot be held against it"
        raise Refused("result", words, unknown=True)
    try:
        return read_bytes(path, "a result document")
    except Problem as problem:
        raise Refused("result", problem.sentence, unknown=True) from problem


def _why(data: bytes, subject: Subject, run: CertifiedRun) -> str:
    """In words, what is wrong with a document of another digest."""
    try:
        value = canonical.read(data, "it")
    except Refused as refused:
        return refused.sentence
    started = value.get("started_at") if isinstance(value, dict) else None
    if isinstance(started, str) and started != run.started_at:
        return f"swapped, it is of a run of {started}, and the certificate's is of {run.started_at}"
    found = canonical.sha256(data)
    return f"changed, its SHA-256 is {found[:12]}…, and {subject.digest.sha256[:12]}… was signed"


def _check_schema(value: object, name: str) -> None:
    """Refuse a document of another kind before its members are looked at."""
    if not isinstance(value, dict):
        raise Refused("result", f"{name} is no result document: an object is expected")
    found = value.get("schema")
    if found == _SCHEMA:
        return
    words = f"{name}: schema {_SCHEMA} is expected, found {found!r}"
    newer = isinstance(found, str) and _NEWER.fullmatch(found) is not None
    raise Refused("result", f"{words}: update this program" if newer else words, unknown=newer)
