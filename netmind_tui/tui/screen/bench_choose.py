"""The first page of *Bench*: what to measure, on what, how long that takes, and what cannot be measured and why."""

from collections.abc import Sequence
from itertools import groupby

from netmind_tui.model.quantity import duration, gibibytes
from netmind_tui.model.selector import ranges
from netmind_tui.tui.bench_plan import Plan, Planned
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.picture import Line, Span, beside, column, ends, framed, line, plain, width, wrap
from netmind_tui.tui.screen.bench_part import (
    box_of,
    chosen_devices,
    chosen_plan,
    cursor,
    focus,
    from_row,
    is_chosen,
    more,
    shown_devices,
)
from netmind_tui.tui.state import State, what_it_is

BOXES = ("suites", "devices", "plan")
KERNEL = "bench kernel"
"""The choice of the view that names the kernel which was looked for."""

_WIDE, _LEFT_CELLS = 96, 56
_NARROW = 70
_MANY = 8
_TITLE_ROWS, _TITLE_FROM = 2, 24
_LEAST_DEVICES = 2
_SHAPE_FROM = 14


def body(state: State, cells: int, rows: int, glyphs: Glyphs) -> list[Line]:
    """Suites and devices over the plan."""
    here = focus(state, BOXES)
    wide = cells >= _WIDE
    left_cells = _LEFT_CELLS if wide else cells
    title_rows = _TITLE_ROWS if wide or rows >= _TITLE_FROM else 0
    suites = _suites(state, left_cells - 4, title_rows, glyphs, focused=here == "suites")
    devices = _devices(state, (cells - left_cells if wide else cells) - 4, glyphs, focused=here == "devices")
    most = max(_LEAST_DEVICES, rows - _TITLE_FROM // 2 if wide else (rows - 12) // 2)
    shown = min(len(devices), _MANY, most)
    top = max(len(suites), shown) + 2
    is_live = state.feed.kind == "live"  # nothing can be measured in a recording
    hint = line(Span("enter", "key", "bench start"), Span(" measure", "dim", "bench start")) if is_live else ()
    suite_box = box_of("suites", "suite", suites, more=hint)
    chosen = line(Span(f"{len(chosen_devices(state))} of {len(shown_devices(state))}", "dim"))
    toggle = line(Span("space", "key", "bench toggle"), Span(" choose", "dim", "bench toggle"))
    place = state.view.row("devices") if here == "devices" else 0
    if wide:
        shown_rows = from_row(devices, place - top + 3, top - 2)
        device_box = box_of("devices", "devices", shown_rows, keys=chosen, more=toggle)
        drawn = beside(
            framed(suite_box, left_cells, top, glyphs, focused=here == "suites"),
            framed(device_box, cells - left_cells, top, glyphs, focused=here == "devices"),
        )
    else:
        shown_rows = from_row(devices, place - shown + 1, shown)
        device_box = box_of("devices", "devices", shown_rows, keys=chosen, more=toggle)
        drawn = framed(suite_box, cells, len(suites) + 2, glyphs, focused=here == "suites")
        drawn += framed(device_box, cells, shown + 2, glyphs, focused=here == "devices")
    left = rows - len(drawn)
    lines = plan_lines(state, cells - 4, glyphs)
    spot = _sought(state, lines) if here == "plan" else None
    if spot is not None:
        lines[spot] = cursor(lines[spot], here=True)
    first = state.view.row("plan") if "plan" in state.view.rows else max(0, (spot or 0) - 1)
    plan = chosen_plan(state)
    keys = line(Span(f"{_count(plan)} · about {duration(plan.expected_s)}", "strong")) if plan and plan.tried else ()
    plan_box = box_of(
        "plan",
        "plan",
        from_row(lines, first, left - 2),
        keys=keys,
        legend=line(Span("h", "key", "bench history"), Span(" kept runs", "dim", "bench history")),
        more=more(lines, left - 2),
    )
    return drawn + framed(plan_box, cells, left, glyphs, focused=here == "plan")


def _sought(state: State, lines: Sequence[Line]) -> int | None:
    """The line of the kernel that was looked for."""
    name = state.view.choice(KERNEL, "")
    if not name:
        return None
    own = [place for place, each in enumerate(lines) if each and each[0].text.strip() == name]
    named = [place for place, each in enumerate(lines) if name in plain(each)]
    return next(iter([*own, *named]), None)


def _suites(state: State, cells: int, title_rows: int, glyphs: Glyphs, *, focused: bool) -> list[Line]:
    plans = state.bench.plans
    if not plans:
        if state.bench.trouble:
            return [line(Span("nothing can be planned: see below", "warn"))]
        why = "looking at the devices …" if state.feed.kind == "live" else f"none: {what_it_is(state)}"
        return [line(Span(why, "dim"))]
    planned = state.bench.planned_for == chosen_devices(state)
    lines = []
    for row, plan in enumerate(plans):
        here = row == state.view.row("suites")
        mark = glyphs.marks["chosen"] if here else " "
        expected = f"about {duration(plan.expected_s)}" if planned and plan.tried else "—"
        most = f"at most {duration(plan.budget_s)}" if plan.budget_s else ""
        words = line(
            Span(f"{mark} ", "key", f"row suites {row}"),
            column(plan.suite, 11, "strong", action=f"row suites {row}"),
            column(expected, 15, "text", action=f"row suites {row}"),
        )
        words = (*words, column(most, cells - width(words), "dim", action=f"row suites {row}"))
        lines.append(cursor(words, here=here and focused))
    chosen = plans[min(state.view.row("suites"), len(plans) - 1)]
    title = wrap(chosen.title, cells, "dim")[:title_rows]
    return [*lines, *title, *[()] * (title_rows - len(title))]


def _devices(state: State, cells: int, glyphs: Glyphs, *, focused: bool) -> list[Line]:
    lines = []
    for row, device in enumerate(shown_devices(state)):
        here = focused and row == state.view.row("devices")
        is_in = is_chosen(state, device)
        wish = f"toggle-device {device.id}"
        words = line(
            Span(f"{glyphs.marks['pass'] if is_in else glyphs.marks['dot']} ", "good" if is_in else "dim", wish),
            column(device.id, 9, "strong" if is_in else "dim", action=wish),
        )
        name = device.lost or (f"asleep; {device.name}" if device.asleep and not is_in else device.name) or "no name"
        memory = gibibytes(device.memory_total_bytes) if device.memory_total_bytes else ""
        rest = ends(
            line(Span(name, "bad" if device.lost else "text", wish)),
            line(Span(f" {memory}", "dim", wish)),
            max(0, cells - 11),
        )
        lines.append(cursor((*words, *rest), here=here))
    return lines or [line(Span("the devices are being listed …", "dim"))]


def _count(plan: Plan) -> str:
    kernels = len({step.kernel for step in plan.tried})
    return f"{kernels} {'kernel' if kernels == 1 else 'kernels'} on {ranges(plan_devices(plan))}"


def plan_devices(plan: Plan) -> list[str]:
    """The devices on which something is tried."""
    return list(dict.fromkeys(step.device for step in plan.tried))


def plan_lines(state: State, cells: int, glyphs: Glyphs) -> list[Line]:
    """What the plan's box says."""
    bench = state.bench
    if state.feed.kind != "live":
        own = "only the machine itself can be measured. Kept runs of this machine: h."
        words = f"{what_it_is(state).capitalize()}: {own}"
        return wrap(words, cells, "dim")
    if bench.trouble:
        return wrap(bench.trouble, cells, "bad")
    if shown_devices(state) and not chosen_devices(state):
        return wrap("No device is chosen: choose one with space.", cells, "warn")
    plan = chosen_plan(state)
    if plan is None:
        return wrap("The plan is being made: which kernel runs on which device, how long, and why not …", cells, "dim")
    lines = _steps(plan.tried, cells)
    refused = sorted(
        (step for step in plan.steps if step.refused), key=lambda step: (step.refused or "", step.device, step.kernel)
    )
    if refused and lines:
        lines.append(())
    for why, group in groupby(refused, key=lambda step: step.refused):
        steps = list(group)
        names = ", ".join(dict.fromkeys(step.kernel for step in steps))
        where = ranges(list(dict.fromkeys(step.device for step in steps)))
        lines += wrap(f"{glyphs.marks['skip']} {where}: {why} ({names})", cells, "dim")
    return lines


def _steps(steps: Sequence[Planned], cells: int) -> list[Line]:
    """One row a kernel and group of devices: how long, how much memory, in which shape."""
    if not steps:
        return []
    groups: dict[tuple[str, bool, str], list[Planned]] = {}
    for step in steps:
        own = "" if step.in_step else step.device
        groups.setdefault((own, step.alone, step.kernel), []).append(step)
    name_cells = 24
    where_cells = 13 if cells > _NARROW else 9
    shape_cells = max(0, cells - name_cells - where_cells - 20)
    shape_cells = shape_cells if shape_cells >= _SHAPE_FROM else 0
    lines = [
        line(
            column("kernel", name_cells, "dim"),
            column("on", where_cells, "dim"),
            column("about", 9, "dim", right=True),
            column("memory", 11, "dim", right=True),
            column("  shape", shape_cells, "dim") if shape_cells else None,
        )
    ]
    for group in groups.values():
        first = group[0]
        where = ranges([step.device for step in group]) + (" alone" if first.alone else "")
        shape = " ".join(f"{name}={size}" for name, size in (first.shape or {}).items())
        lines.append(
            line(
                column(first.kernel, name_cells),
                column(where, where_cells, "dim"),
                column(duration(max(step.expected_s for step in group)), 9, right=True),
                column(gibibytes(max(step.memory_bytes for step in group)), 11, right=True),
                column(f"  {shape}", shape_cells, "dim") if shape_cells else None,
            )
        )
    return lines
