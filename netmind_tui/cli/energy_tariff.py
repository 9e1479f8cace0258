"""``netmind energy tariff``: what power costs on a day, slot by slot, and when it is cheap."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from netmind_tui.cli import output
from netmind_tui.cli.node_line import Host
from netmind_tui.cli.output import Format
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

# What the functions below need is imported inside them: see cli/node_line.py.
if TYPE_CHECKING:
    from netmind_tui.ledger.tariff.plan import Plan
    from netmind_tui.model.period import Period
    from netmind_tui.model.worth import Prices

_OFFERED = (Format.TABLE, Format.JSON)
_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}


def tariff(
    file: Annotated[
        str | None,
        typer.Argument(metavar="[FILE]", help="A tariff to look at, a file or a URL; the one in force unless given."),
    ] = None,
    *,
    day: Annotated[
        str, typer.Option("--date", metavar="DAY", help="today, tomorrow, yesterday or a date such as 2026-11-22.")
    ] = "today",
    requested: Annotated[Format | None, typer.Option("--format", help="table or json; a table unless given.")] = None,
    host: Host = None,
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    share: Annotated[bool, typer.Option("--share", help="Replace names, paths, UUIDs and addresses.")] = False,
    path: Annotated[Path | None, typer.Option("-o", "--output", help="Write to a file instead of stdout.")] = None,
) -> int:
    """Print what power costs on a day, when it is cheap, and how that is known."""
    chosen = output.choose(requested, json=json, offered=_OFFERED)
    output.check(path)
    if file is not None and host is not None:
        raise Problem(f"{file} is looked at by this machine: --host {host} says otherwise", ExitCode.USAGE)
    now = datetime.now(UTC)
    prices, zone = _of_file(file, day, now) if file is not None else _in_force(host, day, now)
    if share:
        from netmind_tui.cli.share import redactor  # noqa: PLC0415 - only a shared document needs it

        prices = redactor().redact(prices)
    if chosen is Format.JSON:
        from netmind_tui.document import encode_pretty  # noqa: PLC0415 - see above

        output.write(encode_pretty(prices), path)
    else:
        from netmind_tui.cli.page import page_for  # noqa: PLC0415 - see above
        from netmind_tui.cli.tariff_view import table  # noqa: PLC0415 - 40 ms that only tables need

        output.write(table(prices, zone, page_for(path), now), path)
    return ExitCode.OK


def _of_file(file: str, day: str, now: datetime) -> "tuple[Prices, ZoneInfo]":
    """What a file says, and no more: where it says nothing there is a gap. Its days are those of its own zone.

    Raises:
        Problem: it is no tariff, or nobody answers.
    """
    from netmind_tui.cli.earnings_place import find_books  # noqa: PLC0415 - see above
    from netmind_tui.config import read_config  # noqa: PLC0415 - see above
    from netmind_tui.ledger.tariff.keeper import terms_of  # noqa: PLC0415 - see above
    from netmind_tui.ledger.tariff.read import read_tariff  # noqa: PLC0415 - see above
    from netmind_tui.ledger.tariff.told import prices_of  # noqa: PLC0415 - see above

    currency = terms_of(read_config()).assumed_currency
    plan = _fetched(file, currency) if "://" in file else read_tariff(Path(file), currency)
    zone = plan.zone
    if zone is None:
        with find_books() as books:
            zone = books.zone
    when = _day(day, now, zone)
    known = f"{plan.name}: {plan.source}" if plan.name else plan.source
    return prices_of(plan, when.start, when.end, known, plan.warnings), zone


def _fetched(url: str, currency: str | None) -> "Plan":
    from netmind_tui.ledger.tariff.fetch import Mark, Unanswered, fetch  # noqa: PLC0415 - see above
    from netmind_tui.ledger.tariff.read import slots_of  # noqa: PLC0415 - see above
    from netmind_tui.ledger.tariff.url_source import shown_url  # noqa: PLC0415 - see above
    from netmind_tui.model.place import resource_fault  # noqa: PLC0415 - see above

    sentence = resource_fault(url)
    if sentence is not None:
        raise Problem(f"{url[:80]}: {sentence}", ExitCode.USAGE)
    try:
        body = fetch(url, Mark()).body
    except Unanswered as failed:
        raise Problem(f"{shown_url(url)}: {failed.cause}", ExitCode.UNMEASURED) from failed
    return slots_of(body or b"", shown_url(url), currency)


def _in_force(host: str | None, day: str, now: datetime) -> "tuple[Prices, ZoneInfo]":
    from netmind_tui.cli.earnings_place import find_books  # noqa: PLC0415 - see above

    with find_books(host) as books:
        when = _day(day, now, books.zone)
        if books.client is not None:
            return books.client.prices(when.start, when.end), books.zone
    from netmind_tui.config import read_config  # noqa: PLC0415 - see above
    from netmind_tui.ledger.tariff.keeper import TariffKeeper, terms_of  # noqa: PLC0415 - see above
    from netmind_tui.ledger.tariff.told import prices_of  # noqa: PLC0415 - see above
    from netmind_tui.paths import cache_dir  # noqa: PLC0415 - see above

    keeper = TariffKeeper(terms_of(read_config()), folder=cache_dir() / "tariff")
    # Asked only where nobody asked within the hour: an agent keeps what it read where this looks for it.
    keeper.refresh(now)
    return prices_of(keeper, when.start, when.end, keeper.words, keeper.warnings), books.zone


def _day(text: str, now: datetime, zone: ZoneInfo) -> "Period":
    """The day of a zone's calendar that was asked for."""
    from netmind_tui.model.period import Period, PeriodName, midnight  # noqa: PLC0415 - see above

    word = text.strip().lower()
    try:
        today = now.astimezone(zone).date()
        first = today + timedelta(days=_DAYS[word]) if word in _DAYS else date.fromisoformat(word)
        start, end = (midnight(each, zone) for each in (first, first + timedelta(days=1)))
        return Period(name=PeriodName.BETWEEN, start=start, end=end)
    except (ValueError, OverflowError, OSError):
        known = "today, tomorrow, yesterday or a date such as 2026-11-22"
        raise Problem(f"--date {text[:40]!r}: {known} is expected", ExitCode.USAGE) from None
