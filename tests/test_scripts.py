"""Scripts that need what this machine may lack say so, in one sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from netmind_tui.model.exit import ExitCode
from netmind_tui.probe.gpu import GpuProbe

SCRIPTS = Path(__file__).parents[1] / "scripts"


def run(name, home, *arguments, **environment):
    return subprocess.run(
        [sys.executable, str(SCRIPTS / name), *arguments],
        env={**os.environ, "HOME": str(home), "NETMIND_LOCKS": str(home), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_rates_of_a_gpu_cannot_be_taken_without_one(tmp_path):
    if GpuProbe.library_found():
        pytest.skip("this machine has an NVIDIA driver")
    done = run("gpu_rates.py", tmp_path)
    assert (done.returncode, done.stdout) == (ExitCode.UNMEASURED, "")
    assert done.stderr == "gpu_rates: no NVIDIA driver is installed here: run it on a machine with a GPU\n"


def test_rates_of_a_device_that_is_not_there_cannot_be_taken_either(tmp_path, nvml_stub):
    stub = nvml_stub("consumer")
    names = ("LD_LIBRARY_PATH", "NETMIND_STUB_SCENARIO")
    done = run("gpu_rates.py", tmp_path, "--device", "gpu:5", **{name: stub[name] for name in names})
    assert done.returncode == ExitCode.UNMEASURED
    assert done.stderr.startswith("gpu_rates: no GPU can be measured")
    assert len(done.stderr.splitlines()) == 1


def test_a_card_that_computes_nothing_has_no_rate_in_the_table(tmp_path, nvml_stub, idle_card):
    stub = nvml_stub("consumer")
    libraries = f"{stub['LD_LIBRARY_PATH']}:{idle_card}"
    environment = {"LD_LIBRARY_PATH": libraries, "NETMIND_STUB_SCENARIO": "consumer", "NETMIND_STUB_CUBLAS": "idle"}
    done = run("gpu_rates.py", tmp_path, "--kernel", "dispatch", **environment)
    assert done.returncode == ExitCode.OK, done.stderr
    assert "GeForce RTX 4070 · driver 580.95.05" in done.stdout
    assert "| dispatch |  | wrong result | — | — | — | — |" in done.stdout.splitlines()
