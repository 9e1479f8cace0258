"""The ledger as its one writer has it: booked once, whole or not at all, and never trusted when it is damaged."""

import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from netmind_tui.ledger import store
from netmind_tui.ledger.chain import GENESIS, hash_of
from netmind_tui.ledger.fault import Damaged, Refused
from netmind_tui.ledger.keeping import restore
from netmind_tui.ledger.pen import OVERLAPS
from netmind_tui.ledger.reader import Chosen, Reader
from netmind_tui.ledger.store import open_ledger
from netmind_tui.ledger.table import LEDGER
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.ledger import Account, Draft, EntryKind
from netmind_tui.model.problem import Problem

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def draft(booked, name, *, at=None, moves=(), **parts):
    """A metered quarter of an hour."""
    at = at or booked.START
    known = {
        "kind": EntryKind.METERED,
        "until": at + booked.QUARTER,
        "subject": booked.subject(),
        "usage": booked.usage(),
    }
    return Draft(id=name, at=at, moves=moves, **{**known, **parts})


def entries(path):
    """All that stands there."""
    with closing(Reader(path)) as reader:
        return [each.entry for each in reader.entries(Chosen())]


def rows(path, query):
    """What the file itself says."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def change(path, *statements):
    """Do to the file what nobody may."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        for statement in statements:
            connection.execute(statement)


# Booking


def test_what_is_booked_reads_back_word_for_word(books, booked):
    moves = (booked.claim("0.000000000000000001", booked.NMT), booked.energy("-0.02"))
    made = draft(booked, "w-1", moves=moves, note={"rate": "0.20 EUR/h", "card": "manual 1"})
    (entry,) = books.put(made, now=NOW)
    assert entries(books.path) == [entry]
    assert (entry.number, entry.previous, entry.made) == (1, GENESIS, NOW)
    assert hash_of(entry) == entry.hash
    assert [(each.account, each.minor) for each in entry.postings] == [
        (Account.CLAIM_OPEN, 1),
        (Account.CLAIM_METERED, -1),
        (Account.ENERGY_MARGINAL, -2),
        (Account.ENERGY_OWED, 2),
    ]


def test_an_entry_of_nothing_is_one_too(books, booked):
    (entry,) = books.put(draft(booked, "ready", usage=None, note={"unrated": "unlisted"}))
    assert entries(books.path) == [entry]


def test_each_entry_is_chained_to_the_one_before_it(books, booked):
    first, second = books.put(draft(booked, "a"), draft(booked, "b", at=booked.START + booked.QUARTER))
    assert second.previous == first.hash
    assert second.hash != first.hash


def test_ten_seconds_at_twenty_cents_an_hour_lose_nothing_in_the_end(books, booked):
    step, exact = timedelta(seconds=10), Fraction(20, 100) * 10 / 3600
    for hour in range(3):
        drafts = (
            draft(booked, f"{hour}-{n}", at=booked.START + step * (360 * hour + n), moves=(booked.claim(exact),))
            for n in range(360)
        )
        books.put(*drafts)
    minor = "SELECT low, count(*) FROM posting WHERE account = 'claims:open' GROUP BY low ORDER BY low"
    assert rows(books.path, minor) == [(0, 1020), (1, 60)]


def test_what_is_left_of_one_device_is_not_given_to_another(books, booked):
    half = (booked.claim("0.005"),)
    one, other = booked.subject("gpu:0"), booked.subject("gpu:1")
    made = books.put(draft(booked, "a", moves=half, subject=one), draft(booked, "b", moves=half, subject=other))
    assert [each.postings[0].minor for each in made] == [0, 0]
    (again,) = books.put(draft(booked, "c", at=booked.START + booked.QUARTER, moves=half, subject=one))
    assert again.postings[0].minor == 1


