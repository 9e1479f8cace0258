"""Ledgers of earlier programs are brought here whole, or left as they were; those of later ones are not touched."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from netmind_tui.ledger import migration
from netmind_tui.ledger.fault import Damaged
from netmind_tui.ledger.keeping import look_through
from netmind_tui.ledger.reader import Chosen, Reader
from netmind_tui.ledger.store import open_ledger
from netmind_tui.ledger.table import VERSION
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

OLD = Path(__file__).with_name("old")
NOW = datetime(2026, 3, 2, tzinfo=UTC)
BOOKS = ("asset", "subject", "entry", "posting")
SUMS = ("carried", "tally", "tally_usage")


@pytest.fixture
def old(tmp_path):
    """A way to have the ledger of a version, as it was written then."""

    def made(version):
        path = tmp_path / f"of-{version}" / "ledger.db"
        path.parent.mkdir()
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript((OLD / f"v{version}.sql").read_text())
        return path

    return made


def holds(path, tables):
    """All rows of tables, and the version."""
    with closing(sqlite3.connect(path)) as connection:
        rows = {table: connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3").fetchall() for table in tables}  # noqa: S608
        return connection.execute("PRAGMA user_version").fetchone()[0], rows


def shape(path):
    """The statements that its tables, indices and triggers were made by."""
    with closing(sqlite3.connect(path)) as connection:
        return set(connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))


def test_there_is_a_ledger_of_every_version():
    assert {each.name for each in OLD.iterdir()} == {f"v{version}.sql" for version in range(VERSION + 1)}


@pytest.mark.parametrize("version", range(VERSION + 1))
def test_an_old_ledger_keeps_its_entries_and_gets_the_sums_of_a_new_one(old, tmp_path, version):
    path, today = old(version), old(VERSION) if version < VERSION else None
    _, before = holds(path, BOOKS)
    open_ledger(path).close()
    found, after = holds(path, BOOKS)
    assert (found, after) == (VERSION, before)
    if today is not None:
        assert holds(path, SUMS) == holds(today, SUMS)
    open_ledger(tmp_path / "new.db").close()
    assert shape(path) == shape(tmp_path / "new.db")


@pytest.mark.parametrize("version", range(VERSION + 1))
def test_an_old_ledger_is_gone_on_with(old, booked, version):
    with closing(open_ledger(old(version))) as ledger:
        books = booked.Books(ledger.path, ledger)
        # A third of an NMT is what was carried of this device, and a third more.
        story = ledger.story("w-1")
        assert story.state == "settled"
        assert books.put(booked.life.corrected(story, "later", (booked.claim("0.01"),), reason="late"))[0].number == 10


def test_a_copy_of_it_is_put_by_first(old):
    path = old(0)
    before = holds(path, BOOKS)
    open_ledger(path).close()
    copy = path.parent / "backups" / "ledger-before-version-1.db"
    assert holds(copy, BOOKS) == before
    assert (look_through(copy).entries, look_through(copy).flaw) == (9, None)


def test_a_ledger_of_this_version_is_not_copied(old):
    path = old(VERSION)
    open_ledger(path).close()
    assert not (path.parent / "backups").exists()


def test_a_step_that_fails_half_way_leaves_all_as_it_was(old, monkeypatch):
    path = old(0)
    before, look = holds(path, BOOKS), shape(path)
    step = migration._STEPS[0]

    def fails(connection):
        step(connection)
        raise KeyboardInterrupt

    monkeypatch.setattr(migration, "_STEPS", {0: fails})
    with pytest.raises(KeyboardInterrupt):
        open_ledger(path)
    assert (holds(path, BOOKS), shape(path)) == (before, look)
    monkeypatch.undo()
    open_ledger(path).close()
    assert holds(path, SUMS)[0] == VERSION


def test_without_room_it_stays_what_it_was(old, small_files):
    path = old(0)
    before = path.read_bytes()
    with small_files(len(before)), pytest.raises(Problem, match=r"ledger\.db.*disk") as told:
        open_ledger(path)
    assert told.value.code is ExitCode.UNMEASURED
    assert path.read_bytes() == before
    assert list((path.parent / "backups").glob("*.new*")) == []
    open_ledger(path).close()


def test_an_old_ledger_whose_lines_are_not_what_its_moves_come_to_is_set_aside(old):
    path = old(0)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DROP TRIGGER posting_fixed")
        connection.execute("UPDATE posting SET exact = '1/2' WHERE entry = 2 AND line = 0")
    with pytest.raises(Damaged, match="entry 2 does not book what its moves come to") as told:
        open_ledger(path)
    assert holds(told.value.aside, BOOKS)[0] == 0


def test_who_only_reads_an_old_one_is_told_who_brings_it_here(old):
    path = old(0)
    with pytest.raises(Problem, match="is of version 0: the agent brings it to 1 when it starts") as told:
        Reader(path)
    assert told.value.code is ExitCode.UNMEASURED
    open_ledger(path).close()
    with closing(Reader(path)) as reader:
        assert len(reader.entries(Chosen())) == 9
