"""From what somebody wishes to a finished run: the one way in for the command line and the interface alike."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from netmind_tui import __version__, paths
from netmind_tui.bench.catalog import open_catalog
from netmind_tui.bench.child import running_groups
from netmind_tui.bench.choice import Choice, choose
from netmind_tui.bench.conditions import look_around, with_versions
from netmind_tui.bench.finding import run_findings
from netmind_tui.bench.health import gpu_health, link_findings, missing_findings
from netmind_tui.bench.job_control import JobControl
from netmind_tui.bench.lane import Terms
from netmind_tui.bench.past import known_seconds, last_devices
from netmind_tui.bench.peers import peer_findings, sharing
from netmind_tui.bench.plan import Plan, Resources, make_plan, threads_for
from netmind_tui.bench.runner import CancelledError, DeadlineError, Runner, Watcher
from netmind_tui.bench.senses import Senses, SharedSample
from netmind_tui.bench.store import new_run_id
from netmind_tui.bench.summary import summarise
from netmind_tui.bench.target import Machine, choose_targets
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.finding import Finding, worst
from netmind_tui.model.info import Tool
from netmind_tui.model.kernel import Provider
from netmind_tui.model.measurement import Environment, Run, capacity
from netmind_tui.model.problem import Problem, Stopped, nearest
from netmind_tui.probe.cpu_time import read_cpu_times
from netmind_tui.probe.gpu import GpuProbe
from netmind_tui.probe.host import HostSampler, available_memory_bytes
from netmind_tui.probe.sampler import MachineSource
from netmind_tui.probe.throttle import cpu_thermal_events

StoppedBy = Literal["interrupted", "terminated", "timed-out"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What to measure, on what, and within which bounds; empty tuples mean everything there is.

    ``versions`` name kernels of the suite that are to be measured in an older version (``gemm.fp16@1``).
    """

    suite: str = "quick"
    kernels: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    provider: str | None = None
    seed: int | None = None
    max_time_s: float | None = None
    silence_s: float | None = None
    force: bool = False
    wait: bool = False
    together: bool = True
    memory_share: float | None = None
    disk_folder: Path | None = None


