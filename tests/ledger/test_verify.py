"""Whatever is changed in the books without being booked is found, and the first bad entry is named."""

import shutil
import sqlite3
from contextlib import closing
from fractions import Fraction

import pytest

from netmind_tui.database import Damage
from netmind_tui.ledger.chain import hash_of
from netmind_tui.ledger.reader import Head, Reader
from netmind_tui.ledger.verify import Flaw, verify
from netmind_tui.model.problem import Problem


@pytest.fixture(scope="module")
def template(booked, tmp_path_factory):
    """Eight entries: five pieces of work, of which one was accepted and paid, and one rejected."""
    books = booked.opened(tmp_path_factory.mktemp("books") / "ledger.db")
    moves = (booked.claim("0.0333"), booked.energy("0.0123"), booked.claim(Fraction(1, 3), booked.NMT))
    with closing(books.ledger):
        works = books.put(
            *(
                books.draft(booked.START + n * booked.QUARTER, booked.subject(f"gpu:{n % 2}"), moves, card="manual")
                for n in range(5)
            )
        )
        books.accept(works[1], 7, fee=2)
        books.settle(works[1])
        books.reject(works[2])
    return books.path


@pytest.fixture
def full(template, tmp_path):
    """The path of a copy of these."""
    return shutil.copy(template, tmp_path / "full.db")


def look(path, **options):
    with closing(Reader(path)) as reader:
        return verify(reader, **options)


