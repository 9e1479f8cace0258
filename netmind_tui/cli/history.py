"""``netmind bench --history``: the runs that were kept, newest first."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from netmind_tui.bench.store import list_runs
from netmind_tui.cli import diagnostics, output
from netmind_tui.cli.output import Format
from netmind_tui.cli.page import page_for
from netmind_tui.document import encode_pretty
from netmind_tui.model.comparison import HistoryDocument, KeptFigure, KeptRun
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.measurement import Measurement, Run
from netmind_tui.model.problem import Problem, nearest
from netmind_tui.model.selector import select
from netmind_tui.paths import runs_dir


def show(
    chosen: Format, path: Path | None, kernels: Sequence[str], devices: Sequence[str], suite: str | None = None
) -> ExitCode:
    """Write the list; a file that is no run is one warning.

    Raises:
        Problem: a kernel or suite was named that no kept run has, or a device's name is malformed.
    """
    listing = list_runs(runs_dir())
    for sentence in listing.damaged:
        diagnostics.warn(f"left out: {sentence}")
    _check(listing.runs, kernels)
    runs = _of_suite(listing.runs, suite)
    kept = [_short(run, kernels, devices) for run in reversed(runs)]
    document = HistoryDocument(runs=tuple(run for run in kept if run.figures or not (kernels or devices)))
    if chosen is Format.JSON:
        output.write(encode_pretty(document), path)
    else:
        from netmind_tui.cli.compare_view import history_table  # noqa: PLC0415 - 40 ms that only tables need

        output.write(history_table(document, page_for(path)), path)
    return ExitCode.OK


def _of_suite(runs: Sequence[Run], suite: str | None) -> Sequence[Run]:
    if suite is None or not runs:
        return runs
    known = list(dict.fromkeys(run.suite for run in runs))
    if suite.lower() not in known:
        raise Problem(f"--suite {suite}: no kept run is one; {nearest(suite, known)}", ExitCode.USAGE)
    return [run for run in runs if run.suite == suite.lower()]


def _check(runs: Sequence[Run], kernels: Sequence[str]) -> None:
    known = list(dict.fromkeys(m.kernel for run in runs for m in run.measurements))
    rows = [m for run in runs for m in run.measurements]
    for pattern in kernels if known else ():
        if not any(_is_meant(m, pattern) for m in rows):
            raise Problem(f"--kernel {pattern}: in no kept run; {nearest(pattern, known)}", ExitCode.USAGE)


def _short(run: Run, kernels: Sequence[str], devices: Sequence[str]) -> KeptRun:
    wanted = {device.id for device in select(devices, run.devices).devices} if devices else None
    return KeptRun(
        run_id=run.run_id,
        started_at=run.started_at,
        suite=run.suite,
        verdict=run.verdict,
        stopped=run.stopped,
        figures=tuple(
            KeptFigure(kernel=m.kernel, device=m.device, value=m.value, unit=m.unit, status=m.status)
            for m in run.measurements
            if (wanted is None or m.device in wanted)
            and (not kernels or any(_is_meant(m, pattern) for pattern in kernels))
        ),
    )


def _is_meant(m: Measurement, pattern: str) -> bool:
    """Whether a pattern names that kernel, in any version or in the one behind the ``@``."""
    return any(fnmatchcase(name, pattern.lower()) for name in (m.kernel, f"{m.kernel}@{m.kernel_version}"))
