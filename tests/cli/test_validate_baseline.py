"""``netmind validate --baseline`` as CI jobs run it: a gate over an earlier run, and what is kept for the next one."""

import json
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import xmlschema
from prometheus_client.parser import text_string_to_metric_families

from netmind_tui.bench.store import keep
from netmind_tui.cli import validate_run
from netmind_tui.document import convert, schema
from netmind_tui.model.measurement import Run

XSD = xmlschema.XMLSchema(Path(__file__).parents[1] / "schema/junit.xsd")
SMALL = """schema = "netmind.requirements/1"
name = "a"
title = "A"
[[requirement]]
id = "cores"
metric = "host.cores"
operator = ">="
value = "1 core"
"""
SHARE = """
[[requirement]]
id = "share"
metric = "kernel.gemm.fp32"
devices = "cpu"
relative_to = "baseline"
operator = ">="
value = "{value}"
"""
KERNELS = ("gemm.fp32", "gemm.int8")


def steady(row, pace):
    """The same measurement on a quiet machine, at another pace."""
    value = row["value"] * pace
    ends = {"ci95": [0.999 * value, 1.001 * value], "p5": 0.997 * value, "p95": 1.003 * value}
    plain = {"samples": [value] * row["n"], "status": "pass", "reasons": [], "other_cpu_util_pct": 0.0}
    return row | {"value": value, "mad": 0.001 * value, "cv": 0.002} | ends | plain


class Machine:
    """A quiet machine of its own, whose runs are those that the test says, one after the other."""

    def __init__(self, user, recorded, tmp_path):
        self.user, self._recorded, self._folder = user, recorded, tmp_path
        self.wishes = []
        self.paces = [1.0]
        self.changes = {}

    def run(self, pace=1.0, **changes):
        """A run of two kernels, of which one has that pace."""
        run = self._recorded(**changes)
        run["host"]["boundaries"] = {}
        run["devices"] = [device | {"uuid": None} for device in run["devices"]]
        run["measurements"] = [
            steady(row, pace if row["kernel"] == KERNELS[0] else 1.0)
            for row in run["measurements"]
            if row["kernel"] in KERNELS
        ]
        run["capacity"], run["verdict"] = [], "pass"
        return run

    def file(self, pace=1.0, name="base.json", **changes):
        """A baseline file."""
        path = self._folder / name
        path.write_text(json.dumps(self.run(pace, ago=timedelta(hours=1)) | changes))
        return path

    def measure(self, wishes):
        self.wishes.append(wishes)
        pace = self.paces[min(len(self.wishes), len(self.paces)) - 1]
        document = self.run(pace, ago=timedelta(milliseconds=10)) | {"suite": wishes.suite} | self.changes
        run = convert(document, Run)
        if run.measurements:
            keep(run, self.user.home / ".local/state/netmind/runs")
        return run

    def __call__(self, *arguments, paces=(1.0,), **changes):
        self.wishes, self.paces, self.changes = [], paces, changes
        return self.user("validate", *arguments)


@pytest.fixture
def machine(node, recorded, monkeypatch, tmp_path):
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "NETMIND_CONFIG", "NETMIND_KERNELS"):
        monkeypatch.delenv(name, raising=False)
    found = Machine(node("ci"), recorded, tmp_path)
    monkeypatch.setattr(validate_run, "_measure", found.measure)
    return found


@pytest.fixture
def wanted(tmp_path):
    path = tmp_path / "a.toml"
    path.write_text(SMALL)
    return path


def statuses(done):
    document = done.document
    jsonschema.Draft202012Validator(schema("validation")).validate(document)
    return {each["id"]: each["status"] for each in document["judgements"]}


def record(done, id_):
    return next(each for each in done.document["judgements"] if each["id"] == id_)


def test_a_run_as_fast_as_its_baseline_passes(machine):
    done = machine("--baseline", machine.file(), "--json")
    assert done.code == 0, done.out
    passed = dict.fromkeys(("correctness", "baseline", "baseline.gemm.fp32", "baseline.gemm.int8"), "pass")
    assert statuses(done) == passed
    assert done.document["requirements"] is None
    assert done.document["baseline"]["threshold"] == 0.05
    assert [wish.kernels for wish in machine.wishes] == [("gemm.fp32@1", "gemm.int8@1")]


