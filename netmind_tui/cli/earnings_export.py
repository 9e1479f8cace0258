"""``netmind earnings export``: the books for other programs: a table, lines that anybody can verify, beancount."""

from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from netmind_tui.cli import output
from netmind_tui.cli.period import Since, Until
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem, nearest

# What the functions below need is imported inside them: see cli/node_line.py.
if TYPE_CHECKING:
    from collections.abc import Iterator

    from netmind_tui.ledger.export.form import Form
    from netmind_tui.ledger.reader import Reader


def export(
    *,
    requested: Annotated[str, typer.Option("--format", help="csv, jsonl or beancount.")] = "csv",
    since: Since = None,
    until: Until = None,
    device: Annotated[str | None, typer.Option("--device", help="A device's name, or its UUID.")] = None,
    workload: Annotated[str | None, typer.Option("--workload", help="A workload's name.")] = None,
    payer: Annotated[str | None, typer.Option("--payer", help="A payer's name.")] = None,
    path: Annotated[Path | None, typer.Option("-o", "--output", help="Write to a file instead of stdout.")] = None,
) -> int:
    """Write the entries for other programs, each with its node; jsonl ends with the head, and can be verified."""
    form = _form(requested)
    output.check(path)
    from netmind_tui.cli.earnings_entries import between, refuse_unreadable  # noqa: PLC0415 - see above
    from netmind_tui.cli.earnings_place import find_books, read_books  # noqa: PLC0415 - see above
    from netmind_tui.cli.node_line import expanded  # noqa: PLC0415 - see above
    from netmind_tui.ledger.export.form import exported  # noqa: PLC0415 - see above
    from netmind_tui.ledger.reader import Chosen  # noqa: PLC0415 - see above

    refuse_unreadable(device=device, workload=workload, payer=payer)
    with find_books() as books, read_books(books.path) as found, _some(found) as reader:
        start, end = between(books, since, until)
        chosen = Chosen(
            since=start,
            until=end,
            device=None if device is None else expanded([device])[0],
            workload=workload,
            payer=payer,
        )
        pieces = exported(reader, form, chosen, books.zone)
        output.write_pieces((piece for piece in pieces if piece), path)
    return ExitCode.OK


@contextmanager
def _some(reader: "Reader | None") -> "Iterator[Reader]":
    """The books; empty ones where there are none, so that programs find the form that they expect."""
    if reader is not None:
        yield reader
        return
    from netmind_tui.ledger.reader import Reader  # noqa: PLC0415 - see above
    from netmind_tui.ledger.store import open_ledger  # noqa: PLC0415 - see above

    with TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        open_ledger(path).close()
        with closing(Reader(path)) as empty:
            yield empty


def _form(text: str) -> "Form":
    from netmind_tui.ledger.export.form import Form  # noqa: PLC0415 - see above

    known = [each.value for each in Form]
    if text.lower() not in known:
        raise Problem(f"--format {text[:60]}: {nearest(text.lower(), known)}", ExitCode.USAGE)
    return Form(text.lower())
