"""Workloads for people: each with where it runs or why it does not, and what was found of them."""

from collections.abc import Iterator
from datetime import UTC, datetime

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from netmind_tui.cli.page import MARKS, Page, printed
from netmind_tui.cli.state_word import SIGNS, when
from netmind_tui.model.candidate import Candidate, Standing
from netmind_tui.model.contribution import Contribution
from netmind_tui.model.finding import Finding, Status
from netmind_tui.model.selector import ranges
from netmind_tui.model.workload import InstanceStatus, WorkloadsCheck, WorkloadsStatus, WorkloadStatus, WorkState

_STATES = {
    Standing.RUNNING: Contribution.CONTRIBUTING,
    Standing.SUSPENDED: Contribution.GAVE_WAY,
    Standing.STOPPING: Contribution.DRAINING,
    Standing.WAITING: Contribution.IDLE,
    Standing.FAILED: Contribution.LOST,
    Standing.HELD: Contribution.PAUSED,
    Standing.BLOCKED: Contribution.BLOCKED,
}
"""The state whose sign each has, as on every screen."""
_MOST_LINES = 3


def table(found: WorkloadsStatus, page: Page, *, only: str | None = None) -> str:
    """All of them, or one: its instances below it."""
    return printed(_blocks(found, only), page)


def _blocks(found: WorkloadsStatus, only: str | None) -> Iterator[RenderableType]:
    if found.refused is not None:
        yield Text(f"not in force: {found.refused}", style="red")
    shown = [each for each in found.workloads if only in (None, each.name)]
    if not shown and found.refused is None:
        words = f"{found.path or 'the file'} names no workload: nothing runs for others"
        yield Text(f"{words}; netmind workload add makes one" if only is None else f"there is no workload {only}")
    for each in shown:
        yield Text.assemble(
            (each.name, "bold"), f"  {_kind(each)}", (f"  {each.command}", "dim"), no_wrap=True, overflow="ellipsis"
        )
        yield Padding(_instances(each), (0, 0, 0, 2))


def _kind(workload: WorkloadStatus) -> str:
    once = "one" if workload.instances_of == "one" else "one for each device"
    return f"{workload.kind}, {once}"


def _instances(workload: WorkloadStatus) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    if workload.problem is not None:
        grid.add_row("", _sign(Standing.BLOCKED, "cannot run"), Text(workload.problem))
    if workload.is_held:
        grid.add_row("", _sign(Standing.HELD, "stopped"), Text(f"by you: netmind workload start {workload.name}"))
    for each in workload.instances:
        standing = Candidate(workload, each).standing
        state = "waits" if each.state is WorkState.NONE else each.state.value
        grid.add_row(Text(ranges(each.devices)), _sign(standing, state), Text(_about(each)))
    return grid


def _sign(standing: Standing, words: str) -> Text:
    sign, style = SIGNS[_STATES[standing]]
    return Text(f"{sign} {words}", style=style)


def _about(instance: InstanceStatus) -> str:
    now = datetime.now(UTC)
    parts = []
    if instance.since is not None and instance.state is not WorkState.NONE:
        parts.append(f"since {when(instance.since, now)}")
    if instance.waits is not None:
        parts.append(instance.waits)
        if instance.until is not None:
            parts.append(f"until {when(instance.until, now)}")
    elif instance.failures:
        parts.append(f"failed {instance.failures} time{'' if instance.failures == 1 else 's'} in a row")
    elif instance.state is WorkState.NONE and instance.devices:
        parts.append(f"netmind why {instance.devices[0]} says what for")
    if instance.pid is not None:
        parts.append(f"process {instance.pid}")
    if instance.limited_by:
        parts.append(f"held by {instance.limited_by}")
    if instance.freed_s is not None:
        parts.append(f"memory was yours again after {instance.freed_s:.1f} s")
    return "\n".join([" · ".join(parts), *instance.lines[-_MOST_LINES:]]).strip()


def findings(document: WorkloadsCheck, page: Page) -> str:
    """What was found, worst first."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=2)
    grid.add_column(overflow="fold")
    for each in document.findings:
        mark, style = MARKS[each.status]
        grid.add_row(Text(mark, style=f"bold {style}"), _finding(each))
    return printed([grid], page)


def _finding(finding: Finding) -> Text:
    if finding.status is Status.PASS:
        return Text(finding.title)
    text = Text(finding.title, style="bold")
    text.append(f"\n{finding.status} · {finding.id}", style="dim")
    if finding.remediation:
        text.append(f"\nfix: {finding.remediation}", style="")
    return text
