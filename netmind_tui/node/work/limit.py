"""What holds an instance within its limits: its cgroup where there is one, else what each process can be given."""

import os
from dataclasses import dataclass

from netmind_tui.model.policy import Limits
from netmind_tui.model.workload import Workload
from netmind_tui.node.work.cgroup import Group

_PERIOD_US = 100_000
_ALL_PCT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What the keeper gives each process; ``None`` where the group sees to it, or there is no limit."""

    nice: int
    cpus: tuple[int, ...] | None = None
    data_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounded:
    """What was set: ``group`` says what of it the cgroup holds (``cpu``, ``memory``)."""

    bounds: Bounds
    group: frozenset[str] = frozenset()

    def words(self, *, in_group: bool) -> str:
        """It, for people: ``cgroup v2 (cpu, memory), nice``; ``nice, affinity``."""
        held = ", ".join(sorted(self.group))
        parts = [f"cgroup v2 ({held})" if held else "cgroup v2"] if in_group else []
        parts.append("nice")
        if self.bounds.cpus is not None:
            parts.append("affinity")
        if self.bounds.data_bytes is not None:
            parts.append("memory of each process")
        return ", ".join(parts)


def cpus_of(limits: Limits) -> tuple[int, ...] | None:
    """The processors that a share of all comes to, at least one, those with the highest numbers; ``None``: no limit."""
    share = limits.cpu_share_pct
    if share is None or share >= _ALL_PCT:
        return None
    usable = usable_cpus()
    return usable[-max(1, round(len(usable) * share / _ALL_PCT)) :]


def usable_cpus() -> tuple[int, ...]:
    """The numbers of the processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return tuple(sorted(os.sched_getaffinity(0)))
    return tuple(range(os.cpu_count() or 1))


def bound(workload: Workload, limits: Limits, group: Group | None) -> Bounded:
    """Set what the group can hold, and say what is left to each process."""
    held: set[str] = set()
    if group is not None:
        # Niceness counts within a group only: among groups this takes its place.
        group.set("cpu.weight.nice", str(workload.nice))
        if share_in(group, limits):
            held.add("cpu")
        if group.set("memory.max", str(workload.memory_bytes or "max")):
            group.set("memory.oom.group", "1")
            held.add("memory")
    return Bounded(
        bounds=Bounds(
            nice=workload.nice,
            cpus=None if "cpu" in held else cpus_of(limits),
            data_bytes=None if "memory" in held else workload.memory_bytes,
        ),
        group=frozenset(held),
    )


def share_in(group: Group, limits: Limits) -> bool:
    """Give the group its share of the processors; whether it has such a limit at all."""
    share = limits.cpu_share_pct
    if share is None or share >= _ALL_PCT:
        return group.set("cpu.max", f"max {_PERIOD_US}")
    quota_us = max(1000, _PERIOD_US * len(usable_cpus()) * share // _ALL_PCT)
    return group.set("cpu.max", f"{quota_us} {_PERIOD_US}")
