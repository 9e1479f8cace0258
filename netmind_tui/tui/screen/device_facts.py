"""What a device is, in columns of label and value: the same words as `netmind info` has for it."""

from collections.abc import Sequence

from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.fact import WORDS, Fact, device_facts, host_facts, pcie
from netmind_tui.model.host import Cpu
from netmind_tui.model.reading import Absence
from netmind_tui.tui import money_page
from netmind_tui.tui.picture import Line, Span, column, fit, line, wrap_parts
from netmind_tui.tui.screen.device_measured import measured
from netmind_tui.tui.screen.device_now import power_limit
from netmind_tui.tui.state import State

_LABEL, _VALUE, _GAP = 12, 14, 2
_NO_CPU = Cpu(architecture="", logical_cores=0, usable_cores=0.0)


def facts(state: State, device: Device) -> list[Fact]:
    """Everything known of a device that does not change by the second; of the processor also what surrounds it."""
    host = state.host
    found = list(device_facts(device, host.cpu if host is not None else _NO_CPU))
    # Why it is silent stands above, with more words.
    found = [each for each in found if each.label not in {"lost", "asleep"}]
    figures = measured(state, device)
    if figures is not None:
        found.insert(0, Fact(label="measured", value=figures, is_long=True))
    found[0:0] = _money(state, device)
    if device.kind is DeviceKind.CPU and device.name:  # a GPU's stands above, whole but for its maker's
        found.insert(0, Fact(label="name", value=device.name, is_long=True))
    if device.kind is DeviceKind.CPU:
        around = host_facts(host, state.driver) if host is not None else ()
        return [*found, *(each for each in around if each.label != "memory" or host is None or _is_limited(state))]
    if device.kind is DeviceKind.GPU and device.lost is None and not device.asleep:
        found = [each for each in found if each.label not in {"power limit", "PCIe"}]
        found += _power_limits(state, device)
        found.append(_link(state, device))
    return found


def _money(state: State, device: Device) -> list[Fact]:
    """What an hour of it must bring, and what it draws when it does nothing; where money is known at all."""
    if not money_page.is_known(state):
        return []
    from netmind_tui.tui.screen.device_money import facts as money  # noqa: PLC0415 - only where it is

    return money(state, device)


def facts_in_columns(found: Sequence[Fact], cells: int) -> list[Line]:
    """The long facts on lines of their own, the short ones in as many columns as fit, read down each column."""
    count = max(1, (cells + _GAP) // (_LABEL + _VALUE + _GAP))
    each_cells = (cells - _GAP * (count - 1)) // count
    short = [each for each in found if not each.is_long and len(each.value) <= each_cells - _LABEL]
    long = [each for each in found if each.is_long or len(each.value) > each_cells - _LABEL]
    lines: list[Line] = []
    for each in long:
        first, *rest = wrap_parts(each.value, max(8, cells - _LABEL), _role(each))
        lines.append(line(column(each.label, _LABEL, "dim"), *first))
        lines += [line(" " * _LABEL, *more) for more in rest]
    depth = -(-len(short) // count)
    for row in range(depth):
        spans: list[Span] = []
        for each in short[row::depth]:
            cell = line(column(each.label, _LABEL, "dim"), Span(each.value, _role(each)))
            spans += [*fit(cell, each_cells), Span(" " * _GAP)]
        lines.append(tuple(spans[:-1]))
    return lines


def _role(fact: Fact) -> str:
    return "dim" if fact.is_absent else "warn" if fact.is_alarming else "text"


def _is_limited(state: State) -> bool:
    return state.host is not None and state.host.memory_limit_bytes is not None


def _power_limits(state: State, device: Device) -> list[Fact]:
    """The limit in force, and what it may be set to; each that is missing with its reason."""
    now = power_limit(device, state.own(device))
    named = (
        ("power limit", now, "power_limit_w"),
        ("default", device.power_limit_default_w, "power_limit_default_w"),
        ("least", device.power_limit_min_w, "power_limit_min_w"),
        ("most", device.power_limit_max_w, "power_limit_max_w"),
    )
    found = []
    for label, watts, name in named:
        if watts is None:
            word = WORDS[device.absent.get(name, Absence.NOT_SUPPORTED)]
            found.append(Fact(label=label, value=word, is_absent=True))
        else:
            is_changed = label == "power limit" and device.power_limit_default_w not in (None, watts)
            found.append(Fact(label=label, value=f"{watts:g} W", is_alarming=is_changed))
    return found


def _link(state: State, device: Device) -> Fact:
    """The PCIe link now, and at most."""
    own = state.own(device)
    top = None if device.pcie_generation_max is None else pcie(device.pcie_generation_max, device.pcie_width_max)
    now = None if own is None or own.pcie_generation is None else pcie(own.pcie_generation, own.pcie_width)
    if top is None and now is None:
        return Fact(
            label="PCIe", value=WORDS[device.absent.get("pcie_generation_max", Absence.NOT_SUPPORTED)], is_absent=True
        )
    if now is None or top is None:
        return Fact(label="PCIe", value=f"at most {top}" if top else f"{now} now")
    return Fact(label="PCIe", value=now if now == top else f"{now} of {top}")
