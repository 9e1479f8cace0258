"""Machines that nobody has, and what their runs would show: the results behind the vectors."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from netmind_tui.bench.catalog import open_catalog
from netmind_tui.bench.peak import peak_of
from netmind_tui.bench.statistics import summarise
from netmind_tui.certify.moment import written
from netmind_tui.model.device import Device, DeviceKind, Driver
from netmind_tui.model.finding import Status, worst
from netmind_tui.model.host import Cpu, Host
from netmind_tui.model.info import Tool
from netmind_tui.model.kernel import Catalog, Phase, Provider
from netmind_tui.model.measurement import (
    Because,
    Environment,
    Measurement,
    Peak,
    Placement,
    Throttle,
    Timed,
    Verified,
    capacity,
)
from netmind_tui.model.result import Result, ResultDevice, ResultHost

STARTED = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
TOOL = Tool(name="netmind", version="0.0.0")
_SHARES = (0.0, 0.002, -0.003, 0.001, 0.004, -0.001, 0.003, -0.002, 0.0005, -0.0005, 0.0015, -0.004)

CPU = ResultDevice(
    device="cpu",
    identity=None,
    kind="cpu",
    name="Example CPU 16-Core",
    memory_total_bytes=68_719_476_736,
    compute_capability=None,
    core_count=None,
    power_limit_w=None,
    power_limit_default_w=None,
    ecc_enabled=None,
    mig_enabled=None,
    pcie_generation_max=None,
    pcie_width_max=None,
    sm_clock_max_mhz=None,
)
CARD = ResultDevice(
    device="gpu:0",
    identity=None,
    kind="gpu",
    name="NVIDIA GeForce RTX 4090",
    memory_total_bytes=25_757_220_864,
    compute_capability="8.9",
    core_count=16_384,
    power_limit_w=450.0,
    power_limit_default_w=450.0,
    ecc_enabled=False,
    mig_enabled=None,
    pcie_generation_max=4,
    pcie_width_max=16,
    sm_clock_max_mhz=3105,
)
HOST = ResultHost(
    cpu_name="Example CPU 16-Core",
    architecture="x86_64",
    logical_cores=32,
    usable_cores=32.0,
    features=("avx2", "fma"),
    memory_total_bytes=68_719_476_736,
    os="Debian GNU/Linux 12",
    boundaries={},
)
RATES = {"dispatch": 2.6e-6, "stream.add": 3.2e10, "gemm.fp32": 1.4e12, "gemm.int8": 4.1e12, "gemm.fp16": 1.5e14}


@cache
def catalog() -> Catalog:
    """The catalogue whose kernels the vectors name."""
    return open_catalog()


def identity(device: str) -> str:
    """What stands for a device's identity in a scope: nothing real is behind it."""
    return hashlib.sha256(f"netmind test vector device {device}".encode()).hexdigest()


def row(device: ResultDevice, kernel_id: str, *, rate: float | None = None, at: int = 1, **changes: Any) -> Measurement:  # noqa: ANN401 - any member of a measurement
    """A kernel measured on a device, ``at`` seconds into the run; twelve samples, each of about 20 ms."""
    kernel = catalog().kernel(kernel_id)
    provider = Provider.CPU if device.kind == "cpu" else Provider.CUDA
    variant = kernel.variant_for(provider, device.memory_total_bytes or 0)
    if variant is None:
        raise ValueError(kernel_id)
    pace = rate or RATES[kernel_id] * (1 if provider is Provider.CPU or kernel_id == "gemm.fp16" else 20)
    work = kernel.work_per_iteration(variant.shape)
    iterations = max(1, round(0.02 / (pace if kernel.is_latency else work / pace)))
    samples = tuple(float(f"{pace * (1 + share):.6g}") for share in _SHARES)
    summary = summarise(samples)
    seconds = sum(iterations * (each if kernel.is_latency else work / each) for each in samples)
    peak = _peak(device, kernel_id)
    members: dict[str, Any] = {
        "kernel": kernel.id,
        "kernel_version": kernel.version,
        "kernel_sha256": variant.sha256,
        "device": device.device,
        "provider": provider,
        "precision": kernel.precision,
        "shape": dict(variant.shape),
        "metric": kernel.metric,
        "unit": kernel.unit,
        "value": summary.median,
        "ci95": summary.ci95,
        "cv": summary.cv,
        "mad": summary.mad,
        "p5": summary.p5,
        "p95": summary.p95,
        "n": summary.n,
        "samples": samples,
        "outliers": summary.outliers,
        "phase": Phase.BURST,
        "verified": Verified(
            method="float64", before=True, after=True, error=0.0, tolerance=kernel.tolerance_for(variant)
        ),
        "placement": Placement(provider=provider, nodes=1, read=True) if variant.file else None,
        "peak": peak,
        "efficiency": summary.median / peak.value if peak and peak.value else None,
        "throttle": None if provider is Provider.CPU else Throttle(hw_thermal_ns=0, sw_thermal_ns=0),
        "timed": Timed(
            setup_s=0.5,
            cold_s=0.01,
            warm_up_s=0.25,
            window_s=float(f"{seconds * 1.01:.4g}"),
            iterations_per_sample=iterations,
            stop="converged",
        ),
        "started_at": written(STARTED + timedelta(seconds=at)),
        "status": Status.PASS,
    }
    return Measurement(**(members | changes))


