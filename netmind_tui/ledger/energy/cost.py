"""What an interval's energy costs: each part of it at the price of its slot, exact to the last digit.

Energy is taken to be spread evenly over the interval; none is longer than a quarter of an hour.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction

from netmind_tui.model.ledger import Account, Move, Usage
from netmind_tui.model.money import Asset
from netmind_tui.model.tariff import PriceBasis, PriceSlot

MJ_PER_KWH = 3_600_000_000
UNPRICED = "no price of power is known"
_US = timedelta.resolution


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyCost:
    """The moves of an entry for its energy, the time of it without a price, and what the entry notes of the prices."""

    moves: tuple[Move, ...] = ()
    unpriced_ms: int = 0
    note: dict[str, str] = field(default_factory=dict)


def cost_of(
    usage: Usage, start: datetime, end: datetime, slots: Sequence[PriceSlot], asset_of: Callable[[str], Asset]
) -> EnergyCost:
    """What the energy of an interval comes to.

    Args:
        usage: what was used from ``start`` to ``end``.
        start: when the interval began.
        end: when it ended; where a clock was set that may be when it began, and the price of that moment holds.
        slots: prices that cover it, without overlaps.
        asset_of: the asset of a currency.
    """
    parts = {
        Account.ENERGY_MARGINAL: usage.energy_mj - usage.idle_mj,
        Account.ENERGY_IDLE: usage.idle_mj,
        Account.ENERGY_HOST: usage.host_mj,
    }
    if not any(parts.values()):
        return EnergyCost()
    shares = _shares(start, end, slots)
    priced = sum((share for share, _ in shares), Fraction(0))
    by_currency: dict[str, Fraction] = {}
    for share, slot in shares:
        by_currency[slot.currency] = by_currency.get(slot.currency, Fraction(0)) + share * Fraction(slot.price)
    moves = tuple(
        Move(
            debit=account,
            credit=Account.ENERGY_OWED,
            asset=asset_of(currency),
            exact=Fraction(energy_mj, MJ_PER_KWH) * price,
        )
        for currency, price in by_currency.items()
        for account, energy_mj in parts.items()
        if energy_mj and price
    )
    unpriced_ms = round(usage.duration_ms * (1 - priced))
    note = {"price": "; ".join(_words(slot) for _, slot in shares)} if shares else {}
    if priced < 1:
        note["unpriced"] = UNPRICED
        note |= {"unpriced_s": f"{unpriced_ms / 1000:g}"} if shares else {}
    return EnergyCost(moves=moves, unpriced_ms=unpriced_ms, note=note)


def _shares(start: datetime, end: datetime, slots: Sequence[PriceSlot]) -> list[tuple[Fraction, PriceSlot]]:
    """The part of the interval in each slot."""
    length_us = (end - start) // _US
    if length_us <= 0:
        return [(Fraction(1), slot) for slot in slots if slot.start <= start < slot.end][:1]
    found = []
    for slot in slots:
        common_us = (min(end, slot.end) - max(start, slot.start)) // _US
        if common_us > 0:
            found.append((Fraction(common_us, length_us), slot))
    return found


def _words(slot: PriceSlot) -> str:
    how = "" if slot.basis is PriceBasis.PUBLISHED else f", {slot.basis}"
    source = f" ({slot.source}{how})" if slot.source else how
    return f"{slot.price:f} {slot.currency} per kWh{source}"
