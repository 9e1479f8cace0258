"""The overview's devices, a row each: those that need attention first, slices under their GPU, the processor last."""

from collections.abc import Sequence
from dataclasses import dataclass

from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.quantity import gibibytes
from netmind_tui.model.sample import DeviceSample
from netmind_tui.tui.glyph import Glyphs, bar
from netmind_tui.tui.history import HOST
from netmind_tui.tui.picture import Line, Span, beside, column, fit, joined, line, width, wrap
from netmind_tui.tui.screen.device_chart import span_of, spark
from netmind_tui.tui.screen.device_now import (
    NOT_SLOWED,
    Heed,
    absent,
    heat_role,
    heed,
    memory_total,
    power,
    power_limit,
    reason_for_silence,
    share,
    short_slot,
    silence_words,
    slowed_words,
    temperature,
    thousands,
    word,
)
from netmind_tui.tui.state import State

SORTS = ("attention", "slot")
_BARS_FROM, _SLOT_FROM, _MORE_BARS_FROM, _SECOND_FROM = 72, 92, 114, 170
_HISTORY, _BAR = 60, 8
_PER_LINE, _NAMED_FROM = 2, 9
_SILENT = frozenset({Heed.LOST, Heed.ASLEEP})


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
    bars = _BAR if cells >= _BARS_FROM else 0
    more = _BAR + 1 if cells >= _MORE_BARS_FROM else 0
    left = cells - (2 + 8 + 11 + 6 + 10 + 7 + 7) - slot - 2 * bars - 2 * more - 2
    second = min(_HISTORY, (left - 2) // 2) if cells >= _SECOND_FROM else 0
    history = min(_HISTORY, left - (second + 2 if second else 0)) if bars else 0
    return Columns(slot, bars, more, max(0, history), second)


def entries(state: State) -> tuple[Device, ...]:
    """The devices in the order of the rows: folded slices are not among them."""
    cards = [device for device in state.gpus if device.kind is DeviceKind.GPU]
    if state.view.choice("sort", SORTS[0]) == SORTS[0]:
        cards.sort(key=lambda device: heed(state, device))
    shown: list[Device] = []
    for device in cards:
        shown.append(device)
        if is_open(state, device):
            shown += slices(state, device)
    return (*shown, *([state.cpu] if state.cpu is not None else []))


def slices(state: State, device: Device) -> tuple[Device, ...]:
    """The slices of a GPU."""
    return tuple(each for each in state.gpus if each.parent == device.id)


def is_open(state: State, device: Device) -> bool:
    """Whether the slices of a GPU are shown."""
    return state.view.choice(f"slices {device.id}", "folded") == "open"


def heading(state: State, cells: int) -> Line:
    """What the columns are."""
    has, span = columns(cells), span_of(state)
    return tuple(
        Span(each.text, "dim")
        for each in (
            column("", 2),
            column("device", 8),
            column("slot", has.slot),
            column("now", 11),
            column("   util", has.bars + 6) if has.bars else column("util", 6, right=True),
            column("memory", 10 + has.more_bars, right=True),
            column("power", 7 + has.more_bars, right=True),
            column("    temp", has.bars + 7) if has.bars else column("temp", 7, right=True),
            column("", 2),
            column(
                f"{'util, ' if has.history >= _NAMED_FROM else ''}{span_of(state)}",
                has.history + (2 if has.second else 0),
            ),
            column(f"memory, {span}", has.second),
        )
    )


def row(state: State, device: Device, cells: int, glyphs: Glyphs, *, chosen: bool = False, rows: int = 1) -> list[Line]:
    """One device, in so many lines: its figures, and below them what else there is to say of it."""
    if device.kind is DeviceKind.CPU:
        return _processor(state, device, cells, glyphs, chosen=chosen)
    has, own = columns(cells), state.own(device)
    said = word(state, device, glyphs.marks)
    head = _head(state, device, has, glyphs, chosen=chosen)
    if heed(state, device) in _SILENT or reason_for_silence(state, device) is not None:
        head = line(*head, column(said.spoken, 12, said.role))
        room = cells - width(head)
        told = wrap(silence_words(state, device, room if rows == 1 else None), room, said.role)[:rows]
        first, *rest = [fit(line(*head, *told[0]), cells), *(line(" " * width(head), *each) for each in told[1:])]
        return [first, *(fit(each, cells) for each in rest), *[fit((), cells)] * (rows - len(told))]
    now = line(*head, column(said.spoken, 11, said.role))
    if own is None:
        return _tall(fit(line(*now, Span("  no sample yet", "dim")), cells), rows)
    total = memory_total(device, own)
    heat = heat_role(device, own)
    util = None if own.gpu_util_pct is None else own.gpu_util_pct / 100
    parts = line(
        *now,
        *_figure(util, _percent(own.gpu_util_pct, glyphs), 6, has.bars, glyphs, "bar"),
        *_figure(
            share(own.memory_used_bytes, total), gibibytes(own.memory_used_bytes), 10, has.more_bars, glyphs, "bar"
        ),
        *_figure(
            share(own.power_draw_w, power_limit(device, own)),
            power(own) or glyphs.marks["dash"],
            7,
            has.more_bars,
            glyphs,
            "bar",
        ),
        *_figure(
            share(own.temperature_c, device.temperature_slowdown_c),
            temperature(own) or glyphs.marks["dash"],
            7,
            has.bars,
            glyphs,
            "bar" if heat == "text" else heat,
            heat,
        ),
        "  ",
    )
    below = _below(state, device, own, width(parts), rows - 1)
    metrics = ("gpu_util_pct", "memory_used_bytes")
    missing = absent(own, "gpu_util_pct") if own.gpu_util_pct is None else ""
    return _with_history(state, [parts, *below], device.id, metrics, total, has, cells, glyphs, missing)


def _head(state: State, device: Device, has: Columns, glyphs: Glyphs, *, chosen: bool) -> Line:
    mark = glyphs.marks["chosen"] if chosen else " "
    name = f" {device.id}" if device.kind is DeviceKind.MIG else device.id
    folded = device.kind is DeviceKind.GPU and bool(slices(state, device)) and not is_open(state, device)
    return line(
        column(mark, 2, "key"),
        column(f"{name}{'+' if folded else ''}", 8, "chosen" if chosen else "strong", action=f"open {device.id}"),
        column("" if device.kind is DeviceKind.MIG else short_slot(device), has.slot, "dim"),
    )


def _processor(state: State, device: Device, cells: int, glyphs: Glyphs, *, chosen: bool) -> list[Line]:
    has = columns(cells)
    host = state.sample.host if state.sample is not None else None
    head = line(*_head(state, device, has, glyphs, chosen=chosen), column("", 11))
    if host is None:
        return [fit(line(*head, Span("  no sample yet", "dim")), cells)]
    dash = glyphs.marks["dash"]
    util = None if host.cpu_util_pct is None else host.cpu_util_pct / 100
    heat = dash if host.temperature_c is None else f"{host.temperature_c:.0f} °C"
    used = share(host.memory_used_bytes, device.memory_total_bytes)
    parts = line(
        *head,
        *_figure(util, _percent(host.cpu_util_pct, glyphs), 6, has.bars, glyphs, "bar"),
        *_figure(used, gibibytes(host.memory_used_bytes), 10, has.more_bars, glyphs, "bar"),
        column(dash, 7 + has.more_bars, "dim", right=True),
        column(heat, 7 + has.bars, "text", right=True),
        "  ",
    )
    metrics = ("cpu_util_pct", "memory_used_bytes")
    return _with_history(state, [parts], HOST, metrics, device.memory_total_bytes, has, cells, glyphs)


def _below(state: State, device: Device, own: DeviceSample, cells: int, rows: int) -> list[Line]:
    """What there is to say of a device beside its figures, in so many lines."""
    said = []
    if own.sm_clock_mhz is not None:
        top = "" if device.sm_clock_max_mhz is None else f" of {thousands(device.sm_clock_max_mhz)}"
        said.append((f"{thousands(own.sm_clock_mhz)}{top} MHz", "dim"))
    if own.clocks_event_reasons:
        said += [slowed_words(own)] if slowed_words(own)[0] != NOT_SLOWED else []
    use = state.use(device)
    if use is not None and use.processes:
        said.append((f"used by {', '.join(each.name or f'pid {each.pid}' for each in use.processes)}", "text"))
    indent = Span(" " * 12)
    lines = []
    for row_of in range(rows):
        first, per = row_of * _PER_LINE, _PER_LINE if row_of < rows - 1 else len(said)
        parts = [line(Span(words, role)) for words, role in said[first : first + per]]
        lines.append(fit(line(indent, *joined(parts, Span(" · ", "dim"))), cells))
    return lines


def _tall(first: Line, rows: int) -> list[Line]:
    """A row of so many lines, of which only the first says anything."""
    return [first, *[fit((), width(first))] * (rows - 1)]


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
        blocks.append([line("  ")] * rows)
        blocks.append([(each,) for each in spark(state, device, metrics[1], has.second, memory, glyphs, rows=rows)])
    return [fit(each, cells) for each in beside(*blocks)]


def _figure(
    part: float | None, text: str, cells: int, bar_cells: int, glyphs: Glyphs, role: str, text_role: str = "text"
) -> Sequence[Span]:
    """A figure, after a bar where there is room for one."""
    figure = column(text, cells, "dim" if text == glyphs.marks["dash"] else text_role, right=True)
    if not bar_cells:
        return (figure,)
    return (Span(" " + bar(part, bar_cells - 1, glyphs), role), figure)


def _percent(value: float | None, glyphs: Glyphs) -> str:
    return glyphs.marks["dash"] if value is None else f"{value:.0f} %"
