"""``netmind energy [show]``: a period's energy by device or day: what work added, all of it, and what it costs."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netmind_tui.cli import output
from netmind_tui.cli.node_line import Host
from netmind_tui.cli.output import Format
from netmind_tui.cli.period import Since, Until, Word
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem, nearest

# What the functions below need is imported inside them: see cli/node_line.py.
if TYPE_CHECKING:
    from netmind_tui.cli.earnings_place import Books
    from netmind_tui.ledger.energy.report import By
    from netmind_tui.model.control import PeriodQuery
    from netmind_tui.model.energy import Energy
    from netmind_tui.model.period import Period

_OFFERED = (Format.TABLE, Format.JSON)


def show(
    period: Word = None,
    *,
    since: Since = None,
    until: Until = None,
    by: Annotated[str, typer.Option("--by", metavar="WHAT", help="A line for each device or day.")] = "device",
    requested: Annotated[Format | None, typer.Option("--format", help="table or json; a table unless given.")] = None,
    host: Host = None,
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    share: Annotated[bool, typer.Option("--share", help="Replace names, paths, UUIDs and addresses.")] = False,
    path: Annotated[Path | None, typer.Option("-o", "--output", help="Write to a file instead of stdout.")] = None,
) -> int:
    """Sum up a period's energy: what work added, what the devices drew in all, how sure that is, and what it costs."""
    chosen = output.choose(requested, json=json, offered=_OFFERED)
    output.check(path)
    from netmind_tui.cli.earnings_place import find_books  # noqa: PLC0415 - see above
    from netmind_tui.cli.period import read_period  # noqa: PLC0415 - see above

    apart = _by(by)
    now = datetime.now(UTC)
    with find_books(host) as books:
        found = _told(books, read_period(period, since, until, now=now, zone=books.zone), apart, now)
    if share:
        from netmind_tui.cli.share import redactor  # noqa: PLC0415 - only a shared document needs it

        found = redactor().redact(found)
    if chosen is Format.JSON:
        from netmind_tui.document import encode_pretty  # noqa: PLC0415 - see above

        output.write(encode_pretty(found), path)
    else:
        from netmind_tui.cli.energy_view import table  # noqa: PLC0415 - 40 ms that only tables need
        from netmind_tui.cli.page import page_for  # noqa: PLC0415 - see above

        output.write(table(found, page_for(path), now), path)
    return ExitCode.OK


def _told(books: "Books", period: "Period", by: "By", now: datetime) -> "Energy":
    """By the agent, where they are its own books, and by their file where they are this user's."""
    if books.client is not None:
        return books.client.energy(_query(period, by))
    from netmind_tui.cli.earnings_place import read_books  # noqa: PLC0415 - see above
    from netmind_tui.cli.energy_terms import terms_of  # noqa: PLC0415 - see above
    from netmind_tui.ledger.energy.report import energy  # noqa: PLC0415 - see above

    with read_books(books.path) as reader:
        return energy(reader, period, books.zone, now, terms_of(now, reader), by=by)


def _query(period: "Period", by: "By") -> "PeriodQuery":
    """The agent knows where its own days begin: only what has no name is told by its ends."""
    from netmind_tui.model.control import PeriodQuery  # noqa: PLC0415 - see above
    from netmind_tui.model.period import PeriodName  # noqa: PLC0415 - see above

    if period.name is not PeriodName.BETWEEN:
        return PeriodQuery(period=period.name, by=by)
    return PeriodQuery(period=period.name, start=period.start, end=period.end, by=by)


def _by(text: str) -> "By":
    from netmind_tui.ledger.energy.report import BY  # noqa: PLC0415 - see above

    for each in BY:
        if each == text.lower():
            return each
    raise Problem(f"--by {text[:60]}: {nearest(text.lower(), list(BY))}", ExitCode.USAGE)