def test_what_is_left_outlives_the_writer(books, booked):
    books.put(draft(booked, "a", moves=(booked.claim("0.005"),)))
    books.ledger.close()
    with closing(open_ledger(books.path)) as ledger:
        again = draft(booked, "b", at=booked.START + booked.QUARTER, moves=(booked.claim("0.005"),))
        assert ledger.append([again], NOW)[0].postings[0].minor == 1


def test_how_far_a_source_is_booked_is_written_with_what_came_of_it(books, booked):
    assert books.ledger.reached("meter") == 0
    books.ledger.append([draft(booked, "a")], NOW, ("meter", 17))
    assert books.ledger.reached("meter") == 17
    with pytest.raises(Refused):
        books.ledger.append([draft(booked, "b"), draft(booked, "a", note={"x": "y"})], NOW, ("meter", 18))
    assert books.ledger.reached("meter") == 17


def test_several_threads_book_all_they_have_to(books, booked):
    def work(part):
        for number in range(10):
            at = booked.START + booked.QUARTER * number
            books.put(draft(booked, f"{part}-{number}", at=at, subject=booked.subject(f"gpu:{part}")))

    threads = [threading.Thread(target=work, args=(part,)) for part in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    stands = entries(books.path)
    assert len(stands) == 40
    assert all(after.previous == before.hash for before, after in pairwise(stands))


# Once


def test_a_retry_books_nothing_and_answers_what_stands(books, booked):
    made = draft(booked, "w-1", moves=(booked.claim("0.005"),), note={"card": "manual 1"})
    first = books.put(made)
    assert books.put(made, now=NOW) == first
    assert books.put(replace(made, at=made.at.astimezone(), note=dict(made.note))) == first
    assert len(entries(books.path)) == 1
    assert rows(books.path, "SELECT rest FROM carried") == [("1/2",)]


@pytest.mark.parametrize(
    "other",
    [
        {"note": {"card": "manual 2"}},
        {"usage": None},
        {"moves": ()},
        {"until": datetime(2026, 3, 1, 0, 14, tzinfo=UTC)},
    ],
)
def test_another_word_under_the_same_id_is_refused(books, booked, other):
    made = draft(booked, "w-1", moves=(booked.claim("0.005"),), note={"card": "manual 1"})
    books.put(made)
    with pytest.raises(
        Refused, match="entry w-1: an entry with this id stands in the ledger and says otherwise"
    ) as told:
        books.put(replace(made, **other))
    assert (told.value.id, told.value.code) == ("w-1", ExitCode.USAGE)
    assert len(entries(books.path)) == 1


def test_of_a_batch_with_one_bad_draft_nothing_is_booked_or_remembered(books, booked):
    third = (booked.claim(Fraction(1, 300)),)
    bad = draft(booked, "bad", until=booked.START - booked.QUARTER)
    with pytest.raises(Refused, match="was the clock set back"):
        books.put(draft(booked, "a", moves=third), bad)
    assert entries(books.path) == []
    (entry,) = books.put(draft(booked, "a", moves=third))
    assert entry.number == 1
    assert rows(books.path, "SELECT rest FROM carried") == [("1/3",)]


def test_the_same_time_of_a_device_twice_is_booked_and_noted(books, booked):
    at = booked.START
    books.put(draft(booked, "a", at=at), draft(booked, "other", at=at, subject=booked.subject("gpu:1")))
    twice = draft(booked, "b", at=at + booked.QUARTER / 2)
    (entry,) = books.put(twice)
    assert entry.note == {OVERLAPS: "a"}
    assert books.put(twice) == (entry,)
    renamed = booked.subject("gpu:7", uuid=booked.subject().uuid)
    (elsewhere,) = books.put(draft(booked, "the card by another name", at=at, subject=renamed))
    assert elsewhere.note == {OVERLAPS: "a"}
    third = booked.QUARTER / 3
    (before,) = books.put(draft(booked, "c", at=at - third, until=at))
    (after,) = books.put(draft(booked, "d", at=twice.until, until=twice.until + third))
    (next_one,) = books.put(draft(booked, "e", at=after.until, until=after.until + third))
    assert not any(OVERLAPS in each.note for each in (before, after, next_one))


# What may not be


def test_an_asset_keeps_its_decimals_for_ever(books, booked):
    books.put(draft(booked, "a", moves=(booked.claim("0.05"),)))
    other = replace(booked.EUR, exponent=3)
    with pytest.raises(Refused, match="EUR has 3 decimals as fiat here, and 2 as fiat in this ledger"):
        books.put(draft(booked, "b", moves=(booked.claim("0.05", other),)))


def test_no_sum_grows_beyond_what_can_be_kept(books, booked):
    most = (booked.claim(Fraction(999_999_999), booked.NMT),)
    books.put(*(draft(booked, f"{number}", moves=most) for number in range(4)))
    with pytest.raises(Refused, match="no sum of an hour in claims:open can be as large in NMT"):
        books.put(draft(booked, "4", moves=most))
    books.put(draft(booked, "4", at=booked.START + timedelta(hours=1), moves=most))
    assert len(entries(books.path)) == 5


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entry SET made_ms = 0",
        "UPDATE posting SET low = 1",
        "DELETE FROM entry",
        "DELETE FROM posting",
        "INSERT INTO posting SELECT entry, 9, account, asset, high, low, exact FROM posting WHERE line = 0",
        (
            "INSERT INTO entry SELECT number + 2, 'x', kind, at_ms, until_ms, made_ms, subject, about, note, activity,"
            " duration_ms, energy_ms, energy_mj, idle_mj, host_mj, uncertain_mj, method, hash, hash FROM entry"
        ),
    ],
)
def test_the_file_itself_refuses_to_change_what_stands(books, booked, statement):
    books.put(draft(booked, "a", moves=(booked.claim("0.05"),)))
    with pytest.raises(sqlite3.IntegrityError):
        change(books.path, statement)


