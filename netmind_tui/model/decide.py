"""Decide for every device what it does now, why, until when, and what would change it. Pure: no clock, no files.

Precedence: what cannot (lost, blocked, measured) · the owner's stop · what the owner says now · battery and temperature
· somebody needs the device · windows and exceptions · price and profit · other load · disk and energy.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo

from netmind_tui.model.contribution import Contribution, Rung, lowest
from netmind_tui.model.decide_rule import MEASURES, TIMES, Verdict, allowance, in_force, verdicts, weigh, who
from netmind_tui.model.decide_text import roughly
from netmind_tui.model.decision import Decision, Decisions, NodeDecision, Reason
from netmind_tui.model.override import Override, OverrideKind
from netmind_tui.model.policy import GuardKind, Limits, Policy
from netmind_tui.model.situation import DeviceFact, Situation
from netmind_tui.model.week import Standing, Week, next_day, week_of

_A_DAY = timedelta(days=1)
_ALMOST_A_MINUTE = timedelta(seconds=59, microseconds=999_999)
_MOST_CHANGES = 256
# Of several states, the node has the one that says most of what it does.
_SHOWN_FIRST = (Contribution.CONTRIBUTING, Contribution.DRAINING, Contribution.MEASURING)


def decide(
    policy: Policy, zone: tzinfo, now: datetime, situation: Situation, overrides: Sequence[Override] = ()
) -> Decisions:
    """What each device of the situation is to do, and the node in short.

    ``zone`` is the policy's. The policy's devices are ids or kinds (``model/naming.py: resolve``); a guard that is
    named in the policy and has no fact yet denies, until it has been read.
    """
    week = week_of(policy, zone)
    devices = tuple(_decision(week, now, situation, device, overrides) for device in situation.devices)
    return Decisions(at=now, devices=devices, node=together(devices))


def together(devices: Sequence[Decision]) -> NodeDecision:
    """The node in short: what most of it does, and the reason that most of those devices share."""
    if not devices:
        return NodeDecision(state=Contribution.IDLE)
    counts = Counter(each.state for each in devices)
    state = next((each for each in _SHOWN_FIRST if each in counts), counts.most_common(1)[0][0])
    same = [each for each in devices if each.state is state]
    code = Counter(each.reason.code for each in same).most_common(1)[0][0]
    moments = [each.until for each in same if each.until is not None]
    return NodeDecision(
        state=state,
        counts=dict(counts),
        reason=next(each.reason for each in same if each.reason.code == code),
        until=min(moments, default=None),
    )


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the times of the week and the owner's word say of one device from a moment on."""

    week: Week
    device: str
    overrides: Sequence[Override]

    def override(self, at: datetime) -> Override | None:
        """The owner's word at a moment."""
        return in_force(self.overrides, self.device, at)

    def standing(self, at: datetime) -> Standing:
        """What the times say."""
        return self.week.standing(self.device, at)

    def allows(self, at: datetime) -> bool:
        """Whether both allow work."""
        override = self.override(at)
        return self.standing(at).allows if override is None else override.kind is OverrideKind.CONTRIBUTE

    def next_change(self, at: datetime) -> datetime | None:
        """When something else holds: the times count only where the owner's word leaves them to."""
        held, moment = self.override(at), at
        for _ in range(_MOST_CHANGES):
            times_count = held is None or held.kind is OverrideKind.CONTRIBUTE
            expiry = min((each.until for each in self.overrides if each.until and each.until > moment), default=None)
            change = self.week.next_change(self.device, moment) if times_count else None
            following = min((each for each in (expiry, change) if each is not None), default=None)
            if following is None or following == change or not _is_same(self.override(following), held):
                return following
            moment = following
        return None

    def lasting(self, at: datetime) -> Override | None:
        """The owner's word at a moment, with the end of the last of its kind that goes on where it ends."""
        held = self.override(at)
        until = held.until if held else None
        for _ in range(_MOST_CHANGES):
            after = self.override(until) if until else None
            if after is None or not _is_same(after, held):
                break
            until = after.until
        return replace(held, until=until) if held else None

    def turns(self, at: datetime) -> datetime | None:
        """When it is first the other way round: work no longer allowed, or allowed at last."""
        allows, moment = self.allows(at), at
        for _ in range(_MOST_CHANGES):
            following = self.next_change(moment)
            if following is None or self.allows(following) is not allows:
                return following
            moment = following
        return None


