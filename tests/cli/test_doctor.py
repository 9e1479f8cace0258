"""The real command in a child process; the GPUs are the stub's, behind the real binding."""

import json
import os
import subprocess
import sys

import jsonschema
import pytest

from netmind_tui.cli import doctor_view
from netmind_tui.cli.page import Page
from netmind_tui.document import schema
from netmind_tui.model.doctor import Diagnosis, Setup, first_action, ranked, verdict
from netmind_tui.model.finding import Action, Finding, Status
from netmind_tui.model.info import Tool

NETMIND = (sys.executable, "-P", "-m", "netmind_tui")


@pytest.fixture
def environment(tmp_path):
    """Everything a person has, in an empty home, and no GPU."""
    home = tmp_path / "home"
    home.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("NETMIND_", "XDG_", "COLUMNS"))}
    given = {"HOME": str(home), "PYTHONUTF8": "1", "COLUMNS": "80", "LD_LIBRARY_PATH": ""}
    return kept | given | {"NETMIND_LOCKS": str(tmp_path)}


@pytest.fixture
def doctor(environment, nvml_stub):
    """Run the command on this machine, or on one of the stub's."""

    def run(*arguments, scenario=None, columns=80, **overrides):
        given = environment | {"COLUMNS": str(columns)}
        if scenario is not None:
            stub = nvml_stub(scenario, **overrides)
            given |= {name: stub[name] for name in stub if name.startswith(("NETMIND_STUB_", "LD_"))}
        command = [*NETMIND, "doctor", *arguments]
        return subprocess.run(command, env=given, capture_output=True, text=True, timeout=120, check=False)

    return run


def findings(done):
    document = json.loads(done.stdout)
    jsonschema.Draft202012Validator(schema("doctor")).validate(document)
    return {(finding["id"], finding["device"]): finding for finding in document["findings"]}


def diagnosis(*given, **setup):
    return Diagnosis(
        generated_at="2026-01-01T00:00:00.000Z",
        tool=Tool(name="netmind", version="0"),
        findings=ranked(given),
        verdict=verdict(given),
        action=first_action(given),
        setup=Setup(**({"reason": "because"} | setup)),
    )


def test_a_machine_without_a_gpu_is_no_failure(doctor):
    done = doctor("--json")
    found = findings(done)
    assert done.returncode == 0, done.stdout + done.stderr
    assert found["no-gpu", None]["status"] == "skip"
    assert found["runtime", None]["status"] == "pass"


def test_a_worn_card_fails_and_its_worst_trouble_comes_first(doctor):
    done = doctor("--json", scenario="worn")
    document = json.loads(done.stdout)
    assert done.returncode == 1
    assert (document["verdict"], document["action"]) == ("fail", "reset")
    assert document["findings"][0]["status"] == "fail"
    found = findings(done)
    assert found["ecc-uncorrected", "gpu:0"]["action"] == "reset"
    assert found["gpu-health", "gpu:1"]["status"] == "pass"
    assert found["driver", None]["status"] == "pass"


def test_only_the_devices_that_were_asked_for_are_told(doctor):
    found = findings(doctor("--json", "--device", "gpu:1", scenario="worn"))
    assert {device for _, device in found} == {None, "gpu:1"}
    others = findings(doctor("--json", "--device", "gpu:4", scenario="falls-off-now"))
    assert ("gpu-fallen-off", "gpu:5") not in others
    done = doctor("--device", "gpu:7", scenario="worn")
    assert done.returncode == 3
    assert "gpu:7: this machine has no such device" in done.stderr


@pytest.mark.parametrize(
    ("scenario", "id_", "code", "action"),
    [
        ("mismatch", "driver-version-mismatch", 3, "reboot"),
        ("no-driver", "driver-not-loaded", 3, "ask-owner"),
        ("falls-off-now", "gpu-fallen-off", 1, "reboot"),
        ("no-permission", "driver-no-permission", 3, "ask-owner"),
    ],
)
def test_a_driver_or_a_card_that_cannot_be_read_is_told_with_its_fix(doctor, scenario, id_, code, action):
    done = doctor("--json", scenario=scenario)
    (finding,) = [finding for (name, _), finding in findings(done).items() if name == id_]
    assert (done.returncode, finding["action"]) == (code, action)
    assert finding["remediation"]


def test_a_card_that_is_lost_while_it_is_looked_at_is_not_called_healthy(doctor):
    done = doctor("--json", scenario="falls-off", lost_after=0)
    found = findings(done)
    assert done.returncode == 1
    assert ("gpu-fallen-off", "gpu:5") in found
    assert ("gpu-health", "gpu:5") not in found
    assert ("gpu-health", "gpu:4") in found


def test_a_card_whose_libraries_are_not_installed_could_not_be_looked_at(doctor):
    done = doctor("--json", scenario="h100x8")
    missing = findings(done).get(("cuda-libraries-missing", None))
    if missing is None:
        pytest.skip("the CUDA libraries are installed here")
    assert done.returncode == 3
    assert "pip install '.[cuda]'" in missing["remediation"]


