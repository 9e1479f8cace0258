"""Histories of one device as charts on fixed axes, each of them the whole span that was chosen."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.quantity import gibibytes
from netmind_tui.tui.chart import chart, points
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.history import HOST, HOUR, RECENT, Point
from netmind_tui.tui.picture import Line, Span, beside, column, fit, line
from netmind_tui.tui.screen.device_now import absent, memory_total, power_limit, thousands
from netmind_tui.tui.state import SPANS, State

_EVERY = 10
_LEAST_CELLS, _LEAST_ROWS, _WITH_TIME_ROWS = 30, 3, 5
_GAP = 2
_OLDEST = {"2 m": "2 min ago", "1 h": "1 h ago"}


@dataclass(frozen=True, slots=True)
class Graph:
    """One metric over time: its axis ends at ``top``; ``now`` is its figure in words."""

    label: str
    device: str
    metric: str
    top: float | None
    top_words: str
    now: str


def span_of(state: State) -> str:
    """The span that was chosen."""
    return state.view.choice("span", SPANS[0])


def series(state: State, device: str, metric: str, count: int) -> list[Point]:
    """The whole span in exactly so many points: means where it has more, repeated where it has fewer."""
    span = span_of(state)
    length, total = (RECENT, state.history.count) if span == SPANS[0] else (HOUR, state.history.count // _EVERY)
    found = state.history.of(device, metric, span)
    values = [None] * (length - len(found)) + list(found)
    if count <= 0:
        return []
    size = max(1, math.ceil(length / count))
    if size > 1:
        # Groups are counted from the first sample of all, so that a point that is drawn does not change its height.
        newest = total % size or size
        starts = range(length - newest, -size, -size)
        values = [_mean(values[max(0, start) : start + size]) for start in starts][::-1]
        values = values[-math.ceil(length / size) :]
    return [values[place * len(values) // count] for place in range(count)]


def spark(
    state: State, device: str, metric: str, cells: int, top: float, glyphs: Glyphs, *, rows: int = 1
) -> list[Span]:
    """The span in one row, or in a few: without words and axes."""
    values = series(state, device, metric, points(cells, glyphs))
    return [Span(text, "chart") for text in chart(values, cells, rows, top, glyphs)]


def choice_of_span(state: State) -> Line:
    """The spans that can be shown, the one that is marked."""
    here = span_of(state)
    shown = (Span(f" ▸{each}", "text", "span") if each == here else Span(f" {each}", "dim", "span") for each in SPANS)
    return (Span("t", "key", "span"), *shown)


def graphs(state: State, device: Device) -> tuple[Graph, ...]:
    """Everything of a device that has a history, the most telling first."""
    if device.kind is DeviceKind.CPU:
        return _host_graphs(state)
    own = state.own(device)
    total, limit = memory_total(device, own), power_limit(device, own)

    def said(metric: str, unit: str) -> str:
        value = getattr(own, metric) if own is not None else None
        return absent(own, metric) if value is None else f"{thousands(value)} {unit}"

    used = own.memory_used_bytes if own is not None else None
    memory = Graph(
        "memory",
        device.id,
        "memory_used_bytes",
        total,
        gibibytes(total),
        gibibytes(used) if used is not None else absent(own, "memory_used_bytes"),
    )
    if device.kind is DeviceKind.MIG:
        return (memory,)
    slowdown, clock = device.temperature_slowdown_c, device.sm_clock_max_mhz
    return (
        Graph("util", device.id, "gpu_util_pct", 100, "100 %", said("gpu_util_pct", "%")),
        Graph("power", device.id, "power_draw_w", limit, _top(limit, "W"), said("power_draw_w", "W")),
        memory,
        Graph("temp", device.id, "temperature_c", slowdown, _top(slowdown, "°C"), said("temperature_c", "°C")),
        Graph("clock", device.id, "sm_clock_mhz", clock, _top(clock, "MHz"), said("sm_clock_mhz", "MHz")),
    )


def _host_graphs(state: State) -> tuple[Graph, ...]:
    host = state.sample.host if state.sample is not None else None
    total = state.host.memory_total_bytes if state.host is not None else None
    util = "no sample yet" if host is None or host.cpu_util_pct is None else f"{host.cpu_util_pct:.0f} %"
    used = "no sample yet" if host is None else gibibytes(host.memory_used_bytes)
    return (
        Graph("util", HOST, "cpu_util_pct", 100, "100 %", util),
        Graph("memory", HOST, "memory_used_bytes", total, gibibytes(total), used),
    )


def plotted(state: State, graph: Graph, cells: int, rows: int, glyphs: Glyphs) -> list[Line]:
    """One chart: its name and figure, the area with its axis, and where there is room the time below."""
    if graph.top is None:
        rest = [fit((), cells)] * (rows - 1)
        return [fit(_heading(graph, cells), cells), *rest][:rows]
    with_time = rows >= _WITH_TIME_ROWS
    height = rows - 1 - with_time
    corner, tick, side = ("└", "┤", "│") if glyphs.braille else ("+", "+", "|")
    area = cells - 1
    drawn = chart(
        series(state, graph.device, graph.metric, points(area, glyphs)), area, height, float(graph.top), glyphs
    )
    lines = [_heading(graph, cells)]
    for row, text in enumerate(drawn):
        edge = tick if row in (0, height - 1) else side
        lines.append(fit(line(Span(edge, "border"), Span(text, "chart")), cells))
    if with_time:
        left, right = f"{corner} {_OLDEST.get(span_of(state), '')}", "now "
        blank = " " * max(0, cells - len(left) - len(right))
        lines.append(fit(line(Span(left, "dim"), blank, Span(right, "dim")), cells))
    return lines[:rows]


def _heading(graph: Graph, cells: int) -> Line:
    """The name, and the figure of the top of its axis: ``power  155 of 200 W``."""
    value, _, unit = graph.now.rpartition(" ")
    if graph.metric.endswith("_pct") or not graph.now[:1].isdigit() or graph.top is None:
        return fit(line(column(graph.label, 7, "dim"), Span(graph.now, "figure")), cells)
    now = value if graph.top_words.endswith(f" {unit}") else graph.now
    return fit(line(column(graph.label, 7, "dim"), Span(now, "figure"), Span(f" of {graph.top_words}", "dim")), cells)


def grid(
    state: State, shown: Sequence[Graph], cells: int, rows: int, glyphs: Glyphs, *, columns: int | None = None
) -> list[Line]:
    """As many charts as have room, in columns of equal width; all lines are of one width."""
    count = columns or max(1, min(len(shown), (cells + _GAP) // (_LEAST_CELLS + _GAP)))
    bands = max(1, min(math.ceil(len(shown) / count), rows // _LEAST_ROWS))
    lines: list[Line] = []
    for band in range(bands):
        height = rows // bands + (1 if band < rows % bands else 0)
        part = shown[band * count : (band + 1) * count]
        if not part:
            break
        each = (cells - _GAP * (len(part) - 1)) // len(part)
        blocks: list[list[Line]] = []
        for graph in part:
            blocks += [plotted(state, graph, each, height, glyphs), [line(" " * _GAP)] * height]
        lines += [fit(row, cells) for row in beside(*blocks[:-1])]
    return lines[:rows]


def _top(value: float | None, unit: str) -> str:
    return "" if value is None else f"{thousands(value)} {unit}"


def _mean(values: Sequence[Point]) -> Point:
    known = [each for each in values if each is not None]
    return sum(known) / len(known) if known else None
