"""``netmind validate`` as people and CI jobs run it: on this machine, on kept runs, and on certificates."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import xmlschema
from prometheus_client.parser import text_string_to_metric_families

from netmind_tui.document import schema

NETMIND = (sys.executable, "-P", "-m", "netmind_tui")
XSD = xmlschema.XMLSchema(Path(__file__).parents[1] / "schema/junit.xsd")
HEAD = 'schema = "netmind.requirements/1"\nname = "a"\ntitle = "A"\n'
SMALL = """
[[requirement]]
id = "cores"
metric = "host.cores"
operator = ">="
value = "1 core"
[[requirement]]
id = "memory"
metric = "host.memory"
operator = ">"
value = "0.5 GiB"
"""
LARGE = """
[[requirement]]
id = "memory"
title = "More memory than anybody has"
metric = "host.memory"
operator = ">="
value = "900 TiB"
severity = "{severity}"
purpose = "to see it fail"
"""
SPEED = """
[[requirement]]
id = "speed"
metric = "kernel.{kernel}"
devices = "cpu"
operator = ">="
value = "{value}"
"""


@pytest.fixture
def ci(node, hasty_kernels, monkeypatch):
    """A user on a CI server; what the server itself runs on must not show, and measuring is short."""
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "NETMIND_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETMIND_KERNELS", str(hasty_kernels))
    return node("ci")


@pytest.fixture
def kept(ci, recorded):
    """The id of a kept run."""
    return ci.keep(recorded())


@pytest.fixture
def file(tmp_path):
    """Write a document of requirements."""

    def write(*requirements, head=HEAD, name="a.toml"):
        path = tmp_path / name
        path.write_text(head + "".join(requirements))
        return path

    return write


def statuses(done):
    document = done.document
    jsonschema.Draft202012Validator(schema("validation")).validate(document)
    return {each["id"]: each["status"] for each in document["judgements"]}


def large(severity="fail"):
    return LARGE.format(severity=severity)


def test_this_machine_passes_fails_or_has_no_gpu_to_ask_for(ci, file):
    passed = ci("validate", file(SMALL), "--json")
    assert (passed.code, statuses(passed)) == (0, {"correctness": "pass", "cores": "pass", "memory": "pass"})
    assert "suite preflight: it shows everything that is required" in passed.err
    assert passed.document["against"]["suite"] == "preflight"

    failed = ci("validate", file(large(), name="large.toml"), "--run", "last", "--json")
    assert (failed.code, statuses(failed)["memory"]) == (1, "fail")

    asked = ci("validate", "consumer-gpu", "--json")
    assert asked.code == 3, asked.out
    assert statuses(asked)["gpu"] == "error"
    assert "quick is the first suite to show" in asked.err
    for done in (failed, asked):
        for each in done.document["judgements"]:
            if each["status"] != "pass":
                assert each["remediation"]
                assert each["action"] != "none"
                assert each["summary"]


@pytest.mark.parametrize(("strict", "code"), [((), 0), (("--strict",), 1)])
def test_a_warning_fails_only_where_it_is_asked_to(ci, kept, file, strict, code):
    done = ci("validate", file(large("warn")), "--run", kept, "--json", *strict)
    assert (done.code, statuses(done)["memory"]) == (code, "warn")


def test_a_kept_run_is_held_against_kernels_and_the_worst_code_wins(ci, kept, file):
    unknown = SPEED.format(kernel="gemm.fp16", value="1 TFLOP/s")
    good = SPEED.format(kernel="gemm.fp32@1", value="1 GFLOP/s").replace('"speed"', '"net"')
    done = ci("validate", file(good, unknown), "--run", kept, "--json")
    assert done.code == 3
    assert statuses(done) == {"correctness": "pass", "net": "pass", "speed": "error"}
    assert ci("validate", file(good, unknown, large()), "--run", kept).code == 1


def test_every_format_says_the_same(ci, kept, file, tmp_path):
    path = file(SMALL.replace('"memory"', '"ram"', 1), large(), SPEED.format(kernel="gemm.fp16", value="1 TFLOP/s"))
    told = {}
    for form in ("table", "json", "junit", "markdown", "prometheus"):
        done = ci("validate", path, "--run", kept, "--format", form, "-o", tmp_path / form)
        assert (done.code, done.out) == (1, "")
        told[form] = (tmp_path / form).read_text()

    XSD.validate(told["junit"])
    root = ET.fromstring(told["junit"])  # noqa: S314 - our own document
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("5", "1", "1")
    failure = root.find(".//failure")
    assert "900 TiB" in failure.get("message")
    assert "fix: give it more memory" in failure.text
    metrics = {metric.name: metric for metric in text_string_to_metric_families(told["prometheus"])}
    failing = [
        sample.labels["id"]
        for sample in metrics["netmind_validate_requirement_status"].samples
        if sample.labels["status"] == "fail" and sample.value
    ]
    assert failing == ["memory"]
    assert "| ✖ fail | memory |" in told["markdown"]
    assert "action: ask-owner" in told["markdown"]
    assert "fail: 1 fail, 1 error, 3 pass" in told["table"]


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_the_table_fits_its_page(ci, kept, file, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    done = ci("validate", file(SMALL.replace('"memory"', '"ram"', 1), large()), "--run", kept)
    assert max(map(len, done.out.splitlines())) <= columns
    for word in ("correctness", "memory", "More memory than anybody has", "fix: give it more memory", "ask-owner"):
        assert word in done.out
    assert "why: to see it fail" in done.out


def test_a_certificate_is_verified_before_its_claims_are_judged(ci, node, recorded, file, tmp_path):
    anna = node("anna")
    path = anna.certify(recorded(), tmp_path / "node.json")
    keys = anna.keys(tmp_path / "keys")
    wanted = file(SMALL, SPEED.format(kernel="gemm.fp32", value="1 GFLOP/s"))
    arguments = ("validate", wanted, "--certificate", path, "--json")

    unknown = ci(*arguments)
    assert (unknown.code, statuses(unknown)["certificate"]) == (3, "error")
    assert set(statuses(unknown).values()) == {"error"}
    assert "--trust" in unknown.document["judgements"][0]["remediation"]

    for trusting in (("--trust", keys), ("--allow-unknown-signer",)):
        done = ci(*arguments, *trusting)
        assert done.code == 0, done.out
        assert set(statuses(done).values()) == {"pass"}
        speed = next(each for each in done.document["judgements"] if each["id"] == "speed")
        assert speed["evidence"] == "measured"
        assert done.document["against"]["node_key"].startswith("ed25519:")
    assert ci(*arguments, "--trust", keys, "--nonce", "n-" + "0" * 30).code == 1

    path.write_bytes(path.read_bytes()[:-20])
    damaged = ci(*arguments, "--trust", keys)
    assert (damaged.code, statuses(damaged)["certificate"]) == (1, "fail")
    assert ci("validate", wanted, "--certificate", tmp_path / "none.json").code == 2


def test_a_certificate_says_nothing_of_health_samples_or_what_is_declared(ci, node, recorded, file, tmp_path):
    path = node("anna").certify(recorded(), tmp_path / "node.json")
    unknown = (
        '[[requirement]]\nid = "f"\nmetric = "findings.fail"\noperator = "=="\nvalue = 0\n'
        '[[requirement]]\nid = "t"\nmetric = "temperature.max"\ndevices = "cpu"\noperator = "<"\nvalue = "90 °C"\n'
        '[[requirement]]\nid = "d"\nmetric = "declared.ports"\noperator = ">="\nvalue = 1\n'
        '[[requirement]]\nid = "p"\nmetric = "kernel.gemm.fp32"\ndevices = "cpu"\noperator = ">"\n'
        'value = "1 FLOP/s"\nevidence = "proven"\n'
    )
    wanted = file(unknown, head=HEAD + "accept_declared = true\n")
    (ci.home / ".config/netmind").mkdir(parents=True)
    (ci.home / ".config/netmind/config.toml").write_text('[declared]\ndate = "2026-01-01"\nports = 9\n')
    done = ci("validate", wanted, "--certificate", path, "--allow-unknown-signer", "--json")
    assert done.code == 3
    found = {each["id"]: each for each in done.document["judgements"]}
    assert [found[id_]["status"] for id_ in "ftdp"] == ["error"] * 4
    assert "says nothing about health" in found["f"]["summary"]
    assert "holds no samples" in found["t"]["summary"]
    assert "declares nothing" in found["d"]["summary"]
    assert "proven is the weakest evidence" in found["p"]["summary"]


def test_figures_older_than_is_accepted_are_not_judged(ci, node, recorded, file, tmp_path):
    wanted = file(SMALL, head=HEAD + 'max_age = "7 d"\n')
    old = recorded(ago=timedelta(days=10))
    assert ci("validate", wanted, "--run", ci.keep(recorded())).code == 0
    assert ci("validate", wanted, "--run", ci.keep(old)).code == 3
    path = node("anna").certify(recorded(ago=timedelta(days=9)), tmp_path / "node.json")
    done = ci("validate", wanted, "--certificate", path, "--allow-unknown-signer")
    assert (done.code, "9 d ago" in " ".join(done.out.split())) == (3, True)


def test_what_is_declared_counts_for_this_machine_only(ci, recorded, file):
    wanted = file(
        '[[requirement]]\nid = "p"\nmetric = "declared.ports"\noperator = ">="\nvalue = "3 ports"\n',
        head=HEAD + "accept_declared = true\n",
    )
    own, other = recorded(), recorded()
    other["host"]["hostname"] = "elsewhere"
    assert ci("validate", wanted, "--run", ci.keep(own)).code == 3
    for setting in (("declared.ports", "24"), ("declared.date", "2026-11-01")):
        assert ci("config", "set", *setting).code == 0
    done = ci("validate", wanted, "--run", own["run_id"], "--json")
    assert (done.code, statuses(done)["p"]) == (0, "pass")
    assert next(each for each in done.document["judgements"] if each["id"] == "p")["evidence"] == "declared"
    assert ci("validate", wanted, "--run", ci.keep(other)).code == 3


def test_a_device_that_was_asked_for_and_is_not_there_is_never_passed_over(ci, kept, file):
    done = ci("validate", file(SMALL), "--run", kept, "--device", "cpu", "--device", "gpu:7", "--json")
    assert (done.code, statuses(done)["device"]) == (3, "error")
    now = ci("validate", file(SMALL), "--device", "gpu:7", "--json")
    assert (now.code, statuses(now)["device"], statuses(now)["correctness"]) == (3, "error", "error")
    assert ci("validate", file(SMALL), "--run", kept, "--device", "gpus").code == 2


def test_the_profiles_are_listed(ci):
    done = ci("validate", "--list", "--json")
    jsonschema.Draft202012Validator(schema("profiles")).validate(done.document)
    names = [profile["name"] for profile in done.document["profiles"]]
    assert (done.code, len(names)) == (0, 5)
    shown = ci("validate", "--list").out
    assert all(name in shown for name in names)
    assert "source: https://" in shown


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "a file of requirements, a profile or --baseline is expected: consumer-gpu, cpu-runner"),
        (("cpu-runer",), "'cpu-runer' is neither a profile nor a file; did you mean cpu-runner"),
        (("none.toml",), "cannot read none.toml: there is no such file; a document of requirements is expected"),
        (("cpu-runner", "--run", "last", "--certificate", "x"), "--certificate and --run contradict each other"),
        (("cpu-runner", "--trust", "keys"), "--trust without --certificate"),
        (("cpu-runner", "--nonce", "n"), "--nonce without --certificate"),
        (("cpu-runner", "--allow-unknown-signer", "--run", "last"), "--allow-unknown-signer without --certificate"),
        (("cpu-runner", "--revocations", "x"), "--revocations without --certificate"),
        (("cpu-runner", "--list"), "--list shows the profiles: leave everything but --format and -o out"),
        (("--list", "--device", "cpu"), "--list shows the profiles"),
        (("--list", "--format", "junit"), "this command writes table, json"),
        (("cpu-runner", "--format", "csv"), "this command writes table, json, junit, markdown, prometheus"),
        (("cpu-runner", "--json", "--format", "junit"), "contradict each other"),
        (("cpu-runner", "--run", "20200101"), "there is no such file and no such run"),
        (("cpu-runner", "--run", "last"), "0 runs are kept"),
        (("cpu-runner", "-o", "/nowhere/x"), "cannot write /nowhere/x"),
        (("cpu-runner", "more"), "unexpected extra argument"),
    ],
)
def test_a_wish_that_cannot_be_is_one_sentence(ci, arguments, words):
    done = ci("validate", *arguments)
    assert done.code == 2
    assert done.out == ""
    assert words in done.err
    assert len(done.err.splitlines()) == 1


def test_a_folder_of_runs_is_no_run(ci, recorded):
    for _ in range(2):
        ci.keep(recorded())
    done = ci("validate", "cpu-runner", "--run", str(ci.home / ".local/state/netmind/runs"))
    assert (done.code, "one run is expected, and this means 2" in done.err) == (2, True)


def test_a_broken_document_is_found_before_anything_is_measured(ci, file):
    done = ci("validate", file(SMALL.replace("host.cores", "host.cpus")))
    assert done.code == 2
    assert "requirement 'cores', metric: 'host.cpus' is not a metric; did you mean" in done.err
    assert not (ci.home / ".local").exists()


def test_a_github_job_gets_annotations_and_a_summary(ci, kept, file, monkeypatch, tmp_path):
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    odd = large("warn").replace("to see it fail", "100 % odd, one: two").replace('"memory"', '"odd"', 1)
    odd += 'remediation = "spend 100 %"\n'
    done = ci("validate", file(large(), odd), "--run", kept, "--json")
    assert done.code == 1
    assert statuses(done)["odd"] == "warn"
    errors = [line for line in done.err.splitlines() if line.startswith("::error ")]
    warnings = [line for line in done.err.splitlines() if line.startswith("::warning ")]
    assert errors[0].startswith("::error title=netmind fail%3A memory::host.memory: ")
    assert "%0Afix: give it more memory" in errors[0]
    assert "spend 100 %25%0A" in warnings[0]
    assert summary.read_text().startswith("before\n## ✖ a: fail")
    assert "| ✖ fail | memory |" in summary.read_text()


def test_a_summary_that_cannot_be_written_costs_nothing_but_a_warning(ci, kept, file, monkeypatch, tmp_path):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    done = ci("validate", file(SMALL), "--run", kept)
    assert done.code == 0
    assert "no summary was added" in done.err


def test_no_line_of_the_log_is_a_command_of_somebody_else(ci, recorded, file, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    run = recorded()
    run["devices"][0]["name"] = "x\n::stop-commands::t ##[add-mask]y"
    wanted = '[[requirement]]\nid = "n"\nmetric = "device.name"\ndevices = "cpu"\noperator = "=="\nvalue = "y"\n'
    for form in ("table", "markdown", "json", "junit"):
        done = ci("validate", file(wanted), "--run", ci.keep(run), "--format", form)
        lines = [*done.out.splitlines(), *done.err.splitlines()]
        assert not [line for line in lines if line.lstrip().startswith("::stop")]
        assert form == "json" or "##[" not in done.out


@pytest.fixture
def stubbed(nvml_stub, hasty_kernels, tmp_path):
    """Run the command on one of the stub's machines."""

    def run(*arguments, scenario):
        stub = nvml_stub(scenario)
        others = ("NETMIND_", "XDG_", "GITHUB_")
        clean = {name: value for name, value in os.environ.items() if not name.startswith(others)}
        own = {name: stub[name] for name in stub if name.startswith(("NETMIND_STUB_", "LD_"))}
        own |= {"HOME": str(tmp_path), "NETMIND_LOCKS": str(tmp_path), "NETMIND_KERNELS": str(hasty_kernels)}
        given = clean | own | {"PYTHONUTF8": "1"}
        command = [*NETMIND, "validate", *map(str, arguments)]
        return subprocess.run(command, env=given, capture_output=True, text=True, timeout=120, check=False)

    return run


