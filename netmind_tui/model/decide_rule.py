"""Every rule that speaks against a device at a moment, each with its place in the order of precedence.

A rule here knows neither the clock's labels nor commands: those are added where the decision is told.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from netmind_tui.model.contribution import Contribution, Rung
from netmind_tui.model.decide_text import blind, condition, denial, loss, question, rule
from netmind_tui.model.naming import covers
from netmind_tui.model.override import Override, OverrideKind
from netmind_tui.model.policy import Guard, GuardKind, OnUnknown, Policy
from netmind_tui.model.situation import DeviceFact, GuardFact
from netmind_tui.model.week import Standing, hours

CANNOT, MEASURES, STOPPED, SAID = range(4)
_SAFETY, _NEEDED, TIMES, _MONEY, _LOAD, _BUDGET = range(4, 10)
GUARD_RANK = {
    GuardKind.BATTERY: _SAFETY,
    GuardKind.TEMPERATURE: _SAFETY,
    GuardKind.USER_ACTIVE: _NEEDED,
    GuardKind.GPU_IN_USE: _NEEDED,
    GuardKind.EXCLUSIVE: _NEEDED,
    GuardKind.PRICE: _MONEY,
    GuardKind.PROFIT: _MONEY,
    GuardKind.CPU_BUSY: _LOAD,
    GuardKind.DISK: _BUDGET,
    GuardKind.ENERGY: _BUDGET,
}
"""A guard's place: before the times of the week, or after them."""
_SAID_RUNGS = {OverrideKind.PAUSE: Rung.SUSPEND, OverrideKind.FINISH: Rung.FINISH}
_ANSWER = "netmind schedule check"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One rule's word: how high it stands, the rung it asks for, the state it makes.

    ``is_liftable``: the owner can say otherwise with ``contribute``; ``lift`` is another command that ends it.
    ``is_waived``: listed, and not applied (the owner chose to run although it is unknown). ``rule`` is the sentence
    without the value of the moment.
    """

    rank: int
    code: str
    sentence: str
    rung: Rung
    state: Contribution
    until: datetime | None = None
    earliest: datetime | None = None
    when: str | None = None
    lift: str | None = None
    is_liftable: bool = False
    is_waived: bool = False
    evidence: str | None = None
    rule: str | None = None


def verdicts(
    policy: Policy,
    device: DeviceFact,
    standing: Standing,
    override: Override | None,
    facts: Sequence[GuardFact],
    blocked: str | None,
) -> list[Verdict]:
    """All that speaks against the device, the highest first."""
    found = [*_cannot(device, blocked), *_said(device, override), *_times(policy, device.device, standing)]
    for guard in policy.guards:
        if covers(guard.devices, device.device) and _watches(guard, device.device):
            found += _guard(guard, device, facts)
    return sorted(found, key=lambda each: each.rank)


def weigh(against: Sequence[Verdict], override: Override | None) -> tuple[list[Verdict], list[Verdict]]:
    """What counts, and what is only listed: waived, or below the owner's word to contribute."""
    contributes = override is not None and override.kind is OverrideKind.CONTRIBUTE
    counts = [each for each in against if not each.is_waived and not (contributes and each.rank > SAID)]
    return counts, [each for each in against if each not in counts]


def in_force(overrides: Sequence[Override], device: str, at: datetime) -> Override | None:
    """What the owner says of a device at a moment: the last said that still holds, but a stop until it is resumed.

    They are in the order of saying, which no clock that is set can change.
    What was said after a pause for everything and ends before it gives way to that pause again.
    """
    held: list[Override] = []
    for each in overrides:
        if not each.covers(device):
            continue
        if each.kind is OverrideKind.RESUME:
            held.clear()
        elif each.until is None or each.until > at:
            held.append(each)
    stops = [each for each in held if each.kind is OverrideKind.STOP]
    return stops[-1] if stops else held[-1] if held else None


def _cannot(device: DeviceFact, blocked: str | None) -> Iterator[Verdict]:
    name = device.device
    if device.lost is not None:
        sentence = loss(name, device.lost)
        when = f"when {name} answers again"
        yield Verdict(rank=CANNOT, code="lost", sentence=sentence, rung=Rung.KILL, state=Contribution.LOST, when=when)
    for reason in dict.fromkeys(each for each in (blocked, device.blocked) if each is not None):
        yield Verdict(rank=CANNOT, code="blocked", sentence=reason, rung=Rung.STOP, state=Contribution.BLOCKED)
    if device.is_replaced:
        yield Verdict(
            rank=CANNOT,
            code="replaced",
            sentence=f"needs your answer: another card than before is in the slot of {name}",
            rung=Rung.STOP,
            state=Contribution.BLOCKED,
            when="once you have answered",
            lift=_ANSWER,
        )
    if device.is_measuring or device.wants_measuring:
        drains = device.works and not device.is_measuring
        yield Verdict(
            rank=MEASURES,
            code="draining-to-measure" if drains else "measuring",
            sentence=f"{name} drains first: a measurement waits for it" if drains else f"a measurement holds {name}",
            rung=Rung.FINISH if drains else Rung.STOP,
            state=Contribution.DRAINING if drains else Contribution.MEASURING,
            when="when the measurement has ended",
        )


