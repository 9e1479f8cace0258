"""What power costs, as the screens look it up: stretches of one price, found by a moment. Exact, and pure."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from netmind_tui.model.assumption import PriceAt
from netmind_tui.model.tariff import PriceBasis
from netmind_tui.model.worth import Prices

AN_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRun:
    """One price of a kilowatt-hour from ``start`` up to ``end``."""

    start: datetime
    end: datetime
    price: Decimal
    currency: str
    basis: PriceBasis


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What a power costs over a time: by currency; ``unpriced`` is how long no price is known."""

    costs: Mapping[str, Fraction]
    unpriced: timedelta = timedelta()


class PricePlan:
    """Prices between two moments; neighbours of one price are one stretch."""

    def __init__(self, prices: Prices) -> None:
        self.runs: Sequence[PriceRun] = tuple(_runs(prices))
        self.known = prices.known
        self._starts = [each.start for each in self.runs]

    def at(self, moment: datetime) -> PriceRun | None:
        """The stretch that a moment is in; ``None`` where no price is known."""
        place = bisect_right(self._starts, moment) - 1
        found = self.runs[place] if place >= 0 else None
        return found if found is not None and moment < found.end else None

    def between(self, start: datetime, end: datetime) -> Iterator[PriceRun]:
        """The stretches from one moment up to another, cut to these."""
        first = max(0, bisect_right(self._starts, start) - 1)
        for place in range(first, len(self.runs) if start < end else first):
            run = self.runs[place]
            if run.start >= end:
                return
            if run.end > start:
                yield replace(run, start=max(run.start, start), end=min(run.end, end))

    def price_at(self, currency: str | None) -> PriceAt:
        """What a kilowatt-hour costs at a moment; ``None`` in any other currency, for the interface converts none."""

        def price(moment: datetime) -> Decimal | None:
            found = self.at(moment)
            return found.price if found is not None and currency in (None, found.currency) else None

        return price

    def bill(self, kilowatts: Decimal, start: datetime, end: datetime) -> Bill:
        """What a power over a time costs."""
        costs: dict[str, Fraction] = {}
        priced = timedelta()
        for run in self.between(start, end):
            length = run.end - run.start
            priced += length
            cost = Fraction(kilowatts) * Fraction(run.price) * hours(length)
            costs[run.currency] = costs.get(run.currency, Fraction()) + cost
        return Bill(costs=costs, unpriced=end - start - priced)


def hours(length: timedelta) -> Fraction:
    """A length of time in hours, exact."""
    return Fraction(length // timedelta(microseconds=1), AN_HOUR // timedelta(microseconds=1))


def _runs(prices: Prices) -> Iterator[PriceRun]:
    last: PriceRun | None = None
    for slot in prices.slots:
        price = Decimal(slot.price_per_kwh)
        is_same = last is not None and (last.end, last.price, last.currency, last.basis) == (
            slot.start,
            price,
            slot.currency,
            slot.basis,
        )
        if last is not None and is_same:
            last = replace(last, end=slot.end)
            continue
        if last is not None:
            yield last
        last = PriceRun(start=slot.start, end=slot.end, price=price, currency=slot.currency, basis=slot.basis)
    if last is not None:
        yield last
