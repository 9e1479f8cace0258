"""Benchmarks made up for pictures: plans, runs that go on, finished and kept ones."""

import importlib.util
from dataclasses import replace
from pathlib import Path

from netmind_tui.bench.compare import compare
from netmind_tui.model.comparison import KeptFigure, KeptRun
from netmind_tui.model.device import DeviceKind
from netmind_tui.model.finding import Finding, Status
from netmind_tui.model.host import Boundary
from netmind_tui.model.kernel import Phase
from netmind_tui.model.measurement import Because, Environment, Peak, Placement, Reason, Verified
from netmind_tui.tui.bench_plan import Plan, Planned
from netmind_tui.tui.bench_state import Going, JobStarted, JobWent, PlansMade, RowFinished, RunsListed
from netmind_tui.tui.message import Went
from netmind_tui.tui.screen.bench_part import chosen_devices
from netmind_tui.tui.state import reduce

_spec = importlib.util.spec_from_file_location("tests_made", Path(__file__).parent.parent / "made.py")
made = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(made)

SUITES = (
    ("preflight", "whether the devices are there, well, and right: health, links, one product each", 15.0, 0.1),
    ("quick", "every kernel for a moment; certifies burst", 60.0, 0.3),
    ("standard", "every kernel until it is steady; certifies sustained", 360.0, 1.0),
    ("sustained", "ten minutes and more of load: heat, power and throttling show; certifies sustained", None, 5.0),
)
# Kernel, value, unit, peak, seconds.
KERNELS = (
    ("dispatch", 4.1e-6, "s", None, 3.0),
    ("stream.add", 921e9, "bytes/s", 1008e9, 24.0),
    ("gemm.fp32", 71.9e12, "FLOP/s", 82.6e12, 24.0),
    ("gemm.fp16", 158.2e12, "FLOP/s", 165.2e12, 24.0),
    ("gemm.int8", 511e12, "OP/s", 660.6e12, 24.0),
    ("conv.resnet50", 2875.0, "images/s", None, 21.0),
)
CHECKS = {
    "dispatch": ("bitwise", 0.0, None),
    "stream.add": ("bitwise", 0.0, None),
    "gemm.tf32": ("float64", 2e-4, 34),
    "gemm.fp16": ("float64", 5e-5, 34),
    "gemm.int8": ("sha256", 0.0, None),
    "conv.resnet50": ("twin", 3e-5, None),
    "encoder.base": ("twin", 7e-6, None),
}
"""Method, tolerance and rows, as the shipped kernels have them."""

SHAPES = {"gemm": {"m": 8192, "n": 8192, "k": 8192}, "stream": {"n": 16777216}, "dispatch": {"n": 1}}


def plan(devices, suite="standard", pace=1.0, title="", budget=None, *, alone=("gemm.fp16",)):
    """A plan on these devices; several GPUs work together, and one kernel is measured once more alone."""
    gpus = [device for device in devices if device != "cpu"]
    steps = [step(kernel, device, pace, in_step=len(gpus) > 1) for device in devices for kernel in KERNELS]
    if len(gpus) > 1:
        steps += [step(kernel, device, pace, alone=True) for device in gpus for kernel in KERNELS if kernel[0] in alone]
    seconds = sum(each[4] for each in KERNELS) * pace
    return Plan(
        suite=suite,
        title=title,
        seed=7,
        certified=Phase.SUSTAINED,
        expected_s=seconds,
        budget_s=budget,
        steps=tuple(steps),
    )


def step(kernel, device, pace=1.0, *, in_step=False, alone=False):
    """A kernel on a device; the processor has no fp16."""
    name, _, unit, peak, seconds = kernel
    refused = None
    if device == "cpu" and name == "gemm.fp16":
        refused = "gemm.fp16 has no form that the cpu provider runs natively"
    return Planned(
        kernel=name,
        device=device,
        unit=unit,
        expected_s=seconds * pace,
        memory_bytes=384 << 20,
        refused=refused,
        peak=Peak(value=peak, source="128 SMs", calibrated=True) if peak and device != "cpu" else None,
        rsd_limit=0.03 if device == "cpu" else 0.01,
        shape=SHAPES.get(name.partition(".")[0], {"batch": 32}),
        tolerance=CHECKS.get(name, (None, 1e-6))[1],
        sha256="00" * 32,
        in_step=in_step and device != "cpu",
        alone=alone,
    )


def choosing(state):
    """The page on which a suite is chosen, planned for every device."""
    devices = chosen_devices(state)
    plans = tuple(plan(devices, name, pace, title, budget) for name, title, budget, pace in SUITES)
    for message in (Went("bench"), PlansMade(devices, plans), RunsListed(())):
        state = reduce(state, message)
    return state


def row(kernel, device, factor=1.0, **changes):
    """A finished kernel."""
    name, value, unit, peak, _ = kernel
    value *= factor
    share = value / peak if peak else None
    watts = None if device.kind is DeviceKind.CPU else 371.0
    changes.setdefault("shape", SHAPES.get(name.partition(".")[0], {"batch": 32}))
    changes.setdefault("verified", verified(name))
    return made.measurement(device, name, value, unit, share, watts, **changes)


