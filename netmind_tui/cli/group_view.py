"""Equal devices as one table: the middle of each kernel's figures, how far they lie apart, and who is lowest."""

from collections.abc import Iterable, Sequence
from statistics import median

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from netmind_tui.cli.figure_table import Column, figure_table
from netmind_tui.cli.page import MARKS
from netmind_tui.model.device import Device
from netmind_tui.model.finding import Status, worst
from netmind_tui.model.measurement import Measurement, Reason, Sharing
from netmind_tui.model.quantity import interval, percent, quantity
from netmind_tui.model.selector import ranges

FROM = 3
"""Fewer equal devices have a table each."""


def group_key(device: Device) -> object:
    """What equal devices have in common; a device without a name has no equal."""
    return (device.kind, device.name, device.memory_total_bytes) if device.name else device.id


def grouped(devices: Sequence[Device], rows: Sequence[Measurement], width: int) -> RenderableType:
    """The rows of all these devices, a line a kernel, and under them every reason once."""
    ids = {device.id for device in devices}
    by_kernel: dict[str, list[Measurement]] = {}
    elsewhere: dict[str, None] = {}
    for m in rows:
        if m.device not in ids:
            continue
        if m.status is Status.SKIP and m.reasons and m.reasons[0].id is Reason.NOT_PLACEABLE:
            elsewhere[m.kernel] = None
        else:
            by_kernel.setdefault(m.kernel, []).append(m)
    notes = Table.grid(padding=(0, 1))
    for kernel, same in by_kernel.items():
        for detail, where in _reasons(same):
            style = MARKS[worst([m.status for m in same])][1]
            notes.add_row("  ", Text(f"{kernel}:", style=style), f"{detail} ({where})")
    missing = [kernel for kernel in elsewhere if kernel not in by_kernel]
    if missing:
        notes.add_row("  ", Text("skip:", style="dim"), Text(f"cannot run there: {', '.join(missing)}", style="dim"))
    figures = _figures(by_kernel, width)
    return Group(figures, notes) if notes.rows else figures


def _figures(by_kernel: dict[str, list[Measurement]], width: int) -> Table:
    groups = list(by_kernel.values())
    known = [[m for m in same if m.value is not None] for same in groups]
    worsts = [worst([m.status for m in same]) for same in groups]
    columns = [
        Column("", ([Text(MARKS[status][0], style=MARKS[status][1]) for status in worsts],)),
        Column("kernel", (list(by_kernel),)),
        Column("median", ([Text(_middle(each), style="bold") for each in known],), right=True),
        Column("lowest – highest", ([_apart(each) for each in known],), 5, right=True),
        Column("slowest", ([_slowest(each) for each in known],), 2),
        Column("spread ≤", ([percent(_spread(each)) for each in known],), 7, right=True),
    ]
    if any(m.efficiency is not None for same in groups for m in same):
        columns.append(Column("of peak", ([percent(_share(each)) for each in known],), 6, right=True))
    columns += [
        Column("verified", ([_verified(same) for same in groups],), 3),
        Column("status", ([_status(same, status) for same, status in zip(groups, worsts, strict=True)],)),
    ]
    return figure_table(columns, width)


def _status(same: Sequence[Measurement], status: Status) -> Text:
    """The worst status, and how many have it where not all do."""
    share = sum(m.status is status for m in same)
    return Text(status if share == len(same) else f"{status} ×{share}", style=MARKS[status][1])


def _spread(known: Sequence[Measurement]) -> float | None:
    return max((m.cv for m in known if m.cv is not None), default=None)


def _middle(known: Sequence[Measurement]) -> str:
    return quantity(median(m.value or 0.0 for m in known), known[0].unit) if known else "—"


def _apart(known: Sequence[Measurement]) -> str:
    """The lowest and the highest figure, in the unit of the middle one."""
    values = [m.value or 0.0 for m in known]
    return interval((min(values), max(values)), median(values), known[0].unit) if known else "—"


def _slowest(known: Sequence[Measurement]) -> str:
    """The slowest of them."""
    if not known:
        return "—"
    slowest = max if known[0].unit == "s" else min
    return slowest(known, key=lambda m: m.value or 0.0).device


def _share(known: Sequence[Measurement]) -> float | None:
    shares = [m.efficiency for m in known if m.efficiency is not None]
    return median(shares) if shares else None


def _verified(same: Sequence[Measurement]) -> str:
    """How many results were right, of those that there are."""
    checked = [m.verified for m in same if m.verified is not None]
    right = sum(bool(each.before and each.after is not False) for each in checked)
    if not checked:
        return "—"
    return f"✔ {right}" if right == len(checked) else f"✖ {len(checked) - right} of {len(checked)}"


def _reasons(same: Iterable[Measurement]) -> list[tuple[str, str]]:
    """Each kind of reason once, as the first device has it, and all devices that have it."""
    details: dict[Reason, str] = {}
    devices: dict[Reason, list[str]] = {}
    for m in same:
        for because in m.reasons:
            details.setdefault(because.id, because.detail)
            devices.setdefault(because.id, []).append(m.device)
    return [(detail, ranges(list(dict.fromkeys(devices[reason])))) for reason, detail in details.items()]


def together_lines(sharing: Sequence[Sharing]) -> Iterable[Text]:
    """What the devices keep of their rate while all of them work."""
    kernels = dict.fromkeys(each.kernel for each in sharing)
    for kernel in kernels:
        same = sorted((each for each in sharing if each.kernel == kernel), key=lambda each: each.ratio)
        low, high = same[0], same[-1]
        kept = percent(low.ratio) if len(same) == 1 else f"{percent(low.ratio)} ({low.device}) to {percent(high.ratio)}"
        yield Text(f"together  {kernel} keeps {kept} of what a device does alone")
