"""Files that SQLite holds for us, read while their writer was killed half-way."""

import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from netmind_tui import database
from netmind_tui.database import Kind, make, open_for_reading
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

KIND = Kind(
    name="book",
    application=7,
    version=1,
    create=("CREATE TABLE line (number INTEGER PRIMARY KEY, text TEXT)", "INSERT INTO line VALUES (1, 'before')"),
    is_logged=False,
    settings=("journal_mode = TRUNCATE",),
)
KILLED = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA journal_mode = TRUNCATE")
connection.execute("PRAGMA cache_size = 1")
connection.execute("BEGIN")
connection.execute("UPDATE line SET text = 'half'")
connection.executemany("INSERT INTO line VALUES (?, ?)", ((number, "x" * 3000) for number in range(2, 200)))
os.kill(os.getpid(), signal.SIGKILL)
"""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nothing is killed like that there")


@pytest.fixture
def half(tmp_path):
    """A file whose writer was killed after some of a transaction was in the file already."""
    path = tmp_path / "book.db"
    make(path, KIND)
    subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert path.with_name("book.db-journal").stat().st_size > 0
    return path


def test_what_was_half_done_is_undone_before_anybody_reads(half):
    with closing(open_for_reading(half, KIND, whole=True)) as connection:
        assert connection.execute("SELECT number, text FROM line").fetchall() == [(1, "before")]
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            connection.execute("DELETE FROM line")


def test_who_may_not_undo_it_reads_nothing_rather_than_half(half, monkeypatch):
    connect = database._connect

    def as_somebody_else(path, mode):
        # The way SQLite says that it may not: there is nothing that could be opened for writing.
        return connect(path if mode != "rw" else path.with_name("none"), mode)

    monkeypatch.setattr(database, "_connect", as_somebody_else)
    with pytest.raises(Problem, match="its writer was killed, and this user may not undo") as told:
        open_for_reading(half, KIND)
    assert told.value.code is ExitCode.UNMEASURED


def test_a_file_without_a_log_is_never_read_without_its_locks(tmp_path, monkeypatch):
    """Its writer may begin while it is read, and would be kept from nothing."""
    path = tmp_path / "book.db"
    make(path, KIND)

    def refused(_connection):
        error = sqlite3.OperationalError("attempt to write a readonly database")
        error.sqlite_errorcode = sqlite3.SQLITE_READONLY
        raise error

    # As where a journal had to be undone, and its writer did that just now.
    monkeypatch.setattr(database, "_read_once", refused)
    with pytest.raises(Problem, match="read-only"):
        open_for_reading(path, KIND)
