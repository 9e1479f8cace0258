"""The money of the machine that does not exist: its tariff is made up, and what follows from it is reckoned."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from netmind_tui.ledger.energy.floor import floor_of
from netmind_tui.model.assumption import PriceAt
from netmind_tui.model.earnings import Earnings, EarningsLine, EnergyFigure
from netmind_tui.model.energy import Energy, EnergyLine, Idle
from netmind_tui.model.metering import EnergyMethod
from netmind_tui.model.money import Amount, AmountText, Asset, told, whole
from netmind_tui.model.policy import Guard, GuardKind
from netmind_tui.model.situation import GuardFact
from netmind_tui.model.tariff import PriceBasis
from netmind_tui.model.worth import BooksStanding, DeviceWorth, PowerNow, Prices, PriceText, Worth
from netmind_tui.tui.price_plan import PricePlan

EUR = Asset(code="EUR", exponent=2)
LIMIT = "0.40"
SOURCE = "a tariff by the hour (simulated)"
_BY_HOUR = (
    "0.41 0.41 0.38 0.36 0.31 0.28 0.26 0.24 0.21 0.19 0.18 0.18 "
    "0.19 0.21 0.24 0.26 0.27 0.28 0.28 0.29 0.30 0.31 0.31 0.34"
)
"""From an hour before the machine idles on."""
_RATE, _FEE_PCT, _UNCERTAIN_PCT = Decimal("0.20"), 10, 5.0
_CARD = "manual"
_BEFORE, _AHEAD = timedelta(days=3), timedelta(days=8)
_CALIBRATED_D = 12.0
_J_PER_KWH = 3_600_000
_STEP = Decimal("0.000001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A card of the rig: its power under load and idle, and what it worked and drew today."""

    device: str
    power_w: float
    idle_w: float
    worked_s: float
    energy_j: float


class Tariff:
    """The same prices every day; the dearest hours begin an hour before ``idle_hour``."""

    def __init__(self, idle_hour: int) -> None:
        prices = _BY_HOUR.split()
        self._prices = [prices[(hour - idle_hour + 1) % len(prices)] for hour in range(len(prices))]

    def at(self, moment: datetime) -> Decimal:
        """The price at a moment."""
        return Decimal(self._prices[moment.astimezone(UTC).hour])

    @property
    def price_at(self) -> PriceAt:
        """For a forecast."""
        return self.at

    def prices(self, now: datetime) -> Prices:
        """As an agent tells them."""
        first = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0) - _BEFORE
        count = (_BEFORE + _AHEAD) // timedelta(hours=1)
        hours = [first + number * timedelta(hours=1) for number in range(count)]
        slots = tuple(
            PriceText(
                start=each,
                end=each + timedelta(hours=1),
                price_per_kwh=f"{self.at(each)}",
                currency=EUR.code,
                basis=PriceBasis.PUBLISHED,
                source=SOURCE,
            )
            for each in hours
        )
        return Prices(start=hours[0], end=slots[-1].end, slots=slots, known=f"published: {SOURCE}")

    def power_now(self, now: datetime) -> PowerNow:
        """As the status tells it."""
        until = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        return PowerNow(
            price_per_kwh=f"{self.at(now)}",
            currency=EUR.code,
            until=until,
            basis=PriceBasis.PUBLISHED,
            source=SOURCE,
        )

    def fact(self, now: datetime) -> GuardFact:
        """What the limit of the price sees."""
        price = self.at(now)
        return GuardFact(
            kind=GuardKind.PRICE,
            denies=price > Decimal(LIMIT),
            value=f"{price} {EUR.code} per kWh",
            limit=f"{LIMIT} {EUR.code} per kWh",
            source="tariff, published",
        )


def guard() -> Guard:
    """The owner's limit."""
    return Guard(kind=GuardKind.PRICE, amount=LIMIT, currency=EUR.code)


def worth(tariff: Tariff, cards: Sequence[Card], now: datetime) -> Worth:
    """What an hour of each card is worth and costs now."""
    return Worth(
        card=_CARD,
        power=tariff.power_now(now),
        devices=tuple(_hour(each, tariff.at(now)) for each in cards),
        books=BooksStanding(path="", entries=41_200, booked_at=now.replace(second=0, microsecond=0)),
    )


