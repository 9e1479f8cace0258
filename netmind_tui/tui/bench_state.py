"""What happens to benchmarks: how a run goes, what can be told of it, and what follows from that."""

from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING

from netmind_tui.model.comparison import Comparison, KeptRun
from netmind_tui.model.kernel import Phase
from netmind_tui.model.measurement import Environment, Measurement, Run
from netmind_tui.tui.bench_page import CHOOSE, COMPARISON, RESULT, RUNNING, Bench
from netmind_tui.tui.bench_plan import Plan, Planned, Stage
from netmind_tui.tui.message import Part

if TYPE_CHECKING:
    from netmind_tui.tui.state import State

TIMED = (Phase.WARM_UP, Phase.BURST, Phase.SUSTAINED)
_SIDES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """A kernel on a device as it goes; times are seconds since the run began.

    ``phases`` are those that began, and when. ``heard`` are figures in the kernel's unit with their phase: the worker
    tells the latest sample twice a second, so they are fewer than the ``n`` that it took. ``spread`` is of all ``n``.
    ``part`` is how far a survey is; ``is_poised`` while the device waits for its peers.
    """

    kernel: str
    device: str
    unit: str = ""
    alone: bool = False
    began_s: float = 0.0
    phases: tuple[tuple[Phase, float], ...] = ()
    heard: tuple[tuple[Phase, float], ...] = ()
    n: int = 0
    first_spread: float | None = None
    spread: float | None = None
    phase_s: float = 0.0
    cap_s: float | None = None
    part: float | None = None
    is_poised: bool = False

    @property
    def phase(self) -> Phase | None:
        """The phase that it is in."""
        return self.phases[-1][0] if self.phases else None

    def of(self, phase: Phase) -> tuple[float, ...]:
        """What was heard in a phase."""
        return tuple(value for each, value in self.heard if each is phase)

    @property
    def values(self) -> tuple[float, ...]:
        """What was heard in the last phase that is timed."""
        return self.of(self.heard[-1][0]) if self.heard else ()

    @property
    def value(self) -> float | None:
        """The middle of that."""
        return median(self.values) if self.values else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A run that is going on. ``rows`` and ``alone`` are what is finished; ``waiting`` says for whom a device waits."""

    plan: Plan
    going: tuple[Going, ...] = ()
    rows: tuple[Measurement, ...] = ()
    alone: tuple[Measurement, ...] = ()
    elapsed_s: float = 0.0
    waiting: str | None = None
    is_stopping: bool = False
    environment: Environment | None = None
    warnings: tuple[str, ...] = ()

    def row(self, step: Planned) -> Measurement | None:
        """What a step came to, once it has."""
        rows = self.alone if step.alone else self.rows
        return next((row for row in rows if (row.kernel, row.device) == (step.kernel, step.device)), None)

    def at(self, step: Planned) -> Going | None:
        """How a step goes, while it does."""
        key = (step.kernel, step.device, step.alone)
        return next((each for each in self.going if (each.kernel, each.device, each.alone) == key), None)

    def is_over(self, stage: Stage) -> bool:
        """Whether every device has its row of a stage."""
        return all(self.row(step) is not None for step in stage.tried)

    @property
    def now(self) -> Stage | None:
        """The stage that runs; before the first kernel the one that comes, at the end the last."""
        tried = [stage for stage in self.plan.stages if stage.tried]
        busy = [stage for stage in tried if any(self.at(step) for step in stage.steps)]
        ahead = [stage for stage in tried if not self.is_over(stage)]
        return next(iter(busy or ahead or tried[-1:]), None)

    @property
    def progress(self) -> tuple[int, int]:
        """The number of the kernel that runs, and of all that are tried."""
        tried = [stage for stage in self.plan.stages if stage.tried]
        return min(len(tried), sum(self.is_over(stage) for stage in tried) + 1), len(tried)

    @property
    def finished(self) -> int:
        """How many kernels have a figure that will be kept, on any device."""
        return len({row.kernel for row in (*self.rows, *self.alone) if row.value is not None})

    @property
    def left_s(self) -> float:
        """The seconds that are left, as planned."""
        return sum(
            max((self._left_s(step) for step in stage.tried), default=0.0)
            for stage in self.plan.stages
            if not self.is_over(stage)
        )

    def _left_s(self, step: Planned) -> float:
        if self.row(step) is not None:
            return 0.0
        going = self.at(step)
        spent = self.elapsed_s - going.began_s if going is not None else 0.0
        return max(0.0, step.expected_s - spent)


class BenchMessage(Part):
    """Something that happened to benchmarks."""

    __slots__ = ()

    def after(self, state: "State") -> "State":
        """See ``Part``."""
        return replace(state, bench=reduce_bench(state.bench, self))


@dataclass(frozen=True, slots=True)
class PlansMade(BenchMessage):
    """Every suite was planned for these devices, or could not be."""

    devices: tuple[str, ...]
    plans: tuple[Plan, ...]
    trouble: str | None = None

    def after(self, state: "State") -> "State":
        """As soon as there are suites, the second one, quick, is under the cursor."""
        rows = {"suites": 1, **state.view.rows}
        return replace(BenchMessage.after(self, state), view=replace(state.view, rows=rows))


@dataclass(frozen=True, slots=True)
class DeviceToggled(BenchMessage):
    """A device is to be measured, or no longer."""

    device: str


@dataclass(frozen=True, slots=True)
class PageTurned(BenchMessage):
    """Another page of the screen is to be shown."""

    page: str


@dataclass(frozen=True, slots=True)
class JobStarted(BenchMessage):
    """A run began, or its surroundings were looked at."""

    plan: Plan
    environment: Environment | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JobWent(BenchMessage):
    """Time went by in a run: how its kernels go now."""

    elapsed_s: float
    going: tuple[Going, ...] = ()
    waiting: str | None = None


@dataclass(frozen=True, slots=True)
class RowFinished(BenchMessage):
    """A kernel has its row."""

    measurement: Measurement


@dataclass(frozen=True, slots=True)
class StopAsked(BenchMessage):
    """The run is to end with what it has."""


@dataclass(frozen=True, slots=True)
class JobEnded(BenchMessage):
    """The run ended: with its result and where that is kept, or with what went wrong."""

    run: Run | None
    kept_as: str | None = None
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class RunsListed(BenchMessage):
    """The runs that were kept, newest first, and a sentence for each file that is none."""

    runs: tuple[KeptRun, ...]
    damaged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunOpened(BenchMessage):
    """A kept run was read."""

    run: Run


@dataclass(frozen=True, slots=True)
class RunMarked(BenchMessage):
    """A run is to be compared, or no longer."""

    run_id: str


@dataclass(frozen=True, slots=True)
class RunsCompared(BenchMessage):
    """Two runs were held against each other."""

    comparison: Comparison


def reduce_bench(bench: Bench, message: BenchMessage) -> Bench:
    """Benchmarks after a message."""
    match message:
        case JobStarted() | JobEnded():
            return _started_or_ended(bench, message)
        case PlansMade(devices, plans, trouble):
            return replace(bench, plans=plans or bench.plans, planned_for=devices, trouble=trouble)
        case DeviceToggled(device):
            return replace(bench, toggled=bench.toggled ^ {device})
        case PageTurned(page):
            return replace(bench, page=page)
        case RunsListed(runs, damaged):
            return replace(bench, kept=runs, damaged=damaged)
        case RunOpened(run):
            return replace(bench, run=run, kept_as=None, page=RESULT)
        case RunMarked(run_id):
            others = tuple(each for each in bench.marked if each != run_id)
            marked = others if run_id in bench.marked else (*others[-_SIDES + 1 :], run_id)
            return replace(bench, marked=marked)
        case RunsCompared(comparison):
            return replace(bench, comparison=comparison, page=COMPARISON)
    return bench if bench.job is None else replace(bench, job=_reduce_job(bench.job, message))


def _started_or_ended(bench: Bench, message: JobStarted | JobEnded) -> Bench:
    if isinstance(message, JobStarted):
        job = bench.job or Job(plan=message.plan)
        job = replace(job, plan=message.plan, environment=message.environment, warnings=message.warnings)
        return replace(bench, job=job, page=bench.page if bench.job else RUNNING, trouble=None)
    run, page = message.run, bench.page
    if page == RUNNING:
        page = RESULT if run is not None and run.measurements else CHOOSE
    return replace(
        bench,
        job=None,
        page=page,
        run=run or bench.run,
        kept_as=message.kept_as if run else bench.kept_as,
        trouble=message.trouble,
        kept=None if run else bench.kept,
        planned_for=None,
    )


def _reduce_job(job: Job, message: BenchMessage) -> Job:
    match message:
        case JobWent(elapsed_s, going, waiting):
            return replace(job, elapsed_s=elapsed_s, going=going, waiting=waiting)
        case RowFinished(measurement):
            again = any((row.kernel, row.device) == (measurement.kernel, measurement.device) for row in job.rows)
            if again:
                return replace(job, alone=(*job.alone, measurement))
            return replace(job, rows=(*job.rows, measurement))
        case StopAsked():
            return replace(job, is_stopping=True)
    return job
