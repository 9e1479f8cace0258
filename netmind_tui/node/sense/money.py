"""What power costs and work brings, as far as somebody tells: protocols, and what answers where nobody does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from netmind_tui.model.policy import Guard
from netmind_tui.node.sense.sensed import Sensed

NO_TARIFF = "no tariff is set"
NO_INCOME = "no income is known"
NOT_METERED = "energy is not metered"


@dataclass(frozen=True, slots=True)
class Quote:
    """An amount and where it stands; without one a clause says why nobody can tell it.

    ``is_passing``: only not yet.
    """

    amount: Decimal | None = None
    source: str = "none"
    unknown: str = ""
    is_passing: bool = False


class PriceSource(Protocol):
    """Tells what a kilowatt-hour costs."""

    def price_at(self, moment: datetime, currency: str | None) -> Quote:
        """The price of a kWh at a moment, in a currency; in the tariff's own where none is asked for."""


class ProfitSource(Protocol):
    """Tells what an hour of work on a device is worth after its power is paid."""

    def profit_at(self, device: str, moment: datetime, currency: str | None) -> Quote:
        """What an hour brings at a moment, in a currency; it may be less than nothing."""


class EnergySource(Protocol):
    """Tells what work has used."""

    name: str

    def used_today_j(self, moment: datetime) -> float | None:
        """The joules used since the owner's midnight; ``None``: not known."""


class Untold:
    """What answers before the owner has set a tariff, an income or a meter: nothing is known."""

    name = "none"

    def price_at(self, moment: datetime, currency: str | None) -> Quote:  # noqa: ARG002 - it is never known
        """Not known."""
        return Quote(unknown=NO_TARIFF)

    def profit_at(self, device: str, moment: datetime, currency: str | None) -> Quote:  # noqa: ARG002 - as above
        """Not known."""
        return Quote(unknown=NO_INCOME)

    def used_today_j(self, moment: datetime) -> float | None:  # noqa: ARG002 - as above
        """Not known."""
        return None


def price(guard: Guard, source: PriceSource, at: datetime) -> Sensed:
    """The price of a kilowatt-hour now."""
    return _sensed(guard, source.price_at(at, guard.currency), "per kWh")


def profit(guard: Guard, source: ProfitSource, devices: Sequence[str], at: datetime) -> tuple[Sensed, ...]:
    """What an hour brings on each device now."""
    return tuple(_sensed(guard, source.profit_at(each, at, guard.currency), "per hour", each) for each in devices)


def energy(guard: Guard, source: EnergySource, at: datetime) -> Sensed:
    """The energy that was used today, in joules."""
    used = source.used_today_j(at)
    if used is None:
        return Sensed(kind=guard.kind, source=source.name, unknown=NOT_METERED)
    return Sensed(kind=guard.kind, value=used, words=f"{used / 3.6e6:.2f} kWh today", source=source.name)


def _sensed(guard: Guard, quote: Quote, per: str, device: str | None = None) -> Sensed:
    if quote.amount is None:
        return Sensed(
            kind=guard.kind, device=device, source=quote.source, unknown=quote.unknown, is_passing=quote.is_passing
        )
    words = " ".join(filter(None, (f"{quote.amount:f}", guard.currency, per)))
    return Sensed(kind=guard.kind, device=device, value=quote.amount, words=words, source=quote.source)
