"""A backup made: everything of a node as it is at one moment, in one file that is there whole or not at all."""

import errno
import hashlib
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from netmind_tui import __version__, document
from netmind_tui.certify import canonical, private_file
from netmind_tui.certify.envelope import seal
from netmind_tui.certify.identity import Identity
from netmind_tui.certify.moment import written
from netmind_tui.certify.node_key import NodeKey
from netmind_tui.certify.refused import Refused
from netmind_tui.certify.stay import first_stay, machine_digest, read_stay, retired_path, stay_bytes, way_on
from netmind_tui.database import Kind, copy
from netmind_tui.model.backup import Backup, Member, Stay
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.node.backup.archive import Writing, writing
from netmind_tui.node.backup.key import locked
from netmind_tui.node.backup.layout import (
    BACKUP_TYPE,
    JOURNAL,
    MANIFEST,
    RETIRED,
    SIGNATURE,
    STAY,
    STORES,
    Layout,
    can_be_member,
)
from netmind_tui.node.journal.reader import Reader

_PIECE = 1 << 20
_REPLACED = ("config/", "agent/", "energy/")
_MOST_REPLACED = 16 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A backup that was made, how large it is, and what could not be in it."""

    backup: Backup
    bytes: int
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a member's bytes come from: a file that does not change, or bytes as they were read."""

    name: str
    of: Path | bytes

    def pieces(self) -> Iterator[bytes]:
        if isinstance(self.of, bytes):
            yield self.of
            return
        with self.of.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece

    def member(self) -> Member:
        digest, size = hashlib.sha256(), 0
        for piece in self.pieces():
            digest.update(piece)
            size += len(piece)
        return Member(name=self.name, bytes=size, sha256=digest.hexdigest())


def check_target(path: Path, *, force: bool) -> None:
    """Refuse a file that a backup cannot become, before anything is asked.

    Raises:
        Problem: it is there already, is no file, has no name, or its folder cannot be written.
    """
    if str(path) == "-":
        raise Problem("a backup is a file with a name: - is none, and a pipe cannot take it back", ExitCode.USAGE)
    try:
        found = path.lstat()
    except FileNotFoundError:
        found = None
    except OSError as error:
        raise _unwritten(path, error) from error
    if found is not None and not stat.S_ISREG(found.st_mode):
        kind = "a folder" if stat.S_ISDIR(found.st_mode) else "no plain file"
        raise Problem(f"cannot write {path}: it is {kind}; nothing was changed", ExitCode.USAGE)
    if found is not None and not force:
        raise Problem(f"{path} is there already: give another name, or --force to replace it", ExitCode.USAGE)
    if not path.parent.is_dir():
        raise Problem(f"cannot write {path}: there is no folder {path.parent}", ExitCode.USAGE)
    if not os.access(path.parent, os.W_OK):
        raise Problem(f"cannot write {path}: permission denied", ExitCode.USAGE)


def make_backup(
    path: Path, passphrase: str, layout: Layout, machine_id: str | None, now: datetime, *, force: bool = False
) -> Made:
    """Write a backup of the node here; an agent may go on meanwhile.

    Raises:
        Problem: there is no room, something cannot be read, or the node only waits here.
    """
    check_target(path, force=force)
    key, stay = _at_home(layout, now)
    try:
        folder = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    except OSError as error:
        raise _unwritten(path, error) from error
    try:
        sources, left_out = _sources(layout, folder, passphrase, stay)
        backup = Backup(
            id=secrets.token_hex(8),
            version=__version__,
            node_key=key.public,
            made_at=written(now),
            machine=machine_digest(key.public, machine_id, layout.identity),
            stay=stay,
            events=_last_event(folder / Path(JOURNAL).name),
            members=tuple(each.member() for each in sources),
        )
        size = _write(folder / "whole", backup, sources, key, int(now.timestamp()))
        _name(folder / "whole", path, force=force)
    except OSError as error:
        raise _unwritten(path, error) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return Made(backup=backup, bytes=size, left_out=left_out)


def stay_here(identity: Path, now: datetime) -> Stay:
    """The stay of the node here; its first one begins to be written down.

    Raises:
        Problem: it is damaged, or cannot be written.
    """
    found = read_stay(identity)
    if found is None:
        try:
            private_file.create(identity / "stay.json", stay_bytes(first_stay(written(now))))
        except OSError as error:
            raise _unwritten(identity / "stay.json", error) from error
        found = read_stay(identity)
    if found is None:
        raise Problem(f"{identity / 'stay.json'} went away while it was used", ExitCode.USAGE)
    return found