def running(state, devices, *, slow="gpu:4", done=3, phase=Phase.BURST):
    """A run in which some kernels are finished and the next one is timed."""
    state = choosing(state)
    known = {device.id: device for device in state.devices}
    suite = plan(devices)
    environment = Environment(
        load_1m=0.4, other_cpu_util_pct=1.0, memory_available_bytes=57 << 30, onnxruntime="1.31.1", driver=state.driver
    )
    messages = [JobStarted(suite, environment)]
    for device in devices:
        for kernel in KERNELS[:done]:
            factor = 0.92 if device == slow else 1.0 + 0.001 * (len(device) % 3)
            messages.append(RowFinished(row(kernel, known[device], factor)))
    name, value, unit, _, _ = KERNELS[done]
    spread = (0.99, 1.0, 1.005, 0.998, 1.001, 1.0, 1.002, 0.997, 1.0, 1.004, 1.0, 0.999)
    going = []
    for device in devices:
        factor = 0.92 if device == slow else 1.0
        going.append(
            Going(
                kernel=name,
                device=device,
                unit=unit,
                began_s=52.0,
                phases=(
                    (Phase.SETUP, 52.0),
                    (Phase.COLD, 53.0),
                    (Phase.VERIFY, 53.1),
                    (Phase.WARM_UP, 54.0),
                    (phase, 60.0),
                ),
                heard=tuple((phase, value * factor * each) for each in spread),
                n=23,
                first_spread=0.014,
                spread=0.01,
                phase_s=6.0,
                cap_s=20.0,
            )
        )
    messages.append(JobWent(66.0, tuple(going)))
    for message in messages:
        state = reduce(state, message)
    return state


def verified(kernel):
    """How such a kernel is checked, with a tenth of the tolerance taken after a twelfth."""
    method, tolerance, rows = CHECKS.get(kernel, ("float64", 1e-6, 34))
    error = tolerance / 10 if tolerance else 0.0
    return Verified(
        method=method,
        before=True,
        after=True,
        error=error,
        tolerance=tolerance,
        error_before=tolerance / 12 if tolerance else 0.0,
        rows=rows,
    )


def skipped(run, kernel="encoder.base"):
    """The same run, one of its kernels skipped by the owner."""
    because = Because(Reason.SKIPPED_BY_OWNER, "skipped by the owner after 2.1 s")
    gone = {"value": None, "ci95": None, "cv": None, "n": 0, "verified": None, "placement": None, "efficiency": None}
    rows = (
        replace(m, status=Status.SKIP, reasons=(because,), **gone) if m.kernel == kernel else m
        for m in run.measurements
    )
    return replace(run, measurements=tuple(rows), verdict=Status.UNSTABLE)


def finished_run(count=1, **changes):
    """A finished run of so many H100, one of its figures unstable and one not measured."""
    run = made.gpu_run(count, **changes)
    rows = []
    for m in run.measurements:
        shape = SHAPES.get(m.kernel.partition(".")[0], {"batch": 32})
        each = replace(m, shape=shape, p5=m.value * 0.99, p95=m.value * 1.01, verified=verified(m.kernel))
        each = replace(each, placement=Placement(provider=m.provider, nodes=1, read=True))
        if m.kernel == "conv.resnet50":
            because = Because(Reason.NOT_CONVERGED, "spread 2.1 %, 1.0 % is allowed, after 20 s")
            each = replace(each, status=Status.UNSTABLE, cv=0.021, reasons=(because,))
        if m.kernel == "encoder.base":
            because = Because(Reason.OUT_OF_MEMORY, "the device ran out of memory")
            gone = {"value": None, "ci95": None, "cv": None, "n": 0, "verified": None, "placement": None}
            each = replace(each, status=Status.ERROR, reasons=(because,), **gone)
        rows.append(each)
    finding = Finding(
        id="slower-than-peers",
        title="gpu:0 is held at its power limit",
        status=Status.WARN,
        actual="gemm.fp16 was held for 8.1 s",
        remediation="raise the limit: nvidia-smi -pl 700",
    )
    return replace(run, measurements=tuple(rows), findings=(finding,), verdict=Status.ERROR)


def kept(count=3):
    """Runs that were kept, newest first."""
    runs = []
    for number in range(count):
        run = made.gpu_run(1)
        stopped = "interrupted" if number == 1 else None
        slower = 1 - 0.04 * number
        figures = tuple(
            KeptFigure(kernel=m.kernel, device=m.device, value=m.value * slower, unit=m.unit, status=m.status)
            for m in run.measurements[: 3 if stopped else None]
        )
        runs.append(
            KeptRun(
                run_id=f"20261122T20{50 - number:02}00Z-abc12{number}",
                started_at=f"2026-11-22T20:{50 - number:02}:00.000Z",
                suite="quick" if number else "standard",
                verdict=run.verdict,
                stopped=stopped,
                figures=figures,
            )
        )
    return tuple(runs)


def compared():
    """Two runs held against each other: one kernel worse, one better, one that only the first has."""
    base, new = made.gpu_run(1), made.gpu_run(1, run_id="20261122T210000Z-def456")
    pace = {"gemm.fp32": 0.85, "gemm.fp16": 1.2}
    rows = tuple(
        replace(
            m, value=m.value * pace.get(m.kernel, 1.0), ci95=tuple(each * pace.get(m.kernel, 1.0) for each in m.ci95)
        )
        for m in new.measurements
        if m.kernel != "encoder.base"
    )
    rows = tuple(replace(m, p5=None, p95=None) for m in rows)
    environment = replace(new.environment, other_cpu_util_pct=30.0)
    return compare([base], [replace(new, measurements=rows, environment=environment)])


def in_vm(state):
    """The same machine in a virtual machine."""
    return replace(state, host=replace(state.host, boundaries={Boundary.VM: "kvm"}))
