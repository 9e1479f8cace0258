"""What an envelope says: an in-toto statement with one of our predicates, every member known and of its type."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeVar

from netmind_tui.certify import canonical
from netmind_tui.certify.envelope import KEY, unseal
from netmind_tui.certify.refused import Refused
from netmind_tui.certify.signed import key_subject
from netmind_tui.certify.spelling import misspelt, unseen
from netmind_tui.document import convert, plain
from netmind_tui.model.certificate import (
    CERTIFICATE_TYPE,
    REVOCATION_TYPE,
    ROTATION_TYPE,
    STATEMENT_TYPE,
    Certificate,
    Revocation,
    Rotation,
    Subject,
)
from netmind_tui.model.problem import Problem

T = TypeVar("T")
Predicate = Certificate | Rotation | Revocation

_KINDS: dict[str, type[Certificate | Rotation | Revocation]] = {
    CERTIFICATE_TYPE: Certificate,
    ROTATION_TYPE: Rotation,
    REVOCATION_TYPE: Revocation,
}
_MEMBERS = {"_type", "subject", "predicateType", "predicate"}
_NEWER = re.compile(r"(urn:netmind:[a-z-]+):([2-9]|[1-9][0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement whose signature holds: what it says, of which files, and the key that signed it."""

    predicate: Predicate
    subjects: tuple[Subject, ...]
    key: str


def read_statement(data: bytes, what: str) -> Statement:
    """The statement in an envelope.

    Raises:
        Refused: by the check that failed first: ``file``, ``canonical``, ``envelope``, ``signature``, ``statement`` or
            ``signer``.
    """
    sealed = unseal(data, what)
    try:
        document = canonical.read(sealed.payload, f"{what}: the payload")
    except Refused as refused:
        raise Refused("statement", refused.sentence) from refused
    predicate_type = _check_shape(document, what)
    subjects = exactly(document["subject"], tuple[Subject, ...], f"{what}: subject", "statement")
    predicate = exactly(document["predicate"], _KINDS[predicate_type], f"{what}: predicate", "statement")
    for sentence in chain(unseen(document), misspelt(predicate), _foreign(predicate, subjects)):
        raise Refused("statement", f"{what}: {sentence}")
    if predicate.node_key != sealed.key:
        raise Refused("signer", f"{what} speaks for {short(predicate.node_key)} and is signed by {short(sealed.key)}")
    return Statement(predicate, subjects, sealed.key)


def exactly(value: object, kind: type[T], what: str, check: str) -> T:
    """A value as ``kind``, with all of its members, no other ones, and no other types.

    Raises:
        Refused: with the path of the first member that differs.
    """
    try:
        found = convert(value, kind)
    except Problem as problem:
        raise Refused(check, f"{what}: {problem.sentence}") from problem
    if (difference := first_difference(value, plain(found), "")) is not None:
        raise Refused(check, f"{what}: {difference}")
    return found


def short(key: str) -> str:
    """The beginning of a key, enough for people to tell two apart."""
    return f"{key[:16]}…" if KEY.fullmatch(key) else repr(key[:24])


def _check_shape(document: Any, what: str) -> str:  # noqa: ANN401 - any JSON
    """Refuse what is not a statement of ours, and return its predicate type."""
    if not isinstance(document, dict) or set(document) != _MEMBERS:
        raise Refused(
            "statement",
            f"{what}: the payload is no in-toto statement: {', '.join(sorted(_MEMBERS))} are"
            " expected, and nothing else",
        )
    if document["_type"] != STATEMENT_TYPE:
        raise Refused("statement", f"{what}: _type {STATEMENT_TYPE} is expected, found {document['_type']!r}")
    predicate_type = document["predicateType"]
    if isinstance(predicate_type, str) and predicate_type in _KINDS:
        return predicate_type
    newer = _NEWER.fullmatch(predicate_type) if isinstance(predicate_type, str) else None
    known = f"{newer[1]}:1" if newer else None
    if known in _KINDS:
        sentence = f"{what} is {predicate_type}; this program reads {known}: update it"
        raise Refused("statement", sentence, unknown=True)
    raise Refused("statement", f"{what}: predicateType {predicate_type!r} is none of {', '.join(_KINDS)}")


def _foreign(predicate: Predicate, subjects: tuple[Subject, ...]) -> Iterator[str]:
    """A sentence where a statement of one key about a key is about another; ``beside`` looks at a certificate's."""
    if isinstance(predicate, Certificate):
        return
    about = predicate.new_key if isinstance(predicate, Rotation) else predicate.node_key
    if subjects != (key_subject(about),):
        yield f"its subject is not {short(about)}, the key that it is about"


def first_difference(found: Any, known: Any, path: str) -> str | None:  # noqa: ANN401 - any JSON
    """In words, the first place where a document says more, less or other than was understood of it."""
    if isinstance(found, dict) and isinstance(known, dict):
        for name in sorted(set(found) | set(known)):
            inner = f"{path}.{name}" if path else name
            if name not in known:
                return f"unknown member {inner}"
            if name not in found:
                return f"{inner} is missing"
            if (difference := first_difference(found[name], known[name], inner)) is not None:
                return difference
        return None
    if isinstance(found, list | tuple) and isinstance(known, list | tuple):
        for index, (one, other) in enumerate(zip(found, known, strict=False)):
            if (difference := first_difference(one, other, f"{path}[{index}]")) is not None:
                return difference
        return None if len(found) == len(known) else f"{path} has {len(found)} entries, {len(known)} are expected"
    return None if found == known else f"{path} is {found!r}, {known!r} is expected"
