"""Plans, runs and reads benchmarks in threads beside the interface, which asks for what is new at each tick."""

import os
import signal
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from netmind_tui.model.comparison import KeptFigure, KeptRun
from netmind_tui.model.measurement import Run
from netmind_tui.model.problem import Problem
from netmind_tui.paths import runs_dir
from netmind_tui.tui.bench_page import Bench
from netmind_tui.tui.bench_plan import Plan, Planned
from netmind_tui.tui.bench_state import (
    BenchMessage,
    JobEnded,
    JobStarted,
    PlansMade,
    RunOpened,
    RunsCompared,
    RunsListed,
)

if TYPE_CHECKING:
    from netmind_tui.bench.benchmark import Benchmark
    from netmind_tui.bench.plan import Plan as BenchPlan
    from netmind_tui.bench.plan import Step
    from netmind_tui.bench.senses import SharedSample
    from netmind_tui.model.host import Host
    from netmind_tui.tui.bench_watch import Watch

_KEEPS_S = 3.0
_LISTED = 200

# Everything that measures is imported in the threads that need it: the first picture does without.


class Desk:
    """What the interface asks to plan, run, list, open and compare; ``news`` has the answers, and nobody waits.

    ``say`` is told what went wrong with a question that has no other answer; ``shared`` is what samples this machine
    for the interface, and for a run as well while it lasts.
    """

    def __init__(
        self, say: Callable[[str], None] = lambda _sentence: None, shared: "SharedSample | None" = None
    ) -> None:
        self._say = say
        self._shared = shared
        self._lock = threading.Lock()
        self._answers: list[BenchMessage] = []
        self._watch: Watch | None = None
        self._benchmark: Benchmark | None = None
        self._runner: threading.Thread | None = None
        self._is_cancelled = False
        self._asked: set[str] = set()

    @property
    def is_measuring(self) -> bool:
        """Whether a run goes on."""
        return self._runner is not None and self._runner.is_alive()

    def news(self) -> list[BenchMessage]:
        """What happened since the last call, in order."""
        with self._lock:
            watch, (answers, self._answers) = self._watch, (self._answers, [])
        # A run's own news come before its end.
        ended = [each for each in answers if isinstance(each, JobEnded)]
        others = [each for each in answers if not isinstance(each, JobEnded)]
        return [*others, *(watch.news() if watch is not None else []), *ended]

    def follow(self, bench: Bench, devices: Sequence[str], *, all_devices: bool) -> None:
        """Plan what is chosen and read what was kept, where that is not done yet."""
        chosen = tuple(devices)
        if chosen and bench.planned_for != chosen and not self.is_measuring:
            self._ask("plan", lambda: self._plan(chosen, all_devices=all_devices))
        if bench.kept is None:
            self._ask("list", self._list)

    def start(self, plan: Plan, devices: Sequence[str]) -> None:
        """Measure; no devices mean all of them."""
        if self.is_measuring:
            return
        self._is_cancelled = False
        self._answer(JobStarted(plan))
        self._runner = threading.Thread(target=self._measure, args=(plan, tuple(devices)), daemon=True)
        self._runner.start()

    def cancel(self) -> None:
        """End the run within a second; what is finished is kept."""
        with self._lock:
            self._is_cancelled, benchmark = True, self._benchmark
        if benchmark is not None:
            benchmark.cancel()

    def skip(self, kernel: str) -> None:
        """Leave out a kernel that is being measured; the run goes on with the next within a second."""
        with self._lock:
            benchmark = self._benchmark
        if benchmark is not None:
            benchmark.skip(kernel)

    def pause(self) -> None:
        """Stop the workers, for the interface is about to be stopped; what they lose is told with the figures."""
        with self._lock:
            if self._benchmark is not None:
                self._benchmark.jobs.pause()

    def resume(self) -> None:
        """Let the workers go on."""
        with self._lock:
            if self._benchmark is not None:
                self._benchmark.jobs.resume()

    def end(self) -> None:
        """End everything, for the interface ends: the run keeps what it has, and no worker stays."""
        if self._runner is None:
            return
        self.resume()  # what is stopped could not answer
        self.cancel()
        self._runner.join(_KEEPS_S)
        from netmind_tui.bench.child import running_groups  # noqa: PLC0415 - it was loaded by the run

        for group in running_groups():
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(group, signal.SIGKILL)

    def open(self, run_id: str) -> None:
        """Read a kept run."""
        self._ask(f"open {run_id}", lambda: self._answer(RunOpened(_read(run_id))))

    def compare(self, base: str, new: str) -> None:
        """Hold two kept runs against each other."""
        self._ask("compare", lambda: self._compare(base, new))

    def _answer(self, message: BenchMessage) -> None:
        with self._lock:
            self._answers.append(message)

    def _ask(self, what: str, work: Callable[[], None]) -> None:
        """Do something in a thread, once at a time."""
        with self._lock:
            if what in self._asked:
                return
            self._asked.add(what)

        def run() -> None:
            try:
                work()
            except Problem as problem:
                self._say(problem.sentence)
            except OSError as error:
                self._say(f"{what}: {error.strerror or error}")
            finally:
                with self._lock:
                    self._asked.discard(what)

        threading.Thread(target=run, daemon=True).start()

    def _plan(self, devices: tuple[str, ...], *, all_devices: bool) -> None:
        from netmind_tui.bench.benchmark import Benchmark, Wishes  # noqa: PLC0415 - see above

        try:
            with Benchmark(Wishes(devices=() if all_devices else devices)) as benchmark:
                suites = benchmark.catalog.suites
                plans = tuple(
                    _planned(benchmark.plan_for(suite.name), benchmark.machine.host, measures=bool(devices))
                    for suite in suites
                )
        except (Problem, OSError) as error:
            self._answer(PlansMade(devices, (), str(error)))
        else:
            self._answer(PlansMade(devices, plans))

    def _measure(self, plan: Plan, devices: tuple[str, ...]) -> None:
        """One run from its plan to its file; whatever ends it, the interface hears of it."""
        from netmind_tui.bench.benchmark import Benchmark, Wishes  # noqa: PLC0415 - see above
        from netmind_tui.bench.conditions import warnings  # noqa: PLC0415 - see above
        from netmind_tui.node.measuring import left_alone  # noqa: PLC0415 - see above
        from netmind_tui.tui.bench_watch import Watch  # noqa: PLC0415 - see above

        ended = JobEnded(None)
        try:
            with Benchmark(Wishes(suite=plan.suite, devices=devices), self._shared) as benchmark:
                with self._lock:
                    self._benchmark = benchmark
                if self._is_cancelled:
                    benchmark.cancel()
                if benchmark.plan.is_empty:
                    why = next((step.refused.detail for step in benchmark.plan.steps if step.refused), "no kernel fits")
                    ended = JobEnded(None, trouble=f"nothing can be measured: {why}")
                    return
                host = benchmark.machine.host
                with left_alone(benchmark.plan.devices, self._say, via="tui", cancelled=lambda: self._is_cancelled):
                    environment = benchmark.look_around()
                    said = tuple(warnings(environment, host))
                    watch = Watch()
                    with self._lock:
                        self._watch = watch
                    self._answer(JobStarted(_planned(benchmark.plan, host), environment, said))
                    ended = _kept(benchmark.run(watch))
        except Problem as problem:
            ended = JobEnded(None, trouble=problem.sentence)
        except Exception as error:  # noqa: BLE001 - a thread's last word: it is shown, and the interface lives on
            ended = JobEnded(None, trouble=f"the benchmark failed: {type(error).__name__}: {error}")
        finally:
            with self._lock:
                self._answers += self._watch.news()[:-1] if self._watch is not None else []
                self._answers.append(ended)
                self._watch = self._benchmark = None

    def _list(self) -> None:
        from netmind_tui.bench.store import list_runs  # noqa: PLC0415 - see above

        listing = list_runs(runs_dir())
        newest = listing.runs[::-1][:_LISTED]
        self._answer(RunsListed(tuple(map(_short, newest)), listing.damaged))

    def _compare(self, base: str, new: str) -> None:
        from netmind_tui.bench.catalog import open_catalog  # noqa: PLC0415 - see above
        from netmind_tui.bench.compare import compare  # noqa: PLC0415 - see above

        grows = {kernel.id: kernel.grows for kernel in open_catalog().kernels if kernel.grows}
        self._answer(RunsCompared(compare([_read(base)], [_read(new)], grows=grows)))


