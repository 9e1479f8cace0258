"""Whatever lies in the journal's place, an agent begins."""

import sqlite3
from contextlib import closing

import pytest

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.node.journal import opening
from netmind_tui.node.journal.store import Journal


def nothing(_event):
    return None


def folder(path):
    path.mkdir(parents=True)


def garbage(path):
    path.parent.mkdir()
    path.write_bytes(b"x" * 4096)


def truncated(path):
    Journal.open(path).close()
    path.write_bytes(path.read_bytes()[:9000])


def newer(path):
    Journal.open(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")


@pytest.mark.parametrize("damage", [folder, garbage, truncated, newer])
def test_a_damaged_journal_is_moved_aside_and_a_new_one_begins(path, made, damage):
    damage(path)
    with opening.opened(path, nothing) as there:
        assert there.journal.append([made.event()]) == (1,)
        assert "could not be read and is kept as journal.damaged-" in there.told
        assert there.journal.degraded is None
    assert len(list(path.parent.glob("journal.damaged-*.db"))) == 1


def test_one_in_order_is_opened_as_it_is(path, made):
    for number in (1, 2):
        with opening.opened(path, nothing) as there:
            assert (there.journal.append([made.event()]), there.told) == ((number,), None)


def test_without_room_for_a_new_one_it_is_kept_in_memory_and_said(path, made, monkeypatch):
    begin = Journal.open

    def full(at, **options):
        if at == path:
            raise Problem(f"{at}: the disk is full", ExitCode.UNMEASURED)
        return begin(at, **options)

    monkeypatch.setattr(Journal, "open", full)
    with opening.opened(path, nothing) as there:
        there.journal.append([made.event()])
        assert "the disk is full" in there.journal.degraded
        assert len(there.journal.events()) == 1
        elsewhere = there.journal.path
    assert not elsewhere.exists()
    assert not path.exists()


def test_a_clean_end_leaves_one_file(path, made):
    with opening.opened(path, nothing) as there:
        there.journal.append([made.event()])
    assert [each.name for each in path.parent.iterdir()] == ["journal.db"]


def test_another_process_that_holds_the_file_is_not_waited_for(path, made):
    with opening.opened(path, nothing) as there, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert there.journal._writer.execute("PRAGMA busy_timeout").fetchone()[0] <= 200
        there.journal.append([made.event()])
        assert "another process holds it" in there.journal.degraded
        other.execute("ROLLBACK")
        assert there.journal.flush()
        assert there.journal.degraded is None
