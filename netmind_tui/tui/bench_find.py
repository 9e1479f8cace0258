"""Kernels by their names: what there is to find, and where one's row stands."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from netmind_tui.bench.catalog import open_catalog
from netmind_tui.model.problem import Problem
from netmind_tui.model.quantity import quantity
from netmind_tui.tui.bench_page import CHOOSE, RESULT, RUNNING, VERIFIED
from netmind_tui.tui.bench_state import PageTurned
from netmind_tui.tui.message import Focused, Message, Moved, Turned, Went
from netmind_tui.tui.modal.finder import Entry
from netmind_tui.tui.screen.bench_choose import KERNEL
from netmind_tui.tui.screen.bench_figures import figures_of
from netmind_tui.tui.screen.bench_verified import FROM
from netmind_tui.tui.state import State

if TYPE_CHECKING:
    from netmind_tui.tui.app import NetmindApp


def kernels(state: State) -> Iterator[Entry]:
    """Every kernel of the catalogue, and what the last run that was read found for it."""
    run = state.bench.run
    figures = {figure.kernel: figure for figure in reversed(figures_of(run))} if run is not None else {}
    for name, title in _named(state).items():
        figure = figures.get(name)
        known = figure is not None and figure.value is not None
        found = f"{quantity(figure.value, figure.rows[0].unit)} on {figure.devices}; " if figure and known else ""
        yield Entry(wish=f"open-kernel {name}", title=name, about=f"{found}{title}", group="kernels")


def _named(state: State) -> dict[str, str]:
    try:
        return {kernel.id: kernel.title for kernel in open_catalog().kernels}
    except Problem:  # it is said where a run is planned; what is on the screen can be found all the same
        run = state.bench.run
        return {} if run is None else dict.fromkeys((m.kernel for m in run.measurements), "")


def way_to(state: State, name: str) -> list[Message]:
    """What leads to a kernel's row: in the run that goes on, else in the result, else in the plan."""
    bench = state.bench
    if bench.job is not None:
        stages = [stage.kernel for stage in bench.job.plan.stages if stage.tried]
        if name in stages:
            row = stages.index(name)
            return [Went("bench"), Turned(FROM, RUNNING), PageTurned(VERIFIED), Moved(box="verified", row=row)]
    if bench.run is not None:
        figures = [figure.kernel for figure in figures_of(bench.run)]
        if name in figures:
            moved = Moved(box="results", row=figures.index(name))
            return [Went("bench"), PageTurned(RESULT), Focused("results"), moved]
    way: list[Message] = [Went("bench"), PageTurned(CHOOSE), Focused("plan"), Turned(KERNEL, name)]
    having = [row for row, plan in enumerate(bench.plans) if any(step.kernel == name for step in plan.steps)]
    if having and state.view.row("suites") not in having:
        way.append(Moved(box="suites", row=having[0]))
    return way


def open_kernel(app: "NetmindApp", name: str) -> None:
    """Show the row of a kernel."""
    app.dispatch(*way_to(app.state, name))


EFFECTS: Mapping[str, Callable[["NetmindApp", str], None]] = {"open-kernel": open_kernel}
