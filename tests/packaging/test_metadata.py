import hashlib
import importlib.util
import tomllib
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement

from netmind_tui.bench.catalog import open_catalog
from netmind_tui.bench.chain_catalog import open_chains

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

LINUX = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}
WINDOWS = {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"}
MACOS = {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"}


@pytest.fixture(scope="module")
def build():
    """``kernels/build.py``, which is a script and in no package."""
    spec = importlib.util.spec_from_file_location("kernels_build", ROOT / "kernels/build.py")
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "kernels")  # as where the script is run
        spec.loader.exec_module(module)
        yield module


@pytest.mark.parametrize(
    ("system", "machine", "expected"),
    [
        (LINUX, "x86_64", "onnxruntime-gpu"),
        (LINUX, "aarch64", "onnxruntime-gpu"),
        (LINUX, "riscv64", "onnxruntime"),
        (WINDOWS, "AMD64", "onnxruntime-gpu"),
        (WINDOWS, "ARM64", "onnxruntime"),
        (MACOS, "arm64", "onnxruntime"),
    ],
)
def test_each_platform_gets_one_runtime(system, machine, expected):
    # Two of them would overwrite each other's files: both are the module onnxruntime.
    runtimes = [name for name in _required(PROJECT["dependencies"], system, machine) if name.startswith("onnxruntime")]
    assert runtimes == [expected]


@pytest.mark.parametrize("extra", ["cuda", "cuda-full", "cuda12"])
def test_an_extra_for_cuda_asks_for_libraries_of_one_cuda_release(extra):
    libraries = [name for name in _required(_extra(extra), LINUX, "x86_64") if name.startswith("nvidia-")]
    assert libraries
    of_cuda12 = [name for name in libraries if name.endswith("-cu12")]
    assert of_cuda12 == (libraries if extra == "cuda12" else [])


def test_the_full_extra_holds_all_of_the_small_one():
    assert set(_extra("cuda")) < set(_extra("cuda-full"))


def test_each_command_can_be_loaded():
    for target in PROJECT["scripts"].values():
        module, _, function = target.partition(":")
        assert callable(getattr(importlib.import_module(module), function))


def test_the_catalogue_names_every_graph_and_manifest_with_its_digest():
    variants = [variant for kernel in open_catalog().kernels for variant in kernel.variants]
    named = {variant.file: variant.sha256 for variant in variants if variant.file}
    named |= {variant.weights: variant.weights_sha256 for variant in variants if variant.weights}
    named |= {graph.file: graph.sha256 for chain in open_chains() for graph in chain.graphs}
    assert named == _there()


def test_graphs_and_manifests_are_rebuilt_to_the_byte(build):
    assert {name: _digest(contents) for name, contents in build.graphs().items()} == _there()


def test_graphs_and_manifests_stay_small():
    assert all((ROOT / "kernels" / name).stat().st_size < 100_000 for name in _there())


def test_the_golden_digest_is_that_of_the_exact_product(build):
    (variant,) = [each for each in open_catalog().kernel("gemm.int8").variants if each.shape["n"] == 2048]
    assert list(variant.golden_sha256) == build.golden(2048)


def _there():
    """The digest of every file beside the catalogue that holds a graph or lists weights."""
    folder = ROOT / "kernels"
    return {path.name: _digest(path.read_bytes()) for each in ("*.onnx", "*.json") for path in folder.glob(each)}


def _required(requirements, system, machine):
    """Names of what pip would install there."""
    environment = default_environment() | system | {"platform_machine": machine, "extra": ""}
    parsed = [Requirement(each) for each in requirements]
    return [each.name for each in parsed if each.marker is None or each.marker.evaluate(environment)]


def _extra(name):
    return PROJECT["optional-dependencies"][name]


def _digest(contents):
    return hashlib.sha256(contents).hexdigest()
