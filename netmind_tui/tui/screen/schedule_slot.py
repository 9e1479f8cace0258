"""What the cells of the range cost: the price of power then, and what the devices that would run draw of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from netmind_tui.model.policy import Policy
from netmind_tui.model.tariff import PriceBasis
from netmind_tui.model.weekplan import CELLS_A_DAY
from netmind_tui.tui import money_page, schedule_ahead
from netmind_tui.tui.money_word import figure, money_word, price_word
from netmind_tui.tui.price_plan import hours
from netmind_tui.tui.screen import schedule_week
from netmind_tui.tui.screen.schedule_watts import kilowatts
from netmind_tui.tui.state import State

_BASIS = {PriceBasis.HELD: ", as it was read last", PriceBasis.STATIC: ", the static price"}
_TEN_KW = 10


def price(state: State, policy: Policy) -> str | None:
    """What power costs when the range begins, until when, and how that is known."""
    plan, spans = money_page.plan(state), _spans(state, policy)
    run = plan.at(spans[0][0]) if plan is not None and spans else None
    if run is None:
        return None
    is_static = run.basis is PriceBasis.STATIC
    until = "" if is_static else f" until {run.end.astimezone(schedule_ahead.zone_of(policy)):%H:%M}"
    return f"power costs {price_word(run.price, run.currency)}{until}{_BASIS.get(run.basis, '')}"


def costs(state: State, policy: Policy, devices: Sequence[str]) -> str | None:
    """``2 h × 0.14 kW × 0.41 = 0.11 EUR`` for these devices; the price alone where nobody knows what they draw.

    ``None`` where there is nothing to tell of: no price, or not for all of the range.
    """
    plan, spans = money_page.plan(state), _spans(state, policy)
    if plan is None or not devices:
        return None
    length = sum((end - start for start, end in spans), timedelta())
    runs = [run for start, end in spans for run in plan.between(start, end)]
    currencies = sorted({run.currency for run in runs})
    if not runs or sum((run.end - run.start for run in runs), timedelta()) < length or len(currencies) > 1:
        return None
    lowest, highest = min(run.price for run in runs), max(run.price for run in runs)
    each = figure(highest) if lowest == highest else f"{figure(lowest)}–{figure(highest)}"
    known = [kilowatts(state, name, _cap(state, policy)) for name in devices]
    drawn = [watts for watts in known if watts is not None]
    if len(drawn) < len(known):
        return f"{each} {currencies[0]}/kWh; what is drawn is not known yet"
    power = sum((watts.kilowatts for watts in drawn), Decimal())
    bills = [plan.bill(power, start, end).costs[currencies[0]] for start, end in spans]
    cost = money_word({currencies[0]: sum(bills, Fraction())})
    most = "at most " if any(watts.is_most for watts in drawn) else ""
    return f"{_hours(length)} h × {_kw(power)} kW × {each} = {most}{cost}"


def _spans(state: State, policy: Policy) -> list[tuple[datetime, datetime]]:
    """The cells of the range, each when it comes next; what clocks leap over is none."""
    zone, found = schedule_ahead.zone_of(policy), []
    for cell in schedule_ahead.chosen(state):
        day, place = divmod(cell, CELLS_A_DAY)
        coming = schedule_ahead.next_date(state, day, place)
        if coming is not None:
            start, end = schedule_ahead.edges(coming, zone)[place : place + 2]
            found += [(start, end)] if end > start else []
    return found


def _cap(state: State, policy: Policy) -> float | None:
    """The power cap of what is painted under the cursor, if there is one."""
    field = schedule_week.field_at(state, policy, schedule_ahead.cursor(state))
    caps = {each.name: each.limits.power_cap_w for each in policy.profiles}
    return min((cap for name in field.profiles if (cap := caps.get(name)) is not None), default=None)


def _hours(length: timedelta) -> str:
    return f"{float(hours(length)):.1f}".removesuffix(".0")


def _kw(power: Decimal) -> str:
    return f"{power:.2f}" if power < _TEN_KW else f"{power:.1f}"