def test_the_cards_of_a_machine_are_counted_and_described(stubbed, file):
    wanted = file(
        '[[requirement]]\nid = "c"\nmetric = "device.count"\ndevices = "gpu"\noperator = "=="\nvalue = "8 GPUs"\n',
        '[[requirement]]\nid = "m"\nmetric = "device.memory"\ndevices = "gpu"\noperator = ">="\nvalue = "79 GiB"\n',
        '[[requirement]]\nid = "d"\nmetric = "driver.version"\noperator = ">="\nvalue = "999"\n',
    )
    done = stubbed(wanted, "--json", scenario="h100x8")
    found = [(each["id"], each["device"], each["status"]) for each in json.loads(done.stdout)["judgements"]]
    assert done.returncode == 1
    assert [each for each in found if each[0] == "m"] == [("m", f"gpu:{index}", "pass") for index in range(8)]
    assert ("c", None, "pass") in found
    assert ("d", None, "fail") in found
    # No kernel can run over the stub: that alone would already be no pass.
    assert ("correctness", None, "error") in found


def test_a_worn_card_does_not_pass_a_look_at_its_health(stubbed, file):
    wanted = file(
        '[[requirement]]\nid = "h"\nmetric = "finding.ecc-uncorrected"\noperator = "=="\nvalue = "0 findings"\n'
    )
    document = json.loads(stubbed(wanted, "--json", scenario="worn").stdout)
    judged = next(each for each in document["judgements"] if each["id"] == "h")
    assert (judged["status"], judged["actual"], judged["source"]) == ("fail", 1.0, "gpu:0")
