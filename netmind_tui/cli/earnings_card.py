"""``netmind earnings card``: what a rate card pays, where that stands, and what nobody has published."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netmind_tui.cli import output
from netmind_tui.cli.output import Format
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

# What the functions below need is imported inside them: see cli/node_line.py.
if TYPE_CHECKING:
    from netmind_tui.model.rate_card import RateCardDocument, RateCardsDocument

_OFFERED = (Format.TABLE, Format.JSON)


def card(
    name: Annotated[
        str | None, typer.Argument(metavar="[CARD]", help="A card's name or file; the one that is chosen unless given.")
    ] = None,
    *,
    lists: Annotated[bool, typer.Option("--list", help="Which cards there are.")] = False,
    requested: Annotated[Format | None, typer.Option("--format", help="table or json; a table unless given.")] = None,
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    share: Annotated[bool, typer.Option("--share", help="Replace names, paths, UUIDs and addresses.")] = False,
    path: Annotated[Path | None, typer.Option("-o", "--output", help="Write to a file instead of stdout.")] = None,
) -> int:
    """Show a rate card: what it pays, its sources with their dates, and which rates are yours to enter."""
    chosen = output.choose(requested, json=json, offered=_OFFERED)
    if lists and name is not None:
        raise Problem(f"--list shows every card: leave {name} or --list out", ExitCode.USAGE)
    output.check(path)
    from netmind_tui.config import read_config  # noqa: PLC0415 - see above
    from netmind_tui.ledger.rate.told import card_told, cards_told  # noqa: PLC0415 - see above

    config, now = read_config(), datetime.now(UTC)
    found = cards_told(config, now) if lists else card_told(config, now, name)
    if share:
        from netmind_tui.cli.share import redactor  # noqa: PLC0415 - only a shared document needs it

        found = redactor().redact(found)
    output.write(_written(found, chosen, path), path)
    return ExitCode.OK


def _written(found: "RateCardDocument | RateCardsDocument", chosen: Format, path: Path | None) -> str:
    if chosen is Format.JSON:
        from netmind_tui.document import encode_pretty  # noqa: PLC0415 - see above

        return encode_pretty(found)
    from netmind_tui.cli.earnings_card_view import listed, shown  # noqa: PLC0415 - 40 ms that only tables need
    from netmind_tui.cli.page import page_for  # noqa: PLC0415 - see above
    from netmind_tui.model.rate_card import RateCardDocument  # noqa: PLC0415 - see above

    page = page_for(path)
    return shown(found, page) if isinstance(found, RateCardDocument) else listed(found, page)
