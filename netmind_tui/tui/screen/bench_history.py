"""The runs that were kept, newest first, and two of them held against each other."""

from collections.abc import Sequence

from netmind_tui.model.comparison import Compared, Comparison, Judgement, KeptFigure, KeptRun
from netmind_tui.model.finding import Status
from netmind_tui.model.quantity import quantity, significant
from netmind_tui.model.selector import ranges
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.picture import Line, Span, column, ends, fit, framed, line, wrap
from netmind_tui.tui.screen.bench_part import ROLES, box_of, cursor, focus, from_row, more, scrolled
from netmind_tui.tui.screen.bench_strip import trend
from netmind_tui.tui.state import State

HISTORY_BOXES, COMPARISON_BOXES = ("runs", "figures"), ("compared",)
_DEVICES_FROM = 74
_FIGURE_CELLS, _FIGURE_CELLS_MOST, _TREND, _VALUE = 50, 64, 8, 18
_JUDGED = {
    Judgement.BETTER: ("better", "good"),
    Judgement.SAME: ("same", "text"),
    Judgement.WORSE: ("worse", "bad"),
    Judgement.NOT_COMPARABLE: ("not comparable", "dim"),
}
_BASE_FROM, _INTERVAL_FROM = 66, 90
_RATIO = 8


def history(state: State, cells: int, rows: int, glyphs: Glyphs) -> list[Line]:
    """The list, and the figures of the run under the cursor."""
    kept = state.bench.kept
    words = "reading the kept runs …" if kept is None else "No run is kept yet: b measures, and keeps what it finds."
    if not kept:
        return framed(box_of("runs", "kept runs", wrap(words, cells - 4, "dim")), cells, rows, glyphs, focused=True)
    chosen, here = min(state.view.row("runs"), len(kept) - 1), focus(state, HISTORY_BOXES)
    lines = [_run(state, run, place, cells - 4, glyphs, here=place == chosen) for place, run in enumerate(kept)]
    detail = _figures(kept, chosen, cells - 4, rows - rows // 2 - 2, glyphs)
    # The list gives way to the figures only as far as both have a half.
    top = min(len(lines) + 2, max(rows // 2, rows - len(detail) - 2))
    detail_rows = rows - top
    legend = line(
        Span("enter", "key", "enter"),
        Span(" open  ", "dim", "enter"),
        Span("c", "key", "bench mark"),
        Span(" compare two", "dim"),
    )
    count = line(Span(f"{len(kept)} kept", "dim"))
    box = box_of("runs", "kept runs", scrolled(lines, chosen, top - 2), keys=count, legend=legend)
    drawn = framed(box, cells, top, glyphs, focused=here == "runs")
    several = any(_past(kept, chosen, figure)[1:] for figure in kept[chosen].figures)
    trend = f"strips: the {kept[chosen].suite} runs before it, from 0" if several else ""
    box = box_of(
        "figures",
        kept[chosen].run_id,
        from_row(detail, state.view.row("figures"), detail_rows - 2),
        legend=line(Span(trend, "dim")) if trend else (),
        more=more(detail, detail_rows - 2),
    )
    return drawn + framed(box, cells, detail_rows, glyphs, focused=here == "figures")


def _run(state: State, run: KeptRun, place: int, cells: int, glyphs: Glyphs, *, here: bool) -> Line:
    wish = f"row runs {place}"
    is_marked = run.run_id in state.bench.marked
    stopped = f" · {run.stopped}" if run.stopped else ""
    roomy = cells >= _DEVICES_FROM
    counted = sum(figure.value is not None for figure in run.figures)
    words = line(
        Span(f"{glyphs.marks['chosen'] if is_marked else ' '} ", "key", wish),
        Span(f"{glyphs.marks[run.verdict]} ", ROLES[run.verdict], wish),
        column(f"{run.started_at[:16].replace('T', ' ')}", 17, action=wish),
        column(run.suite, 11, "strong", action=wish),
        column(f"{counted} {'figure' if counted == 1 else 'figures'}", 12, "dim", action=wish) if roomy else None,
        Span(f"{run.verdict}{stopped}", ROLES[run.verdict] if run.verdict is not Status.SKIP else "dim", wish),
    )
    devices = ranges(list(dict.fromkeys(figure.device for figure in run.figures)))
    return cursor(ends(words, line(Span(f" {devices}", "dim", wish)), cells), here=here)


def _figures(kept: Sequence[KeptRun], chosen: int, cells: int, rows: int, glyphs: Glyphs) -> list[Line]:
    """The figures of a run, each with those of the runs before it; beside each other where there are many."""
    figures = [figure for figure in kept[chosen].figures if figure.value is not None]
    if not figures:
        return [line(Span("no figure", "dim"))]
    several = len({figure.device for figure in figures}) > 1
    beside = max(1, min(cells // _FIGURE_CELLS, -(-len(figures) // max(1, rows))))
    wide = min(cells // beside, _FIGURE_CELLS_MOST)
    high = -(-len(figures) // beside)
    lines: list[Line] = []
    for row in range(high):
        parts: list[Span] = []
        for place in range(row, len(figures), high):
            past = _past(kept, chosen, figures[place])
            parts += _figure(figures[place], past, wide, glyphs, several=several)
        lines.append(tuple(parts))
    return lines


def _past(kept: Sequence[KeptRun], chosen: int, figure: KeptFigure) -> list[float]:
    """The same kernel on the same device in runs of the same suite, the oldest first, up to the chosen run."""
    found = [
        each.value
        for run in kept[chosen:]
        if run.suite == kept[chosen].suite
        for each in run.figures
        if (each.kernel, each.device) == (figure.kernel, figure.device) and each.value is not None
    ]
    return found[:_TREND][::-1]


def _figure(figure: KeptFigure, past: Sequence[float], cells: int, glyphs: Glyphs, *, several: bool) -> Line:
    name = f"{figure.kernel} {figure.device}" if several else figure.kernel
    left = line(Span(f"{glyphs.marks[figure.status]} ", ROLES[figure.status]), Span(name))
    strip = trend(past, glyphs).rjust(_TREND + 1) if len(past) > 1 else " " * (_TREND + 1)
    right = line(Span(strip, "chart"), column(quantity(figure.value, figure.unit), _VALUE, "figure", right=True))
    return (*ends(left, right, cells - 2), Span("  "))


def comparison(state: State, found: Comparison, cells: int, rows: int, glyphs: Glyphs) -> list[Line]:
    """Kernel by kernel better, same or worse; the differing conditions first."""
    lines = comparison_lines(found, cells - 4, glyphs)
    counts = [
        f"{sum(row.judgement is each for row in found.kernels)} {_JUDGED[each][0]}"
        for each in Judgement
        if any(row.judgement is each for row in found.kernels)
    ]
    role = ROLES[found.verdict]
    keys = line(Span(" · ".join(counts) or "nothing comparable", role))
    box = box_of(
        "compared",
        "compared",
        from_row(lines, state.view.row("compared"), rows - 2),
        keys=keys,
        legend=line(Span(f"threshold {significant(100 * found.threshold, 2)} %, 99 % intervals", "dim")),
        more=more(lines, rows - 2),
    )
    return framed(box, cells, rows, glyphs, focused=True)


def comparison_lines(found: Comparison, cells: int, glyphs: Glyphs) -> list[Line]:
    """Everything that the comparison says."""
    lines = [
        line(column("base", 6, "dim"), Span(", ".join(found.base))),
        line(column("new", 6, "dim"), Span(", ".join(found.new))),
        (),
    ]
    if found.conditions:
        lines.append(line(Span("conditions that differ", "warn")))
        for each in found.conditions:
            name = f"{each.what} of {each.device}" if each.device else each.what
            lines += wrap(f"{name}: {each.base} → {each.new}", cells, "text")
    else:
        lines.append(line(Span("conditions: the same", "dim")))
    lines.append(())
    several = len({row.device for row in found.kernels}) > 1
    lines.append(_heads(cells))
    for row in found.kernels:
        lines.append(_compared(row, cells, glyphs, several=several))
    reasons = [row for row in found.kernels if row.reason]
    if reasons:
        lines.append(())
    for row in reasons:
        lines += wrap(f"{row.kernel} on {row.device}: {row.reason}", cells, "dim")
    return lines


def _heads(cells: int) -> Line:
    parts = [column("base", 14, "dim", right=True)] if cells >= _BASE_FROM else []
    parts += [column("new", 14, "dim", right=True), column("÷ base", _RATIO, "dim", right=True)]
    parts += [column("99 % interval", 16, "dim", right=True)] if cells >= _INTERVAL_FROM else []
    parts.append(column("", 16))
    return ends(line(Span("  kernel", "dim")), tuple(parts), cells)


def _compared(row: Compared, cells: int, glyphs: Glyphs, *, several: bool) -> Line:
    words, role = _JUDGED[row.judgement]
    marks = {
        Judgement.BETTER: glyphs.marks["warn"],
        Judgement.SAME: "=",
        Judgement.WORSE: glyphs.marks["down"],
        Judgement.NOT_COMPARABLE: glyphs.marks["dot"],
    }
    name = line(Span(f"{marks[row.judgement]} ", role), Span(row.kernel))
    if several:
        name = (*name, Span(f" {row.device}", "dim"))
    unit = row.unit or ""
    parts = [column(quantity(row.base, unit), 14, right=True)] if cells >= _BASE_FROM else []
    parts.append(column(quantity(row.new, unit), 14, "figure", right=True))
    parts.append(column("—" if row.ratio is None else f"{row.ratio:.3f}", _RATIO, right=True))
    if cells >= _INTERVAL_FROM:
        words_of = "—" if row.interval is None else f"{row.interval[0]:.3f} – {row.interval[1]:.3f}"
        parts.append(column(words_of, 16, "dim", right=True))
    parts.append(column(f"  {words}", 16, role))
    return fit(ends(name, tuple(parts), cells), cells)