def energy(tariff: Tariff, cards: Sequence[Card], now: datetime) -> Energy:
    """What today took."""
    plan, start = PricePlan(tariff.prices(now)), _midnight(now)
    lines = tuple(_line(plan, each, start, now) for each in cards)
    return Energy(
        period="today",
        start=start,
        end=start + timedelta(days=1),
        zone="UTC",
        by="device",
        total=_together(lines),
        lines=lines,
        idle=tuple(
            Idle(
                device=each.device,
                origin="calibrated",
                watts=each.idle_w,
                spread_w=0.6,
                made_at=now - timedelta(days=_CALIBRATED_D),
                age_days=_CALIBRATED_D,
            )
            for each in cards
        ),
    )


def earned(tariff: Tariff, cards: Sequence[Card], now: datetime) -> Earnings:
    """What today came to: metered, and nobody has accepted it."""
    taken, start = energy(tariff, cards, now).total, _midnight(now)
    claim = (_amount(sum((Fraction(round(each.worked_s), 3600) for each in cards), Fraction()) * Fraction(_RATE)),)
    return Earnings(
        period="today",
        start=start,
        end=start + timedelta(days=1),
        zone="UTC",
        currency=EUR.code,
        card=_CARD,
        total=EarningsLine(
            entries=len(cards) * 12,
            device_hours=taken.work_hours,
            metered=claim,
            open=claim,
            energy_cost=taken.cost,
            energy_cost_full=taken.cost_full,
            energy=taken.energy,
            net_absent="nothing was accepted",
        ),
    )


def _hour(card: Card, price: Decimal) -> DeviceWorth:
    power_mw = round(card.power_w * 1000)
    cost = Fraction(power_mw, 1_000_000) * Fraction(price)
    floor = floor_of(power_mw, price, _FEE_PCT)
    net = Fraction(_RATE) * (100 - _FEE_PCT) / 100 - cost
    return DeviceWorth(
        device=card.device,
        power_w=card.power_w,
        power_from="metered",
        currency=EUR.code,
        cost=_text(cost),
        floor=_text(floor),
        gross=f"{_RATE}",
        net=_text(net),
    )


def _line(plan: PricePlan, card: Card, start: datetime, now: datetime) -> EnergyLine:
    """As if the card had drawn the same all through what it worked of the day."""
    joules = Fraction(round(card.energy_j))
    idle = Fraction(round(card.idle_w * card.worked_s))
    bills = plan.bill(Decimal(1), start, now).costs if now > start else {}
    hours = Fraction((now - start) // timedelta(seconds=1), 3600) or Fraction(1)
    mean = bills.get(EUR.code, Fraction()) / hours
    return EnergyLine(
        device=card.device,
        work_hours=card.worked_s / 3600,
        energy=EnergyFigure(
            marginal_kwh=float((joules - idle) / _J_PER_KWH),
            full_kwh=float(joules / _J_PER_KWH),
            host_kwh=0.0,
            uncertainty_pct=_UNCERTAIN_PCT,
            known_pct=100.0,
            method=EnergyMethod.NVML_ENERGY.value,
        ),
        cost=(_amount((joules - idle) / _J_PER_KWH * mean),),
        cost_full=(_amount(joules / _J_PER_KWH * mean),),
        unpriced_pct=0.0,
    )


def _together(lines: Sequence[EnergyLine]) -> EnergyLine:
    return EnergyLine(
        work_hours=sum(each.work_hours for each in lines),
        energy=EnergyFigure(
            marginal_kwh=sum(each.energy.marginal_kwh or 0.0 for each in lines),
            full_kwh=sum(each.energy.full_kwh or 0.0 for each in lines),
            host_kwh=0.0,
            uncertainty_pct=_UNCERTAIN_PCT,
            known_pct=100.0,
            method=EnergyMethod.NVML_ENERGY.value,
        ),
        cost=(_sum([each.cost[0] for each in lines]),),
        cost_full=(_sum([each.cost_full[0] for each in lines]),),
        unpriced_pct=0.0,
    )


def _sum(amounts: Sequence[AmountText]) -> AmountText:
    return _amount(sum((Fraction(Decimal(each.amount)) for each in amounts), Fraction()))


def _amount(exact: Fraction) -> AmountText:
    minor, _ = whole(exact, EUR.exponent)
    return told(Amount(minor=minor, asset=EUR))


def _text(exact: Fraction) -> str:
    return f"{(Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(_STEP)}"


def _midnight(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