def _said(device: DeviceFact, override: Override | None) -> Iterator[Verdict]:
    if override is None or override.kind in (OverrideKind.CONTRIBUTE, OverrideKind.RESUME):
        return
    until = override.until
    when = None if until else "until you resume"
    lift = f"netmind resume {device.device}"
    evidence = who(override)
    if override.kind is OverrideKind.STOP:
        yield Verdict(
            rank=STOPPED,
            code="stopped",
            sentence="stopped by you",
            rung=Rung.KILL,
            state=Contribution.PAUSED,
            until=until,
            when=when,
            lift=lift,
            evidence=evidence,
        )
        return
    finishes = override.kind is OverrideKind.FINISH
    yield Verdict(
        rank=SAID,
        code="finishing" if finishes else "paused",
        sentence=("finishing what runs, as you said" if device.works else "finished, as you said")
        if finishes
        else "paused by you",
        rung=_SAID_RUNGS[override.kind],
        state=Contribution.DRAINING if finishes and device.works else Contribution.PAUSED,
        until=until,
        when=when,
        lift=lift,
        evidence=evidence,
    )


def who(override: Override) -> str | None:
    """Who said it and from where: ``anna over ssh from 10.0.0.7``."""
    return " over ".join(each for each in (override.by, override.via) if each) or None


def _times(policy: Policy, device: str, standing: Standing) -> Iterator[Verdict]:
    if standing.allows:
        return
    if standing.exception is not None:
        code, sentence = "exception", f"never during {standing.exception.name}"
        evidence = None if standing.exception.source == "policy" else f"from {standing.exception.source}"
    else:
        code, evidence = "outside-windows", None
        sentence = f"outside every window of {device}" if policy.windows else "no window is set, so nothing runs"
    yield Verdict(
        rank=TIMES,
        code=code,
        sentence=sentence,
        rung=Rung.STOP,
        state=Contribution.IDLE,
        is_liftable=True,
        evidence=evidence,
    )


def _watches(guard: Guard, device: str) -> bool:
    """Whether there is anything for the guard to see: others' work on a GPU is no matter of the processor."""
    return guard.kind is not GuardKind.GPU_IN_USE or device != "cpu"


def _guard(guard: Guard, fact_of: DeviceFact, facts: Sequence[GuardFact]) -> Iterator[Verdict]:
    device = fact_of.device
    mine = [fact for fact in facts if fact.kind is guard.kind and fact.device in {None, device}]
    if not mine and fact_of.lost is None:
        mine = [GuardFact(kind=guard.kind, unknown="not read yet", was_known=True)]
    for fact in mine:
        if fact.unknown is not None:
            yield _blind(guard, device, fact)
        elif fact.denies:
            yield Verdict(
                rank=GUARD_RANK[guard.kind],
                code=guard.kind.value,
                sentence=denial(guard, device, fact),
                rung=guard.give_way,
                state=Contribution.GAVE_WAY,
                until=fact.lifts_at if guard.kind in {GuardKind.PRICE, GuardKind.ENERGY} else None,
                earliest=fact.lifts_at,
                when=condition(guard, device, fact),
                is_liftable=True,
                evidence=f"read from {fact.source}" if fact.source else None,
                rule=rule(guard, fact),
            )


def _blind(guard: Guard, device: str, fact: GuardFact) -> Verdict:
    """A guard that cannot see: one that could here pauses; one that never could as the owner answered, who is asked."""
    runs = guard.on_unknown is OnUnknown.RUN and not fact.was_known
    asks = guard.on_unknown is None and not fact.was_known
    return Verdict(
        rank=GUARD_RANK[guard.kind],
        code="needs-answer" if asks else f"{guard.kind.value}-unknown",
        sentence=question(guard, device, fact) if asks else blind(guard, device, fact),
        rung=Rung.RUN if runs else guard.give_way,
        state=Contribution.BLOCKED if asks else Contribution.GAVE_WAY,
        when="once you have answered" if asks else "once it can be seen again",
        lift=_ANSWER if asks else None,
        is_liftable=not asks,
        is_waived=runs,
        evidence=f"read from {fact.source}" if fact.source else None,
    )


def allowance(standing: Standing) -> tuple[str, str]:
    """Code and sentence of what allows."""
    if standing.exception is not None:
        return "inside-exception", f"allowed during {standing.exception.name}"
    name = standing.profile or (hours(standing.window) if standing.window else "")
    return "inside-window", f"inside window {name}"
