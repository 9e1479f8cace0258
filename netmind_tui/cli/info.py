"""``netmind info``: what this machine is, or with ``--watch`` what it is doing, as a stream of samples."""

import itertools
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netmind_tui import __version__
from netmind_tui.cli import diagnostics, output
from netmind_tui.cli.output import Format
from netmind_tui.cli.page import page_for
from netmind_tui.cli.share import redactor
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

# What the commands below need is imported inside them: msgspec, rich and the probes cost as much as starting Python
# several times over, and every other command would pay for it.
if TYPE_CHECKING:
    from collections.abc import Iterator

    from netmind_tui.model.device import Device
    from netmind_tui.model.info import DeviceUse, Info
    from netmind_tui.model.sample import Sample
    from netmind_tui.model.selector import Selection
    from netmind_tui.probe.gpu import GpuProbe
    from netmind_tui.probe.host import HostSampler

_INTERVAL_S = 1.0


def info(
    *,
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    form: Annotated[
        Format | None, typer.Option("--format", help="table, json or markdown; with --watch jsonl.", show_choices=False)
    ] = None,
    path: Annotated[Path | None, typer.Option("-o", "--output", help="Write to a file instead of stdout.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Print one sample a line until interrupted.")] = False,
    interval: Annotated[
        float | None, typer.Option(min=0.1, max=3600, help="Seconds between samples; 1 unless given.")
    ] = None,
    count: Annotated[int | None, typer.Option(min=1, help="End after so many samples.")] = None,
    device: Annotated[
        list[str] | None, typer.Option("--device", "-d", help="gpu:0, gpu:0-3, gpu, cpu, a UUID …; may be repeated.")
    ] = None,
    share: Annotated[bool, typer.Option("--share", help="Replace names, paths, UUIDs and addresses.")] = False,
) -> int:
    """Show the hardware, its driver and its limits, or watch it."""
    if not watch and (interval is not None or count is not None):
        raise Problem("--interval and --count go with --watch", ExitCode.USAGE)
    if watch:
        if path is not None:
            raise Problem("--watch writes a stream to stdout: redirect it instead of -o", ExitCode.USAGE)
        if not json:
            output.choose(form or Format.JSONL, json=False, offered=(Format.JSONL, Format.JSON))
        return _watch(interval_s=interval or _INTERVAL_S, count=count, names=device or [], share=share)
    chosen = output.choose(form, json=json, offered=(Format.TABLE, Format.JSON, Format.MARKDOWN))
    with _gpus() as probe:
        document, selection = _describe(probe, device or [], live=True)
    _warn(document)
    code = _outcome(document, selection, device or [])
    shown = redactor().redact(document) if share else document
    output.write(_render(shown, chosen, path), path)
    return code


@contextmanager
def _gpus() -> "Iterator[GpuProbe | None]":
    """The GPU side, where there is an NVIDIA library to ask."""
    from netmind_tui.probe.gpu import GpuProbe  # noqa: PLC0415 - see above

    if not GpuProbe.library_found():
        yield None
        return
    with GpuProbe() as probe:
        yield probe


def _describe(probe: "GpuProbe | None", names: list[str], *, live: bool) -> "tuple[Info, Selection]":
    """The machine with the devices that were asked for, what is to be known about them, and what they do now."""
    from netmind_tui.model.info import Info, Tool  # noqa: PLC0415 - see above
    from netmind_tui.probe.finding import gpu_findings, library_missing_finding  # noqa: PLC0415 - see above
    from netmind_tui.probe.host import HostSampler, cpu_device, read_host  # noqa: PLC0415 - see above

    sampler = HostSampler() if live else None
    host = read_host()
    driver, gpus = (None, ()) if probe is None else (probe.driver(), probe.devices())
    selection = _select((*gpus, cpu_device(host)), names)
    ids = {each.id for each in selection.devices}
    missing = library_missing_finding() if driver is None else None
    findings = [missing] if missing is not None else []
    if driver is not None:
        findings += gpu_findings(driver, gpus)
    gpu_ids = ids & {each.id for each in gpus}
    document = Info(
        generated_at=_now(),
        tool=Tool(name="netmind", version=__version__),
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

    at = _now()
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


def _select(devices: "tuple[Device, ...]", names: list[str]) -> "Selection":
    from netmind_tui.model.selector import select  # noqa: PLC0415 - see above

    if not names:
        return select((), devices)
    from netmind_tui.config import read_config  # noqa: PLC0415 - only names can be aliases

    return select(names, devices, read_config().alias)


def _outcome(document: "Info", selection: "Selection", names: list[str]) -> ExitCode:
    """Success, unless a device that was named is missing or cannot be read."""
    if not names:
        return ExitCode.OK
    for name in selection.missing:
        diagnostics.fail(f"{selection.called(name)}: this machine has no such device")
    lost = [each for each in document.devices if each.lost is not None]
    for each in lost:
        diagnostics.fail(f"{each.id} cannot be read: {each.lost}")
    return ExitCode.UNMEASURED if selection.missing or lost else ExitCode.OK


def _render(document: "Info", chosen: Format, path: Path | None) -> str:
    if chosen is Format.JSON:
        from netmind_tui.document import encode_pretty  # noqa: PLC0415 - see above

        return encode_pretty(document)
    from netmind_tui.cli import info_view  # noqa: PLC0415 - see above

    if chosen is Format.MARKDOWN:
        return info_view.markdown(document)
    return info_view.table(document, page_for(path))


def _watch(*, interval_s: float, count: int | None, names: list[str], share: bool) -> ExitCode:
    """Print samples, one a line, until ``count`` is reached or a signal ends the process."""
    from netmind_tui.document import encode  # noqa: PLC0415 - see above
    from netmind_tui.model.info import SampleDocument  # noqa: PLC0415 - see above
    from netmind_tui.probe.host import HostSampler  # noqa: PLC0415 - see above
    from netmind_tui.probe.sampler import MachineSource  # noqa: PLC0415 - see above

    with _gpus() as probe:
        document, selection = _describe(probe, names, live=False)
        _warn(document)
        code = _outcome(document, selection, names)
        if not selection.devices:
            return code
        ids = {each.id for each in selection.devices}
        shared = redactor() if share else None
        source = MachineSource(HostSampler(), probe)
        due = time.monotonic()
        for number in itertools.count(1):
            sample = source.sample()
            devices = tuple(each for each in sample.devices if each.device in ids)
            line = SampleDocument(at=sample.at, host=sample.host, devices=devices)
            output.line(encode(line if shared is None else shared.redact(line)).decode())
            if number == count:
                return code
            # From deadline to deadline, so that the time a sample takes does not add up; what was missed is missed.
            due = max(due + interval_s, time.monotonic())
            time.sleep(due - time.monotonic())
    return code


def _warn(document: "Info") -> None:
    if document.driver is not None and document.driver.problem is not None:
        diagnostics.warn(document.driver.problem)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
