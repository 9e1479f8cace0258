"""The benchmark run that ``netmind-tui --demo`` shows: made up like the machine, and judged by the real rules.

It was finished before the recording begins, with all eight GPUs. gpu:4 is slower than its equals and throttled where
most power is drawn, and copies to and from gpu:2 take twice as long. Peaks, findings and summaries are computed by the
same code as for a real run. ``scripts/demo.py`` writes it.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import fmean, median, pstdev

from netmind_tui.bench.catalog import open_catalog
from netmind_tui.bench.peak import peak_of
from netmind_tui.bench.peers import peer_findings, sharing
from netmind_tui.bench.plan import Target
from netmind_tui.bench.summary import summarise
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.finding import Status, worst
from netmind_tui.model.kernel import Catalog, Phase, Provider
from netmind_tui.model.measurement import (
    Because,
    Environment,
    Measurement,
    Placement,
    Reason,
    Run,
    Throttle,
    Timed,
    Verified,
    capacity,
)
from netmind_tui.model.recording import RecordingHeader
from netmind_tui.model.sample import DeviceSample, HostSample, Sample

STARTED_AT = datetime(2026, 11, 22, 13, 40, tzinfo=UTC)
WINDOW_S = 11.0
SAMPLES = 16
THROTTLED_FROM_W, WARM_FROM_W = 400.0, 350.0
GIB = 2**30

# A kernel's rate on a card like the others (a time for dispatch), its spread, and the watts it takes there.
GPU_RATES = {
    "dispatch": (4.12e-6, 0.006, 62.0),
    "stream.add": (9.21e11, 0.002, 318.0),
    "transfer.h2d": (2.52e10, 0.001, 74.0),
    "transfer.d2h": (2.61e10, 0.001, 73.0),
    "gemm.fp32": (7.19e13, 0.003, 394.0),
    "gemm.tf32": (7.94e13, 0.003, 391.0),
    "gemm.fp16": (1.582e14, 0.004, 402.0),
    "gemm.bf16": (1.576e14, 0.004, 401.0),
    "gemm.int8": (5.61e14, 0.004, 405.0),
    "gemv.int4": (8.03e11, 0.004, 327.0),
    "conv.resnet50": (1382.0, 0.004, 352.0),
    "conv.resnet50.fp16": (3154.0, 0.004, 371.0),
    "encoder.base": (1214.0, 0.003, 366.0),
    "encoder.base.fp16": (3902.0, 0.004, 383.0),
    "decoder.prefill.int4": (2.41e5, 0.005, 396.0),
    "decoder.decode.int4": (5214.0, 0.005, 331.0),
    "decoder.prefill.fp16": (2.83e5, 0.004, 402.0),
    "decoder.decode.fp16": (1987.0, 0.003, 337.0),
}
CPU_RATES = {
    "dispatch": (3.14e-6, 0.012, 96.0),
    "stream.add": (1.48e11, 0.008, 158.0),
    "gemm.fp32": (2.31e12, 0.006, 214.0),
    "gemm.int8": (3.02e12, 0.007, 209.0),
    "gemv.int4": (9.64e10, 0.011, 172.0),
    "conv.resnet50": (411.0, 0.009, 206.0),
    "encoder.base": (236.0, 0.007, 211.0),
    "decoder.prefill.int4": (2350.0, 0.008, 205.0),
    "decoder.decode.int4": (521.0, 0.013, 176.0),
    "decoder.prefill.fp32": (2640.0, 0.008, 212.0),
    "decoder.decode.fp32": (148.0, 0.009, 169.0),
    "disk.write": (2.91e9, 0.014, 92.0),
    "disk.read": (5.13e9, 0.010, 90.0),
}
METHODS = {
    "dispatch": "bitwise",
    "stream.add": "bitwise",
    "transfer.h2d": "bitwise",
    "transfer.d2h": "bitwise",
    "gemm.int8": "sha256",
    "gemv.int4": "exact rows",
    "conv.resnet50": "twin",
    "conv.resnet50.fp16": "twin",
    "encoder.base": "twin",
    "encoder.base.fp16": "twin",
    "decoder.prefill.int4": "stages",
    "decoder.decode.int4": "stages",
    "decoder.prefill.fp16": "stages",
    "decoder.decode.fp16": "stages",
    "decoder.prefill.fp32": "stages",
    "decoder.decode.fp32": "stages",
    "disk.write": "bitwise",
    "disk.read": "bitwise",
}
ROWS = {"float64": 34, "exact rows": 1024}
NODES = {"conv": 122, "encoder": 348, "decoder": 14}
# As different as cards of one order are; gpu:4 besides gets too little air.
PACES = (1.0, 0.998, 1.006, 0.994, 1.0, 0.999, 1.003, 1.007)
LITTLE_AIR, RISER = 4, 2


def run(header: RecordingHeader) -> Run:
    """A finished run of the suite ``standard`` on the machine of a recording."""
    catalog = open_catalog()
    cards = [device for device in header.devices if device.kind is DeviceKind.GPU]
    cpu = next(device for device in header.devices if device.kind is DeviceKind.CPU)
    row = _Rows(header, catalog)
    rows = [row.of(kernel, cpu, *CPU_RATES[kernel]) for kernel in CPU_RATES]
    rows += [row.of(kernel, card, *GPU_RATES[kernel]) for kernel in GPU_RATES for card in cards]
    alone = tuple(
        row.of(kernel, card, *GPU_RATES[kernel], alone=gain)
        for kernel, gain in (("gemm.fp16", 1.031), ("transfer.h2d", 1.004))
        for card in cards[:2]
    )
    measurements = tuple(rows)
    environment = Environment(
        driver=header.driver,
        onnxruntime="1.31.1",
        numpy="2.4.6",
        python=header.host.python,
        load_1m=0.4,
        other_cpu_util_pct=1.0,
        memory_available_bytes=240 * GIB,
        on_battery=False,
    )
    targets = [
        Target(device=device, memory_free_bytes=round(0.97 * (device.memory_total_bytes or 0)))
        for device in (cpu, *cards)
    ]
    return Run(
        run_id=f"{STARTED_AT:%Y%m%dT%H%M%SZ}-51ad0e",
        started_at=_time(0.0),
        finished_at=_time(342.0),
        suite="standard",
        seed=catalog.default_seed,
        tool=header.tool,
        host=header.host,
        devices=header.devices,
        environment=environment,
        measurements=measurements,
        together=True,
        alone=alone,
        sharing=sharing(measurements, alone),
        capacity=capacity(measurements),
        summaries=summarise(targets, measurements, environment),
        findings=peer_findings(measurements, cards),
        verdict=worst([each.status for each in (*measurements, *alone)]),
    )


class _Rows:
    """Makes the rows, one kernel after the other, the same ones every time."""

    def __init__(self, header: RecordingHeader, catalog: Catalog) -> None:
        self._header = header
        self._catalog = catalog
        self._chance = random.Random(7)
        self._order: list[str] = []

    def of(
        self, kernel_id: str, device: Device, rate: float, spread: float, watts: float, *, alone: float | None = None
    ) -> Measurement:
        """One kernel on one device; ``alone`` is how much faster it is when the others rest."""
        kernel = self._catalog.kernel(kernel_id)
        is_gpu = device.kind is DeviceKind.GPU
        provider = Provider.CUDA if is_gpu else Provider.CPU
        variant = kernel.variant_for(provider, device.memory_total_bytes or 0)
        pace, throttled = self._pace(device, kernel_id, watts) if is_gpu else (1.0, False)
        middle = rate * (1 / pace if kernel.is_latency else pace) * (alone or 1.0)
        samples = tuple(_figures(middle * factor) for factor in self._factors(spread))
        value, cv = median(samples), pstdev(samples) / fmean(samples)
        margin = 2 * cv * value / SAMPLES**0.5
        peak = peak_of(kernel, device, self._header.host)
        reasons = (Because(Reason.THROTTLED, "slowed down by sw thermal for 3.2 s"),) if throttled else ()
        start = self._start_s(kernel_id, alone)
        draw = watts * (pace**1.6 if is_gpu else 1.0)
        method = METHODS.get(kernel_id, "float64")
        tolerance = kernel.tolerance_for(variant)
        return Measurement(
            kernel=kernel.id,
            kernel_version=kernel.version,
            kernel_sha256=variant.sha256 if variant else None,
            device=device.id,
            provider=provider,
            precision=kernel.precision,
            shape=dict(variant.shape) if variant else {},
            metric=kernel.metric,
            unit=kernel.unit,
            value=value,
            ci95=(_figures(value - margin), _figures(value + margin)),
            cv=_figures(cv),
            mad=_figures(median(abs(each - value) for each in samples)),
            p5=min(samples),
            p95=max(samples),
            n=SAMPLES,
            samples=samples,
            phase=Phase.SUSTAINED,
            burst=_figures(value * (0.988 if kernel.is_latency else 1.012)),
            verified=Verified(
                method=method,
                before=True,
                after=True,
                error=tolerance / 11 if tolerance else 0.0,
                tolerance=tolerance,
                error_before=tolerance / 13 if tolerance else 0.0,
                rows=ROWS.get(method),
            ),
            placement=(
                Placement(provider=provider, nodes=NODES.get(kernel.id.partition(".")[0], 1), read=True)
                if variant and variant.file
                else None
            ),
            peak=peak,
            efficiency=_figures(value / peak.value) if peak and peak.value else None,
            energy_j=round(draw * WINDOW_S, 1) if is_gpu else None,
            energy_method="nvml_energy" if is_gpu else None,
            throttle=Throttle(sw_thermal_ns=3_200_000_000 if throttled else 0, sw_power_cap_ns=0) if is_gpu else None,
            timed=Timed(
                setup_s=1.4, cold_s=0.041, warm_up_s=2.0, window_s=WINDOW_S, iterations_per_sample=12, stop="converged"
            ),
            threads=None if is_gpu else 32,
            other_cpu_util_pct=1.0,
            elapsed_s=WINDOW_S + 5.2,
            started_at=_time(start),
            before=_sample(device, start, draw, 0.82) if is_gpu else None,
            after=_sample(device, start + WINDOW_S, draw, 1.0) if is_gpu else None,
            status=Status.FAIL if throttled else Status.PASS,
            reasons=reasons,
        )

    def _pace(self, device: Device, kernel_id: str, watts: float) -> tuple[float, bool]:
        index = int(device.id.removeprefix("gpu:"))
        if kernel_id.startswith("transfer"):
            return (0.503 if index == RISER else 1.0), False
        if index == LITTLE_AIR and watts >= WARM_FROM_W:
            return (0.916, True) if watts >= THROTTLED_FROM_W else (0.938, False)
        return PACES[index], False

    def _factors(self, spread: float) -> Iterator[float]:
        for _ in range(SAMPLES):
            # The sum of three dice is near enough to a bell.
            yield 1 + spread * (sum(self._chance.random() for _ in range(3)) - 1.5) * 2

    def _start_s(self, kernel_id: str, alone: float | None) -> float:
        name = f"{kernel_id} {alone or ''}"
        if name not in self._order:
            self._order.append(name)
        return 16.2 * self._order.index(name)


def _sample(device: Device, second: float, draw: float, warm: float) -> Sample:
    hot = 83.0 if device.id == f"gpu:{LITTLE_AIR}" else 67.0
    part = DeviceSample(
        device=device.id,
        uuid=device.uuid,
        power_draw_w=round(draw, 1),
        power_limit_w=device.power_limit_w,
        temperature_c=round(24 + (hot - 24) * warm * min(1.0, draw / 400)),
        sm_clock_mhz=2430 if device.id == f"gpu:{LITTLE_AIR}" else 2640,
        pcie_generation=4,
        pcie_width=8 if device.id == f"gpu:{RISER}" else 16,
    )
    return Sample(at=_time(second), host=HostSample(), devices=(part,))


def _figures(value: float) -> float:
    """Five significant digits: nobody measures more."""
    return float(f"{value:.5g}")


def _time(second: float) -> str:
    moment = STARTED_AT + timedelta(seconds=second)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
