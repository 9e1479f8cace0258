"""What this machine's GPU does, as a Markdown table: each kernel's rate, share of the peak, energy, and torch's rate.

Each kernel runs in a worker of its own under the rules of ``standard``. Its energy is taken twice, from the card's
counter and as the integral of its power, so that either shows what the other misses. Matrix products and networks are
also done by torch, where that is installed: both sides in child processes, in turns, and the median of the ratios is
printed. Needs an NVIDIA GPU; ends with 3 where there is none. Takes about fifteen minutes.
"""

import argparse
import importlib.util
import os
import subprocess
import sys
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from statistics import median
from time import monotonic

from netmind_tui.bench.benchmark import Benchmark, Wishes
from netmind_tui.bench.child import WorkerChild, WorkerGoneError
from netmind_tui.bench.peak import peak_of
from netmind_tui.bench.plan import Step
from netmind_tui.bench.protocol import Begun, Outcome, Refusal, Request
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.host import Host
from netmind_tui.model.kernel import Phase, Provider
from netmind_tui.model.problem import Problem
from netmind_tui.model.quantity import percent, quantity
from netmind_tui.probe.gpu import GpuProbe

PAIRS = 5
SAMPLE_EVERY_S = 0.5
SILENCE_S = 300.0
SEED = 7
TORCH_FAMILIES = ("gemm", "network")
HEADINGS = ("kernel", "shape", "rate", "of the peak", "energy, counter", "energy, power", "ours ÷ torch")


@dataclass
class Meter:
    """Energy and power of one device while the certified phase runs; times in seconds of any steady clock."""

    counted: list[tuple[float, float]] = field(default_factory=list)
    powers: list[tuple[float, float]] = field(default_factory=list)

    def read(self, probe: GpuProbe, device: str) -> None:
        """Take one sample."""
        own = next((sample for sample in probe.sample() if sample.device == device), None)
        if own is not None and own.energy_j is not None:
            self.counted.append((monotonic(), own.energy_j))
        if own is not None and own.power_draw_w is not None:
            self.powers.append((monotonic(), own.power_draw_w))

    def shown(self) -> tuple[str, str]:
        """Mean power by the counter, and by the integral of what the sensor said."""
        return _mean_power(self.counted, _grown(self.counted)), _mean_power(self.powers, _integral(self.powers))


def _grown(values: list[tuple[float, float]]) -> float:
    return values[-1][1] - values[0][1] if values else 0.0


def _integral(values: list[tuple[float, float]]) -> float:
    return sum((b - a) * (p + q) / 2 for (a, p), (b, q) in pairwise(values))


def _mean_power(values: list[tuple[float, float]], joules: float) -> str:
    if len(values) < 2:
        return "—"
    return f"{joules:.0f} J ({joules / (values[-1][0] - values[0][0]):.0f} W)"


def main() -> int:
    """Measure and print; 3 where there is no GPU to measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="gpu:0", help="which GPU; gpu:0 unless given")
    parser.add_argument("--kernel", action="append", default=[], help="only these kernels; repeatable")
    parser.add_argument("--pairs", type=int, default=PAIRS, help=f"pairs of children a ratio; {PAIRS} unless given")
    arguments = parser.parse_args()
    if not GpuProbe.library_found():
        print("gpu_rates: no NVIDIA driver is installed here: run it on a machine with a GPU", file=sys.stderr)
        return ExitCode.UNMEASURED
    wishes = Wishes(suite="standard", kernels=tuple(arguments.kernel), devices=(arguments.device,), force=True)
    try:
        with Benchmark(wishes) as benchmark:
            return report(benchmark, arguments.pairs)
    except Problem as problem:
        print(f"gpu_rates: {problem.sentence}", file=sys.stderr)
        return problem.code


def report(benchmark: Benchmark, pairs: int) -> int:
    """Measure every kernel that has a graph and a form for this card."""
    machine, steps = benchmark.machine, benchmark.plan.steps
    tried = [step for step in steps if step.is_tried and step.variant is not None and step.variant.file is not None]
    tried = [step for step in tried if step.target.provider is Provider.CUDA]
    if not tried:
        reasons = {step.refused.detail for step in steps if step.refused is not None}
        print(f"gpu_rates: no GPU can be measured: {'; '.join(sorted(reasons))}", file=sys.stderr)
        return ExitCode.UNMEASURED
    device, driver = tried[0].target.device, machine.driver
    has_torch = importlib.util.find_spec("torch") is not None
    version = driver.version if driver is not None else None
    print(f"{device.name} · driver {version or 'unknown'} · {datetime.now(UTC):%-d %B %Y}\n")
    print(f"| {' | '.join(HEADINGS)} |\n|{'---|' * len(HEADINGS)}")
    with GpuProbe(wake=True) as probe:
        probe.devices()
        for step in tried:
            print(f"| {' | '.join(row(step, machine.host, probe, pairs if has_torch else 0))} |", flush=True)
    if not has_torch:
        print("\ntorch is not installed here: nothing was held against it.")
    return ExitCode.OK


def row(step: Step, host: Host, probe: GpuProbe, pairs: int) -> tuple[str, ...]:
    """One kernel's cells, in the order of the headings."""
    kernel, meter = step.kernel, Meter()
    answer = measured(step, probe, meter)
    if not isinstance(answer, tuple):
        return (kernel.id, "", answer, *["—"] * (len(HEADINGS) - 3))
    value, shape = answer
    peak = peak_of(kernel, step.target.device, host)
    share = percent(value / peak.value) if peak is not None and peak.value else "—"
    beside = ratio(step, pairs) if pairs and kernel.family in TORCH_FAMILIES and kernel.precision != "int8" else "—"
    sizes = " × ".join(str(size) for size in shape.values())
    return (kernel.id, sizes, quantity(value, kernel.unit), share, *meter.shown(), beside)


