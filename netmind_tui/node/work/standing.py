"""How all work stands, as everybody may see it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from netmind_tui.model.metering import CERTAINTY
from netmind_tui.model.workload import InstanceStatus, WorkloadLog, WorkloadsStatus, WorkloadStatus
from netmind_tui.node.work.activity import Meter
from netmind_tui.node.work.again import Waits
from netmind_tui.node.work.definitions import Definitions
from netmind_tui.node.work.post import Post
from netmind_tui.node.work.telling import described


def standing(
    definitions: Definitions,
    posts: Iterable[Post],
    problems: Mapping[str, str],
    is_held: Callable[[str], bool],
    waits: Callable[[Post], Waits | None],
    meter: Meter | None,
) -> WorkloadsStatus:
    """Every workload with its instances; what is no longer defined is there for as long as it runs."""
    by_name: dict[str, list[Post]] = {each.name: [] for each in definitions.workloads}
    for post in posts:
        by_name.setdefault(post.name, []).append(post)
    known = {each.name: each for each in definitions.workloads}
    found = []
    for name, own in by_name.items():
        workload = known.get(name) or own[0].workload
        found.append(
            WorkloadStatus(
                name=name,
                kind=workload.kind,
                instances_of=workload.instances,
                command=described(workload),
                is_held=is_held(name),
                problem=problems.get(name),
                instances=tuple(_metered(each.status(waits(each)), each, meter) for each in own),
            )
        )
    return WorkloadsStatus(path=str(definitions.path), refused=definitions.refused, workloads=tuple(found))


def log_of(name: str, posts: Sequence[Post], key: str | None, lines: int) -> WorkloadLog:
    """The last lines of one instance: of the one that runs, or that wrote last, unless ``key`` says; it blocks."""
    from netmind_tui.node.work.log import tail  # noqa: PLC0415 - only where somebody wants one

    mine = [each for each in posts if key in (None, each.key)]
    # Of several, one that runs comes first.
    mine.sort(key=lambda each: not each.is_there)
    empty = WorkloadLog(workload=name, key=mine[0].key if mine else key)
    for each in mine:
        found, dropped = tail(each.folder, lines)
        if found or dropped:
            return WorkloadLog(workload=name, key=each.key, lines=found, dropped_bytes=dropped)
    return empty


def _metered(status: InstanceStatus, post: Post, meter: Meter | None) -> InstanceStatus:
    """With what it came to today, on its devices."""
    if meter is None:
        return status
    sums = [meter.today(each.device, workload=post.name) for each in post.devices or post.home]
    energies = [each.energy_j for each in sums if each.energy_j is not None]
    methods = [each.energy_method for each in sums if each.energy_method is not None]
    worked_ms = sum(each.duration_ms for each in sums)
    return replace(
        status,
        metered_s=worked_ms / 1000,
        energy_j=sum(energies) if energies else None,
        energy_method=max(methods, key=CERTAINTY.index, default=None),
        energy_absent=next((each.energy_absent for each in sums if each.energy_absent is not None), None),
    )
