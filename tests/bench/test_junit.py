"""JUnit XML says what the exit code says, and CI servers can read it whatever a message holds."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import xmlschema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netmind_tui.bench.junit import as_junit, diagnosis_as_junit
from netmind_tui.document import decode
from netmind_tui.model import doctor, measurement
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.doctor import Diagnosis, Setup, first_action, ranked, verdict
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.finding import Action, Finding, Status, worst
from netmind_tui.model.info import Tool
from netmind_tui.model.kernel import Phase, Provider
from netmind_tui.model.measurement import Because, Environment, Measurement, Reason, Run, Timed

TESTS = Path(__file__).parents[1]
SCHEMA = xmlschema.XMLSchema(TESTS / "schema/junit.xsd")
RECORDED = decode((TESTS / "recordings/quick_cpu.json").read_bytes(), Run)
EVIL = 'a "b" & <c> ]]> \\ \x00\x1b[31m\x0b\ufffe\udce9 \r\n\té 😀'
TAGS = {"failure", "error", "skipped"}


def row(kernel="gemm.fp32", device="gpu:0", status=Status.PASS, **changes):
    given = {
        "kernel": kernel,
        "kernel_version": 1,
        "kernel_sha256": None,
        "device": device,
        "provider": Provider.CUDA,
        "precision": "fp32",
        "shape": {"m": 64},
        "metric": "rate",
        "unit": "FLOP/s",
        "status": status,
    }
    return Measurement(**(given | changes))


def measured(**changes):
    timed = Timed(setup_s=1.0, cold_s=0.5, warm_up_s=0.25, window_s=2.0, iterations_per_sample=3, stop="converged")
    return row(**({"value": 1.5e12, "cv": 0.01, "n": 12, "phase": Phase.BURST, "timed": timed} | changes))


@pytest.fixture
def make_run(host):
    def make(*rows, findings=(), alone=(), **changes):
        given = {
            "run_id": "run-1",
            "started_at": "2026-01-01T00:00:00.000Z",
            "finished_at": "2026-01-01T00:01:00.500Z",
            "suite": "quick",
            "seed": 7,
            "tool": Tool(name="netmind", version="0"),
            "host": host,
            "devices": (Device(id="gpu:0", kind=DeviceKind.GPU, name="Test GPU"),),
            "environment": Environment(onnxruntime="1.30"),
            "measurements": rows,
            "alone": alone,
            "capacity": (),
            "findings": findings,
            "verdict": worst([each.status for each in (*rows, *alone)]),
        }
        return Run(**(given | changes))

    return make


def diagnosis(*findings):
    return Diagnosis(
        generated_at="2026-01-01T00:00:00.000Z",
        tool=Tool(name="netmind", version="0"),
        findings=ranked(findings),
        verdict=verdict(findings),
        action=first_action(findings),
        setup=Setup(reason="r"),
    )


def read(text):
    """The document, which holds to the schema and counts its own cases right."""
    SCHEMA.validate(text)
    root = ET.fromstring(text.encode())  # noqa: S314 - our own
    for part in [root, *root.findall("testsuite")]:
        cases = list(part.iter("testcase"))
        assert int(part.get("tests")) == len(cases)
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(part.get(attribute, 0)) == sum(case.find(tag) is not None for case in cases) or part is root
    return root


def outcomes(root):
    return {
        (case.get("classname"), case.get("name")): next((each.tag for each in case if each.tag in TAGS), "well")
        for case in root.iter("testcase")
    }


def agrees(root, code):
    """Whether a CI server comes to the verdict of the exit code."""
    failures, errors = int(root.get("failures")), int(root.get("errors"))
    if code is ExitCode.OK:
        return failures == errors == 0
    return failures > 0 if code is ExitCode.FAILED else errors > 0


@pytest.mark.parametrize("strict", [False, True])
def test_a_real_run_holds_to_the_schema(strict):
    root = read(as_junit(RECORDED, strict=strict))
    assert len(root.findall(".//testcase")) == len(RECORDED.measurements)
    assert agrees(root, measurement.exit_code(RECORDED, strict=strict))


def test_a_suite_is_a_device_and_a_case_is_a_kernel(make_run):
    root = read(as_junit(make_run(measured(), row("dispatch", "cpu", Status.SKIP))))
    suite, other = root.findall("testsuite")
    assert (suite.get("name"), suite.get("hostname"), other.get("name")) == ("gpu:0", "test", "cpu")
    assert suite.get("timestamp") == "2026-01-01T00:00:00.000Z"
    assert outcomes(root) == {
        ("netmind.bench.gpu:0", "gemm.fp32"): "well",
        ("netmind.bench.cpu", "dispatch"): "skipped",
    }
    assert (float(suite.get("time")), other.get("time")) == (3.75, None)


def test_the_figures_are_properties_of_the_suite_and_output_of_the_case(make_run):
    root = read(as_junit(make_run(measured(elapsed_s=9.0))))
    properties = {each.get("name"): each.get("value") for each in root.iter("property")}
    assert float(properties["gemm.fp32.value"]) == 1.5e12
    assert properties["gemm.fp32.unit"] == "FLOP/s"
    assert properties["gemm.fp32.phase"] == "burst"
    assert properties["gemm.fp32.cv"] == "0.01"
    assert (properties["device"], properties["onnxruntime"], properties["seed"]) == ("Test GPU", "1.30", "7")
    assert "unit: FLOP/s" in root.find(".//testcase/system-out").text
    assert float(root.find(".//testcase").get("time")) == 9.0


def test_what_was_not_measured_has_a_reason_and_no_figure(make_run):
    because = (Because(Reason.WORKER_KILLED, "the worker was killed"),)
    root = read(as_junit(make_run(row(status=Status.ERROR, reasons=because))))
    error = root.find(".//error")
    assert (error.get("type"), error.get("message")) == ("worker-killed", "the worker was killed")
    assert not [each for each in root.iter("property") if each.get("name").startswith("gemm.fp32")]
    assert root.find(".//testcase").get("time") is None


def test_a_doubtful_kernel_fails_only_where_strictness_was_asked_for(make_run):
    because = (Because(Reason.NOT_CONVERGED, "spread 11 %"),)
    run = make_run(measured(status=Status.UNSTABLE, reasons=because))
    lenient, strict = read(as_junit(run)), read(as_junit(run, strict=True))
    assert "spread 11 %" in lenient.find(".//testcase/system-out").text
    assert strict.find(".//failure").get("message") == "spread 11 %"
    assert list(outcomes(lenient).values()) == ["well"]


@pytest.mark.parametrize("stopped", ["interrupted", "terminated", "timed-out"])
def test_a_run_that_was_cut_short_is_an_error_of_its_own(make_run, stopped):
    root = read(as_junit(make_run(measured(), stopped=stopped)))
    assert outcomes(root)["netmind.bench.run", "completed"] == "error"
    assert outcomes(root)["netmind.bench.gpu:0", "gemm.fp32"] == "well"
    assert root.find(".//error").get("type") == stopped


@pytest.mark.parametrize("rows", [(), (row(status=Status.SKIP),)])
def test_a_run_that_measured_nothing_is_an_error(make_run, rows):
    assert outcomes(read(as_junit(make_run(*rows))))["netmind.bench.run", "measured"] == "error"


def test_a_kernel_that_was_measured_twice_is_two_cases(make_run):
    root = read(as_junit(make_run(measured(), alone=(measured(status=Status.FAIL),))))
    assert outcomes(root) == {
        ("netmind.bench.gpu:0", "gemm.fp32"): "well",
        ("netmind.bench.gpu:0", "gemm.fp32 (alone)"): "failure",
    }


def test_a_finding_that_made_the_verdict_is_a_case_and_any_other_is_told(make_run):
    finding = Finding(id="ecc-uncorrected", title="3 errors", status=Status.FAIL, device="gpu:0", remediation="reset")
    told = read(as_junit(make_run(measured(), findings=(finding,))))
    assert "fix: reset" in told.find("testsuite/system-out").text
    assert int(told.get("failures")) == 0
    judged = read(as_junit(make_run(measured(), findings=(finding,), verdict=Status.FAIL)))
    assert outcomes(judged)["netmind.bench.gpu:0", "ecc-uncorrected"] == "failure"
    assert judged.find("testsuite/system-out") is None


statuses = st.sampled_from(Status)
rows_of_any = st.lists(
    st.builds(
        row,
        kernel=st.sampled_from(["gemm.fp32", "dispatch"]),
        device=st.sampled_from(["gpu:0", "cpu"]),
        status=statuses,
    ),
    max_size=4,
)
findings_of_any = st.lists(
    st.builds(
        Finding,
        id=st.just("finding"),
        title=st.just("title"),
        status=statuses,
        device=st.sampled_from([None, "gpu:0", "gpu:7"]),
    ),
    max_size=3,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=rows_of_any,
    alone=rows_of_any,
    findings=findings_of_any,
    judges_findings=st.booleans(),
    stopped=st.sampled_from([None, "interrupted"]),
    strict=st.booleans(),
)
def test_a_run_of_any_outcome_says_what_its_exit_code_says(
    make_run, rows, alone, findings, judges_findings, stopped, strict
):
    judged = [each.status for each in (*rows, *alone, *(findings if judges_findings else ()))]
    run = make_run(*rows, alone=tuple(alone), findings=tuple(findings), stopped=stopped, verdict=worst(judged))
    assert agrees(read(as_junit(run, strict=strict)), measurement.exit_code(run, strict=strict))


@given(findings=findings_of_any, strict=st.booleans())
def test_a_diagnosis_of_any_outcome_says_what_its_exit_code_says(findings, strict):
    root = read(diagnosis_as_junit(diagnosis(*findings), strict=strict))
    assert agrees(root, doctor.exit_code(findings, strict=strict))
    assert len(root.findall(".//testcase")) == len(findings)


def test_a_finding_is_a_case_of_its_device_with_its_fix():
    worn = Finding(
        id="ecc", title="errors", status=Status.FAIL, device="gpu:0", remediation="reset it", action=Action.RESET
    )
    root = read(diagnosis_as_junit(diagnosis(worn, Finding(id="clock", title="drifts", status=Status.WARN))))
    assert outcomes(root) == {("netmind.doctor.gpu:0", "ecc"): "failure", ("netmind.doctor.host", "clock"): "well"}
    failure = root.find(".//failure")
    assert (failure.get("type"), failure.get("message")) == ("ecc", "errors")
    assert failure.text.splitlines() == ["fail ecc: errors", "fix: reset it", "action: reset"]


def test_a_device_that_was_asked_for_in_vain_is_an_error():
    root = read(diagnosis_as_junit(diagnosis(), ["gpu:7"]))
    assert outcomes(root) == {("netmind.doctor.gpu:7", "device-absent"): "error"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(exclude_categories=())) | st.just(EVIL))
def test_a_message_of_any_characters_does_not_break_the_document(make_run, text):
    because = (Because(Reason.KERNEL_CRASHED, text or "x"),)
    run = make_run(row(status=Status.ERROR, reasons=because), devices=(Device(id="gpu:0", kind="gpu", name=text),))
    message = read(as_junit(run)).find(".//error").get("message")
    survivors = [
        [each for each in words if each.isprintable() and each != "\ufffd"] for words in (message, text or "x")
    ]
    assert survivors[0] == survivors[1]


def test_what_is_legal_survives_and_what_is_not_is_marked(make_run):
    because = (Because(Reason.KERNEL_CRASHED, EVIL),)
    error = read(as_junit(make_run(row(status=Status.ERROR, reasons=because)))).find(".//error")
    # A reader makes every end of a line a line feed; inside an attribute it was written as a number.
    assert error.get("message").replace("\r\n", "\n") == 'a "b" & <c> ]]> \\ ��[31m��� \n\té 😀'


@pytest.fixture(scope="module")
def jenkins_schema():
    """What the Jenkins xunit plugin accepts; the file holds its licence."""
    return xmlschema.XMLSchema(TESTS / "schema/junit-10.xsd")


def test_the_schema_of_jenkins_accepts_every_kind_of_document(make_run, jenkins_schema):
    every = [row(f"kernel.{status}", status=status, reasons=(Because(Reason.THROTTLED, EVIL),)) for status in Status]
    finding = Finding(id="finding", title=EVIL, status=Status.FAIL, device="gpu:0", evidence=EVIL)
    run = make_run(*every, measured(), alone=(measured(),), findings=(finding,), stopped="interrupted")
    for strict in (False, True):
        jenkins_schema.validate(as_junit(RECORDED, strict=strict))
        jenkins_schema.validate(as_junit(run, strict=strict))
        jenkins_schema.validate(as_junit(make_run(), strict=strict))
        jenkins_schema.validate(diagnosis_as_junit(diagnosis(finding), [EVIL], strict=strict))
        jenkins_schema.validate(diagnosis_as_junit(diagnosis(), strict=strict))