def test_setup_prints_a_command_that_a_shell_would_take(doctor):
    done = doctor("--setup", scenario="h100x8")
    lines = done.stdout.splitlines()
    assert done.returncode == 0
    assert len([line for line in lines if not line.startswith("#")]) <= 1
    assert doctor("--setup").stdout.startswith("# everything is installed for the CPU")


@pytest.mark.parametrize("scenario", ["mismatch", "no-driver"])
def test_setup_does_not_call_complete_what_it_cannot_see(doctor, scenario):
    done = doctor("--setup", scenario=scenario)
    assert done.returncode == 0
    assert done.stdout.startswith("# mend the driver first")


def test_the_price_of_a_command_is_what_was_measured_and_nothing_else():
    text = doctor_view.command(
        Setup(reason="r", command="pip install '.[cuda]'", extra="cuda", download_bytes=858_000_000)
    )
    assert text.endswith("pip install '.[cuda]'\n")
    assert "858 MB to download, size on disk not measured" in text
    whole = Setup(reason="r", command="pip install .", download_bytes=276_000_000, disk_bytes=455_000_000)
    assert "276 MB to download, 455 MB on disk" in doctor_view.command(whole)


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_a_table_fits_its_page_and_leaves_nothing_out(doctor, columns):
    done = doctor(scenario="worn", columns=columns)
    assert max(map(len, done.stdout.splitlines())) <= columns
    flat = " ".join(done.stdout.split())
    for words in (
        "ecc-uncorrected · action reset",
        "fix: end what runs on it",
        "gpu:1 NVIDIA H100 80GB HBM3 is in order",
    ):
        assert words in flat
    assert done.stdout.splitlines()[-1].startswith("✖ fail: ")


def test_what_is_well_is_one_line():
    page = Page(80, is_terminal=False, encoding="utf-8")
    well = Finding(id="a", title="All is well", status=Status.PASS, evidence="much")
    assert doctor_view.table(diagnosis(well), page) == "✔  All is well\n✔ pass: 1 pass\n"
    better = Finding(id="a", title="All is well", status=Status.PASS, remediation="polish it")
    assert doctor_view.table(diagnosis(better), page) == "✔  All is well\n   fix: polish it\n✔ pass: 1 pass\n"


def test_a_plain_terminal_gets_plain_signs():
    page = Page(60, is_terminal=False, encoding="ascii")
    bad = Finding(id="a", title="It is bad", status=Status.FAIL, remediation="mend it", action=Action.RESET)
    assert doctor_view.table(diagnosis(bad), page).startswith("x  It is bad\n")


def test_markdown_names_evidence_fix_and_action(doctor):
    done = doctor("--format", "markdown", scenario="worn")
    assert "- **fail** `ecc-uncorrected` gpu:0: its memory had 3 errors" in done.stdout
    assert "  - action: reset" in done.stdout


def test_a_file_holds_the_same_bytes(doctor, tmp_path):
    path = tmp_path / "diagnosis.md"
    assert doctor("--format", "markdown", "-o", str(path), scenario="worn").returncode == 1
    assert path.read_text() == doctor("--format", "markdown", scenario="worn").stdout


def test_what_is_shared_names_nobody(doctor):
    done = doctor("--json", "--share", scenario="falls-off", lost_after=0)
    assert "5eed0000" not in done.stdout
    assert "uuid-1" in done.stdout


def test_strict_fails_for_a_warning_too(doctor):
    lenient, strict = (
        doctor("--json", *options, scenario="h100x8", count=1, power_limit_w=350) for options in ([], ["--strict"])
    )
    assert findings(lenient)["power-limit-low", "gpu:0"]["status"] == "warn"
    assert lenient.returncode in (0, 3)  # 3 where this environment has no CUDA libraries
    assert strict.returncode == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--format", "csv"], "this command writes table, json, markdown"),
        (["--json", "--format", "table"], "contradict"),
        (["--device", "gup:0"], "gup:0"),
        (["-o", "/nowhere/at/all"], "/nowhere/at/all"),
        (["--nonsense"], "--nonsense"),
    ],
)
def test_bad_input_is_a_usage_error(doctor, arguments, words):
    done = doctor(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_deep_look_runs_a_kernel_in_a_worker(doctor):
    found = findings(doctor("--json", "--deep", "--device", "cpu"))
    outcome = found.get(("kernel-ran", "cpu")) or found["kernel-did-not-run", "cpu"]
    assert outcome["status"] == "pass" or "memory" in outcome["title"]


def test_a_deep_look_names_what_keeps_the_provider_from_loading(doctor):
    found = findings(doctor("--json", "--deep", "--device", "gpu:0", scenario="h100x8", count=1))
    assert {name for name, _ in found} & {"cuda-not-loadable", "kernel-did-not-run"}
