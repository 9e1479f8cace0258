"""What devices do for others, in the words, signs and moments that ``status``, ``why`` and the overrides share."""

from collections.abc import Sequence
from datetime import datetime

from netmind_tui.model.agent import Status
from netmind_tui.model.candidate import running
from netmind_tui.model.contribution import Contribution
from netmind_tui.model.decision import Decision
from netmind_tui.model.override import Override
from netmind_tui.model.selector import ranges

SIGNS = {
    Contribution.CONTRIBUTING: ("●", "green"),
    Contribution.IDLE: ("░", "dim"),
    Contribution.DRAINING: ("◐", "yellow"),
    Contribution.GAVE_WAY: ("▲", "yellow"),
    Contribution.PAUSED: ("‖", "cyan"),
    Contribution.BLOCKED: ("■", "red"),
    Contribution.LOST: ("✖", "red"),
    Contribution.OFFLINE: ("·", "dim"),
    Contribution.MEASURING: ("◆", "magenta"),
}
"""A sign and a style for each state: the shape says it without the colour."""
_WEEK_D = 6


def when(moment: datetime, now: datetime) -> str:
    """A moment as people say it, by this machine's clocks: ``18:00``, ``tomorrow 06:00``, ``Fri 18:00``, a date."""
    today = now.astimezone().date()
    try:
        here = moment.astimezone()
    except (OverflowError, ValueError):  # beyond this machine's calendar: then by nobody's clock
        here = moment
    days = (here.date() - today).days
    clock = f"{here:%H:%M}"
    if days in (-1, 0, 1):
        return {-1: f"yesterday {clock}", 0: clock, 1: f"tomorrow {clock}"}[days]
    return f"{here:%a} {clock}" if 0 < days <= _WEEK_D else f"{here:%Y-%m-%d} {clock}"


def headline(status: Status) -> str:
    """The node in one line: its state, how many devices share it, until when, and why."""
    node = status.agent.node if status.agent is not None else "this machine"
    if status.decisions is None:
        return f"· {node}: no decision yet" if status.offline is None else f"· {node}: offline{_barred(status)}"
    whole = status.decisions.node
    devices = status.decisions.devices
    sign = SIGNS[whole.state][0]
    parts = [f"{sign} {node}: {whole.state}{_share(whole.counts.get(whole.state, 0), len(devices))}"]
    if whole.until is not None:
        parts.append(f"until {when(whole.until, status.at)}")
    if whole.reason is not None:
        parts.append(whole.reason.sentence)
    for state, count in whole.counts.items():
        if state is not whole.state and count:
            parts.append(f"{count} {state}")
    return " · ".join(parts)


def one_line(status: Status) -> str:
    """The node for a prompt or a status bar: ``● 6/8 · boinc · 2.41 kW · ✖ gpu:5``."""
    if status.decisions is None:
        return f"· offline{_barred(status)}"
    devices = status.decisions.devices
    working = _in(devices, Contribution.CONTRIBUTING)
    state = Contribution.CONTRIBUTING if working else status.decisions.node.state
    parts = [f"{SIGNS[state][0]} {len(working)}/{len(devices)}"]
    works = running(status.workloads)
    parts += [works] if works else []
    drawn = (
        [each.power_draw_w for each in status.sample.devices if each.power_draw_w is not None] if status.sample else []
    )
    if drawn:
        parts.append(watts(sum(drawn)))
    troubled = ((each, _in(devices, each)) for each in (Contribution.LOST, Contribution.BLOCKED))
    parts += [f"{SIGNS[each][0]} {ranges(names)}" for each, names in troubled if names]
    if status.questions:
        parts.append(f"? {len(status.questions)}")
    return " · ".join(parts)


def override_words(override: Override, now: datetime) -> str:
    """An override that holds, in words."""
    about = ranges(override.devices) if override.devices else "everything"
    if override.excepted:
        about += f" but {ranges(override.excepted)}"
    until = f"until {when(override.until, now)}" if override.until is not None else "until resumed"
    said = f", said by {override.by}" if override.by else ""
    via = f" ({override.via})" if override.via else ""
    return f"{override.kind} {about} {until}{said}{via}"


def watts(value: float) -> str:
    """A power: ``412 W``, ``2.41 kW``."""
    return f"{value / 1000:.2f} kW" if value >= 999.5 else f"{value:.0f} W"  # noqa: PLR2004 - it would read 1000 W


def ends(decision: Decision, now: datetime) -> str:
    """Until when a decision holds, as far as that is known."""
    moment = decision.until or decision.reason.until
    return "" if moment is None else when(moment, now)


def _barred(status: Status) -> str:
    return f", {status.barred}" if status.barred else ""


def _in(devices: Sequence[Decision], state: Contribution) -> list[str]:
    return [each.device for each in devices if each.state is state]


def _share(count: int, total: int) -> str:
    return "" if count == total else f", {count} of {total}"