def test_a_regression_is_claimed_when_it_shows_again_and_only_then(machine):
    base = machine.file()
    again = machine("--baseline", base, "--json", paces=(0.8, 0.8))
    assert (again.code, statuses(again)["baseline.gemm.fp32"]) == (1, "fail")
    assert machine.wishes[1].kernels == ("gemm.fp32@1",)
    assert machine.wishes[1].devices == ("cpu",)
    assert "slower than the baseline, so measured again: gemm.fp32 on cpu" in again.err
    assert record(again, "baseline.gemm.fp32")["remediation"]
    assert record(again, "baseline.gemm.fp32")["action"] == "ask-owner"
    assert again.document["baseline"]["again_run"]

    once = machine("--baseline", base, "--json", paces=(0.8, 1.0))
    assert (once.code, statuses(once)["baseline.gemm.fp32"], len(machine.wishes)) == (0, "pass", 2)


def test_the_threshold_is_what_somebody_says(machine):
    base = machine.file()
    assert machine("--baseline", base, "--threshold", "40", paces=(0.8,)).code == 0
    assert len(machine.wishes) == 1
    assert machine("--baseline", base, "--threshold", "2", paces=(0.9, 0.9)).code == 1


def test_a_changed_condition_warns_and_offers_a_new_baseline(machine):
    base = machine.file(environment={"onnxruntime": "1.20.0", "python": "3.11.2"})
    for arguments, code in (((), 0), (("--strict",), 1)):
        done = machine("--baseline", base, "--json", *arguments)
        assert (done.code, statuses(done)["baseline"]) == (code, "warn")
        said = record(done, "baseline")
        assert "conditions changed" in said["summary"]
        assert "onnxruntime 1.20.0 →" in said["summary"]
        assert "--rebaseline" in said["remediation"]
        assert [each["what"] for each in done.document["baseline"]["conditions"]][:1] == ["onnxruntime"]
    slow = machine("--baseline", base, "--json", paces=(0.7, 0.7))
    assert (slow.code, statuses(slow)["baseline.gemm.fp32"]) == (0, "warn")

    assert machine("--baseline", base, "--rebaseline", "--json").code == 0
    assert statuses(machine("--baseline", base, "--json"))["baseline"] == "pass"


def test_a_baseline_and_requirements_are_judged_together(machine, wanted, tmp_path):
    base = machine.file()
    both = machine(wanted, "--baseline", base, "--json")
    assert both.code == 0
    assert {"cores", "correctness", "baseline", "baseline.gemm.fp32"} <= set(statuses(both))
    assert both.document["against"]["suite"] == "quick"
    assert both.document["against"]["suite_reason"] == "the baseline was measured so"
    assert machine(wanted, "--baseline", base, paces=(0.7, 0.7)).code == 1
    hard = tmp_path / "hard.toml"
    hard.write_text(SMALL.replace("1 core", "4096 cores"))
    assert machine(hard, "--baseline", base).code == 1


def test_a_requirement_may_be_relative_to_the_baseline(machine, tmp_path):
    path = tmp_path / "share.toml"
    for value, pace, code in (("98 %", 1.0, 0), ("98 %", 0.97, 1), ("95 %", 0.97, 0)):
        path.write_text(SMALL + SHARE.format(value=value))
        done = machine(path, "--baseline", machine.file(), "--json", paces=(pace,))
        assert (done.code, record(done, "share")["actual"]) == (code, pytest.approx(pace))
    done = machine(path, "--write-baseline", tmp_path / "b.json", "--json")
    assert (done.code, statuses(done)["share"]) == (3, "error")
    assert "--baseline" in record(done, "share")["remediation"]


def test_a_run_that_passes_is_written_as_a_baseline_and_others_are_not(machine, tmp_path):
    path = tmp_path / "new.json"
    done = machine("--write-baseline", path)
    assert (done.code, f"written as a baseline: {path}" in done.err) == (0, True)
    assert machine("--baseline", path).code == 0
    before = path.read_bytes()
    slow = machine("--baseline", path, "--write-baseline", path, paces=(0.7, 0.7))
    assert (slow.code, path.read_bytes() == before) == (1, True)
    assert "not written: baseline.gemm.fp32 is fail" in slow.err
    disturbed = machine.run()
    for row in disturbed["measurements"]:
        row["other_cpu_util_pct"] = 60.0
    busy = machine("--write-baseline", path, measurements=disturbed["measurements"])
    assert (path.read_bytes() == before, "was disturbed" in busy.err) == (True, True)


