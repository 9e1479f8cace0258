"""``netmind bench`` for people: the plan before, the progress while, and the figures after, at any width."""

import io
from collections.abc import Iterable

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from netmind_tui.bench.plan import Plan
from netmind_tui.cli.output import Page
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.finding import Finding, Status
from netmind_tui.model.kernel import Kernel
from netmind_tui.model.measurement import Measurement, Run
from netmind_tui.model.quantity import duration, gibibytes, interval, percent, quantity

WIDE, MIDDLE = 96, 72
_NARROWEST, _WIDEST = 40, 120
MARKS = {
    Status.PASS: ("✔", "green"),
    Status.WARN: ("▲", "yellow"),
    Status.UNSTABLE: ("▲", "yellow"),
    Status.ERROR: ("✖", "red"),
    Status.FAIL: ("✖", "bold red"),
    Status.SKIP: ("·", "dim"),
}
_ASCII = str.maketrans({"✔": "+", "▲": "!", "✖": "x", "·": "-", "–": "-", "—": "-", "µ": "u", "…": ".", "×": "x"})


def table(run: Run, *, page: Page) -> str:
    """The finished run: a block a device, then what to know about the figures, then the verdict."""
    return _printed(_run_blocks(run, page.width), page=page)


def plan_table(plan: Plan, *, page: Page) -> str:
    """What would be done: each kernel on each device with its time and memory, and the total."""
    rows = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("device", "kernel", "shape"):
        rows.add_column(name, no_wrap=True)
    for name in ("time", "memory"):
        rows.add_column(name, justify="right", no_wrap=True)
    notes = []
    for step in plan.steps:
        shape = " ".join(f"{k}={v}" for k, v in step.variant.shape.items()) if step.variant else "—"
        if step.refused:
            rows.add_row(step.target.device.id, step.kernel.id, shape, "—", "—", style="dim")
            notes.append(Text(f"  {step.kernel.id} on {step.target.device.id}: {step.refused.detail}"))
            continue
        growing = "≤ " if step.kernel.grows else ""
        memory = f"{growing}{gibibytes(step.memory_bytes)}"
        rows.add_row(step.target.device.id, step.kernel.id, shape, f"{step.expected_s:.1f} s", memory)
    total = Text(f"{plan.suite.name}, seed {plan.seed}: about {duration(plan.expected_s)} in all", style="bold")
    blocks: list[RenderableType] = [rows, *dict.fromkeys(notes), total]
    return _printed(blocks, page=page)


def kernel_table(kernels: Iterable[Kernel], *, page: Page) -> str:
    """The catalogue: what each kernel measures, in which unit, and where it can run."""
    rows = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("kernel", "unit", "runs on"):
        rows.add_column(name, no_wrap=True)
    rows.add_column("measures", overflow="fold")
    for kernel in kernels:
        providers = ", ".join(dict.fromkeys(variant.provider for variant in kernel.variants))
        rows.add_row(kernel.id, kernel.unit, providers, kernel.title)
    return _printed([rows], page=page)


def _run_blocks(run: Run, width: int) -> list[RenderableType]:
    blocks: list[RenderableType] = [_headline(run), Text()]
    for device in _measured_devices(run):
        rows = [m for m in run.measurements if m.device == device.id]
        blocks += [_device_line(device, run), _device_rows(rows, width), Text()]
    for finding in run.findings:
        blocks.append(_finding(finding))
    blocks.append(_verdict(run))
    return blocks


def _headline(run: Run) -> Text:
    text = Text("netmind bench", style="bold")
    text.append(f" · {run.suite} · seed {run.seed} · {run.started_at[:16].replace('T', ' ')} UTC", style="dim")
    return text


def _measured_devices(run: Run) -> list[Device]:
    known = {device.id: device for device in run.devices}
    ids = dict.fromkeys(measurement.device for measurement in run.measurements)
    return [known.get(each) or Device(id=each, kind=DeviceKind.GPU, name="not there") for each in ids]


def _device_line(device: Device, run: Run) -> Text:
    text = Text(device.id, style="bold cyan")
    parts = [device.name or "unnamed"]
    if device.kind is DeviceKind.CPU:
        threads = next((m.threads for m in run.measurements if m.device == device.id and m.threads), None)
        parts += [f"{threads} threads"] if threads else []
        parts += [f"in a {boundary}" for boundary in run.host.boundaries]
    else:
        parts += [gibibytes(device.memory_total_bytes)] if device.memory_total_bytes else []
    if run.environment.onnxruntime:
        parts.append(f"onnxruntime {run.environment.onnxruntime}")
    return text.append("  " + " · ".join(parts), style="")


