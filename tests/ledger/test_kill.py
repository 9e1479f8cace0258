"""A writer of the ledger that is killed at random, and whose disk refuses: what it acknowledged stands, once."""

import importlib.util
import os
import random
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"
KILLS, FAILURES = 20, 4

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes are not forked there")


@pytest.fixture
def ledger_kill(monkeypatch):
    """``scripts/ledger_kill.py`` as a module."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    spec = importlib.util.spec_from_file_location("ledger_kill", SCRIPTS / "ledger_kill.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "ledger_kill", module)
    spec.loader.exec_module(module)
    return module


def test_nothing_acknowledged_is_lost_or_doubled(ledger_kill, tmp_path):
    seen = ledger_kill.killed(tmp_path, KILLS, FAILURES, random.Random(1))
    assert seen.faults == []
    assert seen.kills.total() == KILLS
    assert seen.halves > 0
    assert seen.entries > 0


@pytest.mark.parametrize(
    ("harm", "fault"),
    [
        ("DELETE FROM reached", "0 is said to be reached"),
        ("UPDATE carried SET rest = '1/9'", "what is carried is not what is left of the entries"),
        ("UPDATE tally SET low = low + 1", "the sums are not those of the entries"),
        ('UPDATE entry SET note = \'{"a":"b"}\' WHERE number = 2', "entry 2 is not chained"),
        ("UPDATE entry SET hash = zeroblob(32) WHERE number = 3", "entry 3 is not chained"),
        ("UPDATE posting SET low = low + 1 WHERE entry = 2 AND line = 0", "entry 2 does not come to nothing"),
        ("INSERT INTO posting SELECT 99, line, account, asset, high, low, exact FROM posting", "lines are no entry's"),
    ],
)
def test_whatever_a_kill_could_do_would_be_found(ledger_kill, tmp_path, harm, fault):
    book = ledger_kill.Book(tmp_path / "ledger.db")
    ledger_kill.write(book.path, os.open(os.devnull, os.O_WRONLY), most=4)
    with closing(sqlite3.connect(book.path, isolation_level=None)) as connection:
        for name in ("entry_fixed", "posting_fixed", "posting_joined"):
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(harm.replace("99, line", "99, line + 100 * entry"))
    book.acknowledged = 4
    assert fault in "\n".join(book.faults())


def test_what_was_acknowledged_and_is_not_there_would_be_found(ledger_kill, tmp_path):
    book = ledger_kill.Book(tmp_path / "ledger.db")
    ledger_kill.write(book.path, os.open(os.devnull, os.O_WRONLY), most=4)
    book.acknowledged = 5
    assert list(book.faults()) == ["5 batches were acknowledged, and 4 are there"]
