"""Overview: what the machine does now, which device needs attention, and what needs its owner."""

from collections.abc import Sequence

from netmind_tui.model.device import Device
from netmind_tui.model.quantity import gibibytes
from netmind_tui.tui.chart import chart, points
from netmind_tui.tui.glyph import Glyphs, bar
from netmind_tui.tui.picture import Box, Line, Span, column, framed, line, wrap
from netmind_tui.tui.state import SPANS, State

_NEEDS_ROWS = 6


def boxes(state: State) -> Sequence[str]:
    """Devices first, then what needs the owner."""
    return ("devices", "needs") if state.needs else ("devices",)


def count(state: State, box: str) -> int:
    """One row a device, one a finding."""
    return len(state.gpus) + 1 if box == "devices" else len(state.needs)


def opened(state: State, box: str, row: int) -> str | None:
    """A device opens its screen."""
    shown = (*state.gpus, *([state.cpu] if state.cpu else []))
    return f"open {shown[row].id}" if box == "devices" and row < len(shown) else None


def twin(state: State) -> str:
    """What shows the machine as text."""
    return "netmind info"


def body(state: State, cells: int, rows: int, glyphs: Glyphs) -> Sequence[Line]:
    """Devices over needs."""
    chosen = state.view.row("devices")
    lines = [_row(state, device, place == chosen, cells - 4, glyphs) for place, device in enumerate(state.gpus)]
    if state.cpu is not None:
        lines.append(_cpu(state, chosen == len(state.gpus), cells - 4, glyphs))
    needs = [each for finding in state.needs for each in wrap(f"{glyphs.marks['warn']} {finding.title}", cells - 4)]
    needs_rows = min(len(needs), _NEEDS_ROWS) + 2 if needs else 0
    drawn = framed(
        Box("devices", line(Span("devices", "title")), lines), cells, rows - needs_rows, glyphs, focused=True
    )
    if needs:
        drawn += framed(Box("needs", line(Span("needs you", "title")), needs), cells, needs_rows, glyphs)
    return drawn


def _row(state: State, device: Device, chosen: bool, cells: int, glyphs: Glyphs) -> Line:
    own, span = state.own(device), state.view.choice("span", SPANS[0])
    if device.lost is not None or own is None:
        return line(column(device.id, 7, "lost"), Span(device.lost or "no sample yet", "lost"))
    share = None if own.gpu_util_pct is None else own.gpu_util_pct / 100
    left = line(
        column(device.id, 7, "chosen" if chosen else "strong", action=f"open {device.id}"),
        Span(bar(share, 10, glyphs), "bar"),
        column(f"{own.gpu_util_pct} %" if own.gpu_util_pct is not None else glyphs.marks["dash"], 6, right=True),
        column(gibibytes(own.memory_used_bytes), 10, right=True),
        column(f"{own.power_draw_w:.0f} W" if own.power_draw_w is not None else glyphs.marks["dash"], 7, right=True),
        column(f"{own.temperature_c} °C" if own.temperature_c is not None else glyphs.marks["dash"], 7, right=True),
        "  ",
    )
    room = cells - sum(part.width for part in left)
    values = state.history.of(device.id, "gpu_util_pct", span)[-points(room, glyphs) :]
    return (*left, Span("".join(chart(values, room, 1, 100.0, glyphs)), "chart"))


def _cpu(state: State, chosen: bool, cells: int, glyphs: Glyphs) -> Line:
    host = state.sample.host if state.sample is not None else None
    util = host.cpu_util_pct if host is not None else None
    return line(
        column("cpu", 7, "chosen" if chosen else "strong", action="open cpu"),
        Span(bar(None if util is None else util / 100, 10, glyphs), "bar"),
        column(f"{util:.0f} %" if util is not None else glyphs.marks["dash"], 6, right=True),
        column(gibibytes(host.memory_used_bytes if host is not None else None), 10, right=True),
    )