class Benchmark:
    """One benchmark of this machine: looked at and planned when made, measured by ``run``.

    ``shared`` is whatever samples this machine already; unless given, the run has a sampler of its own.

    Raises:
        Problem: a suite, kernel, device or provider that was named does not exist.
    """

    def __init__(self, wishes: Wishes, shared: SharedSample | None = None) -> None:
        self._wishes = wishes
        self._shared = shared
        self.catalog = open_catalog()
        choice = self._choice(wishes.suite)
        provider = choose_provider(wishes.provider)
        self._probe = GpuProbe(wake=True) if _concerns_gpus(wishes, provider) and GpuProbe.library_found() else None
        try:
            self.machine = Machine.read(self._probe)
            targets = choose_targets(self.machine, self._probe, wishes.devices, provider, force=wishes.force)
        except BaseException:
            self.close()
            raise
        self._targets = targets
        self.plan = self._plan(choice)
        self.environment: Environment | None = None
        self.jobs = JobControl(running_groups)
        self._cancelled = threading.Event()
        self._runner: Runner | None = None
        self._started = datetime.now(UTC)
        self.run_id = new_run_id(self._started)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End what reads the GPUs."""
        if self._probe is not None:
            self._probe.close()

    def plan_for(self, suite: str) -> Plan:
        """What another suite would do on the same devices.

        Raises:
            Problem: there is no such suite.
        """
        return self._plan(self._choice(suite))

    def _choice(self, suite: str) -> Choice:
        return replace(
            choose(self.catalog, suite, self._wishes.kernels, self._wishes.versions),
            memory_share=self._wishes.memory_share,
            disk_folder=self._wishes.disk_folder or paths.state_dir(),
        )

    def _plan(self, choice: Choice) -> Plan:
        catalog, wishes = self.catalog, self._wishes
        return make_plan(
            choice,
            self._targets,
            seed=catalog.default_seed if wishes.seed is None else wishes.seed,
            default_seed=catalog.default_seed,
            resources=Resources(threads=threads_for(self.machine.host), memory_free_bytes=available_memory_bytes()),
            together=wishes.together,
            known_s=known_seconds(choice.suite.name, paths.runs_dir()),
        )

    def look_around(self) -> Environment:
        """How quiet the machine is now; kept with the run."""
        self.environment = look_around(HostSampler().sample, self.machine.driver)
        return self.environment

    def cancel(self) -> None:
        """End the run within a second, from any thread; ``run`` then returns what was finished."""
        self._cancelled.set()
        if self._runner is not None:
            self._runner.cancel()

    def skip(self, kernel: str) -> bool:
        """Leave out a kernel that is being measured, on every device at work, within a second and from any thread.

        The run goes on with the next one. False where no device has it before it.
        """
        return self._runner is not None and self._runner.skip(kernel)

    def run(self, watcher: Watcher) -> Run:
        """Measure as planned, in any thread.

        A signal, the time limit or ``cancel`` ends it early, with everything that was finished.
        """
        environment = self.environment or (Environment() if self.plan.is_empty else self.look_around())
        senses = Senses(
            look=self._sampler().look,
            thermal_events=cpu_thermal_events,
            now=_now,
            paused_s=lambda: self.jobs.paused_s,
            cpu_times=lambda: read_cpu_times(running_groups()),
        )
        terms = Terms(
            seed=self.plan.seed,
            default_seed=self.plan.default_seed,
            certified=self.plan.suite.certified_phase,
            host=self.machine.host,
            senses=senses,
            lock_folder=paths.lock_dir(),
            silence_s=self._wishes.silence_s,
            waits=self._wishes.wait,
        )
        self._runner = runner = Runner(self.plan, terms, watcher, max_time_s=self._wishes.max_time_s)
        if self._cancelled.is_set():  # before there was a runner to tell
            runner.cancel()
        with self.jobs.in_force():
            stopped = _until_stopped(runner.run)
        return self._run(runner, with_versions(environment, runner.versions), stopped)

    def _sampler(self) -> SharedSample:
        """Whatever samples these devices already; a driver is not asked twice for the same."""
        gpus = {
            step.target.device.id: step.target.device
            for step in self.plan.steps
            if step.target.provider is Provider.CUDA and step.is_tried
        }
        # One that sleeps, or was numbered otherwise when the other sampler began, is nothing that it can show.
        if self._shared is not None and self._shared.shows(gpus.values()):
            return self._shared
        return SharedSample(MachineSource(HostSampler(), self._probe if gpus else None).sample)

    def _run(self, runner: Runner, environment: Environment, stopped: StoppedBy | None) -> Run:
        """Everything that was measured, and what it says."""
        measurements, suite, devices = runner.measurements, self.plan.suite, self.machine.devices
        findings = (
            *self.machine.findings,
            *run_findings(measurements, self.machine.driver, devices),
            *peer_findings(measurements, devices),
            *link_findings(measurements, devices),
            *(self._health() if suite.looks_at_health else ()),
        )
        judged = [m.status for m in (*measurements, *runner.alone)]
        if suite.looks_at_health:
            judged += [finding.status for finding in findings]
        return Run(
            run_id=self.run_id,
            started_at=_iso(self._started),
            finished_at=_now(),
            suite=suite.name,
            seed=self.plan.seed,
            tool=Tool(name="netmind", version=__version__),
            host=self.machine.host,
            devices=tuple(target.device for target in self._targets),
            environment=environment,
            measurements=measurements,
            together=self.plan.together,
            alone=runner.alone,
            sharing=sharing(measurements, runner.alone),
            capacity=capacity(measurements) if suite.certifies else (),
            summaries=summarise(self._targets, measurements, environment) if suite.certifies else (),
            findings=findings,
            stopped=stopped,
            verdict=worst(judged),
        )

    def _health(self) -> list[Finding]:
        """The state of repair of the devices that were measured, and which are gone since the last run."""
        chosen = {target.device.id for target in self._targets}
        found = gpu_health(self.machine, self._probe, chosen)
        return [*found, *missing_findings(last_devices(paths.runs_dir()), self.machine.devices)]


def choose_provider(name: str | None) -> Provider | None:
    """The provider of that name.

    Raises:
        Problem: there is none.
    """
    if name is None:
        return None
    try:
        return Provider(name.lower())
    except ValueError:
        known = [provider.value for provider in Provider]
        raise Problem(f"--provider {name}: no such provider; {nearest(name, known)}", ExitCode.USAGE) from None


def _concerns_gpus(wishes: Wishes, provider: Provider | None) -> bool:
    """Whether GPUs must be looked at: a sleeping one is not woken for the sake of the CPU."""
    return provider is not Provider.CPU and (not wishes.devices or any(name != "cpu" for name in wishes.devices))


def _until_stopped(run: Callable[[], None]) -> StoppedBy | None:
    """Run to the end, or say what ended it."""
    try:
        run()
    except DeadlineError:
        return "timed-out"
    except CancelledError:
        return "interrupted"
    except Stopped as stop:
        return "interrupted" if stop.code is ExitCode.INTERRUPTED else "terminated"
    return None


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _now() -> str:
    return _iso(datetime.now(UTC))
