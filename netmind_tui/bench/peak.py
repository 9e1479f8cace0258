"""What a device could do at most, computed from what it says of itself, with the source beside the figure."""

from dataclasses import dataclass

from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.host import Boundary, Cpu, Host
from netmind_tui.model.kernel import Kernel
from netmind_tui.model.measurement import Peak

PLAUSIBLE = 1.2
"""A rate above 1.2 times a calibrated peak was not measured on that device."""

_TRANSFERS_A_CLOCK = 2
_UNITS = frozenset({"bytes/s", "FLOP/s", "OP/s"})


@dataclass(frozen=True, slots=True)
class _Sm:
    """One streaming multiprocessor: cores, and dense operations a cycle by precision (sums of fp16 in fp32)."""

    cores: int
    fp32: int
    tf32: int
    fp16: int
    int8: int


# NVIDIA's architecture whitepapers: Turing TU102, Ampere GA100 and GA102, Ada AD102, Hopper H100, Blackwell GB202.
_SMS = {
    "7.5": _Sm(64, 128, 0, 1024, 2048),
    "8.0": _Sm(64, 128, 1024, 2048, 4096),
    "8.6": _Sm(128, 256, 512, 1024, 2048),
    "8.9": _Sm(128, 256, 512, 1024, 2048),
    "9.0": _Sm(128, 256, 2048, 4096, 8192),
    "12.0": _Sm(128, 256, 512, 1024, 2048),
}
_HALVED_ON_GEFORCE = frozenset({"8.6", "8.9", "12.0"})
"""On consumer cards of these generations sums in fp32 run at half the rate of the professional ones."""


@dataclass(frozen=True, slots=True)
class _Lane:
    """One PCIe lane: transfers a second, and how many bits of so many on the line are payload."""

    transfers_per_s: float
    payload: int
    line: int


# PCI Express Base Specification, revisions 2.1 to 6.0; from 6.0 on 236 of a flit's 256 bytes are packets.
_PCIE_LANES = {
    1: _Lane(2.5e9, 8, 10),
    2: _Lane(5e9, 8, 10),
    3: _Lane(8e9, 128, 130),
    4: _Lane(16e9, 128, 130),
    5: _Lane(32e9, 128, 130),
    6: _Lane(64e9, 236, 256),
}
_LINKED_OTHERWISE = ("GH200", "GB200", "GB300", "GB10", "Jetson", "Thor", "Orin")
"""Cards whose CPU is reached by NVLink or whose memory is the CPU's: no PCIe link bounds their copies."""

_AMD, _INTEL = "AuthenticAMD", "GenuineIntel"
_ZEN_1, _ZEN_5 = 23, 26
_ZEN_2_FIRST_MODEL = 0x30
# Skylake-SP, Ice Lake-SP and -D, Sapphire, Emerald and Granite Rapids: two 512-bit FMA units a core.
_INTEL_TWO_FMA_512 = frozenset({85, 106, 108, 143, 173, 174, 207})
_AMX_INT8_OPS = 2048  # one TDPBUSD of 16 x 16 x 64 multiply-adds in 16 cycles


def peak_of(kernel: Kernel, device: Device, host: Host) -> Peak | None:
    """The peak that a kernel's rate is held against; ``None`` for latencies and whole networks, which have none."""
    if kernel.unit not in _UNITS:
        return None
    if kernel.family == "disk":
        return None
    if kernel.family == "transfer":
        return _link(device)
    if device.kind is DeviceKind.CPU:
        return _cpu_peak(kernel, host)
    if kernel.metric == "bandwidth":
        return _gpu_bandwidth(device)
    return _gpu_rate(kernel, device)


def _link(device: Device) -> Peak:
    """What the card's PCIe link carries one way at most, before the overhead of its packets."""
    generation, width = device.pcie_generation_max, device.pcie_width_max
    if any(word in (device.name or "") for word in _LINKED_OTHERWISE):
        return Peak(value=None, source="uncalibrated: linked to its CPU by NVLink", calibrated=False)
    lane = _PCIE_LANES.get(generation or 0)
    if lane is None or not width:
        return Peak(value=None, source="uncalibrated: PCIe generation or width unknown", calibrated=False)
    value = lane.transfers_per_s * lane.payload / lane.line / 8 * width
    coding = f"{lane.payload}b/{lane.line}b"
    source = f"PCIe {generation}.0 ×{width}: {value / 1e9:.1f} GB/s each way, {coding}"
    return Peak(value=value, source=source, calibrated=True)


