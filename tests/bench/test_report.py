"""CSV, JSON Lines and Markdown carry the figures of the JSON document, to the last digit."""

import csv
import io
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netmind_tui.bench.check import Check
from netmind_tui.bench.judge import Witness, judge, unmeasured
from netmind_tui.bench.protocol import Outcome
from netmind_tui.bench.report import COLUMNS, as_csv, as_json_line, as_markdown
from netmind_tui.bench.timing import Series, Stop, Timing
from netmind_tui.document import decode, encode
from netmind_tui.model.info import Tool
from netmind_tui.model.measurement import Because, Environment, Reason, Run, capacity, exit_code

RIGHT = Check("sha256", ok=True, error=0.0)


@pytest.fixture
def make_run(make_step, host):
    def make(*times_of_kernels, trouble='a | b, "c"\nd', stopped=None):
        measurements = []
        for times in times_of_kernels:
            series = Series(samples=tuple(times), elapsed_s=sum(times), stop=Stop.CONVERGED)
            timing = Timing(cold_s=1.0, warm_up_s=0.5, batch=3, burst=series, sustained=None)
            outcome = Outcome(
                shape={"m": 64, "n": 64, "k": 64},
                setup_s=0.1,
                placed_nodes=1,
                placement_read=True,
                before=RIGHT,
                after=RIGHT,
                timing=timing,
            )
            measurements.append(judge(make_step("gemm.int8"), outcome, Witness(started_at="now"), host))
        measurements.append(unmeasured(make_step("gemm.fp32"), Because(Reason.WORKER_KILLED, trouble)))
        return Run(
            run_id="run-1",
            started_at="2026-01-01T00:00:00.000Z",
            finished_at="2026-01-01T00:01:00.000Z",
            suite="quick",
            seed=7,
            tool=Tool(name="netmind", version="0"),
            host=host,
            devices=(),
            environment=Environment(),
            measurements=tuple(measurements),
            capacity=capacity(tuple(measurements)),
            stopped=stopped,
            verdict="error",
        )

    return make


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(times=st.lists(st.floats(1e-9, 1e3), min_size=1, max_size=20))
def test_csv_reads_back_to_the_same_numbers(make_run, times):
    run = make_run(times)
    rows = list(csv.DictReader(io.StringIO(as_csv(run))))
    assert tuple(rows[0]) == COLUMNS
    for row, measurement in zip(rows, run.measurements, strict=True):
        for name in ("value", "mad", "p5", "p95", "cv"):
            figure = getattr(measurement, name)
            assert (float(row[name]) if row[name] else None) == figure
        assert row["status"] == measurement.status


def test_reasons_with_every_delimiter_survive_csv(make_run):
    run = make_run([0.1] * 12)
    rows = list(csv.DictReader(io.StringIO(as_csv(run))))
    assert rows[1]["reasons"] == 'worker-killed: a | b, "c"\nd'


def test_json_lines_are_one_object_a_line_and_equal_the_document(make_run):
    run = make_run([0.1] * 12)
    for measurement in run.measurements:
        line = as_json_line(measurement, run.run_id)
        assert "\n" not in line
        found = json.loads(line)
        assert found.pop("schema") == "netmind.measurement/1"
        assert found.pop("run_id") == "run-1"
        assert found == json.loads(encode(measurement))


def test_markdown_has_as_many_cells_in_every_row_and_the_exact_value(make_run):
    run = make_run([0.1, 0.3, 0.2] * 4, trouble="a | b")
    table = [line for line in as_markdown(run).splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in table]
    assert {len(row) for row in cells} == {len(cells[0])}
    value = dict(zip(cells[0], cells[2], strict=True))["value"]
    assert float(value) == run.measurements[0].value


def test_a_run_survives_its_own_json(make_run):
    run = make_run([0.1] * 12)
    assert decode(encode(run), Run) == run


def test_a_crash_ends_4_and_a_stop_beats_it(make_run):
    assert exit_code(make_run([0.1] * 12)) == 4
    assert exit_code(make_run([0.1] * 12, stopped="interrupted")) == 130
    assert exit_code(make_run([0.1] * 12, stopped="timed-out")) == 124
