"""What became of a baseline as records: its conditions first, then each kernel, with what to do."""

from collections.abc import Sequence
from dataclasses import replace

from netmind_tui.certify.baseline import Held, pace
from netmind_tui.certify.requirement_value import shown, span
from netmind_tui.model.certificate import Evidence
from netmind_tui.model.comparison import Compared, Difference
from netmind_tui.model.comparison import Judgement as Verdict
from netmind_tui.model.finding import Action, Status
from netmind_tui.model.measurement import HARMLESS, Measurement, Run
from netmind_tui.model.requirement import BASELINE, Judgement, Operator

_PASSING = frozenset({"host", "other programs", "stopped early"})
"""Conditions that are told and change nothing: how busy it was is part of each interval."""

REBASELINE = "--rebaseline makes this run the baseline"
_MEANT = f"if that was meant, {REBASELINE}"
_AGAIN = "measure again on a quiet machine"
_SLOW = f"`netmind doctor` looks for heat, limits and other programs; {_MEANT}"


def judgements(held: Held) -> tuple[Judgement, ...]:
    """A record for the conditions, and one for each kernel of the baseline."""
    changed = tuple(each for each in held.baseline.conditions if each.what not in _PASSING)
    rows = held.baseline.kernels
    found = [judgement for row in rows if (judgement := _of_kernel(held, row, changed=bool(changed)))]
    return (_conditions(held, changed, found), *found)


def taken(name: str) -> Judgement:
    """The record of a run that its owner made the baseline."""
    return _whole(Status.PASS, f"this run is the baseline from now on: {name}", evidence=Evidence.MEASURED)


def unheld(summary: str, remediation: str, action: Action = Action.ASK_OWNER) -> Judgement:
    """The record of a baseline that nothing can be held against: nobody can tell whether anything became slower."""
    return _whole(Status.ERROR, summary, remediation=remediation, action=action)


def _conditions(held: Held, changed: tuple[Difference, ...], found: list[Judgement]) -> Judgement:
    ids = held.baseline.runs
    name = f"{held.baseline.name} ({ids[0] if len(ids) == 1 else f'{len(ids)} runs up to {ids[-1]}'})"
    if not any(each.actual is not None for each in found):
        summary = f"no kernel of this run can be held against {name}" + _listed(changed)
        if any(each.action is Action.RETRY for each in found):
            return unheld(summary, _AGAIN, Action.RETRY)
        return unheld(summary, f"make the baseline anew, on a quiet machine, with this suite and device: {REBASELINE}")
    if changed:
        summary = f"conditions changed since {name}" + _listed(changed)
        return _whole(Status.WARN, summary, remediation=_MEANT, action=Action.ASK_OWNER)
    return _whole(Status.PASS, f"the same conditions as {name}", evidence=Evidence.MEASURED)


def _of_kernel(held: Held, row: Compared, *, changed: bool) -> Judgement | None:
    """The record of one kernel; none of what the baseline never had."""
    before = [m for run in held.base if (m := _find(run, row)) and not _never_had(m)]
    now = _find(held.run, row)
    if not before:
        return None
    about = f"{row.device}, {row.kernel}"
    if row.judgement is Verdict.NOT_COMPARABLE:
        if row.base is None and now is not None:
            why = (row.reason or "").removeprefix("the base one ")
            summary = f"{about}: its rate in the baseline cannot be believed: it {why}"
            return _kernel(row, Status.WARN, summary, remediation=REBASELINE, action=Action.ASK_OWNER)
        if row.new is None:
            summary = f"{about}: nobody can tell whether it is slower: {_missing(now, row)}"
            return _kernel(row, Status.ERROR, summary, remediation=_AGAIN, action=Action.RETRY)
        summary = f"{about}: not comparable with the baseline: {row.reason}"
        return _kernel(row, Status.WARN, summary, remediation=_MEANT, action=Action.ASK_OWNER)
    if _same(held.suspects, row) is None:
        word = "faster" if row.judgement is Verdict.BETTER else "not slower, as far as these runs show"
        return _figure(held, row, Status.PASS, f"{about}: {_share(row)} of the baseline: {word}")
    second, both = _same(held.alone, row), _same(held.baseline.again, row)
    if second is None or both is None or second.ratio is None:
        cause = second.reason if second is not None else "it was not done"
        summary = f"{about}: {_share(row)} of the baseline, and it could not be measured again: {cause}"
        return _figure(held, row, Status.ERROR, summary, remediation=_AGAIN, action=Action.RETRY)
    twice = f"{shown(pace(row), '%', 3)} and {shown(pace(second), '%', 3)}"
    if both.judgement is not Verdict.WORSE or max(pace(row), pace(second)) >= _least(held):
        return _figure(held, both, Status.PASS, f"{about}: measured twice, {twice} of the baseline: no claim")
    summary = f"{about}: slower twice, {twice} of the baseline; together {_share(both)}"
    summary += ", and the conditions changed" if changed else ""
    status = Status.WARN if changed else Status.FAIL
    return _figure(held, both, status, summary, remediation=_SLOW, action=Action.ASK_OWNER)


