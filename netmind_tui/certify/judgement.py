"""Holding a machine against requirements: a judgement for each, with what to do where it is not met.

What could not be measured is an ``error``, and so is an unstable figure of which some part meets the requirement and
some does not: neither is a pass, and neither is the machine's fault.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from netmind_tui.certify.judgement_ground import Ground
from netmind_tui.certify.judgement_rule import holds, switch_holds, version_holds, word_holds
from netmind_tui.certify.metric import Kind, Metric, Scope, find_metric
from netmind_tui.certify.metric_figure import Absent, Figure
from netmind_tui.certify.metric_rate import unverified, wrong
from netmind_tui.certify.requirement_value import apart, shown, span
from netmind_tui.model.certificate import Evidence
from netmind_tui.model.device import Device
from netmind_tui.model.finding import Action, Status
from netmind_tui.model.measurement import Measurement
from netmind_tui.model.requirement import DECLARED, Judgement, Operator, Requirement, Requirements, Severity, Value
from netmind_tui.model.selector import ranges, select

CORRECTNESS = "correctness"
"""The id of what is always judged: every kernel that ran gave the right result."""

_SKEW = timedelta(minutes=5)
_STRONGER = tuple(Evidence)
_WORDS = {
    Operator.AT_LEAST: "at least {}",
    Operator.MORE: "more than {}",
    Operator.AT_MOST: "at most {}",
    Operator.LESS: "less than {}",
    Operator.EQUAL: "{}",
    Operator.OTHER: "anything but {}",
    Operator.IN: "one of {}",
    Operator.BETWEEN: "{}",
}
_RETRY = "measure again on a quiet machine, or with a longer suite"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Under what is judged: the time now, and how old figures may be."""

    now: datetime
    max_age_s: float | None = None


def judge(requirements: Requirements, ground: Ground, now: datetime) -> tuple[Judgement, ...]:
    """A judgement for each requirement and each device that it is about, and first whether results were right."""
    terms = Terms(now=now, max_age_s=requirements.max_age_s)
    ground = replace(ground, levels=requirements.levels)
    found = [*_correctness(ground)]
    for requirement in requirements.requirements:
        found += _judged(requirement, ground, terms)
    return tuple(found)


def unjudged(requirements: Requirements, because: str, remedy: str) -> tuple[Judgement, ...]:
    """Every requirement as one that could not be looked at, for one reason."""
    absent = Absent(sentence=because, remedy=remedy)
    return tuple(_error(each, None, absent, because) for each in requirements.requirements)


def absent_device(name: str, because: str) -> Judgement:
    """The judgement on a device that was asked for and is not there: nothing about it is known."""
    return Judgement(
        id="device",
        title="Every device that was asked for is there",
        status=Status.ERROR,
        metric="device",
        summary=f"{name}: {because}",
        remediation="`netmind info` lists the devices there are",
        action=Action.ASK_OWNER,
    )


def _judged(requirement: Requirement, ground: Ground, terms: Terms) -> list[Judgement]:
    found = find_metric(requirement.metric)
    assert found is not None  # noqa: S101 - a document with another one was refused
    metric = found[0]
    if metric.scope is not Scope.DEVICE or requirement.devices is None:
        return [_one(requirement, metric, None, ground, terms)]
    names, at_least = requirement.devices.names, requirement.devices.at_least
    devices = select([names], ground.devices).devices
    if not devices:
        others = ranges([device.id for device in ground.devices])
        why = ground.no_gpu or (f"{others} is all that was looked at" if others else "no device was looked at")
        absent = Absent(sentence=f"there is no {names} to look at: {why}")
        return [_error(requirement, None, absent, absent.sentence)]
    each = [_one(requirement, metric, device, ground, terms) for device in devices]
    return each if at_least is None else [_at_least(requirement, at_least, each)]


def _one(requirement: Requirement, metric: Metric, device: Device | None, ground: Ground, terms: Terms) -> Judgement:
    """One requirement of one device, or of the whole machine."""
    figure = metric.read(ground, device, requirement)
    if isinstance(figure, Figure):
        refusal = _not_accepted(figure, requirement, ground, terms)
        if refusal is None:
            return _held(requirement, metric, device, figure)
        figure = refusal
    sentence = figure.sentence or metric.absent
    return _error(requirement, device, figure, f"{_about(requirement, device)}: {sentence}")