def forge(path, *statements: str) -> None:
    """Change the file as somebody would who has it, without the guards in it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("PRAGMA ignore_check_constraints = ON")
        for each in statements:
            connection.execute(each)


def chain_anew(path, cut_before: int = 0) -> None:
    """What a forger does next: give every entry the hash that it must have; ``cut_before`` one it does not go on."""
    with closing(Reader(path)) as reader:
        entries = [each.entry for each in reader.every()]
    previous = bytes(32)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        for entry in entries:
            previous = bytes(32) if entry.number == cut_before else previous
            object.__setattr__(entry, "previous", previous)
            found = hash_of(entry)
            connection.execute(
                "UPDATE entry SET previous = ?, hash = ? WHERE number = ?", (previous, found, entry.number)
            )
            previous = found


def test_books_as_they_were_booked_are_sound(full):
    found = look(full)
    assert found.is_sound
    assert found.sound == 8
    with closing(Reader(full)) as reader:
        assert found.head == reader.head()


def test_empty_books_are_sound(books):
    assert look(books.path).is_sound


@pytest.mark.parametrize(
    ("change", "number"),
    [
        ("UPDATE posting SET low = low + 1 WHERE entry = 3 AND line = 0", 3),
        ("UPDATE posting SET account = 'income:work' WHERE entry = 2 AND line = 1", 2),
        ("UPDATE posting SET exact = '1/1' WHERE entry = 4 AND line = 0", 4),
        ("UPDATE posting SET exact = 'much' WHERE entry = 4 AND line = 0", 4),
        ("UPDATE posting SET account = 'pocket' WHERE entry = 4 AND line = 0", 4),
        ("DELETE FROM posting WHERE entry = 4 AND line > 1", 4),
        ("DELETE FROM posting WHERE entry = 1", 1),
        ("INSERT INTO posting SELECT 5, 9, account, asset, 0, 0, NULL FROM posting LIMIT 1", 5),
        ("UPDATE entry SET at_ms = at_ms + 1 WHERE number = 4", 4),
        ("UPDATE entry SET until_ms = until_ms + 1 WHERE number = 4", 4),
        ("UPDATE entry SET made_ms = made_ms + 1 WHERE number = 4", 4),
        ("UPDATE entry SET id = 'w-40' WHERE number = 4", 4),
        ("UPDATE entry SET kind = 'expired' WHERE number = 8", 8),
        ("UPDATE entry SET kind = 'gift' WHERE number = 8", 8),
        ("UPDATE entry SET about = 'w-4' WHERE number = 8", 8),
        ("UPDATE entry SET note = '{}' WHERE number = 1", 1),
        ("UPDATE entry SET note = '[' WHERE number = 1", 1),
        ("UPDATE entry SET energy_mj = 0 WHERE number = 5", 5),
        ("UPDATE entry SET method = 'user' WHERE number = 5", 5),
        ("UPDATE entry SET subject = 1 WHERE number = 2", 2),
        ("UPDATE subject SET uuid = 'GPU-x' WHERE device = 'gpu:1'", 2),
        ("UPDATE asset SET exponent = 3 WHERE code = 'EUR'", 1),
        ("UPDATE asset SET code = 'USD' WHERE code = 'EUR'", 1),
        ("UPDATE entry SET hash = zeroblob(32) WHERE number = 6", 6),
        ("UPDATE entry SET previous = zeroblob(32) WHERE number = 6", 6),
        ("DELETE FROM entry WHERE number = 4", 4),
        ("DELETE FROM entry WHERE number = 1", 1),
        ("DELETE FROM entry WHERE number = 8", 8),
    ],
    ids=lambda value: value[:60] if isinstance(value, str) else str(value),
)
def test_a_change_is_found_at_the_first_entry_that_it_touches(full, change, number):
    forge(full, change)
    found = look(full)
    assert not found.is_sound
    assert found.flaws[0].number == number, found
    assert found.sound == number - 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (["UPDATE posting SET low = low + 1 WHERE entry = 3 AND line = 0"], "do not come to nothing: 0.01 EUR is left"),
        (
            [
                "UPDATE posting SET high = 0, low = 9 WHERE entry = 3 AND line = 0",
                "UPDATE posting SET high = -1, low = 999999991 WHERE entry = 3 AND line = 1",
            ],
            "0.09 EUR stands in claims:open; its exact amount and what was carried come to 0.03 EUR",
        ),
        (["UPDATE posting SET exact = NULL WHERE entry = 3"], "are no counterparts"),
        (
            ["UPDATE posting SET account = 'income:work' WHERE entry = 3 AND account = 'claims:metered'"],
            "what is metered does not move from income:work to claims:open",
        ),
        (["UPDATE entry SET about = 'w-1' WHERE number = 8"], "w-1, which is of another time, node or device"),
        (
            [
                "DROP INDEX entry_answer",
                """UPDATE entry SET about = 'w-2', subject = a.subject, at_ms = a.at_ms FROM entry AS a
                    WHERE entry.number = 8 AND a.id = 'w-2'""",
            ],
            "w-2 is settled already, and cannot be rejected",
        ),
        (
            [
                "UPDATE posting SET low = 2, exact = '1/50' WHERE entry = 8 AND line = 0",
                "UPDATE posting SET low = 999999998 WHERE entry = 8 AND line = 1",
            ],
            "it leaves 0.01 EUR of w-3 in claims:open, which it must close whole",
        ),
        (["UPDATE entry SET about = 'w-9' WHERE number = 8"], "no metered entry has that id"),
    ],
)
def test_a_forger_who_chains_the_books_anew_is_found_by_what_they_say(full, changes, words):
    forge(full, *changes)
    chain_anew(full)
    (first, *_) = look(full).flaws
    assert words in first.what


def test_a_chain_that_begins_anew_in_the_middle_is_found(full):
    forge(full)
    chain_anew(full, cut_before=6)
    (flaw,) = look(full).flaws
    assert (flaw.number, "the chain is broken" in flaw.what) == (6, True)


def test_books_that_were_written_anew_or_cut_back_are_found_by_a_head_that_is_known(full):
    known = look(full).head
    assert look(full, known=known).is_sound
    forge(full, 'UPDATE entry SET note = \'{"card":"mine"}\' WHERE number = 1')
    chain_anew(full)
    assert look(full).is_sound
    (flaw,) = look(full, known=known).flaws
    assert flaw.number == 8
    assert "written anew" in flaw.what
    (flaw,) = look(full, known=Head(number=9, hash=known.hash)).flaws
    assert "cut back" in flaw.what


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("UPDATE tally SET low = low + 1 WHERE account = 'claims:open'", "the sum of gpu:"),
        (
            "DELETE FROM tally WHERE account = 'income:work'",
            "is nothing in income:work, and its entries come to -0.07 EUR",
        ),
        ("INSERT INTO tally SELECT 1, subject, account, asset, 0, 5 FROM tally LIMIT 1", "1970-01-01 01:00 UTC"),
        (
            "INSERT INTO tally SELECT hour, subject, 'pocket', 1, 0, 0 FROM tally LIMIT 1",
            "is 0.00 EUR in pocket, and its entries come to nothing",
        ),
        (
            "INSERT INTO tally SELECT hour, subject, 'claims:expired', 9, 0, 5 FROM tally LIMIT 1",
            "is 5 units of asset 9 in claims:expired, and its entries come to nothing",
        ),
        ("UPDATE tally_usage SET energy_mj = energy_mj + 1", "is not what its entries used"),
        ("DELETE FROM tally_usage", "is not what its entries used"),
        ("UPDATE carried SET rest = '1/2' WHERE debit = 'claims:open'", "is not what its entries left"),
        ("DELETE FROM carried", "is not what its entries left"),
    ],
)
def test_what_stands_beside_the_entries_must_follow_from_them(full, change, words):
    forge(full, change)
    (flaw,) = look(full).flaws
    assert flaw.number is None
    assert words in flaw.what
    assert look(full).sound == 8


@pytest.mark.parametrize(
    ("index", "text", "number"),
    [("sqlite_autoindex_entry_1", b"w-4", 4), ("entry_about", b"w-2", 6)],
)
def test_an_index_that_leads_elsewhere_is_found(full, index, text, number):
    """An entry that is not found by its id would be booked once more."""
    with closing(sqlite3.connect(full)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (index,)).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    held = bytearray(full.read_bytes())
    held[held.rindex(text, (page - 1) * size, page * size)] ^= 8
    full.write_bytes(held)
    (flaw, *_) = look(full).flaws
    assert flaw.number == number
    with pytest.raises(Problem, match=f"missing from index {index}"):
        Reader(full, whole=True)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE entry SET hash = 5 WHERE number = 4",
        "UPDATE entry SET previous = 5 WHERE number = 4",
        "UPDATE entry SET note = x'00' WHERE number = 4",
        "UPDATE entry SET made_ms = 'late' WHERE number = 4",
    ],
)
def test_what_is_of_another_kind_than_belongs_there_is_damage(full, damage):
    """A table of ours takes none; a disk that fails does not ask."""
    with closing(sqlite3.connect(full, isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET sql = replace(sql, 'STRICT', '') WHERE name = 'entry'")
    forge(full, damage)
    (flaw, *_) = look(full).flaws
    assert (flaw.number, "it cannot be read" in flaw.what) == (4, True)
    with closing(Reader(full)) as reader, pytest.raises(Damage, match="of another kind than belongs there"):
        reader.entries()


def test_a_flaw_reads_as_a_sentence_with_its_place():
    assert str(Flaw(number=4, id="w-4", what="it is missing")) == "entry 4 (w-4): it is missing"
    assert str(Flaw(what="the sum is another one")) == "the sum is another one"


def test_books_that_grow_while_they_are_looked_through_are_looked_through_to_their_end(books, booked, monkeypatch):
    monkeypatch.setattr("netmind_tui.ledger.verify.PAGE", 3)
    books.put(*(books.draft(booked.START + n * booked.QUARTER) for n in range(8)))
    told = []

    def progress(done: int, total: int) -> None:
        told.append((done, total))
        if len(told) < 4:
            books.work(booked.START)

    found = look(books.path, progress=progress)
    assert found.is_sound
    assert found.sound == 11
    assert told == [(3, 8), (6, 9), (9, 10), (11, 11)]
