"""The run that ``netmind validate`` makes: the suite that the requirements need, kept like any other run."""

from collections.abc import Sequence

from netmind_tui.bench.benchmark import Benchmark, Wishes
from netmind_tui.bench.doctor import examine
from netmind_tui.bench.store import keep
from netmind_tui.certify.judgement_ground import Ground, ground_of_run
from netmind_tui.certify.requirement_need import Need
from netmind_tui.cli import diagnostics
from netmind_tui.cli.bench_progress import Lively, Quiet
from netmind_tui.cli.drained import drained
from netmind_tui.model.comparison import Compared
from netmind_tui.model.device import DeviceKind
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.finding import Finding, Status
from netmind_tui.model.measurement import CRASHES, Run
from netmind_tui.paths import runs_dir
from netmind_tui.probe.gpu import GpuProbe

_STOPPED = {
    "interrupted": ExitCode.INTERRUPTED,
    "terminated": ExitCode.TERMINATED,
    "timed-out": ExitCode.TIMEOUT,
}


def measure(need: Need, names: Sequence[str]) -> Run:
    """Measure the devices that were named, or else those that the requirements are about."""
    devices = tuple(names) or need.devices
    return _measure(Wishes(suite=need.suite, kernels=need.kernels, versions=need.versions, devices=devices))


def measure_again(run: Run, suspects: Sequence[Compared]) -> Run:
    """Measure some kernels of a run once more, at once and as they were measured there.

    GPUs that were measured at the same time are so again: each alone would be faster.
    """
    wanted = {(row.kernel, row.device) for row in suspects}
    rows = [m for m in run.measurements if (m.kernel, m.device) in wanted]
    names = dict.fromkeys(f"{m.kernel}@{m.kernel_version}" for m in rows)
    cards = [device.id for device in run.devices if device.kind is not DeviceKind.CPU] if run.together else []
    devices = dict.fromkeys(m.device for m in rows)
    devices |= dict.fromkeys(cards if any(name in devices for name in cards) else ())
    told = ", ".join(f"{row.kernel} on {row.device}" for row in suspects)
    diagnostics.say(f"netmind: slower than the baseline, so measured again: {told}")
    return _measure(Wishes(suite=run.suite, kernels=tuple(names), devices=tuple(devices), seed=run.seed))


def _measure(wishes: Wishes) -> Run:
    with Benchmark(wishes) as benchmark:
        with drained(benchmark.plan):
            if not benchmark.plan.is_empty:
                benchmark.look_around()
            with Lively(benchmark.plan) if diagnostics.is_terminal() else Quiet(benchmark.plan) as watcher:
                run = benchmark.run(watcher)
        if not benchmark.plan.is_empty:
            _keep(run)
    return run


def ground_of(run: Run, need: Need, names: Sequence[str]) -> Ground:
    """What the run shows, and a diagnosis of the machine where a requirement is about its health."""
    if not need.health or run.stopped is not None:
        return ground_of_run(run, "now", looked_at_health=False)
    return ground_of_run(run, "now", looked_at_health=True, findings=_findings(names))


def ended(run: Run) -> list[ExitCode]:
    """What measuring itself ended with: that it was stopped, or that a worker crashed."""
    codes = [_STOPPED[run.stopped]] if run.stopped else []
    rows = [row for row in (*run.measurements, *run.alone) if row.status is Status.ERROR]
    if any(because.id in CRASHES for row in rows for because in row.reasons):
        codes.append(ExitCode.CRASHED)
    return codes


def _findings(names: Sequence[str]) -> tuple[Finding, ...]:
    if not GpuProbe.library_found():
        return examine(None, names).diagnosis.findings
    with GpuProbe(wake=True) as probe:
        return examine(probe, names).diagnosis.findings


def _keep(run: Run) -> None:
    """Store the run; a folder that cannot be written costs the copy, never the verdict."""
    try:
        kept = keep(run, runs_dir())
    except OSError as error:
        diagnostics.warn(f"this run was not kept: {runs_dir()}: {(error.strerror or str(error)).lower()}")
    else:
        diagnostics.say(f"netmind: kept as {kept}")
