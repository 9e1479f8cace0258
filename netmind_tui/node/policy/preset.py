"""The ready schedules that ``schedule.preset`` names, as policies: what holds while no policy has been written."""

from netmind_tui.model.policy import MINUTES_A_DAY, Guard, GuardKind, Policy, Window

_GIB = 2.0**30
_DAILY = tuple(range(7))
_ALWAYS = Window(days=_DAILY, start_minute=0, end_minute=MINUTES_A_DAY)
_NIGHTS = Window(days=_DAILY, start_minute=22 * 60, end_minute=7 * 60)
_IN_USE = Guard(kind=GuardKind.GPU_IN_USE, limit=_GIB, util_pct=10.0, leave_s=60.0)
_NOT_ON_BATTERY = Guard(kind=GuardKind.BATTERY, limit=100.0, margin=5.0)
_AWAY = Guard(kind=GuardKind.USER_ACTIVE, limit=180.0)


def preset_policy(name: str, zone: str) -> Policy:
    """The policy of a preset: ``nights``, ``away``, ``always``; nothing runs with any other, which is ``never``."""
    match name:
        case "nights":
            return Policy(zone=zone, windows=(_NIGHTS,), guards=(_NOT_ON_BATTERY, _IN_USE))
        case "away":
            return Policy(zone=zone, windows=(_ALWAYS,), guards=(_NOT_ON_BATTERY, _AWAY, _IN_USE))
        case "always":
            return Policy(zone=zone, windows=(_ALWAYS,), guards=(_NOT_ON_BATTERY, _IN_USE))
        case _:
            return Policy(zone=zone)
