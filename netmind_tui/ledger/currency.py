"""What one asset cost in another on a day: prices that the owner enters or imports, each with its date and source."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """One whole unit of ``asset`` cost ``price`` of ``currency`` on a day; ``source`` says who says so.

    ``place`` is where it stands, for sentences: ``prices.csv, line 3``.
    """

    on: date
    asset: str
    currency: str
    price: Decimal
    source: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """What one unit of ``asset`` is in ``currency``: ``price``, exact, as it was on ``on``, and by which ``words``.

    ``on`` is the older day of the two where it goes by way of a third asset; ``None`` where both are the same. Where
    there is none ``price`` is ``None``, and ``absent`` says why.
    """

    asset: str
    currency: str
    price: Fraction | None = None
    on: date | None = None
    words: str = ""
    absent: str | None = None


class Exchange:
    """Every price that is known. What held on a day is the last one of that day or before, as entered.

    A pair may stand the other way about, or go by way of one other asset; the newest wins, and of those of one day the
    one as it stands, then the one turned round.

    Raises:
        Problem: two prices of one pair and day differ; the sentence names both places.
    """

    def __init__(self, quotes: Iterable[Quote] = ()) -> None:
        self._quotes: dict[tuple[str, str], list[Quote]] = {}
        for quote in sorted(quotes, key=lambda each: (each.on, each.place)):
            row = self._quotes.setdefault((quote.asset, quote.currency), [])
            if row and row[-1].on == quote.on:
                if row[-1].price != quote.price:
                    raise Problem(
                        f"{quote.place}: {quote.asset} in {quote.currency} of {quote.on} is {quote.price:f} here,"
                        f" and {row[-1].price:f} in {row[-1].place}: keep one of them",
                        ExitCode.USAGE,
                    )
                continue
            row.append(quote)
        self._assets = sorted({code for pair in self._quotes for code in pair})

    def __len__(self) -> int:
        return sum(len(row) for row in self._quotes.values())

    def __iter__(self) -> Iterator[Quote]:
        """Every price, by day, asset and currency."""
        every = [quote for row in self._quotes.values() for quote in row]
        return iter(sorted(every, key=lambda each: (each.on, each.asset, each.currency)))

    def find(self, asset: str, currency: str, on: date) -> Conversion:
        """What a unit of an asset was in a currency on a day (UTC)."""
        if asset == currency:
            return Conversion(asset=asset, currency=currency, price=Fraction(1))
        ways = [self._steps(asset, currency, on)]
        ways += [
            self._steps(asset, middle, on) + self._steps(middle, currency, on)
            for middle in self._assets
            if middle not in (asset, currency) and self._last(asset, middle, on) and self._last(middle, currency, on)
        ]
        found = [_conversion(asset, currency, way) for way in ways if way]
        if not found:
            absent = f"no price of {asset} in {currency} is known for {on} or before"
            return Conversion(asset=asset, currency=currency, absent=absent)
        return max(found, key=lambda each: each.on or date.min)

    def _steps(self, asset: str, currency: str, on: date) -> list["_Step"]:
        step = self._last(asset, currency, on)
        return [step] if step else []

    def _last(self, asset: str, currency: str, on: date) -> "_Step | None":
        """The newest price of a pair, either way about."""
        straight, turned = self._row(asset, currency, on), self._row(currency, asset, on)
        if straight is not None and (turned is None or straight.on >= turned.on):
            return _Step(quote=straight, is_turned=False)
        return None if turned is None else _Step(quote=turned, is_turned=True)

    def _row(self, asset: str, currency: str, on: date) -> Quote | None:
        row = self._quotes.get((asset, currency), [])
        place = bisect_right(row, on, key=lambda each: each.on)
        return row[place - 1] if place else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """One price on the way, as it stands or turned round."""

    quote: Quote
    is_turned: bool

    @property
    def factor(self) -> Fraction:
        """What a unit becomes by it."""
        return 1 / Fraction(self.quote.price) if self.is_turned else Fraction(self.quote.price)

    @property
    def words(self) -> str:
        """``1 NMT = 0.40 EUR (2026-11-20, exchange)``."""
        told = ", ".join(part for part in (f"{self.quote.on}", self.quote.source) if part)
        return f"1 {self.quote.asset} = {self.quote.price:f} {self.quote.currency} ({told})"


def _conversion(asset: str, currency: str, way: list[_Step]) -> Conversion:
    price = Fraction(1)
    for step in way:
        price *= step.factor
    return Conversion(
        asset=asset,
        currency=currency,
        price=price,
        on=min(step.quote.on for step in way),
        words=" × ".join(step.words for step in way),
    )