def measured(step: Step, probe: GpuProbe, meter: Meter | None) -> tuple[float, dict[str, int]] | str:
    """The certified median in the kernel's unit and the shape in use; a sentence where there is none."""
    device = step.target.device
    visible = {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": device.uuid or "0"}
    child = WorkerChild(Provider.CUDA, visible)
    try:
        child.ask(request_of(step))
        answer = listened(child, probe, device.id, meter)
    except WorkerGoneError as error:
        return str(error)
    finally:
        child.kill()
    if isinstance(answer, Refusal):
        return f"{answer.cause}: {answer.detail}"
    if answer is None or answer.timing is None or answer.after is None or not answer.after.ok:
        return "wrong result" if answer is not None else f"nothing was heard of it for {SILENCE_S:.0f} s"
    pace = median(answer.timing.certified.samples)
    return (pace if step.kernel.is_latency else step.kernel.work_per_iteration(answer.shape) / pace), answer.shape


def listened(child: WorkerChild, probe: GpuProbe, device: str, meter: Meter | None) -> Outcome | Refusal | None:
    """Wait for the answer, and sample while the certified phase runs."""
    inside, heard_at = False, monotonic()
    while monotonic() - heard_at < SILENCE_S:
        event = child.next_event(SAMPLE_EVERY_S)
        heard_at = heard_at if event is None else monotonic()
        if isinstance(event, Outcome | Refusal):
            return event
        was_inside = inside
        if isinstance(event, Begun):
            inside = event.phase is Phase.SUSTAINED
        if meter is not None and (inside or was_inside):
            meter.read(probe, device)
    return None


def request_of(step: Step) -> Request:
    """What the worker is asked."""
    if step.variant is None:
        raise SystemExit(f"gpu_rates: {step.kernel.id} has no form for GPUs")
    return Request(
        kernel=step.kernel,
        variant=step.variant,
        provider=Provider.CUDA,
        seed=SEED,
        default_seed=SEED,
        rules=step.rules,
        threads=step.threads,
        memory_limit_bytes=step.memory_limit_bytes,
    )


def ratio(step: Step, pairs: int) -> str:
    """Our rate ÷ torch's, both bursts, in turns in children of their own; the median of the pairs."""
    ratios, step = [], replace(step, rules=replace(step.rules, sustained=None))
    with GpuProbe(wake=True) as probe:
        for index in range(pairs):
            if index % 2 == 0:
                ours, theirs = our_rate(step, probe), torch_rate(step)
            else:
                theirs, ours = torch_rate(step), our_rate(step, probe)
            if ours is None or theirs is None:
                return "—"
            ratios.append(ours / theirs)
    return f"{median(ratios):.3f} ({min(ratios):.3f} – {max(ratios):.3f})"


def our_rate(step: Step, probe: GpuProbe) -> float | None:
    """Work per second in a fresh worker."""
    answer = measured(step, probe, None)
    return answer[0] if isinstance(answer, tuple) else None


def torch_rate(step: Step) -> float | None:
    """Work per second of torch in a fresh process; its own words go to stderr where it fails."""
    device, variant = step.target.device, step.variant
    if variant is None:
        return None
    command = [sys.executable, str(Path(__file__).with_name("torch_side.py")), step.kernel.id]
    visible = {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": device.uuid or "0"}
    done = subprocess.run(
        [*command, str(device.memory_total_bytes or 0)],
        env={**os.environ, **visible},
        check=False,
        stdout=subprocess.PIPE,
        text=True,
    )
    if done.returncode != 0:
        return None
    return step.kernel.work_per_iteration(variant.shape) / float(done.stdout)


if __name__ == "__main__":
    sys.exit(main())