def _at_home(layout: Layout, now: datetime) -> tuple[NodeKey, Stay]:
    """The key and the stay of a node that is, or was, at home here."""
    key = Identity(layout.identity).own_key(written(now))
    stay = stay_here(layout.identity, now)
    if stay.began is None:
        words = f"this node only waits here, so a backup of it is made on its other machine: {way_on(stay)}"
        raise Problem(words, ExitCode.UNMEASURED)
    return key, stay


def _sources(layout: Layout, folder: Path, passphrase: str, stay: Stay) -> tuple[list[_Source], tuple[str, ...]]:
    """All members, the key first; and a sentence for each file that cannot be one."""
    found: list[_Source] = []
    left_out: list[str] = []
    for name, path in layout.present():
        if not can_be_member(name):
            left_out.append(f"{path} is left out: its name is too long, or has signs that no archive carries")
        elif name in STORES:
            found.append(_Source(name, _copied(path, folder / path.name, STORES[name])))
        elif name.endswith(".pem"):
            found.append(_Source(name, _locked(path, passphrase)))
        elif name.startswith(_REPLACED):
            found.append(_Source(name, _read(path)))  # replaced while others run: as it is at one moment
        elif name != STAY:
            found.append(_Source(name, path))
    found.append(_Source(STAY, stay_bytes(stay)))
    ended = retired_path(layout.identity, stay.id)
    if ended.exists():
        found.append(_Source(f"{RETIRED}/{ended.name}", private_file.read(ended, 4096)))
    return found, tuple(left_out)


def _copied(path: Path, target: Path, kind: Kind) -> Path:
    copy(path, target, kind)
    return target


def _locked(path: Path, passphrase: str) -> bytes:
    try:
        return locked(private_file.read(path, 4096), passphrase)
    except ValueError as error:
        raise Problem(f"{path} is damaged or no key: {error}; nothing was changed", ExitCode.USAGE) from None


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(_MOST_REPLACED + 1)
    if len(data) > _MOST_REPLACED:
        raise Problem(f"{path} is larger than {_MOST_REPLACED >> 20} MiB: move it away", ExitCode.USAGE)
    return data


def _last_event(journal: Path) -> int | None:
    if not journal.exists():
        return None
    with closing(Reader(journal)) as reader:
        return reader.last_id()


def _write(target: Path, backup: Backup, sources: list[_Source], key: NodeKey, at_s: int) -> int:
    """The archive under a name that nobody looks for, on the disk; its size."""
    try:
        manifest = canonical.canonical(document.plain(backup), "the list of what is in the backup")
    except Refused as refused:
        raise Problem(
            f"{refused.sentence}: there are too many files, so move old runs away", ExitCode.USAGE
        ) from refused
    signature = seal(canonical.sha256(manifest).encode(), key.private, BACKUP_TYPE)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o600)
    with os.fdopen(descriptor, "wb") as file:
        with writing(file, at_s) as archive:
            for source in (_Source(MANIFEST, manifest), _Source(SIGNATURE, signature)):
                _add(archive, source, source.member())
            for source, member in zip(sources, backup.members, strict=True):
                _add(archive, source, member)
        file.flush()
        os.fsync(file.fileno())
        return file.tell()


def _add(archive: Writing, source: _Source, member: Member) -> None:
    """Add a member as it was when it was listed.

    Raises:
        Problem: it changes while it is read.
    """
    digest = hashlib.sha256()

    def read() -> Iterator[bytes]:
        for piece in source.pieces():
            digest.update(piece)
            yield piece

    try:
        archive.add(member.name, member.bytes, read())
        is_same = digest.hexdigest() == member.sha256
    except ValueError:
        is_same = False
    if not is_same:
        raise Problem(f"{member.name} changed while it was read; nothing was changed: try again", ExitCode.UNMEASURED)


def _name(temporary: Path, path: Path, *, force: bool) -> None:
    """Give the finished file its name; without ``force`` never that of another one."""
    if force:
        temporary.replace(path)
    else:
        try:
            os.link(temporary, path)
        except FileExistsError:
            raise Problem(f"{path} was made by somebody else meanwhile: give another name", ExitCode.USAGE) from None
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK):
                raise
            temporary.replace(path)  # a file system without links
    private_file.settle(path.parent)


def _unwritten(path: Path, error: OSError) -> Problem:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    cause = "the disk is full" if full else (error.strerror or str(error)).lower()
    where = "" if error.filename in (None, str(path)) else f" ({error.filename})"
    return Problem(f"cannot write {path}: {cause}{where}; nothing was changed", ExitCode.USAGE)
