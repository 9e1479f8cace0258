"""The charge of the battery, while the machine runs on it."""

import math

from netmind_tui.model.policy import Guard
from netmind_tui.model.sample import HostSample
from netmind_tui.node.sense.sensed import Sensed, absent, none_here

SOURCE = "power supply"
_NEVER = 100.0


def sense(guard: Guard, host: HostSample) -> Sensed:
    """The charge in per cent; on mains more than any limit, and on battery less than a limit of 100."""
    if host.on_battery is None:
        return absent(guard.kind, "word of battery or mains", host.absent.get("on_battery"), SOURCE)
    charge = host.battery_pct
    if not host.on_battery:
        if charge is None:
            return none_here(guard.kind, SOURCE)
        return Sensed(kind=guard.kind, value=math.inf, words=f"on mains, {charge:.0f} %", source=SOURCE)
    if guard.limit is not None and guard.limit >= _NEVER:
        words = "on battery" if charge is None else f"on battery, {charge:.0f} %"
        return Sensed(kind=guard.kind, value=-1.0, words=words, source=SOURCE)
    if charge is None:
        return Sensed(kind=guard.kind, source=SOURCE, unknown="the battery does not tell its charge")
    return Sensed(kind=guard.kind, value=charge, words=f"on battery, {charge:.0f} %", source=SOURCE)
