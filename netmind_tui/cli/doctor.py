"""``netmind doctor``: what is wrong with this machine, worst first, and the exact fix for each."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netmind_tui.cli import diagnostics, output
from netmind_tui.cli.output import Format
from netmind_tui.cli.page import page_for
from netmind_tui.cli.share import redactor
from netmind_tui.model.exit import ExitCode, foremost

if TYPE_CHECKING:
    from netmind_tui.bench.doctor import Examination
    from netmind_tui.model.doctor import Diagnosis
    from netmind_tui.model.finding import Finding

_SETUP_FORMATS = (Format.TABLE, Format.JSON, Format.MARKDOWN)
_FORMATS = (*_SETUP_FORMATS, Format.JUNIT, Format.PROMETHEUS)


def doctor(
    *,
    device: Annotated[
        list[str] | None, typer.Option("--device", "-d", help="gpu:0, gpu:0-3, gpu, cpu, a UUID …; repeatable.")
    ] = None,
    deep: Annotated[bool, typer.Option("--deep", help="Also run the smallest kernel on each device.")] = False,
    setup: Annotated[
        bool, typer.Option("--setup", help="Print only the one command that installs what is missing.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="End with 1 also for warn.")] = False,
    share: Annotated[bool, typer.Option("--share", help="Replace names, paths, UUIDs and addresses.")] = False,
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    form: Annotated[
        Format | None, typer.Option("--format", help="table, json, markdown, junit or prometheus.", show_choices=False)
    ] = None,
    path: Annotated[Path | None, typer.Option("-o", "--output", help="Write to a file instead of stdout.")] = None,
) -> int:
    """Say what is wrong with this machine, and how to mend it."""
    # What looks at the machine is imported here: other commands do without its cost.
    from netmind_tui.model.doctor import exit_code  # noqa: PLC0415 - see above

    chosen = output.choose(form, json=json, offered=_SETUP_FORMATS if setup else _FORMATS)
    output.check(path)
    examination = _examine(device or [], deep=deep)
    diagnosis = examination.diagnosis
    missing = [examination.selection.called(name) for name in examination.selection.missing]
    for name in missing:
        diagnostics.fail(f"{name}: this machine has no such device")
    shown = diagnosis
    if share:
        shown, missing = redactor().redact((diagnosis, missing))
    if chosen is Format.JUNIT:
        from netmind_tui.bench.junit import diagnosis_as_junit  # noqa: PLC0415 - see above

        output.write(diagnosis_as_junit(shown, missing, strict=strict), path)
    else:
        output.write(_render(shown, chosen, path, setup=setup), path)
    codes = [ExitCode.UNMEASURED] if missing else []
    if not setup:
        codes.append(exit_code(diagnosis.findings, strict=strict))
    return foremost(codes)


def _examine(names: list[str], *, deep: bool) -> "Examination":
    from netmind_tui.bench.doctor import examine, try_dispatch  # noqa: PLC0415 - see doctor
    from netmind_tui.probe.gpu import GpuProbe  # noqa: PLC0415 - see doctor

    try_out, more = try_dispatch if deep else None, _barred()
    if not GpuProbe.library_found():
        return examine(None, names, more=more, try_out=try_out)
    with GpuProbe() as probe:
        return examine(probe, names, more=more, try_out=try_out)


def _barred() -> "tuple[Finding, ...]":
    """That the node may neither sign nor write here, where that is so."""
    from netmind_tui.certify.bar import bar_seen  # noqa: PLC0415 - see doctor
    from netmind_tui.model.finding import Action, Finding, Status  # noqa: PLC0415 - see doctor
    from netmind_tui.paths import identity_dir  # noqa: PLC0415 - see doctor

    bar = bar_seen(identity_dir())
    if bar is None:
        return ()
    title = f"No agent may run here: {bar.sentence}"
    return (Finding(id="node-barred", title=title, status=Status.WARN, remediation=bar.mend, action=Action.ASK_OWNER),)


def _render(diagnosis: "Diagnosis", chosen: Format, path: Path | None, *, setup: bool) -> str:
    if chosen is Format.JSON:
        from netmind_tui.document import encode_pretty  # noqa: PLC0415 - see doctor

        return encode_pretty(diagnosis)
    if chosen is Format.PROMETHEUS:
        from netmind_tui.bench.prometheus import diagnosis_as_prometheus  # noqa: PLC0415 - see doctor

        return diagnosis_as_prometheus(diagnosis)
    from netmind_tui.cli import doctor_view  # noqa: PLC0415 - see doctor

    if setup:
        return doctor_view.command(diagnosis.setup)
    if chosen is Format.MARKDOWN:
        return doctor_view.markdown(diagnosis)
    return doctor_view.table(diagnosis, page_for(path))
