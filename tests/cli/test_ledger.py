"""``netmind ledger``: the file of the books, its copies, and the way back to one."""

import shutil
from contextlib import closing
from datetime import UTC, date, datetime
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from sys import modules

import jsonschema
import pytest

from netmind_tui.document import schema
from netmind_tui.model.metering import Activity, Interval
from netmind_tui.node.meter.store import Store

MADE = Path(__file__).parents[1] / "ledger/books_made.py"


@pytest.fixture(scope="session")
def booked():
    """The module ``books_made.py``: work, answers and payments made by hand."""
    spec = spec_from_file_location("tests_books_made", MADE)
    module = modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def made_books(booked, tmp_path_factory):
    """Books of five entries, and a copy of today that has the first three."""
    books = booked.opened(tmp_path_factory.mktemp("books") / "ledger" / "ledger.db")
    with closing(books.ledger):
        for _ in range(3):
            books.work()
        copied = books.ledger.keep(datetime.now(UTC))
        assert copied is not None
        books.work()
        books.work()
    return books.path.parent


@pytest.fixture
def owner(node, made_books, monkeypatch, tmp_path):
    """A user with books, without an agent."""
    monkeypatch.setenv("NETMIND_SOCKET", str(tmp_path / "none.sock"))
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("NETMIND_CONFIG", "NETMIND_POLICY"):
        monkeypatch.delenv(name, raising=False)
    ana = node("ana")
    ana.ledger = ana.home / ".local/state/netmind/ledger/ledger.db"
    ana.today = datetime.now(UTC).date()
    shutil.copytree(made_books, ana.ledger.parent)
    return ana


@pytest.fixture
def beginner(node, monkeypatch, tmp_path):
    """A user without books."""
    monkeypatch.setenv("NETMIND_SOCKET", str(tmp_path / "none.sock"))
    return node("ben")


def break_it(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-4096] + b"x" * 4096)


def test_sound_books_pass_with_their_copy(owner):
    done = owner("ledger", "check", "--json")
    assert (done.code, done.err) == (0, "")
    jsonschema.validate(done.document, schema("ledger-check"))
    assert (done.document["verdict"], done.document["entries"]) == ("pass", 5)
    assert {each["id"] for each in done.document["findings"]} == {"ledger-sound", "ledger-backups"}
    text = owner("ledger", "check").out
    assert "5 entries" in text
    assert "1 good copy" in text


def test_books_without_a_copy_are_a_warning_and_no_failure(owner):
    shutil.rmtree(owner.ledger.parent / "backups")
    done = owner("ledger", "check", "--json")
    assert (done.code, done.document["verdict"]) == (0, "warn")


def test_no_books_pass_and_have_no_copies(beginner):
    assert beginner("ledger", "check").code == 0
    done = beginner("ledger", "backups")
    assert (done.code, done.err) == (0, "")
    assert "there is no copy yet" in done.out
    assert beginner("ledger", "backups", "--json").document["copies"] == []
    assert not (beginner.home / ".local/state/netmind").exists()


def test_damaged_books_fail_with_the_way_back(owner):
    break_it(owner.ledger)
    before = owner.ledger.read_bytes()
    done = owner("ledger", "check", "--json")
    jsonschema.validate(done.document, schema("ledger-check"))
    assert (done.code, done.document["verdict"]) == (1, "fail")
    assert done.document["findings"][0]["remediation"] == "netmind ledger restore"
    assert owner.ledger.read_bytes() == before


def test_books_that_somebody_changed_fail_though_their_file_is_whole(owner):
    owner.ledger.write_bytes(owner.ledger.read_bytes().replace(b"GPU-0", b"GPU-9"))
    done = owner("ledger", "check", "--json")
    assert done.code == 1
    assert "is not what was booked" in done.document["findings"][0]["title"]


def test_books_that_were_set_aside_fail_until_a_copy_takes_their_place(owner):
    owner.ledger.rename(owner.ledger.with_name("ledger.damaged-20261122T000000000000.db"))
    done = owner("ledger", "check", "--json")
    assert done.code == 1
    assert "ledger.damaged-20261122T000000000000.db" in done.document["findings"][0]["title"]
    assert owner("ledger", "restore").code == 0
    assert owner("ledger", "check", "--json").document["entries"] == 3


