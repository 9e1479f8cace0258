"""What comes of the week that is painted: foretold from what is known now, by the very rules that decide.

Nothing is asked: everything follows from the state. What takes long is remembered as long as nothing of it changes.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from netmind_tui.model.assumption import PriceAt
from netmind_tui.model.decision import Decision
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.explanation import Explanation
from netmind_tui.model.forecast import explain, forecast
from netmind_tui.model.moment import wall_moments
from netmind_tui.model.naming import covers, resolve
from netmind_tui.model.override import Override
from netmind_tui.model.policy import Guard, GuardKind, Policy
from netmind_tui.model.problem import Problem
from netmind_tui.model.seen import devices_in, facts_in
from netmind_tui.model.situation import DeviceFact, GuardFact
from netmind_tui.model.timeline import DeviceLine, Timeline
from netmind_tui.model.weekplan import CELL_MINUTES, CELLS_A_DAY
from netmind_tui.tui import money_page, schedule_page
from netmind_tui.tui.price_plan import PricePlan
from netmind_tui.tui.same import Same
from netmind_tui.tui.screen.time_cells import Cell, cells_between
from netmind_tui.tui.state import State

AHEAD = timedelta(hours=42)
WEEK = timedelta(days=7)
_A_DAY = timedelta(days=1)
_DAYS = 7
_COARSE_MIN = 5


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is known now that anything ahead follows from: the devices, what guards say, and the owner's word.

    ``policy`` names devices by their ids. ``prices`` are known where it has a limit for them.
    """

    policy: Policy
    zone: ZoneInfo
    states: tuple[DeviceFact, ...]
    facts: tuple[GuardFact, ...]
    overrides: tuple[Override, ...]
    prices: PricePlan | None
    is_seen: bool


def now_of(state: State) -> datetime | None:
    """Now, to the minute; ``None`` before the first tick."""
    return None if state.at is None else state.at.astimezone(UTC).replace(second=0, microsecond=0)


def zone_of(policy: Policy) -> ZoneInfo:
    """The zone of the owner's wall."""
    return ZoneInfo(policy.zone)


def wall(state: State) -> datetime | None:
    """What the owner's wall shows now, without a zone."""
    policy, now = schedule_page.policy(state), now_of(state)
    return None if policy is None or now is None else now.astimezone(zone_of(policy)).replace(tzinfo=None)


def cursor(state: State) -> int:
    """The cell of the week that the cursor is on: that of now until it was moved."""
    own, here = state.schedule, wall(state)
    if own.cell is not None:
        return own.cell
    return 0 if here is None else here.weekday() * CELLS_A_DAY + (here.hour * 60 + here.minute) // CELL_MINUTES


def chosen(state: State) -> tuple[int, ...]:
    """The cells of the range: the cursor alone, or all between its corners, by days and by hours."""
    here = cursor(state)
    other = here if state.schedule.anchor is None else state.schedule.anchor
    days, places = zip(divmod(here, CELLS_A_DAY), divmod(other, CELLS_A_DAY), strict=True)
    return tuple(
        day * CELLS_A_DAY + place
        for day in range(min(days), max(days) + 1)
        for place in range(min(places), max(places) + 1)
    )


def next_date(state: State, day: int, place: int = CELLS_A_DAY) -> date | None:
    """When a weekday comes next, today being one too while a cell of it is not over."""
    here = wall(state)
    if here is None:
        return None
    away = (day - here.weekday()) % _DAYS
    if not away and here.hour * 60 + here.minute >= (place + 1) * CELL_MINUTES:
        away = _DAYS
    return here.date() + timedelta(days=away)


def last_date(state: State, day: int) -> date | None:
    """When a weekday was last; today, if it is one."""
    here = wall(state)
    return None if here is None else here.date() - timedelta(days=(here.weekday() - day) % _DAYS)


def clock(moment: datetime, now: datetime, zone: ZoneInfo) -> str:
    """A moment on the owner's wall, as the grid has it: ``18:00``, or ``Wed 18:00`` where that is not within a day."""
    here = moment.astimezone(zone)
    return f"{here:%H:%M}" if timedelta() <= moment - now < _A_DAY else f"{here:%a %H:%M}"


@lru_cache(maxsize=64)
def edges(day: date, zone: ZoneInfo) -> tuple[datetime, ...]:
    """The moments between the half hours of a date: where clocks leap a cell has no length, or three times its own."""
    midnight = datetime.combine(day, time())
    cells = [midnight + place * timedelta(minutes=CELL_MINUTES) for place in range(CELLS_A_DAY + 1)]
    return tuple(wall_moments(each, zone)[0] for each in cells)


def outlook(state: State, policy: Policy) -> Outlook:
    """What is known now; a guard that the draft has otherwise says nothing yet."""
    told = schedule_page.terms(state)
    status = state.node.status if state.node.is_there else None
    devices = state.devices if status is None or not status.devices else devices_in(status)
    states = (
        tuple(DeviceFact(device=each.id, uuid=each.uuid, lost=each.lost, works=True) for each in devices)
        if status is None or not status.devices
        else facts_in(status)
    )
    kept = set(told.policy.guards) if told is not None else set()
    asked = {each.kind for each in policy.guards if each in kept}
    # What is read changes with every sample, and what follows from it does not.
    facts = tuple(
        replace(each, since=None, value=each.value if each.denies else None)
        for each in (status.facts if status is not None else ())
        if each.kind in asked and (each.denies or each.unknown is not None)
    )
    return Outlook(
        policy=_resolved(Same(policy), tuple(map(_named, devices)), _aliases(state)),
        zone=zone_of(policy),
        states=_of(states, state.schedule.devices),
        facts=facts,
        overrides=status.overrides if status is not None else (),
        prices=money_page.plan(state) if price_guard(policy) is not None else None,
        is_seen=status is not None,
    )


