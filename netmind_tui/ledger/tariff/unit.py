"""What a price in a file is of: so much of a currency for a kilowatt-hour or a megawatt-hour."""

import re
from dataclasses import dataclass
from decimal import Decimal

from netmind_tui.ledger.written import shown

NO_CURRENCY = "it says no currency: add one there, or netmind config set earnings.currency EUR"
_PER = {"kwh": 0, "mwh": -3}
_CODE = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Unit:
    """A currency, and by which power of ten its prices become prices of a kWh."""

    currency: str
    shift: int = 0

    def a_kwh(self, price: Decimal) -> Decimal:
        """A price of its unit as one of a kWh, exactly."""
        return price.scaleb(self.shift) if self.shift else price


def unit_of(currency: object, per: object = None) -> Unit:
    """The unit that a file names.

    Raises:
        ValueError: no currency is named, it has not three letters, or ``per`` is neither kWh nor MWh.
    """
    if currency is None:
        raise ValueError(NO_CURRENCY)
    code = currency.strip().upper() if isinstance(currency, str) else ""
    if not _CODE.fullmatch(code):
        raise ValueError(f"{shown(currency)} is no currency of three letters, such as EUR")
    if per is None:
        return Unit(code)
    known = _PER.get(per.strip().lower()) if isinstance(per, str) else None
    if known is None:
        raise ValueError(f"{shown(per)} is nothing that a price is per: kWh or MWh are expected")
    return Unit(code, known)