# Who writes


def test_a_second_writer_is_refused_and_the_first_is_named(books):
    with pytest.raises(Problem, match=r"another process writes it: pid \d+ ") as told:
        open_ledger(books.path)
    assert told.value.code is ExitCode.UNMEASURED


def test_what_is_closed_writes_no_more(books, booked):
    books.ledger.close()
    books.ledger.close()
    with pytest.raises(RuntimeError, match="was closed"):
        books.put(draft(booked, "a"))
    open_ledger(books.path).close()


def test_a_file_that_another_process_holds_is_said_to_be_and_written_later(tmp_path, booked, monkeypatch):
    monkeypatch.setattr(store, "LEDGER", replace(LEDGER, settings=(*LEDGER.settings, "busy_timeout = 1")))
    path = tmp_path / "ledger.db"
    with closing(open_ledger(path)) as ledger:
        with closing(sqlite3.connect(path, isolation_level=None)) as holder:
            holder.execute("BEGIN")
            holder.execute("SELECT * FROM sqlite_master").fetchone()
            with pytest.raises(Problem, match="another process holds it; nothing was booked"):
                ledger.append([draft(booked, "a")], NOW)
        assert ledger.append([draft(booked, "a")], NOW)[0].number == 1


def test_who_does_not_ask_for_the_lock_cannot_write_either(books):
    with (
        closing(sqlite3.connect(books.path, isolation_level=None, timeout=0)) as other,
        pytest.raises(sqlite3.OperationalError, match="locked"),
    ):
        other.execute("UPDATE tally SET low = 0")


def test_where_no_folder_can_be_made_a_sentence_says_so(tmp_path):
    (tmp_path / "state").write_text("")
    with pytest.raises(Problem, match="not a directory") as told:
        open_ledger(tmp_path / "state" / "ledger" / "ledger.db")
    assert told.value.code is ExitCode.UNMEASURED


