"""The ledger in backups: whole and of one moment, while it is written, and never two nodes' in one place."""

import threading
from contextlib import closing

import pytest

from netmind_tui.ledger.store import open_ledger
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem


def test_the_books_go_along_and_go_on(first, second, tmp_path):
    first.book("a-1", "a-2")
    first.back_up(tmp_path / "node.backup")
    second.restore(tmp_path / "node.backup")
    assert second.booked == ["a-1", "a-2"]
    second.book("b-1")
    assert second.booked == ["a-1", "a-2", "b-1"]


def test_a_backup_made_while_the_books_are_written_is_of_one_moment(first, second, tmp_path):
    done, begun = threading.Event(), threading.Event()
    acknowledged = []

    def write():
        while not done.is_set():
            first.book(*(f"a-{len(acknowledged)}-{number}" for number in range(5)))
            acknowledged.append(True)
            begun.set()

    writer = threading.Thread(target=write)
    writer.start()
    begun.wait()
    least = len(acknowledged)
    try:
        first.back_up(tmp_path / "a")
    finally:
        done.set()
        writer.join()
    second.restore(tmp_path / "a")
    assert len(second.booked) >= 5 * least
    assert len(second.booked) % 5 == 0


def test_books_that_would_be_lost_are_only_moved_aside_by_force(first, second, tmp_path):
    first.book("a-1")
    first.back_up(tmp_path / "a")
    second.book("b-1")
    with closing(open_ledger(second.layout.files["ledger/ledger.db"])) as ledger:
        ledger.keep(second.now)
    with pytest.raises(Problem, match=r"ledger\.db.*--force moves it aside") as caught:
        second.restore(tmp_path / "a")
    assert (caught.value.code, second.booked) == (ExitCode.USAGE, ["b-1"])
    second.restore(tmp_path / "a", force=True)
    assert second.booked == ["a-1"]
    aside = {path.name for path in (second.folder / "state/ledger").glob("before-restore-*/**/*")}
    assert {"ledger.db", "backups"} <= aside
    assert not (second.folder / "state/ledger/backups").exists()  # copies of other books are none of these


def test_a_backup_without_books_leaves_no_others_in_their_place(first, second, backup):
    second.book("b-1")
    second.restore(backup, force=True)
    assert not second.layout.files["ledger/ledger.db"].exists()


def test_damaged_books_in_a_backup_are_refused_and_change_nothing(first, second, tmp_path):
    first.book(*(f"a-{number}" for number in range(50)))
    path = first.layout.files["ledger/ledger.db"]
    data = bytearray(path.read_bytes())
    data[len(data) // 2 :] = bytes(len(data) - len(data) // 2)
    path.write_bytes(data)
    with pytest.raises(Problem, match="damaged"):
        taken_along(first, second, tmp_path / "a")
    assert not second.layout.files["ledger/ledger.db"].exists()


def taken_along(first, second, path):
    """From the one to the other, whichever of both notices what."""
    first.back_up(path)
    second.restore(path)
