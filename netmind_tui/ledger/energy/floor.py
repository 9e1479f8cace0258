"""The floor: the rate above which an hour of a device pays, power × price ÷ (1 − fees), slot by slot of the tariff."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from netmind_tui.model.tariff import PriceSlot

_WHOLE = 100
_DECIMALS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotFloor:
    """The floor from one moment up to another, in whole units of a currency an hour; a negative price makes it so."""

    start: datetime
    end: datetime
    exact: Fraction
    price: Decimal
    currency: str

    @property
    def per_hour(self) -> Decimal:
        """Rounded up to a millionth: whoever earns that loses nothing."""
        scaled = self.exact * 10**_DECIMALS
        return Decimal(-(-scaled.numerator // scaled.denominator)).scaleb(-_DECIMALS)


def floor_of(power_mw: int, price: Decimal, fee_pct: Decimal | Fraction | int = 0) -> Fraction:
    """What an hour under that power must bring, before the fee, not to lose.

    Args:
        power_mw: under load, with the host's share.
        price: of a kWh.
        fee_pct: what is kept and burnt of what is earned, together; below 100.

    Raises:
        ValueError: the fee leaves nothing.
    """
    left = 1 - Fraction(fee_pct) / _WHOLE
    if left <= 0:
        raise ValueError(f"a fee of {fee_pct} % leaves nothing")
    return Fraction(power_mw, 1_000_000) * Fraction(price) / left


def floors(power_mw: int, slots: Sequence[PriceSlot], fee_pct: Decimal | Fraction | int = 0) -> tuple[SlotFloor, ...]:
    """The floor of each slot."""
    return tuple(
        SlotFloor(
            start=slot.start,
            end=slot.end,
            exact=floor_of(power_mw, slot.price, fee_pct),
            price=slot.price,
            currency=slot.currency,
        )
        for slot in slots
    )