def test_a_full_disk_books_nothing_and_is_tried_again(books, booked, small_files):
    books.put(*(draft(booked, f"{number}", at=booked.START + booked.QUARTER * number) for number in range(50)))
    before = entries(books.path)
    more = [draft(booked, f"more-{n}", at=booked.START - booked.QUARTER * (n + 1)) for n in range(200)]
    with small_files(books.path.stat().st_size), pytest.raises(Problem, match="nothing was booked") as told:
        books.ledger.append(more, NOW, ("meter", 1))
    assert told.value.code is ExitCode.UNMEASURED
    assert entries(books.path) == before
    assert books.ledger.reached("meter") == 0
    assert len(books.ledger.append(more, NOW, ("meter", 1))) == 200


def test_a_disk_that_is_full_from_the_start_leaves_nothing_behind(tmp_path, small_files):
    path = tmp_path / "ledger" / "ledger.db"
    with small_files(8192), pytest.raises(Problem, match=r"ledger\.db: the disk"):
        open_ledger(path)
    assert {each.suffix for each in path.parent.iterdir()} == {".lock"}
    open_ledger(path).close()


def test_a_ledger_that_is_taken_away_while_it_is_open_is_written_again(books, booked):
    books.put(draft(booked, "a"))
    books.path.unlink()
    books.put(draft(booked, "b", at=booked.START + booked.QUARTER))
    assert [each.id for each in entries(books.path)] == ["a", "b"]


def test_a_journal_that_is_taken_away_while_it_is_open_is_there_again_for_the_next_booking(books, booked):
    journal = books.path.with_name("ledger.db-journal")
    for number in range(2):
        books.put(draft(booked, f"{number}", at=booked.START + booked.QUARTER * number))
        journal.unlink()
    books.put(draft(booked, "2", at=booked.START + booked.QUARTER * 2))
    assert journal.exists()
    assert [each.id for each in entries(books.path)] == ["0", "1", "2"]


def test_another_ledger_in_its_place_is_gone_on_with(books, booked, tmp_path):
    other = tmp_path / "other" / "ledger.db"
    with closing(open_ledger(other)) as ledger:
        ledger.append([draft(booked, "restored")], NOW)
    books.put(draft(booked, "a"))
    other.replace(books.path)
    assert books.put(draft(booked, "b", at=booked.START + booked.QUARTER))[0].number == 2
    assert [each.id for each in entries(books.path)] == ["restored", "b"]


# What is none, and what is damaged


def test_a_newer_ledger_is_refused_and_not_touched(books):
    books.ledger.close()
    change(books.path, "PRAGMA user_version = 99")
    before = books.path.read_bytes()
    with pytest.raises(Problem, match="is of version 99 and this program knows 1: update netmind") as told:
        open_ledger(books.path)
    assert (told.value.code, books.path.read_bytes()) == (ExitCode.USAGE, before)


def test_a_database_of_somebody_else_is_refused_and_not_touched(tmp_path):
    path = tmp_path / "ledger.db"
    change(path, "PRAGMA journal_mode = WAL", "CREATE TABLE mine (x)")
    before = path.read_bytes()
    with pytest.raises(Problem, match="is no ledger of netmind; nothing was changed") as told:
        open_ledger(path)
    assert (told.value.code, path.read_bytes()) == (ExitCode.USAGE, before)


def test_a_folder_in_its_place_is_refused(tmp_path):
    (tmp_path / "ledger.db").mkdir()
    with pytest.raises(Problem, match="is no file"):
        open_ledger(tmp_path / "ledger.db")


def _zeroed_page(path: Path):
    with path.open("r+b") as file:
        file.seek(2 * 4096)
        file.write(b"\xff" * 4096)


def _cut_short(path: Path):
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def _overwritten(path: Path):
    with path.open("r+b") as file:
        file.write(b"no database any more")


def _emptied(path: Path):
    path.write_bytes(b"")


def _changed_note(path: Path):
    change(path, "DROP TRIGGER entry_fixed", "UPDATE entry SET note = '{}' WHERE number = 2")


def _unbalanced(path: Path):
    change(path, "DROP TRIGGER posting_fixed", "UPDATE posting SET low = low + 1 WHERE entry = 2 AND line = 0")


