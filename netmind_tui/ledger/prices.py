"""The file of prices, ``prices.csv``: ``date, asset, currency, price, source``; read, and grown by another one."""

import csv
import io
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from netmind_tui.ledger.currency import Exchange, Quote
from netmind_tui.ledger.plain_file import LARGEST_BYTES, alone, put, read_bytes, text_of
from netmind_tui.ledger.written import read_columns, read_decimal, shown
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem, nearest

COLUMNS = ("date", "asset", "currency", "price", "source")
_NEEDED = COLUMNS[:4]
_LONGEST = 120
_WHAT = "file of prices"


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What came of an import: how many prices are new, how many were there already, and how many there are now."""

    added: int
    known: int
    total: int


def read_prices(path: Path, codes: Collection[str] | None = None) -> Exchange:
    """The prices of a file; none where there is no file.

    Args:
        path: The file.
        codes: The assets that are known; any where it is ``None``.

    Raises:
        Problem: it cannot be read, or a line of it is no price; the sentence names the line.
    """
    data = read_bytes(path, _WHAT)
    return Exchange() if data is None else Exchange(quotes_in(data, str(path), codes))


def quotes_in(data: bytes, source: str, codes: Collection[str] | None = None) -> Iterator[Quote]:
    """The prices in a file's bytes, one a line.

    Raises:
        Problem: see ``read_prices``.
    """
    reader = csv.reader(io.StringIO(text_of(data, source), newline=""), strict=True)
    columns: list[str] | None = None
    try:
        for cells in reader:
            words = [cell.strip() for cell in cells]
            if not any(words) or words[0].startswith("#"):
                continue
            if columns is None:
                columns = read_columns(words, COLUMNS, _NEEDED)
                continue
            surplus = len(words) - len(columns)
            place = f"{source}, line {reader.line_num}"
            yield _quote(dict(zip(columns, words, strict=False)), surplus, place, codes)
    except (ValueError, csv.Error) as error:
        raise Problem(f"{source}, line {reader.line_num}: {error}", ExitCode.USAGE) from None


def import_prices(
    data: bytes, source: str, path: Path, codes: Collection[str] | None = None, *, dry_run: bool = False
) -> Imported:
    """Put the prices of one file into another; what is there already stays, and nothing is written unless all is right.

    Args:
        data: The bytes of the one.
        source: What it is called in sentences.
        path: The other.
        codes: The assets that are known; any where it is ``None``.
        dry_run: Write nothing, and tell what would be.

    Raises:
        Problem: a line is no price, or says otherwise than one that is there; or the file cannot be written.
    """
    new = list(quotes_in(data, source, codes))
    if dry_run:
        return _merged(new, path, codes)[0]
    try:
        # Another import may be under way, whose prices were lost if both wrote what they read.
        with alone(path.resolve().parent):
            found, grown = _merged(new, path, codes)
            if found.added:
                put(path, grown)
    except OSError as error:
        cause = (error.strerror or str(error)).lower()
        raise Problem(f"cannot write {path}: {cause}; nothing was changed", ExitCode.USAGE) from error
    return found


def _merged(new: list[Quote], path: Path, codes: Collection[str] | None) -> tuple[Imported, bytes]:
    """What comes of putting prices into a file, and the file with them."""
    old = read_bytes(path, _WHAT) or b""
    known = Exchange(quotes_in(old, str(path), codes))
    both = Exchange([*known, *new])
    added = len(both) - len(known)
    grown = written(both, remarks_in(old))
    if len(grown) > LARGEST_BYTES:
        words = f"{path} would be larger than {LARGEST_BYTES >> 20} MiB with these prices, and is not read then"
        raise Problem(f"{words}; nothing was changed", ExitCode.USAGE)
    return Imported(added=added, known=len(new) - added, total=len(both)), grown


def remarks_in(data: bytes) -> tuple[str, ...]:
    """The lines of a file in order that the owner wrote for themselves."""
    return tuple(line for line in data.decode("utf-8-sig").splitlines() if line.lstrip().startswith("#"))


def written(exchange: Exchange, remarks: Iterable[str] = ()) -> bytes:
    """The prices as a file has them, after the owner's remarks."""
    text = io.StringIO(newline="")
    text.writelines(f"{each}\n" for each in remarks)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows((each.on, each.asset, each.currency, f"{each.price:f}", each.source) for each in exchange)
    return text.getvalue().encode()


def _quote(row: dict[str, str], surplus: int, place: str, codes: Collection[str] | None) -> Quote:
    if surplus > 0 or any(name not in row for name in _NEEDED):
        raise ValueError("it has more or fewer columns than the first line")
    on = _date(row["date"])
    asset, currency = (_code(row[name], codes) for name in ("asset", "currency"))
    if asset == currency:
        raise ValueError(f"a price of {asset} in {currency} says nothing")
    price = read_decimal(row["price"])
    if price <= 0:
        raise ValueError(f"{row['price']} is not above 0")
    source = row.get("source", "")
    if len(source) > _LONGEST or not source.isprintable():
        raise ValueError(f"its source is not up to {_LONGEST} signs that can be seen")
    return Quote(on=on, asset=asset, currency=currency, price=price, source=source, place=place)


def _date(text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    # Other spellings of ISO 8601 are dates for Python, and for few others.
    if found is None or found.isoformat() != text:
        raise ValueError(f"{shown(text)} is no date such as 2026-11-22")
    return found


def _code(text: str, codes: Collection[str] | None) -> str:
    code = text.upper()
    if codes is not None and code not in codes:
        raise ValueError(f"{shown(text)} is no asset that is known; {nearest(code, list(codes))}")
    if not code.isascii() or not code.isalnum():
        raise ValueError(f"{shown(text)} is no asset such as EUR or NMT")
    return code
