"""How a result was checked, told in words: from the run alone, for one device and for many, right and wrong."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest

from netmind_tui.bench.verify import FloatProduct
from netmind_tui.model.kernel import Phase
from netmind_tui.model.measurement import Because, Placement, Reason
from netmind_tui.tui.bench_page import RESULT, RUNNING, VERIFIED
from netmind_tui.tui.bench_state import JobWent, PageTurned, RunOpened
from netmind_tui.tui.message import Moved, Turned, Went
from netmind_tui.tui.screen import bench
from netmind_tui.tui.screen.bench_verified import FROM, place_of, subjects
from netmind_tui.tui.state import reduce

_spec = importlib.util.spec_from_file_location("bench_made", Path(__file__).parent / "bench_made.py")
made = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(made)

GPUS = [f"gpu:{index}" for index in range(8)]
ROWS = {kernel: row for row, kernel in enumerate(("dispatch", "stream.add", "gemm.fp32", "gemm.tf32", "gemm.fp16"))}


def after(state, *messages):
    for message in messages:
        state = reduce(state, message)
    return state


def asked(state, run, kernel):
    """The page for a kernel of a finished run."""
    found = after(state, Went("bench"), RunOpened(run), Turned(FROM, RESULT))
    place = [each.kernel for each in subjects(found)].index(kernel)
    return after(found, PageTurned(VERIFIED), Moved(box="verified", row=place))


def asked_meanwhile(state, row):
    return after(state, Turned(FROM, RUNNING), PageTurned(VERIFIED), Moved(box="verified", row=row))


def changed(run, kernel, device=None, **changes):
    """The same run with another row."""
    rows = tuple(
        replace(m, **changes) if m.kernel == kernel and device in (None, m.device) else m for m in run.measurements
    )
    return replace(run, measurements=rows)


def flat(lines):
    """The words of the right box, as one line."""
    return " ".join(" ".join(each.rpartition("││")[2].strip("│ ") for each in lines).split())


def test_a_product_says_reference_rows_tolerance_errors_placement_and_digest(none, show):
    text = flat(show(asked(none, made.finished_run(), "gemm.fp16"), 120, 40))
    assert "the same product in float64, on one thread of the host" in text
    assert "34 rows element by element" in text
    assert "tolerance 5.0e-5, relative" in text
    assert "right before the timed window, off by 4.2e-6" in text
    assert "right after the timed window, off by 5.0e-6" in text
    assert "10 % of what is allowed" in text
    assert "its one node on CUDA, as the runtime reports; none was moved" in text
    assert f"sha256 {'0' * 16}…, version 1" in text
    assert "made from seed 7" in text
    assert "netmind bench --kernel gemm.fp16 --seed 7 -d gpu:0" in text


def test_what_is_exact_allows_nothing(none, show):
    text = flat(show(asked(none, made.finished_run(), "gemm.int8"), 120, 40))
    assert "none: not one bit may differ" in text
    assert "off by nothing" in text
    assert "of what is allowed" not in text


def test_many_devices_are_counted_and_the_farthest_off_is_named(eight, show):
    run = made.finished_run(8)
    far = replace(made.verified("gemm.fp16"), error=4e-5)
    text = flat(show(asked(eight, changed(run, "gemm.fp16", "gpu:3", verified=far), "gemm.fp16"), 120, 40))
    assert "right after the timed window on 8 of 8, off by 4.0e-5 (gpu:3)" in text
    assert "80 % of what is allowed" in text


def test_a_wrong_result_names_its_devices_and_is_not_called_right(eight, show):
    because = Because(Reason.WRONG_RESULT, "the result after the timed window is wrong (float64: error 1.00e-02)")
    bad = replace(made.verified("gemm.fp16"), after=False, error=1e-2)
    run = changed(made.finished_run(8), "gemm.fp16", "gpu:5", verified=bad, reasons=(because,))
    lines = show(asked(eight, run, "gemm.fp16"), 120, 40)
    assert "✖ WRONG after the timed window on gpu:5" in flat(lines)
    assert "error 1.00e-02" in flat(lines)
    assert "✖ gemm.fp16" in "\n".join(lines)
    assert "✖ WRONG ╮" in lines[2]


def test_a_failed_first_check_leaves_nothing_to_check_after(none, show):
    bad = replace(made.verified("gemm.fp16"), before=False, after=None, error=None)
    text = flat(show(asked(none, changed(made.finished_run(), "gemm.fp16", verified=bad), "gemm.fp16"), 120, 40))
    assert "✖ WRONG before the timed window" in text
    assert "not checked: the first check had failed already" in text


def test_a_skipped_kernel_says_that_nothing_was_checked_and_why(none, show):
    text = flat(show(asked(none, made.skipped(made.finished_run()), "encoder.base"), 120, 40))
    assert "there is no result to check: skipped by the owner after 2.1 s" in text


def test_what_a_run_did_not_keep_is_said_and_not_made_up(none, show):
    old = replace(made.verified("gemm.fp16"), error_before=None, rows=None)
    run = changed(made.finished_run(), "gemm.fp16", verified=old, placement=None)
    text = flat(show(asked(none, run, "gemm.fp16"), 120, 40))
    assert "right before the timed window; how far off is not kept in this run" in text
    assert "sampled rows element by element" in text
    assert "placed not kept in this run" in text


def test_a_copy_has_no_graph_and_an_old_runtime_tells_no_nodes(none, show):
    run = changed(made.finished_run(), "gemm.fp16", kernel_sha256=None, placement=None)
    assert "there is no graph" in flat(show(asked(none, run, "gemm.fp16"), 120, 40))
    untold = Placement(provider="cuda", nodes=0, read=False)
    run = changed(made.finished_run(), "gemm.fp16", placement=untold)
    assert "CUDA alone, and no leave to fall back" in flat(show(asked(none, run, "gemm.fp16"), 120, 40))


@pytest.mark.parametrize(
    ("phases", "before", "after_"),
    [
        ((Phase.SETUP,), "to come, before anything is timed", "to come, right after"),
        ((Phase.SETUP, Phase.COLD, Phase.VERIFY), "being checked now", "to come, right after"),
        ((Phase.SETUP, Phase.COLD, Phase.VERIFY, Phase.BURST), "✔ the result was right before", "to come, right after"),
        ((Phase.SETUP, Phase.COLD, Phase.VERIFY, Phase.BURST, Phase.VERIFY), "✔ the result was", "being checked now"),
    ],
)
def test_while_a_kernel_runs_each_check_is_told_as_far_as_it_is(none, show, phases, before, after_):
    state = made.running(none, ["cpu"], slow=None, done=2)
    going = replace(state.bench.job.going[0], phases=tuple((phase, 50.0 + at) for at, phase in enumerate(phases)))
    text = flat(show(asked_meanwhile(after(state, JobWent(66.0, (going,))), 2), 120, 40))
    assert before in text.partition(" after ")[0]
    assert after_ in text
    assert "tolerance 1.0e-6, relative" in text
    assert "another file is refused" in text


def test_the_cursor_begins_where_it_was_asked(eight):
    running = after(made.running(eight, GPUS), Turned(FROM, RUNNING))
    assert subjects(running)[place_of(running)].kernel == "gemm.fp16"
    result = after(eight, Went("bench"), RunOpened(made.finished_run(8)), Moved(box="results", row=4))
    result = after(result, Turned(FROM, RESULT))
    assert subjects(result)[place_of(result)].kernel == "gemm.fp16"


def test_during_a_run_an_older_result_can_be_asked_about(eight):
    state = after(made.running(eight, GPUS), RunOpened(made.finished_run(8)), Turned(FROM, RESULT))
    assert all(not each.going for each in subjects(state))
    assert bench.twin(after(state, PageTurned(VERIFIED))) == "netmind bench --suite standard -d gpu:0-7"


def test_everything_can_be_scrolled_to_where_there_is_little_room(none, show):
    state = asked(none, made.finished_run(), "gemm.fp16")
    state = replace(state, view=replace(state.view, focus={"bench": "how"}))
    last = bench.count(state, "how") - 1
    assert "repeat" not in "\n".join(show(state, 60, 20))
    assert "repeat" in "\n".join(show(after(state, Moved(box="how", row=last)), 60, 20))


def test_a_check_of_a_product_says_how_many_rows_it_computed_anew():
    numpy = pytest.importorskip("numpy")
    a, b = numpy.ones((100, 8), numpy.float32), numpy.ones((8, 16), numpy.float32)
    check = FloatProduct(a, b, 1).check(a @ b, 1e-6)
    assert check.ok
    assert 3 <= check.rows <= 34