def _other_sum(path: Path):
    change(path, "UPDATE tally SET low = low + 1 WHERE account = 'claims:open'")


def _gap(path: Path):
    change(path, "DROP TRIGGER entry_kept", "PRAGMA foreign_keys = OFF", "DELETE FROM entry WHERE number = 2")


def _unknown_word(path: Path):
    change(path, "DROP TRIGGER entry_fixed", "UPDATE entry SET activity = 'slept' WHERE number = 2")


def _spelled_otherwise(path: Path):
    held = path.read_bytes()
    path.write_bytes(held.replace(b"reached (source TEXT", b"reached (source T\xffXT"))


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (_spelled_otherwise, "is damaged"),
        (_zeroed_page, "is damaged"),
        (_cut_short, "is damaged"),
        (_overwritten, "it is no database"),
        (_emptied, "it is empty"),
        (_changed_note, "entry 2 is not what was booked"),
        (_unbalanced, "entry 2 is not what was booked"),
        (_other_sum, "do not come to nothing"),
        (_gap, "entry 3 does not follow on the one before it"),
        (_unknown_word, "entry 2 cannot be read: 'slept'"),
    ],
)
def test_a_damaged_ledger_is_set_aside_untouched_and_the_last_good_backup_offered(books, booked, harm, words):
    for number in range(3):
        at = booked.START + booked.QUARTER * number
        books.put(draft(booked, f"{number}", at=at, moves=(booked.claim("0.05"),), note={"card": "manual 1"}))
    books.ledger.keep(NOW)
    books.ledger.close()
    harm(books.path)
    found = books.path.read_bytes()
    with pytest.raises(Damaged) as told:
        open_ledger(books.path)
    assert words in told.value.sentence
    assert "ledger-2026-03-02.db with 3 entries: netmind ledger restore" in told.value.sentence
    assert told.value.code is ExitCode.UNMEASURED
    assert told.value.aside.read_bytes() == found
    # Nothing is begun in its place, however often it is tried, until somebody decides.
    with pytest.raises(Damaged, match=told.value.aside.name):
        open_ledger(books.path)
    assert not books.path.exists()
    restore(books.path)
    with closing(open_ledger(books.path)) as ledger:
        assert ledger.append([draft(booked, "3", at=booked.START + booked.QUARTER * 3)], NOW)[0].number == 4
    assert told.value.aside.read_bytes() == found


def test_damage_that_shows_while_it_is_open_sets_it_aside_too(books, booked):
    made = draft(booked, "a")
    books.put(made)
    # By its own connection, since no other can: what it reads then is what a disk that fails would give it.
    books.ledger._connection.execute("DROP TRIGGER entry_fixed")
    books.ledger._connection.execute("UPDATE entry SET activity = 'slept'")
    with pytest.raises(Damaged, match=r"entry 1 cannot be read.*there is no good backup"):
        books.put(made)
    assert not books.path.exists()
    with pytest.raises(Damaged):
        books.put(draft(booked, "b"))


def test_no_more_than_less_of_a_minor_unit_is_carried_on(books, booked):
    books.put(draft(booked, "a", moves=(booked.claim(Fraction(1, 3)),)))
    books.ledger.close()
    change(books.path, "UPDATE carried SET rest = '901/3'")
    with (
        closing(open_ledger(books.path)) as ledger,
        pytest.raises(Damaged, match="901/3 minor units are carried of GPU-0, and less than one can be"),
    ):
        ledger.append([draft(booked, "b", moves=(booked.claim(Fraction(1, 3)),))], NOW)


def test_without_a_backup_an_empty_one_is_begun_once_the_damaged_one_is_moved_elsewhere(books, tmp_path):
    books.ledger.close()
    _emptied(books.path)
    with pytest.raises(Damaged, match="there is no good backup: move it elsewhere") as told:
        open_ledger(books.path)
    told.value.aside.rename(tmp_path / "elsewhere.db")
    open_ledger(books.path).close()
    assert entries(books.path) == []