def _not_accepted(figure: Figure, requirement: Requirement, ground: Ground, terms: Terms) -> Absent | None:
    """Why a figure is not good enough to be judged: too little stands behind it, or it is too old."""
    if figure.evidence != DECLARED:
        weakest = requirement.evidence
        if _STRONGER.index(Evidence(figure.evidence)) < _STRONGER.index(weakest):
            sentence = f"it is only {figure.evidence}, and {weakest} is the weakest evidence that is accepted"
            return Absent(sentence=sentence, remedy=f"bring a certificate whose claim is {weakest}")
    if ground.kind == "now" and figure.on is None:
        return None
    at, what = (figure.on, "declared") if figure.on else (ground.measured_at, "measured")
    moment = _moment(at)
    remedy = "declare it anew, with today's date" if figure.on else "measure again: `netmind validate` without --run"
    if moment is None:
        return Absent(sentence=f"nobody can tell when it was {what}: {at!r} is no time", remedy=remedy)
    if moment > terms.now + _SKEW:
        ahead = f"it was {what} on {at}, in the future of this machine's clock"
        return Absent(sentence=ahead, remedy="set the clock that is wrong, then do it again")
    age_s = (terms.now - moment).total_seconds()
    if terms.max_age_s is not None and age_s > terms.max_age_s:
        sentence = f"it was {what} {shown(age_s, 's', 3)} ago; at most {shown(terms.max_age_s, 's')} are accepted"
        return Absent(sentence=sentence, remedy=remedy, action=Action.RETRY)
    return None


def _held(requirement: Requirement, metric: Metric, device: Device | None, figure: Figure) -> Judgement:
    """The judgement of a figure that is there and accepted."""
    verdict = _verdict(requirement, metric, figure)
    actual = _words(figure, requirement)
    wanted = _WORDS[requirement.operator].format(requirement.written)
    about = _about(requirement, device)
    blank = Judgement(
        id=requirement.id,
        title=requirement.title,
        status=Status.PASS,
        metric=requirement.metric,
        device=device.id if device else None,
        actual=figure.value,
        interval=figure.interval,
        required=_required(requirement),
        written=requirement.written,
        operator=requirement.operator,
        unit=requirement.unit or None,
        severity=requirement.severity,
        summary=f"{about}: {actual}; required: {wanted}",
        purpose=requirement.purpose,
        evidence=figure.evidence,
        source=figure.source,
    )
    if verdict:
        return blank
    if verdict is None:
        summary = f"{about}: {actual}: only a part of that is {wanted}, so nobody can tell"
        return replace(blank, status=Status.ERROR, summary=summary, remediation=_RETRY, action=Action.RETRY)
    status = Status.FAIL if requirement.severity is Severity.FAIL else Status.WARN
    return replace(blank, status=status, remediation=requirement.remediation, action=requirement.action)


def _verdict(requirement: Requirement, metric: Metric, figure: Figure) -> bool | None:
    value, operator, required = figure.value, requirement.operator, requirement.required
    if metric.kind is Kind.SWITCH:
        return switch_holds(bool(value), operator, bool(required[0]))
    if metric.kind is Kind.WORD:
        return word_holds(str(value), operator, [str(each) for each in required])
    if metric.kind is Kind.VERSION:
        return version_holds(str(value), operator, [str(each) for each in required])
    exact = float(value)
    return holds(figure.interval or (exact, exact), operator, [float(each) for each in required])


def _at_least(requirement: Requirement, wanted: int, each: Sequence[Judgement]) -> Judgement:
    """One judgement of several devices, of which so many have to meet the requirement."""
    good = [one for one in each if one.status is Status.PASS]
    unknown = [one for one in each if one.status is Status.ERROR]
    names = requirement.devices.names if requirement.devices else "all"
    told = f"{_about(requirement, None)}: {len(good)} of {len(each)} {names}; required: at least {wanted}"
    others = "; ".join(dict.fromkeys(one.summary for one in each if one.status is not Status.PASS))
    worst = next((one for one in each if one.status not in (Status.PASS, Status.ERROR)), None) or each[0]
    blank = replace(
        worst,
        device=None,
        status=Status.PASS,
        actual=float(len(good)),
        interval=None,
        required=float(wanted),
        written=f"{wanted} {names}",
        operator=Operator.AT_LEAST,
        unit="devices",
        summary=told,
        remediation=None,
        action=Action.NONE,
    )
    if len(good) >= wanted:
        return blank
    if len(good) + len(unknown) >= wanted:
        first = unknown[0]
        return replace(
            blank,
            status=Status.ERROR,
            summary=f"{told} ({others})",
            remediation=first.remediation,
            action=first.action,
        )
    status = Status.FAIL if requirement.severity is Severity.FAIL else Status.WARN
    summary = f"{told} ({others})" if others else told
    return replace(
        blank, status=status, summary=summary, remediation=requirement.remediation, action=requirement.action
    )


