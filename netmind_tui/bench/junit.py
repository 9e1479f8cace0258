"""A run and a diagnosis as JUnit XML, which CI servers show: what the exit code says, the cases say too.

Keeps to what every release of the Jenkins xunit plugin's ``junit-10.xsd`` knows. Cases have no properties there: the
figures are properties of their suite, named by the kernel, and the output of their case.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from netmind_tui.bench.report import row
from netmind_tui.model.doctor import Diagnosis
from netmind_tui.model.finding import Action, Finding, Status, worst
from netmind_tui.model.measurement import Measurement, Run

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TAGS = {Status.FAIL: "failure", Status.ERROR: "error", Status.SKIP: "skipped"}
_FIGURES = (
    "value",
    "unit",
    "phase",
    "n",
    "cv",
    "ci95_low",
    "ci95_high",
    "burst",
    "efficiency",
    "energy_j",
    "threads",
    "shape",
    "precision",
    "provider",
    "verified",
    "kernel_version",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One case: ``kind`` is a word for why, ``message`` one sentence, ``told`` everything else there is to say."""

    name: str
    status: Status
    kind: str = ""
    message: str = ""
    told: str = ""
    time_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Suite:
    """The cases of one device, or of what concerns no device."""

    name: str
    timestamp: str
    hostname: str | None = None
    properties: dict[str, str]
    cases: Sequence[_Case]
    told: str = ""


def as_junit(run: Run, *, strict: bool = False) -> str:
    """A suite a device and a case a kernel.

    What else the command may end with is a case too: that it was stopped, that nothing was measured, and the findings
    where they made the verdict. With ``strict`` what is doubtful is a failure.
    """
    decisive = run.findings if run.verdict != worst([m.status for m in (*run.measurements, *run.alone)]) else ()
    devices = dict.fromkeys(m.device for m in (*run.measurements, *run.alone))
    suites = [_device_suite(run, device, [each for each in decisive if each.device == device]) for device in devices]
    cases = [*_run_cases(run), *(_finding_case(each) for each in decisive if each.device not in devices)]
    if cases:
        suites.append(_suite(run, "run", cases, {}, _told(each for each in run.findings if each not in decisive)))
    return _document("netmind.bench", suites, strict=strict)


def diagnosis_as_junit(diagnosis: Diagnosis, missing: Sequence[str] = (), *, strict: bool = False) -> str:
    """A suite a device and one for the host, a case a finding; a device that was asked for in vain is an error."""
    groups: dict[str, list[_Case]] = {}
    for finding in diagnosis.findings:
        groups.setdefault(finding.device or "host", []).append(_finding_case(finding))
    for name in missing:
        sentence = f"{name}: this machine has no such device"
        case = _Case(name="device-absent", status=Status.ERROR, kind="device-absent", message=sentence)
        groups.setdefault(name, []).append(case)
    properties = {
        "version": diagnosis.tool.version,
        "verdict": diagnosis.verdict,
        "action": diagnosis.action,
    }
    suites = [
        _Suite(name=name, timestamp=diagnosis.generated_at, properties=properties, cases=cases)
        for name, cases in groups.items()
    ]
    return _document("netmind.doctor", suites, strict=strict)


def findings_as_junit(
    tool: str, findings: Iterable[Finding], *, timestamp: str, properties: dict[str, str], strict: bool = False
) -> str:
    """A suite a device and one for the machine, a case a finding; ``tool`` is the first part of every class's name."""
    groups: dict[str, list[_Case]] = {}
    for finding in findings:
        groups.setdefault(finding.device or "machine", []).append(_finding_case(finding))
    suites = [
        _Suite(name=name, timestamp=timestamp, properties=properties, cases=cases) for name, cases in groups.items()
    ]
    return _document(tool, suites, strict=strict)


def _device_suite(run: Run, device: str, decisive: Sequence[Finding]) -> _Suite:
    found = next((each for each in run.devices if each.id == device), None)
    properties = {} if found is None else {"device": found.name or "", "kind": found.kind}
    cases = []
    for rows, suffix in ((run.measurements, ""), (run.alone, " (alone)")):
        for m in rows:
            if m.device == device:
                name = m.kernel + suffix
                properties |= {f"{name}.{figure}": text for figure, text in _figures(run, m).items()}
                cases.append(_kernel_case(run, m, name))
    cases += [_finding_case(each) for each in decisive]
    told = _told(each for each in run.findings if each.device in (None, device) and each not in decisive)
    return _suite(run, device, cases, properties, told)


