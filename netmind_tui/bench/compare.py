"""Whether a machine became slower: runs held against runs, with an interval that knows what it does not know.

A kernel is judged by the ratio new ÷ base of its medians, in logarithms, so that swapping the sides inverts the
verdict. The interval of a single run promises too much: it holds for those two seconds. Runs of an unchanged machine
differ by more, for reasons that no single run can see (pages, neighbours, clocks, which core woke up). So the ratio's
interval, 99 %, is made of two parts, added as squares:

1. *The spread that the runs show.* The distance from the median to the 5th and 95th percentile of the samples, of the
   base on one side plus that of the new run on the other; they add up and are not squared, because they stand for
   where the level could be and not for errors. A run whose status is ``unstable`` counts with its whole range of
   samples. Distances count 1.5 times: the percentiles of ten samples lie only 1.3 standard deviations out, and the
   sum of two should hold two of them on each side. With n runs on a side its distance is the median of theirs ÷ √n.
2. *The spread between runs.* For each side ``s² = (w · prior² + Σ deviation²) ÷ (w + runs - 2)``, deviations being
   those of all runs from the median of their own side: the variance is moderated as by G. Smyth (Statistical
   Applications in Genetics and Molecular Biology 3, 2004), the prior weighing as much as w = 4 more runs; 12 for a
   latency, whose rarer state showed in one run of thirteen and would be missed by a short series. This part is
   ``2.576 · √(s²/n + s'²/m)``. With two single runs only the priors speak; with a series the truth of this machine
   takes over.

Priors, as relative standard deviations, for CPUs from 13 quick runs in a row on two shared virtual cores (AMD EPYC,
Zen 4, KVM): latency 0.25 (``dispatch`` has two states, 2.6 and 4.4 µs; the medians' deviation was 0.18), bandwidth
0.06 (``stream.add``: 0.06 to 0.08). Other rates follow the spread inside their runs, so theirs is only 0.005. An
``unstable`` run has 0.3 whatever it measures, so that one alone does not show a halving: of 21 runs nearly all that
other programs had slowed down by a quarter or more were unstable (medians of ``gemm`` deviated by 0.20 to 0.34).
Disks have 0.25: four quick runs of ``disk.write`` on a shared virtual disk lay between 1.6 and 2.8 GB/s.
For GPUs they are assumed, not measured: 0.10, 0.01 and 0.005. In a virtual machine a CPU's is at least 0.15: of ten
quick runs there, with nothing else at work, one had half the rate in two kernels and others in one, for as long as its
process lasted and with both cores busy: a neighbour, or how its memory happened to lie; from inside it is not seen.
``scripts/repeatability.py`` prints what they are on a machine, and how often this rule would claim something that is
not there: 0 of 474 comparisons of all pairs of those ten, 6 of 474 without the part about virtual machines. Eight per
cent less is claimed in 20 of 20 simulated pairs on a machine of its own whose samples and runs deviate by 0.4 %; a
pair of single runs in a virtual machine claims no loss below four tenths, and a series whatever it shows.

What other programs took of the processor while a CPU's kernel was timed makes its distances grow by twice that part
(threads that share one piece of work wait for the slowest), and above a tenth the figure is not comparable. Where it
was not watched, what they took just before the run stands for it, and only makes the distances grow.

A kernel is *worse* only when the whole interval lies beyond the threshold (5 %: more than 1.05 times the time for the
same work), *better* likewise on the other side, else *same*, which means: no difference that these runs could show.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, isfinite, log, sqrt
from statistics import median

from netmind_tui.bench.conditions import BUSY_PCT
from netmind_tui.bench.difference import differences
from netmind_tui.model.comparison import Compared, Comparison, Judgement, verdict
from netmind_tui.model.finding import Status
from netmind_tui.model.host import Boundary
from netmind_tui.model.kernel import Provider
from netmind_tui.model.measurement import Measurement, Reason, Run

THRESHOLD = 0.05
_Z99 = 2.576
_BUSIEST = 0.95
_WIDEN = 1.5
_TWICE = 2
_DISKS = "disk."
_OWN_NOISE_PCT = 2.0
"""Interrupts, the kernel's threads and this program's parent take that much of two cores while nobody else works."""


@dataclass(frozen=True, slots=True)
class _Prior:
    """What is believed of the relative standard deviation between runs, and how many runs that belief weighs."""

    deviation: float
    weight: int = 4


_RATE = _Prior(0.005)
_DISK = _Prior(0.25)
_IN_A_VM = 0.15
_UNSTABLE = 0.3
_PRIORS = {
    Provider.CPU: {"s": _Prior(0.25, weight=12), "bytes/s": _Prior(0.06)},
    Provider.CUDA: {"s": _Prior(0.10, weight=12), "bytes/s": _Prior(0.01)},
}


@dataclass(frozen=True, slots=True)
class _Seen:
    """One measurement with the run that it belongs to."""

    measurement: Measurement
    run: Run

    @property
    def device_name(self) -> str | None:
        named = (device.name for device in self.run.devices if device.id == self.measurement.device)
        return next(named, None)

    @property
    def level(self) -> float:
        """The value's logarithm; asked only of what ``_trouble`` lets pass."""
        return log(self.measurement.value or 1.0)

    def distances(self) -> tuple[float, float]:
        """How far down and up the samples lie from the median, in logarithms."""
        m = self.measurement
        marks = [*(m.ci95 or ()), *(mark for mark in (m.p5, m.p95) if mark is not None)]
        if m.status is Status.UNSTABLE:
            marks += m.samples
        value = m.value or 1.0
        marks = [mark for mark in marks if mark > 0] or [value]
        lost = -log(1 - min(_TWICE * self.busy_pct / 100, _BUSIEST))
        down, up = max(0.0, log(value / min(marks))), max(0.0, log(max(marks) / value))
        return _WIDEN * down + lost, _WIDEN * up + lost

    @property
    def doubt(self) -> float:
        """The least deviation between runs that this one must be believed to have."""
        if self.measurement.status is Status.UNSTABLE:
            return _UNSTABLE
        in_a_vm = Boundary.VM in self.run.host.boundaries and self.measurement.provider is Provider.CPU
        return _IN_A_VM if in_a_vm else 0.0

    @property
    def busy_pct(self) -> float:
        """What others took of the processor meanwhile, or just before the run where that was not watched."""
        m = self.measurement
        if m.provider is not Provider.CPU or m.kernel.startswith(_DISKS):  # writing a disk out takes the kernel's time
            return 0.0
        if m.other_cpu_util_pct is not None:
            return m.other_cpu_util_pct if m.other_cpu_util_pct > _OWN_NOISE_PCT else 0.0
        before = self.run.environment.other_cpu_util_pct or 0.0
        return before if before > BUSY_PCT else 0.0


