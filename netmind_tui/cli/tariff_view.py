"""Prices of power for people: a day by the clock, how dear each hour is beside the others, and when it is cheap."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from rich.console import RenderableType
from rich.text import Text

from netmind_tui.cli.figure_table import Column, figure_table
from netmind_tui.cli.harmless import harmless
from netmind_tui.cli.page import Page, printed
from netmind_tui.ledger.tariff.cheap import average, cheapest
from netmind_tui.model.money import decimal_text
from netmind_tui.model.tariff import PriceBasis, PriceSlot
from netmind_tui.model.worth import Prices

_HOUR = timedelta(hours=1)
_STRETCHES = (1, 4, 8)
_MOST_ROWS = 26
"""More are told by the hour: those of a day of 25 hours, and one that is cut by a gap, are not."""
_LONGEST_BAR = 24
_DECIMALS = 4
_BAR = "█"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One line: a stretch of time, and its slots; none where no price is known."""

    start: datetime
    end: datetime
    slots: tuple[PriceSlot, ...] = ()

    @property
    def price(self) -> Fraction | None:
        return average(self.slots)

    @property
    def basis(self) -> str:
        found = {slot.basis for slot in self.slots} - {PriceBasis.PUBLISHED}
        return ", ".join(sorted(found))


def table(prices: Prices, zone: ZoneInfo, page: Page, now: datetime) -> str:
    """The prices of a day on a page of any width."""
    return printed(_blocks(harmless(prices), zone, page, now), page)


def _blocks(prices: Prices, zone: ZoneInfo, page: Page, now: datetime) -> Iterator[RenderableType]:
    slots = [_slot(prices, number) for number in range(len(prices.slots))]
    yield Text.assemble(
        (f"{prices.start.astimezone(zone):%a %d %b %Y}", "bold"), (f" · {zone.key}", "dim"), _long(prices)
    )
    yield Text()
    if slots:
        yield from _sums(slots, zone)
        yield Text()
        rows = _rows(slots, prices.start, prices.end)
        yield _table(rows, zone, page.width, now)
        if len(rows) < len(slots):
            yield Text("by the hour, on average", style="dim")
        yield Text()
    yield Text(prices.known, style="dim")
    for warning in prices.warnings:
        yield Text.assemble(("▲ ", "yellow"), warning)


def _long(prices: Prices) -> Text:
    """How long the day is, where that is not 24 hours."""
    hours = (prices.end - prices.start) / _HOUR
    way = "forward" if hours < 24 else "back"  # noqa: PLR2004 - a day
    return Text("" if hours == 24 else f" · {hours:g} hours: clocks are put {way}", style="yellow")  # noqa: PLR2004 - a day


def _sums(slots: Sequence[PriceSlot], zone: ZoneInfo) -> Iterator[Text]:
    mean = average(slots)
    if mean is None:
        yield Text("its prices are in several currencies", style="yellow")
        return
    low, high = min(slots, key=_by_price), max(slots, key=_by_price)
    yield Text.assemble(
        ("average ", "dim"),
        (f"{_told(mean)} {low.currency} per kWh", "bold"),
        f", lowest {_told(low.price)} at {_clock(low.start, zone)}, highest {_told(high.price)}"
        f" at {_clock(high.start, zone)}",
    )
    if low.price == high.price:
        return
    found = [(hours, cheapest(slots, hours * _HOUR)) for hours in _STRETCHES]
    words = [
        f"{hours} h from {_clock(each.start, zone)} at {_told(each.average)}"
        for hours, each in found
        if each is not None
    ]
    if words:
        yield Text.assemble(("cheapest ", "dim"), ", ".join(words))


def _rows(slots: Sequence[PriceSlot], start: datetime, end: datetime) -> list[_Row]:
    """Equal prices that follow each other are one; where these are too many, one for each hour."""
    found = _with_gaps(_together(slots), start, end)
    if len(found) <= _MOST_ROWS:
        return found
    by_hour: list[_Row] = []
    at = start
    while at < end:
        stop = min(at + _HOUR, end)
        by_hour.append(_Row(start=at, end=stop, slots=tuple(_cut(slots, at, stop))))
        at = stop
    return by_hour


