"""The journal's file as SQLite holds it: the one door to sqlite3, and what it says in sentences.

One process writes, any other opens the file read-only. With one writer the fault of SQLite before 3.51.3 that needs two
(a restarted write-ahead log read as the old one) cannot come about. The file belongs on a local disk.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.node.journal.table import APPLICATION, CREATE, VERSION

Connection = sqlite3.Connection

# Of a writer: what is kept waiting longer is kept in memory, and tried again.
_BUSY_MS = 200
_READER_BUSY_MS = 2000
# Faults of this program: they are never taken for a disk that is full.
_BUGS = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError, sqlite3.NotSupportedError)


class Unwritten(Exception):  # noqa: N818 - it is what happened, and is lived with
    """The file took nothing of it; the cause is a clause for a sentence."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


def make(path: Path) -> None:
    """Make an empty journal where there is none, its owner's alone; whole or not at all.

    Raises:
        Problem: there is no room for it, or no right.
    """
    with explained(path):
        if path.exists():
            return
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = path.with_name(f"{path.name}.new")
        new.unlink(missing_ok=True)
        os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with closing(_connect(new, "rw")) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("BEGIN")
            for statement in CREATE:
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
            connection.execute("COMMIT")
        new.rename(path)


def open_for_writing(path: Path) -> Connection:
    """A connection whose every commit is on the disk when it returns.

    Raises:
        Problem: the file cannot be opened.
    """
    with explained(path):
        connection = _connect(path, "rw")
        connection.execute("PRAGMA synchronous = FULL")
        # The log is written over from its beginning, and cut back to this once it has grown beyond.
        connection.execute("PRAGMA journal_size_limit = 4194304")
        return connection


def open_for_reading(path: Path, *, whole: bool = False) -> Connection:
    """A connection that changes nothing; ``whole`` looks through the file for damage first.

    Raises:
        Problem: there is no such file, it is none of ours, of a newer version, or damaged.
    """
    with explained(path):
        if not path.exists():
            sentence = f"{path}: there is no journal yet; an agent writes one: netmind agent run"
            raise Problem(sentence, ExitCode.UNMEASURED)
        if not path.is_file():
            raise Problem(f"{path} is no file: the journal belongs there; move it elsewhere", ExitCode.USAGE)
        connection = _connect_read_only(path)
        try:
            _check(connection, path, whole=whole)
        except BaseException:
            connection.close()
            raise
        return connection


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
        raise Unwritten(_cause(error)) from error
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


@contextmanager
def explained(path: Path) -> Iterator[None]:
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
            sentence = f"{path} is no journal of netmind, or damaged; nothing was changed. Move it elsewhere"
            raise Problem(sentence, ExitCode.USAGE) from error
        if code == sqlite3.SQLITE_CORRUPT:
            raise _damaged(path, str(error)) from error
        raise Problem(f"{path}: {_cause(error)}", ExitCode.UNMEASURED) from error
    except OSError as error:
        raise Problem(f"{path}: {(error.strerror or str(error)).lower()}", ExitCode.UNMEASURED) from error


def _connect(path: Path, mode: str) -> Connection:
    where = f"{path.absolute().as_uri()}?mode={mode}"
    connection = sqlite3.connect(where, uri=True, isolation_level=None, check_same_thread=False)
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS if mode == 'rw' else _READER_BUSY_MS}")
    connection.execute("PRAGMA cache_size = -1024")
    return connection


def _connect_read_only(path: Path) -> Connection:
    connection = _connect(path, "ro")
    try:
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.Error as error:
        connection.close()
        # A folder that is not ours to write, and no log: nobody writes now, and none is needed.
        may_be_still = _code(error) in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
        if may_be_still and os.access(path, os.R_OK) and not path.with_name(f"{path.name}-wal").exists():
            return _connect(path, "ro&immutable=1")
        raise
    return connection


def _check(connection: Connection, path: Path, *, whole: bool) -> None:
    # Asked of SQLite and never read from the file: closing a file of one's own gives up SQLite's locks on it.
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if application != APPLICATION:
        raise Problem(f"{path} is no journal of netmind; nothing was changed. Move it elsewhere", ExitCode.USAGE)
    if version > VERSION:
        sentence = f"{path} is of version {version} and this program knows {VERSION}: update netmind"
        raise Problem(sentence, ExitCode.USAGE)
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0] if whole else "ok"
    if found != "ok":
        raise _damaged(path, " ".join(found.split())[:200])


def _damaged(path: Path, detail: str) -> Problem:
    sentence = f"{path} is damaged ({detail}); nothing was changed. Move it elsewhere, and the agent begins a new one"
    return Problem(sentence, ExitCode.UNMEASURED)


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
