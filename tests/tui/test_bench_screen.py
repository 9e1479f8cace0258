"""The screen *Bench* as text: what can be chosen, how a run goes, what it found, what was kept, how near the roof."""

import importlib.util
import re
from dataclasses import replace
from pathlib import Path

import pytest

from netmind_tui.model.finding import Status
from netmind_tui.model.kernel import Phase
from netmind_tui.model.quantity import quantity
from netmind_tui.tui.bench_page import CHOOSE, COMPARISON, HISTORY, RESULT, ROOFLINE, RUNNING, VERIFIED, Bench
from netmind_tui.tui.bench_state import (
    DeviceToggled,
    Going,
    JobEnded,
    JobStarted,
    JobWent,
    PageTurned,
    PlansMade,
    RowFinished,
    RunMarked,
    RunOpened,
    RunsCompared,
    RunsListed,
    StopAsked,
    reduce_bench,
)
from netmind_tui.tui.glyph import ASCII, UNICODE
from netmind_tui.tui.message import Focused, Moved, Turned, Went
from netmind_tui.tui.screen import bench
from netmind_tui.tui.screen.bench_figure import large
from netmind_tui.tui.screen.bench_roofline import point_of
from netmind_tui.tui.screen.bench_strip import strip, trend, whisker
from netmind_tui.tui.screen.bench_verified import FROM
from netmind_tui.tui.state import Feed, reduce

_spec = importlib.util.spec_from_file_location("bench_made", Path(__file__).parent / "bench_made.py")
made = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(made)

GPUS = [f"gpu:{index}" for index in range(8)]
SIZES = [(60, 20), (80, 24), (100, 30), (120, 40)]


def after(state, *messages):
    for message in messages:
        state = reduce(state, message)
    return state


def with_run(state, run):
    return after(state, Went("bench"), RunOpened(run))


@pytest.fixture
def states(eight, none):
    """Every page, by its name."""
    finished = with_run(none, made.finished_run())
    return {
        "choosing-cpu": made.choosing(none),
        "choosing-eight": made.choosing(eight),
        "running-cpu": made.running(none, ["cpu"], slow=None, done=2),
        "running-eight": made.running(eight, GPUS),
        "running-eight-and-cpu": made.running(eight, [*GPUS, "cpu"], phase=Phase.SUSTAINED),
        "result": finished,
        "result-eight": with_run(eight, made.finished_run(8)),
        "history": after(none, Went("bench"), RunsListed(made.kept(6)), PageTurned(HISTORY), Moved(box="runs", row=2)),
        "comparison": after(none, Went("bench"), RunsCompared(made.compared())),
        "roofline": after(finished, PageTurned(ROOFLINE)),
        "skipped": with_run(none, made.skipped(made.finished_run())),
        "verified": after(finished, Turned(FROM, RESULT), PageTurned(VERIFIED), Moved(box="verified", row=2)),
        "verified-running": after(
            made.running(eight, GPUS), Turned(FROM, RUNNING), PageTurned(VERIFIED), Moved(box="verified", row=3)
        ),
    }


PAGES = (
    "choosing-cpu",
    "choosing-eight",
    "running-cpu",
    "running-eight",
    "running-eight-and-cpu",
    "result",
    "result-eight",
    "history",
    "comparison",
    "roofline",
    "skipped",
    "verified",
    "verified-running",
)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("page", PAGES)
def test_each_page_at_each_size(states, show, golden, page, size):
    golden(f"bench-{page}-{size[0]}x{size[1]}", show(states[page], *size))


@pytest.mark.parametrize("page", PAGES)
def test_each_page_in_plain_signs(states, show, page):
    lines = show(states[page], 100, 30, ascii=True)
    assert all(each.isascii() for each in lines)
    assert {len(each) for each in lines} == {100}


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("size", [(60, 20), (63, 21), (79, 22), (97, 25), (140, 50), (200, 60)])
def test_no_size_leaves_a_line_too_long_or_a_box_open(states, show, page, size):
    lines = show(states[page], *size)
    assert len(lines) == size[1]
    assert sum(each.count("╭") for each in lines) == sum(each.count("╰") for each in lines)