def test_the_last_good_run_is_the_baseline_until_a_better_one_is_kept(machine):
    first = machine("--baseline", "last-good", "--json")
    assert (first.code, statuses(first)["baseline"]) == (3, "error")
    assert "--rebaseline" in record(first, "baseline")["remediation"]

    begun = machine("--baseline", "last-good", "--rebaseline", "--json")
    assert (begun.code, statuses(begun)["baseline"]) == (0, "pass")
    good = begun.document["against"]["name"]
    slow = machine("--baseline", "last-good", "--json", paces=(0.8, 0.8))
    assert (slow.code, slow.document["baseline"]["runs"]) == (1, [good])
    # Neither of the two slow runs is what the next one is held against, nor one with a suspicion.
    doubtful = machine("--baseline", "last-good", "--json", paces=(0.8, 1.0))
    assert (doubtful.code, doubtful.document["baseline"]["runs"]) == (0, [good])
    well = machine("--baseline", "last-good", "--json")
    assert (well.code, well.document["baseline"]["runs"]) == (0, [good])
    after = machine("--baseline", "last-good", "--json")
    assert after.document["baseline"]["runs"] == [well.document["against"]["name"]]


def test_damaged_records_cost_a_warning_and_not_the_gate(machine):
    good = machine("--baseline", "last-good", "--rebaseline", "--json").document["against"]["name"]
    bad = machine("--baseline", "last-good", "--json", paces=(0.8, 0.8)).document["against"]["name"]
    folder = machine.user.home / ".local/state/netmind/verdicts"
    (folder / f"{bad}.json").write_bytes(b"\xff\0")
    done = machine("--baseline", "last-good", "--json")
    assert (done.code, done.document["baseline"]["runs"]) == (0, [good])
    assert "left out" in done.err


def test_a_run_that_is_not_well_does_not_become_the_baseline(machine, tmp_path):
    base = machine.file()
    before = base.read_bytes()
    hard = tmp_path / "hard.toml"
    hard.write_text(SMALL.replace("1 core", "4096 cores"))
    done = machine(hard, "--baseline", base, "--rebaseline", "--json")
    assert (done.code, base.read_bytes() == before) == (1, True)
    assert "did not become the baseline" in record(done, "baseline")["summary"]
    stopped = machine("--baseline", base, "--rebaseline", stopped="interrupted")
    assert (stopped.code, base.read_bytes() == before) == (130, True)


def test_a_baseline_of_another_machine_is_one_sentence_and_could_not_be_measured(machine):
    base = machine.file()
    run = json.loads(base.read_text())
    run["host"]["hostname"] = "elsewhere"
    base.write_text(json.dumps(run))
    done = machine("--baseline", base, "--json")
    assert (done.code, statuses(done)) == (3, {"correctness": "pass", "baseline": "error"})
    assert "is of another machine (elsewhere" in record(done, "baseline")["summary"]
    assert "--rebaseline" in record(done, "baseline")["remediation"]


def test_a_run_that_was_stopped_is_held_against_nothing(machine):
    done = machine("--baseline", machine.file(), "--json", stopped="timed-out")
    assert (done.code, statuses(done)["baseline"]) == (124, "error")


def test_a_folder_of_runs_is_a_series(machine, tmp_path):
    folder = tmp_path / "series"
    folder.mkdir()
    for number in range(4):
        (folder / f"{number}.json").write_text(
            json.dumps(machine.run(ago=timedelta(hours=number + 1)) | {"run_id": f"r{number}"})
        )
    (folder / "broken.json").write_text("{")
    done = machine("--baseline", folder, "--json")
    assert (done.code, len(done.document["baseline"]["runs"])) == (0, 4)
    assert "left out" in done.err


