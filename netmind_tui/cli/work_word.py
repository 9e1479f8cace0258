"""Work in the words of ``status`` and ``why``: what is on a device, how each workload stands, and why none runs."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import takewhile

from netmind_tui.cli.state_word import when
from netmind_tui.model.agent import Status
from netmind_tui.model.candidate import (
    FIRST_COMMAND,
    Candidate,
    Standing,
    at_work,
    candidates,
    energy,
    why_none,
    worked,
)
from netmind_tui.model.decision import Decision
from netmind_tui.model.selector import ranges
from netmind_tui.model.workload import InstanceStatus, WorkloadStatus

NO_WORK = "no-work"
_CANNOT = frozenset({Standing.FAILED, Standing.HELD, Standing.BLOCKED})


def on_device(status: Status, device: str, decision: Decision | None) -> str:
    """What is on a device, or why nothing is although it may: ``boinc``, ``boinc suspended``, ``no work: …``."""
    told = status.workloads
    if told is None:
        return ""
    found = at_work(told, device)
    if found is not None:
        return found.name if found.standing is Standing.RUNNING else f"{found.name} {found.word}"
    return f"no work: {why_none(told, device)}" if decision is not None and _is_ready(decision) else ""


def rows(status: Status) -> Iterator[tuple[str, str]]:
    """Every workload in a line, with its style; or that there is none, and what makes one."""
    told = status.workloads
    if told is None:
        return
    if told.refused is not None:
        yield f"not in force: {told.refused}; netmind workload check names every fault", "red"
    if not told.workloads and told.refused is None:
        yield f"no workload is defined, so nothing runs: {FIRST_COMMAND}", "dim"
    for each in told.workloads:
        is_wrong = each.problem is not None or any(own.failures for own in each.instances)
        yield line(each, status.at), "yellow" if is_wrong else ""


def line(each: WorkloadStatus, now: datetime) -> str:
    """One of them: where it runs and where it does not, and what today came to."""
    parts = [f"cannot run: {each.problem}"] if each.problem is not None else []
    groups: dict[tuple[str, str], list[str]] = {}
    for own in each.instances:
        candidate = Candidate(each, own)
        groups.setdefault((candidate.word, _then(candidate, now)), []).extend(own.devices)
    parts += [f"{word} on {ranges(tuple(found))}{then}" for (word, then), found in groups.items()]
    if each.is_held and not each.instances:
        parts.append("stopped by you")
    seconds = [own.metered_s for own in each.instances if own.metered_s is not None]
    if seconds:
        parts.append(f"today {worked(sum(seconds), devices=len(_devices(each)))}{_energy(each)}")
    return f"{each.name}: {'; '.join(parts) or 'waiting'}"


def sentences(status: Status, device: str | None) -> tuple[str, ...]:
    """What works on a device, or on the node, and why nothing does."""
    told = status.workloads
    if told is None:
        return ()
    if device is None:
        return tuple(words for words, _ in rows(status))
    found = at_work(told, device)
    if found is not None and found.instance is not None:
        own = found.instance
        since = f" since {when(own.since, status.at)}" if own.since is not None else ""
        more = [f"pid {own.pid}"] if own.pid is not None else []
        more += [f"held by {own.limited_by}"] if own.limited_by else []
        how = f" ({', '.join(more)})" if more else ""
        preferred = takewhile(lambda each: each.name != found.name, candidates(told, device))
        not_now = (f"{each.told}, and would come first" for each in preferred if each.standing in _CANNOT)
        return (f"{found.name} is {found.word}{since}{how}", *not_now)
    decisions = status.decisions.devices if status.decisions is not None else ()
    # An agent that knows why says so in its reason.
    is_ready = any(_is_ready(each) and ": " not in each.reason.sentence for each in decisions if each.device == device)
    return (f"no work runs on {device}: {why_none(told, device)}",) if is_ready else ()


def _is_ready(decision: Decision) -> bool:
    """Whether a device is allowed, and has no work."""
    return any(each.code == NO_WORK for each in decision.reasons)


def _then(candidate: Candidate, now: datetime) -> str:
    """Of what failed, how, and when it is tried again; why others wait stands beside their devices."""
    own = candidate.instance
    if own is None or candidate.standing is not Standing.FAILED:
        return ""
    how = f" ({candidate.failure})" if candidate.failure else ""
    return f"{how}, tried again at {when(own.until, now)}" if own.until is not None else how


def _devices(each: WorkloadStatus) -> Sequence[str]:
    return [name for own in each.instances for name in own.devices]


def _energy(each: WorkloadStatus) -> str:
    """What all its instances drew today, where all are known in the same way."""
    known = [own for own in each.instances if own.metered_s]
    methods = {own.energy_method for own in known}
    if not known or len(methods) != 1 or any(own.energy_j is None for own in known):
        return ""
    together = InstanceStatus(
        key=each.name,
        devices=(),
        energy_j=sum(own.energy_j or 0.0 for own in known),
        energy_method=known[0].energy_method,
    )
    return f", {energy(together)}"
