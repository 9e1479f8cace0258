"""Holding a run against an earlier one: what looks slower is measured again, and claimed only if it is slower twice.

The rule is that of ``bench/compare.py``. A kernel is suspected where a second run that said the same would make it a
regression. Then it is measured again at once, and it is a regression where both runs lie beyond the threshold and so
does the whole interval of both together. Asking each run alone for its whole interval would be no safer, as both share
the baseline, and would miss more: on a simulated quiet machine it claims eight per cent less in 16 pairs of 20.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from netmind_tui.bench.compare import THRESHOLD, compare
from netmind_tui.model.comparison import Compared, Comparison
from netmind_tui.model.comparison import Judgement as Verdict
from netmind_tui.model.measurement import HARMLESS, Run
from netmind_tui.model.requirement import Baseline

LAST_GOOD = "last-good"
"""The newest run that was kept here and passed, instead of a file."""

Row = tuple[str, str]
"""A kernel on a device."""
Again = Callable[[Run, tuple[Compared, ...]], Run | None]
"""Measures kernels that look slower once more, as they were measured in the run; ``None`` where that cannot be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A run that was held against a baseline, with all that a judgement on it needs.

    ``base`` and ``run`` are what was compared; ``second`` is the run in which the suspects were measured again, and
    ``alone`` how that one compares by itself.
    """

    baseline: Baseline
    base: tuple[Run, ...]
    run: Run
    suspects: tuple[Compared, ...] = ()
    second: Run | None = None
    alone: tuple[Compared, ...] = ()


def hold(
    base: Sequence[Run],
    run: Run,
    again: Again,
    *,
    name: str,
    threshold: float = THRESHOLD,
    grows: Mapping[str, str] | None = None,
) -> Held:
    """Hold a run against one or several earlier ones of the same machine.

    Args:
        base: The earlier runs, oldest first.
        run: The new one.
        again: Measures what looks slower once more, at once.
        name: What the baseline is called.
        threshold: By how much more time for the same work a kernel must have changed, as a fraction.
        grows: The dimension of a kernel that is found at run time: it may differ.
    """
    base = _in_order(base, run)

    def against(*new: Run) -> Comparison:
        return compare(base, new, threshold=threshold, grows=grows)

    first = against(run)
    suspects = _slower(against(run, replace(run, run_id=f"{run.run_id}-again")).kernels)
    second = again(run, suspects) if suspects else None
    wanted = {(row.kernel, row.device) for row in suspects}
    alone, both = (against(second).kernels, against(run, second).kernels) if second is not None else ((), ())
    return Held(
        baseline=Baseline(
            name=name,
            runs=first.base,
            measured_at=base[-1].finished_at,
            threshold=threshold,
            conditions=first.conditions,
            kernels=first.kernels,
            again=tuple(row for row in both if (row.kernel, row.device) in wanted),
            again_run=second.run_id if second is not None else None,
        ),
        base=tuple(base),
        run=run,
        suspects=suspects,
        second=second,
        alone=tuple(row for row in alone if (row.kernel, row.device) in wanted),
    )


def pace(row: Compared) -> float:
    """The new pace as a share of the baseline's: more is better, for a latency too."""
    ratio = row.ratio or 1.0
    return 1 / ratio if row.lower_is_better else ratio


def _slower(rows: Sequence[Compared]) -> tuple[Compared, ...]:
    return tuple(row for row in rows if row.judgement is Verdict.WORSE)


def trouble(run: Run) -> str | None:
    """Why a run is nothing to hold others against: a kernel that has no figure that can be believed, or none at all."""
    expected = {
        (m.kernel, m.device)
        for m in run.measurements
        if m.value is not None or not any(because.id in HARMLESS for because in m.reasons)
    }
    rows = [row for row in compare([run], [run]).kernels if (row.kernel, row.device) in expected]
    bad = next((row for row in rows if row.judgement is Verdict.NOT_COMPARABLE), None)
    if bad is not None:
        return f"{bad.kernel} on {bad.device} {(bad.reason or '').removeprefix('the base one ')}"
    return None if rows else "no kernel was measured"


def is_same_machine(one: Run, other: Run) -> bool:
    """Whether two runs are of one machine: they share a card, or the name of the host.

    A container has a new name each time it is made, unless it is given one.
    """
    uuids, others = ({device.uuid for device in run.devices if device.uuid} for run in (one, other))
    return bool(uuids & others) or one.host.hostname == other.host.hostname


def _in_order(base: Sequence[Run], run: Run) -> list[Run]:
    """The earlier runs in the order of time; the run itself is never part of what it is held against."""
    others = {each.run_id: each for each in base if each.run_id != run.run_id}
    return sorted(others.values(), key=lambda each: (each.started_at, each.run_id)) or list(base)
