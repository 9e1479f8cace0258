"""What needs the owner about work: what cannot run, and what fails again and again."""

from collections.abc import Sequence

from netmind_tui.model.candidate import OFTEN, Candidate, failing, times
from netmind_tui.model.finding import Action, Finding, Status
from netmind_tui.model.legible import legible
from netmind_tui.model.selector import ranges
from netmind_tui.model.workload import WorkloadsStatus


def needs_of_work(found: WorkloadsStatus) -> tuple[Finding, ...]:
    """Each with its next step: what cannot run, then what fails, wherever it does."""
    blocked = (
        Finding(
            id=f"workload-blocked.{each.name}",
            title=f"{each.name} cannot run: {each.problem}",
            status=Status.WARN,
            purpose="nothing of it starts until that is mended",
            remediation=f"`netmind workload check` names what is wrong with {each.name}",
            action=Action.ASK_OWNER,
        )
        for each in found.workloads
        if each.problem is not None and not each.is_held
    )
    by_name: dict[str, list[Candidate]] = {}
    for each in failing(found):
        by_name.setdefault(each.name, []).append(each)
    return (*blocked, *(_failing(name, candidates) for name, candidates in by_name.items()))


def _failing(name: str, found: Sequence[Candidate]) -> Finding:
    known = [each.instance for each in found if each.instance is not None]
    devices = tuple(device for own in known for device in own.devices)
    last = next((legible(each).strip() for own in known for each in reversed(own.lines) if each.strip()), None)
    how = f" with {found[0].failure}" if found[0].failure else ""
    often = max(own.failures for own in known)
    return Finding(
        id=f"workload-failing.{name}",
        title=f"{name} fails again and again on {ranges(devices)}: {times(often)} in a row{how}",
        status=Status.WARN,
        purpose=f"after {OFTEN} failures it is no accident any more; each try waits longer, ten minutes at most",
        evidence=last,
        remediation=f"its log says why: netmind workload logs {name}",
        action=Action.ASK_OWNER,
    )
