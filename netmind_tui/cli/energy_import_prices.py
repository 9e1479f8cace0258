"""``netmind energy import-prices``: dated prices of one asset in another, by which amounts are converted."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from netmind_tui.cli import output
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

_STDIN = "-"


def import_prices(
    file: Annotated[
        Path, typer.Argument(metavar="FILE.csv", help="date,asset,currency,price,source a line; - reads stdin.")
    ],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing; say what would be new.")] = False,
) -> int:
    """Add dated prices of currencies and tokens to yours: all of a file or, where a line has a fault, none."""
    # Imported here: see cli/node_line.py.
    from netmind_tui.config import read_config  # noqa: PLC0415 - see above
    from netmind_tui.ledger.asset import AssetBook  # noqa: PLC0415 - see above
    from netmind_tui.ledger.prices import import_prices as imported  # noqa: PLC0415 - see above
    from netmind_tui.paths import prices_path  # noqa: PLC0415 - see above

    codes = AssetBook(read_config().decimals).codes()
    source = "stdin" if str(file) == _STDIN else str(file)
    found = imported(_bytes(file), source, prices_path(), codes, dry_run=dry_run)
    new = f"{found.added} new price{'' if found.added == 1 else 's'}{' would be added' if dry_run else ''}"
    output.line(f"{new}, {found.known} known already; {found.total} in {prices_path()}")
    return ExitCode.OK


def _bytes(file: Path) -> bytes:
    from netmind_tui.ledger.plain_file import LARGEST_BYTES, read_bytes  # noqa: PLC0415 - see above

    if str(file) == _STDIN:
        data: bytes | None = sys.stdin.buffer.read(LARGEST_BYTES + 1) if sys.stdin is not None else b""
    else:
        data = read_bytes(file, "file of prices")
    if data is None:
        raise Problem(f"{file}: there is no such file", ExitCode.USAGE)
    if not data.strip() or len(data) > LARGEST_BYTES:
        raise Problem(f"{file}: a file of prices of up to {LARGEST_BYTES >> 20} MiB is expected", ExitCode.USAGE)
    return data
