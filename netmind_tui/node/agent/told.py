"""The sentences of an agent's events, and the facts behind them."""

from datetime import datetime, timedelta, tzinfo

from netmind_tui.model.contribution import Contribution
from netmind_tui.model.decision import Decision
from netmind_tui.model.event import EventKind
from netmind_tui.model.override import Override, OverrideKind
from netmind_tui.node.agent.clock import Moment, Passed, stamp
from netmind_tui.node.agent.looked import Speaker
from netmind_tui.node.agent.memory import Alive
from netmind_tui.node.agent.news import Fact, News
from netmind_tui.node.policy.terms import Changed, Refused

_GAP_S = 5.0
_A_DAY = timedelta(days=1)
_TAKES = frozenset(
    {
        Contribution.GAVE_WAY,
        Contribution.PAUSED,
        Contribution.BLOCKED,
        Contribution.LOST,
        Contribution.MEASURING,
        Contribution.DRAINING,
    }
)
_SAID = {
    OverrideKind.STOP: "stopped",
    OverrideKind.PAUSE: "paused",
    OverrideKind.FINISH: "finishing",
    OverrideKind.CONTRIBUTE: "contributing",
    OverrideKind.RESUME: "resumed",
}


def decision(news: News, was: Decision | None, now: Decision, lasted_s: float, mark: int, at: Moment) -> None:
    """A device is in another state, or for another reason, ``at`` a moment; ``lasted_s`` it was in the one before."""
    reason = now.reason
    data: dict[str, Fact] = {
        "state": now.state.value,
        "previous": None if was is None else was.state.value,
        "code": reason.code,
        "rung": now.rung.value,
        "reason": reason.sentence,
    }
    if was is not None:
        data["lasted_s"] = round(lasted_s, 1)
    more = {
        "until": None if now.until is None else stamp(now.until),
        "when": reason.when,
        "evidence": reason.evidence,
        "window": now.window,
        "others": ", ".join(each.code for each in now.reasons[1:]) or None,
    }
    data |= {name: value for name, value in more.items() if value is not None}
    took = was is not None and was.state in _TAKES and lasted_s > 0
    news.tell(
        EventKind.DECISION_CHANGED,
        f"{now.device} {now.state.value}: {reason.sentence}",
        device=now.device,
        data=data,
        cost={"device_s": round(lasted_s, 1)} if took else None,
        prevention=reason.lift if now.state in _TAKES else None,
        mark=mark,
        at=at,
    )


def override(
    news: News, new: Override, zone: tzinfo, sentence: str | None = None, *, after: Override | None = None
) -> None:
    """The owner said something; ``zone`` is their clock's. ``after`` is what of the same goes on to hold then."""
    which = _about(new)
    until = (
        ""
        if new.kind is OverrideKind.RESUME
        else (" until it is resumed" if new.until is None else f" until {on_the_wall(new.until, new.at, zone)}")
    )
    if after is not None:
        then = "it is resumed" if after.until is None else on_the_wall(after.until, new.at, zone)
        until += f", and then as said before until {then}"
    data: dict[str, Fact] = {
        "override": new.kind.value,
        "devices": " ".join(new.devices),
        "until": None if new.until is None else stamp(new.until),
        "by": new.by,
        "via": new.via,
    }
    words = sentence or f"{which} {_SAID[new.kind]}{until}, says {new.by or 'the owner'} ({new.via or 'socket'})"
    ends = new.kind is OverrideKind.RESUME
    for device in new.devices or (None,):
        news.tell(EventKind.OVERRIDE_ENDED if ends else EventKind.OVERRIDE_SET, words, device=device, data=data)


def expired(news: News, each: Override) -> None:
    """What the owner said has run out."""
    which = _about(each)
    data: dict[str, Fact] = {"override": each.kind.value, "devices": " ".join(each.devices), "by": each.by}
    for device in each.devices or (None,):
        words = f"{which}: {each.kind.value} is over, as {each.by or 'the owner'} said"
        news.tell(EventKind.OVERRIDE_ENDED, words, device=device, data=data)


def measuring(news: News, devices: tuple[str, ...], who: str, *, begins: bool, more: str = "") -> None:
    """Devices are measured, or no longer; ``more`` says why."""
    kind = EventKind.MEASURING_STARTED if begins else EventKind.MEASURING_ENDED
    for device in devices:
        words = f"{device} is measured" if begins else f"{device} was measured"
        news.tell(kind, f"{words} ({who}){more}", device=device, data={"by": who})


