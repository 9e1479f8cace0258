"""What stands at the left of a device's card: each figure with its bar or its reason, and what else is known of it."""

from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.fact import WORDS, pcie
from netmind_tui.model.quantity import gibibytes
from netmind_tui.model.reading import Absence
from netmind_tui.model.sample import DeviceSample
from netmind_tui.tui.glyph import Glyphs, bar
from netmind_tui.tui.picture import Line, Span, column, line, wrap, wrap_parts
from netmind_tui.tui.screen.device_facts import facts
from netmind_tui.tui.screen.device_measured import measured
from netmind_tui.tui.screen.device_now import (
    absent,
    heat_role,
    memory_total,
    memory_used,
    power_limit,
    share,
    slowed_words,
    thousands,
)
from netmind_tui.tui.screen.overview_order import slices
from netmind_tui.tui.screen.overview_said import users
from netmind_tui.tui.state import State

_LABEL, _BAR, _NUMBER = 9, 16, 5
_LEAST_MORE = 2
_TOLD = frozenset(
    (
        "name",
        "measured",
        "UUID",
        "memory",
        "PCIe",
        "SM clock",
        "slows at",
        "power limit",
        "features",
        "threads",
        "usable",
    )
)
"""Facts that the figures tell already, or that have no room in so narrow a column."""


def figures(state: State, device: Device, cells: int, glyphs: Glyphs) -> list[Line]:
    """Everything that changes, the most telling first."""
    if device.kind is DeviceKind.CPU:
        return _processor(state, device, cells, glyphs)
    own = state.own(device)
    if own is None:
        return [line(Span("no sample yet", "dim")), *_kept(state, device, cells)]
    total, limit = memory_total(device, own), power_limit(device, own)
    slowdown, words = device.temperature_slowdown_c, slowed_words(own)
    util = None if own.gpu_util_pct is None else (str(own.gpu_util_pct), "%")
    rows = (
        ("util", "gpu_util_pct", 100, util, "text"),
        ("memory", "memory_used_bytes", total, _of_memory(own.memory_used_bytes, total), "text"),
        ("power", "power_draw_w", limit, _of(own.power_draw_w, limit, "W"), "text"),
        ("temp", "temperature_c", slowdown, _of(own.temperature_c, slowdown, "°C"), heat_role(device, own)),
    )
    lines = [
        _said(label, absent(own, metric), "dim")
        if text is None
        else _bar(label, share(getattr(own, metric), top), text, glyphs, role)
        for label, metric, top, text, role in rows
    ]
    clock = _of(own.sm_clock_mhz, device.sm_clock_max_mhz, "MHz")
    lines.append(_plain("clock", " ".join(clock) if clock else "", own, "sm_clock_mhz"))
    lines.append(line(column("", _LABEL), Span(*words)))
    fan = "" if own.fan_speed_pct is None else f"{own.fan_speed_pct} %"
    link = "" if own.pcie_generation is None else pcie(own.pcie_generation, own.pcie_width)
    lines += [_plain("fan", fan, own, "fan_speed_pct"), _plain("PCIe", link, own, "pcie_generation")]
    lines += [_slice(state, each, glyphs) for each in slices(state, device)]
    return [*lines, *_kept(state, device, cells)]


def more(state: State, device: Device, cells: int, rows: int) -> list[Line]:
    """What does not change, where so many rows are left; a blank line is above it."""
    if rows <= _LEAST_MORE:
        return []
    known = [each for each in facts(state, device) if each.label not in _TOLD and not each.is_absent]
    told = [_fact(each.label, each.value) for each in known if len(each.value) <= cells - _FACT_LABEL]
    return [(), *told][:rows] if told else []


_FACT_LABEL = 12


def _fact(label: str, value: str) -> Line:
    return line(column(label, _FACT_LABEL, "dim"), Span(value, "dim"))


