"""Bench: choose what to measure, watch it being measured, and read, compare and draw what was found."""

from collections.abc import Sequence

from netmind_tui.model.contribution import Contribution
from netmind_tui.model.quantity import duration
from netmind_tui.model.selector import ranges
from netmind_tui.tui.bench_page import CHOOSE, COMPARISON, HISTORY, RESULT, ROOFLINE, RUNNING, VERIFIED
from netmind_tui.tui.bench_state import Job
from netmind_tui.tui.glyph import UNICODE, Glyphs
from netmind_tui.tui.picture import Line, Span, line
from netmind_tui.tui.screen import (
    bench_choose,
    bench_figures,
    bench_history,
    bench_now,
    bench_result,
    bench_roofline,
    bench_running,
    bench_verified,
)
from netmind_tui.tui.screen.bench_check import subject_lines
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
    VERIFIED: bench_verified.BOXES,
}
_PROSE_CELLS = 80
_NARROW_CELLS = 56
_ROWS = 6


def page(state: State) -> str:
    """The page that is shown: a page without what it shows gives way to the first one."""
    bench = state.bench
    if bench.job is not None and bench.page in (CHOOSE, RUNNING):
        return RUNNING
    missing = (
        (bench.page == RUNNING and bench.job is None)
        or (bench.page in (RESULT, ROOFLINE) and bench.run is None)
        or (bench.page == VERIFIED and not bench_verified.subjects(state))
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
    if shown == VERIFIED:
        return bench_verified.body(state, cells, rows, glyphs)
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
    kept = bench.kept or ()
    if box == "figures" and kept:
        chosen = kept[min(state.view.row("runs"), len(kept) - 1)]
        return max(0, sum(figure.value is not None for figure in chosen.figures) - _ROWS)
    if box == "verified":
        return len(bench_verified.subjects(state))
    if box == "results" and bench.run is not None:
        return len(bench_figures.figures_of(bench.run))
    return max(0, len(_prose(state, box)) - _ROWS)


def _prose(state: State, box: str) -> Sequence[Line]:
    if box == "plan":
        return bench_choose.plan_lines(state, _PROSE_CELLS, UNICODE)
    if box == "how":
        known = bench_verified.subjects(state)
        chosen = known[bench_verified.chosen(state, known)]
        return subject_lines(chosen, _NARROW_CELLS, 0, UNICODE)
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
    if box == "results":
        return "bench verified"
    kept = state.bench.kept or ()
    if box in ("runs", "figures") and kept:
        chosen = min(row if box == "runs" else state.view.row("runs"), len(kept) - 1)
        return f"open-run {kept[chosen].run_id}"
    return None


def twin(state: State) -> str:
    """The command that does or shows the same."""
    bench, shown = state.bench, page(state)
    if shown == HISTORY:
        return "netmind bench --history"
    if shown == COMPARISON and bench.comparison is not None:
        return f"netmind compare {' '.join((*bench.comparison.base, *bench.comparison.new))}"
    is_read = shown == VERIFIED and not bench_verified.is_going(state)
    if (shown in (RESULT, ROOFLINE) or is_read) and bench.run is not None:
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


def works(state: State, action: str) -> bool:
    """Whether an action does something on the page that is shown, so that the foot names it."""
    bench, shown = state.bench, page(state)
    goes_on = bench.job is not None and not bench.job.is_stopping
    match action:
        case "bench start":
            return state.feed.kind == "live" and bench.job is None
        case "bench skip":
            return goes_on and (shown == RUNNING or (shown == VERIFIED and bench_verified.is_going(state)))
        case "bench device":
            return len(device_choices(state)) > 1
        case "bench verified":
            return shown in (RUNNING, RESULT, ROOFLINE)
        case "bench roofline":
            return bench.run is not None and shown in (CHOOSE, RESULT) and bool(bench_roofline.devices_of(bench.run))
        case "bench history":
            return shown != HISTORY
        case "bench mark":
            return shown == HISTORY and bool(bench.kept)
        case _:
            return True


def leaves(state: State) -> str:
    """What ``esc`` does on the page that is shown, in a word; nothing on the first one."""
    job, shown = state.bench.job, page(state)
    if shown == RUNNING and job is not None:
        return "" if job.is_stopping else f"stop, keep {job.finished}" if job.finished else "stop"
    return "" if shown == CHOOSE else "back"


def status(state: State, cells: int, glyphs: Glyphs) -> Line:
    """The state line while something is measured, in so many cells; empty otherwise."""
    job = state.bench.job
    if job is None:
        return ()
    mark = Span(f" {glyphs.states[Contribution.MEASURING]} MEASURING", "measuring", "go bench")
    what = f" {job.plan.suite}, {_where(job)}"
    if job.is_stopping:
        kept = " · stopping, what is finished is kept"
        return line(mark, Span(_widest((what + kept, kept, " · stopping"), cells - mark.width), "warn"))
    number, total = job.progress
    elapsed, left = _clock(job.elapsed_s), _clock(job.left_s)
    forms = (
        f"{what} · kernel {number} of {total}  {elapsed}, about {left} left",
        f"{what} · kernel {number} of {total}  about {left} left",
        f"{what} · {number} of {total}  {left} left",
        f"{what} · {number}/{total}",
        f" {job.plan.suite} · {number}/{total}",
        f" {number}/{total}",
    )
    return line(mark, Span(_widest(forms, cells - mark.width), "text", "go bench"))


def _widest(forms: tuple[str, ...], cells: int) -> str:
    """The first form that there is room for, or the last."""
    return next((words for words in forms if len(words) <= cells), forms[-1])


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
