"""States of contribution and moments, in the words, signs and roles that every screen uses."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from netmind_tui.model.contribution import Contribution
from netmind_tui.model.decision import Decision
from netmind_tui.model.event import Event, EventKind, has_failed

ROLES = {
    Contribution.CONTRIBUTING: "contributing",
    Contribution.IDLE: "idle",
    Contribution.DRAINING: "gave-way",
    Contribution.GAVE_WAY: "gave-way",
    Contribution.PAUSED: "yours",
    Contribution.BLOCKED: "lost",
    Contribution.LOST: "lost",
    Contribution.OFFLINE: "dim",
    Contribution.MEASURING: "measuring",
}
WORST_FIRST = (
    Contribution.LOST,
    Contribution.BLOCKED,
    Contribution.GAVE_WAY,
    Contribution.PAUSED,
    Contribution.DRAINING,
    Contribution.MEASURING,
    Contribution.CONTRIBUTING,
    Contribution.IDLE,
    Contribution.OFFLINE,
)
_A_DAY, _WEEK = timedelta(days=1), timedelta(days=6)
_DAY_S, _HOUR_S, _MINUTE_S = 86_400, 3600, 60
_EVENT_STATES = {
    EventKind.DEVICE_LOST: Contribution.LOST,
    EventKind.DEVICE_BACK: Contribution.CONTRIBUTING,
    EventKind.OVERRIDE_SET: Contribution.PAUSED,
    EventKind.DRIVER_MISMATCH: Contribution.BLOCKED,
    EventKind.MEASURING_STARTED: Contribution.MEASURING,
    EventKind.AGENT_GAP: Contribution.OFFLINE,
    EventKind.WORK_STARTED: Contribution.CONTRIBUTING,
    EventKind.WORK_RESUMED: Contribution.CONTRIBUTING,
    EventKind.WORK_SUSPENDED: Contribution.GAVE_WAY,
    EventKind.WORK_ENDED: Contribution.IDLE,
    EventKind.WORK_HELD: Contribution.PAUSED,
}
_ALARMING = frozenset(
    {
        EventKind.POLICY_REFUSED,
        EventKind.GUARD_BLIND,
        EventKind.HOOK_FAILED,
        EventKind.JOURNAL_DEGRADED,
        EventKind.CERTIFICATE_FAILED,
        EventKind.CERTIFICATE_OUTDATED,
        EventKind.OVERRIDE_DENIED,
        EventKind.DEVICE_REPLACED,
        EventKind.WORK_UNHEALTHY,
        EventKind.WORKLOADS_REFUSED,
        EventKind.POWER_UNCAPPED,
        EventKind.BOOKING_STOPPED,
        EventKind.BOOKING_REFUSED,
        EventKind.RATES_REFUSED,
    }
)


def spoken(state: Contribution) -> str:
    """A state as it is said: ``gave way``."""
    return state.value.replace("-", " ")


def clock_words(moment: datetime, now: datetime) -> str:
    """A moment as people say it, by this machine's clocks: ``18:00``, ``Fri 18:00``, or with its date."""
    here = moment.astimezone()
    away = moment - now
    if timedelta(hours=-12) < away < timedelta(hours=24) and (
        away > timedelta(0) or here.date() == now.astimezone().date()
    ):
        return f"{here:%H:%M}"
    return f"{here:%a %H:%M}" if abs(away) < _WEEK else f"{here:%d %b %H:%M}"


def length(seconds: float) -> str:
    """A length of time in two of its units: ``8 h 12 m``, ``2 d 4 h``, ``12 m``, ``40 s``."""
    whole = max(0, int(seconds))
    if whole < _MINUTE_S:
        return f"{whole} s"
    if whole < _HOUR_S:
        return f"{whole // _MINUTE_S} m"
    if whole < _DAY_S:
        return f"{whole // _HOUR_S} h {whole % _HOUR_S // _MINUTE_S:02} m"
    return f"{whole // _DAY_S} d {whole % _DAY_S // _HOUR_S} h"


def until_words(decision: Decision, now: datetime) -> str:
    """Until when a decision holds, as far as that is known: ``until 07:00``, or the condition that ends it."""
    moment = decision.until or decision.reason.until
    if moment is not None:
        return f"until {clock_words(moment, now)}"
    return decision.reason.when or ""


def shares(decisions: Sequence[Decision]) -> list[tuple[Contribution, int]]:
    """How many devices are in which state: what needs attention first."""
    counts = Counter(each.state for each in decisions)
    return [(state, counts[state]) for state in WORST_FIRST if counts[state]]


def event_sign(event: Event) -> tuple[Contribution | None, str]:
    """The state that an event leads to, if to any, and its role."""
    if event.kind is EventKind.DECISION_CHANGED:
        word = event.data.get("state")
        state = Contribution(word) if word in set(Contribution) else Contribution.IDLE
        return state, ROLES[state]
    if event.kind is EventKind.MEMORY_FREED:
        return None, "good"
    if has_failed(event):
        return None, "warn"
    found = _EVENT_STATES.get(event.kind)
    if found is not None:
        return found, ROLES[found]
    return None, "warn" if event.kind in _ALARMING else "dim"