def _kept(state: State, device: Device, cells: int) -> list[Line]:
    """What is known of a device beside its sample: what was measured of it, and who uses it."""
    kept = measured(state, device)
    lines = _under("measured", wrap_parts(kept, cells - _LABEL)) if kept else []
    found = users(state, device)
    if found is not None:
        role = "text" if found[1] else "dim"
        lines += _under("used by", [each for name in found[0] for each in wrap(name, cells - _LABEL, role)])
    return lines


def _processor(state: State, device: Device, cells: int, glyphs: Glyphs) -> list[Line]:
    host = state.sample.host if state.sample is not None else None
    if host is None:
        return [line(Span("no sample yet", "dim"))]
    util, total = host.cpu_util_pct, device.memory_total_bytes
    memory = _of_memory(host.memory_used_bytes, total)
    lines = [
        _said("util", "not known", "dim")
        if util is None
        else _bar("util", share(util, 100), (f"{util:.0f}", "%"), glyphs),
        _bar("memory", share(host.memory_used_bytes, total), memory, glyphs)
        if memory
        else _said("memory", WORDS[Absence.NOT_SUPPORTED], "dim"),
    ]
    for label, value, unit, name in (
        ("temp", host.temperature_c, "°C", "temperature_c"),
        ("clock", host.cpu_clock_mhz, "MHz", "cpu_clock_mhz"),
    ):
        word_for = WORDS[host.absent.get(name, Absence.NOT_SUPPORTED)]
        words = word_for if value is None else f"{thousands(value)} {unit}"
        lines.append(_said(label, words, "dim" if value is None else "text"))
    if host.load_1m is not None:
        lines.append(_said("load", f"{host.load_1m:.1f}", "text"))
    if state.host is not None:
        cpu = state.host.cpu
        lines.append(_said("usable", f"{cpu.usable_cores:g} of {cpu.logical_cores} threads", "text"))
        lines += _under("speeds", wrap(" ".join(cpu.features) or "nothing for AI", cells - _LABEL))
    return [*lines, *_kept(state, device, cells)]


def _slice(state: State, device: Device, glyphs: Glyphs) -> Line:
    own = state.own(device)
    used, total = None if own is None else own.memory_used_bytes, memory_total(device, own)
    text = _of_memory(used, total)
    if text is None:
        return _said(device.id, absent(own, "memory_used_bytes"), "dim")
    return _bar(device.id, share(used, total), text, glyphs)


def _bar(label: str, part: float | None, text: tuple[str, str], glyphs: Glyphs, role: str = "text") -> Line:
    """A bar and its figure, whose last digit stands in the same place in every row."""
    filled, (number, unit) = bar(part, _BAR, glyphs), text
    figure = line(Span(f" {number:>{_NUMBER}}", role), Span(f" {unit}", role))
    return line(column(label, _LABEL, "dim"), Span(filled, "bar" if role == "text" else role), *figure)


def _plain(label: str, text: str, own: DeviceSample, metric: str) -> Line:
    return _said(label, text or absent(own, metric), "text" if text else "dim")


def _said(label: str, text: str, role: str) -> Line:
    return line(column(label, _LABEL, "dim"), Span(text, role))


def _under(label: str, lines: list[Line]) -> list[Line]:
    """Lines under each other after one label."""
    return [line(column("" if place else label, _LABEL, "dim"), *each) for place, each in enumerate(lines)]


def _of(value: float | None, top: float | None, unit: str) -> tuple[str, str] | None:
    """A figure, and the rest with its limit, the unit once: ``171`` ``of 200 W``."""
    if value is None:
        return None
    return thousands(value), unit if top is None else f"of {thousands(top)} {unit}"


def _of_memory(used: int | None, total: int | None) -> tuple[str, str] | None:
    """The same of memory: ``5.9`` ``of 12.0 GiB``."""
    if used is None:
        return None
    number, _, unit = memory_used(used, total).partition(" ")
    limit = gibibytes(total)
    return number, unit if total is None else f"of {limit}" if limit.endswith(unit) else f"{unit} of {limit}"
