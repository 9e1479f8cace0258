"""What there is to say about a machine and its devices, in words and units for people: label and value, in order."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from netmind_tui.model.device import Device, DeviceKind, Driver
from netmind_tui.model.host import Boundary, Cache, Cpu, Host
from netmind_tui.model.reading import Absence

WORDS = {
    Absence.NOT_SUPPORTED: "not reported",
    Absence.NO_PERMISSION: "no permission",
    Absence.ASLEEP: "asleep",
    Absence.LOST: "lost",
    Absence.STALE: "stale",
    Absence.UNDER_MIG: "under MIG",
    Absence.OUTSIDE_CONTAINER: "outside container",
    Absence.NOT_UNDER_WSL: "not under WSL",
}
_BOUNDARIES = {Boundary.CONTAINER: "container", Boundary.WSL: "WSL", Boundary.VM: "virtual machine"}
_UNITS = ((1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One line of a description.

    ``is_absent`` says that ``value`` is the word for a reason; ``is_long``, that it wants a line of its own;
    ``is_alarming``, that it wants to be seen.
    """

    label: str
    value: str
    is_absent: bool = False
    is_long: bool = False
    is_alarming: bool = False


def size(count: int) -> str:
    """Bytes in binary units with one decimal where it says something: ``139.8 GiB``, ``32 KiB``."""
    for unit, name in _UNITS:
        if count >= unit:
            return f"{count / unit:.1f}".removesuffix(".0") + f" {name}"
    return f"{count} B"


def host_facts(host: Host, driver: Driver | None) -> Iterator[Fact]:
    """The machine around its devices, and the driver that serves the GPUs among them."""
    yield Fact(label="system", value=host.os, is_long=True)
    yield Fact(label="kernel", value=host.kernel, is_long=True)
    yield Fact(label="runs in", value=_boundaries(host), is_long=True)
    if driver is None or driver.version is None:
        word = "none found" if driver is None or driver.problem is None else "not usable"
        yield Fact(label="GPU driver", value=word, is_absent=True)
    else:
        yield Fact(label="GPU driver", value=_driver(driver), is_long=True)
    yield _fact("memory", host, "memory_total_bytes", lambda total: _memory(total, host.memory_limit_bytes))
    yield _fact("swap", host, "swap_total_bytes", lambda swap: size(swap) if swap else "none")
    yield _fact("battery", host, "has_battery", lambda has: "yes" if has else "none")
    yield _fact("up since", host, "boot_at", lambda at: at[:16].replace("T", " ") + " UTC")
    for disk in host.disks:
        space = f"{size(disk.free_bytes)} free of {size(disk.total_bytes)} ({disk.file_system})"
        yield Fact(label="disk", value=f"{disk.mount_point}  {space}", is_long=True)
    if not host.disks:
        yield Fact(label="disk", value=WORDS[Absence.NOT_SUPPORTED], is_absent=True)


def device_facts(device: Device, cpu: Cpu) -> Iterator[Fact]:
    """A device; one that cannot be read says so once, and not again for each of its metrics."""
    if device.kind is DeviceKind.CPU:
        yield _fact("memory", device, "memory_total_bytes", size)
        yield from _cpu_facts(cpu)
        return
    if device.lost is not None:
        yield Fact(label="lost", value=device.lost, is_long=True)
    elif device.asleep:
        yield Fact(label="asleep", value="it saves power, and was not woken to be looked at", is_long=True)
    quiet = device.lost is not None or device.asleep
    for fact in (*_gpu_facts(device), *(_card_facts(device) if device.kind is DeviceKind.GPU else ())):
        if not (quiet and fact.is_absent):
            yield fact


def alike_devices(devices: Sequence[Device]) -> list[list[Device]]:
    """The devices in their order, those that differ in nothing but their slot and UUID together."""
    groups: dict[str, list[Device]] = {}
    for device in devices:
        stays_alone = device.lost is not None or device.pci_slot is None or device.uuid is None
        common = replace(device, id=device.id if stays_alone else "", uuid=None, pci_slot=None)
        groups.setdefault(str(common), []).append(device)
    return list(groups.values())