def _correctness(ground: Ground) -> Iterator[Judgement]:
    """Whether every kernel that ran gave the right result, device by device; nothing can leave this out."""
    ran = [row for row in ground.measurements if _ran(row)]
    if not ran:
        why = ground.no_gpu or next((because.detail for row in ground.measurements for because in row.reasons), None)
        summary = f"no kernel ran, so no result could be checked{f': {why}' if why else ''}"
        yield _correct(None, Status.ERROR, summary, remediation=Absent().remedy, action=Action.ASK_OWNER)
        return
    for device in dict.fromkeys(row.device for row in ran):
        rows = [row for row in ran if row.device == device]
        bad = [f"{row.kernel}: {fault}" for row in rows if (fault := wrong(row))]
        unknown = [f"{row.kernel}: {fault}" for row in rows if not wrong(row) and (fault := unverified(row))]
        right = float(len(rows) - len(bad) - len(unknown))
        tally = {"actual": right, "required": float(len(rows)), "operator": Operator.EQUAL, "unit": "kernels"}
        if bad:
            remedy = "give this device no work: `netmind doctor` first, then `netmind bench --kernel memory.integrity`"
            yield _correct(device, Status.FAIL, "; ".join(bad), remediation=remedy, action=Action.DRAIN, **tally)
        elif unknown:
            remedy = f"measure again: `netmind bench --device {device}`"
            yield _correct(device, Status.ERROR, "; ".join(unknown), remediation=remedy, action=Action.RETRY)
        else:
            count = f"{len(rows)} kernels" if len(rows) > 1 else rows[0].kernel
            yield _correct(device, Status.PASS, f"{count} verified before and after being timed", **tally)


def _correct(device: str | None, status: Status, summary: str, **changes: object) -> Judgement:
    plain = Judgement(
        id=CORRECTNESS,
        title="Every kernel that ran gave the right result",
        status=status,
        metric=CORRECTNESS,
        device=device,
        summary=f"{device}: {summary}" if device else summary,
        purpose="a rate of wrong results is worth nothing",
        evidence=Evidence.MEASURED if status is not Status.ERROR else None,
    )
    return replace(plain, **changes)  # type: ignore[arg-type] # the members of the same names


def _ran(row: Measurement) -> bool:
    return row.value is not None or row.verified is not None or unverified(row) is not None


def _error(requirement: Requirement, device: Device | None, absent: Absent, summary: str) -> Judgement:
    return Judgement(
        id=requirement.id,
        title=requirement.title,
        status=Status.ERROR,
        metric=requirement.metric,
        device=device.id if device else None,
        required=_required(requirement),
        written=requirement.written,
        operator=requirement.operator,
        unit=requirement.unit or None,
        severity=requirement.severity,
        summary=summary,
        purpose=requirement.purpose,
        remediation=absent.remedy,
        action=absent.action,
    )


def _about(requirement: Requirement, device: Device | None) -> str:
    return f"{device.id}, {requirement.metric}" if device else requirement.metric


def _required(requirement: Requirement) -> Value | tuple[Value, ...]:
    return requirement.required[0] if len(requirement.required) == 1 else requirement.required


def _words(figure: Figure, requirement: Requirement) -> str:
    """A figure in words, told apart from what is required."""
    value = figure.value
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, str):
        return value
    if figure.interval is not None:
        return f"unstable, {span(*figure.interval, requirement.unit)}"
    nearest = min((float(each) for each in requirement.required), key=lambda each: abs(each - value), default=value)
    return apart(value, nearest, requirement.unit)


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