def _device_rows(rows: list[Measurement], width: int) -> RenderableType:
    reasons = {because.detail for m in rows for because in m.reasons}
    if all(m.value is None for m in rows) and len(reasons) == 1:
        # One trouble for the whole device is one line, not one a kernel.
        mark, style = MARKS[rows[0].status]
        return Padding(Text(f"{mark} not measured: {reasons.pop()}", style=style), (0, 0, 0, 2))
    figures = _figures(rows, width)
    notes = [_note(m, because.detail) for m in rows for because in m.reasons]
    peaks = [m.peak.source for m in rows if m.peak and m.peak.value is None]
    if peaks and not notes and width >= MIDDLE:
        notes += [Text(f"share of peak: {source}", style="dim") for source in dict.fromkeys(peaks)]
    return Group(figures, *(Padding(note, (0, 0, 0, 4)) for note in notes))


def _figures(rows: list[Measurement], width: int) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("", width=1)
    table.add_column("kernel", no_wrap=True)
    table.add_column("rate", justify="right", no_wrap=True)
    has_peak = any(m.efficiency is not None for m in rows)
    if width >= MIDDLE:
        table.add_column("95 % interval", justify="right", no_wrap=True)
    table.add_column("spread", justify="right", no_wrap=True)
    if has_peak:
        table.add_column("of peak", justify="right", no_wrap=True)
    if width >= WIDE:
        table.add_column("samples", justify="right", no_wrap=True)
        table.add_column("verified", no_wrap=True)
    table.add_column("status", no_wrap=True)
    for m in rows:
        mark, style = MARKS[m.status]
        cells: list[Text | str] = [Text(mark, style=style), m.kernel, Text(quantity(m.value, m.unit), style="bold")]
        if width >= MIDDLE:
            cells.append(interval(m.ci95, m.value, m.unit))
        cells.append(percent(m.cv))
        if has_peak:
            cells.append(percent(m.efficiency))
        if width >= WIDE:
            cells += [str(m.n) if m.n else "—", _verified(m)]
        cells.append(Text(m.status, style=style))
        table.add_row(*cells)
    return table


def _verified(measurement: Measurement) -> str:
    verified = measurement.verified
    if verified is None:
        return "—"
    held = verified.before and verified.after
    error = "" if not verified.error else f" {verified.error:.0e}"
    return f"{'✔' if held else '✖'} {verified.method}{error}"


def _note(measurement: Measurement, detail: str) -> Text:
    _, style = MARKS[measurement.status]
    return Text(f"{measurement.kernel}: ", style=style).append(detail, style="")


def _finding(finding: Finding) -> RenderableType:
    mark, style = MARKS[finding.status]
    lines = [Text(f"{mark} {finding.title}", style=style)]
    if finding.actual:
        lines.append(Text(f"    found  {finding.actual}"))
    if finding.remediation:
        lines.append(Text(f"    fix    {finding.remediation}"))
    return Padding(Group(*lines), (0, 0, 1, 0))


def _verdict(run: Run) -> Text:
    mark, style = MARKS[run.verdict]
    counts: dict[Status, int] = {}
    for measurement in run.measurements:
        counts[measurement.status] = counts.get(measurement.status, 0) + 1
    summary = ", ".join(f"{count} {status}" for status, count in counts.items()) or "nothing measured"
    text = Text(f"{mark} {run.verdict}", style=style)
    text.append(f"  {summary}", style="")
    if run.stopped:
        text.append(f" · {run.stopped.replace('-', ' ')}: what was finished is kept", style="yellow")
    return text


def _printed(blocks: Iterable[RenderableType], *, page: Page) -> str:
    sink = io.StringIO()
    console = Console(
        file=sink,
        width=max(_NARROWEST, min(page.width, _WIDEST)),
        force_terminal=page.is_terminal,
        highlight=False,
        emoji=False,
        markup=False,
        legacy_windows=False,
    )
    for block in blocks:
        console.print(block)
    text = "\n".join(line.rstrip() for line in sink.getvalue().splitlines()) + "\n"
    try:
        text.encode(page.encoding)
    except UnicodeEncodeError:
        return text.translate(_ASCII).encode(page.encoding, errors="replace").decode(page.encoding)
    return text
