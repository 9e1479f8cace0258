"""What is wrong with what is installed: folders of packages as an installer leaves them, and a machine beside them."""

import pytest

from netmind_tui.bench.finding_installation import installation_findings, setup
from netmind_tui.bench.installation import read_installation, version_of
from netmind_tui.model.device import Device, DeviceKind, Driver
from netmind_tui.model.finding import Action, Status

CPU = Device(id="cpu", kind=DeviceKind.CPU)
H100 = Device(id="gpu:0", kind=DeviceKind.GPU, compute_capability="9.0")
P100 = Device(id="gpu:0", kind=DeviceKind.GPU, compute_capability="6.0")
NEW, OLD, ANCIENT = Driver(version="580.95.05"), Driver(version="550.54.14"), Driver(version="470.82.01")

CUDA_13 = {"nvidia-cublas": "13.1.0.3", "nvidia-cuda-runtime": "13.0.96", "nvidia-curand": "10.4.0.35"}
CUDA_12 = {"nvidia-cublas-cu12": "12.9.1", "nvidia-cuda-runtime-cu12": "12.9.79", "nvidia-curand-cu12": "10.3.10"} | {
    "nvidia-cufft-cu12": "11.4.1",
    "nvidia-cudnn-cu12": "9.10.2",
}
GPU_13, GPU_12, PLAIN = {"onnxruntime-gpu": "1.31.1"}, {"onnxruntime-gpu": "1.26.0"}, {"onnxruntime": "1.32.0"}


