"""A finished benchmark for people: a block a device, then what to know about the figures, then the verdict."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from netmind_tui.bench.conditions import BUSY_PCT
from netmind_tui.cli.figure_table import Column, figure_table
from netmind_tui.cli.group_view import FROM, group_key, grouped, together_lines
from netmind_tui.cli.page import MARKS, MIDDLE, Page, printed
from netmind_tui.cli.summary_view import summary_lines
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.finding import Finding, Status
from netmind_tui.model.measurement import Measurement, Reason, Run
from netmind_tui.model.quantity import gibibytes, interval, percent, quantity
from netmind_tui.model.selector import ranges

_SEVERAL = 3


def table(run: Run, page: Page) -> str:
    """The run on a page of any width; narrow ones lose the samples first, then the interval."""
    return printed(_blocks(run, page.width), page)


def _blocks(run: Run, width: int) -> Iterator[RenderableType]:
    yield _headline(run)
    conditions = _conditions(run)
    if conditions:
        yield conditions
    yield Text()
    known = {device.id: device for device in run.devices}
    ids = dict.fromkeys(measurement.device for measurement in run.measurements)
    devices = [known.get(each) or Device(id=each, kind=DeviceKind.GPU, name="not there") for each in ids]
    rows = {device.id: [m for m in run.measurements if m.device == device.id] for device in devices}
    # Devices that share their model and the one trouble that stopped them all are one block; so are several equal ones.
    groups: dict[tuple[str | None, object], list[Device]] = {}
    for device in devices:
        groups.setdefault((_trouble(rows[device.id]), group_key(device)), []).append(device)
    for (trouble, _), same in groups.items():
        if trouble is not None:
            mark, style = MARKS[rows[same[0].id][0].status]
            yield _device_line(same, run)
            yield Padding(Text(f"{mark} not measured: {trouble}", style=style), (0, 0, 0, 2))
            yield Text()
        elif len(same) >= FROM:
            yield _device_line(same, run)
            yield grouped(same, run.measurements, width)
            yield Text()
        else:
            for device in same:
                yield _device_line([device], run)
                yield _measured(rows[device.id], width)
                yield Text()
    if run.sharing:
        yield from (*together_lines(run.sharing), Text())
    yield from summary_lines(run, width)
    for finding in run.findings:
        yield from (_finding(finding), Text())
    yield _verdict(run)


def _headline(run: Run) -> Text:
    text = Text("netmind bench", style="bold")
    parts = [run.suite, f"seed {run.seed}", f"{run.started_at[:16].replace('T', ' ')} UTC"]
    if run.environment.onnxruntime:
        parts.append(f"onnxruntime {run.environment.onnxruntime}")
    return text.append(" · " + " · ".join(parts), style="dim")


def _conditions(run: Run) -> Text:
    """How quiet the machine was just before the first kernel."""
    found, cores = run.environment, run.host.cpu.usable_cores
    busy = found.other_cpu_util_pct
    parts = [] if busy is None else [f"other programs {busy:.0f} %{' ▲' if busy > BUSY_PCT else ' ✔'}"]
    parts += [] if found.load_1m is None else [f"load {found.load_1m:.1f} of {cores:g}"]
    parts += [] if found.memory_available_bytes is None else [f"{gibibytes(found.memory_available_bytes)} free"]
    if run.host.has_battery and found.on_battery is not None:
        parts.append("on battery ▲" if found.on_battery else "on mains")
    parts += [] if run.host.cpu.governor is None else [f"governor {run.host.cpu.governor}"]
    return Text("before: " + " · ".join(parts) if parts else "", style="dim")


def _device_line(devices: Sequence[Device], run: Run) -> Text:
    first = devices[0]
    text = Text(ranges([device.id for device in devices]), style="bold cyan")
    parts = [first.name or "unnamed"]
    if first.kind is DeviceKind.CPU:
        threads = next((m.threads for m in run.measurements if m.device == first.id and m.threads), None)
        parts += [f"{threads} thread{'s' if threads > 1 else ''}"] if threads else []
        parts += [" in a ".join(["", *(name.upper() if name != "container" else name for name in run.host.boundaries)])]
    elif first.memory_total_bytes:
        parts.append(gibibytes(first.memory_total_bytes))
    return text.append("  " + " · ".join(part.strip() for part in parts if part), style="")


def _trouble(rows: Sequence[Measurement]) -> str | None:
    """The one reason why nothing was measured on a device, if there is just one."""
    reasons = {because.detail for m in rows for because in m.reasons}
    return reasons.pop() if len(reasons) == 1 and all(m.value is None for m in rows) else None


def _measured(rows: Sequence[Measurement], width: int) -> RenderableType:
    notes = Table.grid(padding=(0, 1))
    elsewhere = [m for m in rows if m.status is Status.SKIP and m.reasons[0].id is Reason.NOT_PLACEABLE]
    rows = [m for m in rows if m not in elsewhere]
    scattered = [m.kernel for m in rows if any(each.id is Reason.NOT_CONVERGED for each in m.reasons)]
    for m in rows:
        for because in m.reasons:
            if because.id is not Reason.NOT_CONVERGED or len(scattered) < _SEVERAL:
                notes.add_row("  ", Text(f"{m.kernel}:", style=MARKS[m.status][1]), because.detail)
    if len(scattered) >= _SEVERAL:
        words = f"more spread than allowed, or too few samples: {', '.join(scattered)}"
        notes.add_row("  ", Text("unstable:", style=MARKS[Status.UNSTABLE][1]), words)
    sources = dict.fromkeys(m.peak.source for m in rows if m.peak and m.peak.value is None)
    if width >= MIDDLE:
        for source in sources:
            notes.add_row("  ", Text("peak:", style="dim"), Text(source, style="dim"))
    if elsewhere:
        names = ", ".join(m.kernel for m in elsewhere)
        notes.add_row("  ", Text("skip:", style="dim"), Text(f"not on this kind of device: {names}", style="dim"))
    return Group(_figures(rows, width), notes) if notes.rows else _figures(rows, width)


def _figures(rows: Sequence[Measurement], width: int) -> Table:
    marks = [MARKS[m.status] for m in rows]
    columns = [
        Column("", ([Text(mark, style=style) for mark, style in marks],)),
        Column("kernel", ([m.kernel for m in rows],)),
        Column("rate", ([Text(quantity(m.value, m.unit), style="bold") for m in rows],), right=True),
        Column("95 % interval", ([interval(m.ci95, m.value, m.unit) for m in rows],), 6, right=True),
        Column("spread", ([percent(m.cv) for m in rows],), 2, right=True),
    ]
    if any(m.efficiency is not None for m in rows):
        columns.append(Column("of peak", ([percent(m.efficiency) for m in rows],), 4, right=True))
    columns += [
        Column("samples", ([str(m.n) if m.n else "—" for m in rows],), 8, right=True),
        Column("verified", ([_verified(m) for m in rows], [_verified(m).partition(" ")[0] for m in rows]), 5),
        Column("status", ([Text(m.status, style=style) for m, (_, style) in zip(rows, marks, strict=True)],)),
    ]
    return figure_table(columns, width)


def _verified(measurement: Measurement) -> str:
    """Whether the result was right, and how that was found."""
    verified = measurement.verified
    if verified is None:
        return "—"
    return f"{'✔' if verified.before and verified.after is not False else '✖'} {verified.method}"


def _finding(finding: Finding) -> RenderableType:
    mark, style = MARKS[finding.status]
    lines = Table.grid(padding=(0, 1))
    for label, words in (("found", finding.actual), ("fix", finding.remediation)):
        if words:
            lines.add_row("   ", Text(label, style="dim"), words)
    return Group(Text(f"{mark} {finding.title}", style=style), lines)


def _verdict(run: Run) -> Text:
    mark, style = MARKS[run.verdict]
    counts: dict[Status, int] = {}
    for measurement in run.measurements:
        counts[measurement.status] = counts.get(measurement.status, 0) + 1
    summary = ", ".join(f"{count} {status}" for status, count in counts.items()) or "nothing was measured"
    text = Text(f"{mark} {run.verdict}", style=style)
    text.append(f"  {summary}", style="")
    if run.stopped:
        text.append(f" · {run.stopped.replace('-', ' ')}: what was finished is kept", style="yellow")
    return text
