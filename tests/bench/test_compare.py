import math
import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmind_tui.bench.compare import compare
from netmind_tui.bench.difference import differences
from netmind_tui.bench.statistics import summarise
from netmind_tui.bench.store import read_run
from netmind_tui.model.comparison import Judgement, exit_code
from netmind_tui.model.device import Device, DeviceKind, Driver
from netmind_tui.model.finding import Status
from netmind_tui.model.kernel import Phase, Provider
from netmind_tui.model.measurement import Because, Reason

IN_A_VM = read_run(Path(__file__).parents[1] / "recordings/quick_cpu.json")
RUN = replace(IN_A_VM, host=replace(IN_A_VM.host, boundaries={}))
BY_KERNEL = {m.kernel: m for m in RUN.measurements}
GEMM, DISPATCH, STREAM = BY_KERNEL["gemm.fp32"], BY_KERNEL["dispatch"], BY_KERNEL["stream.add"]
GROWS = {"stream.add": "n"}
INVERSE = {
    Judgement.BETTER: Judgement.WORSE,
    Judgement.WORSE: Judgement.BETTER,
    Judgement.SAME: Judgement.SAME,
    Judgement.NOT_COMPARABLE: Judgement.NOT_COMPARABLE,
}


def measured(of, samples, **changes):
    """A measurement with these samples."""
    found = summarise(samples)
    figures = {name: getattr(found, name) for name in ("ci95", "cv", "mad", "p5", "p95", "n")}
    return replace(
        of, **({"value": found.median, "samples": tuple(samples), "status": Status.PASS} | figures | changes)
    )


def steady(of, level=1.0, spread=0.003, seed=1, n=20, **changes):
    """A measurement whose samples lie closely around ``level`` times the recorded value."""
    draw = random.Random(seed)
    return measured(of, [of.value * level * math.exp(draw.gauss(0, spread)) for _ in range(n)], **changes)


def run_of(*measurements, run_id="a", **changes):
    return replace(RUN, run_id=run_id, measurements=measurements, **changes)


def judged(base, new, **options):
    (row,) = compare([run_of(base)], [run_of(new, run_id="b")], **options).kernels
    return row


LEVELS = st.floats(0.3, 3.0)
SPREADS = st.floats(0.0, 0.3)
KERNELS = st.sampled_from([GEMM, DISPATCH, STREAM])
STATUSES = st.sampled_from([Status.PASS, Status.WARN, Status.UNSTABLE])


@st.composite
def measurements(draw, of):
    return steady(of, draw(LEVELS), draw(SPREADS), draw(st.integers(0, 99)), status=draw(STATUSES))


@st.composite
def pairs(draw):
    of = draw(KERNELS)
    return draw(measurements(of)), draw(measurements(of))


@given(pairs(), st.floats(0, 0.5))
def test_swapping_the_sides_inverts_the_verdict(pair, threshold):
    there, back = judged(*pair, threshold=threshold), judged(*reversed(pair), threshold=threshold)
    assert back.judgement is INVERSE[there.judgement]
    assert back.ratio == pytest.approx(1 / there.ratio)
    assert back.interval == pytest.approx((1 / there.interval[1], 1 / there.interval[0]))


@given(pairs(), st.floats(0.5, 1.0), st.floats(1.0, 2.0), st.booleans())
def test_widening_an_interval_never_creates_a_claim(pair, down, up, first):
    before = judged(*pair)
    wider = replace(pair[0 if first else 1])
    wider = replace(wider, p5=wider.p5 * down, p95=wider.p95 * up)
    after = judged(wider, pair[1]) if first else judged(pair[0], wider)
    assert after.judgement in (before.judgement, Judgement.SAME)
    assert after.interval[0] <= before.interval[0]
    assert after.interval[1] >= before.interval[1]


@given(pairs(), st.floats(0, 0.5), st.floats(0, 0.5))
def test_a_larger_threshold_never_creates_a_claim(pair, threshold, more):
    before, after = judged(*pair, threshold=threshold), judged(*pair, threshold=threshold + more)
    assert after.judgement in (before.judgement, Judgement.SAME)


@given(KERNELS.flatmap(measurements), st.integers(1, 5))
def test_identical_runs_are_the_same(measurement, count):
    row = judged(measurement, measurement, threshold=0.0)
    assert (row.judgement, row.ratio) == (Judgement.SAME, 1.0)
    base = [run_of(measurement, run_id=f"{index}") for index in range(count)]
    (row,) = compare(base, [run_of(measurement, run_id="new")], threshold=0.0).kernels
    assert row.judgement is Judgement.SAME


