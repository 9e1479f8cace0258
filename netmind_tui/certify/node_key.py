"""A node's key: Ed25519, in a file that only its owner can read. What it holds is never put into words."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from netmind_tui.certify import private_file
from netmind_tui.certify.envelope import public_name
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_MOST_BYTES = 4096
_MADE = re.compile(rb"^Made (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)", re.MULTILINE)
_MEND = "put it back from your backup, or move it away and a new key is made, which nobody knows"


@dataclass(frozen=True, slots=True)
class NodeKey:
    """A key that can sign. ``public`` is how others name it, ``since`` when it was made, where its file says so."""

    public: str
    since: str | None
    private: "Ed25519PrivateKey" = field(repr=False, compare=False)

    @property
    def short(self) -> str:
        """The first 16 hexadecimal digits: the name of its files."""
        return short_of(self.public)


def short_of(public: str) -> str:
    """The first 16 hexadecimal digits of a public key."""
    return public.removeprefix("ed25519:")[:16]


def make_key(path: Path, now: str) -> None:
    """Make a key in a file, unless there is one.

    Raises:
        Problem: the file cannot be made.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - 40 ms, seldom
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - see above
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    # PEM passes over what stands before its first line (RFC 7468): the age of the key moves with it.
    words = f"The private key of a NetMind node: whoever has it is this node. Show it to nobody.\nMade {now}\n"
    try:
        private_file.create(path, words.encode() + pem)
    except OSError as error:
        raise Problem(f"cannot make the node key {path}: {(error.strerror or '').lower()}", ExitCode.USAGE) from None


def read_key(path: Path, *, ends: str = private_file.ENDS) -> NodeKey | None:
    """The key in a file; ``None`` where there is no file. ``ends`` is the command that ends it.

    Raises:
        Problem: others could have read it, or it is no Ed25519 key in PKCS8 without a password.
    """
    try:
        data = private_file.read(path, _MOST_BYTES, ends=ends)
    except FileNotFoundError:
        return None
    found = _MADE.search(data)
    private = _private(data, path)
    since = found[1].decode() if found else None
    return NodeKey(public_name(private.public_key().public_bytes_raw()), since, private)


def _private(data: bytes, path: Path) -> "Ed25519PrivateKey":
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - see make_key
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - see make_key
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415 - see make_key

    expected = "an Ed25519 key in PKCS8 PEM is expected"
    if not data.strip():
        raise Problem(f"{path} is empty; {expected}: {_MEND}", ExitCode.USAGE)
    # The causes are left behind: no library is trusted not to quote what it read.
    try:
        found = load_pem_private_key(data, None)
    except TypeError:
        raise Problem(f"{path} is locked with a password; {expected}, without one", ExitCode.USAGE) from None
    except (ValueError, UnsupportedAlgorithm):
        raise Problem(f"{path} is damaged or no key; {expected}: {_MEND}", ExitCode.USAGE) from None
    if not isinstance(found, Ed25519PrivateKey):
        raise Problem(f"{path} holds another kind of key; {expected}: {_MEND}", ExitCode.USAGE)
    return found


def public_pem(public: str) -> str:
    """A public key as a PEM file (SubjectPublicKeyInfo)."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415 - see make_key
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415 - see make_key

    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public.removeprefix("ed25519:")))
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
