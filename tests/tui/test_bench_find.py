"""Kernels found by a few letters, from any screen, and the way to their rows."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest

from netmind_tui.model.problem import Problem
from netmind_tui.model.quantity import quantity
from netmind_tui.tui import bench_find
from netmind_tui.tui.bench_find import kernels, way_to
from netmind_tui.tui.bench_page import CHOOSE, RESULT, VERIFIED
from netmind_tui.tui.bench_state import PlansMade, RunOpened
from netmind_tui.tui.message import Moved, Went
from netmind_tui.tui.modal.finder import found
from netmind_tui.tui.modal.palette import things
from netmind_tui.tui.screen import bench
from netmind_tui.tui.screen.bench_verified import subjects
from netmind_tui.tui.state import reduce

_spec = importlib.util.spec_from_file_location("bench_made", Path(__file__).parent / "bench_made.py")
made = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(made)

GPUS = [f"gpu:{index}" for index in range(8)]


def after(state, *messages):
    for message in messages:
        state = reduce(state, message)
    return state


def test_a_kernel_is_found_by_a_part_of_its_name_before_anything_was_measured(none):
    names = [entry.wish for entry in found("gemm fp16", things(none))]
    assert names[0] == "open-kernel gemm.fp16"
    assert "open-kernel dispatch" in [entry.wish for entry in kernels(none)]


def test_its_last_figure_stands_beside_it(none):
    run = made.finished_run()
    about = {entry.title: entry.about for entry in kernels(after(none, RunOpened(run)))}
    fp16 = next(m for m in run.measurements if m.kernel == "gemm.fp16")
    assert about["gemm.fp16"].startswith(f"{quantity(fp16.value, fp16.unit)} on gpu:0; ")
    assert " on gpu:0" not in about["encoder.base"]  # it has none


def test_without_a_catalogue_what_was_measured_is_found(none, monkeypatch):
    def refuse():
        raise Problem("no catalogue", 2)

    monkeypatch.setattr(bench_find, "open_catalog", refuse)
    assert list(kernels(none)) == []
    assert "gemm.fp16" in [entry.title for entry in kernels(after(none, RunOpened(made.finished_run())))]


def test_it_leads_to_its_row_in_the_result(eight):
    state = after(eight, RunOpened(made.finished_run(8)))
    state = after(state, *way_to(state, "gemm.int8"))
    assert (state.view.screen, bench.page(state)) == ("bench", RESULT)
    assert state.view.focus["bench"] == "results"
    figures = bench.bench_figures.figures_of(state.bench.run)
    assert figures[state.view.row("results")].kernel == "gemm.int8"


def test_while_measuring_it_leads_to_how_it_goes(eight):
    state = made.running(eight, GPUS)
    state = after(state, *way_to(state, "gemm.int8"))
    assert bench.page(state) == VERIFIED
    assert subjects(state)[state.view.row("verified")].kernel == "gemm.int8"


@pytest.mark.parametrize("size", [(60, 20), (80, 24)])
def test_otherwise_it_leads_to_its_line_of_the_plan(eight, show, size):
    state = made.choosing(eight)
    state = after(state, *way_to(state, "conv.resnet50"))
    assert bench.page(state) == CHOOSE
    assert "conv.resnet50" in "\n".join(show(state, *size)[-10:])


def test_a_suite_without_it_gives_way_to_one_that_has_it(none):
    state = made.choosing(none)
    short = replace(state.bench.plans[0], steps=state.bench.plans[0].steps[:1])
    plans = PlansMade(("cpu",), (short, *state.bench.plans[1:]))
    state = after(state, plans, Moved(box="suites", row=0))
    state = after(state, *way_to(state, "gemm.int8"))
    assert state.view.row("suites") == 1


def test_an_unknown_name_leads_to_bench_all_the_same(none):
    assert way_to(none, "nothing")[0] == Went("bench")