def test_the_recorded_run_is_the_same_as_itself():
    found = compare([RUN], [RUN])
    assert {row.judgement for row in found.kernels} == {Judgement.SAME}
    assert found.conditions == ()
    assert exit_code(found) == 0


@pytest.mark.parametrize("seed", range(20))
def test_eight_per_cent_more_time_is_told_where_the_samples_agree(seed):
    slower = judged(steady(GEMM, seed=seed), steady(GEMM, 1 / 1.08, seed=seed + 100))
    assert slower.judgement is Judgement.WORSE
    faster = judged(steady(GEMM, seed=seed), steady(GEMM, 1.08, seed=seed + 100))
    assert faster.judgement is Judgement.BETTER


def test_runs_that_differ_by_their_own_spread_are_never_told_apart():
    claims = 0
    for seed in range(300):
        draw = random.Random(seed)
        spread = draw.uniform(0.005, 0.1)
        status = Status.PASS if spread < 0.03 else Status.UNSTABLE
        levels = [math.exp(draw.gauss(0, spread)) for _ in range(2)]
        sides = [steady(GEMM, level, spread, draw.random(), n=12, status=status) for level in levels]
        claims += judged(*sides).judgement is not Judgement.SAME
    assert claims <= 1


def test_lower_is_better_for_a_latency():
    assert judged(steady(DISPATCH), steady(DISPATCH, 5.0)).judgement is Judgement.WORSE
    assert judged(steady(DISPATCH), steady(DISPATCH, 0.2)).judgement is Judgement.BETTER
    assert judged(steady(GEMM), steady(GEMM, 5.0)).judgement is Judgement.BETTER


def test_the_two_states_of_a_latency_are_no_regression():
    assert judged(steady(DISPATCH), steady(DISPATCH, 4.4 / 2.6)).judgement is Judgement.SAME
    base = [run_of(steady(DISPATCH, seed=seed), run_id=str(seed)) for seed in range(8)]
    (row,) = compare(base, [run_of(steady(DISPATCH, 4.4 / 2.6), run_id="new")]).kernels
    assert row.judgement is Judgement.SAME


def test_an_unstable_run_says_little_alone_and_more_in_a_series():
    halved = [steady(GEMM, 0.5, seed=seed, status=Status.UNSTABLE) for seed in range(6)]
    base = [run_of(steady(GEMM, seed=seed), run_id=f"base{seed}") for seed in range(6)]
    new = [run_of(each, run_id=f"new{seed}") for seed, each in enumerate(halved)]
    assert judged(steady(GEMM), replace(halved[0], status=Status.PASS)).judgement is Judgement.WORSE
    assert judged(steady(GEMM), halved[0]).judgement is Judgement.SAME
    assert compare(base, new).kernels[0].judgement is Judgement.WORSE


def test_an_unstable_run_counts_with_its_whole_range():
    samples = [GEMM.value * level for level in (0.2,) * 19 + (1.0,)]
    assert judged(steady(GEMM), measured(GEMM, samples)).interval[1] < 0.3
    assert judged(steady(GEMM), measured(GEMM, samples, status=Status.UNSTABLE)).interval[1] > 1.0


def test_a_series_knows_more_than_one_run():
    """Memory bandwidth: one run says little about 12 %, eight steady ones say enough."""
    new = run_of(steady(STREAM, 0.85), run_id="new")
    base = [run_of(steady(STREAM, seed=seed), run_id=str(seed)) for seed in range(8)]
    assert compare(base[:1], [new]).kernels[0].judgement is Judgement.SAME
    (row,) = compare(base, [new]).kernels
    assert (row.judgement, row.base_runs, row.new_runs) == (Judgement.WORSE, 8, 1)


def test_a_series_that_scatters_claims_less():
    new = run_of(steady(GEMM, 0.92), run_id="new")
    levels = (0.9, 1.1, 1.0, 0.94, 1.06, 1.0)
    base = [run_of(steady(GEMM, level, seed=seed), run_id=str(seed)) for seed, level in enumerate(levels)]
    assert compare(base[2:3], [new]).kernels[0].judgement is Judgement.WORSE
    assert compare(base, [new]).kernels[0].judgement is Judgement.SAME


