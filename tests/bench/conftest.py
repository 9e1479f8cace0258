"""What the tests of the bench share: the shipped catalogue, a plain host, and steps that take a moment."""

import pytest

from netmind_tui.bench.catalog import open_catalog
from netmind_tui.bench.plan import Step, Target
from netmind_tui.bench.timing import Rules
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.host import Cpu, Host
from netmind_tui.model.kernel import Provider, Window

CPU = Device(id="cpu", kind=DeviceKind.CPU, name="Test CPU", memory_total_bytes=16 * 2**30)
GPU = Device(id="gpu:0", kind=DeviceKind.GPU, name="Test GPU", uuid="GPU-1", memory_total_bytes=24 * 2**30)


def _quick_rules(rsd_limit: float = 1e9) -> Rules:
    """As long as ten samples take: they converge whatever their spread."""
    window = Window(min_s=0.0, cap_s=60.0)
    return Rules(setup_cap_s=0.1, sample_s=0.001, warm_up_cap_s=0.0, burst=window, sustained=None, rsd_limit=rsd_limit)


@pytest.fixture
def quick_rules():
    return _quick_rules


@pytest.fixture
def cpu():
    return CPU


@pytest.fixture
def gpu():
    return GPU


@pytest.fixture(scope="session")
def catalog():
    return open_catalog()


@pytest.fixture
def host():
    cpu = Cpu(architecture="x86_64", logical_cores=4, physical_cores=2, usable_cores=4.0, features=("fma", "avx2"))
    return Host(
        hostname="test",
        os="Linux",
        kernel="6",
        python="3.11",
        cpu=cpu,
        memory_total_bytes=16 * 2**30,
        swap_total_bytes=0,
    )


@pytest.fixture
def make_step(catalog):
    def make(kernel_id: str, device: Device = CPU, **changes: object) -> Step:
        kernel = catalog.kernel(kernel_id)
        target = Target(device=device, memory_free_bytes=8 * 2**30)
        provider = Provider.CPU if device.kind is DeviceKind.CPU else Provider.CUDA
        fields = {
            "kernel": kernel,
            "variant": kernel.variant_for(provider, device.memory_total_bytes or 0),
            "target": target,
            "rules": _quick_rules(),
            "threads": 2,
            "memory_limit_bytes": 512 * 2**20,
            "expected_s": 1.0,
            "memory_bytes": 2**20,
        }
        return Step(**{**fields, **changes})

    return make
