"""What will be: the line of time of each device as every rule decides it, and what each rule takes of it.

Pure, as ``decide`` is, whose rules these are. Hours are device-hours throughout, so that what is painted, what runs and
what each rule takes can be held against each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise

from netmind_tui.model.assumption import Assumption, PriceAt, price_runs
from netmind_tui.model.contribution import Contribution
from netmind_tui.model.decide import decide, no_work
from netmind_tui.model.decide_rule import GUARD_RANK, Verdict, allowance, in_force, verdicts, weigh
from netmind_tui.model.decision import Decision
from netmind_tui.model.override import Override, OverrideKind
from netmind_tui.model.policy import GuardKind, Limits, Policy
from netmind_tui.model.situation import DeviceFact, GuardFact, Situation
from netmind_tui.model.timeline import DeviceLine, RuleEffect, Span, Timeline
from netmind_tui.model.week import next_day, week_of

_AN_HOUR = timedelta(hours=1)
_A_DAY = timedelta(days=1)


def forecast(
    policy: Policy,
    zone: tzinfo,
    start: datetime,
    now: datetime,
    end: datetime,
    devices: Sequence[DeviceFact],
    overrides: Sequence[Override] = (),
    facts: Sequence[GuardFact] = (),
    prices: PriceAt | None = None,
    *,
    blocked: str | None = None,
) -> Timeline:
    """The spans of each device from ``start`` to ``end``.

    What lies before ``now`` is what the times of the week and the price said, without the guards of that time: the
    journal knows better, and its spans take the place of these. A price that is not known denies nothing here.
    """
    assumed = _assumption(policy, zone, start, now, end, facts, prices)
    effects: dict[str, _Effect] = {}
    lines, painted, runs = [], timedelta(), timedelta()
    for device in devices:
        line = _Line(policy, zone, device, assumed, overrides, blocked)
        spans: list[Span] = []
        for begin, stop in line.stretches(start, end):
            span, is_painted, taken = line.span(begin, stop)
            painted += (stop - begin) * is_painted
            runs += (stop - begin) * (span.state is Contribution.CONTRIBUTING)
            for code, rule in taken if is_painted else ():
                effects.setdefault(rule, _Effect(code, rule)).add(stop - begin)
            _append(spans, span)
        lines.append(DeviceLine(device=device.device, spans=tuple(spans)))
    return Timeline(
        zone=policy.zone,
        start=start,
        now=now,
        end=end,
        devices=tuple(lines),
        painted_hours=painted / _AN_HOUR,
        runs_hours=runs / _AN_HOUR,
        effects=tuple(sorted((each.told() for each in effects.values()), key=lambda each: -each.device_hours)),
    )


def explain(
    policy: Policy,
    zone: tzinfo,
    at: datetime,
    now: datetime,
    device: DeviceFact,
    overrides: Sequence[Override] = (),
    facts: Sequence[GuardFact] = (),
    prices: PriceAt | None = None,
    *,
    blocked: str | None = None,
) -> Decision:
    """What would be decided for a device at a moment, every reason of it.

    At ``now`` that is what is decided. Evidence of a guard that is only assumed to go on says so.
    """
    assumed = _assumption(policy, zone, at, now, at + _A_DAY, facts, prices)
    if assumed.runs and prices is not None:
        assumed = replace(assumed, price=prices(at))
    situation = Situation(
        devices=(device if at == now else assumed.device_at(device, at),), facts=assumed.facts_at(at), blocked=blocked
    )
    decision = decide(policy, zone, at, situation, [each for each in overrides if each.at <= at or at >= now]).devices[
        0
    ]
    if at == now:
        return decision
    # A word of the owner begins now: it lifts nothing that is only to come.
    reasons = (replace(each, lift=None) if _is_contribute(each.lift) else each for each in decision.reasons)
    return replace(decision, reasons=tuple(reasons))


@dataclass(slots=True)
class _Effect:
    code: str
    rule: str
    taken: timedelta = field(default_factory=timedelta)

    def add(self, length: timedelta) -> None:
        self.taken += length

    def told(self) -> RuleEffect:
        return RuleEffect(code=self.code, sentence=self.rule, device_hours=self.taken / _AN_HOUR)


class _Line:
    """One device through time."""

    def __init__(
        self,
        policy: Policy,
        zone: tzinfo,
        device: DeviceFact,
        assumed: Assumption,
        overrides: Sequence[Override],
        blocked: str | None,
    ) -> None:
        self._policy = policy
        self._week = week_of(policy, zone)
        self._device = device
        self._assumed = assumed
        self._overrides = [each for each in overrides if each.covers(device.device)]
        self._blocked = blocked

    def stretches(self, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        """From start to end, cut wherever anything may change."""
        cuts = {start, end, *self._assumed.edges()}
        cuts.update(self._week.changes(self._device.device, start, end, painted=True))
        cuts.update(moment for each in self._overrides for moment in (each.at, each.until) if moment is not None)
        cuts |= {self._device.waits_until or end}
        inside = sorted(moment for moment in cuts if start <= moment <= end)
        return list(pairwise(inside))

    def span(self, start: datetime, end: datetime) -> tuple[Span, bool, list[tuple[str, str]]]:
        """A stretch, whether a weekly window is painted there, and codes and rules of all that takes it."""
        is_past = start < self._assumed.now
        said = [each for each in self._overrides if each.at <= start or not is_past]
        override = in_force(said, self._device.device, start)
        standing = self._week.standing(self._device.device, start)
        facts = self._assumed.facts_at(start)
        device = self._assumed.device_at(self._device, start)
        against = verdicts(self._policy, device, standing, override, facts, None if is_past else self._blocked)
        counts, _ = weigh(against, override)
        first = counts[0] if counts else None
        contributes = override is not None and override.kind is OverrideKind.CONTRIBUTE
        code, sentence = ("contribute", "contributing, as you said") if contributes else allowance(standing)
        state = Contribution.CONTRIBUTING
        taken = [(each.code, each.rule or each.sentence) for each in counts]
        if not counts and not device.works:
            state, reason = Contribution.IDLE, no_work(device)
            code, sentence, taken = reason.code, reason.sentence, [(reason.code, device.waits or reason.sentence)]
        span = Span(
            start=start,
            end=end,
            state=first.state if first else state,
            code=first.code if first else code,
            sentence=first.sentence if first else sentence,
            window=standing.name,
            limits=standing.limits if standing.allows else Limits(),
            blocked_by=tuple(dict.fromkeys(each.code for each in counts)) if standing.window else (),
            is_expected=first is not None and not is_past and self._is_assumed(first),
        )
        return span, standing.window is not None, taken

    def _is_assumed(self, verdict: Verdict) -> bool:
        """Whether it is a guard's word of now, and not a price of the tariff."""
        is_price = verdict.code == GuardKind.PRICE and bool(self._assumed.runs)
        return verdict.rank in GUARD_RANK.values() and not is_price


def _append(spans: list[Span], span: Span) -> None:
    """One more stretch, or the last one longer if nothing is different."""
    if spans and replace(spans[-1], start=span.start, end=span.end) == span:
        spans[-1] = replace(spans[-1], end=span.end)
    else:
        spans.append(span)


def _assumption(
    policy: Policy,
    zone: tzinfo,
    start: datetime,
    now: datetime,
    end: datetime,
    facts: Sequence[GuardFact],
    prices: PriceAt | None,
) -> Assumption:
    # What is used up today is there again tomorrow.
    midnight = next_day(zone, now)
    facts = [replace(each, lifts_at=each.lifts_at or midnight) if _is_used_up(each) else each for each in facts]
    guard = next((each for each in policy.guards if each.kind is GuardKind.PRICE), None)
    runs = [] if guard is None or prices is None else price_runs(guard, prices, start, end)
    return Assumption(policy=policy, now=now, facts=tuple(facts), runs=runs)


def _is_used_up(fact: GuardFact) -> bool:
    return fact.kind is GuardKind.ENERGY and fact.denies


def _is_contribute(lift: str | None) -> bool:
    return lift is not None and lift.startswith("netmind contribute ")
