"""Limits of guards and lengths of time as people read them."""

from netmind_tui.model.policy import Guard, GuardKind
from netmind_tui.model.quantity import gibibytes

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_J_PER_KWH = 3.6e6


def limit_words(guard: Guard, part: str = "") -> str | None:
    """The limit of a guard with its unit; of one of its parts where it has several."""
    if guard.kind is GuardKind.EXCLUSIVE:
        return ", ".join(guard.programs) or None
    if guard.kind in (GuardKind.PRICE, GuardKind.PROFIT):
        per = "per kWh" if guard.kind is GuardKind.PRICE else "per hour"
        return None if guard.amount is None else " ".join(filter(None, (guard.amount, guard.currency, per)))
    value = guard.util_pct if part else guard.limit
    if value is None:
        return None
    if part or guard.kind in (GuardKind.BATTERY, GuardKind.CPU_BUSY):
        return f"{value:g} %"
    if guard.kind in (GuardKind.GPU_IN_USE, GuardKind.DISK):
        return gibibytes(round(value))
    if guard.kind is GuardKind.TEMPERATURE:
        return f"{value:g} °C"
    if guard.kind is GuardKind.ENERGY:
        return f"{value / _J_PER_KWH:g} kWh"
    return length(value)


def length(seconds: float) -> str:
    """A length of time in one or two units: ``12 s``, ``3 min``, ``2 h 5 min``, ``4 days``."""
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < _HOUR:
        return f"{int(seconds // _MINUTE)} min"
    if seconds < 2 * _DAY:
        hours, minutes = divmod(int(seconds // _MINUTE), 60)
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{int(seconds // _DAY)} days"
