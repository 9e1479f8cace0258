"""Scripts that need what this machine may lack say so, in one sentence."""

import importlib.util
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from netmind_tui.bench.catalog import kernels_folder, open_catalog
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


@pytest.fixture
def gate():
    """``scripts/ab_gate.py`` as a module."""
    spec = importlib.util.spec_from_file_location("ab_gate", SCRIPTS / "ab_gate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_gate_is_tried_on_real_pairs_and_on_simulated_ones(tmp_path, hasty_kernels):
    asked = ("--pairs", "1", "--slow", "0", "--tries", "1", "--kernel", "gemm.int8")
    done = run("ab_gate.py", tmp_path, *asked, NETMIND_KERNELS=str(hasty_kernels))
    assert done.returncode in (ExitCode.OK, ExitCode.FAILED), done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "gemm.int8 on cpu, each pair one run and one gate over it"
    assert " of 1 pairs (claims: at most 0: " in lines[1]
    assert [line.endswith("holds)") for line in lines[2:]] == [True, True]  # what this machine does is no part of these
    assert not list(tmp_path.rglob("*.json"))


def test_a_slower_kernel_is_one_whose_work_counts_for_less(tmp_path, gate):
    folder = kernels_folder()
    text = gate.with_less_work((folder / "catalog.toml").read_text(), "gemm.fp32", "cpu")
    (tmp_path / "catalog.toml").write_text(text)
    ours, theirs = open_catalog(folder), open_catalog(tmp_path)
    for kernel, other in zip(ours.kernels, theirs.kernels, strict=True):
        shape = next(each.shape for each in kernel.variants)
        share = other.work_per_iteration(shape) / kernel.work_per_iteration(shape)
        assert share == pytest.approx(0.92 if kernel.id == "gemm.fp32" else 1, abs=0.001)
    with pytest.raises(SystemExit, match="has no fixed dimension"):
        gate.with_less_work(text, "dispatch", "cpu")


def test_a_slower_worker_is_one_that_is_stopped_again_and_again(gate):
    loop = "import time\nwhile True: time.sleep(0.001)"
    with subprocess.Popen([sys.executable, "-c", loop, gate.WORKER.decode()]) as worker:
        stopped = 0
        with gate.pausing(os.getpid()):
            for _ in range(1000):
                state = Path(f"/proc/{worker.pid}/stat").read_text().rpartition(")")[2].split()[0]
                stopped += state == "T"
                time.sleep(0.001)
                if stopped > 3:
                    break
        after = Path(f"/proc/{worker.pid}/stat").read_text().rpartition(")")[2].split()[0]
        worker.kill()
    assert (stopped > 3, after != "T") == (True, True)
