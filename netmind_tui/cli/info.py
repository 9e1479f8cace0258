"""``netmind info``: what this machine is, or with ``--watch`` what it is doing; or either of a recording."""

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netmind_tui.cli import diagnostics, machine, output, watch
from netmind_tui.cli.output import Format
from netmind_tui.cli.page import page_for
from netmind_tui.cli.share import redactor
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

# What the command below needs is imported inside it: msgspec, rich and the probes cost as much as starting Python
# several times over, and every other command would pay for it.
if TYPE_CHECKING:
    from collections.abc import Iterable

    from netmind_tui.model.info import Info
    from netmind_tui.model.sample import Sample
    from netmind_tui.model.selector import Selection
    from netmind_tui.probe.recording import RecordingSource

_FORMATS = (Format.TABLE, Format.JSON, Format.MARKDOWN, Format.PROMETHEUS)


def info(
    *,
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    form: Annotated[
        Format | None,
        typer.Option("--format", help="table, json, markdown or prometheus; with --watch jsonl.", show_choices=False),
    ] = None,
    path: Annotated[Path | None, typer.Option("-o", "--output", help="Write to a file instead of stdout.")] = None,
    watching: Annotated[bool, typer.Option("--watch", help="Print one sample a line until interrupted.")] = False,
    interval: Annotated[
        float | None,
        typer.Option(min=watch.SHORTEST_S, max=watch.LONGEST_S, help="Seconds between samples; 1 unless given."),
    ] = None,
    count: Annotated[int | None, typer.Option(min=1, help="End after so many samples.")] = None,
    device: Annotated[
        list[str] | None, typer.Option("--device", "-d", help="gpu:0, gpu:0-3, gpu, cpu, a UUID …; may be repeated.")
    ] = None,
    share: Annotated[bool, typer.Option("--share", help="Replace names, paths, UUIDs and addresses.")] = False,
    replay: Annotated[
        Path | None, typer.Option("--replay", metavar="FILE", help="A recording instead of this machine.")
    ] = None,
) -> int:
    """Show the hardware, its driver and its limits, or watch it."""
    if not watching and (interval is not None or count is not None):
        raise Problem("--interval and --count go with --watch", ExitCode.USAGE)
    if replay is not None and interval is not None:
        raise Problem("--interval does not go with --replay: a recording has its own times", ExitCode.USAGE)
    names = device or []
    if watching:
        if path is not None:
            raise Problem("--watch writes a stream to stdout: redirect it instead of -o", ExitCode.USAGE)
        if not json:
            output.choose(form or Format.JSONL, json=False, offered=(Format.JSONL, Format.JSON))
        if replay is not None:
            return _watch_recording(replay, count=count, names=names, share=share)
        interval_s = watch.seconds("--interval", interval, watch.INTERVAL_S)
        return _watch(interval_s=interval_s, count=count, names=names, share=share)
    chosen = output.choose(form, json=json, offered=_FORMATS)
    if replay is not None and chosen is Format.PROMETHEUS:
        raise Problem("--format prometheus does not go with --replay: it speaks of this moment", ExitCode.USAGE)
    if replay is not None:
        document, selection = _recorded(replay, names)
    else:
        with machine.open_gpus() as probe:
            document, selection = machine.describe(probe, names, live=True)
    machine.warn_of(document.driver)
    code = machine.outcome(document.devices, selection, names, _place(replay))
    shown = redactor().redact(document) if share else document
    output.write(_render(shown, chosen, path), path)
    return code


def _render(document: "Info", chosen: Format, path: Path | None) -> str:
    if chosen is Format.JSON:
        from netmind_tui.document import encode_pretty  # noqa: PLC0415 - see above

        return encode_pretty(document)
    if chosen is Format.PROMETHEUS:
        from netmind_tui.probe.prometheus import as_prometheus  # noqa: PLC0415 - see above

        return as_prometheus(document)
    from netmind_tui.cli import info_view  # noqa: PLC0415 - see above

    if chosen is Format.MARKDOWN:
        return info_view.markdown(document)
    return info_view.table(document, page_for(path))


def _watch(*, interval_s: float, count: int | None, names: list[str], share: bool) -> ExitCode:
    """Print samples, one a line, until ``count`` is reached or a signal ends the process."""
    with machine.open_gpus() as probe:
        document, selection = machine.describe(probe, names, live=False)
        machine.warn_of(document.driver)
        code = machine.outcome(document.devices, selection, names)
        if selection.devices:
            source = watch.machine_source(probe, selection.devices)
            _print(watch.watched(source, selection.devices, interval_s=interval_s, count=count), share=share)
    return code


def _watch_recording(path: Path, *, count: int | None, names: list[str], share: bool) -> ExitCode:
    """Print the samples of a recording, one a line, as fast as they can be read."""
    from netmind_tui.probe.recording import RecordingSource  # noqa: PLC0415 - see above

    with RecordingSource(path) as source:
        machine.warn_of(source.header.driver)
        _warn_if_simulated(source)
        selection = machine.select_devices(source.header.devices, names)
        code = machine.outcome(selection.devices, selection, names, _place(path))
        if selection.devices:
            _print((watch.only(sample, selection.devices) for sample in islice(source, count)), share=share)
        _warn_of_the_end(source)
    return code


def _recorded(path: Path, names: list[str]) -> "tuple[Info, Selection]":
    """The machine of a recording, as it was in its last sample."""
    from netmind_tui.model.info import Info  # noqa: PLC0415 - see above
    from netmind_tui.probe.description import now, this_tool  # noqa: PLC0415 - see above
    from netmind_tui.probe.finding import gpu_findings  # noqa: PLC0415 - see above
    from netmind_tui.probe.recording import RecordingSource  # noqa: PLC0415 - see above

    last = None
    with RecordingSource(path) as source:
        header = source.header
        _warn_if_simulated(source)
        selection = machine.select_devices(header.devices, names)
        for last in source:  # noqa: B007 - the one that remains is meant
            pass
        _warn_of_the_end(source)
    when = f", the last at {last.at}" if last is not None else ""
    diagnostics.say(f"{path}: {watch.counted(source.sample_count)} from {header.started_at}{when}")
    ids = {each.id for each in selection.devices}
    found = gpu_findings(header.driver, header.devices) if header.driver is not None else ()
    document = Info(
        generated_at=now(),
        tool=this_tool(),
        host=header.host,
        driver=header.driver,
        devices=selection.devices,
        now=None if last is None else watch.only(last, selection.devices),
        findings=tuple(finding for finding in found if finding.device is None or finding.device in ids),
    )
    return document, selection


def _warn_if_simulated(source: "RecordingSource") -> None:
    if source.header.simulated:
        diagnostics.warn(f"{source.path} is simulated: there is no such machine")


def _warn_of_the_end(source: "RecordingSource") -> None:
    if source.notice is not None:
        diagnostics.warn(source.notice)


def _place(replay: Path | None) -> str:
    """Where devices were looked for."""
    return "this machine" if replay is None else "the recording"


def _print(samples: "Iterable[Sample]", *, share: bool) -> None:
    """One sample a line."""
    from netmind_tui.document import encode  # noqa: PLC0415 - see above
    from netmind_tui.model.recording import as_document  # noqa: PLC0415 - see above

    shared = redactor() if share else None
    for sample in samples:
        line = as_document(sample)
        output.line(encode(line if shared is None else shared.redact(line)).decode())