class TestChoosing:
    def test_the_cursor_is_on_quick_and_the_plan_says_its_time(self, eight, show):
        text = "\n".join(show(made.choosing(eight), 100, 30))
        assert "▸ quick" in text
        assert "6 kernels on gpu:0-7, cpu · about 36.0 s" in text
        assert "gemm.fp16 has no form" in "\n".join(show(made.choosing(eight), 100, 50))

    def test_another_choice_of_devices_needs_another_plan(self, eight, show):
        state = after(made.choosing(eight), DeviceToggled("cpu"))
        assert "The plan is being made" in "\n".join(show(state, 100, 30))
        state = after(state, PlansMade(tuple(GPUS), (made.plan(GPUS, "quick"), made.plan(GPUS))))
        assert "6 kernels on gpu:0-7" in "\n".join(show(state, 100, 30))

    def test_the_twin_names_suite_and_devices(self, eight):
        state = made.choosing(eight)
        assert bench.twin(state) == "netmind bench --suite quick"
        assert bench.twin(after(state, Moved(box="suites", row=2))) == "netmind bench --suite standard"
        assert bench.twin(after(state, DeviceToggled("cpu"))) == "netmind bench --suite quick -d gpu:0-7"
        fewer = after(state, DeviceToggled("gpu:3"))
        assert bench.twin(fewer) == "netmind bench --suite quick -d gpu:0-2 -d gpu:4-7 -d cpu"

    def test_no_device_is_said_and_not_planned(self, none, show):
        state = after(made.choosing(none), DeviceToggled("cpu"))
        assert "No device is chosen" in "\n".join(show(state, 100, 30))

    def test_what_cannot_be_planned_says_why(self, none, show):
        state = after(none, Went("bench"), PlansMade(("cpu",), (), "the catalogue is damaged"))
        assert "the catalogue is damaged" in "\n".join(show(state, 80, 24))

    def test_a_recording_cannot_be_measured(self, eight, show):
        state = replace(after(eight, Went("bench")), feed=Feed(kind="replay", label="x"))
        text = "\n".join(show(state, 80, 24))
        assert "only the machine itself can be measured" in text
        assert "enter measure" not in text

    def test_slices_stand_for_the_gpu_that_is_cut(self, mig, show):
        text = "\n".join(show(after(mig, Went("bench")), 100, 30))
        assert "mig:0.2" in text
        assert " gpu:0 " not in text

    def test_a_sleeping_gpu_is_left_asleep_until_it_is_chosen(self, asleep, show):
        state = after(asleep, Went("bench"))
        assert bench.twin(state) == "netmind bench --suite quick -d cpu"
        assert "asleep; NVIDIA" in "\n".join(show(state, 120, 40))
        assert bench.twin(after(state, DeviceToggled("gpu:0"))) == "netmind bench --suite quick"

    def test_enter_measures_or_chooses_by_its_box(self, eight):
        state = made.choosing(eight)
        assert bench.opened(state, "suites", 1) == "bench start"
        assert bench.opened(state, "devices", 3) == "bench toggle"


