"""``netmind record``: what this machine does, kept in a file to be looked at later or elsewhere."""

import math
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netmind_tui.cli import diagnostics, machine, output, watch
from netmind_tui.cli.share import redactor
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from netmind_tui.model.info import Info
    from netmind_tui.model.recording import RecordingHeader
    from netmind_tui.model.redaction import Redactor
    from netmind_tui.model.sample import Sample


def record(
    *,
    path: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write to a new file instead of stdout, line by line.")
    ] = None,
    interval: Annotated[
        float | None,
        typer.Option(min=watch.SHORTEST_S, max=watch.LONGEST_S, help="Seconds between samples; 1 unless given."),
    ] = None,
    count: Annotated[int | None, typer.Option(min=1, help="End after so many samples.")] = None,
    duration: Annotated[
        float | None, typer.Option(min=0, metavar="SECONDS", help="End so many seconds after the first sample.")
    ] = None,
    device: Annotated[
        list[str] | None, typer.Option("--device", "-d", help="gpu:0, gpu:0-3, gpu, cpu, a UUID …; may be repeated.")
    ] = None,
    no_redact: Annotated[
        bool,
        typer.Option("--no-redact", help="Keep the names of host and user, paths, UUIDs and addresses as they are."),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there already.")] = False,
) -> int:
    """Record this machine until a limit or Ctrl-C; names, paths, UUIDs and addresses are replaced."""
    interval_s = watch.seconds("--interval", interval, watch.INTERVAL_S)
    duration_s = watch.seconds("--duration", duration, math.inf)
    if force and path is None:
        raise Problem("--force goes with -o: stdout replaces no file", ExitCode.USAGE)
    if path is not None:
        _check(path, force=force)
    names = device or []
    with machine.open_gpus() as probe:
        document, selection = machine.describe(probe, names, live=False)
        machine.warn_of(document.driver)
        code = machine.outcome(document.devices, selection, names)
        if not selection.devices:
            return code
        hidden = None if no_redact else redactor()
        source = watch.machine_source(probe, selection.devices)
        with _recording(path, _header(document, interval_s, hidden), force=force) as append:
            for sample in watch.watched(
                source, selection.devices, interval_s=interval_s, count=count, duration_s=duration_s
            ):
                append(sample if hidden is None else hidden.redact(sample))
    return code


def _check(path: Path, *, force: bool) -> None:
    """Refuse a file that cannot be recorded to before the machine is looked at: a driver may take its time."""
    output.check(path)
    if not force:
        from netmind_tui.probe.recording import refuse_existing  # noqa: PLC0415 - msgspec, which others do without

        refuse_existing(path)


def _header(document: "Info", interval_s: float, hidden: "Redactor | None") -> "RecordingHeader":
    from netmind_tui.model.recording import RecordingHeader  # noqa: PLC0415 - as in _check
    from netmind_tui.probe.description import now  # noqa: PLC0415 - as in _check

    header = RecordingHeader(
        started_at=now(),
        tool=document.tool,
        interval_s=interval_s,
        redacted=hidden is not None,
        host=document.host,
        driver=document.driver,
        devices=document.devices,
    )
    return header if hidden is None else hidden.redact(header)


@contextmanager
def _recording(path: Path | None, header: "RecordingHeader", *, force: bool) -> "Iterator[Callable[[Sample], None]]":
    """What takes samples while the recording goes on."""
    if path is None:
        from netmind_tui.document import encode  # noqa: PLC0415 - as in _check
        from netmind_tui.model.recording import as_document  # noqa: PLC0415 - as in _check

        output.line(encode(header).decode())
        yield lambda sample: output.line(encode(as_document(sample)).decode())
        return
    from netmind_tui.probe.recording import RecordingWriter  # noqa: PLC0415 - as in _check

    try:
        with RecordingWriter(path, header, replace=force) as writer:
            if diagnostics.is_terminal():
                diagnostics.say(f"recording to {path}; Ctrl-C ends it, and keeps what is there")
            try:
                yield writer.append
            finally:
                diagnostics.say(f"{path}: {watch.counted(writer.sample_count)}")
    except BrokenPipeError as error:
        raise output.ReaderLeft from error
