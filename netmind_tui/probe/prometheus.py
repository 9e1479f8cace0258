"""A machine's description and its state now as metrics for Prometheus; what cannot be read has its reason instead.

The processor's utilisation is not among them: over the time that describing takes it would be this program's own.
"""

from dataclasses import dataclass

from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.exposition import Families, Family, Number, exposition, timestamp
from netmind_tui.model.host import Cpu, Host
from netmind_tui.model.info import Info
from netmind_tui.model.sample import DeviceSample, HostSample, Sample

_PERCENT, _MEGA, _NANO = 100, 1_000_000, 1_000_000_000
_CAUSES = ("hw_thermal", "hw_power_brake", "sw_thermal", "sw_power_cap")


@dataclass(frozen=True, slots=True)
class _Metric:
    """A member of a description or sample, and the metric it becomes: multiplied by ``times``, divided by ``by``."""

    member: str
    name: str
    help: str
    times: int = 1
    by: int = 1
    is_counter: bool = False

    def value(self, source: object) -> Number:
        found: Number = getattr(source, self.member)
        if found is None or self.times == self.by:
            return found
        return found * self.times if self.by == 1 else found / self.by


_STATIC = (
    _Metric("memory_total_bytes", "memory_total_bytes", "Memory of the device."),
    _Metric("power_limit_default_w", "power_limit_default_watts", "Power limit that the device comes with."),
    _Metric("temperature_slowdown_c", "temperature_slowdown_celsius", "Temperature at which it slows itself down."),
    _Metric("sm_clock_max_mhz", "sm_clock_max_hertz", "Highest clock of the multiprocessors.", times=_MEGA),
    _Metric("pcie_generation_max", "pcie_generation_max", "Highest PCIe generation of the device and its slot."),
    _Metric("pcie_width_max", "pcie_lanes_max", "Most PCIe lanes of the device and its slot."),
    _Metric("ecc_enabled", "ecc_enabled", "Whether the memory corrects errors."),
)
_NOW = (
    _Metric("gpu_util_pct", "utilization_ratio", "Share of time in which a kernel ran.", by=_PERCENT),
    _Metric("memory_util_pct", "memory_utilization_ratio", "Share of time in which memory was used.", by=_PERCENT),
    _Metric("memory_used_bytes", "memory_used_bytes", "Memory in use."),
    _Metric("power_draw_w", "power_draw_watts", "Power that the device draws."),
    _Metric("power_limit_w", "power_limit_watts", "Power limit that is enforced."),
    _Metric("energy_j", "energy_joules_total", "Energy since the driver was loaded.", is_counter=True),
    _Metric("temperature_c", "temperature_celsius", "Temperature of the device."),
    _Metric("fan_speed_pct", "fan_speed_ratio", "Speed of the fan, of its highest.", by=_PERCENT),
    _Metric("sm_clock_mhz", "sm_clock_hertz", "Clock of the multiprocessors.", times=_MEGA),
    _Metric("memory_clock_mhz", "memory_clock_hertz", "Clock of the memory.", times=_MEGA),
    _Metric("pcie_generation", "pcie_generation", "PCIe generation in use."),
    _Metric("pcie_width", "pcie_lanes", "PCIe lanes in use."),
)
_HOST = (
    _Metric("memory_total_bytes", "memory_total_bytes", "Memory of the host."),
    _Metric("memory_limit_bytes", "memory_limit_bytes", "Memory that the cgroup allows, where that is less."),
    _Metric("swap_total_bytes", "swap_total_bytes", "Swap space of the host."),
)
_HOST_NOW = (
    _Metric("load_1m", "load1", "Load average over one minute."),
    _Metric("memory_used_bytes", "memory_used_bytes", "Memory in use."),
    _Metric("memory_available_bytes", "memory_available_bytes", "Memory that programs can still take."),
    _Metric("cpu_clock_mhz", "cpu_clock_hertz", "Clock of the processor.", times=_MEGA),
    _Metric("temperature_c", "temperature_celsius", "Temperature of the processor."),
    _Metric("energy_j", "cpu_energy_joules_total", "Energy of the processor packages.", is_counter=True),
    _Metric("on_battery", "on_battery", "Whether the host runs on its battery."),
    _Metric("battery_pct", "battery_charge_ratio", "Charge of the battery, of its full one.", by=_PERCENT),
)


