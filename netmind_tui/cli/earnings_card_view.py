"""Rate cards for people: what is paid, by which facts, what sources say against each other, and what nobody says."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from netmind_tui.cli.page import Page, printed
from netmind_tui.ledger.rate.word import span, words
from netmind_tui.model.rate_card import Band, Rate, RateCard, RateCardDocument, RateCardsDocument, Reward

_PAID = {"work": "for work", "ready": "for standing by", "online": "for being online"}
_Row = tuple[str, str]


def listed(document: RateCardsDocument, page: Page) -> str:
    """A line for each card."""
    grid = Table.grid(padding=(0, 2))
    for _ in range(4):
        grid.add_column(overflow="fold")
    for each in document.cards:
        mark = "chosen" if each.is_chosen else ""
        grid.add_row(
            Text(each.name, style="bold"), each.version, f"{each.title} ({each.date})", Text(mark, style="green")
        )
    return printed([grid], page)


def shown(document: RateCardDocument, page: Page) -> str:
    """One card, section by section; a section about which it says nothing is left out."""
    return printed(_blocks(document), page)


def _blocks(document: RateCardDocument) -> Iterator[RenderableType]:
    card = document.card
    chosen = "your work is rated by it" if document.is_chosen else "not chosen: your work is not rated by it"
    yield Text.assemble((card.name, "bold"), f" {card.version}  {card.title}, {card.date}", (f"  {chosen}", "dim"))
    for sentence in (*document.warnings, *card.notes):
        yield Text(f"▲ {sentence}", style="yellow")
    yield from _section("pays", [(each.name, _reward(each)) for each in card.rewards])
    yield from _section("rates", [(rate.reward, _rate(rate)) for rate in (*card.rates, *document.own)])
    if card.online is not None:
        online = card.online
        asks = f"more than {online.hours:f} h online of {online.of_hours:f} h, for {online.reward}"
        yield from _section("asks for", [("", _with(asks, online.note))])
    yield from _section(
        "levels of devices", [(each.name, ", ".join(device.listed for device in each.devices)) for each in card.levels]
    )
    yield from _section("listed, but no device is taken for it", list(_untold(card)))
    yield from _section("by the speed of the line", [(_speed(each), f"{each.share_pct:f} %") for each in card.bands])
    yield from _section("modes", [(each.name, f"× {each.factor:f}, {each.title}") for each in card.modes])
    yield from _section("of what renters pay", list(_splits(card)))
    yield from _section("at most a day, for all", list(_emissions(document)))
    yield from _section(
        "locked up", [(each.title, f"{each.release}{_holds(each.start, each.end)}") for each in card.lockups]
    )
    if card.payout is not None:
        ends = f"; the day ends at {card.payout.day_ends}" if card.payout.day_ends else ""
        steps = [("", step) for step in card.payout.steps]
        yield from _section("paid out", [("", _with(f"{card.payout.every}{ends}", card.payout.note)), *steps])
    for conflict in card.conflicts:
        rows = [(claim.source, claim.says) for claim in conflict.claims]
        yield from _section(f"sources disagree: {conflict.about}", [*rows, ("taken", conflict.taken)])
    yield from _section("not published", [(each.what, each.means) for each in card.unpublished])
    yield from _section(
        "sources", [(each.id, f"{each.title}, read {each.read}{_url(each.url)}") for each in card.sources]
    )


def _section(title: str, rows: Iterable[_Row]) -> Iterator[RenderableType]:
    kept = list(rows)
    if not kept:
        return
    grid = Table.grid(padding=(0, 2))
    if any(name for name, _ in kept):
        grid.add_column(overflow="fold", ratio=1, max_width=24)
    grid.add_column(overflow="fold", ratio=4)
    for name, words_ in kept:
        grid.add_row(*([Text(name)] if len(grid.columns) > 1 else []), Text(words_))
    yield Text(f"\n{title}", style="bold")
    yield Padding(grid, (0, 0, 0, 2))


def _reward(reward: Reward) -> str:
    by = f", by {', '.join(reward.by)}" if reward.by else ""
    return _with(f"{reward.title}: {_PAID[reward.paid]}{by}", reward.note)


def _rate(rate: Rate) -> str:
    named = (("level", rate.level), ("", rate.model), ("", rate.device), ("work", rate.workload), ("payer", rate.payer))
    about = [f"{what} {name}".strip() for what, name in (*named, ("mode", rate.mode)) if name]
    whose = "yours" if rate.is_owners else "not published: yours to enter" if rate.amount is None else rate.source or ""
    amount = [] if rate.amount is None else [f"{words(rate)}{_holds(rate.start, rate.end)}"]
    return ", ".join(part for part in (*amount, *about, whose) if part)


def _untold(card: RateCard) -> Iterator[_Row]:
    for level in card.levels:
        for device in level.devices:
            if not device.names:
                yield device.listed, device.note or "no name of a device is this one's"


def _splits(card: RateCard) -> Iterator[_Row]:
    for each in card.splits:
        parts = (("paid", each.paid_pct), ("kept", each.fee_pct), ("burnt", each.burnt_pct))
        shares = ", ".join(f"{share:f} % {what}" for what, share in parts if share)
        yield each.reward, _with(f"{shares}{f' (mode {each.mode})' if each.mode else ''}", each.note)


def _emissions(document: RateCardDocument) -> Iterator[_Row]:
    for each in document.card.emissions:
        now = "  now" if each == document.emission else ""
        yield f"phase {each.phase}", f"{each.daily:,f} {each.asset}{_holds(each.start, each.end)}{now}"


def _speed(band: Band) -> str:
    if band.above_mbps is not None:
        return f"above {band.above_mbps:f} Mbit/s"
    return "slower" if band.at_least_mbps is None else f"from {band.at_least_mbps:f} Mbit/s"


def _holds(start: datetime | None, end: datetime | None) -> str:
    return f" {span(start, end)}" if start or end else ""


def _with(sentence: str, note: str | None) -> str:
    return f"{sentence}; {note}" if note else sentence


def _url(url: str | None) -> str:
    return f", {url}" if url else ""
