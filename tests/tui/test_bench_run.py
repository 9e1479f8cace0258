"""Benchmarks started from the interface, with real workers on this machine's processor and a small catalogue."""

import asyncio
import importlib.util
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil

from netmind_tui.bench.child import running_groups
from netmind_tui.bench.store import list_runs
from netmind_tui.document import decode
from netmind_tui.model.finding import Status
from netmind_tui.model.measurement import Reason, Run
from netmind_tui.model.quantity import interval, quantity
from netmind_tui.paths import runs_dir
from netmind_tui.tui.bench_page import COMPARISON, HISTORY, RESULT, RUNNING
from netmind_tui.tui.bench_state import JobEnded, JobStarted

_spec = importlib.util.spec_from_file_location("bench_live", Path(__file__).parent / "bench_live.py")
live = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(live)

# Its fixtures are found by their names here.
surroundings, desk, app = live.surroundings, live.desk, live.app
LONG, SHORT, Talk = live.LONG, live.SHORT, live.Talk
plans, press, turn, until, words, workers = live.plans, live.press, live.turn, live.until, live.words, live.workers


class TestADesk:
    def test_plans_every_suite_with_its_minutes_and_refusals(self, desk):
        made = plans(Talk(desk))
        assert set(made) == {"preflight", "quick", "standard", "sustained"}
        assert made[LONG].expected_s > made[SHORT].expected_s > 0
        assert {step.kernel for step in made[SHORT].tried} == {"dispatch", "gemm.fp32", "gemm.int8"}

    def test_a_finished_run_is_kept_as_the_command_keeps_it(self, desk):
        talk = Talk(desk)
        desk.start(plans(talk)[SHORT], ("cpu",))
        ended = until(talk, lambda _: talk.last(JobEnded))
        assert ended.trouble is None
        (kept,) = runs_dir().glob("*.json")
        assert str(kept) == ended.kept_as
        assert decode(kept.read_bytes(), Run, "kept") == ended.run
        assert [row.kernel for row in ended.run.measurements] == ["dispatch", "gemm.fp32", "gemm.int8"]
        assert talk.last(JobStarted).environment is not None
        assert workers() == []

    def test_a_cancelled_run_keeps_what_is_finished_and_ends_its_worker(self, desk):
        talk = Talk(desk)
        desk.start(plans(talk)[LONG], ("cpu",))
        until(talk, lambda heard: any(getattr(each, "going", ()) and each.going[0].heard for each in heard))
        desk.cancel()
        ended = until(talk, lambda _: talk.last(JobEnded))
        assert ended.run.stopped == "interrupted"
        assert ended.kept_as is not None
        assert workers() == []

    def test_a_skipped_kernel_is_left_out_and_the_next_ones_are_measured(self, desk):
        talk = Talk(desk)
        desk.start(plans(talk)[LONG], ("cpu",))
        until(talk, lambda heard: any(getattr(each, "going", ()) and each.going[0].heard for each in heard))
        desk.skip("dispatch")
        until(talk, lambda heard: any(g.kernel == "gemm.fp32" for each in heard for g in getattr(each, "going", ())))
        desk.cancel()
        run = until(talk, lambda _: talk.last(JobEnded)).run
        (row,) = run.measurements
        assert (row.kernel, row.status, row.value) == ("dispatch", Status.SKIP, None)
        assert row.reasons[0].id is Reason.SKIPPED_BY_OWNER

    def test_what_goes_wrong_is_said(self, desk, monkeypatch):
        talk = Talk(desk)
        plan = plans(talk)[SHORT]
        monkeypatch.setenv("NETMIND_KERNELS", "/nowhere")
        desk.start(plan, ("cpu",))
        ended = until(talk, lambda _: talk.last(JobEnded))
        assert ended.run is None
        assert "/nowhere" in ended.trouble

    def test_its_workers_stop_and_go_on_with_the_interface(self, desk):
        talk = Talk(desk)
        desk.start(plans(talk)[LONG], ("cpu",))
        (pid,) = until(talk, lambda _: running_groups())
        worker = psutil.Process(pid)
        desk.pause()
        until(talk, lambda _: worker.status() == psutil.STATUS_STOPPED)
        desk.resume()
        until(talk, lambda _: worker.status() != psutil.STATUS_STOPPED)

    def test_its_end_leaves_no_worker_and_keeps_the_run(self, desk):
        talk = Talk(desk)
        desk.start(plans(talk)[LONG], ("cpu",))
        until(talk, lambda _: workers())
        desk.end()
        assert workers() == []
        assert not desk.is_measuring
        assert list_runs(runs_dir()).runs[0].stopped == "interrupted"


