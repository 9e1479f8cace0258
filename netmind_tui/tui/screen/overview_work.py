"""Work on the overview: in a word for a row, in a clause for a card, and why a device that may work has none."""

from netmind_tui.model.candidate import Standing, at_work, failing, why_none
from netmind_tui.model.contribution import Contribution
from netmind_tui.model.device import Device
from netmind_tui.tui.node_word import clock_words
from netmind_tui.tui.state import State
from netmind_tui.tui.work_page import workloads

NO_WORK = "no-work"
"""The code of the reason that a device is allowed, and has no work."""


def word(state: State, device: Device) -> str:
    """What is on the device: the workload's name while it runs, how it stands otherwise; nothing where none is."""
    found = at_work(workloads(state), device.id)
    if found is None:
        return "no work" if is_ready(state, device) else ""
    return found.name if found.standing is Standing.RUNNING else found.standing.value


def is_ready(state: State, device: Device) -> bool:
    """Whether it may work, and has no work."""
    decision = state.node.decision(device.id)
    return (
        decision is not None
        and decision.state is Contribution.IDLE
        and any(each.code == NO_WORK for each in decision.reasons[:2])
        and workloads(state) is not None
    )


def clause(state: State, device: Device) -> str:
    """The same with since when, or why there is none: ``boinc since 18:02``, ``ready, but no work: …``."""
    told = workloads(state)
    if told is None:
        return ""
    found = at_work(told, device.id)
    if found is None or found.instance is None:
        return (
            f"ready, but no work: {why_none(told, device.id)}{_until(state, device)}" if is_ready(state, device) else ""
        )
    since, now = found.instance.since, state.at
    if found.standing is Standing.RUNNING:
        return f"{found.name} since {clock_words(since, now)}" if since is not None and now is not None else found.name
    if found.standing is Standing.SUSPENDED:
        return f"{found.name} suspended, its memory is held"
    return f"{found.name} stopping, its memory is not free yet"


def troubled(state: State, device: Device) -> str:
    """What should work here and fails again and again, in a clause."""
    found = next(
        (each for each in failing(workloads(state)) if each.instance and device.id in each.instance.devices), None
    )
    return found.told if found is not None else ""


def _until(state: State, device: Device) -> str:
    decision, now = state.node.decision(device.id), state.at
    moment = next((each.until for each in decision.reasons if each.code == NO_WORK), None) if decision else None
    return f", until {clock_words(moment, now)}" if moment is not None and now is not None else ""
