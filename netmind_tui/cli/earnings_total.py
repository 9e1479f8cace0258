"""What a period came to in all, for people: figures side by side that are never added, and what is left of one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from netmind_tui.model.amount_word import amount_word, figure_of, is_zero
from netmind_tui.model.earnings import EarningsLine
from netmind_tui.model.money import AmountText

NOTHING = "—"
_ROOM = 24
"""Words that have less stand below the figures."""


def three(total: EarningsLine, currency: str | None, width: int) -> RenderableType:
    """Metered, accepted and settled: an asset a row. None is part of another, so there is no sum of them.

    No figure is ever cut: what leaves no room for that is left out, and at last they stand one below the other.
    """
    always = [
        _Figure("metered", "by your card", total.metered),
        _Figure("accepted", "by payers", total.accepted),
        _Figure("settled", "paid", total.settled),
    ]
    columns = list(always)
    if is_some(total.rejected):
        columns.insert(2, _Figure("rejected", "by payers", total.rejected))
    if is_some(total.open) and total.open != total.metered:
        columns.insert(1, _Figure("open", "no answer yet", total.open))
    assets = assets_in([each.amounts for each in columns], currency)
    for shown in (columns, always):
        for gap in (3, 1):
            if sum(each.width(assets) + gap for each in shown) + max(map(cell_len, assets)) <= width:
                return _side_by_side(shown, assets, gap)
    grid = Table.grid(padding=(0, 2))
    for each in columns:
        for place, asset in enumerate(assets):
            grid.add_row("" if place else each.name, Text(f"{each.cell(asset)} {asset}", justify="right"))
    return grid


@dataclass(frozen=True, slots=True)
class _Figure:
    """One of the figures that stand side by side."""

    name: str
    meaning: str
    amounts: Sequence[AmountText]

    def cell(self, asset: str) -> str:
        return figure_in(self.amounts, asset) or "0"

    def width(self, assets: Sequence[str]) -> int:
        return max(map(cell_len, (self.name, self.meaning, *map(self.cell, assets))))


def _side_by_side(shown: Sequence[_Figure], assets: Sequence[str], gap: int) -> Table:
    grid = Table(box=None, padding=(0, gap, 0, 0), pad_edge=False)
    grid.add_column("")
    for each in shown:
        header = Text.assemble((each.name, "bold"), (f"\n{each.meaning}", "dim"))
        grid.add_column(header, justify="right", no_wrap=True)
    for asset in assets:
        grid.add_row(Text(asset, style="dim"), *(each.cell(asset) for each in shown))
    return grid


def statement(total: EarningsLine, currency: str | None, width: int) -> RenderableType:
    """From what was accepted to what is left of it."""
    zero = (AmountText(asset=currency, amount="0"),) if currency is not None else ()
    full = [each for each in total.energy_cost_full if each not in total.energy_cost]
    words = "what work added"
    words += f"; {' and '.join(map(amount_word, full))} with what the devices draw anyway" if full else ""
    parts = [("gross", total.accepted or zero, "what payers accepted")]
    parts += [("- fees", total.fees, "")] if is_some(total.fees) else []
    parts += [("- burnt", total.burnt, "")] if is_some(total.burnt) else []
    parts.append(("- energy", total.energy_cost or zero, words))
    rows: list[tuple[str, str, str]] = []
    for name, amounts, meaning in parts:
        told = [amount_word(each) for each in amounts] or ["0"]
        rows += [("" if place else name, amount, "" if place else meaning) for place, amount in enumerate(told)]
    if total.net is None:
        rows.append(("= net", NOTHING, total.net_absent or "it is not known"))
    else:
        rows.append(("= net", amount_word(total.net), _caveat(total)))
    room = width - sum(max(cell_len(row[place]) for row in rows) + 2 for place in (0, 1))
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(overflow="fold", style="dim")
    for name, amount, meaning in rows:
        beside = meaning if room >= _ROOM else ""
        if name != "= net":
            grid.add_row(name, amount, beside)
        else:
            style = "" if total.net is None else "bold red" if total.net.amount.startswith("-") else "bold green"
            grid.add_row(Text(name, style="bold"), Text(amount, style=style), beside)
    if room >= _ROOM:
        return grid
    below = "; ".join(f"{name.removeprefix('- ').removeprefix('= ')}: {words}" for name, _, words in rows if words)
    return Group(grid, Text(below, style="dim"))


def _caveat(total: EarningsLine) -> str:
    """What this is without."""
    parts = ["open work earns nothing before a payer accepts it"] if is_some(total.open) else []
    if total.unpriced_pct:
        parts.append(f"no price of power was known for {share_word(total.unpriced_pct)} of the work")
    if total.energy.known_pct < 100 and total.device_hours:  # noqa: PLR2004 - all of it
        parts.append(f"what was drawn is not known for {share_word(100 - total.energy.known_pct)} of the time")
    return "; ".join(parts)


def assets_in(columns: Iterable[Sequence[AmountText]], currency: str | None) -> list[str]:
    """The assets that stand there, the owner's currency first; one row where there are none."""
    found = sorted(
        {amount.asset for amounts in columns for amount in amounts}, key=lambda each: (each != currency, each)
    )
    return found or [currency or ""]


def figure_in(amounts: Sequence[AmountText], asset: str) -> str:
    """The figure of an asset; empty where there is none."""
    return next((figure_of(each) for each in amounts if each.asset == asset), "")


def is_some(amounts: Sequence[AmountText]) -> bool:
    """Whether any of them is more than nothing, or less."""
    return any(not is_zero(each) for each in amounts)


def share_word(percent: float) -> str:
    """Never 100 % of what is not all of it, nor 0 % of what is some."""
    return f"{min(percent, 99.9):.1f} %" if percent >= 0.1 else "less than 0.1 %"  # noqa: PLR2004 - as it is told