@pytest.fixture
def installed(tmp_path):
    """Lay out packages by name and version; ``command`` is one that has a command ``netmind``."""

    def lay_out(packages, *, cuda_provider=True, command=None, libraries=(), path=""):
        site = tmp_path / f"site-{len(list(tmp_path.iterdir()))}"
        for name, version in packages.items():
            folder = site / f"{name.replace('-', '_')}-{version}.dist-info"
            folder.mkdir(parents=True)
            (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
            owned = "onnxruntime/__init__.py" if "onnxruntime" in name else f"{name}/__init__.py"
            (folder / "RECORD").write_text(f"{owned},,\n")
            if name in (command, "netmind-tui"):
                (folder / "entry_points.txt").write_text("[console_scripts]\nnetmind = some.module:run\n")
        capi = site / "onnxruntime/capi"
        capi.mkdir(parents=True)
        if cuda_provider:
            (capi / "libonnxruntime_providers_cuda.so").touch()
        cache = site / "ld.so.cache"
        cache.write_bytes(b"glibc-ld.so.cache1.1\0" + b"".join(name.encode() + b"\0" for name in libraries))
        return read_installation([str(site)], {"PATH": str(path)}, cache)

    return lay_out


def problems(installation, driver=NEW, *devices):
    found = installation_findings(installation, driver, devices or (CPU, H100))
    return [finding for finding in found if finding.status is not Status.PASS]


@pytest.mark.parametrize(
    ("before", "driver", "device", "id_", "status", "fix", "after"),
    [
        ({}, NEW, H100, "onnxruntime-missing", Status.ERROR, "`pip install '.[cuda]'`", GPU_13 | CUDA_13),
        (
            PLAIN | GPU_13 | CUDA_13,
            NEW,
            H100,
            "onnxruntime-twice",
            Status.WARN,
            "`pip uninstall -y onnxruntime onnxruntime-gpu && pip install '.[cuda]'`",
            GPU_13 | CUDA_13,
        ),
        (
            PLAIN,
            NEW,
            H100,
            "onnxruntime-without-cuda",
            Status.ERROR,
            "`pip uninstall -y onnxruntime && pip install '.[cuda]'`",
            GPU_13 | CUDA_13,
        ),
        (GPU_13, NEW, H100, "cuda-libraries-missing", Status.ERROR, "`pip install '.[cuda]'`", GPU_13 | CUDA_13),
        (GPU_13, OLD, H100, "cuda-major-mismatch", Status.ERROR, "`pip install '.[cuda12]'`", GPU_12 | CUDA_12),
        (GPU_13, NEW, P100, "cuda-major-mismatch", Status.ERROR, "`pip install '.[cuda12]'`", GPU_12 | CUDA_12),
        (GPU_12, NEW, H100, "cuda-libraries-missing", Status.ERROR, "`pip install '.[cuda12]'`", GPU_12 | CUDA_12),
    ],
    ids=["none", "twice", "plain", "no-libraries", "old-driver", "old-card", "cuda-12"],
)
def test_each_installation_that_does_not_fit_has_its_fix(installed, before, driver, device, id_, status, fix, after):
    (finding,) = problems(installed(before), driver, CPU, device)
    assert (finding.id, finding.status, finding.action) == (id_, status, Action.ASK_OWNER)
    assert fix in finding.remediation
    (healthy,) = installation_findings(installed(after), driver, (CPU, device))
    assert (healthy.id, healthy.status) == ("runtime", Status.PASS)


def test_a_driver_that_is_too_old_for_every_cuda_comes_first(installed):
    (finding,) = problems(installed(GPU_13), ANCIENT)
    assert finding.id == "driver-too-old-for-cuda"
    assert "525" in finding.remediation
    assert setup(installed(GPU_13), ANCIENT, (H100,)).command is None


def test_which_libraries_are_missing_is_told_by_their_files(installed):
    (finding,) = problems(installed(GPU_13 | {"nvidia-cublas": "13.1", "nvidia-curand": "10.4"}))
    assert finding.actual == "libcudart.so.13"
    (wrong,) = problems(installed(GPU_13 | CUDA_13 | {"nvidia-cublas": "12.9"}))
    assert wrong.actual == "libcublas.so.13"


def test_libraries_of_the_system_will_do(installed, tmp_path):
    files = ("libcublas.so.13", "libcudart.so.13", "libcurand.so.10")
    assert not problems(installed(GPU_13, libraries=files))
    assert problems(installed(GPU_13, libraries=[f"{name}.0.1" for name in files]))


def test_two_runtimes_are_worse_where_the_plain_one_came_last(installed):
    (finding,) = problems(installed(PLAIN | GPU_13, cuda_provider=False))
    assert (finding.id, finding.status) == ("onnxruntime-twice", Status.ERROR)


def test_without_a_gpu_cuda_does_not_matter(installed):
    assert not problems(installed(PLAIN, cuda_provider=False), None, CPU)
    assert not problems(installed(GPU_13), None, CPU)
    assert [each.id for each in problems(installed(PLAIN | GPU_13), None, CPU)] == ["onnxruntime-twice"]


def test_another_project_of_that_name_is_told(installed):
    packages = GPU_13 | CUDA_13 | {"netmind-tui": "0.1.0"}
    (finding,) = problems(installed(packages | {"netmind": "0.3.2"}, command="netmind"))
    assert (finding.id, finding.status, finding.actual) == ("command-taken", Status.WARN, "netmind")
    assert "pip uninstall netmind" in finding.remediation
    assert not problems(installed(packages | {"netmind-client": "1.0"}))


def test_another_program_that_comes_first_in_the_path_is_told(installed, tmp_path):
    folder = tmp_path / "bin"
    folder.mkdir()
    command = folder / "netmind"
    command.write_text("#!/bin/sh\necho somebody else\n")
    command.chmod(0o755)
    (finding,) = problems(installed(GPU_13 | CUDA_13, path=folder))
    assert (finding.id, finding.actual) == ("command-shadowed", str(command))
    command.write_text("#!/usr/bin/python3\nfrom netmind_tui.entry import netmind\n")
    assert not problems(installed(GPU_13 | CUDA_13, path=folder))


@pytest.mark.parametrize(
    ("packages", "driver", "devices", "command", "download", "disk"),
    [
        (GPU_13, NEW, (CPU, H100), "pip install '.[cuda]'", 858_000_000, None),
        (GPU_13, OLD, (CPU, H100), "pip install '.[cuda12]'", 1_997_000_000, None),
        ({}, None, (CPU,), "pip install .", 276_000_000, 455_000_000),
        (GPU_13 | CUDA_13, NEW, (CPU, H100), None, None, None),
        (GPU_13, None, (CPU,), None, None, None),
    ],
)
def test_the_one_command_comes_with_its_price(installed, packages, driver, devices, command, download, disk):
    found = setup(installed(packages), driver, devices)
    assert (found.command, found.download_bytes, found.disk_bytes) == (command, download, disk)
    assert found.reason


@pytest.mark.parametrize(
    ("text", "numbers"), [("1.31.1", (1, 31)), ("13", (13,)), ("1.27rc1", (1, 27)), ("x", ()), ("", ())]
)
def test_a_version_is_its_leading_numbers(text, numbers):
    assert version_of(text) == numbers


def test_the_installation_of_this_very_environment_can_be_read():
    found = read_installation()
    assert len(found.runtimes) == 1
    assert found.strangers == ()