class TestRunning:
    def test_the_state_line_is_on_every_screen(self, eight, show):
        state = made.running(eight, GPUS)
        for screen in ("overview", "devices", "bench", "settings"):
            line = show(after(state, Went(screen)), 100, 30)[1]
            assert "◆ MEASURING standard, gpu:0-7 together · kernel 4 of 14  01:06, about" in line

    def test_the_slowest_peer_is_named(self, eight, show):
        text = "\n".join(show(made.running(eight, GPUS), 100, 30))
        assert "gpu:4 is 8 % under its peers" in text
        assert re.search(r"4 ━+[╾─]+ 92▼", text)

    def test_equal_peers_are_one_calm_line(self, eight, show):
        text = "\n".join(show(made.running(eight, GPUS, slow=None), 100, 30))
        assert "all within 0 % of their median" in text

    def test_d_goes_from_all_to_each_device(self, eight, show):
        state = made.running(eight, GPUS)
        assert bench.device_choices(state) == ["all", *GPUS]
        assert "the slowest ▸gpu:4" in "\n".join(show(state, 100, 30))
        only = after(state, Turned("bench device", "gpu:4"))
        assert "seen 144.1 – 146.3" in "\n".join(show(only, 100, 30))

    def test_a_finished_row_is_written_as_the_stored_one(self, none, show):
        state = made.running(none, ["cpu"], slow=None, done=2)
        text = "\n".join(show(state, 100, 30))
        for row in state.bench.job.rows:
            assert quantity(row.value, row.unit) in text

    def test_without_a_figure_there_is_a_dash_and_the_phase(self, none, show):
        state = made.running(none, ["cpu"], slow=None, done=2)
        going = replace(state.bench.job.going[0], heard=(), phases=((Phase.SETUP, 52.0),))
        text = "\n".join(show(after(state, JobWent(53.0, (going,))), 100, 30))
        assert "no sample is timed yet" in text
        assert "PREPARING▸cold▸warm-up" in text

    def test_a_held_device_says_for_whom_it_waits(self, none, show):
        state = made.running(none, ["cpu"], slow=None, done=2)
        state = after(state, JobWent(67.0, (), "waiting for cpu, which is being measured by pid 7"))
        text = "\n".join(show(state, 120, 40))
        assert "waiting for cpu, which is being measured by" in text

    def test_stopping_is_said(self, none, show):
        state = after(made.running(none, ["cpu"], slow=None, done=2), StopAsked())
        assert "stopping, what is finished is kept" in show(state, 100, 30)[1]

    def test_warnings_stand_with_the_conditions(self, none, show):
        state = made.running(none, ["cpu"], slow=None, done=2)
        job = state.bench.job
        said = ("other programs take 40 % of the processor: the figures will be lower than they could be",)
        busy = replace(job.environment, other_cpu_util_pct=40.0)
        text = "\n".join(show(after(state, JobStarted(job.plan, busy, said)), 100, 30))
        assert "busy ▲ other programs 40 %" in text
        assert "▲ other programs take 40 % of the processor" in text

    def test_a_device_is_named_by_the_slowest_only_where_there_are_several(self, none, show):
        state = made.running(none, ["cpu"], slow=None, done=2)
        assert "d device" not in show(state, 100, 30)[-1]
        assert not bench.works(state, "bench device")

    def test_a_survey_is_gone_through_and_not_sampled(self, none, show):
        state = made.running(none, ["cpu"], slow=None, done=2)
        plan = state.bench.job.plan
        step = replace(plan.steps[2], kernel="memory.integrity", unit="bytes")
        state = after(state, JobStarted(replace(plan, steps=(*plan.steps[:2], step)), state.bench.job.environment))
        going = Going(kernel="memory.integrity", device="cpu", unit="bytes", phases=((Phase.BURST, 60.0),))
        text = "\n".join(show(after(state, JobWent(66.0, (going,))), 100, 30))
        assert re.search(r"▶ memory.integrity +examining", text)
        assert "when all of it was gone through" in text
        half = replace(going, part=0.5)
        assert "survey 50 %" in "\n".join(show(after(state, JobWent(66.0, (half,))), 100, 30))


class TestThePhasesOnTheAxis:
    def axis(self, state, show, phases, size=(100, 30)):
        going = replace(state.bench.job.going[0], phases=phases)
        lines = show(after(state, JobWent(66.0, (going,))), *size)
        (place,) = [row for row, each in enumerate(lines) if "throttle" in each]
        return lines[place - 1].rpartition("││")[2].removesuffix("│").rstrip()

    @pytest.fixture
    def state(self, none):
        return made.running(none, ["cpu"], slow=None, done=2)

    def test_a_long_phase_is_named_behind_its_beginning(self, state, show):
        phases = ((Phase.COLD, 26.0), (Phase.WARM_UP, 30.0), (Phase.BURST, 50.0))
        assert self.axis(state, show, phases).split() == ["│warm-up", "│burst"]

    def test_one_that_has_just_begun_is_named_before_it(self, state, show):
        phases = ((Phase.COLD, 65.0), (Phase.WARM_UP, 65.5), (Phase.BURST, 66.0))
        assert self.axis(state, show, phases).split() == ["burst▸│"]

    def test_what_has_no_room_leaves_no_mark(self, state, show):
        names = (Phase.COLD, Phase.WARM_UP, Phase.BURST)
        for seconds in range(1, 60):
            phases = tuple((phase, 66.0 - seconds + at * seconds / 3) for at, phase in enumerate(names))
            axis = self.axis(state, show, phases)
            assert axis.count("│") == sum(str(phase) in axis for phase in names), axis
            assert "burst" in axis

    def test_before_the_first_phase_there_is_nothing(self, state, show):
        assert self.axis(state, show, ((Phase.SETUP, 60.0),)).strip() == ""


