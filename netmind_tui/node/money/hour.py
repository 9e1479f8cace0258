"""What an hour of work on a device is worth and costs, at one moment: exact, in one currency. Pure."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from fractions import Fraction

from netmind_tui.ledger.energy.draw import Draw
from netmind_tui.ledger.energy.floor import floor_of
from netmind_tui.ledger.rate.kept import hour_on
from netmind_tui.model.device import Device
from netmind_tui.model.rate import Per, Work
from netmind_tui.node.money.booking import Known
from netmind_tui.node.money.rulebook import Rulebook

_MW_A_KW = 1_000_000
_WHOLE_PCT = 100
_STEP = Decimal("0.000001")
NO_POWER = "what it draws under load is not known: netmind config set device.<id>.watts"
NO_PRICE = "no price of power is known then"


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A device as money sees it: what it draws under load, and whose work is there or would be first."""

    device: Device
    known: Known
    draw: Draw | None = None
    workload: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """An hour of work, in whole units of ``currency``; what cannot be told is ``None``, and says why beside it.

    ``floor`` is what it must bring before fees not to lose, ``net`` what is left of ``gross`` after fees and power.
    """

    currency: str | None = None
    cost: Fraction | None = None
    floor: Fraction | None = None
    gross: Fraction | None = None
    net: Fraction | None = None
    no_cost: str | None = None
    no_gross: str | None = None
    source: str = ""


def hour_of(worker: Worker, book: Rulebook, at: datetime, currency: str | None) -> Hour:
    """What the hour that begins at a moment comes to, if all stays as it is then.

    Args:
        worker: the device.
        book: by what it is reckoned.
        at: when.
        currency: in which; the owner's where none is named.
    """
    currency = currency or book.currency
    gross, kept_pct, found = _gross(worker, book, at, currency)
    if worker.draw is None:
        return replace(found, gross=gross, no_cost=NO_POWER)
    price = None if currency is None else book.tariff.price_at(at, currency)
    if price is None:
        return replace(found, gross=gross, no_cost=NO_PRICE)
    power_mw = worker.draw.power_mw
    cost = Fraction(power_mw, _MW_A_KW) * Fraction(price)
    floor = floor_of(power_mw, price, kept_pct) if kept_pct < _WHOLE_PCT else None
    net = None if gross is None else gross * (1 - kept_pct / _WHOLE_PCT) - cost
    return replace(found, gross=gross, cost=cost, floor=floor, net=net)


def work_on(worker: Worker, book: Rulebook, at: datetime) -> Work:
    """The hour as a rate card sees it."""
    power_mw = None if worker.draw is None else worker.draw.power_mw
    return replace(
        hour_on(worker.device.id, worker.device.uuid, at, power_mw, book.config.payer),
        name=worker.known.name,
        memory_bytes=worker.known.memory_bytes,
        workload=worker.workload,
        capacity=worker.known.capacity,
    )


def rounded(amount: Fraction, *, up: bool = False) -> Decimal:
    """It to a millionth, as people and documents are told it; a floor is rounded ``up``."""
    exact = Decimal(amount.numerator) / Decimal(amount.denominator)
    return exact.quantize(_STEP, ROUND_CEILING if up else ROUND_HALF_UP)


def _gross(
    worker: Worker, book: Rulebook, at: datetime, currency: str | None
) -> tuple[Fraction | None, Fraction, Hour]:
    """What the card makes of it and what is kept of that in per cent, as an hour without its power."""
    rated = book.rates.rated(work_on(worker, book, at))
    blank = Hour(currency=currency, source=rated.basis.get("card", ""))
    fee_pct = Fraction(book.fee_pct)
    if rated.unrated is not None or rated.asset is None:
        return None, fee_pct, replace(blank, no_gross=rated.basis.get("why", "the rate card pays nothing for it"))
    kept_pct = Fraction(rated.fee_pct) + Fraction(rated.burnt_pct)
    if f"per {Per.JOB}" in rated.basis.get("rate", ""):
        return None, kept_pct, replace(blank, no_gross="it is paid by the job, and nobody knows how many an hour has")
    if currency is None:
        return (
            None,
            kept_pct,
            replace(blank, no_gross="no currency is chosen: netmind config set earnings.currency EUR"),
        )
    found = book.exchange.find(rated.asset, currency, at.astimezone(UTC).date())
    if found.price is None:
        return None, kept_pct, replace(blank, no_gross=found.absent or f"{rated.asset} has no price in {currency}")
    return rated.exact * found.price, kept_pct, blank
