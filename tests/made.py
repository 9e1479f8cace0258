"""Runs of machines that nobody here has: made by hand from the values that a run holds."""

from dataclasses import replace

from netmind_tui.bench.plan import Target
from netmind_tui.bench.summary import summarise
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.finding import Status, worst
from netmind_tui.model.host import Cpu, Host
from netmind_tui.model.info import Tool
from netmind_tui.model.kernel import Phase, Provider
from netmind_tui.model.measurement import (
    Because,
    Environment,
    Measurement,
    Peak,
    Reason,
    Run,
    Throttle,
    Timed,
    Verified,
    capacity,
)
from netmind_tui.model.sample import DeviceSample, HostSample, Sample

H100 = Device(
    id="gpu:0",
    kind=DeviceKind.GPU,
    name="NVIDIA H100 80GB HBM3",
    uuid="GPU-8c1f2a3b-aaaa-4000-8000-0123456789ab",
    memory_total_bytes=85_520_809_984,
)
# Kernel, value, unit, share of peak, watts.
GPU_ROWS = (
    ("dispatch", 9.81e-6, "s", None, 130.0),
    ("stream.add", 3.02e12, "bytes/s", 0.90, 412.0),
    ("gemm.fp32", 51.6e12, "FLOP/s", 0.77, 540.0),
    ("gemm.tf32", 392e12, "FLOP/s", 0.79, 655.0),
    ("gemm.fp16", 731e12, "FLOP/s", 0.74, 688.5),
    ("gemm.int8", 1.31e15, "OP/s", 0.66, 601.0),
    ("conv.resnet50", 2875.0, "images/s", None, 498.0),
    ("encoder.base", 4410.0, "sequences/s", None, 520.0),
)
SECONDS = 12


def gpu(index=0, **changes):
    uuid = f"GPU-8c1f2a3b-aaaa-4000-8000-{index:012x}"
    return replace(H100, id=f"gpu:{index}", uuid=uuid, **changes)


def measurement(device, kernel, value, unit, share=None, watts=None, **changes):
    """One sustained measurement of twelve seconds; without watts nothing can be read."""
    is_latency = unit == "s"
    meter = {"power_draw_w": watts} if watts else {}
    ends = [
        Sample(at=f"2026-11-22T20:00:{second:02}.000Z", host=HostSample(), devices=(own,))
        for second, own in (
            (0, DeviceSample(device=device.id, **meter)),
            (SECONDS, DeviceSample(device=device.id, temperature_c=64, **meter)),
        )
    ]
    plain = {
        "kernel": kernel,
        "kernel_version": 1,
        "kernel_sha256": "00" * 32,
        "device": device.id,
        "provider": Provider.CPU if device.kind is DeviceKind.CPU else Provider.CUDA,
        "precision": kernel.partition(".")[2] if kernel.startswith("gemm") else "fp32",
        "shape": {},
        "metric": "latency" if is_latency else "bandwidth" if unit == "bytes/s" else "throughput",
        "unit": unit,
        "value": value,
        "ci95": (value * 0.997, value * 1.002),
        "cv": 0.004,
        "n": 40,
        "phase": Phase.SUSTAINED,
        "burst": value * (0.97 if is_latency else 1.03),
        "verified": Verified(method="float64", before=True, after=True, error=1e-7, tolerance=1e-6),
        "peak": Peak(value=value / share, source="132 SMs", calibrated=True) if share else None,
        "efficiency": share,
        "energy_j": watts * SECONDS if watts else None,
        "energy_method": "nvml_energy" if watts else None,
        "throttle": Throttle(hw_thermal_ns=0, hw_power_brake_ns=0, sw_thermal_ns=0, sw_power_cap_ns=0),
        "timed": Timed(
            setup_s=1.0, cold_s=0.1, warm_up_s=1.0, window_s=SECONDS, iterations_per_sample=8, stop="converged"
        ),
        "before": ends[0],
        "after": ends[1],
        "status": Status.PASS,
    }
    return Measurement(**(plain | changes))


def capped(row):
    """The same, held at its power limit."""
    because = Because(Reason.POWER_CAPPED, "held at its power limit for 8.1 s")
    return replace(row, reasons=(*row.reasons, because))


def run(devices, rows, *, free_bytes=None, **changes):
    """A run over those rows; each device has its memory free, or so much of it as is given."""
    environment = changes.pop("environment", Environment(onnxruntime="1.31.1", other_cpu_util_pct=1.0))
    host = Host(
        hostname="annas-rig",
        os="Ubuntu 24.04",
        kernel="6.8",
        python="3.12",
        cpu=Cpu(architecture="x86_64", logical_cores=96, usable_cores=96.0),
    )
    targets = [
        Target(device=each, memory_free_bytes=(each.memory_total_bytes or 0) if free_bytes is None else free_bytes)
        for each in devices
    ]
    plain = {
        "run_id": "20261122T200000Z-abc123",
        "started_at": "2026-11-22T20:00:00.000Z",
        "finished_at": "2026-11-22T20:03:00.000Z",
        "suite": "standard",
        "seed": 7,
        "tool": Tool(name="netmind", version="0.1.0"),
        "host": host,
        "devices": tuple(devices),
        "environment": environment,
        "measurements": tuple(rows),
        "capacity": capacity(tuple(rows)),
        "summaries": summarise(targets, tuple(rows), environment),
        "verdict": worst([row.status for row in rows]),
    }
    return Run(**(plain | changes))


def gpu_run(count=1, **changes):
    """So many H100 of slightly different speed, capped by their power limit in ``gemm.fp16``."""
    devices = [gpu(index) for index in range(count)]
    rows = []
    for index, device in enumerate(devices):
        pace = 1 - 0.004 * index
        for kernel, value, unit, share, watts in GPU_ROWS:
            row = measurement(device, kernel, value * pace, unit, share and share * pace, watts)
            rows.append(capped(row) if kernel == "gemm.fp16" else row)
    return run(devices, rows, **changes)