def test_in_a_virtual_machine_one_run_a_side_claims_no_loss_of_a_fifth():
    base, new = run_of(steady(GEMM)), run_of(steady(GEMM, 0.8), run_id="b")
    assert compare([base], [new]).kernels[0].judgement is Judgement.WORSE
    sides = [[replace(run, host=IN_A_VM.host)] for run in (base, new)]
    assert compare(*sides).kernels[0].judgement is Judgement.SAME


def test_in_a_virtual_machine_a_series_still_shows_it():
    sides = [
        [
            replace(run_of(steady(GEMM, level, seed=seed), run_id=f"{level}-{seed}"), host=IN_A_VM.host)
            for seed in range(12)
        ]
        for level in (1.0, 0.8)
    ]
    assert compare(*sides).kernels[0].judgement is Judgement.WORSE


def test_a_figure_that_others_disturbed_says_nothing_about_the_machine():
    row = judged(steady(GEMM), steady(GEMM, 0.5, other_cpu_util_pct=23.0))
    assert row.judgement is Judgement.NOT_COMPARABLE
    assert "other programs took 23 %" in row.reason


def test_what_others_took_meanwhile_widens_the_interval():
    quiet = judged(steady(GEMM), steady(GEMM, 0.9, other_cpu_util_pct=1.0))
    beside = judged(steady(GEMM), steady(GEMM, 0.9, other_cpu_util_pct=8.0))
    assert quiet.judgement is Judgement.WORSE
    assert beside.judgement is Judgement.SAME
    assert beside.interval[1] > quiet.interval[1]


def test_a_gpu_is_not_disturbed_by_what_the_processor_does():
    on_gpu = {"provider": Provider.CUDA}
    assert judged(steady(GEMM, **on_gpu), steady(GEMM, 0.9, other_cpu_util_pct=60.0, **on_gpu)).judgement is (
        Judgement.WORSE
    )


def test_a_busy_machine_claims_less():
    busy = replace(RUN.environment, other_cpu_util_pct=40.0)
    new = run_of(steady(GEMM, 0.8), run_id="new", environment=busy)
    found = compare([run_of(steady(GEMM))], [new])
    assert found.kernels[0].judgement is Judgement.SAME
    assert [(each.what, each.base, each.new) for each in found.conditions] == [("other programs", "quiet", "40 %")]


def test_the_new_run_is_taken_out_of_the_base():
    runs = [run_of(steady(GEMM, seed=seed), run_id=str(seed)) for seed in range(3)]
    assert compare(runs, runs[-1:]).base == ("0", "1")
    assert compare(runs[:1], runs[:1]).base == ("0",)


NOT_COMPARABLE = {
    "kernel version": {"kernel_version": 2},
    "graph": {"kernel_sha256": "f" * 64},
    "provider": {"provider": Provider.CUDA},
    "precision": {"precision": "fp16"},
    "unit": {"unit": "OP/s"},
    "phase": {"phase": Phase.SUSTAINED},
    "shape": {"shape": {"m": 1, "n": 2048, "k": 2080}},
    "fail (wrong-result)": {"status": Status.FAIL, "reasons": (Because(Reason.WRONG_RESULT, "wrong"),)},
    "error": {"status": Status.ERROR, "value": None},
    "has no value": {"value": None},
    "is not verified": {"verified": None},
    "not verified": {"verified": replace(GEMM.verified, after=False)},
    "never verified after": {"verified": replace(GEMM.verified, after=None)},
    "heat": {"reasons": (Because(Reason.STOPPED_HOT, "hot"),)},
    "too few samples": {"ci95": None, "n": 2},
    "no value": {"value": -1.0},
}


@pytest.mark.parametrize("cause", NOT_COMPARABLE)
@pytest.mark.parametrize("level", [0.1, 1.0, 10.0])
def test_what_is_another_thing_is_never_better_or_worse(cause, level):
    changes = NOT_COMPARABLE[cause]
    changed = replace(steady(GEMM, level), **changes)
    for pair in ((steady(GEMM), changed), (changed, steady(GEMM))):
        row = judged(*pair)
        assert row.judgement is Judgement.NOT_COMPARABLE
        assert cause.removeprefix("never ").removesuffix(" after").split(" (")[0] in row.reason
        assert (row.ratio, row.interval) == (None, None)


def test_another_model_of_a_device_is_another_device():
    def on(name):
        device = Device(id="gpu:0", kind=DeviceKind.GPU, name=name)
        return run_of(steady(GEMM, device="gpu:0", provider=Provider.CUDA), run_id=name, devices=(device,))

    (row,) = compare([on("NVIDIA H100")], [on("NVIDIA L4")]).kernels
    assert row.judgement is Judgement.NOT_COMPARABLE
    assert row.reason == "device: NVIDIA H100, now NVIDIA L4"


