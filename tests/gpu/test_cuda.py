"""Every kernel on a real card: `pytest -m gpu`. Only there do the CUDA kernels themselves run."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from netmind_tui.bench.catalog import open_catalog
from netmind_tui.model.kernel import Provider
from netmind_tui.probe.gpu import GpuProbe

pytestmark = pytest.mark.gpu

ROOT = Path(__file__).parents[2]
CATALOG = open_catalog()
ON_CARDS = [
    kernel
    for kernel in CATALOG.kernels
    if any(variant.provider is Provider.CUDA and variant.file is not None for variant in kernel.variants)
]
TORCH_RATIO = 0.9
"""Below the 0.97 that is aimed at: a card that warms up between the sides must not fail a test."""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """One quick run of every kernel on the first GPU, as its JSON document."""
    if not GpuProbe.library_found():
        pytest.skip("no NVIDIA driver is installed here")
    home = tmp_path_factory.mktemp("home")
    command = [sys.executable, "-m", "netmind_tui", "bench", "--device", "gpu:0", "--kernel", "*", "--force", "--json"]
    environment = {**os.environ, "HOME": str(home), "NETMIND_LOCKS": str(home)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def measurement(run, request):
    row = next(each for each in run["measurements"] if each["kernel"] == request.param.id)
    if row["status"] == "skip":
        pytest.skip(row["reasons"][0]["detail"])
    return row


by_kernel = pytest.mark.parametrize("measurement", ON_CARDS, indirect=True, ids=lambda kernel: kernel.id)


@by_kernel
def test_a_kernel_is_placed_on_the_card_as_a_whole(measurement):
    assert measurement["placement"]["provider"] == "cuda", measurement["reasons"]
    assert measurement["placement"]["nodes"] >= 1


@by_kernel
def test_a_kernel_is_right_before_and_after_the_timed_window(measurement):
    verified = measurement["verified"]
    assert (verified["before"], verified["after"]) == (True, True), measurement["reasons"]
    assert measurement["value"] > 0


@by_kernel
def test_an_error_is_no_large_part_of_its_tolerance(measurement):
    """More than two thirds, on a card that is well, would be a tolerance that was derived too tightly."""
    verified = measurement["verified"]
    assert verified["error"] <= verified["tolerance"] / 1.5


@by_kernel
def test_a_kernel_comes_near_the_peak_of_the_card(measurement):
    if measurement["efficiency"] is None:
        pytest.skip("this kernel has no peak, or that of this card is not known")
    assert 0.3 < measurement["efficiency"] <= 1.2


@pytest.fixture(scope="module")
def rates():
    """The script that compares with torch, as a module."""
    pytest.importorskip("torch")
    if not GpuProbe.library_found():
        pytest.skip("no NVIDIA driver is installed here")
    spec = importlib.util.spec_from_file_location("gpu_rates", ROOT / "scripts/gpu_rates.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("kernel_id", ["gemm.fp32", "gemm.tf32", "gemm.fp16", "gemm.bf16"])
def test_a_product_is_about_as_fast_as_torch_s(rates, kernel_id):
    wishes = rates.Wishes(kernels=(kernel_id,), devices=("gpu:0",), force=True)
    with rates.Benchmark(wishes) as benchmark:
        (step,) = benchmark.plan.steps
    if not step.is_tried:
        pytest.skip(step.refused.detail)
    shown = rates.ratio(step, 3)
    assert shown != "—", "one of the sides gave no figure"
    assert float(shown.split()[0]) >= TORCH_RATIO
