"""Whom a verifier believes: the keys on its list, those that they named as their successors, and those that ended."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from netmind_tui.certify.envelope import KEY
from netmind_tui.certify.moment import read_moment
from netmind_tui.certify.refused import Refused
from netmind_tui.certify.statement import Statement, read_statement
from netmind_tui.model.certificate import Certificate, Revocation, Rotation
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

LARGEST_BYTES = 4 * 2**20
_PEM = "-----BEGIN PUBLIC KEY-----"
_PRIVATE = re.compile("PRIVATE KEY|SECRET")


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom to believe. ``keys`` maps a key to the owner's word for it; ``None`` where no list was given."""

    keys: dict[str, str] | None = None
    allows_unknown: bool = False
    revocations: tuple[Revocation, ...] = ()
    rotations: tuple[Rotation, ...] = field(default=())

    def word_for(self, key: str) -> str | None:
        """The word for a key that is believed: its own, or one that leads to it by rotations; else ``None``."""
        known = dict(self.keys or {})
        for _ in self.rotations:  # each round adds at least one successor, or none is left
            for rotation in self.rotations:
                if rotation.node_key in known and rotation.new_key not in known and self.could_name(rotation):
                    known[rotation.new_key] = f"successor of {known[rotation.node_key]}"
        return known.get(key)

    def revocation_of(self, key: str) -> Revocation | None:
        """The earliest end that a key set itself, if any; one that named its successor has ended, too."""
        own = [each for each in self.revocations if each.node_key == key]
        own += [
            Revocation(node_key=key, since=each.at, reason="it named its successor")
            for each in self.rotations
            if each.node_key == key
        ]
        return min(own, key=lambda each: each.since, default=None)

    def leads(self, old: str, new: str) -> bool:
        """Whether a key named the other one as its successor, directly or by steps; every key leads to itself."""
        reached = {old}
        named = [rotation for rotation in self.rotations if self.could_name(rotation)]
        for _ in named:
            reached |= {rotation.new_key for rotation in named if rotation.node_key in reached}
        return new in reached

    def is_same(self, one: str, other: str) -> bool:
        """Whether two keys are one node's: the same, or one leads to the other."""
        return self.leads(one, other) or self.leads(other, one)

    def could_name(self, rotation: Rotation) -> bool:
        """Whether the key was still one when it named its successor: whoever took it later could name theirs."""
        ends = [each.since for each in self.revocations if each.node_key == rotation.node_key]
        return not ends or rotation.at < min(ends)


def read_keys(path: Path) -> dict[str, str]:
    """The keys of a list: ``ed25519:…`` and a word for it, one a line; ``#`` begins a comment. A PEM is one key.

    Raises:
        Problem: it cannot be read, holds no key, a private one, or a line that is none.
    """
    text = _text(path, "a list of public keys")
    if _PRIVATE.search(text):
        raise Problem(f"{path} holds a private key: give netmind identity export-public's output", ExitCode.USAGE)
    if _PEM in text:
        return {_from_pem(text, path): path.stem}
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.partition("#")[0].strip()
        if not bare:
            continue
        key, _, word = bare.partition(" ")
        if KEY.fullmatch(key) is None:
            words = f"{path}, line {number}: ed25519: and 64 hexadecimal digits are expected, found {key[:40]!r}"
            raise Problem(words, ExitCode.USAGE)
        found[key] = word.strip() or f"{path.name}, line {number}"
    if not found:
        raise Problem(f"{path} holds no key: one a line is expected, ed25519:…", ExitCode.USAGE)
    return found


def read_revocation(path: Path) -> Revocation:
    """The revocation in a file.

    Raises:
        Problem: it cannot be read, or is none whose signature holds.
    """
    expected = "a revocation of netmind identity revoke is expected, or of netmind challenge revoke"
    try:
        statement = read_file(path)
    except Refused as refused:
        raise Problem(f"{refused.sentence}; {expected}", ExitCode.USAGE) from refused
    if not isinstance(statement.predicate, Revocation):
        raise Problem(f"{path} is a {type(statement.predicate).__name__.lower()}; {expected}", ExitCode.USAGE)
    return statement.predicate


def read_file(path: Path) -> Statement:
    """The statement in a file.

    Raises:
        Problem: it cannot be read, or a time in it is none.
        Refused: it is no valid statement.
    """
    statement = read_statement(read_bytes(path, "a signed statement"), str(path))
    if not isinstance(statement.predicate, Certificate):
        moment = statement.predicate.at if isinstance(statement.predicate, Rotation) else statement.predicate.since
        try:
            read_moment(moment)
        except ValueError:
            words = f"{path}: {moment[:40]!r} is no time such as 2026-11-22T14:32:05.000Z"
            raise Problem(words, ExitCode.FAILED) from None
    return statement


def told_apart(paths: Iterable[Path]) -> tuple[list[Path], dict[Path, Statement]]:
    """Which of the files speak of keys, with what they say; all others are to be verified as certificates.

    Raises:
        Problem: one cannot be read.
    """
    certificates: list[Path] = []
    statements: dict[Path, Statement] = {}
    for path in paths:
        try:
            found = read_file(path)
        except Refused:
            certificates.append(path)  # verifying it says why
            continue
        if isinstance(found.predicate, Certificate):
            certificates.append(path)
        else:
            statements[path] = found
    return certificates, statements


def read_bytes(path: Path, expected: str) -> bytes:
    """A file's bytes, one more than are ever read at most.

    Raises:
        Problem: it cannot be read.
    """
    try:
        if not path.is_file():
            cause = "it is a folder" if path.is_dir() else "it is no file" if path.exists() else "there is no such file"
            raise Problem(f"cannot read {path}: {cause}; {expected} is expected", ExitCode.USAGE)
        with path.open("rb") as file:
            return file.read(LARGEST_BYTES + 1)
    except OSError as error:
        cause = (error.strerror or str(error)).lower()
        raise Problem(f"cannot read {path}: {cause}; {expected} is expected", ExitCode.USAGE) from error


def of(
    keys: dict[str, str] | None, statements: Iterable[Statement], revocations: Iterable[Revocation], *, unknown: bool
) -> Trust:
    """Whom to believe, given a list of keys and the statements that came along."""
    found = tuple(statements)
    return Trust(
        keys=keys,
        allows_unknown=unknown,
        revocations=(*revocations, *(each.predicate for each in found if isinstance(each.predicate, Revocation))),
        rotations=tuple(each.predicate for each in found if isinstance(each.predicate, Rotation)),
    )


def _text(path: Path, expected: str) -> str:
    data = read_bytes(path, expected)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Problem(f"{path} is not UTF-8 at byte {error.start}; {expected} is expected", ExitCode.USAGE) from error


def _from_pem(text: str, path: Path) -> str:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415 - 40 ms, seldom
    from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415 - see above

    from netmind_tui.certify.envelope import public_name  # noqa: PLC0415 - beside its use

    try:
        key = load_pem_public_key(text.encode())
    except ValueError as error:
        raise Problem(f"{path} is no public key: {str(error).lower()}", ExitCode.USAGE) from error
    if not isinstance(key, Ed25519PublicKey):
        raise Problem(f"{path}: an Ed25519 key is expected, found another kind", ExitCode.USAGE)
    return public_name(key.public_bytes_raw())
