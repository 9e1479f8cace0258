"""What work came to, for people: three figures side by side, what is left of the accepted one, and line by line."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from netmind_tui.cli.earnings_total import NOTHING, assets_in, figure_in, share_word, statement, three
from netmind_tui.cli.figure_table import Column, figure_table
from netmind_tui.cli.harmless import harmless
from netmind_tui.cli.page import Page, printed
from netmind_tui.cli.period_title import title
from netmind_tui.model.amount_word import amount_word
from netmind_tui.model.earnings import NO_PAYER, Earnings, EarningsLine, EnergyFigure, Online
from netmind_tui.model.money import AmountText
from netmind_tui.model.quantity import significant

_PROGRESS = 20
_UUID = 12
_SHORT = 14


def table(earnings: Earnings, page: Page, now: datetime) -> str:
    """The period on a page of any width; narrow ones lose what can be looked up in the statement."""
    return printed(_blocks(harmless(earnings), page.width, now), page)


def _blocks(earnings: Earnings, width: int, now: datetime) -> Iterator[RenderableType]:
    total = earnings.total
    name = title(earnings.period, earnings.start, earnings.end, ZoneInfo(earnings.zone), now)
    yield Text.assemble((name, "bold"), (f" · {earnings.zone} · {earnings.card or 'no rate card'}", "dim"))
    payers = ", ".join(earnings.payers)
    yield Text(f"payers {payers}" if payers else f"▲ {NO_PAYER}", style="" if payers else "yellow")
    yield Text()
    yield three(total, earnings.currency, width)
    yield Text()
    yield statement(total, earnings.currency, width)
    yield Text()
    yield _usage(total)
    if earnings.online is not None:
        yield _online(earnings.online)
    if earnings.by is not None:
        yield Text()
        yield _lines(earnings, width) if earnings.lines else Text(f"no {earnings.by} worked in that time", style="dim")
    notes = [*_unrated(total), *earnings.warnings]
    if notes:
        yield Text()
        yield _noted(notes)


def _usage(total: EarningsLine) -> Text:
    """What was worked and drawn."""
    if not total.entries:
        return Text("nothing was metered in that time", style="dim")
    parts = [f"{_hours(total.device_hours)} of work"]
    parts += [f"{_hours(total.ready_hours)} ready without work"] if total.ready_hours else []
    parts.append(f"{total.entries:,} metered {'entry' if total.entries == 1 else 'entries'}")
    return Text(" · ".join(parts) + "\n" + _energy(total.energy))


def _energy(energy: EnergyFigure) -> str:
    if energy.marginal_kwh is None:
        host = f"; the host's share was {_kwh(energy.host_kwh)}" if energy.host_kwh is not None else ""
        return f"energy not known: {energy.absent or 'nothing was read'}{host}"
    parts = [f"{_kwh(energy.marginal_kwh)} for work"]
    parts += [f"{_kwh(energy.full_kwh)} in all"] if energy.full_kwh is not None else []
    parts += [f"± {significant(energy.uncertainty_pct, 2)} %"] if energy.uncertainty_pct is not None else []
    parts += [f"by {energy.method}"] if energy.method is not None else []
    if energy.known_pct < 100:  # noqa: PLR2004 - all of it
        parts.append(f"known for {share_word(energy.known_pct)} of the time")
    return " · ".join(parts)


def _online(online: Online) -> Text:
    share = min(1.0, online.hours / online.needed_hours) if online.needed_hours > 0 else 1.0
    done = int(share * _PROGRESS)
    text = Text("online ")
    text.append("█" * done, style="green").append("░" * (_PROGRESS - done), style="dim")
    needed, span = f"{online.needed_hours:g}", f"{online.of_hours:g}"
    return text.append(f" {online.hours:.1f} of the {needed} h in {span} h that {online.card} asks for")


def _lines(earnings: Earnings, width: int) -> RenderableType:
    """A row for each device, payer or workload; one more for each further asset."""
    rows: list[tuple[EarningsLine, str, bool]] = []
    for line in earnings.lines:
        of_line = (line.metered, line.accepted, line.settled, line.fees, line.energy_cost, _one(line.net))
        rows += [(line, asset, not place) for place, asset in enumerate(assets_in(of_line, earnings.currency))]
    assets = {asset for _, asset, _ in rows}
    only = next(iter(assets)) if len(assets) == 1 else None

    def money(name: str, rank: int, which: str) -> Column:
        amounts = [_one(line.net) if which == "net" else getattr(line, which) for line, _, _ in rows]
        cells = [figure_in(each, asset) or NOTHING for each, (_, asset, _) in zip(amounts, rows, strict=True)]
        return Column(name, (cells,), rank, right=True)

    called = _names(earnings)
    names = [called[line] if is_first else "" for line, _, is_first in rows]
    short = Column(earnings.by or "", ([each[:_SHORT] for each in names],))
    columns = [
        Column(earnings.by or "", (names, *short.forms), rank=1, short_header=earnings.by or ""),
        Column("work", ([_hours(line.device_hours) if first else "" for line, _, first in rows],), rank=5, right=True),
        *([] if only else [Column("", ([asset for _, asset, _ in rows],))]),
        money("metered", 0, "metered"),
        money("accepted", 0, "accepted"),
        money("settled", 3, "settled"),
        money("fees", 7, "fees"),
        Column(
            "energy", ([_kwh(line.energy.marginal_kwh) if first else "" for line, _, first in rows],), 6, right=True
        ),
        money("its cost", 4, "energy_cost"),
        money("net", 2, "net"),
    ]
    if _needed([short, *(each for each in columns if not each.rank)]) > width:
        return Group(*_one_by_one(earnings, called))
    grid = figure_table(columns, width)
    grid.caption = f"in {only}" if only else None
    grid.caption_justify = "left"
    return grid


def _needed(columns: Iterable[Column]) -> int:
    """The least room for columns that are not to be left out, or cut."""
    return sum(max(cell_len(str(each)) for each in (column.header, *column.forms[0])) + 1 for column in columns)


def _one_by_one(earnings: Earnings, called: Mapping[EarningsLine, str]) -> Iterator[RenderableType]:
    """Where there is no room for a table: each with what counts of it below its name."""
    for line in earnings.lines:
        yield Text(called[line], style="bold", overflow="fold")
        told = (("metered", line.metered), ("accepted", line.accepted), ("net", _one(line.net)))
        for name, amounts in told:
            yield from (Text(f"  {name} {amount_word(each)}") for each in amounts)


def _noted(notes: Iterable[str]) -> RenderableType:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=1)
    grid.add_column(overflow="fold")
    for note in notes:
        grid.add_row(Text("▲", style="yellow"), note)
    return Padding(grid, 0)


def _unrated(total: EarningsLine) -> Iterator[str]:
    for each in total.unrated:
        yield f"{_hours(each.hours)} of work have no rate ({each.reason}){': ' + each.why if each.why else ''}"


def _one(amount: AmountText | None) -> tuple[AmountText, ...]:
    return () if amount is None else (amount,)


def _names(earnings: Earnings) -> dict[EarningsLine, str]:
    """What each line is called; cards that went by one name are told apart by their UUIDs."""
    found = {
        line: {"device": line.device, "payer": line.payer}.get(earnings.by or "", line.workload)
        for line in earnings.lines
    }
    twice = {name for name, count in Counter(found.values()).items() if count > 1}
    return {
        line: (f"{name} {(line.uuid or '')[:_UUID]}…" if name in twice else name) or f"no {earnings.by}"
        for line, name in found.items()
    }


def _hours(hours: float) -> str:
    return f"{hours:,.1f} h"


def _kwh(kwh: float | None) -> str:
    if kwh is None:
        return NOTHING
    return f"{kwh:,.1f} kWh" if abs(kwh) >= 100 else f"{significant(kwh)} kWh"  # noqa: PLR2004 - three digits are left