def _read(run_id: str) -> Run:
    from netmind_tui.bench.store import find_run  # noqa: PLC0415 - see above

    return find_run(run_id, runs_dir()).runs[0]


def _kept(run: Run) -> JobEnded:
    """The end of a run that was stored; a folder that cannot be written costs the copy, never the figures."""
    from netmind_tui.bench.store import keep  # noqa: PLC0415 - see above

    try:
        return JobEnded(run, kept_as=str(keep(run, runs_dir())))
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        return JobEnded(run, trouble=f"this run was not kept: {runs_dir()}: {why}")


def _planned(plan: "BenchPlan", host: "Host", *, measures: bool = True) -> Plan:
    together = {step.target.device.id for lane in plan.lanes if plan.runs_at_once(lane) for step in lane}
    return Plan(
        suite=plan.suite.name,
        title=plan.suite.title,
        seed=plan.seed,
        certified=plan.suite.certified_phase,
        expected_s=plan.expected_s if measures else 0.0,
        budget_s=plan.suite.budget_s,
        steps=(
            *(_step(step, host, in_step=step.target.device.id in together) for step in plan.steps),
            *(_step(step, host, alone=True) for step in plan.alone),
        ),
    )


def _step(step: "Step", host: "Host", *, in_step: bool = False, alone: bool = False) -> Planned:
    from netmind_tui.bench.peak import peak_of  # noqa: PLC0415 - see above

    refused = step.refused.detail if step.refused else None
    if refused is None and step.variant is None:
        refused = "has no form for this device"
    return Planned(
        kernel=step.kernel.id,
        device=step.target.device.id,
        unit=step.kernel.unit,
        expected_s=step.expected_s if step.is_tried else 0.0,
        memory_bytes=step.memory_bytes,
        refused=refused,
        peak=peak_of(step.kernel, step.target.device, host) if step.is_tried else None,
        rsd_limit=step.rules.rsd_limit,
        shape=step.variant.shape if step.variant else None,
        tolerance=step.kernel.tolerance_for(step.variant),
        sha256=step.variant.sha256 if step.variant else None,
        in_step=in_step,
        alone=alone,
    )


def _short(run: Run) -> KeptRun:
    return KeptRun(
        run_id=run.run_id,
        started_at=run.started_at,
        suite=run.suite,
        verdict=run.verdict,
        stopped=run.stopped,
        figures=tuple(
            KeptFigure(kernel=m.kernel, device=m.device, value=m.value, unit=m.unit, status=m.status)
            for m in run.measurements
        ),
    )