def _figure(held: Held, row: Compared, status: Status, summary: str, **changes: object) -> Judgement:
    """A record with a figure and its interval."""
    runs = [held.run.run_id, *([held.second.run_id] if held.second is not None and row.new_runs > 1 else [])]
    return _kernel(
        row,
        status,
        summary,
        actual=pace(row),
        interval=_interval(row),
        required=_least(held),
        written=shown(_least(held), "%"),
        operator=Operator.AT_LEAST,
        unit="%",
        evidence=Evidence.MEASURED,
        source=f"{' and '.join(runs)}, 99 % interval",
        **changes,
    )


def _least(held: Held) -> float:
    """The smallest share of the baseline's pace that is not too slow."""
    return 1 / (1 + held.baseline.threshold)


def _same(rows: Sequence[Compared], row: Compared) -> Compared | None:
    return next((each for each in rows if (each.kernel, each.device) == (row.kernel, row.device)), None)


def _kernel(row: Compared, status: Status, summary: str, **changes: object) -> Judgement:
    plain = Judgement(
        id=f"{BASELINE}.{row.kernel}",
        title=f"{row.kernel} is as fast as in the baseline",
        status=status,
        metric=f"kernel.{row.kernel}",
        device=row.device,
        summary=summary,
        purpose="the same work takes no more time than before",
    )
    return _with(plain, changes)


def _whole(status: Status, summary: str, **changes: object) -> Judgement:
    plain = Judgement(
        id=BASELINE,
        title="This run can be held against its baseline",
        status=status,
        metric=BASELINE,
        summary=summary,
        purpose="a rate is slower or not only where everything else is the same",
    )
    return _with(plain, changes)


def _with(judgement: Judgement, changes: dict[str, object]) -> Judgement:
    return replace(judgement, **changes)  # type: ignore[arg-type] # the members of the same names


def _find(run: Run, row: Compared) -> Measurement | None:
    return next((m for m in run.measurements if (m.kernel, m.device) == (row.kernel, row.device)), None)


def _never_had(m: Measurement) -> bool:
    """Whether that device cannot run the kernel at all, so that nobody expects a rate."""
    return m.value is None and any(because.id in HARMLESS for because in m.reasons)


def _missing(now: Measurement | None, row: Compared) -> str:
    if now is not None and now.reasons:
        return now.reasons[0].detail
    return row.reason or "it was not measured"


def _interval(row: Compared) -> tuple[float, float] | None:
    if row.interval is None:
        return None
    low, high = row.interval
    return (1 / high, 1 / low) if row.lower_is_better else (low, high)


def _share(row: Compared) -> str:
    bounds = _interval(row)
    return shown(pace(row), "%", 3) + (f" ({span(*bounds, '%')})" if bounds else "")


def _listed(changed: tuple[Difference, ...]) -> str:
    told = [f"{each.what}{f' of {each.device}' if each.device else ''} {each.base} → {each.new}" for each in changed]
    return ": " + "; ".join(told) if told else ""
