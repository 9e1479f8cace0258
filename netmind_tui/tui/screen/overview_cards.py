"""The overview's devices as a card each: every figure with its bar or its reason, and the histories beside them."""

from collections.abc import Callable
from typing import Any

from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.fact import WORDS, pcie
from netmind_tui.model.quantity import gibibytes
from netmind_tui.model.reading import Absence
from netmind_tui.model.sample import DeviceSample
from netmind_tui.tui.glyph import Glyphs, bar
from netmind_tui.tui.picture import Box, Line, Span, beside, column, fit, framed, line, wrap
from netmind_tui.tui.screen.device_chart import choice_of_span, graphs, grid
from netmind_tui.tui.screen.device_facts import facts, facts_in_columns
from netmind_tui.tui.screen.device_measured import measured
from netmind_tui.tui.screen.device_now import (
    absent,
    heat_role,
    heed,
    memory_total,
    power_limit,
    reason_for_silence,
    share,
    short_name,
    silence_words,
    slowed_words,
    thousands,
    word,
)
from netmind_tui.tui.screen.overview_rows import SORTS, slices
from netmind_tui.tui.state import State

LEAST_ROWS = 8
"""Rows of a card below which it hides figures."""
_SILENT_ROWS = 4
_TORN = 12  # cells that may stay empty at the end of a line, because a word has no room there
_LABEL, _BAR = 9, 16
_LEFT, _CHART_FROM, _LEAST_CHART = 46, 74, 2


def entries(state: State) -> tuple[Device, ...]:
    """The devices that have a card: the GPUs, or without any the processor."""
    whole = [device for device in state.gpus if device.kind is DeviceKind.GPU]
    if state.view.choice("sort", SORTS[0]) == SORTS[0]:
        whole.sort(key=lambda device: heed(state, device))
    return tuple(whole) or ((state.cpu,) if state.cpu is not None else ())


def cards(state: State, cells: int, rows: int, glyphs: Glyphs, *, chosen: int, focused: bool) -> list[Line]:
    """The cards in so many rows: all that have room, the chosen one among them."""
    devices = entries(state)
    if not devices:
        waiting = [line(Span("looking at the machine", "dim"))]
        return framed(Box("devices", line(Span("devices", "title")), waiting), cells, rows, glyphs, focused=focused)
    chosen = min(chosen, len(devices) - 1)
    least = [_SILENT_ROWS if reason_for_silence(state, each) is not None else LEAST_ROWS for each in devices]
    first, last = _shown(least, rows, chosen)
    spare = rows - sum(least[first:last])
    growing = [place for place in range(first, last) if least[place] == LEAST_ROWS] or [first]
    drawn: list[Line] = []
    for place in range(first, last):
        grown = spare // len(growing) + (place - growing[0] < spare % len(growing)) if place in growing else 0
        legend = f"{first + 1}–{last} of {len(devices)}" if last - first < len(devices) and place == last - 1 else ""
        here = focused and place == chosen
        drawn += card(state, devices[place], cells, least[place] + grown, glyphs, focused=here, legend=legend)
    return drawn


def _shown(least: list[int], rows: int, chosen: int) -> tuple[int, int]:
    """The first card that is shown and the one after the last, so that the chosen one is among them."""
    first = 0
    while first < chosen and sum(least[first : chosen + 1]) > rows:
        first += 1
    last = first + 1
    while last < len(least) and sum(least[first : last + 1]) <= rows:
        last += 1
    return first, last


