"""What CI servers and monitors read, from the real commands; the GPUs are the stub's, behind the real binding."""

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import xmlschema
from prometheus_client.parser import text_string_to_metric_families

NETMIND = (sys.executable, "-P", "-m", "netmind_tui")
SCHEMA = xmlschema.XMLSchema(Path(__file__).parents[1] / "schema/junit.xsd")


@pytest.fixture
def netmind(tmp_path, nvml_stub, hasty_kernels):
    """Run a command in an empty home, on this machine without GPUs or on one of the stub's; measuring is short."""
    home = tmp_path / "home"
    home.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("NETMIND_", "XDG_"))}
    environment = kept | {"HOME": str(home), "PYTHONUTF8": "1", "LD_LIBRARY_PATH": "", "NETMIND_LOCKS": str(tmp_path)}
    environment["NETMIND_KERNELS"] = str(hasty_kernels)

    def run(*arguments, scenario=None):
        given = dict(environment)
        if scenario is not None:
            stub = nvml_stub(scenario)
            given |= {name: stub[name] for name in stub if name.startswith(("NETMIND_STUB_", "LD_"))}
        command = [*NETMIND, *arguments]
        return subprocess.run(command, env=given, capture_output=True, text=True, timeout=180, check=False)

    return run


def cases(text):
    SCHEMA.validate(text)
    return ET.fromstring(text.encode())  # noqa: S314 - our own


def metrics(text):
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def count(root, what):
    return int(root.get(what))


def test_a_benchmark_is_a_report_for_a_ci_server(netmind, tmp_path):
    path = tmp_path / "junit.xml"
    done = netmind("bench", "-k", "dispatch", "-d", "cpu", "--force", "--format", "junit", "-o", str(path))
    root = cases(path.read_text())
    suite = root.find("testsuite")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert (count(root, "tests"), count(root, "failures"), count(root, "errors")) == (1, 0, 0)
    assert (suite.get("name"), suite.get("hostname")) == ("cpu", socket.gethostname())
    assert float(suite.find("testcase").get("time")) > 0


@pytest.mark.parametrize("form", ["junit", "prometheus"])
def test_a_shared_report_names_nobody(netmind, tmp_path, form):
    done = netmind("bench", "-k", "dispatch", "-d", "cpu", "--force", "--share", "--format", form)
    assert done.returncode == 0, done.stderr
    assert str(tmp_path) not in done.stdout
    if form == "junit":
        assert cases(done.stdout).find("testsuite").get("hostname") == "host"


def test_strictness_decides_the_report_as_it_decides_the_exit_code(netmind):
    done = netmind("bench", "-k", "dispatch", "-d", "cpu", "--force", "--strict", "--format", "junit")
    assert done.returncode == (1 if count(cases(done.stdout), "failures") else 0), done.stderr


@pytest.mark.parametrize("form", ["junit", "prometheus"])
def test_a_kernel_that_cannot_run_ends_with_the_code_that_it_has_in_any_format(netmind, form):
    done = netmind("bench", "-k", "gemm.fp16", "-d", "cpu", "--format", form)
    assert done.returncode == 3
    if form == "junit":
        root = cases(done.stdout)
        assert (count(root, "errors"), root.find(".//error").get("type")) == (1, "not-placeable")
    else:
        found = metrics(done.stdout)
        key = (("device", "cpu"), ("kernel", "gemm.fp16"), ("status", "error"))
        assert found["netmind_bench_status", *key] == 1
        assert not [name for name, *_ in found if name.startswith("netmind_bench_rate")]


