"""``netmind earnings entries``: the books line by line, with what became of each."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from netmind_tui.cli import output
from netmind_tui.cli.node_line import expanded
from netmind_tui.cli.output import Format
from netmind_tui.cli.period import Since, Until
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem, nearest

# What the functions below need is imported inside them: see cli/node_line.py.
if TYPE_CHECKING:
    from enum import StrEnum

    from netmind_tui.cli.earnings_place import Books
    from netmind_tui.ledger.reader import Chosen, Listed, Reader
    from netmind_tui.model.redaction import Redactor

    E = TypeVar("E", bound=StrEnum)

_OFFERED = (Format.TABLE, Format.JSON, Format.JSONL)
_USUAL, _MOST = 50, 1_000_000
_LAST_NUMBER = 10**18


def entries(
    *,
    since: Since = None,
    until: Until = None,
    kind: Annotated[str | None, typer.Option("--kind", help="metered, accepted, rejected, settled …")] = None,
    state: Annotated[
        str | None, typer.Option("--state", help="What became of what was metered: metered (nothing yet), accepted …")
    ] = None,
    device: Annotated[str | None, typer.Option("--device", help="A device's name, or its UUID.")] = None,
    workload: Annotated[str | None, typer.Option("--workload", help="A workload's name.")] = None,
    payer: Annotated[str | None, typer.Option("--payer", help="A payer's name.")] = None,
    job: Annotated[str | None, typer.Option("--job", help="A job's id.")] = None,
    about: Annotated[
        str | None, typer.Option("--about", metavar="ID", help="A metered entry, and all that came of it.")
    ] = None,
    after: Annotated[
        int | None,
        typer.Option(
            "--after", min=0, max=_LAST_NUMBER, metavar="NUMBER", help="Go on after an entry; else the last ones."
        ),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=_MOST, help="So many at most.")] = _USUAL,
    requested: Annotated[
        Format | None, typer.Option("--format", help="table, json or jsonl; a table unless given.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    share: Annotated[bool, typer.Option("--share", help="Replace names, paths, UUIDs and addresses.")] = False,
    path: Annotated[Path | None, typer.Option("-o", "--output", help="Write to a file instead of stdout.")] = None,
) -> int:
    """List entries, oldest first: work with what it used, is worth and cost, and what became of it."""
    chosen = output.choose(requested, json=json, offered=_OFFERED)
    output.check(path)
    refuse_unreadable(device=device, workload=workload, payer=payer, job=job, about=about)
    from netmind_tui.cli.earnings_place import find_books, read_books  # noqa: PLC0415 - see above
    from netmind_tui.ledger.reader import Chosen  # noqa: PLC0415 - see above
    from netmind_tui.model.ledger import EntryKind, State  # noqa: PLC0415 - see above

    kinds, states = _one_of(EntryKind, "--kind", kind), _one_of(State, "--state", state)
    with find_books() as books, read_books(books.path) as reader:
        start, end = between(books, since, until)
        wanted = Chosen(
            since=start,
            until=end,
            kind=kinds,
            state=states,
            device=None if device is None else expanded([device])[0],
            workload=workload,
            payer=payer,
            job=job,
            about=about,
        )
        found, has_earlier = _found(reader, wanted, after, limit)
        shared = None
        if share:
            from netmind_tui.cli.share import redactor  # noqa: PLC0415 - only a shared document needs it

            shared = redactor()
        output.write(_written(found, chosen, books, path, shared, has_earlier=has_earlier), path)
    return ExitCode.OK


def _found(reader: "Reader | None", wanted: "Chosen", after: int | None, limit: int) -> "tuple[list[Listed], bool]":
    """The first ones after a number, or the last ones of all; and whether there are some before these."""
    if reader is None:
        return [], False
    if after is not None:
        return list(reader.entries(wanted, after=after, limit=limit)), False
    found = reader.entries(wanted, newest_first=True, limit=limit + 1)
    return list(reversed(found[:limit])), len(found) > limit


def _written(
    found: "list[Listed]",
    chosen: Format,
    books: "Books",
    path: Path | None,
    shared: "Redactor | None",
    *,
    has_earlier: bool,
) -> str:
    from netmind_tui.ledger.entry_text import entry_document, entry_text  # noqa: PLC0415 - see above
    from netmind_tui.model.earnings import Entries  # noqa: PLC0415 - see above

    if chosen is Format.JSONL:
        from netmind_tui.document import encode  # noqa: PLC0415 - see above

        told = map(entry_document, found)
        return "".join(encode(shared.redact(each) if shared else each).decode() + "\n" for each in told)
    document = Entries(
        entries=tuple(map(entry_text, found)),
        next=found[-1].entry.number if found else 0,
        has_earlier=has_earlier,
    )
    document = shared.redact(document) if shared else document
    if chosen is Format.JSON:
        from netmind_tui.document import encode_pretty  # noqa: PLC0415 - see above

        return encode_pretty(document)
    from netmind_tui.cli.entries_view import table  # noqa: PLC0415 - 40 ms that only tables need
    from netmind_tui.cli.page import page_for  # noqa: PLC0415 - see above

    return table(document, books.zone, page_for(path))


def refuse_unreadable(**given: str | None) -> None:
    """Refuse what is no text: books have none of that, and are not damaged because somebody asks for it.

    Raises:
        Problem: an option has bytes that are none.
    """
    for name, text in given.items():
        try:
            (text or "").encode()
        except UnicodeEncodeError:
            raise Problem(f"--{name} {text!a:.60}: that is no UTF-8 text", ExitCode.USAGE) from None


def between(books: "Books", since: str | None, until: str | None) -> tuple[datetime | None, datetime | None]:
    """The time of ``--from`` and ``--to``, as far as they are given.

    Raises:
        Problem: one is none, or it ends before it begins.
    """
    from netmind_tui.cli.period import read_end, read_start  # noqa: PLC0415 - see above

    now = datetime.now(UTC)
    start = None if since is None else read_start(since, now, books.zone)
    end = None if until is None else read_end(until, now, books.zone)
    if start is not None and end is not None and end <= start:
        raise Problem(f"--to {until}: that is not after --from {since}", ExitCode.USAGE)
    return start, end


def _one_of(kind: "type[E]", option: str, text: str | None) -> "E | None":
    """The word that was meant.

    Raises:
        Problem: there is no such word.
    """
    known = [each.value for each in kind]
    if text is None:
        return None
    if text.lower() not in known:
        raise Problem(f"{option} {text[:60]}: {nearest(text.lower(), known)}", ExitCode.USAGE)
    return kind(text.lower())
