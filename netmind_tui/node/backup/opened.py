"""A backup opened: what it says of itself is checked before the passphrase is asked, all of it before it is used."""

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from netmind_tui import __version__
from netmind_tui.certify import canonical
from netmind_tui.certify.envelope import KEY as KEY_WORD
from netmind_tui.certify.envelope import public_name, unseal
from netmind_tui.certify.moment import read_moment
from netmind_tui.certify.refused import Refused
from netmind_tui.certify.statement import exactly
from netmind_tui.certify.stay import checked_stay
from netmind_tui.model.backup import Backup, Member
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.node.backup.archive import Reading, reading
from netmind_tui.node.backup.key import Wrong, unlocked
from netmind_tui.node.backup.layout import BACKUP_TYPE, KEY, MANIFEST, SIGNATURE, STAY, Layout
from netmind_tui.node.backup.move import make_folders

_MOST_SIGNATURE, _MOST_KEY = 8192, 8192
_MOST_BYTES = 64 << 30
_SCHEMA, _SCHEMA_PART = "netmind.backup/1", "netmind.backup/"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_ID = re.compile(r"[0-9a-f]{16}")


class Opened:
    """A backup whose list and signature hold, read as far as its key.

    ``unlock`` comes before ``unpack``: what a stranger made is not unpacked, because its key does not open.
    """

    def __init__(self, path: Path, archive: Reading, layout: Layout) -> None:
        self.path, self._archive = path, archive
        self._passphrase: str | None = None
        manifest = archive.whole(MANIFEST, canonical.LARGEST_BYTES)
        signature = archive.whole(SIGNATURE, _MOST_SIGNATURE)
        self.backup = _read_manifest(manifest, signature, path)
        _check_members(self.backup, layout, path)
        self._key = archive.whole(KEY, _MOST_KEY)
        if _digest_of(self._key, self.backup.members[0]) is None:
            raise _changed(path, KEY)

    def unlock(self, passphrase: str) -> None:
        """Try a passphrase.

        Raises:
            Wrong: it opens nothing.
            Problem: the key in it is another than the one that signed the backup.
        """
        if _public(unlocked_key(self._key, passphrase, self.path, KEY)) != self.backup.node_key:
            words = f"{self.path} holds another key than the one that signed it; nothing was changed"
            raise Problem(words, ExitCode.USAGE)
        self._passphrase = passphrase

    def unpack(self, place: Callable[[str], Path | None]) -> None:
        """Write each member where ``place`` says, its owner's alone, keys unlocked; without a place it is only checked.

        Raises:
            Problem: one is missing, changed or too many.
            OSError: there is no room.
        """
        if self._passphrase is None:
            raise ValueError("unlock comes first")
        first, *others = self.backup.members
        _write(place(first.name), iter([unlocked_key(self._key, self._passphrase, self.path, KEY)]))
        for member in others:
            found = self._archive.next()
            if found != (member.name, member.bytes):
                words = f"{member.name} is expected in it, found {found[0] if found else 'its end'!r}"
                raise Problem(f"{self.path} is damaged: {words}; nothing was changed", ExitCode.USAGE)
            if member.name.endswith(".pem"):
                self._unpack_key(member, place(member.name))
            else:
                self._unpack_plain(member, place(member.name))
        if self._archive.next() is not None:
            raise Problem(f"{self.path} holds more than its list says; nothing was changed", ExitCode.USAGE)

    def _unpack_key(self, member: Member, path: Path | None) -> None:
        if member.bytes > _MOST_KEY:
            raise Problem(f"{self.path}: {member.name} is larger than any key; nothing was changed", ExitCode.USAGE)
        data = b"".join(self._archive.pieces(member.bytes))
        if _digest_of(data, member) is None:
            raise _changed(self.path, member.name)
        try:
            _write(path, iter([unlocked_key(data, self._passphrase or "", self.path, member.name)]))
        except Wrong:
            words = f"{member.name} is locked with another passphrase than {KEY}"
            raise Problem(f"{self.path}: {words}; nothing was changed", ExitCode.USAGE) from None

    def _unpack_plain(self, member: Member, path: Path | None) -> None:
        digest = hashlib.sha256()

        def pieces() -> Iterator[bytes]:
            for piece in self._archive.pieces(member.bytes):
                digest.update(piece)
                yield piece

        _write(path, pieces())
        if digest.hexdigest() != member.sha256:
            raise _changed(self.path, member.name)


@contextmanager
def opened(path: Path, layout: Layout) -> Iterator[Opened]:
    """A backup in a file.

    Raises:
        Problem: it cannot be read, is none, is damaged, was changed, or is of a newer program.
    """
    with reading(path) as archive:
        yield Opened(path, archive, layout)


