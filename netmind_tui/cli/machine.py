"""What commands that look at this machine share: its GPUs, the devices that were named, and what is said about both."""

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from netmind_tui import __version__
from netmind_tui.cli import diagnostics
from netmind_tui.model.exit import ExitCode

# What the functions below need is imported inside them: msgspec and the probes cost as much as starting Python several
# times over, and every other command would pay for it.
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netmind_tui.model.device import Device, Driver
    from netmind_tui.model.info import DeviceUse, Info, Tool
    from netmind_tui.model.sample import Sample
    from netmind_tui.model.selector import Selection
    from netmind_tui.probe.gpu import GpuProbe
    from netmind_tui.probe.host import HostSampler


@contextmanager
def open_gpus() -> "Iterator[GpuProbe | None]":
    """The GPU side, where there is an NVIDIA library to ask."""
    from netmind_tui.probe.gpu import GpuProbe  # noqa: PLC0415 - see above

    if not GpuProbe.library_found():
        yield None
        return
    with GpuProbe() as probe:
        yield probe


def describe(probe: "GpuProbe | None", names: list[str], *, live: bool) -> "tuple[Info, Selection]":
    """The machine with the devices that were asked for, what is to be known about them, and what they do now."""
    from netmind_tui.model.info import Info  # noqa: PLC0415 - see above
    from netmind_tui.probe.finding import gpu_findings, library_missing_finding  # noqa: PLC0415 - see above
    from netmind_tui.probe.host import HostSampler, cpu_device, read_host  # noqa: PLC0415 - see above

    sampler = HostSampler() if live else None
    host = read_host()
    driver, gpus = (None, ()) if probe is None else (probe.driver(), probe.devices())
    selection = select_devices((*gpus, cpu_device(host)), names)
    ids = {each.id for each in selection.devices}
    missing = library_missing_finding() if driver is None else None
    findings = [missing] if missing is not None else []
    if driver is not None:
        findings += gpu_findings(driver, gpus)
    gpu_ids = ids & {each.id for each in gpus}
    document = Info(
        generated_at=now(),
        tool=this_tool(),
        host=host,
        driver=driver,
        devices=selection.devices,
        now=None if sampler is None else _sample(sampler, probe, gpu_ids),
        in_use=_uses(probe, [each for each in gpus if each.id in gpu_ids]) if live and probe is not None else (),
        findings=tuple(finding for finding in findings if finding.device is None or finding.device in ids),
    )
    return document, selection


def _sample(sampler: "HostSampler", probe: "GpuProbe | None", ids: set[str]) -> "Sample":
    """The host and these GPUs at one moment."""
    from netmind_tui.model.sample import Sample  # noqa: PLC0415 - see above

    at = now()
    devices = probe.sample() if probe is not None and ids else ()
    return Sample(at=at, host=sampler.sample(), devices=tuple(each for each in devices if each.device in ids))


def _uses(probe: "GpuProbe", devices: "list[Device]") -> "tuple[DeviceUse, ...]":
    """Who computes on each of the devices."""
    return tuple(_use(probe, device) for device in devices)


def _use(probe: "GpuProbe", device: "Device") -> "DeviceUse":
    from netmind_tui.model.info import DeviceProcess, DeviceUse  # noqa: PLC0415 - see above
    from netmind_tui.model.reading import Absence  # noqa: PLC0415 - see above
    from netmind_tui.probe.host import process_name  # noqa: PLC0415 - see above

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


def select_devices(devices: "tuple[Device, ...]", names: list[str]) -> "Selection":
    """The devices that were named, by the owner's words too; all of them without a name."""
    from netmind_tui.model.selector import select  # noqa: PLC0415 - see above

    if not names:
        return select((), devices)
    from netmind_tui.config import read_config  # noqa: PLC0415 - only names can be aliases

    return select(names, devices, read_config().alias)


def outcome(
    devices: "Iterable[Device]", selection: "Selection", names: list[str], place: str = "this machine"
) -> ExitCode:
    """Success, unless a device that was named is missing or cannot be read; says which."""
    if not names:
        return ExitCode.OK
    for name in selection.missing:
        diagnostics.fail(f"{selection.called(name)}: {place} has no such device")
    lost = [each for each in devices if each.lost is not None]
    for each in lost:
        diagnostics.fail(f"{each.id} cannot be read: {each.lost}")
    return ExitCode.UNMEASURED if selection.missing or lost else ExitCode.OK


def warn_of(driver: "Driver | None") -> None:
    """Say what keeps the driver from being used, if anything does."""
    if driver is not None and driver.problem is not None:
        diagnostics.warn(driver.problem)


def this_tool() -> "Tool":
    """The program that writes a document."""
    from netmind_tui.model.info import Tool  # noqa: PLC0415 - see above

    return Tool(name="netmind", version=__version__)


def now() -> str:
    """This moment in UTC, in ISO 8601 with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
