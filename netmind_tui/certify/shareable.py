"""A run in the form that is signed and shown to strangers."""

from collections.abc import Iterable
from dataclasses import replace

from netmind_tui.certify.scope import identity
from netmind_tui.model.certificate import Scope
from netmind_tui.model.device import Device
from netmind_tui.model.host import Host
from netmind_tui.model.measurement import Environment, Measurement, Run
from netmind_tui.model.redaction import Redactor
from netmind_tui.model.result import Result, ResultDevice, ResultFinding, ResultHost


def shareable(run: Run, scope: Scope, machine: str | None, redactor: Redactor) -> Result:
    """The shareable form of a run.

    Args:
        run: What was measured.
        scope: Within what its devices can be recognised.
        machine: The operating system's id of this machine, where it has one.
        redactor: Knows the names that are not to be read, for the texts that come from the machine itself.
    """
    return Result(
        run_id=run.run_id,
        started_at=run.started_at,
        finished_at=run.finished_at,
        suite=run.suite,
        seed=str(run.seed),
        tool=run.tool,
        host=_host(run.host, redactor),
        devices=tuple(_device(device, scope, machine, redactor) for device in run.devices),
        environment=_environment(run.environment),
        measurements=_bare(run.measurements, redactor),
        together=run.together,
        alone=_bare(run.alone, redactor),
        sharing=run.sharing,
        capacity=run.capacity,
        findings=tuple(ResultFinding(id=each.id, status=each.status, device=each.device) for each in run.findings),
        verdict=run.verdict,
    )


def _host(host: Host, redactor: Redactor) -> ResultHost:
    return ResultHost(
        cpu_name=_text(host.cpu.name, redactor),
        architecture=host.cpu.architecture,
        logical_cores=host.cpu.logical_cores,
        usable_cores=host.cpu.usable_cores,
        features=host.cpu.features,
        memory_total_bytes=host.memory_total_bytes,
        os=_text(host.os, redactor) or "",
        boundaries=host.boundaries,
    )


def _device(device: Device, scope: Scope, machine: str | None, redactor: Redactor) -> ResultDevice:
    return ResultDevice(
        device=device.id,
        identity=identity(device, scope, machine),
        kind=device.kind.value,
        name=_text(device.name, redactor),
        memory_total_bytes=device.memory_total_bytes,
        compute_capability=device.compute_capability,
        core_count=device.core_count,
        power_limit_w=device.power_limit_w,
        power_limit_default_w=device.power_limit_default_w,
        ecc_enabled=device.ecc_enabled,
        mig_enabled=device.mig_enabled,
        pcie_generation_max=device.pcie_generation_max,
        pcie_width_max=device.pcie_width_max,
        sm_clock_max_mhz=device.sm_clock_max_mhz,
    )


def _text(text: str | None, redactor: Redactor) -> str | None:
    """What the machine says of itself, without the names of people and what nobody can see."""
    if text is None:
        return None
    return "".join(sign if sign.isprintable() else "?" for sign in redactor.redact(text))


def _environment(environment: Environment) -> Environment:
    """What the figures depend on; a driver's trouble is told in words that name files."""
    driver = environment.driver
    return replace(environment, driver=driver and replace(driver, problem=None))


def _bare(measurements: Iterable[Measurement], redactor: Redactor) -> tuple[Measurement, ...]:
    """Measurements without the samples of the whole machine around them, in which UUIDs stand.

    A reason keeps its word alone: its sentence may name a process, a file or a person.
    """
    return tuple(
        replace(
            each,
            before=None,
            after=None,
            peak=each.peak and replace(each.peak, source=redactor.redact(each.peak.source)),
            reasons=tuple(replace(because, detail=because.id.value) for because in each.reasons),
        )
        for each in measurements
    )
