"""The agent of the machine that does not exist: its story is made up, its decisions follow from the real rules."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from netmind_tui import __version__
from netmind_tui.model.agent import AgentInfo, DeviceStatus, OverrideRequest, PolicyStatus, Question, Status
from netmind_tui.model.contribution import Contribution
from netmind_tui.model.decide import decide
from netmind_tui.model.event import Event, EventKind
from netmind_tui.model.forecast import forecast
from netmind_tui.model.override import Override, OverrideKind
from netmind_tui.model.policy import Guard, GuardKind, Limits, Policy, PolicyDocument, Profile, Window
from netmind_tui.model.situation import DeviceFact, GuardFact, Situation
from netmind_tui.model.timeline import DeviceLine, Timeline
from netmind_tui.node.agent import override_book
from netmind_tui.node.journal.past import lines
from netmind_tui.node.policy.file import source_of
from netmind_tui.node.policy.render import render
from netmind_tui.tui import demo_money, demo_work
from netmind_tui.tui.demo_story import CARDS, figures, specials, year
from netmind_tui.tui.link_question import AFTER, BEFORE, REACHES
from netmind_tui.tui.message import Message
from netmind_tui.tui.money_state import Accounted, Priced
from netmind_tui.tui.node_state import Counted, Foretold, Happened, Linked, LookedBefore, Remembered, Termed
from netmind_tui.tui.schedule_state import Recalled
from netmind_tui.tui.state import State
from netmind_tui.tui.work_page import Logged, WorkLog, legible, opened_log

_IDLE_AFTER, _IDLE_H, _DAY_H = 3, 4, 24
_HOT = {"gpu:4": 83, "gpu:7": 38}
_FROM = timedelta(hours=60)
_PATH = "policy.toml (simulated)"
_TAKES = frozenset({Contribution.GAVE_WAY, Contribution.PAUSED, Contribution.LOST, Contribution.BLOCKED})
_LIFTS = {
    "paused": "netmind resume gpu:7",
    "temperature": "more air for gpu:4, or a lower power cap in its profile",
    "gpu-in-use": "netmind contribute gpu:0, or a larger guard.gpu-in-use.memory",
    "lost": "a reboot, or another riser: its bus fell silent",
}


class DemoLink:
    """What a ``Link`` is, without an agent: everything is made from the moment that it is asked at."""

    def __init__(
        self,
        lost: Callable[[], frozenset[str]] = frozenset,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._lost, self._now = lost, now
        self._began = now()
        self._policy = policy(self._began)
        self._tariff = demo_money.Tariff(_idle_hour(self._began))
        self.overrides: tuple[Override, ...] = (
            Override(
                kind=OverrideKind.PAUSE,
                devices=("gpu:7",),
                at=self._began - timedelta(minutes=44),
                until=self._began.replace(minute=0, second=0, microsecond=0) + timedelta(hours=4),
                by="owner",
                via="cli",
            ),
        )
        self._events = _history(self._policy, self._began, self._tariff)
        self._told: tuple[object, ...] | None = None
        self._held: frozenset[str] = frozenset()
        self._log: tuple[str, str] | None = None
        self._states: dict[str, Contribution] = {}
        self._note(self._status(self._began, frozenset()), self._began)

    def start(self) -> None:
        """See ``Link``."""

    def stop(self) -> None:
        """See ``Link``."""

    def follow(self, state: State) -> None:
        """See ``Link``."""
        name, key = (opened_log(state) if state.view.screen == "devices" else None) or (None, None)
        self._log = (name, key or "") if name is not None else None

    def news(self) -> list[Message]:
        """See ``Link``: all of it at first, then what has changed."""
        now, lost = self._now(), self._lost()
        self.overrides, _ = override_book.split_at(self.overrides, now)
        stands = (self.overrides, self._held, lost, now.replace(second=0, microsecond=0))
        read = self._read(now)
        if stands == self._told:
            return read
        is_first, self._told = self._told is None, stands
        status = self._status(now, lost)
        known = len(self._events)
        self._note(status, now)  # what was lost before anybody looked is news, too
        found: list[Message] = [*read, Linked(status), Foretold(self._timeline(now, lost)), Termed(self.terms())]
        cards = demo_work.cards(now)
        found.append(Priced(self._tariff.prices(now)))
        found.append(
            Accounted(demo_money.energy(self._tariff, cards, now), demo_money.earned(self._tariff, cards, now))
        )
        found.append(Happened(self._events if is_first else self._events[known:], is_all=is_first))
        if is_first:
            found += [Counted(year(now)), LookedBefore(now - timedelta(hours=21))]
            found.append(Recalled(self._week(now)))
            found += [Remembered(span, figures(span)) for span in REACHES]
        return found

    def say(self, request: OverrideRequest) -> Status:
        """See ``Link``."""
        now = self._now()
        new = override_book.said(request, now, CARDS, by="you", via="tui")
        override_book.check_stop(self.overrides, new)
        self.overrides = override_book.with_new(self.overrides, new)
        return self._status(now, self._lost())

    def work(self, name: str, *, starts: bool) -> None:
        """See ``Link``."""
        self._held = self._held - {name} if starts else self._held | {name}

    def _read(self, now: datetime) -> list[Message]:
        """The log that is open, as it is now."""
        if self._log is None:
            return []
        name, key = self._log
        told = tuple(legible(each) for each in demo_work.log_of(name, key, now))
        return [Logged(WorkLog(name=name, key=key or None, lines=told))]

    def terms(self) -> PolicyDocument:
        """See ``Link``."""
        text = render(self._policy)
        digest = sha256(text.encode()).hexdigest()
        return PolicyDocument(policy=self._policy, path=_PATH, text=text, sha256=digest)

    def put_terms(self, text: str, instead_of: PolicyDocument) -> PolicyDocument:  # noqa: ARG002 - there is nobody else
        """See ``Link``: they hold until the end of the simulation."""
        self._policy = source_of(Path(_PATH), text.encode()).policy
        self._told = self._told and ()
        return self.terms()

    def _week(self, now: datetime) -> Timeline:
        """The last days, as far as they are made up."""
        start = now - _FROM
        past = lines(self._events, CARDS, start, now)
        return Timeline(zone="UTC", start=start, now=now, end=now, devices=tuple(past))

    def _facts(self, lost: frozenset[str]) -> tuple[DeviceFact, ...]:
        return tuple(
            DeviceFact(
                device=name,
                lost="it fell off the bus (simulated)" if name in lost else None,
                works=demo_work.waits(name, self._held) is None or name == demo_work.UNUSED,
                waits=demo_work.waits(name, self._held),
            )
            for name in CARDS
        )

    def _status(self, now: datetime, lost: frozenset[str]) -> Status:
        devices, seen = self._facts(lost), (*_facts(lost), self._tariff.fact(now))
        decisions = decide(self._policy, UTC, now, Situation(devices=devices, facts=seen), self.overrides)
        return Status(
            at=now,
            agent=AgentInfo(
                version=__version__,
                pid=0,
                node="simulated-rig",
                started_at=self._began - timedelta(days=31, hours=5),
                unit="system",
                state_folder="",
                socket="",
                role="policy",
            ),
            decisions=decisions,
            devices=tuple(DeviceStatus(device=name, workload=demo_work.works_on(name, self._held)) for name in CARDS),
            facts=seen,
            overrides=self.overrides,
            policy=PolicyStatus(zone="UTC", windows=1),
            workloads=demo_work.workloads(decisions.devices, self._held, now, self._began),
            money=demo_money.worth(self._tariff, demo_work.cards(now), now),
            questions=(
                Question(
                    id="guard.user-active",
                    sentence="cannot tell whether somebody is here (no seat): run nevertheless, or pause?",
                    command="netmind schedule answer guard.user-active run",
                ),
            ),
        )

    def _timeline(self, now: datetime, lost: frozenset[str]) -> Timeline:
        start, devices, prices = now - BEFORE, self._facts(lost), self._tariff.price_at
        told = forecast(self._policy, UTC, start, now, now + AFTER, devices, self.overrides, _facts(lost), prices)
        past = {line.device: line.spans for line in lines(self._events, CARDS, start, now)}
        joined = (
            DeviceLine(
                device=line.device,
                spans=(
                    *past[line.device],
                    *(replace(each, start=max(each.start, now)) for each in line.spans if each.end > now),
                ),
            )
            for line in told.devices
        )
        return replace(told, devices=tuple(joined))

    def _note(self, status: Status, now: datetime) -> None:
        """Write down what changed since the last look."""
        before = dict(self._states)
        assert status.decisions is not None  # noqa: S101 - it is made with them
        for each in status.decisions.devices:
            self._states[each.device] = each.state
            if before and before[each.device] is not each.state:
                sentence = each.reason.sentence
                self._events = (
                    *self._events,
                    _event(len(self._events) + 1, now, each.device, each.state, each.reason.code, sentence, 0.0),
                )


def policy(now: datetime) -> Policy:
    """The terms: always but for four hours, which begin in three."""
    idle = _idle_hour(now)
    window = Window(
        days=tuple(range(7)),
        start_minute=(idle + _IDLE_H) % _DAY_H * 60,
        end_minute=(idle or _DAY_H) * 60,
        profile="cheap",
    )
    return Policy(
        zone="UTC",
        profiles=(Profile(name="cheap", limits=Limits(power_cap_w=420.0)),),
        windows=(window,),
        guards=(
            Guard(kind=GuardKind.USER_ACTIVE, limit=180.0, devices=("cpu",)),
            Guard(kind=GuardKind.TEMPERATURE, limit=87.0, margin=6.0),
            Guard(kind=GuardKind.GPU_IN_USE, limit=float(1 << 30), leave_s=60.0),
            Guard(kind=GuardKind.DISK, limit=float(10 << 30)),
            demo_money.guard(),
        ),
    )


def _idle_hour(now: datetime) -> int:
    return (now.astimezone(UTC).hour + _IDLE_AFTER) % _DAY_H


def _facts(lost: frozenset[str]) -> tuple[GuardFact, ...]:
    """What the guards see: nothing that takes a card away."""
    cards = [name for name in CARDS if name not in lost]
    hot = (
        GuardFact(
            kind=GuardKind.TEMPERATURE,
            device=name,
            value=f"{_HOT.get(name, 62 + place)} °C",
            limit="87 °C",
            source="nvml",
        )
        for place, name in enumerate(cards)
    )
    used = (
        GuardFact(kind=GuardKind.GPU_IN_USE, device=name, value="0.0 GiB", limit="1.0 GiB", source="nvml")
        for name in cards
    )
    return (
        GuardFact(kind=GuardKind.USER_ACTIVE, device="cpu", unknown="no seat", source="logind"),
        *hot,
        *used,
        GuardFact(kind=GuardKind.DISK, value="812 GiB free", limit="10 GiB", source="file system"),
    )


def _event(
    number: int,
    at: datetime,
    device: str,
    state: Contribution,
    code: str,
    reason: str,
    took_s: float,
    *,
    window: str = "",
) -> Event:
    """One of the journal."""
    return Event(
        id=number,
        at=at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        kind=EventKind.DECISION_CHANGED,
        device=device,
        sentence=f"{device} {state.value}: {reason}",
        data={"state": state.value, "code": code, "reason": reason, **({"window": window} if window else {})},
        cost={"device_s": took_s} if took_s else {},
        prevention=_LIFTS.get(code) if state in _TAKES else None,
    )


def _history(terms: Policy, now: datetime, tariff: demo_money.Tariff) -> tuple[Event, ...]:
    """What the rules did, and what came between."""
    start = now - _FROM
    base = forecast(
        terms,
        UTC,
        start,
        now,
        now,
        tuple(DeviceFact(device=name, works=True) for name in CARDS),
        facts=_facts(frozenset()),
        prices=tariff.price_at,
    )
    marks = []
    for line in base.devices:
        own = specials(line.device, now)
        marks += [
            (span.start, line.device, span.state, span.code, span.sentence, 0.0, span.window or "")
            for span in line.spans
            if not any(each.start <= span.start < each.end for each in own)
        ]
        for each in own:
            marks.append((each.start, line.device, each.state, each.code, each.sentence, 0.0, "cheap"))
            ruling = next((span for span in line.spans if span.start <= each.end < span.end), None)
            if ruling is not None:
                took = (each.end - each.start).total_seconds()
                marks.append(
                    (each.end, line.device, ruling.state, ruling.code, ruling.sentence, took, ruling.window or "")
                )
    decided = [
        _event(0, at, device, state, code, sentence, took, window=window)
        for at, device, state, code, sentence, took, window in sorted(marks)
    ]
    told = demo_work.in_order([*decided, *demo_work.events(now.astimezone(UTC))])
    return tuple(replace(each, id=number) for number, each in enumerate(told, start=1))
