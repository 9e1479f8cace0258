"""Figures that cannot be true: each way has its sentence, and what real runs show is plausible."""

import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest

from netmind_tui.bench.catalog import open_catalog
from netmind_tui.certify.plausibility import check
from netmind_tui.certify.refused import Refused
from netmind_tui.model.finding import Status
from netmind_tui.model.kernel import Phase, Provider
from netmind_tui.model.measurement import Because, Peak, Placement, Reason, Throttle, Verified

ROOT = Path(__file__).parents[2]
CATALOG = open_catalog()
VERIFIED = Verified(method="float64", before=True, after=True, error=0.0, tolerance=1e-6)


@pytest.fixture
def machine(monkeypatch):
    """The makers of runs that nobody measured."""
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    yield import_module("vector_machine")
    for name in [name for name in sys.modules if name.startswith("vector")]:
        del sys.modules[name]


@pytest.fixture
def answer(machine, monkeypatch):
    """What the check says of a result, certified as it is."""
    made = import_module("vector_made")

    def answer(result):
        try:
            return check(made.certificate(result), result, CATALOG)
        except Refused as refused:
            return refused.sentence

    return answer


HELD = "statistics, times and work agree with the samples; no calibrated peak is exceeded"


def test_what_was_measured_is_plausible(answer, machine):
    assert answer(machine.small()) == HELD
    rows = (machine.row(machine.CARD, "gemm.fp16"), machine.row(machine.CARD, "stream.add"))
    assert answer(machine.result((machine.CARD,), rows)) == HELD
    assert answer(machine.result((machine.CPU,), (machine.row(machine.CPU, "dispatch"),))) == HELD


def test_what_this_program_measured_is_plausible():
    from netmind_tui.bench.store import read_run  # noqa: PLC0415 - beside its use
    from netmind_tui.certify.scope import open_scope  # noqa: PLC0415 - beside its use
    from netmind_tui.certify.shareable import shareable  # noqa: PLC0415 - beside its use
    from netmind_tui.model.redaction import Redactor  # noqa: PLC0415 - beside its use

    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        made = import_module("vector_made")
    finally:
        sys.path.remove(str(ROOT / "scripts"))
    run = read_run(ROOT / "tests/recordings/quick_cpu.json")
    result = shareable(run, open_scope(None), None, Redactor())
    assert len(made.certificate(result).claims) == 4
    assert check(made.certificate(result), result, CATALOG) == HELD


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"value": 1e300, "samples": (1e300,) * 12}, "is no rate that a machine has"),
        ({"value": -1.0}, "is no rate that a machine has"),
        ({"value": 0.0}, "is no rate that a machine has"),
        ({"samples": (0.0,) * 12}, "is no rate that a machine has"),
        ({"samples": (), "n": 0}, "n is 0, and there are 0 samples"),
        ({"samples": ()}, "n is 12, and there are 0 samples"),
        ({"n": 2**53 - 1}, "n is 9007199254740991, and there are 12 samples"),
        ({"n": -1}, "n is -1"),
        ({"value": 1.4e12}, "is not 1.40035e+12, the median of its samples"),
        ({"cv": 0.0}, "cv is 0.0, and its samples give"),
        ({"cv": None}, "cv is None"),
        ({"mad": 0.0}, "mad is 0.0"),
        ({"p5": 2e12}, "p5 is"),
        ({"p95": 1e12}, "p95 is"),
        ({"outliers": 3}, "outliers is 3, and its samples give 0"),
        ({"ci95": None}, "12 samples give an interval"),
        ({"ci95": (1.5e12, 1.3e12)}, "its interval does not hold its value"),
        ({"ci95": (0.0, 1e300)}, "goes beyond its samples"),
        ({"verified": None}, "its result was not verified"),
        ({"verified": replace(VERIFIED, before=False)}, "its result was not verified"),
        ({"verified": replace(VERIFIED, after=False)}, "its result was not verified"),
        ({"verified": replace(VERIFIED, error=1e-3)}, "its error 0.001 is not within the tolerance 1e-06"),
        ({"verified": replace(VERIFIED, error=-1.0)}, "is not within the tolerance"),
        ({"verified": replace(VERIFIED, error_before=1.0)}, "is not within the tolerance"),
        ({"throttle": Throttle(hw_thermal_ns=1)}, "its status is pass, and it was slowed down"),
        ({"throttle": Throttle(cpu_thermal_events=2)}, "it was slowed down"),
        ({"efficiency": 0.5}, "it has an efficiency and no peak"),
        ({"timed": None}, "it does not say how long it was timed"),
        ({"phase": Phase.SETUP}, "phase setup is not one that certifies"),
        ({"provider": Provider.CUDA}, "a device of kind cpu runs on provider cpu, not on cuda"),
        ({"placement": Placement(provider=Provider.CUDA, nodes=1, read=True)}, "runs on provider cpu"),
        ({"shape": {"m": 1, "n": 1, "k": 1}}, "its shape (m 1, n 1, k 1) is none of the catalogue's"),
        ({"shape": {}}, "is none of the catalogue's"),
        ({"shape": {"m": -2048, "n": -2048, "k": 2080}}, "is none of the catalogue's"),
        ({"started_at": "2026-11-22T14:30:00.000Z"}, "began on 2026-11-22T14:30:00.000Z, outside of the run"),
        ({"started_at": "noon"}, "started_at 'noon' is no time"),
    ],
)
def test_a_row_that_contradicts_itself_is_refused(answer, machine, changes, words):
    assert words in answer(machine.with_row(machine.small(), **changes))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"window_s": -1.0}, "a time of it is negative"),
        ({"warm_up_s": -1e300}, "a time of it is negative"),
        ({"iterations_per_sample": 0}, "its samples hold no iteration"),
        ({"iterations_per_sample": 3}, "by their rates, and it was timed for"),
        ({"window_s": 1.0}, "by their rates, and it was timed for 1 s"),
        ({"window_s": 1e300}, "by their rates"),
    ],
)
def test_times_that_the_samples_do_not_fill_are_refused(answer, machine, changes, words):
    timed = machine.small().measurements[0].timed
    assert words in answer(machine.with_row(machine.small(), timed=replace(timed, **changes)))


