"""What the coming week takes: the energy of what runs, what that costs, and above which rate an hour of it pays."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from netmind_tui.model.contribution import Contribution
from netmind_tui.model.timeline import Timeline
from netmind_tui.tui import money_page
from netmind_tui.tui.price_plan import PricePlan, hours
from netmind_tui.tui.same import Same
from netmind_tui.tui.screen.schedule_watts import Watts, kilowatts
from netmind_tui.tui.state import State

_HUNDRED = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekCost:
    """``worked`` are the device-hours that run; ``priced`` those of them with a price.

    ``unknown`` are devices of which nobody knows what they draw; ``is_most``: the watts of some are only a bound,
    ``is_metered``: those of all are as their own work was metered.
    """

    kwh: Fraction
    worked: Fraction
    priced: Fraction
    costs: dict[str, Fraction]
    unknown: tuple[str, ...] = ()
    is_most: bool = False
    is_metered: bool = False

    @property
    def currency(self) -> str | None:
        """That of all costs, where they have one."""
        return next(iter(self.costs)) if len(self.costs) == 1 else None


def week_cost(state: State, told: Timeline) -> WeekCost:
    """What all devices take that a timeline has at work."""
    names = tuple(each.device for each in told.devices)
    caps = tuple(dict.fromkeys(span.limits.power_cap_w for each in told.devices for span in each.spans))
    watts = tuple(kilowatts(state, name, cap) for name in names for cap in caps)
    return _reckoned(Same(told), money_page.plan(state), caps, watts)


def floor(state: State, cost: WeekCost) -> Decimal | None:
    """The rate above which an hour of a device pays, what is kept of it counted in."""
    if cost.currency is None or not cost.priced or cost.unknown:
        return None
    left = 1 - _kept(state)
    exact = cost.costs[cost.currency] / cost.priced / left
    return Decimal(exact.numerator) / Decimal(exact.denominator)


def _kept(state: State) -> Fraction:
    """The share that the card or a market keeps, as it is in the floors that are told: cost ÷ floor is what is left."""
    worth = money_page.money(state).worth
    for each in worth.devices if worth is not None else ():
        if each.cost is not None and each.floor is not None and Decimal(each.cost) > 0 and Decimal(each.floor) > 0:
            left = Fraction(Decimal(each.cost)) / Fraction(Decimal(each.floor))
            # Both were rounded to a millionth: what is kept is known to a ten-thousandth.
            return Fraction(round((1 - left) * _HUNDRED * _HUNDRED), _HUNDRED * _HUNDRED)
    return Fraction(str(state.settings.config.fee_pct)) / _HUNDRED if not state.node.place.hostname else Fraction()


@lru_cache(maxsize=8)
def _reckoned(
    told: Same[Timeline], plan: PricePlan | None, caps: Sequence[float | None], watts: Sequence[Watts | None]
) -> WeekCost:
    """Once a timeline, for it is looked at each second."""
    kwh, worked, unpriced = Fraction(), Fraction(), Fraction()
    costs: dict[str, Fraction] = {}
    unknown: list[str] = []
    used: list[Watts] = []
    for place, line in enumerate(told.value.devices):
        for span in line.spans:
            if span.state is not Contribution.CONTRIBUTING:
                continue
            length = hours(span.end - span.start)
            drawn = watts[place * len(caps) + caps.index(span.limits.power_cap_w)]
            if drawn is None:
                unknown.append(line.device)
                continue
            used.append(drawn)
            worked += length
            kwh += Fraction(drawn.kilowatts) * length
            if plan is None:
                unpriced += length
                continue
            bill = plan.bill(drawn.kilowatts, span.start, span.end)
            unpriced += hours(max(bill.unpriced, timedelta()))
            for currency, cost in bill.costs.items():
                costs[currency] = costs.get(currency, Fraction()) + cost
    return WeekCost(
        kwh=kwh,
        worked=worked,
        priced=worked - unpriced,
        costs=costs,
        unknown=tuple(dict.fromkeys(unknown)),
        is_most=any(each.is_most for each in used),
        is_metered=bool(used) and all(each.is_metered for each in used),
    )
