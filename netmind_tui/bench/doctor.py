"""Looks a machine over: its host, its driver and GPUs, and what is installed; everything that is found, ranked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from netmind_tui import __version__, paths
from netmind_tui.bench.finding_installation import installation_findings, setup
from netmind_tui.bench.health import gpu_health
from netmind_tui.bench.installation import Installation, read_installation
from netmind_tui.bench.target import Machine
from netmind_tui.config import read_config
from netmind_tui.model.device import Device
from netmind_tui.model.doctor import Diagnosis, first_action, ranked, verdict
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.finding import Action, Finding, Status
from netmind_tui.model.info import Tool
from netmind_tui.model.problem import Stopped
from netmind_tui.model.selector import Selection, select
from netmind_tui.probe.finding_host import host_findings, synchronised
from netmind_tui.probe.gpu import GpuProbe
from netmind_tui.probe.host import HostSampler

if TYPE_CHECKING:
    from netmind_tui.bench.plan import Step
    from netmind_tui.bench.protocol import Event
    from netmind_tui.model.measurement import Measurement


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """A diagnosis, and which of the devices that were asked for were looked at."""

    diagnosis: Diagnosis
    selection: Selection


def examine(
    probe: GpuProbe | None,
    names: Sequence[str] = (),
    *,
    installation: Installation | None = None,
    more: Sequence[Finding] = (),
    try_out: Callable[[Sequence[Device]], Sequence[Finding]] | None = None,
) -> Examination:
    """Look at everything; with names, only at those devices beside the host and the driver.

    ``more`` was found elsewhere; ``try_out`` runs something on the devices and says what came of it.

    Raises:
        Problem: a name is malformed.
    """
    sampler = HostSampler()
    machine = Machine.read(probe)
    selection = select(names, machine.devices, read_config().alias if names else None)
    ids = {device.id for device in selection.devices}
    installed = installation or read_installation()
    findings = [
        *machine.findings,
        *_driver(machine),
        *gpu_health(machine, probe, ids),
        *installation_findings(installed, machine.driver, machine.devices),
        *host_findings(machine.host, sampler.sample(), paths.state_dir(), is_synchronised=synchronised()),
        *more,
        *(try_out(selection.devices) if try_out is not None else ()),
    ]
    concerning = ranked(each for each in findings if each.device is None or each.device in ids)
    return Examination(
        diagnosis=Diagnosis(
            generated_at=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            tool=Tool(name="netmind", version=__version__),
            findings=concerning,
            verdict=verdict(concerning),
            action=first_action(concerning),
            setup=setup(installed, machine.driver, machine.devices, blocked=_blocked(machine)),
        ),
        selection=selection,
    )


def try_dispatch(devices: Sequence[Device]) -> tuple[Finding, ...]:
    """Have a worker load the runtime and run the smallest kernel on each device.

    Raises:
        Stopped: a signal ended it.
    """
    from netmind_tui.bench.benchmark import Benchmark, Wishes  # noqa: PLC0415 - 60 ms, and only where asked for

    whole = [device for device in devices if device.lost is None and not device.asleep]
    if not whole:
        return ()
    wishes = Wishes(kernels=("dispatch",), devices=tuple(device.id for device in whole))
    with Benchmark(wishes) as benchmark:
        run = benchmark.run(_Deaf())
    if run.stopped is not None:
        raise Stopped(ExitCode.INTERRUPTED if run.stopped == "interrupted" else ExitCode.TERMINATED)
    known = {finding.id for finding in run.findings}
    found = [finding for finding in run.findings if finding not in benchmark.machine.findings]
    for measurement in run.measurements:
        why = "; ".join(because.detail for because in measurement.reasons)
        if measurement.value is not None and measurement.status is not Status.FAIL:
            title = f"{measurement.device}: a kernel ran on it and its result was right"
            found.append(Finding(id="kernel-ran", title=title, status=Status.PASS, device=measurement.device))
        elif "cuda-not-loadable" not in known or measurement.provider != "cuda":
            found.append(
                Finding(
                    id="kernel-did-not-run",
                    title=f"{measurement.device}: no kernel could be run on it: {why}",
                    status=measurement.status,
                    remediation=f"`netmind bench --kernel dispatch --device {measurement.device}` shows the whole run",
                    action=Action.RETRY,
                    device=measurement.device,
                )
            )
    return tuple(found)


class _Deaf:
    """A watcher of a run of which only the outcome counts."""

    def waits(self, device: str, holder: str) -> None:
        """Pay no heed."""

    def began(self, step: "Step") -> None:
        """Pay no heed."""

    def heard(self, step: "Step", event: "Event") -> None:
        """Pay no heed."""

    def finished(self, measurement: "Measurement") -> None:
        """Pay no heed."""


def _blocked(machine: Machine) -> str | None:
    """Why GPUs that must be there cannot be seen."""
    if machine.driver is not None:
        return machine.driver.problem
    return next((finding.title for finding in machine.findings), None)


def _driver(machine: Machine) -> tuple[Finding, ...]:
    driver = machine.driver
    if driver is not None and driver.problem is None and driver.version is not None:
        cuda = f" and serves CUDA {driver.cuda_version}" if driver.cuda_version else ""
        title = f"NVIDIA driver {driver.version} answers{cuda}"
        return (Finding(id="driver", title=title, status=Status.PASS),)
    if machine.findings or driver is not None:
        return ()
    return (Finding(id="no-gpu", title="No NVIDIA GPU was found: there is none to look at", status=Status.SKIP),)