def _gpu_rate(kernel: Kernel, device: Device) -> Peak:
    sm = _SMS.get(device.compute_capability or "")
    operations = _sm_operations(sm, kernel.precision, device) if sm else 0
    if sm is None or not operations or device.core_count is None or device.sm_clock_max_mhz is None:
        missing = "compute capability" if sm is None else "core count or clock"
        return Peak(value=None, source=f"uncalibrated: {missing} unknown", calibrated=False)
    sms = device.core_count // sm.cores
    value = sms * operations * device.sm_clock_max_mhz * 1e6
    source = f"{sms} SMs × {operations} operations a cycle × {device.sm_clock_max_mhz} MHz (highest SM clock)"
    return Peak(value=value, source=source, calibrated=True)


def _sm_operations(sm: _Sm, precision: str, device: Device) -> int:
    """Operations a cycle; 0 where this precision is not known of the card. bf16 came with tf32, at the rate of fp16."""
    bf16 = sm.fp16 if sm.tf32 else 0
    rates = {"fp32": sm.fp32, "tf32": sm.tf32, "fp16": sm.fp16, "bf16": bf16, "int8": sm.int8}
    operations = rates.get(precision, 0)
    halved = precision in ("tf32", "fp16", "bf16") and device.compute_capability in _HALVED_ON_GEFORCE
    return operations // 2 if halved and "GeForce" in (device.name or "") else operations


def _gpu_bandwidth(device: Device) -> Peak:
    width, clock = device.memory_bus_width_bits, device.memory_clock_max_mhz
    if width is None or clock is None:
        return Peak(value=None, source="uncalibrated: bus width or memory clock unknown", calibrated=False)
    value = width / 8 * clock * 1e6 * _TRANSFERS_A_CLOCK
    return Peak(value=value, source=f"{width} bit × {clock} MHz × 2 (double data rate)", calibrated=True)


def _cpu_peak(kernel: Kernel, host: Host) -> Peak:
    if kernel.metric == "bandwidth":
        return Peak(value=None, source="uncalibrated: memory channels are not readable", calibrated=False)
    cpu = host.cpu
    operations = _cpu_operations(cpu, kernel.precision)
    if operations is None:
        return Peak(value=None, source="uncalibrated: operations a cycle of this core unknown", calibrated=False)
    if cpu.clock_max_mhz is None:
        where = "this virtual machine" if Boundary.VM in host.boundaries else "the firmware"
        return Peak(value=None, source=f"uncalibrated: {where} does not report a clock", calibrated=False)
    cores = min(float(cpu.physical_cores or cpu.logical_cores), cpu.usable_cores)
    source = f"{cores:g} cores × {operations} operations a cycle × {cpu.clock_max_mhz:g} MHz"
    calibrated = Boundary.VM not in host.boundaries
    return Peak(value=cores * operations * cpu.clock_max_mhz * 1e6, source=source, calibrated=calibrated)


def _cpu_operations(cpu: Cpu, precision: str) -> int | None:
    """Operations a cycle and core, a multiply-add being two.

    Source: A. Fog, "The microarchitecture of Intel, AMD and VIA CPUs".
    """
    features = frozenset(cpu.features)
    if precision == "fp32":
        return _fp32_operations(cpu, features)
    if precision != "int8":
        return None
    if "amx_int8" in features:
        return _AMX_INT8_OPS
    if features & {"avx512_vnni", "avx_vnni"}:
        fp32 = _fp32_operations(cpu, features)
        return 4 * fp32 if fp32 else None
    return None


def _fp32_operations(cpu: Cpu, features: frozenset[str]) -> int | None:
    if "avx512f" in features and cpu.vendor == _INTEL:
        return 64 if cpu.model in _INTEL_TWO_FMA_512 else 32
    if cpu.vendor == _AMD and cpu.family == _ZEN_5:
        return 64
    if cpu.vendor == _AMD and cpu.family == _ZEN_1 and (cpu.model or 0) < _ZEN_2_FIRST_MODEL:
        return 16
    if {"avx2", "fma"} <= features and cpu.vendor in (_AMD, _INTEL):
        return 32
    return None
