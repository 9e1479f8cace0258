"""``netmind ledger``: the books' own file: whether it is whole, its copies, and the way back to one."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netmind_tui.cli import diagnostics, output
from netmind_tui.cli.output import Format
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem, nearest

# What the functions below need is imported inside them: see cli/node_line.py.
if TYPE_CHECKING:
    from netmind_tui.model.books import LedgerCheck, LedgerCopies, LedgerRestored

    Told = LedgerCheck | LedgerCopies | LedgerRestored

_OFFERED = (Format.TABLE, Format.JSON)

Requested = Annotated[Format | None, typer.Option("--format", help="table or json; a table unless given.")]
Json = Annotated[bool, typer.Option("--json", help="The same as --format json.")]
Share = Annotated[bool, typer.Option("--share", help="Replace names, paths, UUIDs and addresses.")]
To = Annotated[Path | None, typer.Option("-o", "--output", help="Write to a file instead of stdout.")]

ledger = typer.Typer(
    name="ledger",
    no_args_is_help=False,
    rich_markup_mode=None,
    help="Look after the file of your books: netmind earnings shows what is in it.",
)


@ledger.callback(invoke_without_command=True)
def _ledger(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        diagnostics.say(context.get_help())
        raise typer.Exit(ExitCode.USAGE)


@ledger.command()
def check(*, requested: Requested = None, json: Json = False, share: Share = False, path: To = None) -> int:
    """See whether the ledger can be trusted, whether all that was metered is booked, and whether there are copies."""
    chosen = output.choose(requested, json=json, offered=_OFFERED)
    output.check(path)
    from netmind_tui.cli.earnings_place import are_there, find_books  # noqa: PLC0415 - see above
    from netmind_tui.model.finding import Status  # noqa: PLC0415 - see above

    with find_books() as books:
        are_there(books.path)
        found = _checked(books.path)
    _write(found, chosen, path, share=share)
    return ExitCode.FAILED if found.verdict in (Status.FAIL, Status.ERROR) else ExitCode.OK


@ledger.command()
def backups(*, requested: Requested = None, json: Json = False, share: Share = False, path: To = None) -> int:
    """List the copies of the ledger, looked through: the one to go back to first, those of no use last."""
    chosen = output.choose(requested, json=json, offered=_OFFERED)
    output.check(path)
    from netmind_tui.cli.earnings_place import are_there, find_books  # noqa: PLC0415 - see above
    from netmind_tui.ledger.checkup import copies  # noqa: PLC0415 - see above

    with find_books() as books:
        are_there(books.path)
        found = copies(books.path)
    _write(found, chosen, path, share=share)
    return ExitCode.OK


@ledger.command()
def restore(
    backup: Annotated[
        str | None, typer.Argument(help="A copy: its day, its name or a path; the last good one unless given.")
    ] = None,
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Also in the place of a ledger that can be trusted; it is kept beside.")
    ] = False,
    requested: Requested = None,
    json: Json = False,
) -> int:
    """Put a copy in the ledger's place. What is there is kept; the agent books again what was metered since."""
    chosen = output.choose(requested, json=json, offered=_OFFERED)
    from netmind_tui.cli.earnings_place import are_there, find_books  # noqa: PLC0415 - see above
    from netmind_tui.cli.workload_place import refuse_stranger  # noqa: PLC0415 - see above
    from netmind_tui.ledger.checkup import copy_of  # noqa: PLC0415 - see above
    from netmind_tui.ledger.keeping import restore as put_back  # noqa: PLC0415 - see above
    from netmind_tui.model.books import LedgerRestored  # noqa: PLC0415 - see above

    with find_books() as books:
        place = books.path
        refuse_stranger(place)
        if are_there(place) and not force:
            _refuse_sound(place)
        found = put_back(place, None if backup is None else _copy(place, backup))
    told = LedgerRestored(
        path=str(place), copy=copy_of(found.backup), aside=None if found.aside is None else str(found.aside)
    )
    _write(told, chosen, None, share=False)
    return ExitCode.OK


def _checked(path: Path) -> "LedgerCheck":
    from netmind_tui.ledger.checkup import check as look  # noqa: PLC0415 - see above

    return look(path, datetime.now(UTC), waiting=lambda reached: _waiting(path, reached))


def _waiting(path: Path, reached: int) -> int | None:
    """How many intervals were metered beside a ledger after a number; ``None`` where none are, or they are closed."""
    from contextlib import closing  # noqa: PLC0415 - see above

    from netmind_tui.node.meter.opening import NAME  # noqa: PLC0415 - see above
    from netmind_tui.node.meter.reader import Reader  # noqa: PLC0415 - see above
    from netmind_tui.paths import agent_dir  # noqa: PLC0415 - see above

    file = path.parent.parent / agent_dir().name / NAME
    if not os.access(file, os.R_OK):
        return None
    count = 0
    try:
        with closing(Reader(file)) as reader:
            while (page := reader.intervals(after=reached)).intervals:
                count, reached = count + len(page.intervals), page.next
    except Problem as problem:
        diagnostics.warn(problem.sentence)
        return None
    return count


def _refuse_sound(path: Path) -> None:
    """Refuse to put a copy in the place of books that can be trusted.

    Raises:
        Problem: they can be.
    """
    from netmind_tui.model.finding import Status  # noqa: PLC0415 - see above

    found = _checked(path)
    if found.verdict is not Status.FAIL:
        words = f"{path} can be trusted, and has {found.entries:,} entries: nothing was restored"
        raise Problem(f"{words}; --force puts a copy in its place, and keeps it beside", ExitCode.USAGE)


def _copy(place: Path, text: str) -> Path:
    """The copy that was meant: by its day, its name, or a path.

    Raises:
        Problem: there is none.
    """
    from netmind_tui.ledger.keeping import folder_of  # noqa: PLC0415 - see above

    folder = folder_of(place)
    for file in (folder / text, folder / f"{place.stem}-{text}{place.suffix}", Path(text)):
        if file.is_file():
            return file
    known = sorted(each.name for each in folder.glob(f"{place.stem}-*{place.suffix}"))
    words = nearest(text, known) if known else f"there are none in {folder}"
    raise Problem(f"{text[:200]}: there is no such copy; {words}", ExitCode.USAGE)


def _write(document: "Told", chosen: Format, path: Path | None, *, share: bool) -> None:
    if share:
        from netmind_tui.cli.share import redactor  # noqa: PLC0415 - only a shared document needs it

        document = redactor().redact(document)
    if chosen is Format.JSON:
        from netmind_tui.document import encode_pretty  # noqa: PLC0415 - see above

        output.write(encode_pretty(document), path)
        return
    from netmind_tui.cli.ledger_view import table  # noqa: PLC0415 - 40 ms that only tables need
    from netmind_tui.cli.page import page_for  # noqa: PLC0415 - see above

    output.write(table(document, page_for(path)), path)
