"""Bench: choose what to measure, watch it being measured, and read, compare and draw what was found."""

from collections.abc import Sequence

from netmind_tui.model.quantity import duration
from netmind_tui.model.selector import ranges
from netmind_tui.tui.bench_state import CHOOSE, COMPARISON, HISTORY, RESULT, ROOFLINE, RUNNING, Job
from netmind_tui.tui.glyph import UNICODE, Contribution, Glyphs
from netmind_tui.tui.picture import Line, Span, line, width
from netmind_tui.tui.screen import (
    bench_choose,
    bench_figures,
    bench_history,
    bench_now,
    bench_result,
    bench_roofline,
    bench_running,
)
from netmind_tui.tui.screen.bench_part import chosen_devices, chosen_plan, shown_devices
from netmind_tui.tui.screen.bench_summary import summary_lines
from netmind_tui.tui.state import State

_BOXES = {
    CHOOSE: bench_choose.BOXES,
    RUNNING: bench_running.BOXES,
    RESULT: bench_result.BOXES,
    HISTORY: bench_history.HISTORY_BOXES,
    COMPARISON: bench_history.COMPARISON_BOXES,
    ROOFLINE: bench_roofline.BOXES,
}
_PROSE_CELLS = 80
_ROWS = 6


def page(state: State) -> str:
    """The page that is shown: a page without what it shows gives way to the first one."""
    bench = state.bench
    if bench.job is not None and bench.page in (CHOOSE, RUNNING):
        return RUNNING
    missing = (
        (bench.page == RUNNING and bench.job is None)
        or (bench.page in (RESULT, ROOFLINE) and bench.run is None)
        or (bench.page == COMPARISON and bench.comparison is None)
    )
    return CHOOSE if missing else bench.page


def body(state: State, cells: int, rows: int, glyphs: Glyphs) -> Sequence[Line]:
    """The page that is open."""
    bench, shown = state.bench, page(state)
    if shown == RUNNING and bench.job is not None:
        return bench_running.body(state, bench.job, cells, rows, glyphs)
    if shown == RESULT and bench.run is not None:
        return bench_result.body(state, bench.run, cells, rows, glyphs)
    if shown == ROOFLINE and bench.run is not None:
        return bench_roofline.body(state, bench.run, cells, rows, glyphs)
    if shown == HISTORY:
        return bench_history.history(state, cells, rows, glyphs)
    if shown == COMPARISON and bench.comparison is not None:
        return bench_history.comparison(state, bench.comparison, cells, rows, glyphs)
    return bench_choose.body(state, cells, rows, glyphs)


def boxes(state: State) -> Sequence[str]:
    """Those of the page."""
    return _BOXES[page(state)]


def count(state: State, box: str) -> int:
    """The rows of a list; of prose, about as many as can be scrolled."""
    bench = state.bench
    if box == "suites":
        return len(bench.plans)
    if box == "devices":
        return len(shown_devices(state))
    if box == "runs":
        return len(bench.kept or ())
    if box == "results" and bench.run is not None:
        return len(bench_figures.figures_of(bench.run))
    return max(0, len(_prose(state, box)) - _ROWS)


def _prose(state: State, box: str) -> Sequence[Line]:
    if box == "plan":
        return bench_choose.plan_lines(state, _PROSE_CELLS, UNICODE)
    if box == "summary" and state.bench.run is not None:
        return summary_lines(state.bench.run, _PROSE_CELLS, UNICODE)
    if box == "compared" and state.bench.comparison is not None:
        return bench_history.comparison_lines(state.bench.comparison, _PROSE_CELLS, UNICODE)
    return ()


def opened(state: State, box: str, row: int) -> str | None:
    """A suite is measured, a device chosen or left out, a kept run opened."""
    if box in ("suites", "plan"):
        return "bench start"
    if box == "devices":
        return "bench toggle"
    kept = state.bench.kept or ()
    if box == "runs" and row < len(kept):
        return f"open-run {kept[row].run_id}"
    return None


def twin(state: State) -> str:
    """The command that does or shows the same."""
    bench, shown = state.bench, page(state)
    if shown == HISTORY:
        return "netmind bench --history"
    if shown == COMPARISON and bench.comparison is not None:
        return f"netmind compare {' '.join((*bench.comparison.base, *bench.comparison.new))}"
    if shown in (RESULT, ROOFLINE) and bench.run is not None:
        return f"netmind bench --suite {bench.run.suite}{_named(state, [each.id for each in bench.run.devices])}"
    if bench.job is not None:
        return f"netmind bench --suite {bench.job.plan.suite}{_named(state, bench.job.plan.devices)}"
    plan = chosen_plan(state)
    row = state.view.row("suites")
    suite = plan.suite if plan else bench.plans[row].suite if row < len(bench.plans) else "quick"
    return f"netmind bench --suite {suite}{_named(state, chosen_devices(state))}"


def _named(state: State, devices: Sequence[str]) -> str:
    """The devices as options; nothing where all are meant."""
    if not devices or set(devices) == {device.id for device in shown_devices(state)}:
        return ""
    return "".join(f" -d {each}" for each in ranges(devices).split(", "))


def device_choices(state: State) -> list[str]:
    """What ``d`` goes through."""
    bench, shown = state.bench, page(state)
    if shown == RUNNING and bench.job is not None:
        return bench_now.device_choices(bench.job)
    if shown == ROOFLINE and bench.run is not None:
        return bench_roofline.devices_of(bench.run)
    return []


def status(state: State, cells: int, glyphs: Glyphs) -> Line:
    """The state line while something is measured, in so many cells; empty otherwise."""
    job = state.bench.job
    if job is None:
        return ()
    mark = Span(f" {glyphs.states[Contribution.MEASURING]} MEASURING", "measuring", "go bench")
    what = Span(f" {job.plan.suite}, {_where(job)}", "text", "go bench")
    if job.is_stopping:
        return line(mark, what, Span(" · stopping, what is finished is kept", "warn"))
    number, total = job.progress
    elapsed, left = _clock(job.elapsed_s), _clock(job.left_s)
    forms = (
        f" · kernel {number} of {total}  {elapsed}, about {left} left",
        f" · kernel {number} of {total}  about {left} left",
        f" · {number} of {total}  {left} left",
        f" · {number}/{total}",
    )
    room = cells - width((mark, what))
    return line(mark, what, Span(next((words for words in forms if len(words) <= room), forms[-1])))


def _where(job: Job) -> str:
    together = ranges(list(dict.fromkeys(step.device for step in job.plan.tried if step.in_step)))
    others = ranges(list(dict.fromkeys(step.device for step in job.plan.tried if not (step.in_step or step.alone))))
    return ", ".join(words for words in (f"{together} together" if together else "", others) if words)


def _clock(seconds: float) -> str:
    """Minutes and seconds, of the same width up to an hour."""
    if seconds >= 3600:  # noqa: PLR2004 - an hour
        return duration(seconds)
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes:02}:{rest:02}"
