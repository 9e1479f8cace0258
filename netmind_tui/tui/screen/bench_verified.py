"""How a kernel's result was checked, in plain words: against what, how much of it, how far off, and where it ran."""

from collections.abc import Sequence

from netmind_tui.model.finding import Status
from netmind_tui.model.measurement import Run
from netmind_tui.model.selector import ranges
from netmind_tui.tui.bench_page import RUNNING
from netmind_tui.tui.bench_plan import Stage
from netmind_tui.tui.bench_state import Job
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.picture import Line, Span, beside, column, framed, line
from netmind_tui.tui.screen.bench_check import ALONE, Subject, subject_lines
from netmind_tui.tui.screen.bench_figures import figures_of
from netmind_tui.tui.screen.bench_part import ROLES, box_of, cursor, focus, from_row, marked, more, scrolled
from netmind_tui.tui.state import State

BOXES = ("verified", "how")
FROM = "verified from"
"""The choice of the view that says whether the run that goes on, or the one that was read, is told."""

_WIDE, _LIST_CELLS, _LEAST_LIST = 96, 40, 5


def is_going(state: State) -> bool:
    """Whether what is told is the run that goes on."""
    return state.bench.job is not None and state.view.choice(FROM, RUNNING) == RUNNING


def subjects(state: State) -> list[Subject]:
    """What can be asked about: the kernels of the run that goes on, in its order, or the figures of a finished one."""
    job, run = state.bench.job, state.bench.run
    if job is not None and is_going(state):
        return [_of_stage(job, stage) for stage in job.plan.stages if stage.tried]
    return _of_run(run) if run is not None else []


def _of_stage(job: Job, stage: Stage) -> Subject:
    return Subject(
        kernel=stage.kernel,
        devices=ranges(list(stage.devices)) + (ALONE if stage.alone else ""),
        seed=job.plan.seed,
        rows=tuple(row for row in (job.row(step) for step in stage.tried) if row is not None),
        stage=stage,
        going=tuple(each for each in (job.at(step) for step in stage.tried) if each is not None),
    )


def _of_run(run: Run) -> list[Subject]:
    return [
        Subject(kernel=figure.kernel, devices=figure.devices, seed=run.seed, rows=figure.rows)
        for figure in figures_of(run)
    ]


def place_of(state: State) -> int:
    """Where the cursor begins: at what runs now, or at the figure that was looked at."""
    job = state.bench.job
    if job is not None and is_going(state):
        tried = [stage for stage in job.plan.stages if stage.tried]
        return tried.index(job.now) if job.now in tried else 0
    return state.view.row("results")


def body(state: State, cells: int, rows: int, glyphs: Glyphs) -> list[Line]:
    """The kernels, and the one under the cursor in words."""
    known, here = subjects(state), focus(state, BOXES)
    place = chosen(state, known)
    wide = cells >= _WIDE
    left_cells, right_cells = (_LIST_CELLS, cells - _LIST_CELLS) if wide else (cells, cells)
    told = subject_lines(known[place], right_cells - 4, rows - 2 if wide else 0, glyphs)
    high = rows if wide else max(_LEAST_LIST, min(len(known) + 2, rows - len(told) - 2))
    lines = [
        cursor(_listed(each, number, left_cells - 4, glyphs), here=number == place) for number, each in enumerate(known)
    ]
    count = line(Span(f"{sum(_is_right(each) for each in known)} of {len(known)} held", "dim"))
    kernels = box_of("verified", "verified", scrolled(lines, place, high - 2), keys=count, more=more(lines, high - 2))
    left = framed(kernels, left_cells, high, glyphs, focused=here == "verified")
    told_rows = rows if wide else rows - high
    how = box_of(
        "how",
        f"{known[place].kernel} on {known[place].devices}",
        from_row(told, state.view.row("how"), told_rows - 2),
        keys=_verdict(known[place], glyphs),
        legend=line(Span("v", "key", "bench verified"), Span(" back", "dim", "bench verified")),
        more=more(told, told_rows - 2),
    )
    right = framed(how, right_cells, told_rows, glyphs, focused=here == "how")
    return beside(left, right) if wide else left + right


def chosen(state: State, known: Sequence[Subject]) -> int:
    """The place of the kernel under the cursor."""
    return min(state.view.row("verified"), len(known) - 1)


def _listed(subject: Subject, number: int, cells: int, glyphs: Glyphs) -> Line:
    wish = f"row verified {number}"
    words = _in_a_word(subject)
    name = f"{subject.kernel} {subject.devices}"
    return line(
        _mark(subject, glyphs), column(name, cells - 3 - len(words), action=wish), Span(f" {words}", "dim", wish)
    )


def _mark(subject: Subject, glyphs: Glyphs) -> Span:
    if subject.going:
        return Span(f"{glyphs.marks['now']} ", "measuring")
    if not subject.rows:
        return Span(f"{glyphs.marks['to come']} ", "dim")
    checked = [row.verified for row in subject.rows]
    if all(each is None for each in checked):
        return marked(Status.SKIP, glyphs)
    return marked(Status.PASS if _is_right(subject) else Status.FAIL, glyphs)


def _in_a_word(subject: Subject) -> str:
    if subject.going:
        return "now"
    if not subject.rows:
        return "to come"
    methods = dict.fromkeys(row.verified.method for row in subject.rows if row.verified is not None)
    return ", ".join(methods) or "not run"


def _is_right(subject: Subject) -> bool:
    """Whether every device that ran it had the right result, before and after."""
    checked = [row.verified for row in subject.rows if row.verified is not None]
    return bool(checked) and all(each.before and each.after for each in checked)


def _verdict(subject: Subject, glyphs: Glyphs) -> Line:
    if not any(row.verified is not None for row in subject.rows):
        return ()
    status = Status.PASS if _is_right(subject) else Status.FAIL
    return line(Span(f"{glyphs.marks[status]} {'right' if _is_right(subject) else 'WRONG'}", ROLES[status]))
