"""What a device does at this moment, in words and units for people: figures beside their limits, and who uses it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.fact import WORDS, Fact, pcie, size
from netmind_tui.model.info import DeviceProcess, DeviceUse, Info
from netmind_tui.model.reading import Absence
from netmind_tui.model.sample import DeviceSample, HostSample

SLOWED_BY = {
    "sw_power_cap": "power cap",
    "sw_thermal_slowdown": "heat",
    "hw_thermal_slowdown": "heat (hardware)",
    "hw_power_brake_slowdown": "power brake",
    "hw_slowdown": "hardware",
    "sync_boost": "sync boost",
    "applications_clocks_setting": "application clocks",
    "display_clock_setting": "display clocks",
}
"""What keeps a clock down, in words, by NVML's name."""
RESTING = frozenset({"gpu_idle"})
"""Reasons that slow nothing down which anybody waits for."""
_MOST_PROCESSES = 3


@dataclass(frozen=True, slots=True)
class Live:
    """One device and what is known of it now."""

    device: Device
    sample: DeviceSample
    use: DeviceUse | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure that changes: ``metric`` is where its absence stands, ``limit`` what it is held against."""

    label: str
    metric: str
    now: Callable[[DeviceSample], str | None]
    limit: Callable[[Live], str | None]

    def value(self, live: Live) -> Fact:
        """The figure, or the word for its absence."""
        found = self.now(live.sample)
        reason = live.sample.absent.get(self.metric, Absence.NOT_SUPPORTED)
        return Fact(label=self.label, value=WORDS[reason] if found is None else found, is_absent=found is None)


def _with(unit: str, value: float | None) -> str | None:
    return None if value is None else f"{value:.0f} {unit}"


def _size(count: int | None) -> str | None:
    return None if count is None else size(count)


def _link(generation: int | None, width: int | None) -> str | None:
    return None if generation is None else pcie(generation, width)


def _power_limit(live: Live) -> float | None:
    enforced = live.sample.power_limit_w
    return live.device.power_limit_w if enforced is None else enforced


_MEMORY = Figure(
    "memory",
    "memory_used_bytes",
    lambda sample: _size(sample.memory_used_bytes),
    lambda live: _size(live.sample.memory_total_bytes or live.device.memory_total_bytes),
)
_FIGURES = (
    Figure("busy", "gpu_util_pct", lambda sample: _with("%", sample.gpu_util_pct), lambda _: None),
    _MEMORY,
    Figure(
        "power",
        "power_draw_w",
        lambda sample: _with("W", sample.power_draw_w),
        lambda live: _with("W", _power_limit(live)),
    ),
    Figure(
        "temp",
        "temperature_c",
        lambda sample: _with("°C", sample.temperature_c),
        lambda live: _with("°C", live.device.temperature_slowdown_c),
    ),
    Figure(
        "SM clock",
        "sm_clock_mhz",
        lambda sample: _with("MHz", sample.sm_clock_mhz),
        lambda live: _with("MHz", live.device.sm_clock_max_mhz),
    ),
    Figure(
        "PCIe",
        "pcie_generation",
        lambda sample: _link(sample.pcie_generation, sample.pcie_width),
        lambda live: _link(live.device.pcie_generation_max, live.device.pcie_width_max),
    ),
)


def live_devices(info: Info) -> dict[str, Live]:
    """What is known now of each device that can be read, by its id; none that sleeps or is lost."""
    if info.now is None:
        return {}
    samples = {sample.device: sample for sample in info.now.devices}
    uses = {use.device: use for use in info.in_use}
    return {
        each.id: Live(each, samples[each.id], uses.get(each.id))
        for each in info.devices
        if each.id in samples and each.lost is None and not each.asleep
    }


def figures(device: Device) -> tuple[Figure, ...]:
    """The figures that a device of this kind has; a slice has its memory, and shares the rest with its card."""
    return (_MEMORY,) if device.kind is DeviceKind.MIG else _FIGURES


def live_facts(live: Live) -> Iterator[Fact]:
    """Every figure with its limit, one after the other, and what else is to be known now."""
    for figure in figures(live.device):
        fact = figure.value(live)
        limit = None if fact.is_absent else figure.limit(live)
        value = fact.value if limit is None else f"{fact.value} of {limit}"
        yield Fact(label=f"{figure.label} now", value=value, is_absent=fact.is_absent)
    yield from notes(live)


def notes(live: Live) -> Iterator[Fact]:
    """What slows the device down, and who computes on it; nothing where nothing and nobody does."""
    reasons = [SLOWED_BY.get(name, name) for name in live.sample.clocks_event_reasons or () if name not in RESTING]
    if reasons:
        yield Fact(label="slowed by", value=", ".join(reasons), is_long=True, is_alarming=True)
    if live.use is None:
        return
    if live.use.processes is None:
        word = WORDS[live.use.absent.get("processes", Absence.NOT_SUPPORTED)]
        yield Fact(label="in use by", value=word, is_absent=True, is_long=True)
    elif live.use.processes:
        yield Fact(label="in use by", value=_processes(live.use.processes), is_long=True)


def host_now(sample: HostSample) -> Fact | None:
    """The host at this moment. Not its utilisation: over so short a time that is this program's own."""
    parts = []
    if sample.load_1m is not None:
        parts.append(f"load {sample.load_1m:.1f}")
    if sample.memory_used_bytes is not None:
        parts.append(f"{size(sample.memory_used_bytes)} of memory used")
    if sample.temperature_c is not None:
        parts.append(f"{sample.temperature_c:.0f} °C")
    if sample.on_battery:
        charge = "" if sample.battery_pct is None else f", {sample.battery_pct:.0f} %"
        parts.append(f"on battery{charge}")
    return Fact(label="now", value=" · ".join(parts), is_long=True) if parts else None


def _processes(processes: tuple[DeviceProcess, ...]) -> str:
    named = [_process(each) for each in processes[:_MOST_PROCESSES]]
    more = len(processes) - len(named)
    return " · ".join([*named, f"{more} more"] if more else named)


def _process(process: DeviceProcess) -> str:
    memory = "" if process.memory_used_bytes is None else f", {size(process.memory_used_bytes)}"
    return f"pid {process.pid} ({process.name or 'name not visible'}){memory}"
