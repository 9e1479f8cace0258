"""What an hour under load costs, and the rate above which it pays. Money is decimal from the owner's words on."""

import re
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

_STEP = Decimal("0.000001")
_PRICE = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)(?: ?([A-Za-z]{3}))?")
_FEE = re.compile(r"([0-9]{1,2}(?:\.[0-9]{1,4})?)(?: ?%)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An amount of a currency, exact to a millionth; ``currency`` is ``None`` where the owner named none."""

    amount: Decimal
    currency: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """What the owner pays for a kilowatt-hour, and the per cent that a network or market keeps of what is earned.

    ``price_from`` is the file in which the price stands; ``None`` where it was said with the command.
    """

    price_per_kwh: Money
    fee_pct: Decimal = Decimal(0)
    price_from: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one device costs under load. ``floor_an_hour`` is what an hour must bring, before the fee, not to lose.

    Both amounts are ``None`` where the power is not known; ``unknown`` then says why, and how it could be.
    ``price_from`` is the file in which the price stands; ``None`` where it was said with the command.
    """

    price_per_kwh: Money
    fee_pct: Decimal
    an_hour: Money | None = None
    floor_an_hour: Money | None = None
    unknown: str | None = None
    price_from: str | None = None


def read_price(text: str) -> Money:
    """The money in ``0.30``, ``0.30EUR`` or ``0.30 EUR``.

    Raises:
        Problem: it is no amount of 0 or more with at most six decimals, or its currency has not three letters.
    """
    found = _PRICE.fullmatch(text.strip())
    if found is None:
        raise Problem(f"--price {text}: a price per kWh is expected, such as 0.30 or 0.30EUR", ExitCode.USAGE)
    amount, currency = found.groups()
    return Money(amount=Decimal(amount), currency=currency.upper() if currency else None)


def read_fee(text: str) -> Decimal:
    """The per cent in ``12.5`` or ``12.5 %``.

    Raises:
        Problem: it is no number from 0 to below 100.
    """
    found = _FEE.fullmatch(text.strip())
    if found is None:
        raise Problem(f"--fee {text}: a share in per cent from 0 to below 100 is expected, such as 10", ExitCode.USAGE)
    return Decimal(found[1])


def cost_under(power_w: float | None, tariff: Tariff, unknown: str | None = None) -> Cost:
    """What an hour at that power costs: power × price, and its floor: that ÷ (1 − fee), rounded up."""
    price, fee = tariff.price_per_kwh, tariff.fee_pct
    if power_w is None:
        return Cost(price_per_kwh=price, fee_pct=fee, unknown=unknown, price_from=tariff.price_from)
    hour = Decimal(f"{power_w:.1f}") / 1000 * price.amount
    floor = hour / (1 - fee / 100)
    return Cost(
        price_per_kwh=price,
        fee_pct=fee,
        an_hour=Money(amount=hour.quantize(_STEP, ROUND_HALF_UP), currency=price.currency),
        floor_an_hour=Money(amount=floor.quantize(_STEP, ROUND_CEILING), currency=price.currency),
        price_from=tariff.price_from,
    )
