"""What money knows of one device, as facts: the rate above which it pays, and what it draws when it does nothing."""

from netmind_tui.model.device import Device
from netmind_tui.model.energy import Idle
from netmind_tui.model.fact import Fact
from netmind_tui.model.worth import DeviceWorth
from netmind_tui.tui import money_page
from netmind_tui.tui.money_word import price_word, rate_word
from netmind_tui.tui.state import State

_OLD_DAYS = 30


def facts(state: State, device: Device) -> list[Fact]:
    """The floor of now, and the baseline with its age."""
    worth, idle = money_page.device_worth(state, device.id), money_page.idle(state, device.id)
    found = [_floor(state, worth)] if worth is not None else []
    if idle is not None:
        found.append(_idle(idle))
    return found


def _floor(state: State, worth: DeviceWorth) -> Fact:
    whole = money_page.money(state).worth
    power = None if whole is None else whole.power
    if worth.floor is None or worth.currency is None or power is None:
        why = worth.unknown or "no price of power is known"
        return Fact(label="floor", value=why, is_absent=True, is_long=True)
    known = {"metered": "", "declared": ", as declared", "limit": ", its limit"}.get(worth.power_from or "", "")
    watts = "" if worth.power_w is None else f" · {worth.power_w:.0f} W under load{known}"
    rate = rate_word(worth.floor, worth.currency, up=True)
    price = price_word(power.price_per_kwh, power.currency)
    return Fact(label="floor", value=f"{rate} at {price}{watts}", is_long=True)


def _idle(idle: Idle) -> Fact:
    if idle.watts is None:
        return Fact(label="idle", value="not known: netmind energy calibrate", is_absent=True, is_long=True)
    spread = f" ±{idle.spread_w:.1f}" if idle.spread_w else ""
    watts = f"{idle.watts:.1f}{spread} W"
    if idle.age_days is None:
        return Fact(label="idle", value=f"{watts}, declared by you")
    age = "today" if idle.age_days < 1 else f"{idle.age_days:.0f} d ago"
    return Fact(label="idle", value=f"{watts} · calibrated {age}", is_alarming=idle.age_days > _OLD_DAYS, is_long=True)