def test_metered_intervals_that_wait_are_said_until_they_are_booked(owner, booked):
    with closing(Store(owner.ledger.parent.parent / "agent/meter.db")) as meter:
        names = [meter.new_id() for _ in range(12)]
        end = booked.START + booked.QUARTER
        known = {
            "device": "gpu:0",
            "activity": Activity.WORK,
            "start": booked.START,
            "end": end,
            "duration_ms": 900_000,
        }
        meter.put([Interval(id=name, **known) for name in names], {})
        last = meter.last_number()
    found = owner("ledger", "check", "--json").document
    assert (found["waiting"], found["verdict"]) == (12, "warn")
    assert "12 metered intervals are not booked yet" in owner("ledger", "check").out
    books = booked.opened(owner.ledger)
    with closing(books.ledger):
        books.ledger.append([], booked.START, ("meter", last))
    found = owner("ledger", "check", "--json").document
    assert (found["waiting"], found["verdict"]) == (0, "pass")


def test_copies_are_listed_the_best_first(owner):
    folder = owner.ledger.parent / "backups"
    bad = folder / "ledger-2026-01-01.db"
    shutil.copy(owner.ledger, bad)
    break_it(bad)
    found = owner("ledger", "backups", "--json").document
    jsonschema.validate(found, schema("ledger-backups"))
    good, worst = found["copies"]
    assert (good["day"], good["entries"], good["flaw"]) == (str(owner.today), 3, None)
    assert (worst["day"], worst["path"]) == ("2026-01-01", str(bad))
    assert "damaged" in worst["flaw"]
    text = owner("ledger", "backups").out
    assert "ledger-2026-01-01.db is of no use" in text
    assert str(owner.home) not in owner("ledger", "backups", "--json", "--share").out


def test_a_damaged_ledger_gives_way_to_the_last_good_copy_and_is_kept(owner):
    break_it(owner.ledger)
    broken = owner.ledger.read_bytes()
    done = owner("ledger", "restore", "--json")
    jsonschema.validate(done.document, schema("ledger-restored"))
    assert (done.code, done.document["copy"]["entries"]) == (0, 3)
    assert Path(done.document["aside"]).read_bytes() == broken
    assert owner("earnings", "verify", "--json").document["sound"] == 3


@pytest.mark.parametrize("named", ["day", "name", "path"])
def test_a_copy_is_named_by_its_day_its_name_or_its_path(owner, named):
    file = owner.ledger.parent / "backups" / f"ledger-{owner.today}.db"
    word = {"day": str(owner.today), "name": file.name, "path": str(file)}[named]
    done = owner("ledger", "restore", word, "--force")
    assert done.code == 0, done.err
    assert "with 3 entries" in done.out
    assert "what was there is kept as" in done.out
    assert file.exists()


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("restore",), 2, "can be trusted, and has 5 entries: nothing was restored; --force"),
        (("restore", "2020-02-02", "--force"), 2, "2020-02-02: there is no such copy; known: ledger-"),
        (("check", "--format", "csv"), 2, "--format csv: this command writes table, json"),
        (("chekc",), 2, "No such command 'chekc'. Did you mean 'check'?"),
    ],
)
def test_bad_input_is_one_sentence_and_changes_nothing(owner, words, code, sentence):
    before = sorted(path.name for path in owner.ledger.parent.iterdir())
    done = owner("ledger", *words)
    assert (done.code, done.out) == (code, "")
    assert sentence in done.err
    assert done.err.count("\n") == 1
    assert sorted(path.name for path in owner.ledger.parent.iterdir()) == before


def test_a_ledger_that_an_agent_writes_is_not_replaced(owner, booked):
    books = booked.opened(owner.ledger)
    with closing(books.ledger):
        done = owner("ledger", "restore", "--force")
    assert (done.code, done.out) == (3, "")
    assert "another process writes it" in done.err


def test_a_ledger_of_a_newer_program_is_left_alone(owner):
    data = bytearray(owner.ledger.read_bytes())
    data[60:64] = (99).to_bytes(4, "big")  # user_version, in the header of a file of SQLite
    owner.ledger.write_bytes(data)
    for words in (("ledger", "check"), ("ledger", "restore"), ("earnings",)):
        done = owner(*words)
        assert done.code == 2
        assert "is of version 99 and this program knows" in done.err
    assert owner.ledger.read_bytes() == data


def test_where_there_is_no_copy_there_is_no_way_back(beginner):
    done = beginner("ledger", "restore")
    assert (done.code, done.out) == (3, "")
    assert "there is no good backup of the ledger" in done.err


def test_the_group_alone_says_what_it_has(beginner):
    done = beginner("ledger")
    assert done.code == 2
    for word in ("check", "backups", "restore"):
        assert word in done.err


def test_days_of_copies_are_days(owner):
    assert date.fromisoformat(owner("ledger", "backups", "--json").document["copies"][0]["day"]) == owner.today
