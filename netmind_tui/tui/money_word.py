"""Money and energy in the words of the screens: decimals all through, never more digits than anybody reads."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from fractions import Fraction

from netmind_tui.model.amount_word import amount_word, is_zero
from netmind_tui.model.metering import EnergyMethod
from netmind_tui.model.money import AmountText
from netmind_tui.model.quantity import significant

_CENT, _MILL, _FINE, _TINY = Decimal("0.01"), Decimal("0.001"), Decimal("0.0001"), Decimal("0.000001")
_MANY_KWH, _SMALL_KWH = 1000, 0.001
_METHODS = {
    EnergyMethod.NVML_ENERGY: "measured",
    EnergyMethod.NVML_POWER: "measured",
    EnergyMethod.RAPL: "measured",
    EnergyMethod.USER: "declared",
    EnergyMethod.ESTIMATE: "estimated",
}


def price_word(price: Decimal | str, currency: str) -> str:
    """A price of power: ``0.31 EUR/kWh``, with as many decimals as it has, four at most."""
    return f"{figure(Decimal(price))} {currency}/kWh"


def rate_word(rate: Decimal | str, currency: str, *, up: bool = False) -> str:
    """What an hour is worth or costs: ``0.054 EUR/h``."""
    return f"{rate_figure(rate, up=up)} {currency}/h"


def rate_figure(rate: Decimal | str, *, up: bool = False) -> str:
    """The number alone, to a thousandth, and finer where it is small; a floor goes ``up``, so that it loses nothing."""
    exact = Decimal(rate)
    step = _MILL if abs(exact) >= _CENT or not exact else _TINY
    return f"{exact.quantize(step, ROUND_CEILING if up else ROUND_HALF_UP):f}"


def span_word(figures: Sequence[str]) -> str:
    """Several figures from the least to the most, one where they are equal; they come in their order."""
    return figures[0] if figures[0] == figures[-1] else f"{figures[0]}–{figures[-1]}"


def figure(amount: Decimal) -> str:
    """An amount to a ten-thousandth, of which no more is written than is there, and two decimals always."""
    text = f"{amount.quantize(_FINE, ROUND_HALF_UP):f}"
    whole, _, rest = text.partition(".")
    return f"{'0' if whole == '-0' and not rest.strip('0') else whole}.{rest.rstrip('0').ljust(2, '0')}"


def money_word(costs: Mapping[str, Fraction]) -> str:
    """What something costs: ``3.60 EUR``; of several currencies all."""
    return " + ".join(f"{_cents(cost)} {currency}" for currency, cost in sorted(costs.items()))


def amounts_word(amounts: Sequence[AmountText]) -> str:
    """Amounts of the books, those that are nothing left out; nothing where none is left."""
    some = [each for each in amounts if not is_zero(each)]
    return " + ".join(map(amount_word, some or amounts[:1]))


def kwh_word(kwh: float) -> str:
    """Energy: ``1.32 kWh``, ``31.0 kWh``, ``1 204 kWh``."""
    if abs(kwh) < _SMALL_KWH:
        return "0 kWh" if not kwh else f"under {_SMALL_KWH:g} kWh"
    if abs(kwh) >= _MANY_KWH:
        return f"{kwh:,.0f} kWh".replace(",", " ")
    return f"{significant(kwh)} kWh"


def sure_word(uncertainty_pct: float | None) -> str:
    """How sure a figure is: ``±6 %``; nothing where that is not known."""
    if uncertainty_pct is None:
        return ""
    return f"±{uncertainty_pct:.0f} %" if uncertainty_pct >= 1 else "±1 %"


def method_word(method: str | None) -> str:
    """How energy was got at: ``measured``, ``estimated`` or ``declared``."""
    return _METHODS[EnergyMethod(method)] if method in set(EnergyMethod) else method or ""


def _cents(cost: Fraction) -> str:
    exact = Decimal(cost.numerator) / Decimal(cost.denominator)
    rounded = exact.quantize(_CENT, ROUND_HALF_UP)
    return f"{rounded:,.2f}" if rounded or not exact else f"{'-' if exact < 0 else ''}{figure(abs(exact))}"
