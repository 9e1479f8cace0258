"""The gate over an earlier run: when it claims, when it does not, and what it says where it cannot tell."""

import math
import random
from dataclasses import replace
from pathlib import Path

import pytest

from netmind_tui.bench.statistics import summarise
from netmind_tui.bench.store import keep, read_run
from netmind_tui.certify.baseline import hold, is_same_machine, trouble
from netmind_tui.certify.baseline_judgement import judgements
from netmind_tui.certify.baseline_store import last_good, remember
from netmind_tui.model.device import Driver
from netmind_tui.model.finding import Action, Status
from netmind_tui.model.measurement import Because, Reason
from netmind_tui.model.requirement import Verdict

IN_A_VM = read_run(Path(__file__).parents[1] / "recordings/quick_cpu.json")
RUN = replace(IN_A_VM, host=replace(IN_A_VM.host, boundaries={}))
BY_KERNEL = {m.kernel: m for m in RUN.measurements}
GEMM, DISPATCH, INT8 = BY_KERNEL["gemm.fp32"], BY_KERNEL["dispatch"], BY_KERNEL["gemm.int8"]
QUIET = 0.004
"""The relative deviation of samples, and of runs, on a machine of its own."""


def steady(of, level=1.0, seed=1, spread=QUIET, **changes):
    """A measurement whose samples lie closely around ``level`` times the recorded value."""
    draw = random.Random(seed)
    samples = tuple(of.value * level * math.exp(draw.gauss(0, spread)) for _ in range(20))
    found = summarise(samples)
    figures = {name: getattr(found, name) for name in ("ci95", "cv", "mad", "p5", "p95", "n")}
    plain = {"value": found.median, "samples": samples, "status": Status.PASS, "other_cpu_util_pct": 0.0, "reasons": ()}
    return replace(of, **(plain | figures | changes))


def run_of(*measurements, name="a", **changes):
    return replace(RUN, run_id=f"20261122T14{len(name):02}00Z-{name}", measurements=measurements, **changes)


def never(_run, suspects):
    raise AssertionError(f"measured again for nothing: {suspects}")


def held(base, new, again=never, **options):
    """What the gate says of a run: the records by their ids."""
    base = base if isinstance(base, list) else [base]
    found = judgements(hold(base, new, again, name="base.json", **options))
    return {each.id: each for each in found}


def status(found):
    return {id_: each.status.value for id_, each in found.items()}


def test_a_run_that_is_as_fast_passes_and_is_not_measured_again():
    found = held(run_of(steady(GEMM)), run_of(steady(GEMM, seed=2), name="b"))
    assert status(found) == {"baseline": "pass", "baseline.gemm.fp32": "pass"}
    kernel = found["baseline.gemm.fp32"]
    assert kernel.actual == pytest.approx(1, abs=0.01)
    assert kernel.required == pytest.approx(1 / 1.05)
    assert kernel.interval[0] < 1 < kernel.interval[1]


def test_a_regression_is_claimed_only_where_it_shows_twice():
    asked = []

    def again(level):
        def measure(run, suspects):
            asked.append([(row.kernel, row.device) for row in suspects])
            return replace(run, run_id="again", measurements=(steady(GEMM, level, seed=9),))

        return measure

    base = run_of(steady(GEMM), steady(INT8))
    slow = run_of(steady(GEMM, 0.85, seed=2), steady(INT8, seed=3), name="b")
    twice, once = held(base, slow, again(0.86)), held(base, slow, again(1.0))
    assert asked == [[("gemm.fp32", "cpu")]] * 2  # and not what was as fast
    assert status(twice) == {"baseline": "pass", "baseline.gemm.fp32": "fail", "baseline.gemm.int8": "pass"}
    claim = twice["baseline.gemm.fp32"]
    assert claim.actual == pytest.approx(0.86, abs=0.01)
    assert "slower twice" in claim.summary
    assert "netmind doctor" in claim.remediation
    assert claim.action is Action.ASK_OWNER
    assert set(status(once).values()) == {"pass"}
    assert "measured twice" in once["baseline.gemm.fp32"].summary
    assert "no claim" in once["baseline.gemm.fp32"].summary


def test_what_looks_slower_and_cannot_be_measured_again_is_neither_passed_nor_claimed():
    base, slow = run_of(steady(GEMM)), run_of(steady(GEMM, 0.8, seed=2), name="b")
    disturbed = steady(GEMM, 0.8, seed=3, other_cpu_util_pct=40.0)
    for second in (None, run_of(name="c"), run_of(disturbed, name="c")):
        found = held(base, slow, lambda _run, _suspects, second=second: second)
        assert status(found)["baseline.gemm.fp32"] == "error"
        assert found["baseline.gemm.fp32"].action is Action.RETRY


def test_a_longer_latency_is_a_smaller_share():
    slow = steady(DISPATCH, 6.0, seed=2)
    found = held(
        run_of(steady(DISPATCH)),
        run_of(slow, name="b"),
        lambda run, _: replace(run, run_id="again"),
    )
    assert found["baseline.dispatch"].status is Status.FAIL
    assert found["baseline.dispatch"].actual == pytest.approx(1 / 6, rel=0.02)