def test_a_benchmark_is_a_file_for_a_textfile_collector(netmind, tmp_path):
    folder = tmp_path / "textfile"
    folder.mkdir()
    path = folder / "netmind.prom"
    done = netmind("bench", "-k", "dispatch", "-d", "cpu", "--force", "--format", "prometheus", "-o", str(path))
    assert done.returncode == 0, done.stderr
    assert list(folder.iterdir()) == [path]
    assert stat.S_IMODE(path.stat().st_mode) & stat.S_IRUSR
    found = metrics(path.read_text())
    (seconds,) = [value for (name, *_), value in found.items() if name == "netmind_bench_latency_seconds"]
    assert 0 < seconds < 1
    assert found["netmind_bench_finished_timestamp_seconds",] >= found["netmind_bench_started_timestamp_seconds",]


def test_a_machine_and_its_gpus_are_metrics(netmind):
    done = netmind("info", "--format", "prometheus", scenario="falls-off-now")
    found = metrics(done.stdout)
    assert done.returncode == 0, done.stderr
    assert found["netmind_gpu_readable", ("device", "gpu:5")] == 0
    assert ("netmind_gpu_temperature_celsius", ("device", "gpu:5")) not in found
    assert found["netmind_gpu_temperature_celsius", ("device", "gpu:4")] > 0
    assert found["netmind_gpu_memory_total_bytes", ("device", "gpu:4")] > 2**30
    assert [name for name, *_ in found if name == "netmind_driver_info"]


def test_a_shared_machine_has_placeholders_for_its_names(netmind):
    done = netmind("info", "--format", "prometheus", "--share", scenario="h100x8")
    infos = [dict(labels) for (name, *labels) in metrics(done.stdout) if name == "netmind_gpu_info"]
    assert [each["uuid"] for each in infos] == [f"uuid-{number}" for number in range(1, 9)]
    assert "5eed0000" not in done.stdout
    assert 'hostname="host"' in done.stdout


def test_files_of_several_commands_can_lie_side_by_side(netmind):
    commands = (["info"], ["doctor"], ["bench", "-k", "dispatch", "-d", "cpu", "--force"])
    names = [{name for name, *_ in metrics(netmind(*each, "--format", "prometheus").stdout)} for each in commands]
    assert all(names)
    assert sum(map(len, names)) == len(set().union(*names))


@pytest.mark.parametrize("form", ["junit", "prometheus"])
def test_a_diagnosis_ends_with_the_code_that_it_has_in_any_format(netmind, form):
    done = netmind("doctor", "--format", form, scenario="worn")
    assert done.returncode == 1
    if form == "junit":
        assert count(cases(done.stdout), "failures") > 0
        assert 'classname="netmind.doctor.gpu:0" name="ecc-uncorrected"' in done.stdout
    else:
        labels = (("action", "reset"), ("device", "gpu:0"), ("id", "ecc-uncorrected"), ("status", "fail"))
        assert metrics(done.stdout)["netmind_finding", *labels] == 1


@pytest.mark.parametrize("options", [[], ["--share"]])
def test_a_device_that_is_not_there_is_an_error_in_the_report_too(netmind, options):
    done = netmind("doctor", "--format", "junit", "--device", "gpu:7", *options)
    assert done.returncode == 3
    assert cases(done.stdout).find(".//error").get("message") == "gpu:7: this machine has no such device"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["info", "--format", "junit"], "this command writes table, json, markdown, prometheus"),
        (["info", "--watch", "--format", "prometheus"], "this command writes jsonl"),
        (["bench", "--list", "--format", "prometheus"], "this command writes table, json"),
        (["bench", "--dry-run", "--format", "junit"], "this command writes table, json"),
        (["bench", "--history", "--format", "junit"], "this command writes table, json"),
        (["doctor", "--setup", "--format", "junit"], "this command writes table, json, markdown"),
        (["doctor", "--json", "--format", "prometheus"], "contradict"),
        (["bench", "--format", "prometheus", "-o", "/nowhere/netmind.prom"], "/nowhere"),
        (["doctor", "--format", "junitt"], "junitt"),
    ],
)
def test_bad_input_is_a_usage_error(netmind, arguments, words):
    done = netmind(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