def test_three_times_the_rate_in_the_same_time_is_refused(answer, machine):
    timed = machine.small().measurements[0].timed
    faster = replace(machine.row(machine.CPU, "gemm.fp32", rate=4.2e12), timed=timed)
    assert "by their rates" in answer(machine.result((machine.CPU,), (faster,)))


def test_latencies_add_up_as_they_are(answer, machine):
    row = machine.row(machine.CPU, "dispatch")
    slower = replace(row, timed=replace(row.timed, window_s=row.timed.window_s * 3))
    assert "by their rates" in answer(machine.result((machine.CPU,), (slower,)))


def test_a_window_in_which_the_machine_was_stopped_may_be_longer(answer, machine):
    row = machine.small().measurements[0]
    paused = {"timed": replace(row.timed, window_s=60.0), "status": Status.UNSTABLE}
    assert "by their rates" in answer(machine.with_row(machine.small(), **paused))
    because = Because(Reason.SUSPENDED, "stopped for 59 s")
    assert answer(machine.with_row(machine.small(), **paused, reasons=(because,))) == HELD


def test_a_card_beyond_its_peak_is_refused_whatever_peak_it_states(answer, machine):
    fast = machine.row(machine.CARD, "gemm.fp16", rate=9e14)
    assert "times its own peak" in answer(machine.result((machine.CARD,), (fast,)))
    for peak in (
        None,
        Peak(value=None, source="unknown", calibrated=False),
        Peak(value=1e15, source="", calibrated=True),
    ):
        share = fast.value / peak.value if peak and peak.value else None
        row = replace(fast, peak=peak, efficiency=share)
        assert "times the computed peak" in answer(machine.result((machine.CARD,), (row,)))


def test_a_share_of_the_peak_is_that_share(answer, machine):
    row = replace(machine.row(machine.CARD, "gemm.fp16"), efficiency=0.99)
    assert "its efficiency is 0.99" in answer(machine.result((machine.CARD,), (row,)))


def test_a_device_has_a_kind_and_is_in_the_document(answer, machine):
    row = machine.row(machine.CARD, "gemm.fp16")
    odd = replace(machine.CARD, kind="tpu")
    assert "'tpu' is no kind of device" in answer(machine.result((odd,), (row,)))
    assert "the result document has no such device" in answer(machine.result((machine.CPU,), (row,)))


def test_no_device_worked_longer_than_the_run(answer, machine):
    row = machine.small().measurements[0]
    other = replace(row, kernel="memory.integrity", phase=None, timed=replace(row.timed, window_s=500.0))
    long = machine.result((machine.CPU,), (row, other))
    assert "cpu measured for 500.3 s in a run of 120.0 s" in answer(long)
    negative = replace(other, timed=replace(row.timed, window_s=-1.0))
    assert "was timed for -1 s" in answer(machine.result((machine.CPU,), (row, negative)))


def test_the_first_and_the_last_year_are_answered_too(answer, machine):
    ends = {"started_at": "0001-01-01T00:00:00.000Z", "finished_at": "9999-12-31T23:59:59.999Z"}
    assert answer(replace(machine.small(), **ends)) == HELD
    assert "outside of the run" in answer(
        replace(machine.small(), started_at=ends["finished_at"], finished_at=ends["finished_at"])
    )


def test_a_verdict_is_no_better_than_its_rows(answer, machine):
    wrong = machine.unmeasured(machine.CPU, "gemm.int8", Status.FAIL, Because(Reason.WRONG_RESULT, "not equal"))
    result = machine.result((machine.CPU,), (*machine.small().measurements, wrong))
    assert answer(result) == HELD
    assert "its verdict is pass, and a row of it is fail" in answer(replace(result, verdict=Status.PASS))


def test_two_samples_have_a_spread_and_no_interval(answer, machine):
    from netmind_tui.bench.statistics import summarise  # noqa: PLC0415 - beside its use

    row = machine.small().measurements[0]
    for count in (1, 2):
        few = summarise(row.samples[:count])
        window = row.timed.window_s * count / 12
        changes = {name: getattr(few, name) for name in ("ci95", "cv", "mad", "p5", "p95", "n", "outliers")}
        changes |= {"value": few.median, "samples": row.samples[:count], "timed": replace(row.timed, window_s=window)}
        assert answer(machine.with_row(machine.small(), **changes)) == HELD
        assert "give no interval" in answer(machine.with_row(machine.small(), **changes | {"ci95": (1.0, 1.0)}))
