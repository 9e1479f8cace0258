"""Slots as a table: ``start,end,price`` a line, with ``currency`` and ``per`` where they are needed."""

import csv
import io
from collections.abc import Iterator

from netmind_tui.ledger.tariff.plan import Listed, Row, listed
from netmind_tui.ledger.tariff.unit import Unit, unit_of
from netmind_tui.ledger.written import read_columns, read_decimal, read_instant

COLUMNS = ("start", "end", "price", "currency", "per")
_NEEDED = COLUMNS[:3]


def read_csv(text: str, source: str, currency: str | None) -> Listed:
    """The plan in a table of slots.

    Args:
        text: The table.
        source: Where it stands.
        currency: What its prices are in, where it does not say so itself.

    Raises:
        ValueError: a line is no slot, lines differ in their currency, or two overlap; the sentence names the line.
    """
    units: set[Unit] = set()
    rows = list(_rows(text, currency, units))
    if not rows:
        raise ValueError(
            "it has no prices: a first line start,end,price,currency and a line for each slot are expected"
        )
    return listed(rows, currency=units.pop().currency, source=source)


def _rows(text: str, currency: str | None, units: set[Unit]) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    columns: list[str] | None = None
    try:
        for cells in reader:
            words = [cell.strip() for cell in cells]
            if not any(words) or words[0].startswith("#"):
                continue
            if columns is None:
                columns = read_columns(words, COLUMNS, _NEEDED)
                continue
            yield _row(_by_column(columns, words), f"line {reader.line_num}", currency, units)
    except (ValueError, csv.Error) as error:
        raise ValueError(f"line {reader.line_num}: {error}") from None


def _by_column(columns: list[str], words: list[str]) -> dict[str, str]:
    if len(words) != len(columns):
        raise ValueError(f"it has {len(words)} columns, and the first line {len(columns)}")
    return dict(zip(columns, words, strict=True))


def _row(row: dict[str, str], place: str, currency: str | None, units: set[Unit]) -> Row:
    unit = unit_of(row.get("currency") or currency, row.get("per") or None)
    units.add(unit)
    if len({each.currency for each in units}) > 1:
        raise ValueError(f"its price is in {unit.currency}, and others are not: a tariff has one currency")
    return Row(read_instant(row["start"]), read_instant(row["end"]), unit.a_kwh(read_decimal(row["price"])), place)