def test_what_is_slower_under_other_conditions_is_a_warning_that_offers_a_new_baseline():
    driver = replace(RUN.environment, driver=Driver(version="580.65.06"))
    newer = replace(RUN.environment, driver=Driver(version="581.10"))
    base = run_of(steady(GEMM), environment=driver)
    for level, word in ((1.0, "pass"), (0.8, "warn")):
        new = run_of(steady(GEMM, level, seed=2), name="b", environment=newer)
        found = held(base, new, lambda run, _: replace(run, run_id="again"))
        assert status(found) == {"baseline": "warn", "baseline.gemm.fp32": word}
        assert "conditions changed" in found["baseline"].summary
        assert "driver 580.65.06 → 581.10" in found["baseline"].summary
        assert "--rebaseline" in found["baseline"].remediation


def test_how_busy_a_machine_was_is_no_changed_condition():
    busy = replace(RUN.environment, other_cpu_util_pct=30.0)
    found = held(run_of(steady(GEMM)), run_of(steady(GEMM, seed=2), name="b", environment=busy))
    assert status(found)["baseline"] == "pass"


@pytest.mark.parametrize(
    ("changes", "word"),
    [({"kernel_version": 2}, "version"), ({"kernel_sha256": "0" * 64}, "graph"), ({"shape": {"n": 1}}, "shape")],
)
def test_another_kernel_is_not_comparable_and_never_a_claim(changes, word):
    other = steady(GEMM, 0.5, seed=2, **changes)
    found = held(run_of(steady(GEMM), steady(INT8)), run_of(other, steady(INT8, seed=4), name="b"))
    assert status(found) == {"baseline": "pass", "baseline.gemm.fp32": "warn", "baseline.gemm.int8": "pass"}
    assert word in found["baseline.gemm.fp32"].summary
    assert "--rebaseline" in found["baseline.gemm.fp32"].remediation


def test_a_kernel_that_lacks_now_could_not_be_measured():
    base = run_of(steady(GEMM), steady(INT8))
    gone = run_of(steady(INT8, seed=3), name="b")
    crashed = replace(GEMM, value=None, status=Status.ERROR, reasons=(Because(Reason.KERNEL_CRASHED, "it crashed"),))
    for new in (gone, run_of(steady(INT8, seed=3), crashed, name="b")):
        assert status(held(base, new))["baseline.gemm.fp32"] == "error"


def test_what_the_baseline_never_had_is_not_asked_for():
    never_could = replace(GEMM, kernel="gemm.fp16", value=None, reasons=(Because(Reason.NOT_PLACEABLE, "no form"),))
    base = run_of(steady(INT8), replace(never_could, status=Status.ERROR))
    found = held(base, run_of(steady(INT8, seed=2), steady(GEMM), name="b"))
    assert status(found) == {"baseline": "pass", "baseline.gemm.int8": "pass"}


def test_a_baseline_with_nothing_to_compare_passes_nobody():
    found = held(run_of(steady(GEMM)), run_of(steady(INT8), name="b"))
    assert status(found)["baseline"] == "error"
    assert found["baseline"].remediation
    disturbed = steady(GEMM, seed=2, other_cpu_util_pct=40.0)
    again = held(run_of(steady(GEMM)), run_of(disturbed, name="b"))["baseline"]
    assert (again.status, again.action) == (Status.ERROR, Action.RETRY)
    believed = held(run_of(disturbed), run_of(steady(GEMM), name="b"))
    assert "cannot be believed: it was disturbed" in believed["baseline.gemm.fp32"].summary
    assert (believed["baseline"].status, "--rebaseline" in believed["baseline"].remediation) == (Status.ERROR, True)
    empty = held(run_of(), run_of(steady(INT8), name="b"))
    assert status(empty) == {"baseline": "error"}


def test_a_series_of_runs_is_a_baseline_too():
    series = [run_of(steady(GEMM, seed=seed), name="x" * (seed + 1)) for seed in range(5)]
    result = hold(series, run_of(steady(GEMM, seed=9), name="y" * 9), never, name="runs")
    assert len(result.baseline.runs) == 5
    assert {each.status for each in judgements(result)} == {Status.PASS}


def test_unchanged_pairs_of_a_quiet_machine_are_hardly_ever_claimed():
    false = 0
    for seed in range(60):
        draw = random.Random(seed)
        levels = [math.exp(draw.gauss(0, QUIET)) for _ in range(3)]
        rows = [steady(GEMM, level, seed=3 * seed + index) for index, level in enumerate(levels)]
        second = run_of(rows[2], name="ccc")
        found = held(run_of(rows[0]), run_of(rows[1], name="bb"), lambda _run, _, second=second: second)
        false += found["baseline.gemm.fp32"].status is not Status.PASS
    assert false <= 1


