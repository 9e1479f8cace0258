"""One device as a row of the overview: figures and history, and below them, where it is high, what else is known."""

from collections.abc import Sequence
from dataclasses import dataclass

from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.quantity import gibibytes
from netmind_tui.model.sample import DeviceSample
from netmind_tui.tui.glyph import Glyphs, bar
from netmind_tui.tui.history import HOST
from netmind_tui.tui.picture import Line, Span, beside, column, fit, line, width, wrap
from netmind_tui.tui.screen.device_chart import graphs, span_of, spark
from netmind_tui.tui.screen.device_now import (
    absent,
    heat_role,
    memory_total,
    power,
    power_limit,
    reason_for_silence,
    share,
    short_slot,
    silence_words,
    temperature,
    word,
)
from netmind_tui.tui.screen.overview_order import is_folded
from netmind_tui.tui.screen.overview_said import packed, said
from netmind_tui.tui.state import State

_BARS_FROM, _SLOT_FROM, _MORE_BARS_FROM, _SECOND_FROM = 72, 92, 114, 170
_HISTORY, _SHORT_BAR, _BAR, _GAP = 60, 5, 7, 2
_MARK, _NAME, _WORD, _UTIL, _MEMORY, _POWER, _TEMP = 2, 8, 11, 6, 11, 8, 7
_NAMED_FROM, _LABEL = 9, 8
_BELOW = ("power", "memory", "temp", "clock")


@dataclass(frozen=True, slots=True)
class Columns:
    """What fits into a width: each is the cells of a column, 0 where it is left out."""

    slot: int
    bars: int
    more_bars: int
    history: int
    second: int


