"""A finished run: every figure with its interval and its share of the peak, how it was found, and what it comes to."""

from netmind_tui.model.measurement import Reason, Run
from netmind_tui.model.selector import ranges
from netmind_tui.tui.bench_page import Bench
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.picture import Box, Line, Span, fit, framed, joined, line, width, wrap
from netmind_tui.tui.screen.bench_figures import detail_lines, figure_line, figures_of, heads, is_elsewhere, table_of
from netmind_tui.tui.screen.bench_part import ROLES, box_of, cursor, focus, from_row, more, scrolled
from netmind_tui.tui.screen.bench_roofline import devices_of
from netmind_tui.tui.screen.bench_summary import summary_lines
from netmind_tui.tui.state import State

BOXES = ("results", "summary")
_GAP = Span("  ")
_BORDER = 7
_DETAIL_FROM = 20
_LEAST_FIGURES, _LEAST_SUMMARY = 6, 4


def body(state: State, run: Run, cells: int, rows: int, glyphs: Glyphs) -> list[Line]:
    """Figures over the one under the cursor in detail, over the summary."""
    here, inner = focus(state, BOXES), cells - 4
    figures = figures_of(run)
    chosen = min(state.view.row("results"), max(0, len(figures) - 1))
    detail: list[Line] = []
    if figures and rows >= _DETAIL_FROM:
        lines = detail_lines(figures[chosen], inner, glyphs)
        title = f"{figures[chosen].kernel} on {figures[chosen].devices}"
        detail = framed(box_of("detail", title, lines), cells, len(lines) + 2, glyphs)
    summary = [*_notes(state.bench, inner, glyphs), *_elsewhere(run, inner, glyphs)]
    summary += summary_lines(run, inner, glyphs)
    table = table_of(run, figures, inner)
    lines = [
        cursor(figure_line(figure, table, place, glyphs), here=place == chosen and here == "results")
        for place, figure in enumerate(figures)
    ]
    least = min(len(summary), _LEAST_SUMMARY) + 2
    top = min(len(lines) + 3, max(_LEAST_FIGURES, rows - len(detail) - least))
    shown = [heads(table), *scrolled(lines, chosen, top - 3)]
    drawn = framed(
        _results(run, shown, more(lines, top - 3), cells, glyphs), cells, top, glyphs, focused=here == "results"
    )
    drawn += detail
    left = rows - len(drawn)
    below = from_row(summary, state.view.row("summary"), left - 2)
    box = box_of("summary", "in short", below, more=more(summary, left - 2), keys=line(Span(run.run_id, "dim")))
    return drawn + framed(box, cells, left, glyphs, focused=here == "summary")


def _results(run: Run, lines: list[Line], hidden: Line, cells: int, glyphs: Glyphs) -> Box:
    stopped = Span(f" · {run.stopped}", "warn") if run.stopped else None
    # What the owner left out says nothing against a device, and nothing for it.
    skipped = len({m.kernel for m in run.measurements if m.reasons and m.reasons[0].id is Reason.SKIPPED_BY_OWNER})
    left_out = Span(f" · {skipped} skipped", "warn") if skipped else None
    named = [("v", "bench verified", "how verified"), ("h", "bench history", "kept runs")]
    if devices_of(run):
        named.insert(1, ("o", "bench roofline", "roofline"))
    keys = line(Span(f"{glyphs.marks[run.verdict]} {run.verdict}", ROLES[run.verdict]), left_out, stopped)
    title = line(Span(run.suite, "title"), Span(f"  {run.started_at[:16].replace('T', ' ')} UTC", "dim"))
    if width(title) + width(keys) + _BORDER > cells:  # the verdict is told before the time
        title = title[:1]
    return Box(
        "results",
        title,
        lines,
        keys=keys,
        legend=joined([line(Span(key, "key", act), Span(f" {words}", "dim", act)) for key, act, words in named], _GAP),
        more=hidden,
    )


def _notes(bench: Bench, cells: int, glyphs: Glyphs) -> list[Line]:
    if bench.trouble:
        return wrap(f"{glyphs.marks['warn']} {bench.trouble}", cells, "warn")
    if bench.kept_as and bench.run is not None and bench.run.run_id in bench.kept_as:
        return [fit(line(Span("kept     ", "dim"), Span(bench.kept_as, "dim")), cells)]
    return []


def _elsewhere(run: Run, cells: int, glyphs: Glyphs) -> list[Line]:
    left_out = [m for m in run.measurements if is_elsewhere(m)]
    if not left_out or len(left_out) == len(run.measurements):
        return []
    kernels = ", ".join(dict.fromkeys(m.kernel for m in left_out))
    devices = ranges(list(dict.fromkeys(m.device for m in left_out)))
    return wrap(f"{glyphs.marks['skip']} not on {devices}: {kernels}", cells, "dim")
