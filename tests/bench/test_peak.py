from dataclasses import replace

import pytest

from netmind_tui.bench.peak import peak_of
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.host import Boundary

CPU = Device(id="cpu", kind=DeviceKind.CPU)


def gpu(capability, cores, clock, **more):
    return Device(
        id="gpu:0",
        kind=DeviceKind.GPU,
        compute_capability=capability,
        core_count=cores,
        sm_clock_max_mhz=clock,
        **more,
    )


@pytest.mark.parametrize(
    ("device", "kernel", "datasheet"),
    [
        (gpu("8.9", 16384, 2520), "gemm.fp32", 82.6e12),  # RTX 4090
        (gpu("8.9", 16384, 2520), "gemm.int8", 660.6e12),
        (gpu("8.0", 6912, 1410), "gemm.fp32", 19.5e12),  # A100
        (gpu("8.0", 6912, 1410), "gemm.int8", 624e12),
        (gpu("8.6", 10496, 1695), "gemm.fp32", 35.6e12),  # RTX 3090
        (gpu("9.0", 16896, 1830), "gemm.int8", 1979e12),  # H100 SXM
        (gpu("9.0", 16896, 1830), "gemm.fp16", 989.4e12),
        (gpu("9.0", 16896, 1830), "gemm.bf16", 989.4e12),
        (gpu("8.0", 6912, 1410), "gemm.bf16", 312e12),
        (gpu("9.0", 16896, 1830), "gemm.tf32", 494.7e12),
        (gpu("8.9", 16384, 2520, name="NVIDIA GeForce RTX 4090"), "gemm.fp16", 165.2e12),
        (gpu("8.9", 16384, 2520, name="NVIDIA GeForce RTX 4090"), "gemm.bf16", 165.2e12),
        (gpu("8.9", 18176, 2520, name="NVIDIA L40S"), "gemm.fp16", 366e12),
        (gpu("8.0", 6912, 1410), "gemm.tf32", 156e12),
    ],
)
def test_known_cards_reach_their_datasheet(catalog, host, device, kernel, datasheet):
    peak = peak_of(catalog.kernel(kernel), device, host)
    assert peak.value == pytest.approx(datasheet, rel=0.01)
    assert peak.calibrated


def test_memory_bandwidth_comes_from_bus_and_clock(catalog, host):
    h100 = gpu("9.0", 16896, 1980, memory_bus_width_bits=5120, memory_clock_max_mhz=2619)
    assert peak_of(catalog.kernel("stream.add"), h100, host).value == pytest.approx(3.35e12, rel=0.01)


def test_the_4_bit_kernel_of_a_card_is_held_against_its_memory(catalog, host):
    h100 = gpu("9.0", 16896, 1980, memory_bus_width_bits=5120, memory_clock_max_mhz=2619)
    assert peak_of(catalog.kernel("gemv.int4"), h100, host).value == pytest.approx(3.35e12, rel=0.01)


def test_an_unknown_card_is_uncalibrated_not_skipped(catalog, host):
    peak = peak_of(catalog.kernel("gemm.fp32"), gpu("99.0", 1, 1), host)
    assert peak.value is None
    assert not peak.calibrated
    assert "uncalibrated" in peak.source


def test_a_latency_has_no_peak(catalog, host):
    assert peak_of(catalog.kernel("dispatch"), CPU, host) is None


def cpu_peak(catalog, host, kernel="gemm.fp32", **changes):
    return peak_of(catalog.kernel(kernel), CPU, replace(host, cpu=replace(host.cpu, **changes)))


def test_a_cpu_multiplies_cores_operations_and_clock(catalog, host):
    peak = cpu_peak(catalog, host, vendor="AuthenticAMD", family=25, clock_max_mhz=5000.0)
    assert peak.value == 2 * 32 * 5e9
    assert peak.calibrated


def test_a_quota_below_the_cores_counts(catalog, host):
    peak = cpu_peak(catalog, host, vendor="AuthenticAMD", family=25, clock_max_mhz=5000.0, usable_cores=1.5)
    assert peak.value == 1.5 * 32 * 5e9


def test_amx_and_vnni_raise_the_integer_peak(catalog, host):
    intel = {"vendor": "GenuineIntel", "model": 143, "clock_max_mhz": 3000.0}
    amx = cpu_peak(catalog, host, "gemm.int8", features=("avx512f", "avx512_vnni", "amx_int8"), **intel)
    vnni = cpu_peak(catalog, host, "gemm.int8", features=("avx512f", "avx512_vnni"), **intel)
    assert amx.value == 8 * vnni.value


def test_a_virtual_machine_convicts_nobody(catalog, host):
    virtual = replace(host, boundaries={Boundary.VM: "kvm"})
    known = cpu_peak(catalog, virtual, vendor="AuthenticAMD", family=25, clock_max_mhz=5000.0)
    assert known.value is not None
    assert not known.calibrated
    silent = cpu_peak(catalog, virtual, vendor="AuthenticAMD", family=25)
    assert silent.value is None
    assert "does not report a clock" in silent.source


@pytest.mark.parametrize(
    ("generation", "width", "source"),
    [
        (3, 16, "PCIe 3.0 ×16: 15.8 GB/s each way, 128b/130b"),
        (4, 16, "PCIe 4.0 ×16: 31.5 GB/s each way, 128b/130b"),
        (5, 16, "PCIe 5.0 ×16: 63.0 GB/s each way, 128b/130b"),
        (4, 4, "PCIe 4.0 ×4: 7.9 GB/s each way, 128b/130b"),
        (2, 1, "PCIe 2.0 ×1: 0.5 GB/s each way, 8b/10b"),
    ],
)
def test_copies_are_held_against_the_link(catalog, host, generation, width, source):
    card = gpu("8.9", 5888, 2520, pcie_generation_max=generation, pcie_width_max=width)
    for name in ("transfer.h2d", "transfer.d2h"):
        peak = peak_of(catalog.kernel(name), card, host)
        assert peak.source == source
        assert peak.calibrated


@pytest.mark.parametrize(
    "card",
    [
        gpu("8.9", 5888, 2520, pcie_width_max=16),
        gpu("8.9", 5888, 2520, pcie_generation_max=9, pcie_width_max=16),
        gpu("9.0", 16896, 1830, pcie_generation_max=5, pcie_width_max=16, name="NVIDIA GH200 480GB"),
    ],
    ids=["no generation", "one from the future", "linked by NVLink"],
)
def test_a_link_that_is_not_known_convicts_nobody(catalog, host, card):
    peak = peak_of(catalog.kernel("transfer.h2d"), card, host)
    assert (peak.value, peak.calibrated) == (None, False)
    assert peak.source.startswith("uncalibrated: ")


def test_disks_have_no_peak(catalog, host):
    assert peak_of(catalog.kernel("disk.write"), CPU, host) is None