def columns(cells: int) -> Columns:
    """The columns of so many cells; figures are never left out, bars and histories are."""
    slot = 7 if cells >= _SLOT_FROM else 0
    bars = _GAP + (_BAR if cells >= _SLOT_FROM else _SHORT_BAR) if cells >= _BARS_FROM else 0
    more = bars if cells >= _MORE_BARS_FROM else 0
    figures = _MARK + _NAME + _WORD + _UTIL + _MEMORY + _POWER + _TEMP
    left = cells - figures - slot - 2 * bars - 2 * more - _GAP
    second = min(_HISTORY, (left - _GAP) // 2) if cells >= _SECOND_FROM else 0
    history = min(_HISTORY, left - (second + _GAP if second else 0)) if bars else 0
    return Columns(slot, bars, more, max(0, history), second)


def heading(state: State, cells: int) -> Line:
    """What the columns are: each name over the bar, or over the figure where there is none."""
    has, span = columns(cells), span_of(state)

    def over(name: str, figure: int, bars: int) -> Span:
        return column(" " * _GAP + name, bars + figure, "dim") if bars else column(name, figure, "dim", right=True)

    return (
        column("", _MARK),
        column("device", _NAME, "dim"),
        column("slot", has.slot, "dim"),
        column("now", _WORD, "dim"),
        over("util", _UTIL, has.bars),
        over("memory", _MEMORY, has.more_bars),
        over("power", _POWER, has.more_bars),
        over("temp", _TEMP, has.bars),
        column("", _GAP),
        column(f"{'util, ' if has.history >= _NAMED_FROM else ''}{span}", has.history, "dim"),
        column(f"{' ' * _GAP}memory, {span}", has.second + _GAP if has.second else 0, "dim"),
    )


def row(state: State, device: Device, cells: int, glyphs: Glyphs, *, chosen: bool = False, rows: int = 1) -> list[Line]:
    """One device, in so many lines: its figures, and below them what else there is to say of it."""
    has = columns(cells)
    head = _head(state, device, has, glyphs, chosen=chosen)
    if device.kind is DeviceKind.CPU and state.node.decision(device.id) is None:
        return _processor(state, device, line(*head, column("", _WORD)), cells, glyphs)
    spoken = word(state, device, glyphs.said)
    if device.kind is DeviceKind.CPU:
        return _processor(state, device, line(*head, column(spoken.spoken, _WORD, spoken.role)), cells, glyphs)
    now = line(*head, column(spoken.spoken, _WORD, spoken.role))
    if reason_for_silence(state, device) is not None:
        now = line(*now, " " * _GAP)
        room = cells - width(now)
        told = wrap(silence_words(state, device, room if rows == 1 else None), room, spoken.role)[:rows]
        told += [()] * (rows - len(told))
        indent = Span(" " * width(now))
        return [fit(line(*(indent,) if place else now, *each), cells) for place, each in enumerate(told)]
    own = state.own(device)
    if own is None:
        return [fit(each, cells) for each in (line(*now, Span("  no sample yet", "dim")), *[()] * (rows - 1))]
    parts = line(*now, *_figures(device, own, has, glyphs), " " * _GAP)
    below = _below(state, device, own, width(parts) - width(head) - 2 * _GAP, rows - 1, glyphs)
    below = [line(" " * (width(head) + _GAP), *each) for each in below]
    metrics = ("gpu_util_pct", "memory_used_bytes")
    missing = absent(own, "gpu_util_pct") if own.gpu_util_pct is None else ""
    total = memory_total(device, own)
    return _with_history(state, [parts, *below], device.id, metrics, total, has, cells, glyphs, missing)


def _head(state: State, device: Device, has: Columns, glyphs: Glyphs, *, chosen: bool) -> Line:
    mark = glyphs.marks["chosen"] if chosen else " "
    name = f" {device.id}" if device.kind is DeviceKind.MIG else device.id
    name = f"{name}{'+' if is_folded(state, device) else ''}"
    return line(
        column(mark, _MARK, "key"),
        Span(name, "chosen" if chosen else "strong", f"open {device.id}"),
        " " * (_NAME - len(name)),
        column("" if device.kind is DeviceKind.MIG else short_slot(device), has.slot, "dim"),
    )


def _figures(device: Device, own: DeviceSample, has: Columns, glyphs: Glyphs) -> Line:
    """Utilisation, memory, power and temperature, each after its bar where there is room."""
    total, limit, heat = memory_total(device, own), power_limit(device, own), heat_role(device, own)
    util = None if own.gpu_util_pct is None else own.gpu_util_pct / 100
    warmth, of_slowdown = temperature(own), share(own.temperature_c, device.temperature_slowdown_c)
    memory, of_memory = gibibytes(own.memory_used_bytes), share(own.memory_used_bytes, total)
    return line(
        *_figure(util, _percent(own.gpu_util_pct), _UTIL, has.bars, glyphs),
        *_figure(of_memory, memory, _MEMORY, has.more_bars, glyphs),
        *_figure(share(own.power_draw_w, limit), power(own), _POWER, has.more_bars, glyphs),
        *_figure(of_slowdown, warmth, _TEMP, has.bars, glyphs, heat),
    )


def _below(state: State, device: Device, own: DeviceSample, cells: int, rows: int, glyphs: Glyphs) -> list[Line]:
    """What else there is to say in so many lines, and a history in each that is left."""
    lines = packed(said(state, device, own), cells, rows)
    shown = [graph for graph in graphs(state, device) if graph.label in _BELOW and graph.top is not None]
    for graph in shown[: rows - len(lines)]:
        drawn = spark(state, graph.device, graph.metric, cells - _LABEL, float(graph.top or 0), glyphs)
        lines.append(line(column(graph.label, _LABEL, "dim"), *drawn))
    return lines + [()] * (rows - len(lines))


def _processor(state: State, device: Device, head: Line, cells: int, glyphs: Glyphs) -> list[Line]:
    has = columns(cells)
    host = state.sample.host if state.sample is not None else None
    if host is None:
        return [fit(line(*head, Span("  no sample yet", "dim")), cells)]
    util = None if host.cpu_util_pct is None else host.cpu_util_pct / 100
    heat = None if host.temperature_c is None else f"{host.temperature_c:.0f} °C"
    used = share(host.memory_used_bytes, device.memory_total_bytes)
    parts = line(
        *head,
        *_figure(util, _percent(host.cpu_util_pct), _UTIL, has.bars, glyphs),
        *_figure(used, gibibytes(host.memory_used_bytes), _MEMORY, has.more_bars, glyphs),
        column(glyphs.marks["dash"], _POWER + has.more_bars, "dim", right=True),
        column(heat or glyphs.marks["dash"], _TEMP + has.bars, "text" if heat else "dim", right=True),
        " " * _GAP,
    )
    metrics = ("cpu_util_pct", "memory_used_bytes")
    return _with_history(state, [parts], HOST, metrics, device.memory_total_bytes, has, cells, glyphs)


def _with_history(
    state: State,
    lines: Sequence[Line],
    device: str,
    metrics: tuple[str, str],
    memory: float | None,
    has: Columns,
    cells: int,
    glyphs: Glyphs,
    missing: str = "",
) -> list[Line]:
    """Figures with histories after them: of the utilisation, and where it is wide of the memory.

    ``missing`` is why there is none of the utilisation.
    """
    rows = len(lines)
    room = min(has.history, cells - width(lines[0]))
    blocks: list[list[Line]] = [[fit(each, width(lines[0])) for each in lines]]
    if room > 0 and missing:
        words = [line(column(missing if len(missing) <= room else "", room, "dim"))]
        blocks.append([*words, *[line(Span(" " * room))] * (rows - 1)])
    elif room > 0:
        blocks.append([(each,) for each in spark(state, device, metrics[0], room, 100.0, glyphs, rows=rows)])
    if has.second and memory:
        blocks.append([line(" " * _GAP)] * rows)
        blocks.append([(each,) for each in spark(state, device, metrics[1], has.second, memory, glyphs, rows=rows)])
    return [fit(each, cells) for each in beside(*blocks)]


def _figure(
    part: float | None, text: str | None, cells: int, bar_cells: int, glyphs: Glyphs, role: str = "text"
) -> Sequence[Span]:
    """A figure at the right of its cells, after a bar where there is room for one: neutral but for an alarm."""
    dash = glyphs.marks["dash"]
    figure = column(text or dash, cells, role if text and text != dash else "dim", right=True)
    if not bar_cells:
        return (figure,)
    drawn = bar(part, bar_cells - _GAP, glyphs)
    return (Span(" " * _GAP), Span(drawn, "bar" if role == "text" else role), figure)


def _percent(value: float | None) -> str | None:
    return None if value is None else f"{value:.0f} %"
