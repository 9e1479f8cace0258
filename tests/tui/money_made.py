"""What an agent tells of money, made by hand: prices, the worth of an hour, and a day of the books."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from netmind_tui.model.agent import AgentInfo, PolicyStatus, Status
from netmind_tui.model.decide import decide
from netmind_tui.model.earnings import Earnings, EarningsLine, EnergyFigure, Online
from netmind_tui.model.energy import Energy, EnergyLine, Idle
from netmind_tui.model.forecast import forecast
from netmind_tui.model.money import AmountText
from netmind_tui.model.policy import Guard, GuardKind, Limits, Policy, PolicyDocument, Profile, Window
from netmind_tui.model.situation import DeviceFact, GuardFact, Situation
from netmind_tui.model.tariff import PriceBasis
from netmind_tui.model.worth import BooksStanding, DeviceWorth, PowerNow, Prices, PriceText, Worth
from netmind_tui.tui.message import Ticked, Went
from netmind_tui.tui.money_state import Accounted, Priced
from netmind_tui.tui.node_state import Foretold, Linked, Termed
from netmind_tui.tui.price_plan import PricePlan
from netmind_tui.tui.state import reduce

NOW = datetime(2026, 11, 23, 14, 42, 31, tzinfo=UTC)  # a Monday
MIDNIGHT = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)  # in Berlin
DAY = timedelta(days=1)


def euros(amount):
    return AmountText(asset="EUR", amount=amount)


def slot(start, end, price, currency="EUR", basis=PriceBasis.PUBLISHED):
    return PriceText(start=start, end=end, price_per_kwh=price, currency=currency, basis=basis, source="plan.csv")


def prices(of, *, start=MIDNIGHT, days=8, step=timedelta(hours=1), basis=PriceBasis.PUBLISHED):
    """Slots of one length; ``of`` gives each its price by its start, or none."""
    count = int(timedelta(days=days) / step)
    moments = [start + number * step for number in range(count)]
    slots = tuple(slot(each, each + step, price, basis=basis) for each in moments if (price := of(each)) is not None)
    return Prices(start=start, end=start + days * timedelta(days=1), slots=slots, known="published: plan.csv")


def evening(moment):
    """As drawn: cheap at night, dear from 18 to 21 in Berlin."""
    hour = (moment.hour + 1) % 24
    return "0.41" if 18 <= hour < 21 else "0.18" if hour < 6 else "0.31"


def flat(_moment):
    return "0.31"


def power(price="0.31", currency="EUR", basis=PriceBasis.PUBLISHED):
    return PowerNow(price_per_kwh=price, currency=currency, basis=basis, source="plan.csv")


def hour(device="gpu:0", watts=171.0, price="0.31", fee_pct=0, **more):
    """An hour of a device at a price."""
    cost = Decimal(str(watts)) / 1000 * Decimal(price)
    floor = cost / (1 - Decimal(fee_pct) / 100)
    known = {
        "power_w": watts,
        "power_from": "metered",
        "currency": "EUR",
        "cost": f"{cost:.6f}",
        "floor": f"{floor:.6f}",
        "unknown": "no rate is known: choose a card",
    }
    return DeviceWorth(device=device, **(known | more))


def worth(*devices, **more):
    return Worth(**({"card": "manual", "power": power(), "devices": devices or (hour(),)} | more))


NONE = Worth(price_unknown='no price of power is known: netmind config set electricity.price_per_kwh "0.30 EUR"')
ONLINE = Online(card="netmind-power 2026-11", hours=3.2, needed_hours=5.0)
STOPPED = BooksStanding(path="/l.db", problem="the ledger is damaged", command="netmind ledger restore")


def energy(*, cost="0.41", kwh=1.32, pct=6.0, method="nvml_energy", unpriced_pct=0.0, idle=()):
    figure = EnergyFigure(
        marginal_kwh=kwh, full_kwh=kwh, host_kwh=0.0, uncertainty_pct=pct, known_pct=100.0, method=method
    )
    if kwh is None:
        figure = EnergyFigure(absent="nothing was metered")
    amounts = (euros(cost),) if cost is not None else ()
    total = EnergyLine(work_hours=7.7, energy=figure, cost=amounts, cost_full=amounts, unpriced_pct=unpriced_pct)
    day = timedelta(days=1)
    return Energy(
        period="today", start=MIDNIGHT, end=MIDNIGHT + day, zone="Europe/Berlin", by="device", total=total, idle=idle
    )


def calibrated(device="gpu:0", watts=21.0, age_days=12.0):
    made = NOW - timedelta(days=age_days)
    return Idle(device=device, origin="calibrated", watts=watts, spread_w=0.6, made_at=made, age_days=age_days)


def earned(**of_total):
    payers = of_total.pop("payers", ())
    day = timedelta(days=1)
    return Earnings(
        period="today",
        start=MIDNIGHT,
        end=MIDNIGHT + day,
        zone="Europe/Berlin",
        card="manual",
        payers=payers,
        total=EarningsLine(**of_total),
    )


def with_money(state, told=None, of=evening, day=None, came=None):
    """A state whose agent tells this: what an hour is worth, prices, and what today took and came to."""
    state = replace(state, node=replace(state.node, status=replace(state.node.status, money=told or worth())))
    if of is not None:
        state = reduce(state, Priced(of if isinstance(of, Prices) else prices(of)))
    return reduce(state, Accounted(day or energy(idle=(calibrated(),)), came or earned()))


LIMIT = Guard(kind=GuardKind.PRICE, amount="0.35", currency="EUR")
POLICY = Policy(
    zone="Europe/Berlin",
    profiles=(Profile(name="always", limits=Limits()), Profile(name="eco", limits=Limits(power_cap_w=140.0))),
    windows=(
        Window(days=(0, 2, 3, 4, 5, 6), start_minute=0, end_minute=1440, profile="always"),
        Window(days=(1,), start_minute=17 * 60, end_minute=22 * 60, profile="eco"),
    ),
    guards=(LIMIT,),
)


def price_fact(price="0.31", limit="0.35"):
    return GuardFact(
        kind=GuardKind.PRICE,
        denies=Decimal(price) > Decimal(limit),
        value=f"{price} EUR per kWh",
        limit=f"{limit} EUR per kWh",
        source="tariff, published",
    )


def scheduled(state, policy=POLICY, facts=None, **money):
    """The screen *Schedule* of a state whose agent keeps a policy and knows money."""
    facts = (price_fact(),) if facts is None else facts
    devices = tuple(DeviceFact(device=each.id, works=True) for each in state.gpus)
    zone = ZoneInfo(policy.zone)
    status = Status(
        at=NOW,
        agent=AgentInfo(version="0.1.0", pid=1, node="box", started_at=NOW, state_folder="", socket="", role="policy"),
        decisions=decide(policy, zone, NOW, Situation(devices=devices, facts=facts)),
        devices=(),
        facts=facts,
        policy=PolicyStatus(zone=policy.zone, windows=len(policy.windows)),
    )
    # The processor works for nobody here.
    state = replace(state, devices=state.gpus)
    day, ahead, plan = timedelta(hours=24), timedelta(hours=18), PricePlan(prices(evening, start=MIDNIGHT - 2 * DAY))
    line = forecast(policy, zone, NOW - day, NOW, NOW + ahead, devices, prices=plan.price_at("EUR"))
    for message in (
        Foretold(line),
        Linked(status),
        Termed(PolicyDocument(policy=policy, path="/home/me/policy.toml", text="")),
        Ticked("14:42:31", 0.0, NOW),
        Went("schedule"),
    ):
        state = reduce(state, message)
    return with_money(state, **money) if money.pop("has_money", True) else state
