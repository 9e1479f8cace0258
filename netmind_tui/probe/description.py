"""What a machine is, and who computes on it: the document that `netmind info` prints and the interface shows."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from netmind_tui import __version__
from netmind_tui.model.device import Device
from netmind_tui.model.info import DeviceProcess, DeviceUse, Info, Tool
from netmind_tui.model.reading import Absence
from netmind_tui.model.sample import Sample
from netmind_tui.probe.finding import gpu_findings, library_missing_finding
from netmind_tui.probe.gpu import GpuProbe
from netmind_tui.probe.host import HostSampler, cpu_device, process_name, read_host

Choose = Callable[[tuple[Device, ...]], tuple[Device, ...]]


def describe(probe: GpuProbe | None, choose: Choose = lambda devices: devices, *, live: bool = True) -> Info:
    """The machine with the devices that ``choose`` keeps, and what is to be known about them.

    With ``live`` also what they do now and who computes on them; GPUs that were not chosen are not asked for that.
    """
    sampler = HostSampler() if live else None
    host = read_host()
    driver, gpus = (None, ()) if probe is None else (probe.driver(), probe.devices())
    devices = choose((*gpus, cpu_device(host)))
    ids = {each.id for each in devices}
    missing = library_missing_finding() if driver is None else None
    findings = [missing] if missing is not None else []
    if driver is not None:
        findings += gpu_findings(driver, gpus)
    gpu_ids = ids & {each.id for each in gpus}
    return Info(
        generated_at=now(),
        tool=this_tool(),
        host=host,
        driver=driver,
        devices=devices,
        now=None if sampler is None else _sample(sampler, probe, gpu_ids),
        in_use=uses(probe, [each for each in gpus if each.id in gpu_ids]) if live and probe is not None else (),
        findings=tuple(finding for finding in findings if finding.device is None or finding.device in ids),
    )


def uses(probe: GpuProbe, devices: Iterable[Device]) -> tuple[DeviceUse, ...]:
    """Who computes on each of the devices; costly, so never part of a sample."""
    return tuple(_use(probe, device) for device in devices)


def this_tool() -> Tool:
    """The program that writes a document."""
    return Tool(name="netmind", version=__version__)


def now() -> str:
    """This moment in UTC, in ISO 8601 with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _sample(sampler: HostSampler, probe: GpuProbe | None, ids: set[str]) -> Sample:
    """The host and these GPUs at one moment."""
    at = now()
    devices = probe.sample() if probe is not None and ids else ()
    return Sample(at=at, host=sampler.sample(), devices=tuple(each for each in devices if each.device in ids))


def _use(probe: GpuProbe, device: Device) -> DeviceUse:
    lost = device.lost is not None
    if device.uuid is None:
        return DeviceUse(device=device.id, absent={"processes": Absence.LOST if lost else Absence.NOT_SUPPORTED})
    try:
        found = probe.compute_processes(device.uuid)
    except LookupError:  # it went away since it was listed
        return DeviceUse(device=device.id, absent={"processes": Absence.LOST})
    if found.value is None:
        return DeviceUse(device=device.id, absent={"processes": found.absence or Absence.NOT_SUPPORTED})
    processes = (
        DeviceProcess(pid=each.pid, name=process_name(each.pid).value, memory_used_bytes=each.memory_used_bytes)
        for each in found.value
    )
    return DeviceUse(device=device.id, processes=tuple(processes))
