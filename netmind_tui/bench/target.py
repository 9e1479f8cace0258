"""Which devices a run measures, and why some of them cannot be."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from netmind_tui.bench.permit import memory_refusal
from netmind_tui.bench.plan import Target
from netmind_tui.config import read_config
from netmind_tui.model.device import Device, DeviceKind, Driver, Trouble
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.finding import Finding
from netmind_tui.model.host import Host
from netmind_tui.model.kernel import Provider
from netmind_tui.model.measurement import Because, Reason
from netmind_tui.model.problem import Problem
from netmind_tui.model.selector import select
from netmind_tui.probe.finding import gpu_findings, library_missing_finding
from netmind_tui.probe.gpu import GpuProbe
from netmind_tui.probe.host import HostSampler, available_memory_bytes, cpu_device, process_name, read_host


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """This machine as the benchmark found it."""

    host: Host
    driver: Driver | None
    devices: tuple[Device, ...]
    findings: tuple[Finding, ...]

    @classmethod
    def read(cls, probe: GpuProbe | None) -> Self:
        """Look at the host and, where there is a library to ask, at its GPUs."""
        host = read_host()
        cpu = cpu_device(host)
        if probe is None:
            missing = library_missing_finding()
            return cls(host=host, driver=None, devices=(cpu,), findings=(missing,) if missing else ())
        driver, gpus = probe.driver(), probe.devices()
        return cls(host=host, driver=driver, devices=(cpu, *gpus), findings=gpu_findings(driver, gpus))


def choose_targets(
    machine: Machine, probe: GpuProbe | None, names: Sequence[str], provider: Provider | None, *, force: bool
) -> tuple[Target, ...]:
    """The devices that were named, or all; those that are not there or cannot be measured with their reason.

    Raises:
        Problem: a name is malformed, or none of the named devices belongs to the provider.
    """
    selection = select(names, machine.devices, read_config().alias if names else None)
    chosen = [device for device in selection.devices if names or not _is_partitioned(device, machine.devices)]
    if provider is not None:
        chosen = [device for device in chosen if _provider_of(device) is provider]
    targets = [_target(device, machine, probe, force=force) for device in chosen]
    targets += [_missing(name, machine.driver) for name in selection.missing]
    if not targets and names:
        raise Problem(f"--provider {provider}: none of the named devices runs on it", ExitCode.USAGE)
    if provider is not Provider.CPU and not names:
        targets += _unseen_gpus(machine, asked=provider is Provider.CUDA)
    return tuple(targets)


def _provider_of(device: Device) -> Provider:
    return Provider.CPU if device.kind is DeviceKind.CPU else Provider.CUDA


def _is_partitioned(device: Device, devices: Sequence[Device]) -> bool:
    """Whether a GPU is cut into slices, which are measured instead of it."""
    return device.kind is DeviceKind.GPU and any(
        each.parent in (device.id, device.uuid) for each in devices if each.parent
    )


def _target(device: Device, machine: Machine, probe: GpuProbe | None, *, force: bool) -> Target:
    if device.kind is DeviceKind.CPU:
        free = available_memory_bytes()
        unsafe = _on_battery() or memory_refusal(free, device.memory_total_bytes or 0)
        return Target(device=device, memory_free_bytes=free, refused=None if force else unsafe)
    if device.lost is not None:
        return Target(device=device, refused=Because(Reason.DEVICE_LOST, f"{device.id} {device.lost}"))
    if _is_partitioned(device, machine.devices):
        detail = f"{device.id} is cut into MIG slices: measure those (--device mig)"
        return Target(device=device, refused=Because(Reason.NOT_PLACEABLE, detail))
    assert probe is not None  # noqa: S101 - a GPU was listed by it
    if device.uuid is None or device.memory_total_bytes is None:
        missing = "UUID" if device.uuid is None else "memory size"
        detail = (
            f"the {missing} of {device.id} cannot be read, so the runtime cannot be told which card to use or how much"
        )
        return Target(device=device, refused=Because(Reason.DEVICE_LOST, detail))
    free = _gpu_free_bytes(device, probe)
    unsafe = _on_battery() or _in_use(device, probe) or memory_refusal(free, device.memory_total_bytes or 0)
    return Target(device=device, memory_free_bytes=free, refused=None if force else unsafe)


def _gpu_free_bytes(device: Device, probe: GpuProbe) -> int:
    """Free device memory; where usage is not reported, all of it: the runtime then says if it was too much."""
    own = next((sample for sample in probe.sample() if sample.device == device.id), None)
    total = device.memory_total_bytes or 0
    used = own.memory_used_bytes if own else None
    return max(0, total - (used or 0))


def _in_use(device: Device, probe: GpuProbe) -> Because | None:
    """Who else computes there; where it cannot be seen (WSL, a container), nobody is assumed."""
    if device.uuid is None:
        return None
    processes = probe.compute_processes(device.uuid).value
    if not processes:
        return None
    names = [f"pid {each.pid} ({process_name(each.pid).value or 'name not visible'})" for each in processes[:3]]
    detail = f"{', '.join(names)} computes on {device.id}: end it, or --force"
    return Because(Reason.UNSAFE, detail)


def _on_battery() -> Because | None:
    if HostSampler().sample().on_battery:
        return Because(Reason.UNSAFE, "this machine runs on battery: plug it in, or --force")
    return None


def _missing(name: str, driver: Driver | None) -> Target:
    kind = DeviceKind.CPU if name == "cpu" else DeviceKind.MIG if name.startswith("mig") else DeviceKind.GPU
    problem = f" ({driver.problem})" if driver and driver.problem else ""
    because = Because(Reason.DEVICE_ABSENT, f"this machine has no {name}{problem}")
    return Target(device=Device(id=name, kind=kind, name="not there"), refused=because)


def _unseen_gpus(machine: Machine, *, asked: bool) -> list[Target]:
    """A row for GPUs that must be there but cannot be listed, or that were asked for by their provider."""
    if any(device.kind is not DeviceKind.CPU for device in machine.devices):
        return []
    driver = machine.driver
    broken = driver.problem if driver and driver.trouble is not Trouble.NOT_LOADED else None
    if broken is None:
        broken = next((finding.title for finding in machine.findings), None) if machine.driver is None else None
    if broken is not None:
        because = Because(Reason.DEVICE_LOST, broken)
    elif asked:
        because = Because(Reason.DEVICE_ABSENT, "this machine has no NVIDIA GPU that its driver lists")
    else:
        return []
    return [Target(device=Device(id="gpu", kind=DeviceKind.GPU, name="not listed"), refused=because)]