def policy(news: News, found: Changed | Refused, path: str, speaker: Speaker | None) -> None:
    """Another policy is in force, or cannot be."""
    if isinstance(found, Refused):
        words = f"the policy is not in force: {found.sentence}"
        prevention = "netmind schedule check FILE says whether a file is in order"
        news.tell(EventKind.POLICY_REFUSED, words, data={"path": path}, prevention=prevention)
        return
    words = "no policy file is there" if found.sha256 is None else "the policy has changed and is in force"
    data: dict[str, Fact] = {"path": path, "sha256": found.sha256}
    if speaker is not None:
        words, data = f"{words}, says {speaker.name}", data | {"by": speaker.name, "via": speaker.via}
    news.tell(EventKind.POLICY_CHANGED, words, data=data)


def clocks(news: News, found: Passed, now: Moment) -> None:
    """What happened to the clocks."""
    if found.slept_s:
        since = now.at - timedelta(seconds=found.slept_s)
        data: dict[str, Fact] = {"slept_s": round(found.slept_s, 1), "from": stamp(since), "to": stamp(now.at)}
        news.tell(EventKind.MACHINE_SUSPENDED, f"the machine slept for {length(found.slept_s)}", data=data)
    if found.jump_s:
        way = "forward" if found.jump_s > 0 else "back"
        words = f"the wall clock was set {way} by {length(abs(found.jump_s))}"
        news.tell(EventKind.CLOCK_JUMPED, words, data={"jump_s": round(found.jump_s, 1)})
    if found.zone_before is not None:
        words = f"the machine's zone is {now.zone} now, no longer {found.zone_before}"
        news.tell(EventKind.ZONE_CHANGED, words, data={"zone": now.zone, "previous": found.zone_before})


def clock_set(news: News, jump_s: float) -> None:
    """The wall clock was set while no agent ran."""
    way = "forward" if jump_s > 0 else "back"
    words = f"the wall clock was set {way} by {length(abs(jump_s))} while no agent ran"
    news.tell(EventKind.CLOCK_JUMPED, words, data={"jump_s": round(jump_s, 1)})


def held_up(news: News, now: Moment, for_s: float) -> None:
    """The agent itself was kept from running."""
    since = now.at - timedelta(seconds=for_s)
    _gap(news, for_s, stamp(since), now, "held-up", "it was kept from running")


def gap(news: News, last: Alive | None, now: Moment) -> None:
    """How long no agent ran before this one, where that is known."""
    if last is None:
        return
    same_boot = last.boot == now.boot
    # Within one boot the wall clock may have been set; across boots it is all there is.
    for_s = now.uptime_s - last.uptime_s if same_boot else (now.at - last.at) / timedelta(seconds=1)
    if for_s < _GAP_S:
        return
    cause = "stopped" if last.stopped else "killed" if same_boot else "power"
    words = {
        "stopped": "it had been stopped",
        "killed": "it had ended without a word",
        "power": "the machine was restarted, or lost its power",
    }[cause]
    since = now.at - timedelta(seconds=for_s) if same_boot else last.at
    _gap(news, for_s, stamp(since), now, cause, words)


def _gap(news: News, for_s: float, since: str, now: Moment, cause: str, words: str) -> None:
    data: dict[str, Fact] = {"from": since, "to": stamp(now.at), "lasted_s": round(for_s, 1), "cause": cause}
    news.tell(
        EventKind.AGENT_GAP, f"no agent ran for {length(for_s)}: {words}", data=data, cost={"node_s": round(for_s, 1)}
    )


def on_the_wall(moment: datetime, now: datetime, zone: tzinfo) -> str:
    """A moment on the owner's clock: the time of day where that is plain, else with its date."""
    local = moment.astimezone(zone)
    is_near = timedelta(0) <= moment - now < _A_DAY
    return local.strftime("%H:%M") if is_near else local.strftime("%Y-%m-%d %H:%M")


def length(seconds: float) -> str:
    """A length of time in two of its units."""
    whole = round(seconds)
    for size, unit, smaller, name in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            rest = whole % size // smaller
            return f"{whole // size} {unit} {rest} {name}" if rest else f"{whole // size} {unit}"
    return f"{whole} s"


def _about(override: Override) -> str:
    """What it is about: ``gpu:0 gpu:1``, ``everything``, ``everything but gpu:0``."""
    if override.devices:
        return " ".join(override.devices)
    return f"everything but {' '.join(override.excepted)}" if override.excepted else "everything"
