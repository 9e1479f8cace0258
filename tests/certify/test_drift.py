"""How the rates of a certificate went since the one before it."""

from dataclasses import replace
from pathlib import Path

import pytest

from netmind_tui.bench.store import read_run
from netmind_tui.certify.drift import drift
from netmind_tui.certify.scope import open_scope
from netmind_tui.certify.shareable import shareable
from netmind_tui.model.comparison import Judgement
from netmind_tui.model.finding import Status
from netmind_tui.model.redaction import Redactor

RECORDING = Path(__file__).parents[1] / "recordings/quick_cpu.json"
LATER = "20261123T000000Z-000000"


def steady(row, factor=1.0):
    """A row without noise, so many times as large."""
    if row.value is None:
        return row
    value = row.value * factor
    ends = (0.999 * value, 1.001 * value)
    return replace(row, value=value, ci95=ends, p5=ends[0], p95=ends[1], status=Status.PASS)


@pytest.fixture
def certified():
    """The result document of the recorded run, on a machine of its own, with every rate so many times as large."""
    run = read_run(RECORDING)
    run = replace(run, host=replace(run.host, boundaries={}))

    def result(factor=1.0, **changes):
        rows = tuple(steady(row, factor) for row in run.measurements)
        return shareable(replace(run, measurements=rows, **changes), open_scope(None), None, Redactor())

    return result


def judged(comparison, kernel):
    return next(row.judgement for row in comparison.kernels if row.kernel == kernel)


def test_a_quarter_of_the_rate_is_worse_and_four_times_it_is_better(certified):
    assert judged(drift(certified(), certified(0.25, run_id=LATER)), "gemm.fp32") is Judgement.WORSE
    assert judged(drift(certified(), certified(4.0, run_id=LATER)), "gemm.fp32") is Judgement.BETTER


def test_a_certificate_does_not_drift_from_itself(certified):
    found = drift(certified(), certified(run_id=LATER))
    assert {row.judgement for row in found.kernels} == {Judgement.SAME}
    assert found.conditions == ()


def test_another_kernel_of_that_name_is_not_comparable(certified):
    after = certified(run_id=LATER)
    rows = tuple(replace(row, kernel_sha256="00" * 32) for row in after.measurements)
    found = drift(certified(), replace(after, measurements=rows))
    assert judged(found, "gemm.fp32") is Judgement.NOT_COMPARABLE


def test_what_differed_around_both_is_said(certified):
    found = drift(certified(), certified(run_id=LATER, suite="standard"))
    assert [each.what for each in found.conditions] == ["suite"]
