"""A run and a diagnosis as Prometheus reads them."""

from datetime import datetime
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from netmind_tui.bench.prometheus import as_prometheus, diagnosis_as_prometheus
from netmind_tui.document import decode
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.doctor import Diagnosis, Setup
from netmind_tui.model.finding import Action, Finding, Status
from netmind_tui.model.info import Tool
from netmind_tui.model.kernel import Phase, Provider
from netmind_tui.model.measurement import Because, Environment, Measurement, Reason, Run, Sharing

RECORDING = Path(__file__).parents[1] / "recordings/quick_cpu.json"


def measurement(kernel="gemm.fp32", **changes):
    given = {
        "kernel": kernel,
        "kernel_version": 2,
        "kernel_sha256": None,
        "device": "gpu:0",
        "provider": Provider.CUDA,
        "precision": "fp32",
        "shape": {},
        "metric": "rate",
        "unit": "FLOP/s",
        "value": 1.5e12,
        "ci95": (1.4e12, 1.6e12),
        "cv": 0.01,
        "n": 12,
        "phase": Phase.BURST,
        "status": Status.PASS,
    }
    return Measurement(**(given | changes))


@pytest.fixture
def make_run(host):
    def make(*measurements, **changes):
        given = {
            "run_id": "run-1",
            "started_at": "2026-01-01T00:00:00.000Z",
            "finished_at": "2026-01-01T00:01:00.500Z",
            "suite": "quick",
            "seed": 7,
            "tool": Tool(name="netmind", version="0"),
            "host": host,
            "devices": (),
            "environment": Environment(),
            "measurements": measurements,
            "capacity": (),
            "verdict": Status.PASS,
        }
        return Run(**(given | changes))

    return make


def read(text):
    """From metric to its samples, each by its labels."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = tuple(sorted(sample.labels.items()))
            series = found.setdefault(sample.name, {})
            assert labels not in series
            series[labels] = sample.value
    return found


def only(found, name, /, **labels):
    """The one value of the series that have these labels."""
    (value,) = [value for given, value in found[name].items() if labels.items() <= dict(given).items()]
    return value


def test_a_real_run_reads_back_to_its_own_figures():
    run = decode(RECORDING.read_bytes(), Run)
    found = read(as_prometheus(run))
    assert run.measurements
    for m in run.measurements:
        name = "netmind_bench_latency_seconds" if m.unit == "s" else "netmind_bench_rate"
        series = [dict(labels)["kernel"] for labels in found[name]]
        assert (m.kernel in series) == (m.value is not None)
        if m.value is not None:
            assert only(found, name, kernel=m.kernel, device=m.device) == m.value
        assert only(found, "netmind_bench_status", kernel=m.kernel, device=m.device, status=m.status) == 1
    started = datetime.fromisoformat(run.started_at).timestamp()
    assert found["netmind_bench_started_timestamp_seconds"][()] == started


def test_a_rate_has_its_unit_phase_and_interval(make_run):
    found = read(as_prometheus(make_run(measurement())))
    labels = {"device": "gpu:0", "kernel": "gemm.fp32", "unit": "FLOP/s", "phase": "burst", "precision": "fp32"}
    assert only(found, "netmind_bench_rate", **labels, provider="cuda", kernel_version="2") == 1.5e12
    assert only(found, "netmind_bench_rate_ci95_lower", **labels) == 1.4e12
    assert only(found, "netmind_bench_rate_ci95_upper", **labels) == 1.6e12
    assert only(found, "netmind_bench_spread_ratio", device="gpu:0", kernel="gemm.fp32") == 0.01
    assert found["netmind_bench_finished_timestamp_seconds"][()] - 60.5 == 1767225600


def test_a_latency_is_no_rate(make_run):
    found = read(as_prometheus(make_run(measurement("dispatch", unit="s", value=4e-6, ci95=None))))
    assert only(found, "netmind_bench_latency_seconds", kernel="dispatch") == 4e-6
    assert "unit" not in dict(next(iter(found["netmind_bench_latency_seconds"])))
    assert not [name for name in found if "rate" in name or "ci95" in name]


def test_an_amount_is_no_rate(make_run):
    found = read(as_prometheus(make_run(measurement("memory.integrity", unit="bytes", value=2.0**30, ci95=None))))
    assert only(found, "netmind_bench_amount", kernel="memory.integrity", unit="bytes") == 2**30
    assert not [name for name in found if "rate" in name]


def test_what_was_not_measured_has_a_status_and_no_figure(make_run):
    missing = measurement(value=None, ci95=None, cv=None, n=0, phase=None, status=Status.ERROR)
    found = read(as_prometheus(make_run(missing, verdict=Status.ERROR, stopped="timed-out")))
    assert not set(found) & {"netmind_bench_rate", "netmind_bench_spread_ratio", "netmind_bench_samples"}
    assert only(found, "netmind_bench_status", status="error") == 1
    assert only(found, "netmind_bench_status", status="pass") == 0
    assert only(found, "netmind_bench_verdict", status="error") == 1
    assert found["netmind_bench_complete"][()] == 0


def test_names_stand_in_a_metric_of_their_own(make_run):
    name = 'Test "GPU"\\\n2'
    device = Device(id="gpu:0", kind=DeviceKind.GPU, name=name, uuid="GPU-1")
    found = read(as_prometheus(make_run(measurement(), devices=(device,))))
    assert only(found, "netmind_bench_device_info", device="gpu:0", name=name, uuid="GPU-1") == 1
    assert only(found, "netmind_bench_info", suite="quick", seed="7", version="0") == 1


def test_reasons_are_no_labels(make_run):
    because = (Because(Reason.NOT_CONVERGED, "spread 3.2 %"),)
    text = as_prometheus(make_run(measurement(status=Status.UNSTABLE, reasons=because)))
    assert "3.2" not in text


def test_several_gpus_show_what_they_keep_and_who_stands_out(make_run):
    shared = Sharing(device="gpu:0", kernel="gemm.fp32", unit="FLOP/s", together=9.0, alone=10.0, ratio=0.9)
    slow = Finding(id="peer-slow", title="slow by 7 %", status=Status.WARN, device="gpu:0")
    found = read(as_prometheus(make_run(measurement(), sharing=(shared,), findings=(slow,))))
    assert only(found, "netmind_bench_sharing_ratio", device="gpu:0", kernel="gemm.fp32") == 0.9
    assert only(found, "netmind_bench_finding", id="peer-slow", device="gpu:0", status="warn", action="none") == 1


def test_a_diagnosis_counts_equal_findings_and_names_no_figure():
    findings = (
        Finding(id="xid", title="Xid 79 at 12:01", status=Status.FAIL, device="gpu:0", action=Action.RESET),
        Finding(id="xid", title="Xid 79 at 12:02", status=Status.FAIL, device="gpu:0", action=Action.RESET),
        Finding(id="runtime", title="there", status=Status.PASS),
    )
    diagnosis = Diagnosis(
        generated_at="2026-01-01T00:00:00.000Z",
        tool=Tool(name="netmind", version="0"),
        findings=findings,
        verdict=Status.FAIL,
        action=Action.RESET,
        setup=Setup(reason="r"),
    )
    text = diagnosis_as_prometheus(diagnosis)
    found = read(text)
    assert only(found, "netmind_finding", id="xid", device="gpu:0", status="fail", action="reset") == 2
    assert only(found, "netmind_finding", id="runtime", status="pass") == 1
    assert only(found, "netmind_doctor_verdict", status="fail") == 1
    assert found["netmind_doctor_examined_timestamp_seconds"][()] == 1767225600
    assert "12:01" not in text