def test_unchanged_pairs_of_a_noisy_machine_are_hardly_ever_claimed_either():
    false = 0
    for seed in range(60):
        draw = random.Random(seed)
        spread = draw.uniform(0.005, 0.1)
        noisy = {"spread": spread, "status": Status.PASS if spread < 0.03 else Status.UNSTABLE}
        rows = [steady(GEMM, math.exp(draw.gauss(0, spread)), seed=3 * seed + index, **noisy) for index in range(3)]
        second = run_of(rows[2], name="ccc")
        found = held(run_of(rows[0]), run_of(rows[1], name="bb"), lambda _run, _, second=second: second)
        false += found["baseline.gemm.fp32"].status is not Status.PASS
    assert false <= 1


def test_eight_per_cent_less_on_a_quiet_machine_is_nearly_always_claimed():
    claimed = 0
    for seed in range(20):
        draw = random.Random(1000 + seed)
        levels = [math.exp(draw.gauss(0, QUIET)) for _ in range(3)]
        rows = [
            steady(GEMM, level * (0.92 if index else 1.0), seed=3 * seed + index) for index, level in enumerate(levels)
        ]
        second = run_of(rows[2], name="ccc")
        found = held(run_of(rows[0]), run_of(rows[1], name="bb"), lambda _run, _, second=second: second)
        claimed += found["baseline.gemm.fp32"].status is Status.FAIL
    assert claimed >= 19


def test_a_machine_is_known_by_its_cards_or_its_name():
    card = replace(RUN.devices[0], id="gpu:0", uuid="GPU-1")
    here, elsewhere = RUN, replace(RUN, host=replace(RUN.host, hostname="elsewhere"))
    assert is_same_machine(here, replace(here, run_id="b"))
    assert not is_same_machine(here, elsewhere)
    assert is_same_machine(replace(here, devices=(card,)), replace(elsewhere, devices=(card,)))
    assert not is_same_machine(
        replace(here, devices=(card,)), replace(elsewhere, devices=(replace(card, uuid="GPU-2"),))
    )


def test_a_run_that_was_disturbed_is_nothing_to_hold_others_against():
    assert trouble(run_of(steady(GEMM))) is None
    assert "40 %" in trouble(run_of(steady(GEMM, other_cpu_util_pct=40.0)))
    assert trouble(run_of()) == "no kernel was measured"


@pytest.fixture
def kept(tmp_path):
    """Keep runs, and what they came to; ``kept.last(run)`` is the newest good one."""

    class Kept:
        runs, verdicts = tmp_path / "runs", tmp_path / "verdicts"

        def __call__(self, run, *, is_good=None):
            keep(run, self.runs)
            if is_good is not None:
                word = Status.PASS if is_good else Status.FAIL
                at = "2026-11-22T20:00:00Z"
                verdict = Verdict(run_id=run.run_id, validated_at=at, requirements="a", verdict=word, is_good=is_good)
                remember(verdict, self.verdicts)
            return run.run_id

        def last(self, run):
            found = last_good(run, self.runs, self.verdicts)
            return found.run.run_id if found.run else None

    return Kept()


def named(index, **changes):
    return replace(run_of(steady(GEMM, seed=index)), run_id=f"20261122T14{index:02}00Z-a", **changes)


def test_the_last_good_run_is_the_newest_that_passed(kept):
    now = named(30)
    assert kept.last(now) is None
    good = kept(named(1), is_good=True)
    kept(named(2), is_good=False)
    kept(named(3, verdict=Status.FAIL))
    kept(named(4, stopped="interrupted", verdict=Status.PASS))
    kept(now, is_good=True)
    assert kept.last(now) == good
    newer = kept(named(5, verdict=Status.PASS))
    assert kept.last(now) == newer


def test_the_last_good_run_is_of_this_machine_with_the_same_devices_and_kernels(kept):
    now = named(30)
    good = kept(named(1), is_good=True)
    kept(named(2, host=replace(RUN.host, hostname="elsewhere")), is_good=True)
    kept(named(3, devices=(*RUN.devices, replace(RUN.devices[0], id="gpu:0", uuid="GPU-1"))), is_good=True)
    kept(named(4, suite="standard"), is_good=True)
    kept(replace(named(5), measurements=(steady(INT8),)), is_good=True)
    kept(replace(named(6), measurements=(steady(GEMM, other_cpu_util_pct=50.0),)), is_good=True)
    assert kept.last(now) == good


def test_damage_costs_a_warning_and_never_makes_a_run_good(kept):
    now, good = named(30), kept(named(1), is_good=True)
    bad = kept(named(2), is_good=False)
    (kept.verdicts / f"{bad}.json").write_text("{")
    (kept.runs / "20261122T145900Z-x.json").write_bytes(b"\0\0")
    (kept.runs / "20261122T145800Z-x.json").mkdir()
    found = last_good(now, kept.runs, kept.verdicts)
    assert found.run.run_id == good
    assert len(found.damaged) == 2
    (kept.verdicts / f"{bad}.json").unlink()
    (kept.verdicts / f"{bad}.json").mkdir()
    assert kept.last(now) == good
