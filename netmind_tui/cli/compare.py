"""``netmind compare``: whether a machine became slower, and whether these runs can tell."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netmind_tui.cli import diagnostics, output
from netmind_tui.cli.output import Format
from netmind_tui.cli.page import page_for
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

if TYPE_CHECKING:
    from netmind_tui.model.measurement import Run

_FORMATS = (Format.TABLE, Format.JSON, Format.MARKDOWN)
_SIDES = 2


def compare(
    runs: Annotated[
        list[str],
        typer.Argument(
            metavar="BASE... NEW",
            help="A file, a kept run's id or its beginning, a folder (all its runs), last, last~1.",
        ),
    ],
    *,
    threshold: Annotated[
        float, typer.Option(metavar="PCT", help="By how many per cent a kernel must have changed to be told.")
    ] = 5.0,
    strict: Annotated[bool, typer.Option("--strict", help="End with 1 also for what cannot be compared.")] = False,
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    form: Annotated[
        Format | None, typer.Option("--format", help="table, json or markdown.", show_choices=False)
    ] = None,
    path: Annotated[Path | None, typer.Option("-o", "--output", help="Write to a file instead of stdout.")] = None,
) -> int:
    """Hold the last run named against all those before it."""
    chosen = output.choose(form, json=json, offered=_FORMATS)
    output.check(path)
    if len(runs) < _SIDES:
        raise Problem(f"compare {runs[0]}: two runs are expected, the base and the new one", ExitCode.USAGE)
    if not (math.isfinite(threshold) and threshold >= 0):
        raise Problem(f"--threshold {threshold}: a number of per cent is expected, 0 or more", ExitCode.USAGE)
    # Imported here: reading runs costs 30 ms that other commands do without.
    from netmind_tui.bench.compare import compare as hold_against  # noqa: PLC0415 - see above
    from netmind_tui.model.comparison import exit_code  # noqa: PLC0415 - see above

    base = [run for name in runs[:-1] for run in _find(name)]
    # A run that two names mean counts once.
    base = sorted({run.run_id: run for run in base}.values(), key=lambda run: (run.started_at, run.run_id))
    comparison = hold_against(base, _find(runs[-1]), threshold=threshold / 100, grows=_grows())
    if chosen is Format.JSON:
        from netmind_tui.document import encode_pretty  # noqa: PLC0415 - see above

        output.write(encode_pretty(comparison), path)
    else:
        from netmind_tui.cli import compare_view  # noqa: PLC0415 - see above

        if chosen is Format.MARKDOWN:
            output.write(compare_view.markdown(comparison), path)
        else:
            output.write(compare_view.table(comparison, page_for(path)), path)
    return exit_code(comparison, strict=strict)


def _find(name: str) -> "tuple[Run, ...]":
    """The runs that a name means; a damaged file among others is one warning."""
    from netmind_tui.bench.store import find_run  # noqa: PLC0415 - see compare
    from netmind_tui.paths import runs_dir  # noqa: PLC0415 - see compare

    listing = find_run(name, runs_dir())
    for sentence in listing.damaged:
        diagnostics.warn(f"left out: {sentence}")
    return listing.runs


def _grows() -> dict[str, str]:
    """The dimension that a kernel finds at run time: the catalogue knows."""
    from netmind_tui.bench.catalog import open_catalog  # noqa: PLC0415 - see compare

    return {kernel.id: kernel.grows for kernel in open_catalog().kernels if kernel.grows}
