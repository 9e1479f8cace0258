"""The overview's node: what the whole machine draws and does, what it is, and who computes on it."""

from collections.abc import Sequence
from dataclasses import replace

from netmind_tui.model.device import DeviceKind
from netmind_tui.model.fact import WORDS, size
from netmind_tui.model.host import Boundary
from netmind_tui.model.info import DeviceProcess
from netmind_tui.model.quantity import gibibytes
from netmind_tui.model.reading import Absence
from netmind_tui.tui import money_page
from netmind_tui.tui.glyph import Glyphs, bar
from netmind_tui.tui.picture import Box, Line, Span, column, framed, joined, line, width
from netmind_tui.tui.screen.device_chart import ALL_GPUS, Graph, graphs, grid
from netmind_tui.tui.screen.device_now import memory_used, power_limit, share, short_name, thousands
from netmind_tui.tui.state import State

_BOUNDARIES = {Boundary.CONTAINER: "a container", Boundary.WSL: "WSL", Boundary.VM: "a virtual machine"}
ROWS, LEAST_CHART_ROWS = 4, 3
"""Rows of the box, and from how many more on they are charts."""
_BAR_CELLS, _WIDE = 12, 90
BESIDE_FROM = 96
"""From so many cells on today, and what happened since, have a box beside what needs the owner."""


def heights(state: State) -> tuple[int, ...]:
    """The rows that the box can have, the most it has use for first."""
    if state.node.timeline is None:
        return (ROWS, ROWS - 1)
    from netmind_tui.tui.screen import overview_time  # noqa: PLC0415 - only where there is an agent

    return overview_time.heights(state)


def node(state: State, cells: int, rows: int, glyphs: Glyphs, *, focused: bool = False) -> list[Line]:
    """What the machine is and does, in so many rows; the draw of all GPUs stands in the border and in a chart."""
    full = heights(state)[0]
    if state.node.timeline is not None:
        from netmind_tui.tui.screen import overview_time  # noqa: PLC0415 - as above

        box = overview_time.box(state, cells, min(rows, full), glyphs, focused=focused)
    else:
        lines = [host_line(state, cells - 4, glyphs), identity(state, cells - 4)]
        box = Box("node", line(Span("node", "title")), lines)
    if rows - full >= LEAST_CHART_ROWS:
        box = replace(box, lines=[*box.lines, *grid(state, _graphs(state), cells - 4, rows - full, glyphs, columns=2)])
    words = joined((line(Span(each, role)) for each, role in _above(state, cells)), Span(" · ", "dim"))
    box = replace(box, keys=words or box.keys)
    return framed(box, cells, rows, glyphs, focused=focused)


def _above(state: State, cells: int) -> list[tuple[str, str]]:
    """What stands in the border: what all GPUs draw, and today's electricity where it has no box of its own."""
    found = [(draw(state), "figure")]
    if cells < BESIDE_FROM and money_page.is_known(state):
        from netmind_tui.tui.screen import overview_today  # noqa: PLC0415 - only where money is known

        found.insert(0, (overview_today.short(state), "dim"))
    return [each for each in found if each[0]]


def has_charts(state: State) -> bool:
    """Whether there is anything to draw over time."""
    return bool(_graphs(state))


def draw(state: State) -> str:
    """The power of all GPUs of the sum of their limits, and of how many it is known if not of all."""
    whole = [device for device in state.gpus if device.kind is DeviceKind.GPU]
    known = [
        (device, own) for device in whole if (own := state.own(device)) is not None and own.power_draw_w is not None
    ]
    if not known:
        return ""
    watts = sum(own.power_draw_w or 0.0 for _, own in known)
    limits = [power_limit(device, own) for device, own in known]
    top = f" of {thousands(sum(each or 0.0 for each in limits))}" if all(limits) else ""
    of = f" · {len(known)} of {len(whole)} GPUs" if len(known) < len(whole) else ""
    return f"{thousands(watts)}{top} W{of}"


def _graphs(state: State) -> tuple[Graph, ...]:
    """The draw of all GPUs of the sum of their limits, and the processor."""
    limits = [power_limit(device, state.own(device)) for device in state.gpus if device.kind is DeviceKind.GPU]
    top = sum(each for each in limits if each is not None) if all(limits) else None
    watts = draw(state).partition(" W")[0].partition(" of ")[0]
    words = "" if top is None else f"{thousands(top)} W"
    power = Graph("power", ALL_GPUS, "power_draw_w", top, words, f"{watts} W" if watts else "not known")
    processor = graphs(state, state.cpu)[:1] if state.cpu is not None else ()
    if top is None and not processor:
        return ()
    return (power, *(replace(each, label="cpu") for each in processor))


def host_line(state: State, cells: int, glyphs: Glyphs) -> Line:
    """The processor and the memory, and what else the host says of itself."""
    if state.sample is None:
        return line(Span("no sample yet", "dim"))
    host = state.sample.host
    total = state.host.memory_total_bytes if state.host is not None else None
    bars = cells >= _WIDE
    util = "not known" if host.cpu_util_pct is None else f"{host.cpu_util_pct:3.0f} %"
    processor, stored = (
        None if host.cpu_util_pct is None else host.cpu_util_pct / 100,
        share(host.memory_used_bytes, total),
    )
    parts = [
        line(Span("cpu ", "dim"), *_bar(processor, glyphs, bars), util),
        line(Span("memory ", "dim"), *_bar(stored, glyphs, bars), _memory(host.memory_used_bytes, total)),
    ]
    if host.load_1m is not None:
        parts.append(line(Span("load ", "dim"), f"{host.load_1m:4.1f}"))
    if host.temperature_c is not None:
        parts.append(line(f"{host.temperature_c:3.0f} °C"))
    if host.on_battery is not None and state.host is not None and state.host.has_battery:
        charge = "" if host.battery_pct is None else f" {host.battery_pct:.0f} %"
        parts.append(line(Span(f"on battery{charge}" if host.on_battery else f"on mains{charge}", "text")))
    if state.host is not None and state.host.disks:
        disk = state.host.disks[0]
        parts.append(line(Span("disk ", "dim"), f"{size(disk.free_bytes)} free"))
    return _as_fits(parts, cells, Span("   "))


