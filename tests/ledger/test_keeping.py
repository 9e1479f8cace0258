"""The daily copies of the ledger, and the way back to one."""

import shutil
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest

from netmind_tui.ledger.fault import Damaged
from netmind_tui.ledger.keeping import KEPT, backups, last_good, restore, was_set_aside
from netmind_tui.ledger.store import open_ledger
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

NOW = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
DAY = timedelta(days=1)


def names(path):
    """The files among the copies."""
    return sorted(each.name for each in (path.parent / "backups").iterdir())


@pytest.fixture
def kept(books):
    """A ledger with a copy of each of three days, an entry a day."""
    for number in range(3):
        books.work(books_at(number))
        books.ledger.keep(NOW + DAY * number)
    return books


def books_at(number):
    """When the work of a day was."""
    return NOW + DAY * number


def harm(path):
    """Overwrite what is in the middle of a file."""
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 8192)


def test_a_day_has_one_copy_and_a_new_one_none_before_it_is_asked_for(books):
    assert backups(books.path) == ()
    books.work()
    made = books.ledger.keep(NOW)
    assert made == books.path.parent / "backups" / "ledger-2026-03-02.db"
    assert made.stat().st_mode & 0o077 == 0
    books.work(NOW)
    assert books.ledger.keep(NOW + timedelta(minutes=20)) is None
    assert [each.entries for each in backups(books.path)] == [1]


def test_days_are_of_utc(books):
    books.ledger.keep(NOW.astimezone().replace(tzinfo=None).astimezone())
    assert [each.day for each in backups(books.path)] == [date(2026, 3, 2)]


def test_the_copies_of_the_newest_days_stay(books):
    for number in range(KEPT + 3):
        books.work(books_at(number))
        books.ledger.keep(NOW + DAY * number)
    found = backups(books.path)
    assert [each.entries for each in found] == list(range(KEPT + 3, 3, -1))
    assert [each.flaw for each in found] == [None] * KEPT
    assert len(names(books.path)) == KEPT


def test_copies_that_a_kill_kept_from_going_go_with_the_next_look(books):
    books.work()
    made = books.ledger.keep(NOW)
    for number in range(1, KEPT + 3):
        shutil.copy(made, made.with_name(f"ledger-2026-02-{number:02}.db"))
    assert books.ledger.keep(NOW) is None
    assert len(names(books.path)) == KEPT
    assert made.exists()


def test_copies_of_another_ledger_that_was_there_before_neither_go_nor_crowd_out_its_own(books, booked):
    for number in range(KEPT):
        books.work(books_at(number))
        books.work(books_at(number))
        books.ledger.keep(NOW + DAY * number)
    before = names(books.path)
    books.ledger.close()
    books.path.unlink()
    with closing(open_ledger(books.path)) as ledger:
        for number in range(KEPT + 2):
            at = NOW + DAY * (50 + number)
            booked.Books(books.path, ledger, count(number)).work(at)
            assert ledger.keep(at).exists()
            assert ledger.keep(at) is None
    assert set(before) < set(names(books.path))
    assert len(names(books.path)) == 2 * KEPT


def test_a_clock_that_was_wrong_for_a_day_takes_no_copy_away(kept):
    kept.ledger.keep(datetime(2099, 1, 1, tzinfo=UTC))
    kept.work(books_at(4))
    kept.ledger.keep(NOW + DAY * 4)
    assert last_good(kept.path).day == date(2026, 3, 6)


def test_a_damaged_copy_is_of_no_use_and_said_to_be(kept):
    newest = backups(kept.path)[0].path
    harm(newest)
    assert last_good(kept.path).entries == 2
    assert f"{newest} is damaged" in backups(kept.path)[-1].flaw


def test_what_is_no_ledger_among_the_copies_is_of_no_use(kept):
    (kept.path.parent / "backups" / "ledger-2026-12-24.db").write_text("a letter")
    assert last_good(kept.path).entries == 3


def test_a_damaged_ledger_takes_no_good_copys_place(kept):
    before = names(kept.path)
    kept.ledger._connection.execute("UPDATE tally SET low = low + 1 WHERE account = 'claims:open'")
    with pytest.raises(Damaged, match="do not come to nothing"):
        kept.ledger.keep(NOW + DAY * 9)
    assert names(kept.path) == before
    assert not kept.path.exists()