def _peak(device: ResultDevice, kernel_id: str) -> Peak | None:
    if device.kind == "cpu":
        return None if kernel_id == "dispatch" else Peak(value=None, source="uncalibrated", calibrated=False)
    described = Device(
        id=device.device,
        kind=DeviceKind(device.kind),
        name=device.name,
        compute_capability=device.compute_capability,
        core_count=device.core_count,
        sm_clock_max_mhz=device.sm_clock_max_mhz,
        pcie_generation_max=device.pcie_generation_max,
        pcie_width_max=device.pcie_width_max,
    )
    cpu = Cpu(architecture="x86_64", logical_cores=32, usable_cores=32.0)
    host = Host(hostname="", os="", kernel="", python="", cpu=cpu)
    return peak_of(catalog().kernel(kernel_id), described, host)


def unmeasured(device: ResultDevice, kernel_id: str, status: Status, because: Because) -> Measurement:
    """A kernel that nothing is claimed about, and why."""
    whole = row(device, kernel_id)
    return Measurement(
        kernel=whole.kernel,
        kernel_version=whole.kernel_version,
        kernel_sha256=whole.kernel_sha256,
        device=whole.device,
        provider=whole.provider,
        precision=whole.precision,
        shape=whole.shape,
        metric=whole.metric,
        unit=whole.unit,
        status=status,
        reasons=(because,),
    )


def result(devices: tuple[ResultDevice, ...], rows: tuple[Measurement, ...], **changes: Any) -> Result:  # noqa: ANN401 - any member of a result
    """The result document of a run of two minutes."""
    cards = any(device.kind != "cpu" for device in devices)
    driver = Driver(version="580.95.05", cuda_version="13.0", nvml_version="13.580.95.05") if cards else None
    members: dict[str, Any] = {
        "run_id": "20261122T140000Z-0a1b2c",
        "started_at": written(STARTED),
        "finished_at": written(STARTED + timedelta(minutes=2)),
        "suite": "quick",
        "seed": "7",
        "tool": TOOL,
        "host": HOST,
        "devices": devices,
        "environment": Environment(driver=driver, onnxruntime="1.28.0", numpy="2.3.0", python="3.12.0"),
        "measurements": rows,
        "together": False,
        "alone": (),
        "sharing": (),
        "capacity": capacity(rows),
        "findings": (),
        "verdict": worst([each.status for each in rows]),
    }
    return Result(**(members | changes))


def small() -> Result:
    """One processor, one kernel: what most vectors break."""
    return result((CPU,), (row(CPU, "gemm.fp32"),))


def with_row(of: Result, **changes: Any) -> Result:  # noqa: ANN401 - any member of a measurement
    """A result whose first row is another, with the capacity that follows."""
    rows = (replace(of.measurements[0], **changes), *of.measurements[1:])
    return replace(of, measurements=rows, capacity=capacity(rows), verdict=worst([each.status for each in rows]))