def test_only_the_dimension_that_grows_may_differ():
    larger = steady(STREAM, shape={"n": 2 * STREAM.shape["n"]})
    assert judged(steady(STREAM), larger, grows=GROWS).judgement is Judgement.SAME
    assert judged(steady(STREAM), larger).judgement is Judgement.NOT_COMPARABLE


def test_a_kernel_of_one_side_only_is_told():
    found = compare([run_of(steady(GEMM), steady(DISPATCH))], [run_of(steady(GEMM), steady(STREAM), run_id="b")])
    assert [(row.kernel, row.reason) for row in found.kernels] == [
        ("gemm.fp32", None),
        ("dispatch", "not in the new run"),
        ("stream.add", "not in the base run"),
    ]
    assert exit_code(found) == 0
    assert exit_code(found, strict=True) == 1


def test_what_both_skipped_is_no_row_and_what_one_skipped_is():
    skipped = replace(GEMM, status=Status.SKIP, value=None)
    assert compare([run_of(skipped)], [run_of(skipped, run_id="b")]).kernels == ()
    assert judged(steady(GEMM), skipped).reason == "the new one has no value"


def test_runs_of_a_series_that_are_something_else_are_left_out():
    base = [run_of(steady(GEMM, kernel_version=version), run_id=str(version)) for version in (0, 1, 1)]
    (row,) = compare([replace(run, run_id=f"{n}") for n, run in enumerate(base)], [run_of(steady(GEMM))]).kernels
    assert (row.judgement, row.base_runs) == (Judgement.SAME, 2)
    assert row.reason.startswith("1 of 4 runs left out")


def test_nothing_comparable_ends_3_and_a_regression_ends_1():
    nothing = compare([run_of(steady(GEMM))], [run_of(steady(STREAM), run_id="b")])
    assert (nothing.verdict, exit_code(nothing)) == (Status.SKIP, 3)
    empty = compare([run_of()], [run_of(run_id="b")])
    assert (empty.verdict, exit_code(empty)) == (Status.SKIP, 3)
    worse = compare([run_of(steady(GEMM))], [run_of(steady(GEMM, 0.5), run_id="b")])
    assert (worse.verdict, exit_code(worse)) == (Status.FAIL, 1)


def test_every_condition_that_differs_is_listed():
    gpu = Device(id="gpu:0", kind=DeviceKind.GPU, name="NVIDIA L4", power_limit_w=72.0)
    driver = Driver(version="580.65")
    base = replace(IN_A_VM, devices=(gpu,), environment=replace(RUN.environment, driver=driver))
    new = replace(
        base,
        suite="standard",
        seed=8,
        host=replace(RUN.host, hostname="other", boundaries={}),
        devices=(replace(gpu, power_limit_w=60.0),),
        environment=replace(
            RUN.environment,
            driver=Driver(version="590.1"),
            onnxruntime="2.0",
            numpy="3.0",
            python="3.14",
            other_cpu_util_pct=80.0,
        ),
        measurements=tuple(replace(m, device="gpu:0", threads=1) for m in RUN.measurements),
    )
    base = replace(base, measurements=tuple(replace(m, device="gpu:0", threads=2) for m in RUN.measurements))
    found = {(each.what, each.device): (each.base, each.new) for each in differences([base], [new])}
    assert found == {
        ("host", None): ("host", "other"),
        ("suite", None): ("quick", "standard"),
        ("seed", None): ("7", "8"),
        ("driver", None): ("580.65", "590.1"),
        ("onnxruntime", None): (RUN.environment.onnxruntime, "2.0"),
        ("NumPy", None): (RUN.environment.numpy, "3.0"),
        ("Python", None): (RUN.environment.python, "3.14"),
        ("boundaries", None): ("container in vm", "none"),
        ("other programs", None): ("quiet", "80 %"),
        ("threads", "gpu:0"): ("2", "1"),
        ("power limit", "gpu:0"): ("72 W", "60 W"),
    }
    assert differences([base], [base]) == ()


def test_a_series_shows_all_values_of_a_condition():
    other = replace(RUN, suite="standard")
    (found,) = differences([RUN, other], [RUN])
    assert (found.what, found.base, found.new) == ("suite", "quick, standard", "quick")
