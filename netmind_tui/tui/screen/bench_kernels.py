"""The list of kernels of a run that goes on: what is finished with its figure, what runs, and what is to come."""

from collections.abc import Sequence
from statistics import median

from netmind_tui.model.finding import worst
from netmind_tui.model.kernel import Phase
from netmind_tui.model.measurement import Measurement
from netmind_tui.model.quantity import duration, percent
from netmind_tui.model.selector import ranges
from netmind_tui.tui.bench_plan import Stage
from netmind_tui.tui.bench_state import Going, Job
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.picture import Line, Span, column, ends, line
from netmind_tui.tui.screen.bench_part import PEAK_CELLS, RATE_CELLS, SPREAD_CELLS, marked, rate_columns, why_not


def kernel_lines(job: Job, cells: int, glyphs: Glyphs) -> tuple[list[Line], int]:
    """A line a kernel, a heading where the devices change, and the place of the line that runs."""
    stages = [stage for stage in job.plan.stages if stage.tried]
    groups = dict.fromkeys(heading(stage) for stage in stages)
    has_peak = any(step.peak is not None and step.peak.value for step in job.plan.tried)
    lines: list[Line] = [ends(line(Span("  kernel", "dim")), _heads(has_peak=has_peak), cells)]
    place, before = 1, None
    for stage in stages:
        group = heading(stage)
        if len(groups) > 1 and group != before:
            lines.append(line(Span(group, "title")))
        before = group
        if stage == job.now:
            place = len(lines)
        lines.append(_stage(job, stage, cells, glyphs, has_peak=has_peak))
    return lines, place


def heading(stage: Stage) -> str:
    """The devices of a stage."""
    words = ranges([step.device for step in stage.tried])
    if stage.alone:
        return "once more, each alone"
    return f"{words} together" if len(stage.tried) > 1 else words


def _heads(*, has_peak: bool) -> Line:
    return line(
        column("rate", RATE_CELLS, "dim", right=True),
        column("spread", SPREAD_CELLS, "dim", right=True),
        column("peak", PEAK_CELLS, "dim", right=True) if has_peak else None,
    )


def _stage(job: Job, stage: Stage, cells: int, glyphs: Glyphs, *, has_peak: bool) -> Line:
    rows = [row for row in (job.row(step) for step in stage.tried) if row is not None]
    going = [each for each in (job.at(step) for step in stage.tried) if each is not None]
    if len(rows) == len(stage.tried):
        return _finished(_name(stage), rows, cells, glyphs, has_peak=has_peak)
    if going or stage == job.now:
        name = line(Span(f"{glyphs.marks['now']} ", "measuring"), Span(_name(stage), "strong"))
        return ends(name, _now(stage, going, rows, has_peak=has_peak), cells)
    name = line(Span(f"{glyphs.marks['to come']} ", "dim"), Span(_name(stage), "dim"))
    return ends(name, line(Span(f"about {duration(stage.expected_s)}", "dim")), cells)


def _name(stage: Stage) -> str:
    return f"{stage.kernel} {stage.devices[0]}" if stage.alone else stage.kernel


def _finished(words: str, rows: Sequence[Measurement], cells: int, glyphs: Glyphs, *, has_peak: bool) -> Line:
    name = line(marked(worst([row.status for row in rows]), glyphs), Span(words))
    values = [row.value for row in rows if row.value is not None]
    if not values:
        return ends(name, line(Span(f"  {why_not(rows[0])}", "dim")), cells)
    shares = [row.efficiency for row in rows if row.efficiency is not None]
    spreads = [row.cv for row in rows if row.cv is not None]
    right = rate_columns(
        median(values),
        rows[0].unit,
        percent(max(spreads)) if spreads else "—",
        None if not has_peak else percent(median(shares)) if shares else "",
    )
    return ends(name, right, cells)


def _now(stage: Stage, going: Sequence[Going], rows: Sequence[Measurement], *, has_peak: bool) -> Line:
    values = [each.value for each in going if each.value is not None] + [
        row.value for row in rows if row.value is not None
    ]
    if not values:
        parts = [each.part for each in going if each.part is not None]
        words = percent(min(parts)) if parts else word(going)
        return line(Span(words, "measuring"))
    value = median(values)
    peaks = [step.peak.value for step in stage.tried if step.peak is not None and step.peak.value]
    spreads = [each.spread for each in going if each.spread is not None]
    return rate_columns(
        value,
        stage.steps[0].unit,
        percent(max(spreads)) if spreads else "",
        None if not has_peak else percent(share(value, peaks[0], stage.steps[0].unit)) if peaks else "",
    )


def share(value: float, peak: float, unit: str) -> float:
    """A figure's share of its peak; of a time, the peak's share of it."""
    return peak / value if unit == "s" else value / peak


def is_survey(kernel: str) -> bool:
    """Whether a kernel goes through something once, instead of timing samples."""
    return kernel.startswith("memory.")


def word(going: Sequence[Going]) -> str:
    """The phase in a word; of several devices, that of the one that is least far."""
    if not going:
        return "starting"
    if all(each.is_poised for each in going):
        return "poised"
    if is_survey(going[0].kernel):
        return "examining" if going[0].phase is not Phase.SETUP else "preparing"
    phases = [each.phase for each in going if not each.is_poised]
    return str(phases[0]) if phases and phases[0] is not None else "starting"
