"""The node's identity: its key, the keys before it, and what they said of one another.

``node.pem`` is the key. ``retired/`` holds the keys before it, ``rotations/`` the statements in which each named its
successor, ``revocations/`` those that ended a key here. A rotation is done when its statement is kept: where a crash
left the rest undone, whoever next needs the key does it.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from netmind_tui.bench.lock import LockError, held
from netmind_tui.certify import private_file
from netmind_tui.certify.bar import check_may_write
from netmind_tui.certify.node_key import NodeKey, make_key, read_key, short_of
from netmind_tui.certify.refused import Refused
from netmind_tui.certify.signed import key_subject, signed
from netmind_tui.certify.statement import short
from netmind_tui.certify.stay import read_retired, read_stay
from netmind_tui.certify.trust import read_bytes, read_file, read_revocation
from netmind_tui.model.certificate import Revocation, Rotation
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.identity import NodeIdentity
from netmind_tui.model.problem import Problem

T = TypeVar("T", Rotation, Revocation)

_MOMENT_S = 0.05
_FOLDERS = ("retired", "rotations", "revocations")


class Identity:
    """The identity in a folder. Looking at it makes nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._node = folder / "node.pem"
        self._next = folder / "next.pem"

    def look(self) -> NodeIdentity:
        """What others may know of it.

        Raises:
            Problem: its files are damaged, or were open to others.
        """
        key = self._current()
        if key is None:
            return NodeIdentity(folder=str(self.folder), key=None, since=None, rotations=(), revocation=None)
        stay = read_stay(self.folder)
        return NodeIdentity(
            folder=str(self.folder),
            key=key.public,
            since=key.since,
            rotations=self.lineage(key.public),
            revocation=self._revocation(key.public),
            stay=stay,
            retired=None if stay is None else read_retired(self.folder, stay.id),
        )

    def public(self, now: str) -> str:
        """The public key; the key is made where there is none.

        Raises:
            Problem: as ``look``, or the key cannot be made.
        """
        return self._opened(now).public

    def signing_key(self, now: str) -> NodeKey:
        """The key to sign with; made where there is none.

        Raises:
            Problem: as ``public``, the key was ended, or the node is not at home on this machine.
        """
        check_may_write(self.folder)
        key = self._opened(now)
        self._refuse_ended(key)
        return key

    def own_key(self, now: str) -> NodeKey:
        """The key, whether or not it may sign for others: of a backup, and of the end of its time here.

        Raises:
            Problem: as ``public``.
        """
        return self._opened(now)

    def lineage(self, public: str) -> tuple[Rotation, ...]:
        """The rotations that lead to a key, oldest first."""
        by_new = {each.new_key: each for each in self._statements("rotations", Rotation)}
        found: list[Rotation] = []
        while public in by_new:
            found.append(by_new.pop(public))
            public = found[-1].node_key
        return tuple(reversed(found))

    def rotate(self, now: str) -> tuple[bytes, Path]:
        """Make a new key that the present one names as its successor; the statement, and where it is kept.

        Raises:
            Problem: there is no key yet, it was ended, the node is not at home on this machine, or its files cannot be
                written.
        """
        check_may_write(self.folder)
        with self._alone(now):
            old = self._needed()
            self._refuse_ended(old)
            new = self._following(now)
            rotation = Rotation(node_key=old.public, new_key=new.public, at=now)
            statement = signed(rotation, key_subject(new.public), old.private, "the rotation")
            kept = self._statement_path("rotations", f"{old.short}-{new.short}")
            # From here on it is done, whatever happens.
            self._keep(kept, statement)
            self._finish()
        return statement, kept

    def replace(self, now: str) -> str:
        """After a revocation: begin with another key, which nothing links to the one that ended.

        Raises:
            Problem: there is no key, it has not ended, the node is not at home on this machine, or its files cannot
                be written.
        """
        check_may_write(self.folder)
        with self._alone(now):
            old = self._needed()
            if self._revocation(old.public) is None:
                words = f"the node key {short(old.public)} has not ended: leave --new out and it names its successor"
                raise Problem(words, ExitCode.USAGE)
            new = self._following(now)
            self._change_over(old)
        return new.public

    def revoke(self, since: str, reason: str | None, of: str | None) -> bytes:
        """A statement by which a key ends itself, to be kept elsewhere; the key goes on until it is applied.

        Args:
            since: From when on nothing that it signed holds.
            reason: For people, in plain words.
            of: A retired key of this node; its present one unless given.

        Raises:
            Problem: there is no such key here.
        """
        key = self._needed() if of is None else self._own(of)
        revocation = Revocation(node_key=key.public, since=since, reason=reason)
        return signed(revocation, key_subject(key.public), key.private, "the revocation")

    def end(self, path: Path, now: str) -> Revocation:
        """Apply a revocation: its key, which must be one of this node, signs nothing any more.

        Raises:
            Problem: it cannot be read, is no revocation, or is that of a stranger's key.
        """
        revocation = read_revocation(path)
        data = read_bytes(path, "a revocation of netmind identity revoke")
        with self._alone(now):
            self._own(revocation.node_key)
            known = self._revocation(revocation.node_key)
            if known is not None and known.since <= revocation.since:
                return known  # a key ends once, as early as it ever said
            self._keep(self._statement_path("revocations", short_of(revocation.node_key)), data)
        return revocation

    def revocations(self) -> tuple[Revocation, ...]:
        """Those that ended a key here."""
        return self._statements("revocations", Revocation)

    def rotations(self) -> tuple[Rotation, ...]:
        """Every rotation that was made here."""
        return self._statements("rotations", Rotation)

    # How the folder is read.

    def _current(self) -> NodeKey | None:
        private_file.check_folder(self.folder)
        key = read_key(self._node)
        if key is None and any((self.folder / name).exists() for name in _FOLDERS):
            words = "put it back from your backup, or move the folder away to begin as a node that nobody knows"
            raise Problem(f"{self._node} is missing and there was a key: {words}", ExitCode.USAGE)
        return key

    def _needed(self) -> NodeKey:
        key = self._current()
        if key is None:
            words = f"there is no node key yet in {self.folder}: netmind certify and export-public make one"
            raise Problem(words, ExitCode.USAGE)
        return key

    def _opened(self, now: str) -> NodeKey:
        """The key, made on first use; a rotation that was begun is finished."""
        if self._current() is None:
            private_file.make_folder(self.folder)
            make_key(self._node, now)
        if self._next.exists():
            with self._alone(now):
                pass  # whoever enters finishes it
        return self._needed()

    def _own(self, public: str) -> NodeKey:
        """A key of this node, in use or retired."""
        current = self._needed()
        if current.public == public:
            return current
        key = read_key(self.folder / "retired" / f"{short_of(public)}.pem")
        if key is None or key.public != public:
            raise Problem(f"{public} is no key of this node; netmind identity show lists them", ExitCode.USAGE)
        return key

    def _revocation(self, public: str) -> Revocation | None:
        return next((each for each in self.revocations() if each.node_key == public), None)

    def _refuse_ended(self, key: NodeKey) -> None:
        revocation = self._revocation(key.public)
        if revocation is not None:
            words = f"the node key {short(key.public)} ended on {revocation.since} and signs nothing any more"
            raise Problem(f"{words}: netmind identity rotate --new begins with another one", ExitCode.USAGE)

    def _statements(self, kind: str, predicate: type[T]) -> tuple[T, ...]:
        folder = self.folder / kind
        try:
            paths = sorted(path for path in folder.iterdir() if path.suffix == ".json")
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise Problem(f"cannot read {folder}: {(error.strerror or '').lower()}", ExitCode.USAGE) from error
        try:
            found = [read_file(path).predicate for path in paths]
        except Refused as refused:
            raise Problem(f"{folder}: {refused.sentence}; put it back from your backup", ExitCode.USAGE) from refused
        return tuple(each for each in found if isinstance(each, predicate))

    def _statement_path(self, kind: str, name: str) -> Path:
        return self.folder / kind / f"{name}.json"

    # How it is changed.

    @contextmanager
    def _alone(self, now: str) -> Iterator[None]:
        """Change the folder while nobody else does; what a crash left undone is done first."""
        self._needed()
        try:
            with held("identity", since=now, folder=self.folder, wait=lambda _holder: time.sleep(_MOMENT_S)):
                self._finish()
                self._sweep()
                yield
        except LockError as error:
            raise Problem(str(error), ExitCode.USAGE) from error
        except OSError as error:
            words = f"cannot write in {self.folder}: {(error.strerror or str(error)).lower()}"
            raise Problem(words, ExitCode.USAGE) from None

    def _finish(self) -> None:
        """Where the key has named the next one, change over to it."""
        following = read_key(self._next)
        if following is None:
            return
        current = self._needed()
        if self._statement_path("rotations", f"{current.short}-{following.short}").exists():
            self._change_over(current)

    def _sweep(self) -> None:
        """Take away what a crash left half written: it may be half a key."""
        for folder, pattern in ((self.folder, ".next.pem.*"), *((self.folder / name, ".*") for name in _FOLDERS)):
            for path in folder.glob(pattern):
                path.unlink(missing_ok=True)

    def _following(self, now: str) -> NodeKey:
        """The key that comes next: made, or left over from a change that was not finished."""
        make_key(self._next, now)
        key = read_key(self._next)
        if key is None:
            raise Problem(f"{self._next} went away while it was used", ExitCode.USAGE)
        return key

    def _change_over(self, old: NodeKey) -> None:
        """Retire the present key and put the next one in its place: at every moment there is a key."""
        retired = self.folder / "retired" / f"{old.short}.pem"
        private_file.make_folder(retired.parent)
        private_file.create(retired, private_file.read(self._node, 1 << 12))
        self._next.replace(self._node)
        private_file.settle(self.folder)

    def _keep(self, path: Path, statement: bytes) -> None:
        private_file.make_folder(path.parent)
        private_file.put(path, statement)