def compare(
    base: Sequence[Run], new: Sequence[Run], *, threshold: float = THRESHOLD, grows: Mapping[str, str] | None = None
) -> Comparison:
    """Hold the new runs against the base runs; both in the order of time, neither empty.

    ``grows`` names for each kernel the dimension that is found at run time: it may differ.
    """
    known = {run.run_id for run in new}
    base = [run for run in base if run.run_id not in known] or list(base)
    pairs = dict.fromkeys((m.kernel, m.device) for run in (*base, *new) for m in run.measurements if _counts(m))
    rows = tuple(
        _compare(_seen(base, *pair), _seen(new, *pair), pair, threshold, (grows or {}).get(pair[0])) for pair in pairs
    )
    return Comparison(
        base=tuple(run.run_id for run in base),
        new=tuple(run.run_id for run in new),
        threshold=threshold,
        conditions=differences(base, new),
        kernels=rows,
        verdict=verdict(rows),
    )


def _counts(measurement: Measurement) -> bool:
    """Whether anybody expects a rate: what was skipped in every run is no row, nor a check that only ever passed."""
    passed_check = measurement.unit == "bytes" and measurement.status is Status.PASS
    return measurement.status is not Status.SKIP and not passed_check


def _seen(runs: Sequence[Run], kernel: str, device: str) -> list[_Seen]:
    """One measurement of each run that has it."""
    seen = ([m for m in run.measurements if (m.kernel, m.device) == (kernel, device)] for run in runs)
    return [_Seen(found[0], run) for run, found in zip(runs, seen, strict=True) if found]


def _compare(
    base: list[_Seen], new: list[_Seen], pair: tuple[str, str], threshold: float, grown: str | None
) -> Compared:
    """One kernel on one device, or why not."""
    example = (new or base)[-1].measurement

    def row(judgement: Judgement, reason: str | None = None, **figures: object) -> Compared:
        return Compared(
            kernel=pair[0],
            device=pair[1],
            unit=example.unit,
            lower_is_better=example.unit == "s",
            phase=example.phase,
            judgement=judgement,
            reason=reason,
            **figures,  # type: ignore[arg-type] # the members of the same names
        )

    for side, name in ((base, "base"), (new, "new")):
        if not side:
            return row(Judgement.NOT_COMPARABLE, f"not in the {name} run")
    usable = [[each for each in side if _trouble(each) is None] for side in (base, new)]
    for side, good, name in ((base, usable[0], "base"), (new, usable[1], "new")):
        if not good:
            return row(
                Judgement.NOT_COMPARABLE,
                f"the {name} one {_trouble(side[-1])}",
                base=_middle(usable[0]),
                new=_middle(usable[1]),
            )
    # The latest of the new ones decides what is compared: whatever is something else is left out.
    reference = usable[1][-1]
    alike = [[each for each in good if _difference(each, reference, grown) is None] for good in usable]
    if not alike[0]:
        return row(
            Judgement.NOT_COMPARABLE,
            _difference(usable[0][-1], reference, grown),
            base=_middle(usable[0]),
            new=_middle(usable[1]),
        )
    left_out = len(base) + len(new) - len(alike[0]) - len(alike[1])
    low, high = _log_interval(*alike)
    gap = _level(alike[1]) - _level(alike[0])
    return row(
        _judge(low, high, log(1 + threshold), lower_is_better=example.unit == "s"),
        f"{left_out} of {len(base) + len(new)} runs left out: no figure, or another kernel" if left_out else None,
        base=_middle(alike[0]),
        new=_middle(alike[1]),
        base_runs=len(alike[0]),
        new_runs=len(alike[1]),
        ratio=exp(gap),
        interval=(exp(low), exp(high)),
    )


