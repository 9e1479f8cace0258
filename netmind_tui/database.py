"""A file that an agent keeps, as SQLite holds it: the one door to sqlite3, and what it says in sentences.

One process writes, any other opens the file read-only. With one writer the fault of SQLite before 3.51.3 that needs two
(a restarted write-ahead log read as the old one) cannot come about; a file without such a log does not know it at all.
The file belongs on a local disk.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

Connection = sqlite3.Connection
Cursor = sqlite3.Cursor

_REMEDY = "Move it elsewhere, and the agent begins a new one"
# Of a writer: what is kept waiting longer is kept in memory, and tried again.
_BUSY_MS = 200
_READER_BUSY_MS = 5000
# Faults of this program: they are never taken for a disk that is full.
_BUGS = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError, sqlite3.NotSupportedError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What a file is: ``name`` in sentences, ``application`` in its header, and the statements that make an empty one.

    A file of a newer ``version`` is not touched. ``is_logged`` says whether what is committed goes to a log beside the
    file first; ``settings`` is what each connection that writes is told, and ``remedy`` what to do about a damaged one.
    """

    name: str
    application: int
    version: int
    create: tuple[str, ...]
    is_logged: bool = True
    settings: tuple[str, ...] = (
        "synchronous = FULL",
        # The log is written over from its beginning, and cut back to this once it has grown beyond.
        "journal_size_limit = 4194304",
    )
    remedy: str = _REMEDY


class Damage(Problem):
    """A file that cannot be understood; it is as it was found."""

    def __init__(self, sentence: str, detail: str, code: ExitCode = ExitCode.UNMEASURED) -> None:
        super().__init__(sentence, code)
        self.detail = detail


class Unwritten(Exception):  # noqa: N818 - it is what happened, and is lived with
    """The file took nothing of it; the cause is a clause for a sentence. Of a damaged one that goes on for ever."""

    def __init__(self, cause: str, *, is_damaged: bool = False) -> None:
        super().__init__(cause)
        self.cause = cause
        self.is_damaged = is_damaged


def make(path: Path, kind: Kind) -> None:
    """Make an empty file where there is none, its owner's alone; whole or not at all.

    Raises:
        Problem: there is no room for it, or no right.
    """
    if _is_there(path, kind):
        return
    with _made(path, kind) as connection:
        connection.execute("BEGIN")
        for statement in kind.create:
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {kind.application}")
        connection.execute(f"PRAGMA user_version = {kind.version}")
        connection.execute("COMMIT")
        if kind.is_logged:
            # Not before: with a log of its own it would be whole only together with that.
            connection.execute("PRAGMA journal_mode = WAL")
    with explained(path, kind):
        put_there(beside(path), path)


def copied(connection: Connection, path: Path, kind: Kind) -> Path:
    """What a connection still holds, as a file beside the path from where it was taken away.

    Raises:
        Problem: there is no room for it, or no right.
    """
    with _made(path, kind) as written:
        connection.backup(written)
    return beside(path)


def open_for_writing(path: Path, kind: Kind) -> Connection:
    """A connection whose every commit is on the disk when it returns.

    Raises:
        Problem: the file cannot be opened.
    """
    with explained(path, kind):
        connection = _connect(path, "rw")
        try:
            for setting in kind.settings:
                connection.execute(f"PRAGMA {setting}")
        except BaseException:
            connection.close()
            raise
        return connection


def open_for_reading(path: Path, kind: Kind, *, whole: bool = False, may_be_older: bool = False) -> Connection:
    """A connection that changes nothing; ``whole`` looks through the file for damage first.

    Raises:
        Problem: there is no such file, it is none of ours, of a newer version or, unless that may be, an older one.
        Damage: it is damaged.
    """
    with explained(path, kind):
        if not path.exists():
            sentence = f"{path}: there is no {kind.name} yet; an agent writes one: netmind agent run"
            raise Problem(sentence, ExitCode.UNMEASURED)
        if not path.is_file():
            raise Problem(f"{path} is no file: the {kind.name} belongs there; move it elsewhere", ExitCode.USAGE)
        connection = _connect_read_only(path, kind)
        try:
            _check(connection, path, kind, whole=whole, may_be_older=may_be_older)
        except BaseException:
            connection.close()
            raise
        return connection


def copy(path: Path, target: Path, kind: Kind) -> None:
    """What a file holds at one moment as a new file, its owner's alone, whoever writes it meanwhile.

    Raises:
        Problem: as ``open_for_reading``, or there is no room for the copy.
    """
    with closing(open_for_reading(path, kind)) as source, explained(target, kind):
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with closing(_connect(target, "rw")) as copied:
            source.backup(copied)


@contextmanager
def transaction(connection: Connection) -> Iterator[None]:
    """All of it or nothing, and on the disk at the end.

    Raises:
        Unwritten: nothing was written, and why.
    """
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("COMMIT")
    except _BUGS:
        raise
    except sqlite3.DatabaseError as error:
        raise Unwritten(_cause(error), is_damaged=_is_damage(error)) from error
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


@contextmanager
def explained(path: Path, kind: Kind) -> Iterator[None]:
    """What goes wrong with the file becomes a sentence that names it and says what to do.

    Raises:
        Problem: it went wrong.
    """
    try:
        yield
    except _BUGS:
        raise
    except sqlite3.DatabaseError as error:
        code = _code(error)
        if code == sqlite3.SQLITE_NOTADB:
            sentence = f"{path} is no {kind.name} of netmind, or damaged; nothing was changed. Move it elsewhere"
            raise Damage(sentence, "it is no database", ExitCode.USAGE) from error
        if _is_damage(error):
            raise damaged(path, str(error), kind) from error
        raise Problem(f"{path}: {_cause(error)}", ExitCode.UNMEASURED) from error
    except UnicodeDecodeError as error:  # SQLite's own message names what is damaged, byte for byte
        raise damaged(path, "a name or a text in it is none", kind) from error
    except OSError as error:
        raise Problem(f"{path}: {(error.strerror or str(error)).lower()}", ExitCode.UNMEASURED) from error


