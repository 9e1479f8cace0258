"""What is to be known about the state of repair of a machine's GPUs, without waking one that sleeps."""

from collections.abc import Collection, Iterable, Sequence

from netmind_tui.bench.target import Machine
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.finding import Action, Finding, Status
from netmind_tui.model.host import Boundary
from netmind_tui.model.measurement import Measurement
from netmind_tui.model.sample import DeviceSample
from netmind_tui.model.selector import ranges
from netmind_tui.probe.finding import gpu_findings, unlisted_finding
from netmind_tui.probe.finding_access import device_file_findings
from netmind_tui.probe.finding_health import health_findings
from netmind_tui.probe.finding_xid import xid_findings
from netmind_tui.probe.gpu import GpuProbe


def gpu_health(machine: Machine, probe: GpuProbe | None, ids: Collection[str]) -> list[Finding]:
    """The findings about the GPUs, and those of their driver's files; health only of the devices in ``ids``."""
    gpus = [device for device in machine.devices if device.kind is DeviceKind.GPU]
    findings = list(device_file_findings()) if gpus or machine.driver is not None else []
    if probe is None or machine.driver is None or not gpus:
        return findings
    unlisted = None if Boundary.CONTAINER in machine.host.boundaries else unlisted_finding(gpus)
    findings += [unlisted] if unlisted is not None else []
    samples = {sample.device: sample for sample in probe.sample()}
    healths = {health.device: health for health in probe.health()}
    now = {device.id: device for device in probe.devices()}
    # One that is lost by being looked at is no healthy one.
    lost = [now[device.id] for device in gpus if device.lost is None and now[device.id].lost is not None]
    findings += gpu_findings(machine.driver, lost)
    for device in gpus:
        if now[device.id].asleep:
            title = f"{device.id} sleeps, and was not woken to be looked at"
            findings.append(Finding(id="gpu-asleep", title=title, status=Status.SKIP, device=device.id))
        elif device.id in ids:
            findings += health_findings(now[device.id], healths[device.id], samples.get(device.id))
    return [*findings, *xid_findings(tuple(gpus))]


def missing_findings(before: Iterable[Device], now: Sequence[Device]) -> tuple[Finding, ...]:
    """GPUs that an earlier run saw in this machine and that are not there any more, in one finding."""
    present = {device.uuid for device in now}
    gone = [
        device
        for device in before
        if device.kind is DeviceKind.GPU and device.uuid is not None and device.uuid not in present
    ]
    if not gone:
        return ()
    names = [f"{device.name or 'a GPU'} in slot {device.pci_slot or 'unknown'}" for device in gone]
    return (
        Finding(
            id="gpu-missing",
            title=f"{len(gone)} of the GPUs of the last run {'is' if len(gone) == 1 else 'are'} not listed any more",
            status=Status.WARN,
            actual=", ".join(names),
            evidence=", ".join(device.uuid or "" for device in gone),
            remediation="if nobody took them out: reboot, then check their power and seating; "
            "a run of any suite but this one records the devices as they are now",
            action=Action.ASK_OWNER,
        ),
    )


def link_findings(measurements: Iterable[Measurement], devices: Iterable[Device]) -> tuple[Finding, ...]:
    """PCIe links that stayed below what card and slot can do while kernels ran; idle ones slow down to save power.

    Devices with the same trouble share a finding.
    """
    rows = tuple(measurements)
    slow: dict[tuple[str, str], list[Device]] = {}
    for device in devices:
        trouble = _slow_link(rows, device)
        if trouble is not None:
            slow.setdefault(trouble, []).append(device)
    return tuple(_link_finding(same, *trouble) for trouble, same in slow.items())


def _slow_link(rows: Iterable[Measurement], device: Device) -> tuple[str, str] | None:
    """The link as it was and as it could be, if that is more."""
    samples = [
        part
        for m in rows
        if m.device == device.id
        for sample in (m.before, m.after)
        if sample is not None
        for part in sample.devices
        if part.device == device.id
    ]
    generation, most = _best(samples, "pcie_generation"), device.pcie_generation_max
    width, widest = _best(samples, "pcie_width"), device.pcie_width_max
    slow = generation is not None and most is not None and generation < most
    narrow = width is not None and widest is not None and 0 < width < widest
    return (f"generation {generation} x{width}", f"generation {most} x{widest}") if slow or narrow else None


def _link_finding(same: Sequence[Device], actual: str, required: str) -> Finding:
    return Finding(
        id="pcie-slow-under-load",
        title=f"{ranges([device.id for device in same])}: the PCIe link stayed slower under load than it could be",
        status=Status.WARN,
        actual=actual,
        required=required,
        evidence=", ".join(device.uuid or "" for device in same),
        purpose="copies to and from the card are slower, and models load slower",
        remediation="switch the machine off, seat the card and its riser anew, and look at the slot's setting "
        "in the firmware",
        action=Action.ASK_OWNER,
        device=same[0].id if len(same) == 1 else None,
    )


def _best(samples: Iterable[DeviceSample], metric: str) -> int | None:
    return max((value for sample in samples if (value := getattr(sample, metric)) is not None), default=None)
