"""Prices as documents tell them: decimals in strings, slot by slot."""

from datetime import datetime

from netmind_tui.model.tariff import PowerPrice
from netmind_tui.model.worth import Prices, PriceText


def prices_of(tariff: PowerPrice, start: datetime, end: datetime, known: str, warnings: tuple[str, ...] = ()) -> Prices:
    """The prices of power between two moments.

    Args:
        tariff: What knows them.
        start: The first moment.
        end: The last one.
        known: How they are known, in a sentence.
        warnings: What is odd in them.
    """
    return Prices(
        start=start,
        end=end,
        slots=tuple(
            PriceText(
                start=each.start,
                end=each.end,
                price_per_kwh=f"{each.price:f}",
                currency=each.currency,
                basis=each.basis,
                source=each.source,
            )
            for each in tariff.slots(start, end)
        ),
        known=known,
        warnings=warnings,
    )