def as_prometheus(info: Info) -> str:
    """The host, its driver and its GPUs, in base units."""
    host, gpus, driver = Families("netmind_host"), Families("netmind_gpu"), Families("netmind_driver")
    _add_host(host, info)
    if info.driver is not None and info.driver.version is not None:
        found = info.driver
        driver.gauge("info", "Versions of the NVIDIA driver, and of the newest CUDA that it serves.").add(
            1, version=found.version, cuda_version=found.cuda_version, nvml_version=found.nvml_version
        )
    for device in info.devices:
        if device.kind is not DeviceKind.CPU:
            _add_device(gpus, device)
    for sample in info.now.devices if info.now is not None else ():
        _add_sample(gpus, sample)
    for use in info.in_use:
        count = None if use.processes is None else len(use.processes)
        gpus.gauge("compute_processes", "How many processes compute on the device.").add(count, device=use.device)
    return exposition((*host, *driver, *gpus))


def sample_families(sample: Sample) -> tuple[Family, ...]:
    """A sample of a sampler that goes on, so that the processor's utilisation is that since the sample before."""
    host, gpus = Families("netmind_host"), Families("netmind_gpu")
    host.gauge("read_timestamp_seconds", "When all of this was read.").add(timestamp(sample.at))
    util = sample.host.cpu_util_pct
    host.gauge("cpu_utilization_ratio", "Share of the processor that was in use.").add(
        None if util is None else util / _PERCENT
    )
    _add(host, _HOST_NOW, sample.host)
    _add_absent(host, sample.host)
    for each in sample.devices:
        _add_sample(gpus, each)
    return (*host, *gpus)


def _add_host(families: Families, info: Info) -> None:
    host, cpu = info.host, info.host.cpu
    families.gauge("info", "What the host is, and which program read it.").add(
        1,
        hostname=host.hostname,
        os=host.os,
        kernel=host.kernel,
        cpu=cpu.name,
        architecture=cpu.architecture,
        version=info.tool.version,
    )
    read = timestamp(info.now.at if info.now is not None else info.generated_at)
    families.gauge("read_timestamp_seconds", "When all of this was read.").add(read)
    families.gauge("boot_timestamp_seconds", "When the host was started.").add(timestamp(host.boot_at))
    families.gauge("logical_cores", "Logical processors of the host.").add(cpu.logical_cores)
    families.gauge("usable_cores", "Processors that affinity and cgroup leave to this program.").add(cpu.usable_cores)
    _add(families, _HOST, host)
    _add_disks(families, host)
    _add_absent(families, host)
    _add_absent(families, cpu)
    if info.now is not None:
        _add(families, _HOST_NOW, info.now.host)
        _add_absent(families, info.now.host)


def _add_disks(families: Families, host: Host) -> None:
    for disk in host.disks:
        labels = {"mount_point": disk.mount_point, "disk": disk.device, "file_system": disk.file_system}
        families.gauge("disk_total_bytes", "Size of the file system.").add(disk.total_bytes, **labels)
        families.gauge("disk_free_bytes", "Free space of the file system.").add(disk.free_bytes, **labels)


def _add_device(families: Families, device: Device) -> None:
    families.gauge("info", "What the device of that name is; a MIG slice has its card as parent.").add(
        1,
        device=device.id,
        kind=device.kind,
        name=device.name,
        uuid=device.uuid,
        pci_slot=device.pci_slot,
        parent=device.parent,
        compute_capability=device.compute_capability,
    )
    families.gauge("readable", "1 if the device answers, 0 if it is lost.").add(device.lost is None, device=device.id)
    families.gauge("asleep", "Whether the device sleeps; it is not woken.").add(device.asleep, device=device.id)
    _add(families, _STATIC, device, device=device.id)
    _add_absent(families, device, device=device.id)


def _add_sample(families: Families, sample: DeviceSample) -> None:
    _add(families, _NOW, sample, device=sample.device)
    for cause in _CAUSES:
        counted: int | None = getattr(sample, f"throttle_{cause}_ns")
        families.counter("throttled_seconds_total", "Time slowed down since the driver was loaded.").add(
            None if counted is None else counted / _NANO, device=sample.device, cause=cause
        )
    for reason in sample.clocks_event_reasons or ():
        families.gauge("clocks_event", "1 for each reason that holds the clock down now.").add(
            1, device=sample.device, reason=reason
        )
    _add_absent(families, sample, device=sample.device)


def _add(families: Families, metrics: tuple[_Metric, ...], source: object, **labels: str) -> None:
    for metric in metrics:
        family = families.counter if metric.is_counter else families.gauge
        family(metric.name, metric.help).add(metric.value(source), **labels)


def _add_absent(families: Families, source: Host | Cpu | HostSample | Device | DeviceSample, **labels: str) -> None:
    for metric, reason in source.absent.items():
        families.gauge("metric_absent", "1 for each metric that could not be read, by its name in JSON.").add(
            1, **labels, metric=metric, reason=reason
        )