def _decision(
    week: Week, now: datetime, situation: Situation, device: DeviceFact, overrides: Sequence[Override]
) -> Decision:
    outlook = Outlook(week, device.device, overrides)
    override, standing = outlook.lasting(now), outlook.standing(now)
    against = verdicts(week.policy, device, standing, override, situation.facts, situation.blocked)
    contributes = override if override is not None and override.kind is OverrideKind.CONTRIBUTE else None
    binding, others = weigh(against, override)
    shifts = week.next_turn(device.device, now)
    told = _Told(week.zone, now, device.device, shifts)
    reasons = [told.reason(each) for each in binding]
    starts = not binding
    if contributes:
        reasons.append(_contributed(device.device, contributes, others))
    elif standing.allows:
        code, sentence = allowance(standing)
        reasons.append(Reason(code=code, sentence=sentence, rung=Rung.RUN, until=shifts))
    if not binding:
        end = outlook.turns(now) if contributes else shifts
        # Who says contribute for five minutes means these five: only what cannot fit waits.
        own_lead_s = week.policy.lead_s if device.lead_s is None else device.lead_s
        lead_s = 0.0 if contributes else own_lead_s
        starts = not _is_near(lead_s, now, device, end)
        if not starts:
            reasons.insert(1 if device.works else 0, _ends_soon(now, end))
        elif not device.works:
            reasons.insert(0, no_work(device))
    reasons += [told.reason(each, is_overridden=True) for each in others]
    return Decision(
        device=device.device,
        state=binding[0].state if binding else Contribution.CONTRIBUTING if device.works else Contribution.IDLE,
        rung=lowest([each.rung for each in binding]),
        may_start=starts,
        reasons=tuple(reasons),
        limits=standing.limits if standing.allows else Limits(),
        window=standing.name,
        until=None if binding and binding[0].rank <= MEASURES else outlook.next_change(now),
    )


def _is_same(one: Override | None, other: Override | None) -> bool:
    return (one.kind if one else None) is (other.kind if other else None)


def _is_near(lead_s: float, now: datetime, device: DeviceFact, end: datetime | None) -> bool:
    needed_s = lead_s if device.longest_s is None else device.longest_s
    return end is not None and (end - now).total_seconds() < needed_s


def _ends_soon(now: datetime, end: datetime | None) -> Reason:
    left_s = (end - now).total_seconds() if end else 0.0
    return Reason(
        code="ends-soon",
        sentence=f"ends in {roughly(left_s)}: nothing new starts that might not fit",
        rung=Rung.RUN,
        until=end,
    )


def no_work(device: DeviceFact) -> Reason:
    """That it may work and does not, with what keeps it from that where that is known."""
    why = f": {device.waits}" if device.waits else ""
    return Reason(
        code="no-work",
        sentence=f"allowed, and no work runs{why}",
        rung=Rung.RUN,
        until=device.waits_until,
        lift=device.waits_lift,
    )


def _contributed(device: str, override: Override, others: Sequence[Verdict]) -> Reason:
    overridden = ", ".join(each.code.replace("-", " ") for each in others if not each.is_waived)
    return Reason(
        code="contribute",
        sentence="contributing, as you said" + (f"; overrides {overridden}" if overridden else ""),
        rung=Rung.RUN,
        until=override.until,
        when=None if override.until else "until you resume",
        lift=f"netmind resume {device}",
        evidence=who(override),
    )


@dataclass(frozen=True, slots=True)
class _Told:
    """Verdicts told to the owner, with times of day and the command that lifts them."""

    zone: tzinfo
    now: datetime
    device: str
    shifts: datetime | None

    def reason(self, verdict: Verdict, *, is_overridden: bool = False) -> Reason:
        when = verdict.when
        if when and verdict.earliest and not verdict.until and (clock := self._clock(verdict.earliest)):
            when = f"{when} ({clock} at the earliest)"
        return Reason(
            code=verdict.code,
            sentence=verdict.sentence,
            rung=verdict.rung,
            until=verdict.until or self._until(verdict),
            when=when,
            lift=None if is_overridden else verdict.lift or (self._contribute() if verdict.is_liftable else None),
            evidence=verdict.evidence,
            is_overridden=is_overridden,
        )

    def _until(self, verdict: Verdict) -> datetime | None:
        if verdict.code == GuardKind.ENERGY:
            return next_day(self.zone, self.now)
        return self.shifts if verdict.rank == TIMES else None

    def _contribute(self) -> str:
        clock = self._clock(self.shifts, of_zone=True)
        return f"netmind contribute {self.device} " + (f"--until {clock}" if clock else "--for 1h")

    def _clock(self, moment: datetime | None, *, of_zone: bool = False) -> str | None:
        """The time of day on the policy's wall, where that is plain: within a day. With its offset for a command."""
        if moment is None or not self.now < moment < self.now + _A_DAY:
            return None
        # Up to the minute: what has just begun must not be read as tomorrow's.
        wall = (moment + _ALMOST_A_MINUTE).astimezone(self.zone)
        # The command is read on the clock of whoever types it, which may be another one.
        return wall.isoformat(timespec="minutes").partition("T")[2] if of_zone else wall.strftime("%H:%M")
