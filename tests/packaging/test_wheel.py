"""What is published, built and installed as a stranger would: the tests see the wheel, not the source tree."""

import hashlib
import json
import os
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.install


@pytest.fixture(scope="module")
def dist(tmp_path_factory) -> Path:
    """A folder with the sdist, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    _done([sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT])
    return folder


@pytest.fixture(scope="module")
def wheel(dist) -> Path:
    (path,) = dist.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def scripts(wheel, tmp_path_factory) -> Path:
    """Where the commands lie after ``pip install`` of the wheel into an environment of its own."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=True)
    binaries = folder / ("Scripts" if os.name == "nt" else "bin")
    _done(
        [binaries / "python", "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-compile", wheel]
    )
    return binaries


@pytest.fixture
def elsewhere(scripts, tmp_path):
    """Run an installed command from a folder that has nothing to do with the source."""
    (tmp_path / "home").mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "XDG_", "NETMIND_"))}
    environment = kept | {"HOME": str(tmp_path / "home"), "NETMIND_LOCKS": str(tmp_path)}

    def run(*command):
        return subprocess.run(
            [scripts / command[0], *command[1:]],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def test_the_wheel_holds_every_graph_that_its_catalogue_names(wheel):
    with zipfile.ZipFile(wheel) as archive:
        catalog = tomllib.loads(archive.read("netmind_tui/_kernels/catalog.toml").decode())
        variants = [variant for kernel in catalog["kernels"] for variant in kernel["variants"]]
        assert variants
        for variant in (each for each in variants if "file" in each):
            graph = archive.read(f"netmind_tui/_kernels/{variant['file']}")
            assert hashlib.sha256(graph).hexdigest() == variant["sha256"], variant["file"]


def test_the_wheel_holds_the_package_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"netmind_tui"}
    assert not [name for name in names if "tests/" in name or "/test_" in name or "__pycache__" in name]
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert {"netmind_tui/tui/demo.jsonl.gz", "netmind_tui/tui/demo_run.json.gz"} <= set(names)


def test_the_sdist_can_be_tested_by_whoever_unpacks_it(dist):
    (path,) = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "Makefile", "LICENSE", "README.md", "CHANGELOG.md", "kernels/build.py"} <= names
    assert "tests/packaging/test_wheel.py" in names
    assert not [name for name in names if "__pycache__" in name or name.startswith(".venv")]


def test_the_installed_command_tells_the_version_of_the_wheel(elsewhere, wheel):
    done = elsewhere("netmind", "--version")
    assert (done.returncode, done.stdout) == (0, f"netmind {wheel.name.split('-')[1]}\n")


def test_the_installed_command_has_its_catalogue(elsewhere):
    done = elsewhere("netmind", "bench", "--list", "--json")
    assert done.returncode == 0, done.stderr
    assert "gemm.fp32" in [kernel["id"] for kernel in json.loads(done.stdout)["kernels"]]


def test_the_installed_command_measures(elsewhere):
    done = elsewhere("netmind", "bench", "--kernel", "dispatch", "--device", "cpu", "--force", "--json")
    assert done.returncode == 0, done.stderr
    (measurement,) = json.loads(done.stdout)["measurements"]
    assert measurement["kernel"] == "dispatch"
    assert measurement["value"] > 0


def test_the_installed_interface_says_what_it_needs(elsewhere):
    done = elsewhere("netmind-tui")
    assert done.returncode == 2
    assert "no terminal" in done.stderr
    assert "netmind bench" in done.stderr


def _done(command):
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
