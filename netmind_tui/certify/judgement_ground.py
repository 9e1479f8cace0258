"""What requirements are held against: a run or a certified result, in one form, with what stands behind each figure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from netmind_tui.model.certificate import Claim, Evidence
from netmind_tui.model.device import Device, DeviceKind, Driver
from netmind_tui.model.finding import Finding, Status
from netmind_tui.model.measurement import Measurement, Reason, Run, Sharing
from netmind_tui.model.requirement import Level
from netmind_tui.model.result import Result, ResultDevice

Health = tuple[tuple[str, Status, str | None], ...]
"""Findings in short: id, status, and the device that each is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What the owner says of the machine, by its name and in its unit in the configuration, and on which day."""

    on: str | None = None
    values: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What is known of a machine, and ``None`` of what is not.

    ``has_samples`` tells whether samples of the time under load are there, ``health`` is ``None`` where nobody looked,
    ``no_gpu`` says why no GPU could be listed; ``missing`` are devices that were asked for in vain, with the reason.
    ``evidence`` is what stands behind the rate of a kernel on a device, ``measured`` unless it is there. ``baseline``
    holds earlier measurements by device and kernel, where there are any to hold the rates against; ``grows`` names the
    dimension of a kernel that is found at run time, and may differ from theirs.
    """

    kind: Literal["now", "run", "certificate"]
    name: str
    measured_at: str
    suite: str
    devices: tuple[Device, ...]
    driver: Driver | None
    usable_cores: float | None
    memory_bytes: int | None
    disk_free_bytes: int | None
    architecture: str
    measurements: tuple[Measurement, ...]
    sharing: tuple[Sharing, ...]
    has_samples: bool
    health: Health | None
    no_gpu: str | None = None
    missing: Mapping[str, str] = field(default_factory=dict)
    evidence: Mapping[tuple[str, str], Evidence] = field(default_factory=dict)
    baseline: Mapping[tuple[str, str], Measurement] | None = None
    grows: Mapping[str, str] = field(default_factory=dict)
    declared: Declared | None = None
    levels: tuple[Level, ...] = ()
    node_key: str | None = None

    def rows(self, device: str) -> tuple[Measurement, ...]:
        """The kernels that were tried on a device."""
        return tuple(row for row in self.measurements if row.device == device)

    def row(self, device: str, kernel: str) -> Measurement | None:
        """One kernel on one device, where it was tried."""
        return next((row for row in self.rows(device) if row.kernel == kernel), None)

    @property
    def gpus(self) -> tuple[Device, ...]:
        """The GPUs among the devices."""
        return tuple(device for device in self.devices if device.kind is DeviceKind.GPU)


def ground_of_run(
    run: Run, kind: Literal["now", "run"], *, looked_at_health: bool, findings: tuple[Finding, ...] = ()
) -> Ground:
    """What a run of this program shows.

    ``findings`` are those of an examination beside it; ``looked_at_health`` whether there is one, or the run's own.
    """
    missing = {
        row.device: row.reasons[0].detail
        for row in run.measurements
        if any(because.id is Reason.DEVICE_ABSENT for because in row.reasons) or row.device in ("gpu", "mig")
    }
    host = run.host
    memory = [count for count in (host.memory_total_bytes, host.memory_limit_bytes) if count is not None]
    found = {(each.id, each.device): each.status for each in (*findings, *run.findings)}
    return Ground(
        kind=kind,
        name=run.run_id,
        measured_at=run.finished_at,
        suite=run.suite,
        devices=tuple(device for device in run.devices if device.id not in missing),
        driver=run.environment.driver,
        usable_cores=host.cpu.usable_cores,
        memory_bytes=min(memory, default=None),
        disk_free_bytes=max((disk.free_bytes for disk in host.disks), default=None),
        architecture=host.cpu.architecture,
        measurements=tuple(row for row in run.measurements if row.device not in missing),
        sharing=run.sharing,
        has_samples=True,
        health=tuple((id_, status, device) for (id_, device), status in found.items()) if looked_at_health else None,
        no_gpu=next((why for name, why in missing.items() if name != "cpu"), None),
        missing=missing,
    )


def ground_of_result(result: Result, claims: tuple[Claim, ...], *, name: str, node_key: str) -> Ground:
    """What a certified result shows; ``claims`` say what stands behind each rate."""
    return Ground(
        kind="certificate",
        name=name,
        measured_at=result.finished_at,
        suite=result.suite,
        devices=tuple(_device(each) for each in result.devices),
        driver=result.environment.driver,
        usable_cores=result.host.usable_cores,
        memory_bytes=result.host.memory_total_bytes,
        disk_free_bytes=None,
        architecture=result.host.architecture,
        measurements=result.measurements,
        sharing=result.sharing,
        has_samples=False,
        health=None,
        evidence={(claim.device, claim.kernel): claim.evidence for claim in claims},
        node_key=node_key,
    )


def _device(each: ResultDevice) -> Device:
    return Device(
        id=each.device,
        kind=DeviceKind(each.kind),
        name=each.name,
        memory_total_bytes=each.memory_total_bytes,
        compute_capability=each.compute_capability,
        core_count=each.core_count,
        power_limit_w=each.power_limit_w,
        power_limit_default_w=each.power_limit_default_w,
        ecc_enabled=each.ecc_enabled,
        mig_enabled=each.mig_enabled,
        pcie_generation_max=each.pcie_generation_max,
        pcie_width_max=each.pcie_width_max,
        sm_clock_max_mhz=each.sm_clock_max_mhz,
    )
