"""No amount is added by a database as text: SQLite would make a float of it, without a word."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from netmind_tui.ledger.table import CREATE

PACKAGE = Path(__file__).parents[2] / "netmind_tui"
_ADDED = re.compile(r"\b(?:sum|total|avg)\s*\(((?:[^()]|\([^()]*\))*)\)", re.IGNORECASE)
_QUOTED = re.compile(r'"""(.*?)"""|f?"((?:[^"\\\n]|\\.)*)"', re.DOTALL)
_WORD = re.compile(r"[a-z_]+")
# Of both parts of an amount the sum is taken apart, so that it stays a whole number.
_ALLOWED_OF_HIGH = {"sum(high >> 30)", "sum(high & 1073741823)"}


def _text_columns() -> set[str]:
    """What the ledger holds as text, or as bytes: nothing that can be added."""
    with closing(sqlite3.connect(":memory:")) as connection:
        for statement in CREATE:
            connection.execute(statement)
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            column
            for table in tables
            for _, column, kind, *_ in connection.execute(f"PRAGMA table_info({table})")
            if kind in {"TEXT", "BLOB"}
        }


def _sums(source: str) -> list[tuple[str, set[str]]]:
    """Each sum in the statements of a module, with the names in it."""
    statements = (one or other for one, other in _QUOTED.findall(source))
    return [
        (found[0], set(_WORD.findall(found[1].lower())))
        for statement in statements
        if "select" in statement.lower() or "from" in statement.lower()
        for found in _ADDED.finditer(statement)
    ]


STORES = sorted(
    path for path in PACKAGE.rglob("*.py") if "ledger" in path.parts and _sums(path.read_text(encoding="utf-8"))
)


def test_the_ledger_has_sums_to_look_at():
    assert {path.name for path in STORES} >= {"sum.py", "tally.py"}


@pytest.mark.parametrize("path", STORES, ids=lambda path: path.name)
def test_no_sum_is_of_text(path):
    columns = _text_columns()
    assert {"exact", "rest", "id", "hash"} <= columns
    for sum_, names in _sums(path.read_text(encoding="utf-8")):
        assert not names & (columns | {"cast", "printf"}), f"{path}: {sum_}"


# The trigger in table.py adds the lines of one entry, of which there are few.
@pytest.mark.parametrize("path", [path for path in STORES if path.name != "table.py"], ids=lambda path: path.name)
def test_high_parts_are_added_so_that_they_cannot_overflow(path):
    for sum_, names in _sums(path.read_text(encoding="utf-8")):
        assert "high" not in names or sum_.lower() in _ALLOWED_OF_HIGH, f"{path}: {sum_}"


def test_a_sum_of_text_would_be_noticed():
    assert _sums('"SELECT sum(exact) FROM posting"') == [("sum(exact)", {"exact"})]
    assert _sums('"""SELECT a, total(CAST(rest AS REAL))\n FROM b"""')[0][1] >= {"rest", "cast"}