def card(
    state: State, device: Device, cells: int, rows: int, glyphs: Glyphs, *, focused: bool, legend: str = ""
) -> list[Line]:
    """One device in a frame: figures at the left, histories at the right, or below where it is narrow."""
    inner, height = cells - 4, max(0, rows - 2)
    said = word(state, device, glyphs.marks) if device.kind is not DeviceKind.CPU else None
    title = line(
        Span(device.id, "title", f"open {device.id}"),
        Span(f"  {short_name(device) if said else device.name or ''}", "strong"),
        Span(f" · {gibibytes(device.memory_total_bytes)}" if device.memory_total_bytes else "", "dim"),
    )
    if reason_for_silence(state, device) is not None and said is not None:
        lines = wrap(silence_words(state, device, max(1, height) * inner - _TORN), inner, said.role)
        lines += [(), *facts_in_columns(facts(state, device), inner)] if height > len(lines) + 1 else []
    else:
        lines = _beside(state, device, inner, height, glyphs)
    below = line(Span(legend, "dim")) if legend else line(Span(said.spoken.strip(), said.role)) if said else ()
    more = line(Span("enter", "key"), Span(" device", "dim"))
    return framed(
        Box("devices", title, lines, keys=choice_of_span(state), legend=below, more=more),
        cells,
        rows,
        glyphs,
        focused=focused,
    )


def _beside(state: State, device: Device, cells: int, height: int, glyphs: Glyphs) -> list[Line]:
    shown = graphs(state, device)
    if cells >= _CHART_FROM:
        figures = _figures(state, device, _LEFT - 2, glyphs)[:height]
        figures += [()] * (height - len(figures))
        left = [fit(each, _LEFT) for each in figures]
        room = cells - _LEFT
        return beside(left, grid(state, shown[: _fitting(height, room)], room, height, glyphs))
    figures = _figures(state, device, cells, glyphs)
    left_over = height - len(figures)
    return [*figures, *(grid(state, shown[:1], cells, left_over, glyphs) if left_over >= _LEAST_CHART else [])]