class TestTheFoot:
    """Everything that works is named where it works, and nothing else is."""

    NAMED = (
        ("choosing-cpu", "", "b measure  h history"),
        ("running-cpu", "esc stop, keep 2", "n skip kernel  v how verified  h history"),
        ("running-eight", "esc stop, keep 3", "n skip kernel  d device  v how verified  h history"),
        ("result", "esc back", "b measure  v how verified  o roofline  h history"),
        ("history", "esc back", "b measure  c compare"),
        ("comparison", "esc back", "b measure  h history"),
        ("roofline", "esc back", "b measure  v how verified  h history"),
        ("verified", "esc back", "b measure  h history"),
        ("verified-running", "esc back", "n skip kernel  h history"),
    )

    @pytest.mark.parametrize(("name", "leaves", "actions"), NAMED)
    def test_the_page_names(self, states, show, name, leaves, actions):
        expected = f"{leaves} {actions} y copy as command".split()
        assert show(states[name], 120, 40)[-1].split()[: len(expected)] == expected

    def test_with_read_only_nothing_is_measured_or_skipped(self, states, show):
        for name in ("choosing-cpu", "running-cpu", "result"):
            state = replace(states[name], view=replace(states[name].view, read_only=True))
            text = "\n".join(show(state, 100, 30)[2:])
            assert "n skip" not in text
            assert "b measure" not in text

    def test_a_run_that_ends_is_not_stopped_again(self, states, show):
        state = after(states["running-cpu"], StopAsked())
        assert "n skip" not in "\n".join(show(state, 100, 30)[2:])
        assert "esc" not in show(state, 100, 30)[-1]


class TestTheState:
    def plan(self):
        return made.plan(["gpu:0", "gpu:1"])

    def test_a_second_row_of_a_kernel_is_the_one_alone(self, eight):
        device = eight.gpus[0]
        row = made.row(made.KERNELS[3], device)
        job = Bench()
        for message in (JobStarted(self.plan()), RowFinished(row), RowFinished(row)):
            job = reduce_bench(job, message)
        assert (len(job.job.rows), len(job.job.alone)) == (1, 1)

    def test_the_time_left_shrinks_with_what_runs_and_what_is_finished(self, eight):
        state = reduce_bench(Bench(), JobStarted(self.plan()))
        whole = state.job.left_s
        going = tuple(Going(kernel="dispatch", device=each, began_s=1.0) for each in ("gpu:0", "gpu:1"))
        begun = reduce_bench(state, JobWent(3.0, going))
        assert begun.job.left_s == pytest.approx(whole - 2.0)
        rows = [made.row(made.KERNELS[0], device) for device in eight.gpus[:2]]
        for row in rows:
            begun = reduce_bench(begun, RowFinished(row))
        assert reduce_bench(begun, JobWent(3.0)).job.left_s == pytest.approx(whole - 3.0)

    def test_an_end_shows_the_result_only_to_whoever_watches(self):
        run = made.finished_run()
        running = reduce_bench(Bench(), JobStarted(self.plan()))
        assert running.page == RUNNING
        assert reduce_bench(running, JobEnded(run, "/kept")).page == RESULT
        elsewhere = reduce_bench(running, PageTurned(HISTORY))
        assert reduce_bench(elsewhere, JobEnded(run, "/kept")).page == HISTORY
        failed = reduce_bench(running, JobEnded(None, trouble="no"))
        assert (failed.page, failed.trouble, failed.job) == (CHOOSE, "no", None)

    def test_two_marks_at_most_the_newest_stay(self):
        state = Bench()
        for run in ("a", "b", "c"):
            state = reduce_bench(state, RunMarked(run))
        assert state.marked == ("b", "c")
        assert reduce_bench(state, RunMarked("b")).marked == ("c",)

    def test_news_of_a_run_that_is_over_change_nothing(self):
        assert reduce_bench(Bench(), JobWent(1.0)) == Bench()