def unlocked_key(data: bytes, passphrase: str, path: Path, name: str) -> bytes:
    """A key's file as it was on its machine.

    Raises:
        Wrong: the passphrase does not open it.
        Problem: it is no key that a backup could hold.
    """
    try:
        plain = unlocked(data, passphrase)
    except ValueError as error:
        raise Problem(f"{path}: {name} is damaged: {error}; nothing was changed", ExitCode.USAGE) from None
    _public(plain)
    return plain


def _public(pem: bytes) -> str:
    """The public half; what a wrong passphrase leads to is seldom mistaken for a key, and never for this one."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - 40 ms, seldom
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415 - see above

    try:
        found = load_pem_private_key(pem, None)
    except (ValueError, TypeError):
        raise Wrong from None
    if not isinstance(found, Ed25519PrivateKey):
        raise Wrong
    return public_name(found.public_key().public_bytes_raw())


def _read_manifest(manifest: bytes, signature: bytes, path: Path) -> Backup:
    what = f"{path}: {MANIFEST}"
    try:
        value = canonical.read(manifest, what)
        _check_version(value, path)
        backup = exactly(value, Backup, what, "manifest")
        sealed = unseal(signature, f"{path}: {SIGNATURE}", BACKUP_TYPE)
        read_moment(backup.made_at)
    except (Refused, ValueError) as error:
        cause = error.sentence if isinstance(error, Refused) else f"{what}: {error}"
        raise Problem(f"{cause}; nothing was changed", ExitCode.USAGE) from error
    if sealed.payload != canonical.sha256(manifest).encode() or sealed.key != backup.node_key:
        raise Problem(f"{what} is not what its node signed: it was changed; nothing was changed here", ExitCode.USAGE)
    if _ID.fullmatch(backup.id) is None or KEY_WORD.fullmatch(backup.node_key) is None:
        raise Problem(f"{what} is damaged: its names are none; nothing was changed", ExitCode.USAGE)
    checked_stay(backup.stay, what)
    return backup


def _check_version(value: object, path: Path) -> None:
    """Refuse what a newer program wrote, before its members are looked at."""
    found = value if isinstance(value, dict) else {}
    schema, version = str(found.get("schema")), str(found.get("version"))
    if schema != _SCHEMA and schema.startswith(_SCHEMA_PART):
        words = f"{path} is {schema} and this program reads {_SCHEMA}: update netmind"
        raise Problem(f"{words}; nothing was changed", ExitCode.USAGE)
    if schema == _SCHEMA and _numbers(version) > _numbers(__version__):
        words = f"{path} was made by netmind {version} and this is {__version__}: update netmind"
        raise Problem(f"{words}; nothing was changed", ExitCode.USAGE)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(each) for each in re.findall(r"\d{1,9}", version)[:3])


def _check_members(backup: Backup, layout: Layout, path: Path) -> None:
    names = [each.name for each in backup.members]
    for each in backup.members:
        try:
            layout.place_of(each.name)
        except ValueError:
            words = f"{path} holds {each.name!r}, which is no part of a node; nothing was changed"
            raise Problem(words, ExitCode.USAGE) from None
        if each.bytes < 0 or _DIGEST.fullmatch(each.sha256) is None:
            raise Problem(f"{path}: {MANIFEST} is damaged at {each.name}; nothing was changed", ExitCode.USAGE)
    if names[:1] != [KEY] or STAY not in names or len(set(names)) != len(names):
        words = f"{path}: {MANIFEST} lists no key, no stay, or a file twice; nothing was changed"
        raise Problem(words, ExitCode.USAGE)
    if sum(each.bytes for each in backup.members) > _MOST_BYTES:
        raise Problem(f"{path} would unpack to more than {_MOST_BYTES >> 30} GiB; nothing was changed", ExitCode.USAGE)


def _digest_of(data: bytes, member: Member) -> str | None:
    """The digest of bytes, where they are the member that the list means."""
    digest = hashlib.sha256(data).hexdigest()
    return digest if (len(data), digest) == (member.bytes, member.sha256) else None


def _changed(path: Path, name: str) -> Problem:
    return Problem(f"{path}: {name} in it was changed or is damaged; nothing was changed here", ExitCode.USAGE)


def _write(path: Path | None, pieces: Iterator[bytes]) -> None:
    if path is None:
        for _ in pieces:
            pass
        return
    make_folders([path.parent], [])
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        for piece in pieces:
            file.write(piece)
