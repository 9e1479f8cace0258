"""What power costs and work brings, as far as somebody tells: protocols, and what answers where nobody does."""

from datetime import datetime
from decimal import Decimal
from typing import Protocol

from netmind_tui.model.policy import Guard
from netmind_tui.node.sense.sensed import Sensed

NO_TARIFF = "no tariff is set"
NO_INCOME = "no income is known"
NOT_METERED = "energy is not metered"


class PriceSource(Protocol):
    """Tells what a kilowatt-hour costs."""

    name: str

    def price_at(self, moment: datetime) -> Decimal | None:
        """The price of a kWh at a moment, in the currency of the owner's terms; ``None``: not known."""


class ProfitSource(Protocol):
    """Tells what an hour of work is worth after its power is paid."""

    name: str

    def profit_at(self, moment: datetime) -> Decimal | None:
        """What an hour brings at a moment, in the currency of the owner's terms; ``None``: not known."""


class EnergySource(Protocol):
    """Tells what work has used."""

    name: str

    def used_today_j(self, moment: datetime) -> float | None:
        """The joules used since the owner's midnight; ``None``: not known."""


class Untold:
    """What answers before the owner has set a tariff, an income or a meter: nothing is known."""

    name = "none"

    def price_at(self, moment: datetime) -> Decimal | None:  # noqa: ARG002 - it is never known
        """Not known."""
        return None

    def profit_at(self, moment: datetime) -> Decimal | None:  # noqa: ARG002 - as above
        """Not known."""
        return None

    def used_today_j(self, moment: datetime) -> float | None:  # noqa: ARG002 - as above
        """Not known."""
        return None


def price(guard: Guard, source: PriceSource, at: datetime) -> Sensed:
    """The price of a kilowatt-hour now."""
    return _money(guard, source.price_at(at), f"{guard.currency or ''} per kWh", source.name, NO_TARIFF)


def profit(guard: Guard, source: ProfitSource, at: datetime) -> Sensed:
    """What an hour brings now."""
    return _money(guard, source.profit_at(at), f"{guard.currency or ''} per hour", source.name, NO_INCOME)


def energy(guard: Guard, source: EnergySource, at: datetime) -> Sensed:
    """The energy that was used today, in joules."""
    used = source.used_today_j(at)
    if used is None:
        return Sensed(kind=guard.kind, source=source.name, unknown=NOT_METERED)
    return Sensed(kind=guard.kind, value=used, words=f"{used / 3.6e6:.2f} kWh today", source=source.name)


def _money(guard: Guard, amount: Decimal | None, unit: str, source: str, unknown: str) -> Sensed:
    if amount is None:
        return Sensed(kind=guard.kind, source=source, unknown=unknown)
    return Sensed(kind=guard.kind, value=amount, words=" ".join(f"{amount} {unit}".split()), source=source)
