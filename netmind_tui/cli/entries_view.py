"""Entries of the ledger for people: a line each, with what became of it."""

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from rich.console import RenderableType
from rich.text import Text

from netmind_tui.cli.figure_table import Column, figure_table
from netmind_tui.cli.harmless import harmless
from netmind_tui.cli.page import Page, printed
from netmind_tui.model.amount_word import amount_word
from netmind_tui.model.earnings import Entries, EntryText
from netmind_tui.model.ledger import EntryKind, State
from netmind_tui.model.money import AmountText
from netmind_tui.model.quantity import significant

_STYLES = {
    State.ACCEPTED: "green",
    State.SETTLED: "bold green",
    State.REJECTED: "red",
    State.EXPIRED: "red",
}
_MJ_PER_WH = 3.6e6
_MS_PER_S = 1000


def table(found: Entries, zone: ZoneInfo, page: Page) -> str:
    """The entries in the owner's time; narrow pages lose what least tells them apart."""
    return printed(_blocks(found, zone, page), page)


def _blocks(found: Entries, zone: ZoneInfo, page: Page) -> Iterator[RenderableType]:
    entries = [harmless(each) for each in found.entries]
    if not entries:
        yield Text("no entry of that kind in that time")
        return
    days = {f"{each.at.astimezone(zone):%Y-%m-%d}" for each in entries}
    only = days.pop() if len(days) == 1 else None
    at = [each.at.astimezone(zone) for each in entries]
    columns = [
        Column("number", ([str(each.number) for each in entries],), rank=4, right=True),
        Column(
            only or "at",
            (
                [f"{each:%H:%M:%S}" if only else f"{each:%Y-%m-%d %H:%M:%S}" for each in at],
                [f"{each:%d %H:%M}" for each in at],
            ),
            rank=3,
            short_header="at",
        ),
        Column("device", ([each.device for each in entries],)),
        Column("what", ([_what(each) for each in entries],)),
        Column("workload", ([each.workload for each in entries],), rank=5),
        Column("payer", ([each.payer for each in entries],), rank=6) if any(each.payer for each in entries) else None,
        Column("length", ([_length(each) for each in entries],), rank=8, right=True),
        Column("energy", ([_energy(each) for each in entries],), rank=7, right=True),
        Column("cost", ([_money(each.cost) for each in entries],), rank=2, right=True),
        Column("worth", ([_money(each.worth) for each in entries],), right=True),
        Column("became", ([_state(each) for each in entries],), rank=1),
    ]
    yield figure_table([each for each in columns if each is not None], page.width)
    if found.has_earlier:
        yield Text(f"\nthe last {len(entries)}; --limit shows more, --from and --after others", style="dim")


def _what(entry: EntryText) -> str:
    return str(entry.usage.activity) if entry.kind is EntryKind.METERED and entry.usage is not None else str(entry.kind)


def _length(entry: EntryText) -> str:
    if entry.usage is None:
        return ""
    minutes, seconds = divmod(round(entry.usage.duration_ms / _MS_PER_S), 60)
    return f"{minutes}:{seconds:02}"


def _energy(entry: EntryText) -> str:
    if entry.usage is None:
        return ""
    known = entry.usage.energy_ms > 0
    return f"{significant((entry.usage.energy_mj + entry.usage.host_mj) / _MJ_PER_WH)} Wh" if known else "—"


def _money(amounts: Sequence[AmountText]) -> str:
    return " + ".join(map(amount_word, amounts))


def _state(entry: EntryText) -> Text:
    if entry.state is None:
        return Text(f"of {entry.about}"[:24] if entry.about else "", style="dim")
    lacks = [entry.note[name] for name in ("unrated", "unpriced") if name in entry.note]
    if entry.state is State.METERED:
        return Text(", ".join(lacks) or ("open" if entry.worth else ""), style="yellow" if lacks else "dim")
    return Text(entry.state, style=_STYLES.get(entry.state, ""))