class TestAResult:
    def test_the_row_under_the_cursor_is_told_in_detail(self, none, show):
        state = after(with_run(none, made.finished_run()), Moved(box="results", row=6))
        assert "spread 2.1 %, 1.0 % is allowed" in "\n".join(show(state, 100, 30))

    def test_equal_devices_are_one_line_with_each_figure_below(self, eight, show):
        run = made.finished_run(8)
        text = "\n".join(show(with_run(eight, run), 120, 40))
        assert "stream.add gpu:0-7" in text
        for row in run.measurements:
            if row.kernel == "dispatch":
                assert f"{row.device} {quantity(row.value, row.unit)}" in text

    def test_the_twin_repeats_it(self, eight):
        run = made.finished_run(8)
        assert bench.twin(with_run(eight, run)) == "netmind bench --suite standard -d gpu:0-7"

    def test_findings_and_summary_can_be_scrolled_to(self, none, show):
        state = after(with_run(none, made.finished_run()), Focused("summary"), Moved(box="summary", row=40))
        assert "raise the limit" in "\n".join(show(state, 80, 24))

    @pytest.mark.parametrize("size", SIZES)
    def test_the_verdict_is_told_at_any_width_with_what_was_left_out(self, none, show, size):
        run = replace(made.skipped(made.finished_run()), stopped="interrupted")
        assert "▲ unstable · 1 skipped · interrupted" in show(with_run(none, run), *size)[2]

    def test_a_kernel_skipped_on_eight_devices_is_one(self, eight, show):
        text = show(with_run(eight, made.skipped(made.finished_run(8))), 100, 30)
        assert "▲ unstable · 1 skipped" in text[2]

    def test_a_roofline_is_named_only_where_it_can_be_drawn(self, none, show):
        run = made.finished_run()
        bare = replace(run, measurements=tuple(m for m in run.measurements if m.kernel != "stream.add"))
        for each, is_named in ((run, True), (bare, False)):
            assert ("o roofline" in "\n".join(show(with_run(none, each), 100, 30))) is is_named


class TestKeptRuns:
    def test_enter_opens_the_one_under_the_cursor(self, none):
        state = after(none, RunsListed(made.kept()))
        assert bench.opened(state, "runs", 1) == f"open-run {made.kept()[1].run_id}"
        assert bench.twin(after(state, PageTurned(HISTORY))) == "netmind bench --history"

    def test_without_any_it_says_what_to_press(self, none, show):
        state = after(none, Went("bench"), RunsListed(()), PageTurned(HISTORY))
        assert "No run is kept yet: b measures" in "\n".join(show(state, 80, 24))

    def test_a_comparison_counts_and_names_its_judgements(self, none, show):
        text = "\n".join(show(after(none, Went("bench"), RunsCompared(made.compared())), 100, 30))
        assert "1 better · 5 same · 1 worse · 1 not comparable" in text
        assert "not in the new run" in text
        assert made.compared().verdict is Status.FAIL


class TestTheRoofline:
    def test_operations_per_byte_come_from_the_shape(self):
        run = made.finished_run()
        points = {m.kernel: point_of(m) for m in run.measurements}
        assert points["stream.add"].intensity == pytest.approx(1 / 12)
        assert points["stream.add"].rate == pytest.approx(3.02e12 / 12)
        assert points["gemm.fp32"].intensity == pytest.approx(8192 / 6)
        assert points["conv.resnet50"] is None

    def test_without_a_bandwidth_there_is_no_roof(self, none, show):
        run = made.finished_run()
        rows = tuple(m for m in run.measurements if m.kernel != "stream.add")
        state = after(with_run(none, replace(run, measurements=rows)), PageTurned(ROOFLINE))
        assert "Without a measured bandwidth" in "\n".join(show(state, 80, 24))


def test_large_figures_are_of_one_width():
    for glyphs in (UNICODE, ASCII):
        assert {len(row) for row in large("158.2", glyphs)} == {13}
        assert {len(row) for row in large("—", glyphs)} == {13}


def test_an_interval_beyond_its_axis_ends_in_an_arrow():
    assert whisker((99.0, 101.0), 100.0, 11, UNICODE).strip() == "├●┤"
    assert whisker((80.0, 120.0), 100.0, 11, UNICODE) == "◂────●────▸"
    assert whisker(None, 100.0, 11, UNICODE).strip() == ""


def test_a_strip_is_as_wide_as_it_is_asked_to_be():
    assert len(strip([1.0, 2.0, 2.0, 3.0], 9, UNICODE)) == 9
    assert strip([5.0, 5.0], 5, UNICODE) == "  █  "


def test_a_trend_has_a_cell_a_run_on_an_axis_from_nothing():
    assert trend([1.0, 2.0, 4.0], UNICODE) == "▂▄█"
    assert trend([3.0, 3.0], ASCII) == "%%"
    assert trend([0.0, 0.0], UNICODE) == "  "


def test_pages_that_have_nothing_to_show_give_way_to_the_first(none):
    for page in (RUNNING, RESULT, ROOFLINE, COMPARISON, VERIFIED):
        assert bench.page(after(none, PageTurned(page))) == CHOOSE