def ahead(state: State, policy: Policy, length: timedelta = AHEAD) -> Timeline | None:
    """From now on, as every rule decides."""
    now = now_of(state)
    if now is None:
        return None
    if length >= WEEK:
        now = now.replace(minute=now.minute // _COARSE_MIN * _COARSE_MIN)
    return _foretold(*_key(outlook(state, policy)), now, now, now + length)


def day_ahead(state: State, policy: Policy, day: date) -> Timeline | None:
    """One date, as every rule decides: what is past of it by the hours alone."""
    now = now_of(state)
    if now is None:
        return None
    bounds = edges(day, zone_of(policy))
    return _foretold(*_key(outlook(state, policy)), bounds[0], now, bounds[-1])


def cells(lines: tuple[DeviceLine, ...], edges: tuple[datetime, ...]) -> list[Cell]:
    """What devices do between these moments, one after the other."""
    return _cells(Same(lines), edges)


def explained(state: State, policy: Policy, at: datetime) -> Explanation | None:
    """What is decided for each device at a moment, every reason of it."""
    now = now_of(state)
    if now is None:
        return None
    told, status = schedule_page.terms(state), state.node.status if state.node.is_there else None
    seen = outlook(state, policy)
    if at <= now and state.schedule.draft is None and status is not None and status.decisions is not None:
        # Of now the agent knows more than can be foretold: what waits, what failed, what would no longer fit.
        known = {each.device for each in seen.states}
        decisions = tuple(each for each in status.decisions.devices if each.device in known)
    else:
        decisions = _decided(*_key(seen), max(at, now), now)
    return Explanation(
        at=max(at, now), zone=policy.zone, path=told.path if told is not None else None, devices=decisions
    )


def price_guard(policy: Policy) -> Guard | None:
    """The owner's limit for the price of power."""
    return next((each for each in policy.guards if each.kind is GuardKind.PRICE), None)


def devices_shown(state: State, lines: tuple[DeviceLine, ...]) -> tuple[DeviceLine, ...]:
    """Those of the devices that the grid is about."""
    names = state.schedule.devices
    return tuple(each for each in lines if covers(names, each.device)) if names else lines


def _of(states: tuple[DeviceFact, ...], names: tuple[str, ...]) -> tuple[DeviceFact, ...]:
    found = tuple(each for each in states if covers(names, each.device))
    return found or states


@lru_cache(maxsize=24)
def _cells(lines: Same[tuple[DeviceLine, ...]], edges: tuple[datetime, ...]) -> list[Cell]:
    return cells_between(lines.value, edges)


_Key = tuple[
    "Same[Policy]", ZoneInfo, tuple[DeviceFact, ...], tuple[Override, ...], tuple[GuardFact, ...], PricePlan | None
]


def _key(seen: Outlook) -> _Key:
    return Same(seen.policy), seen.zone, seen.states, seen.overrides, seen.facts, seen.prices


@lru_cache(maxsize=24)
def _foretold(
    policy: Same[Policy],
    zone: ZoneInfo,
    states: tuple[DeviceFact, ...],
    overrides: tuple[Override, ...],
    facts: tuple[GuardFact, ...],
    plan: PricePlan | None,
    start: datetime,
    now: datetime,
    end: datetime,
) -> Timeline:
    return forecast(policy.value, zone, start, now, end, states, overrides, facts, _prices(policy.value, plan))


@lru_cache(maxsize=64)
def _decided(
    policy: Same[Policy],
    zone: ZoneInfo,
    states: tuple[DeviceFact, ...],
    overrides: tuple[Override, ...],
    facts: tuple[GuardFact, ...],
    plan: PricePlan | None,
    at: datetime,
    now: datetime,
) -> tuple[Decision, ...]:
    prices = _prices(policy.value, plan)
    return tuple(explain(policy.value, zone, at, now, each, overrides, facts, prices) for each in states)


def _prices(policy: Policy, plan: PricePlan | None) -> PriceAt | None:
    """What the limit of the price is held against: prices of its own currency."""
    guard = price_guard(policy)
    return None if plan is None or guard is None else plan.price_at(guard.currency)


def _aliases(state: State) -> tuple[tuple[str, str], ...]:
    return tuple(state.settings.config.alias.items()) if not state.node.place.hostname else ()


_Named = tuple[str, DeviceKind, str | None, str | None, str | None]


def _named(device: Device) -> _Named:
    """All that a device can be named by."""
    return device.id, device.kind, device.name, device.uuid, device.pci_slot


@lru_cache(maxsize=8)
def _resolved(policy: Same[Policy], named: tuple[_Named, ...], aliases: tuple[tuple[str, str], ...]) -> Policy:
    devices = [Device(id=id_, kind=kind, name=name, uuid=uuid, pci_slot=slot) for id_, kind, name, uuid, slot in named]
    try:
        return resolve(policy.value, devices, dict(aliases))
    except Problem:  # a name that is the beginning of several: as it is written it means none of them
        return policy.value