def _memory(used: int | None, total: int | None) -> str:
    """The memory of its total, in as many cells whatever it is: what stands after it must not move."""
    if total is None:
        return gibibytes(used)
    top = gibibytes(total)
    number, _, unit = memory_used(used, total).partition(" ")
    return f"{number:>{len(top) - 4}}{'' if top.endswith(unit) else f' {unit}'} of {top}"


def identity(state: State, cells: int) -> Line:
    """What the machine is: its GPUs, its driver, its system, and what it runs in."""
    if state.host is None:
        agent = state.node.status.agent if state.node.status is not None else None
        if agent is None:
            return line(Span(waiting(state), "dim"))
        told = line(Span(f"agent {agent.version}", "dim"))
        return _as_fits([line(Span(cards(state), "strong")), told], cells, Span(" · ", "dim"))
    parts = [line(Span(cards(state), "strong"))]
    driver = state.driver
    if driver is None:
        parts.append(line(Span("no GPU driver", "dim")))
    elif driver.version is None:
        parts.append(line(Span("GPU driver not usable", "warn") if driver.problem else Span("no GPU driver", "dim")))
    else:
        parts.append(line(Span(f"driver {driver.version}", "dim")))
    inside = [_BOUNDARIES[boundary] for boundary in state.host.boundaries]
    parts += [line(Span(state.host.os, "dim"))] if state.host.os else []
    if inside:
        parts.append(line(Span(f"in {' in '.join(inside)}", "dim")))
    parts.append(line(Span(state.host.cpu.name or state.host.cpu.architecture, "dim")))
    return _as_fits(parts, cells, Span(" · ", "dim"))


def waiting(state: State) -> str:
    """What is waited for where nothing is known of a machine yet."""
    host = state.node.place.hostname
    if not host:
        return "looking at the machine"
    return f"nothing is known of {host} until its agent answers" if state.node.silence else f"reaching for {host}"


def cards(state: State) -> str:
    """The GPUs by their names: ``8 × H100 80GB HBM3``."""
    names: dict[str, int] = {}
    for device in state.gpus:
        if device.kind is DeviceKind.GPU:
            names[short_name(device)] = names.get(short_name(device), 0) + 1
    return " + ".join(f"{count} × {name}" if count > 1 else name for name, count in names.items()) or "no GPU"


def can_know_processes(state: State) -> bool:
    """Whether there may be anything to say of who computes on GPUs: there are some, and they can be asked."""
    return bool(state.gpus) and (state.feed.kind == "live" or bool(state.uses))


def wanted_process_rows(state: State) -> int:
    """The rows in which all of them have room."""
    return 2 + max(1, sum(len(use.processes or ()) for use in state.uses))


def processes(state: State, cells: int, rows: int, glyphs: Glyphs) -> Box:
    """Who computes on the GPUs, the most memory first, where so many lines have room."""
    found = [(use.device, each) for use in state.uses for each in use.processes or ()]
    found.sort(key=lambda pair: -(pair[1].memory_used_bytes or 0))
    room = max(1, rows)
    legend = line(Span(f"1–{room} of {len(found)}", "dim")) if len(found) > room else ()
    lines = [process_line(device, each, cells - 4) for device, each in found]
    hidden = {use.absent.get("processes") for use in state.uses if use.processes is None} - {None, Absence.LOST}
    words = [WORDS[reason] for reason in Absence if reason in hidden]
    if words:
        lines.append(line(Span(f"some cannot be seen: {', '.join(words)}", "dim")))
    if not lines:
        seen = [use for use in state.uses if use.processes is not None]
        lines = [line(Span("nobody computes on a GPU" if seen else "not known who computes on the GPUs", "dim"))]
    return Box("processes", line(Span("processes", "title")), lines, legend=legend)


def process_line(device: str, process: DeviceProcess, cells: int) -> Line:
    """One process: where, its number, its name if it can be seen, its memory."""
    name = process.name or "name not visible"
    memory = gibibytes(process.memory_used_bytes)
    return line(
        column(device, 8, "strong", action=f"open {device}"),
        column(str(process.pid), 8, right=True),
        "  ",
        column(name, max(4, cells - 8 - 8 - 2 - 10), "text" if process.name else "dim"),
        column(memory, 10, right=True),
    )


def _bar(part: float | None, glyphs: Glyphs, wanted: bool) -> tuple[Span, ...]:
    return (Span(bar(part, _BAR_CELLS, glyphs), "bar"), Span(" ")) if wanted else ()


def _as_fits(parts: Sequence[Line], cells: int, separator: Span) -> Line:
    """As many parts as there is room for, the first ones first."""
    kept = list(parts)
    while len(kept) > 1 and width(joined(kept, separator)) > cells:
        kept.pop()
    return joined(kept, separator)