def test_every_format_says_what_became_slower_and_what_to_do(machine, monkeypatch, tmp_path):
    base = machine.file(environment={"onnxruntime": "1.20.0"}, name="other.json")
    told = {}
    for form in ("table", "json", "junit", "markdown", "prometheus"):
        done = machine("--baseline", machine.file(), "--format", form, paces=(0.8, 0.8))
        assert done.code == 1
        told[form] = done.out
    XSD.validate(told["junit"])
    failure = ET.fromstring(told["junit"]).find(".//failure")  # noqa: S314 - our own document
    assert "slower twice" in failure.get("message")
    assert "netmind doctor" in failure.text
    samples = {each.name: each for each in text_string_to_metric_families(told["prometheus"])}
    failing = [
        sample.labels["id"]
        for sample in samples["netmind_validate_requirement_status"].samples
        if sample.labels["status"] == "fail" and sample.value
    ]
    assert failing == ["baseline.gemm.fp32"]
    for form in ("table", "markdown"):
        assert "conditions: the same" in told[form]
        assert "slower twice" in told[form]
        assert "--rebaseline makes this run the baseline" in " ".join(told[form].split())
    for form in ("table", "markdown"):
        assert "onnxruntime: 1.20.0" in machine("--baseline", base, "--format", form).out

    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    done = machine("--baseline", machine.file(), paces=(0.8, 0.8))
    assert "::error title=netmind fail%3A baseline.gemm.fp32 on cpu::" in done.err
    assert "baseline.gemm.fp32" in summary.read_text()


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        (None, "no such file"),
        ("", "is empty"),
        ("{", "is not valid JSON"),
        ('{"schema": "netmind.result/1"}', "expected schema netmind.bench/1, found netmind.result/1"),
        ('{"schema": "netmind.bench/1"}', "a complete netmind.bench/1 document is expected"),
        ('{"schema": "netmind.bench/2"}', "expected schema netmind.bench/1, found netmind.bench/2"),
        ("[" * 100_000, "netmind.bench/1"),
    ],
)
def test_a_baseline_that_cannot_be_read_is_found_before_anything_is_measured(machine, tmp_path, contents, words):
    path = tmp_path / "bad.json"
    if contents is not None:
        path.write_text(contents)
    done = machine("--baseline", path)
    assert (done.code, done.out, machine.wishes) == (2, "", [])
    assert words in done.err
    assert str(path) in done.err
    assert len(done.err.splitlines()) == 1
    new = machine("--baseline", path, "--rebaseline")
    assert (new.code, machine("--baseline", path).code) == (0, 0)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--threshold", "3"), "--threshold without --baseline"),
        (("cpu-runner", "--rebaseline"), "--rebaseline without --baseline"),
        (("cpu-runner", "--run", "last", "--baseline", "x"), "--baseline is for a run that is made now"),
        (
            ("cpu-runner", "--certificate", "x", "--write-baseline", "y"),
            "--write-baseline is for a run that is made now",
        ),
        (("--baseline", "last-good", "--threshold", "-1"), "--threshold -1.0: a number of per cent is expected"),
        (("--baseline", "last-good", "--threshold", "nan"), "--threshold nan: a number of per cent is expected"),
        (("--baseline", "last-good", "--threshold", "x"), "x"),
        (("--write-baseline", "/nowhere/x"), "cannot write /nowhere/x"),
        (("--baseline", "/nowhere/x", "--rebaseline"), "cannot write /nowhere/x"),
        (("--baseline", "20200101"), "--baseline: 20200101: there is no such file and no such run"),
        (("--list", "--baseline", "last-good"), "--list shows the profiles"),
    ],
)
def test_a_wish_that_cannot_be_is_one_sentence(machine, arguments, words):
    done = machine(*arguments)
    assert (done.code, done.out, machine.wishes) == (2, "", [])
    assert words in done.err
    assert len(done.err.splitlines()) == 1


def test_a_folder_cannot_be_made_the_baseline(machine, tmp_path):
    done = machine("--baseline", tmp_path, "--rebaseline")
    assert (done.code, machine.wishes, "it is a folder" in done.err) == (2, [], True)


def test_no_requirement_takes_the_place_of_the_gate(machine, tmp_path):
    path = tmp_path / "a.toml"
    for name in ("baseline", "baseline.gemm.fp32"):
        path.write_text(SMALL.replace('"cores"', f'"{name}"'))
        done = machine(path)
        assert (done.code, "that is what --baseline judges" in done.err) == (2, True)