def _judge(low: float, high: float, limit: float, *, lower_is_better: bool) -> Judgement:
    """What an interval of the logarithm of new ÷ base says."""
    if high < -limit:
        return Judgement.BETTER if lower_is_better else Judgement.WORSE
    if low > limit:
        return Judgement.WORSE if lower_is_better else Judgement.BETTER
    return Judgement.SAME


def _log_interval(base: list[_Seen], new: list[_Seen]) -> tuple[float, float]:
    """The interval of the logarithm of new ÷ base: the module's text says how."""
    base_down, base_up = _distances(base)
    new_down, new_up = _distances(new)
    squares = sum((each.level - _level(side)) ** 2 for side in (base, new) for each in side)
    others = len(base) + len(new) - 2
    between = _Z99 * sqrt(sum(_variance(side, squares, others) / len(side) for side in (base, new)))
    gap = _level(new) - _level(base)
    return gap - sqrt((base_up + new_down) ** 2 + between**2), gap + sqrt((base_down + new_up) ** 2 + between**2)


def _distances(side: list[_Seen]) -> tuple[float, float]:
    downs, ups = zip(*(each.distances() for each in side), strict=True)
    return median(downs) / sqrt(len(side)), median(ups) / sqrt(len(side))


def _variance(side: list[_Seen], squares: float, others: int) -> float:
    """The variance between runs: what was seen (``squares`` over ``others``), moderated by what is believed."""
    example = side[-1].measurement
    prior = _DISK if example.kernel.startswith(_DISKS) else _PRIORS[example.provider].get(example.unit, _RATE)
    deviations = (max(prior.deviation, each.doubt) for each in side)
    believed = sum(deviation**2 for deviation in deviations) / len(side)
    return (prior.weight * believed + squares) / (prior.weight + others)


def _level(side: list[_Seen]) -> float:
    return median(each.level for each in side)


def _middle(side: list[_Seen]) -> float | None:
    return median(each.measurement.value or 0.0 for each in side) if side else None


def _trouble(seen: _Seen) -> str | None:
    """Why a measurement says nothing about speed."""
    m = seen.measurement
    if m.status in (Status.FAIL, Status.ERROR):
        return f"ended with {m.status}{f' ({m.reasons[0].id})' if m.reasons else ''}"
    if m.value is None or not isfinite(m.value) or m.value <= 0:
        return "has no value"
    if m.verified is None or not (m.verified.before and m.verified.after):
        return "is not verified"
    if any(because.id is Reason.STOPPED_HOT for because in m.reasons):
        return "was stopped because of heat"
    if m.ci95 is None:
        return f"has too few samples ({m.n})"
    if seen.busy_pct > BUSY_PCT and m.other_cpu_util_pct is not None:
        return f"was disturbed: other programs took {m.other_cpu_util_pct:.0f} % of the processor"
    return None


_Asked = Callable[[_Seen], object]
_ALIKE: tuple[tuple[str, _Asked], ...] = (
    ("kernel version", lambda seen: seen.measurement.kernel_version),
    ("provider", lambda seen: seen.measurement.provider),
    ("device", lambda seen: seen.device_name),
    ("precision", lambda seen: seen.measurement.precision),
    ("unit", lambda seen: seen.measurement.unit),
    ("phase", lambda seen: seen.measurement.phase),
)


def _difference(base: _Seen, new: _Seen, grown: str | None) -> str | None:
    """What makes two measurements different things, if anything does."""
    for name, asked in _ALIKE:
        if asked(base) != asked(new):
            return f"{name}: {asked(base) or 'unknown'}, now {asked(new) or 'unknown'}"
    ours, theirs = (_fixed(seen.measurement.shape, grown) for seen in (base, new))
    if ours != theirs:
        return f"shape: {_shape(ours)}, now {_shape(theirs)}"
    digests = [(seen.measurement.kernel_sha256 or "unknown")[:12] for seen in (base, new)]
    if base.measurement.kernel_sha256 != new.measurement.kernel_sha256:
        return f"graph: {digests[0]}, now {digests[1]}"
    return None


def _fixed(shape: dict[str, int], grown: str | None) -> dict[str, int]:
    """The shape without the dimension that is found at run time."""
    return {name: extent for name, extent in shape.items() if name != grown}


def _shape(shape: dict[str, int]) -> str:
    return " ".join(f"{name}={extent}" for name, extent in shape.items()) or "none"