def _suite(run: Run, name: str, cases: Sequence[_Case], properties: dict[str, str], told: str) -> _Suite:
    common = {"run_id": run.run_id, "suite": run.suite, "seed": str(run.seed), "version": run.tool.version}
    common |= {"onnxruntime": run.environment.onnxruntime} if run.environment.onnxruntime else {}
    return _Suite(
        name=name,
        timestamp=run.started_at,
        hostname=run.host.hostname,
        properties=common | properties,
        cases=cases,
        told=told,
    )


def _run_cases(run: Run) -> Iterator[_Case]:
    """What the command ends with besides its kernels."""
    if run.stopped:
        message = f"the run was {run.stopped.replace('-', ' ')}: what was finished is kept"
        yield _Case(name="completed", status=Status.ERROR, kind=run.stopped, message=message)
    if all(m.status is Status.SKIP for m in run.measurements):
        message = "no kernel was measured"
        yield _Case(name="measured", status=Status.ERROR, kind="nothing-measured", message=message)


def _kernel_case(run: Run, m: Measurement, name: str) -> _Case:
    lines = [f"{figure}: {text}" for figure, text in _figures(run, m).items()]
    lines += [f"{because.id}: {because.detail}" for because in m.reasons]
    return _Case(
        name=name,
        status=m.status,
        kind=m.reasons[0].id if m.reasons else m.status,
        message="; ".join(because.detail for because in m.reasons) or m.status,
        told="\n".join(lines),
        time_s=m.elapsed_s if m.elapsed_s is not None else _timed_s(m),
    )


def _timed_s(m: Measurement) -> float | None:
    """Where the whole time was not kept: that of its phases."""
    timed = m.timed
    return None if timed is None else timed.setup_s + timed.cold_s + timed.warm_up_s + timed.window_s


def _figures(run: Run, m: Measurement) -> dict[str, str]:
    """What is known of a measurement, as CSV would write it; nothing where nothing was measured."""
    known = row(m, run.run_id) if m.value is not None else {}
    return {name: str(known[name]) for name in _FIGURES if known.get(name) not in (None, "")}


def _finding_case(finding: Finding) -> _Case:
    return _Case(name=finding.id, status=finding.status, kind=finding.id, message=finding.title, told=_told((finding,)))


def _told(findings: Iterable[Finding]) -> str:
    lines = []
    for each in findings:
        lines.append(f"{each.status} {each.id}: {each.title}")
        lines += [f"evidence: {each.evidence}"] if each.evidence else []
        lines += [f"fix: {each.remediation}"] if each.remediation else []
        lines += [f"action: {each.action}"] if each.action is not Action.NONE else []
    return "\n".join(lines)


def _document(name: str, suites: Sequence[_Suite], *, strict: bool) -> str:
    root = ET.Element("testsuites", name=name)
    for suite in suites:
        root.append(_suite_element(name, suite, strict=strict))
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(each.attrib[count]) for each in root)))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite_element(tool: str, suite: _Suite, *, strict: bool) -> ET.Element:
    element = ET.Element("testsuite", name=_legal(suite.name), timestamp=suite.timestamp)
    if suite.hostname is not None:
        element.set("hostname", _legal(suite.hostname))
    properties = ET.SubElement(element, "properties")
    for name, value in suite.properties.items():
        ET.SubElement(properties, "property", name=_legal(name), value=_legal(value))
    tags = [_add_case(element, f"{tool}.{suite.name}", case, strict=strict) for case in suite.cases]
    counts = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    element.set("tests", str(len(tags)))
    for attribute, tag in counts.items():
        element.set(attribute, str(tags.count(tag)))
    times = [case.time_s for case in suite.cases if case.time_s is not None]
    if times:
        element.set("time", _seconds(sum(times)))
    if suite.told:
        ET.SubElement(element, "system-out").text = _legal(suite.told)
    return element


def _add_case(suite: ET.Element, classname: str, case: _Case, *, strict: bool) -> str | None:
    """Add a case to its suite; the answer is how it went, ``None`` for well."""
    element = ET.SubElement(suite, "testcase", classname=_legal(classname), name=_legal(case.name))
    if case.time_s is not None:
        element.set("time", _seconds(case.time_s))
    doubtful = case.status in (Status.WARN, Status.UNSTABLE)
    tag = "failure" if doubtful and strict else _TAGS.get(case.status)
    if tag is not None:
        ET.SubElement(element, tag, type=_legal(case.kind), message=_legal(case.message)).text = _legal(case.told)
    elif case.told:
        ET.SubElement(element, "system-out").text = _legal(case.told)
    return tag


def _seconds(time_s: float) -> str:
    return f"{time_s:.3f}"  # the plugin refuses a fourth decimal


def _legal(text: str) -> str:
    """Text without the characters that no XML document may hold, not even escaped."""
    return _ILLEGAL.sub("\ufffd", text)