def _together(slots: Sequence[PriceSlot]) -> list[_Row]:
    rows: list[_Row] = []
    for slot in slots:
        last = rows[-1].slots[-1] if rows else None
        if last is not None and last.end == slot.start and _kind(last) == _kind(slot):
            rows[-1] = _Row(start=rows[-1].start, end=slot.end, slots=(*rows[-1].slots, slot))
        else:
            rows.append(_Row(start=slot.start, end=slot.end, slots=(slot,)))
    return rows


def _with_gaps(rows: Sequence[_Row], start: datetime, end: datetime) -> list[_Row]:
    found: list[_Row] = []
    at = start
    for row in rows:
        if row.start > at:
            found.append(_Row(start=at, end=row.start))
        found.append(row)
        at = row.end
    return [*found, _Row(start=at, end=end)] if at < end else found


def _table(rows: Sequence[_Row], zone: ZoneInfo, width: int, now: datetime) -> RenderableType:
    prices = [row.price for row in rows]
    highest = max((abs(price) for price in prices if price is not None), default=Fraction(0))
    currencies = {slot.currency for row in rows for slot in row.slots}
    unit = f"{currencies.pop()}/kWh" if len(currencies) == 1 else "per kWh"
    here = ["▶" if row.start <= now < row.end else " " for row in rows]
    columns = [
        Column("", (here,)) if "▶" in here else None,
        Column("from", ([_clock(row.start, zone) for row in rows],)),
        Column("to", ([_clock(row.end, zone, is_end=True) for row in rows],)),
        Column(unit, ([_price(price) for price in prices],), right=True),
        Column("", ([_bar(price, highest) for price in prices],), 1),
        Column("known by", ([row.basis for row in rows],)) if any(row.basis for row in rows) else None,
    ]
    return figure_table([column for column in columns if column is not None], width)


def _price(price: Fraction | None) -> Text:
    return Text("not known", style="yellow") if price is None else Text(_told(price))


def _bar(price: Fraction | None, highest: Fraction) -> Text:
    """How dear it is beside the dearest; what is paid to whoever takes it is green."""
    if not price or not highest:
        return Text("")
    length = max(1, round(abs(price) / highest * _LONGEST_BAR))
    return Text(_BAR * length, style="green" if price < 0 else "dim")


def _cut(slots: Sequence[PriceSlot], start: datetime, end: datetime) -> Iterator[PriceSlot]:
    for slot in slots:
        begin, stop = max(slot.start, start), min(slot.end, end)
        if begin < stop:
            yield PriceSlot(start=begin, end=stop, price=slot.price, currency=slot.currency, basis=slot.basis)


def _slot(prices: Prices, number: int) -> PriceSlot:
    each = prices.slots[number]
    price = Decimal(each.price_per_kwh)
    return PriceSlot(start=each.start, end=each.end, price=price, currency=each.currency, basis=each.basis)


def _kind(slot: PriceSlot) -> tuple[Decimal, str, PriceBasis]:
    return slot.price, slot.currency, slot.basis


def _by_price(slot: PriceSlot) -> Decimal:
    return slot.price


def _told(price: Fraction | Decimal) -> str:
    minor = int(abs(Fraction(price)) * 10**_DECIMALS + Fraction(1, 2))
    return decimal_text(-minor if price < 0 else minor, _DECIMALS)


def _clock(moment: datetime, zone: ZoneInfo, *, is_end: bool = False) -> str:
    """The time of day; the second of an hour that comes twice says so."""
    local = moment.astimezone(zone)
    words = f"{local:%H:%M}"
    if is_end and words == "00:00":
        return "24:00"
    return f"{words} {local:%Z}" if _comes_twice(local) else words


def _comes_twice(local: datetime) -> bool:
    return local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