def test_without_room_there_is_no_copy_and_none_in_part(kept, small_files):
    before = names(kept.path)
    with small_files(20_000), pytest.raises(Problem, match="backups") as told:
        kept.ledger.keep(NOW + DAY * 9)
    assert told.value.code is ExitCode.UNMEASURED
    assert names(kept.path) == before
    assert kept.ledger.keep(NOW + DAY * 9) is not None


def test_what_a_kill_left_of_a_copy_goes_with_the_next_one(books):
    folder = books.path.parent / "backups"
    folder.mkdir()
    (folder / "ledger.db.new").write_text("half of it")
    (folder / "ledger.db.new-journal").write_text("half of it")
    books.ledger.keep(NOW)
    assert names(books.path) == ["ledger-2026-03-02.db"]


def test_the_last_good_copy_takes_a_damaged_ledgers_place(kept, booked):
    kept.ledger.append([], NOW, ("meter", 3))
    kept.work(books_at(3))
    kept.ledger.close()
    harm(kept.path)
    with pytest.raises(Damaged):
        open_ledger(kept.path)
    aside = was_set_aside(kept.path)
    done = restore(kept.path)
    assert (done.backup.entries, done.aside) == (3, None)
    assert aside.exists()
    assert was_set_aside(kept.path) is None
    with closing(open_ledger(kept.path)) as ledger:
        # What was booked after the copy is booked again from where that had come to.
        assert ledger.reached("meter") == 0
        assert ledger.story("w-4") is None
        assert booked.Books(kept.path, ledger, count(4)).work(books_at(3)).number == 4


def test_a_chosen_copy_takes_a_good_ledgers_place_which_is_kept(kept):
    kept.ledger.close()
    before = kept.path.read_bytes()
    done = restore(kept.path, kept.path.parent / "backups" / "ledger-2026-03-02.db")
    assert done.backup.entries == 1
    assert done.aside.name.startswith("ledger.replaced-")
    assert done.aside.read_bytes() == before
    with closing(open_ledger(kept.path)) as ledger:
        assert ledger.story("w-1") is not None
        assert ledger.story("w-2") is None


def test_no_journal_of_the_old_ledger_is_rolled_back_into_the_restored_one(kept):
    kept.ledger.close()
    kept.path.unlink()
    journal = kept.path.with_name("ledger.db-journal")
    journal.write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + b"\xff" * 4096)
    restore(kept.path)
    assert not journal.exists() or journal.stat().st_size == 0
    open_ledger(kept.path).close()


def test_a_restore_that_was_killed_half_way_is_done_again_and_no_empty_ledger_begun(kept, monkeypatch):
    kept.ledger.close()
    with monkeypatch.context() as patch:
        patch.setattr("netmind_tui.ledger.keeping.put_there", _killed)
        with pytest.raises(KeyboardInterrupt):
            restore(kept.path)
    with pytest.raises(Damaged, match=r"is kept as ledger.replaced-.*, and nothing is in its place: .* restore"):
        open_ledger(kept.path)
    assert restore(kept.path).backup.entries == 3
    with closing(open_ledger(kept.path)) as ledger:
        assert ledger.story("w-3") is not None


def _killed(*_):
    raise KeyboardInterrupt


def test_nothing_is_restored_while_the_ledger_is_written(kept):
    with pytest.raises(Problem, match="another process writes it"):
        restore(kept.path)


def test_nothing_is_restored_from_nothing_or_from_a_damaged_copy(kept, tmp_path):
    kept.ledger.close()
    before = kept.path.read_bytes()
    for chosen, words in ((tmp_path / "none.db", "there is no ledger yet"), (backups(kept.path)[0].path, "is damaged")):
        if chosen.exists():
            harm(chosen)
        with pytest.raises(Problem, match=f"nothing was restored: .*{words}") as told:
            restore(kept.path, chosen)
        assert told.value.code is ExitCode.UNMEASURED
    for each in backups(kept.path):
        each.path.unlink()
    with pytest.raises(Problem, match="there is no good backup of the ledger"):
        restore(kept.path)
    assert kept.path.read_bytes() == before


def test_without_room_nothing_is_restored(kept, small_files):
    kept.ledger.close()
    before = kept.path.read_bytes()
    with small_files(20_000), pytest.raises(Problem, match="disk"):
        restore(kept.path)
    assert kept.path.read_bytes() == before
    assert list(kept.path.parent.glob("*.new*")) == []