def test_from_the_keyboard_a_run_is_started_watched_cancelled_restarted_and_compared(app):
    async def work():
        async with app.run_test(size=(100, 30)) as pilot:
            bench = lambda: app.state.bench  # noqa: E731 - short, and it changes
            await turn(app, pilot, lambda: bench().plans)
            assert "▸ quick" in words(app)
            await press(pilot, "down")
            assert "▸ standard" in words(app)
            await press(pilot, "enter")
            await turn(app, pilot, lambda: bench().job is not None and bench().job.finished == 0 and workers())
            assert bench().page == RUNNING
            assert "◆ MEASURING standard, cpu · kernel 1 of 3" in words(app)
            await press(pilot, "1")
            assert "◆ MEASURING standard" in words(app)
            await press(pilot, "3")
            await turn(app, pilot, lambda: bench().job.going and bench().job.going[0].heard)
            await press(pilot, "escape")
            await press(pilot, "y")
            await turn(app, pilot, lambda: bench().job is None)
            assert workers() == []
            assert bench().run.stopped == "interrupted"
            for _ in range(2):
                while bench().page != "choose":
                    await press(pilot, "escape")
                await turn(app, pilot, lambda: bench().planned_for)
                await press(pilot, *(["up"] if app.state.view.row("suites") == 2 else []), "b")
                await turn(app, pilot, lambda: bench().job is not None)
                await turn(app, pilot, lambda: bench().job is None)
                assert bench().page == RESULT
                stored = max(list_runs(runs_dir()).runs, key=lambda run: run.started_at)
                assert stored == bench().run
                shown = words(app)
                for row in stored.measurements:
                    assert quantity(row.value, row.unit) in shown
                    assert interval(row.ci95, row.value, row.unit) in shown
            await press(pilot, "h")
            assert bench().page == HISTORY
            await turn(app, pilot, lambda: bench().kept)
            await press(pilot, "c", "down", "c")
            await turn(app, pilot, lambda: bench().page == COMPARISON)
            newest = [run.run_id for run in bench().kept[:2]]
            assert (*bench().comparison.base, *bench().comparison.new) == tuple(reversed(newest))
            assert app.body.twin(app.state) == f"netmind compare {newest[1]} {newest[0]}"

    asyncio.run(work())


def test_from_the_keyboard_a_kernel_is_skipped_and_the_run_goes_on(app):
    async def work():
        async with app.run_test(size=(100, 30)) as pilot:
            bench = lambda: app.state.bench  # noqa: E731 - short, and it changes
            await turn(app, pilot, lambda: bench().plans)
            await press(pilot, "n")
            assert "nothing is being measured that could be skipped" in words(app)
            await press(pilot, "down", "b")
            await turn(app, pilot, lambda: bench().job is not None and bench().job.going)
            await press(pilot, "n")
            assert "dispatch is skipped; the run goes on" in words(app)
            await turn(app, pilot, lambda: bench().job.rows)
            assert re.search(r"· dispatch +skipped by the owner after \d+\.\d s", words(app))
            await turn(app, pilot, lambda: bench().job.now.kernel == "gemm.fp32" and bench().job.going)
            await press(pilot, "v")
            assert "netmind bench --kernel gemm.fp32" in words(app)
            await press(pilot, "up")
            assert "there is no result to check: skipped" in words(app)
            await press(pilot, "v", "escape", "y")
            await turn(app, pilot, lambda: bench().job is None)
            assert [row.reasons[0].id for row in bench().run.measurements] == [Reason.SKIPPED_BY_OWNER]

    asyncio.run(work())


def test_from_anywhere_a_kernel_is_found_by_its_name(app):
    async def work():
        async with app.run_test(size=(100, 30)) as pilot:
            await turn(app, pilot, lambda: app.state.bench.plans)
            await press(pilot, "1", "slash", *"int8", "enter")
            assert app.state.view.screen == "bench"
            assert app.state.view.focus["bench"] == "plan"

    asyncio.run(work())


def test_quitting_while_measuring_asks_and_leaves_no_child(app):
    async def work():
        async with app.run_test(size=(100, 30)) as pilot:
            await turn(app, pilot, lambda: app.state.bench.plans)
            await press(pilot, "down", "b")
            await turn(app, pilot, workers)
            await press(pilot, "q")
            assert app.is_running
            assert workers() != []
            await press(pilot, "n")
            assert app.is_running
            await press(pilot, "q")
            await press(pilot, "y")
        assert not app.is_running

    asyncio.run(work())
    assert workers() == []
    assert list_runs(runs_dir()).runs[0].stopped == "interrupted"


def test_cleaning_up_without_a_terminal_ends_the_workers(app):
    async def work():
        async with app.run_test(size=(100, 30)) as pilot:
            await turn(app, pilot, lambda: app.state.bench.plans)
            await press(pilot, "down", "b")
            await turn(app, pilot, workers)
            app.clean_up()
            assert workers() == []

    asyncio.run(work())


def test_a_recording_and_a_read_only_view_are_not_measured(app):
    async def work():
        async with app.run_test(size=(100, 30)) as pilot:
            await turn(app, pilot, lambda: app.state.bench.plans)
            app.state = replace(app.state, view=replace(app.state.view, read_only=True))
            await press(pilot, "b")
            await press(pilot, "enter")
            assert app.state.bench.job is None
            assert not app.bench.is_measuring
            app.state = replace(app.state, view=replace(app.state.view, read_only=False))
            app.state = replace(app.state, feed=replace(app.state.feed, kind="replay"))
            await press(pilot, "b")
            assert "only the machine itself can be measured" in words(app)
            assert not app.bench.is_measuring

    asyncio.run(work())


def test_no_device_no_run(app):
    async def work():
        async with app.run_test(size=(100, 30)) as pilot:
            await turn(app, pilot, lambda: app.state.bench.plans)
            await press(pilot, "tab", "space")
            assert "No device is chosen" in words(app), words(app)
            await press(pilot, "b")
            assert "no device is chosen" in words(app)
            await press(pilot, "space")
            await turn(app, pilot, lambda: app.state.bench.planned_for == ("cpu",))
            assert "3 kernels on cpu" in words(app)

    asyncio.run(work())


def test_the_interface_loads_nothing_that_measures(tmp_path):
    code = "import sys, netmind_tui.tui.app; print([m for m in ('numpy', 'onnxruntime') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "HOME": str(tmp_path)},
    )
    assert done.stdout.strip() == "[]"
