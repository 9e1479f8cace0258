"""What there is to say of a device beside its four figures, in parts that are laid on as many lines as there are."""

from collections.abc import Sequence

from netmind_tui.model.device import Device
from netmind_tui.model.fact import WORDS, pcie
from netmind_tui.model.info import DeviceProcess
from netmind_tui.model.quantity import gibibytes
from netmind_tui.model.reading import Absence
from netmind_tui.model.sample import DeviceSample
from netmind_tui.tui.picture import Line, Span, fit, joined, line, width
from netmind_tui.tui.screen.device_measured import measured
from netmind_tui.tui.screen.device_now import NOT_SLOWED, slowed_words, thousands
from netmind_tui.tui.screen.overview_order import is_folded, slices
from netmind_tui.tui.state import State

_DOT = Span(" · ", "dim")
_QUIET = frozenset({Absence.LOST, Absence.ASLEEP})


def said(state: State, device: Device, own: DeviceSample) -> list[Line]:
    """The clock and what keeps it down, slices, users, fan and link, and what was measured; the most telling first."""
    parts = [line(Span(words, "warn")) for words in _work(state, device) if words]
    if own.sm_clock_mhz is not None:
        top = "" if device.sm_clock_max_mhz is None else f" of {thousands(device.sm_clock_max_mhz)}"
        clock = Span(f"{thousands(own.sm_clock_mhz)}{top} MHz", "dim")
        words, role = slowed_words(own)
        parts.append(line(clock, _DOT, Span(words, role)) if role != "dim" and words != NOT_SLOWED else line(clock))
    parts += [line(Span(words, "text")) for words in (_in_slices(state, device), *_users(state, device)) if words]
    if own.fan_speed_pct is not None:
        parts.append(line(Span(f"fan {own.fan_speed_pct} %", "dim")))
    if own.pcie_generation is not None:
        parts.append(line(Span(f"PCIe {pcie(own.pcie_generation, own.pcie_width)}", "dim")))
    figures = measured(state, device)
    if figures:
        parts.append(line(Span(f"measured {figures}", "dim")))
    return parts


def _work(state: State, device: Device) -> list[str]:
    """Why it has no work although it may, and what fails there again and again."""
    if state.node.decision(device.id) is None:
        return []
    from netmind_tui.tui.screen.overview_work import clause, is_ready, troubled  # noqa: PLC0415 - only where an agent is

    return [clause(state, device)] if is_ready(state, device) else [troubled(state, device)]


def packed(parts: Sequence[Line], cells: int, rows: int) -> list[Line]:
    """The parts on as few lines as they need, and on at most so many."""
    if rows <= 0:
        return []
    lines: list[list[Line]] = [[]]
    for part in parts:
        if lines[-1] and width(joined([*lines[-1], part], _DOT)) > cells:
            lines.append([])
        lines[-1].append(part)
    return [fit(joined(each, _DOT), cells) for each in lines[:rows]]


def users(state: State, device: Device) -> tuple[list[str], bool] | None:
    """Who computes on a device, each with its memory, and whether these are names; none where nobody has asked."""
    use = state.use(device)
    if use is None:
        return None
    if use.processes is None:
        reason = use.absent.get("processes", Absence.NOT_SUPPORTED)
        return None if reason in _QUIET else ([WORDS[reason]], False)
    if not use.processes:
        return ["nobody"], False
    return [_user(each) for each in sorted(use.processes, key=lambda each: -(each.memory_used_bytes or 0))], True


def _user(process: DeviceProcess) -> str:
    name = process.name or f"pid {process.pid}"
    return name if process.memory_used_bytes is None else f"{name} {gibibytes(process.memory_used_bytes)}"


def _users(state: State, device: Device) -> list[str]:
    found = users(state, device)
    return [f"used by {', '.join(found[0])}"] if found is not None and found[1] else []


def _in_slices(state: State, device: Device) -> str:
    """The slices of a GPU by their profiles, where they have no rows of their own."""
    folded = slices(state, device) if is_folded(state, device) else ()
    names = [(each.name or each.id).rpartition(" ")[2] for each in folded]
    return f"{len(names)} slice{'' if len(names) == 1 else 's'}: {', '.join(names)}" if names else ""