def _fact(label: str, owner: Host | Cpu | Device, name: str, say: Callable[[Any], str]) -> Fact:
    value = getattr(owner, name)
    if value is None:
        reason = owner.absent.get(name, Absence.NOT_SUPPORTED)
        return Fact(label=label, value=WORDS[reason], is_absent=True)
    return Fact(label=label, value=say(value))


def _cpu_facts(cpu: Cpu) -> Iterator[Fact]:
    yield Fact(label="type", value=cpu.architecture)
    yield _fact("cores", cpu, "physical_cores", str)
    yield Fact(label="threads", value=str(cpu.logical_cores))
    yield Fact(label="usable", value=f"{cpu.usable_cores:g}")
    yield _fact("max clock", cpu, "clock_max_mhz", lambda mhz: f"{mhz:.0f} MHz")
    yield _fact("governor", cpu, "governor", str)
    if cpu.features or "features" not in cpu.absent:
        features = " ".join(cpu.features) or "none of those that speed up AI"
        yield Fact(label="features", value=features, is_long=True)
    else:
        yield Fact(label="features", value=WORDS[cpu.absent["features"]], is_absent=True)
    if cpu.caches:
        yield Fact(label="caches", value=" · ".join(map(_cache, cpu.caches)), is_long=True)
    else:
        yield Fact(label="caches", value=WORDS[cpu.absent.get("caches", Absence.NOT_SUPPORTED)], is_absent=True)


def _gpu_facts(device: Device) -> Iterator[Fact]:
    yield Fact(label="UUID", value=device.uuid or "not reported", is_absent=device.uuid is None, is_long=True)
    if device.parent is not None:
        yield Fact(label="slice of", value=device.parent)
    yield _fact("memory", device, "memory_total_bytes", size)
    yield _fact("compute", device, "compute_capability", str)


def _card_facts(device: Device) -> Iterator[Fact]:
    yield _fact("slot", device, "pci_slot", str)
    yield _fact("PCIe", device, "pcie_generation_max", lambda generation: pcie(generation, device.pcie_width_max))
    yield _fact("power limit", device, "power_limit_w", lambda watts: _power(watts, device))
    yield _fact("slows at", device, "temperature_slowdown_c", lambda degrees: f"{degrees} °C")
    yield _fact("cores", device, "core_count", str)
    yield _fact("SM clock", device, "sm_clock_max_mhz", lambda mhz: f"{mhz} MHz")
    yield _fact("mem clock", device, "memory_clock_max_mhz", lambda mhz: f"{mhz} MHz")
    yield _fact("mem bus", device, "memory_bus_width_bits", lambda bits: f"{bits} bit")
    yield _fact("NVLink", device, "nvlink_active_links", lambda links: f"{links} links" if links else "none")
    yield _fact("ECC", device, "ecc_enabled", _switch)
    yield _fact("MIG", device, "mig_enabled", _switch)
    yield _fact("persistence", device, "persistence_mode", _switch)
    yield _fact("mode", device, "compute_mode", lambda mode: mode.replace("_", " "))
    yield _fact("VBIOS", device, "vbios_version", str)


def _driver(driver: Driver) -> str:
    parts = (("NVIDIA", driver.version), ("CUDA", driver.cuda_version), ("NVML", driver.nvml_version))
    return " · ".join(f"{name} {version}" for name, version in parts if version)


def _memory(total: int, limit: int | None) -> str:
    return size(total) if limit is None else f"{size(limit)} of {size(total)} (cgroup)"


def _boundaries(host: Host) -> str:
    named = [f"{_BOUNDARIES[boundary]} ({name})" for boundary, name in host.boundaries.items()]
    return " in ".join(named) or "the bare machine"


def _cache(cache: Cache) -> str:
    kind = {"data": "d", "instruction": "i"}.get(cache.kind, "")
    shared = f" per {cache.shared_by} threads" if cache.shared_by and cache.shared_by > 1 else ""
    return f"L{cache.level}{kind} {size(cache.size_bytes)}{shared}"


def pcie(generation: int, width: int | None) -> str:
    """A PCIe link: ``5.0 x16``."""
    return f"{generation}.0" if width is None else f"{generation}.0 x{width}"


def _power(watts: float, device: Device) -> str:
    default = device.power_limit_default_w
    return f"{watts:g} W" + (f" (not {default:g} W)" if default is not None and default != watts else "")


def _switch(on: bool) -> str:
    return "on" if on else "off"