def _fitting(height: int, cells: int) -> int:
    """How many charts make sense in such a room: none below four rows each."""
    columns = max(1, cells // 34)
    return max(1, min(5, columns * max(1, height // 5)))


def _figures(state: State, device: Device, cells: int, glyphs: Glyphs) -> list[Line]:
    if device.kind is DeviceKind.CPU:
        return _processor(state, device, cells, glyphs)
    own = state.own(device)
    if own is None:
        return [line(Span("no sample yet", "dim")), *_kept(state, device, cells)]
    total, limit = memory_total(device, own), power_limit(device, own)
    heat = heat_role(device, own)
    util = None if own.gpu_util_pct is None else f"{own.gpu_util_pct} %"
    lines = [
        _row("util", share(own.gpu_util_pct, 100), util, own, "gpu_util_pct", glyphs),
        _row(
            "memory",
            share(own.memory_used_bytes, total),
            _of(own.memory_used_bytes, total, gibibytes, ""),
            own,
            "memory_used_bytes",
            glyphs,
        ),
        _row(
            "power",
            share(own.power_draw_w, limit),
            _of(own.power_draw_w, limit, thousands, " W"),
            own,
            "power_draw_w",
            glyphs,
        ),
        _row(
            "temp",
            share(own.temperature_c, device.temperature_slowdown_c),
            _of(own.temperature_c, device.temperature_slowdown_c, thousands, " °C"),
            own,
            "temperature_c",
            glyphs,
            heat,
        ),
    ]
    words, role = slowed_words(own)
    clock = _of(own.sm_clock_mhz, device.sm_clock_max_mhz, thousands, " MHz") or absent(own, "sm_clock_mhz")
    lines.append(line(column("clock", _LABEL, "dim"), Span(clock, "text" if own.sm_clock_mhz is not None else "dim")))
    lines.append(line(column("", _LABEL), Span(words, role)))
    fan = "" if own.fan_speed_pct is None else f"{own.fan_speed_pct} %"
    link = "" if own.pcie_generation is None else pcie(own.pcie_generation, own.pcie_width)
    lines.append(_plain("fan", fan, own, "fan_speed_pct"))
    lines.append(_plain("PCIe", link, own, "pcie_generation"))
    lines += [_slice(state, each, glyphs) for each in slices(state, device)]
    return [*lines, *_kept(state, device, cells)]


def _kept(state: State, device: Device, cells: int) -> list[Line]:
    """What is known of a device beside its sample: what was measured of it, and who uses it."""
    figures = measured(state, device)
    return [*([fit(_said("measured", figures, "text"), cells)] if figures else []), *_used(state, device, cells)]


def _used(state: State, device: Device, cells: int) -> list[Line]:
    use = state.use(device)
    if use is None:
        return []
    if use.processes is None:
        reason = use.absent.get("processes", Absence.NOT_SUPPORTED)
        return [] if reason in (Absence.LOST, Absence.ASLEEP) else [_said("used by", WORDS[reason], "dim")]
    if not use.processes:
        return [_said("used by", "nobody", "dim")]
    named = [each.name or f"pid {each.pid}" for each in use.processes]
    return [fit(_said("used by", ", ".join(named), "text"), cells)]


def _processor(state: State, device: Device, cells: int, glyphs: Glyphs) -> list[Line]:
    host = state.sample.host if state.sample is not None else None
    if host is None:
        return [line(Span("no sample yet", "dim"))]
    util, total = host.cpu_util_pct, device.memory_total_bytes
    lines = [
        _bar("util", share(util, 100), "not known" if util is None else f"{util:.0f} %", glyphs),
        _bar(
            "memory",
            share(host.memory_used_bytes, total),
            _of(host.memory_used_bytes, total, gibibytes, "") or WORDS[Absence.NOT_SUPPORTED],
            glyphs,
        ),
    ]
    for label, value, unit, name in (
        ("temp", host.temperature_c, "°C", "temperature_c"),
        ("clock", host.cpu_clock_mhz, "MHz", "cpu_clock_mhz"),
    ):
        word_for = WORDS[host.absent.get(name, Absence.NOT_SUPPORTED)]
        said = word_for if value is None else f"{thousands(value)} {unit}"
        lines.append(_said(label, said, "dim" if value is None else "text"))
    if host.load_1m is not None:
        lines.append(_said("load", f"{host.load_1m:.1f}", "text"))
    if state.host is not None:
        lines.append(
            _said("usable", f"{state.host.cpu.usable_cores:g} of {state.host.cpu.logical_cores} threads", "text")
        )
        lines.append(fit(_said("speeds", " ".join(state.host.cpu.features) or "nothing for AI", "text"), cells))
    return [*lines, *_kept(state, device, cells)]


def _slice(state: State, device: Device, glyphs: Glyphs) -> Line:
    own = state.own(device)
    used = None if own is None else own.memory_used_bytes
    total = memory_total(device, own)
    text = _of(used, total, gibibytes, "") or absent(own, "memory_used_bytes")
    return _bar(device.id, share(used, total), text, glyphs)


def _row(
    label: str, part: float | None, text: str | None, own: DeviceSample, metric: str, glyphs: Glyphs, role: str = "text"
) -> Line:
    """A figure with its bar, or the word for why there is none."""
    if text is None:
        return _said(label, absent(own, metric), "dim")
    return _bar(label, part, text, glyphs, role)


def _bar(label: str, part: float | None, text: str, glyphs: Glyphs, role: str = "text") -> Line:
    filled = bar(part, _BAR, glyphs)
    return line(column(label, _LABEL, "dim"), Span(filled, "bar" if role == "text" else role), " ", Span(text, role))


def _plain(label: str, text: str, own: DeviceSample, metric: str) -> Line:
    return _said(label, text or absent(own, metric), "text" if text else "dim")


def _said(label: str, text: str, role: str) -> Line:
    return line(column(label, _LABEL, "dim"), Span(text, role))


def _of(value: float | None, top: float | None, say: Callable[[Any], str], unit: str) -> str | None:
    """A figure of its limit, the unit once: ``5.9 of 12.0 GiB``, ``171 of 200 W``."""
    if value is None:
        return None
    words = say(value)
    if top is None:
        return words + unit
    limit = say(top)
    same = words.partition(" ")[2] == limit.partition(" ")[2] and not unit
    return f"{words.partition(' ')[0] if same else words} of {limit}{unit}"
