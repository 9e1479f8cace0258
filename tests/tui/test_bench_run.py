"""Benchmarks started from the interface, with real workers on this machine's processor and a small catalogue."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import replace

import psutil
import pytest

from netmind_tui.bench.catalog import kernels_folder
from netmind_tui.bench.child import running_groups
from netmind_tui.bench.store import list_runs
from netmind_tui.document import decode
from netmind_tui.model.info import Info
from netmind_tui.model.measurement import Run
from netmind_tui.model.quantity import interval, quantity
from netmind_tui.paths import runs_dir
from netmind_tui.tui.action import read_keymap
from netmind_tui.tui.app import NetmindApp
from netmind_tui.tui.bench_run import Desk
from netmind_tui.tui.bench_state import COMPARISON, HISTORY, RESULT, RUNNING, Bench, JobEnded, JobStarted, PlansMade
from netmind_tui.tui.picture import plain
from netmind_tui.tui.skin import choose_skin
from netmind_tui.tui.state import State, View

PATIENCE_S = 90.0
SHORT, LONG = "quick", "standard"


@pytest.fixture(autouse=True)
def surroundings(tmp_path, monkeypatch):
    """A home of one's own, and suites of two kernels: the short one takes a second, the long one never ends."""
    folder = shutil.copytree(kernels_folder(), tmp_path / "kernels")
    catalog = (folder / "catalog.toml").read_text()
    suites, _, rest = catalog.partition("[[kernels]]")
    blocks = re.split(r"(?=^\[\[suites\]\])", suites, flags=re.MULTILINE)
    for place, block in enumerate(blocks):
        if "[[suites]]" not in block:
            continue
        kept = re.sub(r"^(kernels|alone|sizes|memory_part|left_out_on_gpus) = .*\n", "", block, flags=re.MULTILINE)
        if f'name = "{LONG}"' in block:
            kept = re.sub(r"sustained = .*", "sustained = { min_s = 600.0, cap_s = 900.0 }", kept)
            kept = re.sub(r"budget_s = .*\n", "", kept)
        kept = re.sub(r"burst = .*", "burst = { min_s = 0.2, cap_s = 0.4 }", kept)
        kept = re.sub(r"warm_up_cap_s = .*", "warm_up_cap_s = 0.1", kept)
        blocks[place] = kept + 'kernels = ["dispatch", "gemm.fp32", "gemm.int8"]\n'
    (folder / "catalog.toml").write_text("\n".join(blocks) + "\n[[kernels]]" + rest)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETMIND_LOCKS", str(tmp_path))
    monkeypatch.setenv("NETMIND_KERNELS", str(folder))
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)


def workers():
    found = []
    for child in psutil.Process().children(recursive=True):
        try:
            if "netmind_tui.bench.worker" in " ".join(child.cmdline()):
                found.append(child.pid)
        except psutil.Error:
            continue
    return found


def until(hear, done):
    """Let time go by until something is so."""
    ends_at = time.monotonic() + PATIENCE_S
    while not (found := done(hear())):
        assert time.monotonic() < ends_at, "it never came"
        threading.Event().wait(0.05)
    return found


class Talk:
    """Every message that a desk gave."""

    def __init__(self, desk):
        self.desk, self.heard = desk, []

    def __call__(self):
        self.heard += self.desk.news()
        return self.heard

    def last(self, kind):
        return next((each for each in reversed(self.heard) if isinstance(each, kind)), None)


@pytest.fixture
def desk():
    made = Desk()
    yield made
    made.end()


def plans(talk):
    talk.desk.follow(Bench(), ("cpu",), all_devices=False)
    made = until(talk, lambda heard: next((each for each in heard if isinstance(each, PlansMade)), None))
    assert made.trouble is None
    return {plan.suite: plan for plan in made.plans}


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


class Feed:
    """A machine that was looked at once, and is not sampled."""

    kind, label = "live", ""

    def __init__(self, info):
        self.info = info

    def start(self):
        return

    def stop(self):
        return

    def look(self):
        return self.info

    def examine(self):
        return None

    def new(self):
        return []

    def silent_s(self):
        return 0.0

    def ended(self):
        return None

    def uses(self, _gpus):
        return ()


@pytest.fixture
def app(none):
    info = Info(
        generated_at="2026-11-22T20:00:00.000Z",
        tool={"name": "netmind", "version": "0"},
        host=none.host,
        devices=none.devices,
    )
    state = State(view=View(screen="bench"), devices=none.devices, host=none.host)
    skin = choose_skin(None, ascii_only=False, has_colours=True)
    return NetmindApp(Feed(info), skin, read_keymap({}), state=state)


def words(app):
    return "\n".join(plain(each) for each in app.lines())


async def turn(app, pilot, done):
    """Let the clock tick until something is so."""
    ends_at = time.monotonic() + PATIENCE_S
    while not done():
        assert time.monotonic() < ends_at, f"it never came:\n{words(app)}"
        app.tick()
        await pilot.pause(0.05)


async def press(pilot, *keys):
    await pilot.press(*keys)
    await pilot.pause()


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
