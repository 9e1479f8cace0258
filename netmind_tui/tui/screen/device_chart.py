"""Histories of one device as charts on fixed axes, each of them the whole span that was chosen."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.quantity import gibibytes
from netmind_tui.tui.chart import LEVELS, chart, points
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.history import HOST, HOUR, RECENT, Point
from netmind_tui.tui.node_page import spans
from netmind_tui.tui.picture import Line, Span, beside, column, fit, line
from netmind_tui.tui.screen.device_now import absent, memory_total, memory_used, power_limit, thousands
from netmind_tui.tui.state import SPANS, State

_EVERY = 10
_LEAST_CELLS, _LEAST_ROWS, _WITH_TIME_ROWS = 30, 3, 5
_GAP = 2
_HOT_C = 100  # a processor does not say where it slows itself down; nearly all do about here
ALL_GPUS = "gpu"
"""The device of a graph that is of all GPUs together."""
_OLDEST = {"2 m": "2 min ago", "1 h": "1 h ago", "24 h": "24 h ago", "7 d": "7 days ago"}


@dataclass(frozen=True, slots=True)
class Graph:
    """One metric over time: its axis ends at ``top``; ``now`` is its figure in words."""

    label: str
    device: str
    metric: str
    top: float | None
    top_words: str
    now: str

    @property
    def is_known(self) -> bool:
        """Whether ``now`` is a figure, and not the word for why there is none."""
        return self.now[:1].isdigit() or self.now.startswith("<")


def span_of(state: State) -> str:
    """The span that was chosen."""
    chosen, known = state.view.choice("span", SPANS[0]), spans(state.node)
    return chosen if chosen in known else known[-1]


def series(state: State, device: str, metric: str, count: int) -> list[Point]:
    """The whole span in exactly so many points: means where it has more, repeated where it has fewer."""
    span = span_of(state)
    if span in SPANS[2:]:
        kept = state.node.past.get(span, {}).get((device, metric), ())
        length, total, found = max(1, len(kept)), len(kept), kept
    else:
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


def _values(state: State, graph: Graph, count: int) -> list[Point]:
    """The points of a chart; of all GPUs together, those of each added up, as far as they are known."""
    if graph.device != ALL_GPUS:
        return series(state, graph.device, graph.metric, count)
    each = [series(state, gpu.id, graph.metric, count) for gpu in state.gpus if gpu.kind is DeviceKind.GPU]
    known = [[value for value in values if value is not None] for values in zip(*each, strict=True)]
    return [sum(values) if values else None for values in known]


def spark(
    state: State, device: str, metric: str, cells: int, top: float, glyphs: Glyphs, *, rows: int = 1
) -> list[Span]:
    """The span in one row, or in a few: without words and axes.

    The highest dot stays free: full ones under each other would be one area without an end.
    """
    values = series(state, device, metric, points(cells, glyphs))
    levels = LEVELS * rows
    ceiling = top * levels / (levels - 1) if glyphs.braille else top
    return [Span(text, "chart") for text in chart(values, cells, rows, ceiling, glyphs)]


def choice_of_span(state: State) -> Line:
    """The spans that can be shown, the one that is marked."""
    here = span_of(state)
    shown = (
        Span(f" ▸{each}", "text", "span") if each == here else Span(f" {each}", "dim", "span")
        for each in spans(state.node)
    )
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
        memory_used(used, total) if used is not None else absent(own, "memory_used_bytes"),
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
    clock = state.host.cpu.clock_max_mhz if state.host is not None else None
    util = "no sample yet" if host is None or host.cpu_util_pct is None else f"{host.cpu_util_pct:.0f} %"
    used = "no sample yet" if host is None else memory_used(host.memory_used_bytes, total)
    found = [
        Graph("util", HOST, "cpu_util_pct", 100, "100 %", util),
        Graph("memory", HOST, "memory_used_bytes", total, gibibytes(total), used),
    ]
    if host is not None and host.temperature_c is not None:
        heat = f"{thousands(host.temperature_c)} °C"
        found.append(Graph("temp", HOST, "temperature_c", _HOT_C, f"{_HOT_C} °C", heat))
    if host is not None and host.cpu_clock_mhz is not None and clock is not None:
        pace = f"{thousands(host.cpu_clock_mhz)} MHz"
        found.append(Graph("clock", HOST, "cpu_clock_mhz", clock, _top(clock, "MHz"), pace))
    return tuple(found)


def plotted(state: State, graph: Graph, cells: int, rows: int, glyphs: Glyphs) -> list[Line]:
    """One chart: its name and figure, the area with its axis, and where there is room the time below."""
    if graph.top is None:
        rest = [fit((), cells)] * (rows - 1)
        return [fit(_heading(graph, cells), cells), *rest][:rows]
    with_time = rows >= _WITH_TIME_ROWS
    height = rows - 1 - with_time
    corner, tick, side = ("└", "┤", "│") if glyphs.braille else ("+", "+", "|")
    area = cells - 1
    drawn = chart(_values(state, graph, points(area, glyphs)), area, height, float(graph.top), glyphs)
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
    if graph.metric.endswith("_pct") or not graph.is_known or graph.top is None:
        return fit(line(column(graph.label, 7, "dim"), Span(graph.now, "figure")), cells)
    now = value if graph.top_words.endswith(f" {unit}") else graph.now
    return fit(line(column(graph.label, 7, "dim"), Span(now, "figure"), Span(f" of {graph.top_words}", "dim")), cells)


def grid(
    state: State, shown: Sequence[Graph], cells: int, rows: int, glyphs: Glyphs, *, columns: int | None = None
) -> list[Line]:
    """As many charts as have room, in columns of equal width; all lines are of one width."""
    count = columns or max(1, min(len(shown), (cells + _GAP) // (_LEAST_CELLS + _GAP)))
    bands = max(1, min(math.ceil(len(shown) / count), rows // _LEAST_ROWS))
    count = min(count, math.ceil(len(shown) / bands))
    lines: list[Line] = []
    for band in range(bands):
        height = rows // bands + (1 if band < rows % bands else 0)
        part = shown[band * count : (band + 1) * count]
        if not part:
            break
        each, left_over = divmod(cells - _GAP * (len(part) - 1), len(part))
        blocks: list[list[Line]] = []
        for place, graph in enumerate(part):
            drawn = plotted(state, graph, each + (place < left_over), height, glyphs)
            blocks += [drawn, [line(" " * _GAP)] * height]
        lines += [fit(row, cells) for row in beside(*blocks[:-1])]
    return lines[:rows]


def _top(value: float | None, unit: str) -> str:
    return "" if value is None else f"{thousands(value)} {unit}"


def _mean(values: Sequence[Point]) -> Point:
    known = [each for each in values if each is not None]
    return sum(known) / len(known) if known else None