def _connect(path: Path, mode: str) -> Connection:
    where = f"{path.absolute().as_uri()}?mode={mode}"
    connection = sqlite3.connect(where, uri=True, isolation_level=None, check_same_thread=False)
    try:
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS if mode == 'rw' else _READER_BUSY_MS}")
        connection.execute("PRAGMA cache_size = -1024")
    except BaseException:
        connection.close()
        raise
    return connection


def _connect_read_only(path: Path, kind: Kind) -> Connection:
    try:
        return _read_once(_connect(path, "ro"))
    except sqlite3.Error as error:
        if _is_half_written(path):
            return _connect_to_mended(path)
        # A folder that is not ours to write, and no log: nobody writes now, and none is needed. A file that never has
        # one is not read without its locks: this does not keep anybody from it, and its writer may just begin.
        may_be_still = kind.is_logged and _code(error) in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
        if may_be_still and os.access(path, os.R_OK) and not path.with_name(f"{path.name}-wal").exists():
            return _connect(path, "ro&immutable=1")
        raise


def _read_once(connection: Connection) -> Connection:
    """A connection that was seen to read; what keeps it from that shows here."""
    try:
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def _is_half_written(path: Path) -> bool:
    """Whether there is a journal of what was there before: its writer was killed, or writes just now."""
    try:
        return path.with_name(f"{path.name}-journal").stat().st_size > 0
    except OSError:
        return False


def _connect_to_mended(path: Path) -> Connection:
    """A connection that changes nothing, to a file whose writer was killed: what it had not finished is undone first.

    Never past the journal: without it the file is half of what was there before and half of what was to be.
    """
    try:
        _read_once(_connect(path, "rw")).close()
    except sqlite3.Error as error:
        if _code(error) not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
            raise
        sentence = f"{path}: its writer was killed, and this user may not undo what it had not finished"
        raise Problem(f"{sentence}: the agent does when it starts: netmind agent run", ExitCode.UNMEASURED) from error
    return _connect(path, "ro")


def _check(connection: Connection, path: Path, kind: Kind, *, whole: bool, may_be_older: bool) -> None:
    # Asked of SQLite and never read from the file: closing a file of one's own gives up SQLite's locks on it.
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if application != kind.application:
        raise Problem(f"{path} is no {kind.name} of netmind; nothing was changed. Move it elsewhere", ExitCode.USAGE)
    if version > kind.version:
        sentence = f"{path} is of version {version} and this program knows {kind.version}: update netmind"
        raise Problem(sentence, ExitCode.USAGE)
    if version < kind.version and not may_be_older:
        sentence = f"{path} is of version {version}: the agent brings it to {kind.version} when it starts"
        raise Problem(f"{sentence}: netmind agent run", ExitCode.UNMEASURED)
    found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0] if whole else "ok"
    if found != "ok":
        raise damaged(path, " ".join(found.split())[:200], kind)


def _is_there(path: Path, kind: Kind) -> bool:
    with explained(path, kind):
        return path.exists()


@contextmanager
def _made(path: Path, kind: Kind) -> Iterator[Connection]:
    """A new file beside a path, to be filled; none is left if that fails."""
    with explained(path, kind):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = beside(path)
        _remove(new)
        try:
            os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            with closing(_connect(new, "rw")) as connection:
                yield connection
        except BaseException:
            _remove(new)
            raise


def beside(path: Path) -> Path:
    """Where a file that is to take another one's place is made."""
    return path.with_name(f"{path.name}.new")


def _remove(path: Path) -> None:
    for part in ("", "-wal", "-shm", "-journal"):
        path.with_name(f"{path.name}{part}").unlink(missing_ok=True)


def put_there(new: Path, path: Path) -> None:
    """A file takes its place, for good; the log and the journal of one that was there before it are none of its."""
    for part in ("-wal", "-shm", "-journal"):
        path.with_name(f"{path.name}{part}").unlink(missing_ok=True)
    new.rename(path)
    settle(path.parent)


def settle(folder: Path) -> None:
    """See that the names in a folder are on the disk."""
    if os.name == "nt":  # no folder can be opened there, and names are on the disk with their files
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def damaged(path: Path, detail: str, kind: Kind | None = None) -> Damage:
    """What a file is that cannot be understood, with what to do about one of its kind."""
    remedy = _REMEDY if kind is None else kind.remedy
    return Damage(f"{path} is damaged ({detail}); nothing was changed. {remedy}", detail)


def _is_damage(error: sqlite3.Error) -> bool:
    """Whether the file itself is bad; an error without a code of SQLite's is about text that is none."""
    return _code(error) in (0, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _cause(error: sqlite3.Error) -> str:
    return {
        sqlite3.SQLITE_FULL: "the disk is full",
        sqlite3.SQLITE_READONLY: "it or its file system is read-only",
        sqlite3.SQLITE_IOERR: "the disk takes no more, or fails",
        sqlite3.SQLITE_CANTOPEN: "it cannot be opened: this user may not, or the disk is full",
        sqlite3.SQLITE_PERM: "this user may not open it",
        sqlite3.SQLITE_BUSY: "another process holds it",
        sqlite3.SQLITE_LOCKED: "another process holds it",
    }.get(_code(error), str(error))
