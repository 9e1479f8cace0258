"""What every folder of tests may use."""

import gc
import importlib.util
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import settings

from netmind_tui.bench.catalog import kernels_folder
from netmind_tui.probe.gpu import GpuProbe

# Before anything loads NumPy: the threads of its products wait by spinning, beside the other tests' that compute.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

# A slow machine is no finding.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


def pytest_configure() -> None:
    """Take back the signals that a shell's background job ignores: children inherit that, and tests send them."""
    for name in ("SIGINT", "SIGHUP", "SIGTSTP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if name == "SIGINT" else signal.SIG_DFL)


def pytest_collection_finish() -> None:
    """Leave what was collected out of every later look for garbage: thousands of tests, a quarter of a second each."""
    gc.collect()
    gc.freeze()


def _load(path: Path) -> ModuleType:
    """A module beside the tests, which are collected by path and form no package."""
    spec = importlib.util.spec_from_file_location(f"tests_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


stub = _load(Path(__file__).parent / "stub/build.py")


@pytest.fixture(scope="session")
def nvml_stub(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict[str, str]]:
    """From a scenario's name to the environment of a child process that sees that machine's NVML.

    ``nvml_stub("falls-off", lost_after=1)``; ``stub/nvml_stub.c`` lists scenarios and overrides.
    """
    if stub.compiler() is None:
        pytest.skip("no C compiler for the stub of libnvidia-ml: install gcc, clang or ziglang")
    return stub.stub_environment(tmp_path_factory.mktemp("nvml"))


cuda = _load(Path(__file__).parent / "stub/cuda.py")


@pytest.fixture(scope="session")
def idle_card(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a CUDA installation whose card accepts everything and computes nothing."""
    if reason := cuda.why_not():
        pytest.skip(reason)
    return cuda.build_cuda_stub(tmp_path_factory.mktemp("cuda"))


@pytest.fixture
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A bus of its own that runs, and nobody on it yet; ``stub/bus.py`` says what it can."""
    made = _load(Path(__file__).parent / "stub/bus.py")
    if reason := made.why_not():
        pytest.skip(reason)
    bus = made.Bus(tmp_path_factory.mktemp("bus"))
    bus.start()
    yield bus
    bus.end()


class FakeSysfs:
    """The part of /sys that tells of NVIDIA cards, made of files."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "bus/pci/devices").mkdir(parents=True)

    def add(self, slot, *, status="active", driver="nvidia", vendor="0x10de", kind="0x030200"):
        folder = self.root / "bus/pci/devices" / slot
        (folder / "power").mkdir(parents=True)
        (folder / "vendor").write_text(vendor + "\n")
        (folder / "class").write_text(kind + "\n")
        self.set_status(slot, status)
        if driver is not None:
            target = self.root / "bus/pci/drivers" / driver
            target.mkdir(parents=True, exist_ok=True)
            (folder / "driver").symlink_to(target)

    def set_status(self, slot, status):
        (self.root / "bus/pci/devices" / slot / "power/runtime_status").write_text(status + "\n")

    def load_driver(self, version):
        (self.root / "module/nvidia").mkdir(parents=True)
        (self.root / "module/nvidia/version").write_text(version + "\n")


@pytest.fixture
def sysfs(tmp_path) -> FakeSysfs:
    return FakeSysfs(tmp_path / "sys")


@pytest.fixture
def open_probe(nvml_stub, sysfs) -> Iterator[Callable[..., GpuProbe]]:
    """A probe that sees a scenario: ``open_probe("hang", hang_after=1, probe={"timeout_s": 1})``."""
    with ExitStack() as stack:

        def start(scenario, *, probe=None, **overrides):
            options = {"sysfs": sysfs.root, "under_wsl": False, "timeout_s": 5.0, "start_timeout_s": 20.0}
            environment = nvml_stub(scenario, **overrides)
            return stack.enter_context(GpuProbe(environment=environment, **(options | (probe or {}))))

        yield start


@pytest.fixture(scope="session")
def hasty_kernels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped catalogue, whose suites take a tenth of a second for a phase where theirs take one.

    Rates that are taken there are right and seldom settled, and memory and disks are looked at in 16 MiB.
    ``standard``, which takes minutes, is as it is.
    """
    shipped, folder = kernels_folder(), tmp_path_factory.mktemp("hasty")
    for path in shipped.iterdir():
        if path.is_file():
            (folder / path.name).symlink_to(path)
    suites, mark, kernels = (shipped / "catalog.toml").read_text().partition("[[kernels]]")
    blocks = re.split(r"(?=^\[\[suites\]\])", suites, flags=re.MULTILINE)
    for place, block in enumerate(blocks):
        if 'name = "standard"' in block:
            continue
        for name, value in (
            ("sample_s", "0.005"),
            ("warm_up_cap_s", "0.05"),
            ("burst", "{ min_s = 0.05, cap_s = 0.2 }"),
            ("sustained", "{ min_s = 6.0, cap_s = 7.0 }"),
        ):
            blocks[place] = re.sub(rf"^{name} = .*", f"{name} = {value}", blocks[place], flags=re.MULTILINE)
        blocks[place] = blocks[place].replace(" = 268435456", " = 16777216")
    (folder / "catalog.toml").unlink()
    (folder / "catalog.toml").write_text("".join(blocks) + mark + kernels)
    return folder


made = _load(Path(__file__).parent / "made.py")


@pytest.fixture(name="made", scope="session")
def runs_made_by_hand() -> ModuleType:
    """The module ``made.py``: runs of GPUs that this machine does not have."""
    return made


@pytest.fixture(scope="session")
def agents() -> ModuleType:
    """The module ``agent_made.py``: agents made by hand, behind real sockets."""
    return _load(Path(__file__).parent / "agent_made.py")


class Hosts:
    """Machines that a program in ssh's place leads to: a folder each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, name: str) -> Path:
        """Add a machine; where its agent is to listen."""
        path = self.folder / name / "netmind" / "agent.sock"
        path.parent.parent.mkdir()
        return path

    @property
    def asked(self) -> list[str]:
        """What the program was told, a line each time."""
        path = self.folder / "asked"
        return path.read_text().splitlines() if path.exists() else []

    @property
    def running(self) -> list[int]:
        """The processes that forwarded."""
        return [int(path.name) for path in (self.folder / "running").iterdir()]


@pytest.fixture
def ssh_hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hosts:
    """Hosts without an agent yet, and ``NETMIND_SSH`` that leads there."""
    folder = tmp_path / "hosts"
    folder.mkdir()
    program = folder / "ssh"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -S {Path(__file__).parent / "ssh_made.py"} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("NETMIND_SSH", str(program))
    monkeypatch.setenv("SSH_HOSTS", str(folder))
    monkeypatch.delenv("NETMIND_REMOTE_SOCKET", raising=False)
    return Hosts(folder)
