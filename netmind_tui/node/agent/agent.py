"""The agent's heart: it looks, decides, acts and tells, and does what the owner says at once.

Nothing here reads a clock, a file or a device by itself: what looks and what acts is handed in, so that a week passes
in a test in seconds.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo

from netmind_tui.model.agent import OverrideRequest, Question
from netmind_tui.model.decision import Decision, Decisions
from netmind_tui.model.event import EventKind
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.naming import resolve
from netmind_tui.model.override import Override, OverrideKind
from netmind_tui.model.policy import Policy
from netmind_tui.model.problem import Problem
from netmind_tui.model.situation import DeviceFact, Situation
from netmind_tui.node.agent import override_book, told
from netmind_tui.node.agent.clock import Clock, Moment, passed
from netmind_tui.node.agent.holding import Holdings
from netmind_tui.node.agent.ladder import Ladder
from netmind_tui.node.agent.looked import Looked, Speaker, Stand, Told
from netmind_tui.node.agent.memory import Alive, Keeper
from netmind_tui.node.agent.news import Fact, News
from netmind_tui.node.agent.roster import Roster
from netmind_tui.node.policy.terms import Changed, Terms

_log = logging.getLogger(__name__)

Decide = Callable[[Policy, tzinfo, datetime, Situation, Sequence[Override]], Decisions]

HELD_UP_S = 30.0
WORD_S = 2.0
"""How long an answer waits for the disk; what was said is done at once all the same."""
LEASE_S = 4 * 3600.0
_ALIVE_S = 5.0
_LOOK_S = 0.2
_LAST_S = 5.0
_AGAIN_S = 10.0
_BEHIND_S = 1.0
_SET_S = 2.0
_REUSED_S = 5.0


class Agent:
    """Keeps the owner's terms.

    Args:
        clock: all clocks.
        decide: the rules.
        zone: a zone by its name.
        terms: the policy in force.
        keeper: what outlives the process.
        news: what happens.
        ladder: what acts.
        aliases: the owner's names for devices.
        held_up_s: so long between two looks, and it counts as not having run.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        decide: Decide,
        zone: Callable[[str], tzinfo],
        terms: Terms,
        keeper: Keeper,
        news: News,
        ladder: Ladder,
        aliases: dict[str, str] | None = None,
        held_up_s: float = HELD_UP_S,
    ) -> None:
        self.clock = clock
        self.terms = terms
        self.news = news
        self.ladder = ladder
        self.aliases = aliases or {}
        self.holdings = Holdings()
        self.keeper = keeper
        self.roster = Roster(keeper.memory.devices, keeper.memory.driver, news)
        self.overrides: tuple[Override, ...] = keeper.memory.overrides
        self.decisions: Decisions | None = None
        self.since: dict[str, datetime] = {}
        self.looked: Looked | None = None
        self.rules = Policy()
        self.started_at = clock.moment().at
        self._held_up_s = held_up_s
        self._decide = decide
        self._zone = zone
        self._unresolved: str | None = None
        self._sources = keeper.memory.sources
        self._last: Moment | None = None
        self._lived_at = -_ALIVE_S
        self._flushed_s = 0.0
        self._putting: Speaker | None = None
        self._reused: tuple[object, Decisions, float] | None = None
        self._since_s: dict[str, float] = {}
        self._unsaid: set[tuple[str | None, Fact]] = set()
        self._turn = asyncio.Lock()
        self._drained = asyncio.Condition()
        self._complaint: str | None = None

    async def begin(self, version: str) -> None:
        """Say that it runs, and how long none did; read the policy."""
        now = self.clock.moment()
        self._last = now
        told.gap(self.news, self.keeper.last, now)
        self._take_up(now)
        data: dict[str, Fact] = {"version": version, "zone": now.zone}
        self.news.tell(EventKind.AGENT_STARTED, f"the agent started (netmind {version})", data=data)
        if self.keeper.damaged is not None:
            # What the owner had said is not known any more: nothing runs until they say so.
            _log.warning("%s", self.keeper.damaged)
            self.overrides = (Override(kind=OverrideKind.PAUSE, at=now.at, by="netmind", via="agent"),)
            told.override(self.news, self.overrides[0], UTC, f"paused until resumed: {self.keeper.damaged}")
        self._read_terms(now, is_start=True)
        self._keep()
        self._live(now)
        await self._lasts(_LAST_S)

    async def look(self, looked: Looked) -> None:
        """One round: what was seen becomes facts, the facts decisions, the decisions acts."""
        async with self._turn:
            now = self.clock.moment()
            self._pass(now)
            self._read_terms(now)
            self.looked = looked
            self._sources = looked.sources or self._sources
            if looked.devices is not None:
                self.roster.see(looked.devices, looked.driver)
                self._resolve()
            for each in looked.told:
                self._pass_on(each)
            for late in self.holdings.overdue(now.monotonic_s, LEASE_S):
                why = f": for {told.length(LEASE_S)}, which is as long as one may"
                told.measuring(self.news, late.devices, late.who, begins=False, more=why)
                if not late.over.done():
                    late.over.set_result(f"{' '.join(late.devices)} was held{why[1:]}")
            if self.news.degraded is not None and now.monotonic_s - self._flushed_s >= _AGAIN_S:
                self._flushed_s = now.monotonic_s
                self.news.flush()
            await self._settle(now)
            self._live(now)
        await self._lasts(_LOOK_S)

    async def say(self, request: OverrideRequest, speaker: Speaker) -> None:
        """Do what the owner says, now, and make it last.

        Raises:
            Problem: it cannot be: both ends were given, it ends before it begins, or a stop comes before it.
        """
        async with self._turn:
            now = self.clock.moment()
            known = tuple(each.id for each in self.roster.nameable)
            new = override_book.said(request, now.at, known, by=speaker.name, via=speaker.via)
            override_book.check_stop(self.overrides, new)
            override_book.check_room(self.overrides, new)
            if new.kind is OverrideKind.RESUME and not self.overrides:
                return
            overrides = override_book.with_new(self.overrides, new)
            # First what could fail, then what changes.
            told.override(self.news, new, self.zone(), after=override_book.follows(overrides, new, known))
            self.overrides = overrides
            await self._settle(now)
        await self._lasts(WORD_S)

    async def accept(self, question: str, speaker: Speaker) -> None:
        """Take the owner's word that a replaced device may contribute.

        Raises:
            Problem: there is no such question.
        """
        async with self._turn:
            if not self.roster.accept(question):
                raise Problem(f"{question}: nothing of that name waits for an answer", ExitCode.USAGE)
            device = question.partition(".")[2]
            data: dict[str, Fact] = {"by": speaker.name, "via": speaker.via}
            self.news.tell(
                EventKind.DEVICES_CHANGED, f"{device} may contribute, says {speaker.name}", device=device, data=data
            )
            await self._settle(self.clock.moment())
        await self._lasts(WORD_S)

    async def reread(self) -> None:
        """Read the policy's file again, whether it changed or not."""
        async with self._turn:
            now = self.clock.moment()
            self._read_terms(now, anew=True)
            await self._settle(now)
        await self._lasts(WORD_S)

    async def replace_terms(self, put: Callable[[], Awaitable[None]], speaker: Speaker) -> None:
        """Have somebody's new policy in force, once ``put`` has put it in the file's place.

        Raises:
            Problem: it is not in order.
        """
        # Not in this one's turn: a slow disk must not hold up what the owner says meanwhile.
        self._putting = speaker
        try:
            await put()
            async with self._turn:
                now = self.clock.moment()
                self._read_terms(now, anew=True)
                await self._settle(now)
        finally:
            self._putting = None
        await self._lasts(WORD_S)

    async def denied(self, who: str, wanted: str) -> None:
        """Write down that somebody asked for what they may not."""
        data: dict[str, Fact] = {"by": who, "wanted": wanted}
        self.news.tell(EventKind.OVERRIDE_DENIED, f"{who} may not: {wanted}", data=data)
        await self._lasts(WORD_S)

    async def tell(self, told: Told) -> None:
        """Put something into the journal that was found out beside the looks."""
        self.news.tell(told.kind, told.sentence, device=told.device, data=told.data)
        await self._lasts(WORD_S)

    def remember(self, **changes: object) -> None:
        """Hold other members of the memory from now on; they are on the disk soon."""
        self.keeper.change(**changes)
        self.news.do("state", self.keeper.save)

    def warnings(self) -> tuple[str, ...]:
        """What is not as it should be with the agent itself, in sentences."""
        found = []
        if not self.keeper.is_saved and self.keeper.unsaved is not None:
            words = f"not remembered: {self.keeper.unsaved}"
            found.append(f"{words}; what was said holds now, and would be lost if the agent ended")
        elif self.news.behind_s >= _BEHIND_S:
            words = f"not remembered yet: the disk has not answered for {self.news.behind_s:.0f} s"
            found.append(f"{words}; what was said holds now")
        if self.news.degraded is not None:
            found.append(self.news.degraded)
        for name in self.roster.present:
            holding = self.holdings.of(name)
            if holding is not None and self._is_stopped(name):
                found.append(f"{name} is stopped and still measured ({holding.who}): end that process by hand")
        return tuple(found)

    def stand(self) -> Stand:
        """How it stands now, for questions about other moments."""
        return Stand(
            at=self.clock.moment().at,
            rules=self.rules,
            zone=self.zone(),
            situation=self.situation(),
            overrides=self.overrides,
        )

    @asynccontextmanager
    async def lease(self, devices: tuple[str, ...], who: str) -> AsyncIterator[tuple[str, ...]]:
        """Devices for a measurement: they are drained first, and given back at the end."""
        names = devices or tuple(each.id for each in self.roster.devices)
        number = self.holdings.ask(names, who)
        try:
            await self._again()
            async with self._drained:
                await self._drained.wait_for(lambda: self.holdings[number].is_held)
            yield names
        finally:
            holding = self.holdings.give_back(number)
            if holding is not None and holding.is_held:
                told.measuring(self.news, holding.devices, holding.who, begins=False)
            await self._again()

    async def lease_ends(self, devices: tuple[str, ...]) -> str:
        """Wait until a lease is over before its asker ends it; why, in a sentence."""
        holding = self.holdings.of(devices[0]) if devices else None
        if holding is None:
            return "it was taken back"
        return await asyncio.shield(holding.over)

    async def end(self, why: str, code: int) -> None:
        """Stop all work and say so."""
        async with self._turn:
            await self.ladder.end()
            self.news.tell(EventKind.AGENT_STOPPED, f"the agent stopped: {why}", data={"why": why, "code": code})
            self._keep()
            now = self.clock.moment()
            self.news.do("alive", lambda: self.keeper.live(now, stopped=True), before=False)
        await self._lasts(_LAST_S)

    def situation(self) -> Situation:
        """The machine as it was last seen, for the rules."""
        facts = tuple(
            DeviceFact(
                device=name,
                uuid=each.device.uuid,
                lost=each.lost,
                blocked=each.blocked,
                is_replaced=each.is_replaced,
                # The owner's stop comes before every measurement.
                is_measuring=self.holdings.held(name) and not self._is_stopped(name),
                wants_measuring=self.holdings.wanted(name) and not self._is_stopped(name),
                works=self.ladder.works(name),
                longest_s=self.ladder.workload.longest_s,
            )
            for name, each in self.roster.present.items()
        )
        seen = self.looked.facts if self.looked is not None else ()
        return Situation(devices=facts, facts=seen, blocked=self._unresolved, aliases=self.aliases)

    @property
    def is_resting(self) -> bool:
        """Whether nothing works and nothing may begin, so that there is nothing to take away."""
        if self.decisions is None:
            return False
        return not any(each.may_start or self.ladder.works(each.device) for each in self.decisions.devices)

    def questions(self) -> tuple[Question, ...]:
        """What waits for the owner."""
        return (*self.roster.questions(), *(self.looked.questions if self.looked is not None else ()))

    def zone(self) -> tzinfo:
        """The zone of the policy."""
        return self._zone(self.terms.policy.zone)

    async def _again(self) -> None:
        async with self._turn:
            await self._settle(self.clock.moment())
        await self._lasts(_LOOK_S)

    async def _lasts(self, within_s: float) -> None:
        """Give what happened and what is to be remembered so long to reach the disk; never in the agent's turn."""
        await self.news.write(within_s)
        if self.keeper.unsaved != self._complaint:
            self._complaint = self.keeper.unsaved
            if self._complaint is not None:
                _log.warning("what the owner said cannot be remembered: %s", self._complaint)

    def _is_stopped(self, device: str) -> bool:
        return any(each.kind is OverrideKind.STOP and each.covers(device) for each in self.overrides)

    def _take_up(self, now: Moment) -> None:
        """See what happened to the wall clock while no agent ran; what was said for an hour is still an hour."""
        last, clocks = self.keeper.last, self.keeper.memory.clocks
        if last is not None and last.boot == now.boot and abs(jump_s := _set_by(last, now)) >= _SET_S:
            told.clock_set(self.news, jump_s)
        if clocks is not None and clocks.boot == now.boot:
            self.overrides = override_book.moved(self.overrides, _set_by(clocks, now))
        self.overrides = override_book.clamped(self.overrides, now.at)

    async def _settle(self, now: Moment) -> None:
        """Decide, act, decide again on what came of it, remember and tell."""
        self._expire(now)
        mark = self.news.mark()
        decisions = self._decided(now)
        if await self.ladder.bring(decisions.devices):
            decisions = self._decided(now)
        free = frozenset(
            name for name in self.roster.present if not self.ladder.works(name) and not self._is_stopped(name)
        )
        granted = self.holdings.grant(free, now.monotonic_s)
        for each in granted:
            told.measuring(self.news, each.devices, each.who, begins=True)
        if granted:
            decisions = self._decided(now)
        self._tell_changes(decisions, now, mark)
        self.decisions = decisions
        self._keep()
        if self.news.mark():
            self._live(now, anew=True)
        if granted:
            async with self._drained:
                self._drained.notify_all()

    def _resolve(self) -> None:
        """Make the names of the policy those of this machine's devices; what means nothing blocks everything."""
        try:
            self.rules, self._unresolved = resolve(self.terms.policy, self.roster.devices, self.aliases), None
        except Problem as problem:
            self._unresolved = f"the policy names a device that cannot be told: {problem.sentence}"

    def _decided(self, now: Moment) -> Decisions:
        """What each device is to do; where nothing changed and no time has come, what was decided before."""
        zone, situation = self.zone(), self.situation()
        asked = (self.rules, zone, situation, self.overrides)
        if self._reused is not None:
            before, decisions, at_s = self._reused
            is_fresh = 0 <= now.monotonic_s - at_s < _REUSED_S and _minute(decisions.at) == _minute(now.at)
            if is_fresh and not _has_come(decisions, now.at) and before == asked:
                return replace(decisions, at=now.at)
        decisions = self._decide(self.rules, zone, now.at, situation, self.overrides)
        self._reused = (asked, decisions, now.monotonic_s)
        return decisions

    def _tell_changes(self, decisions: Decisions, now: Moment, mark: int) -> None:
        before = {each.device: each for each in self.decisions.devices} if self.decisions is not None else {}
        for each in decisions.devices:
            was = before.get(each.device)
            if was is not None and _same(was, each):
                continue
            lasted_s = now.uptime_s - self._since_s.get(each.device, now.uptime_s)
            told.decision(self.news, was, each, lasted_s, mark)
            mark += 1
            if was is None or was.state is not each.state:
                self.since[each.device] = now.at
                self._since_s[each.device] = now.uptime_s

    def _pass(self, now: Moment) -> None:
        """See what happened to the clocks since the last look."""
        before, self._last = self._last, now
        if before is None:
            return
        found = passed(before, now)
        told.clocks(self.news, found, now)
        if found.jump_s:
            self.overrides = override_book.moved(self.overrides, found.jump_s)
        if found.zone_before is not None:
            self._read_terms(now, anew=True)
        if now.monotonic_s - before.monotonic_s > self._held_up_s:
            told.held_up(self.news, now, now.monotonic_s - before.monotonic_s)

    def _pass_on(self, each: Told) -> None:
        """Tell what a look found out; that nothing is seen of a device that is away goes without saying."""
        if each.kind is EventKind.GUARD_BLIND and self.roster.is_away(each.device):
            self._unsaid.add((each.device, each.data.get("guard")))
        elif each.kind is EventKind.GUARD_SIGHTED and (each.device, each.data.get("guard")) in self._unsaid:
            self._unsaid.discard((each.device, each.data.get("guard")))
        else:
            self.news.tell(each.kind, each.sentence, device=each.device, data=each.data)

    def _read_terms(self, now: Moment, *, anew: bool = False, is_start: bool = False) -> None:
        found = self.terms.look(now.at, anew=anew)
        if found is not None or is_start:
            self._resolve()
        if is_start and isinstance(found, Changed) and found.sha256 == self.keeper.memory.policy_sha256:
            return
        if not self.terms.is_kept:
            self.news.do("terms", self.terms.save)
        if found is not None:
            told.policy(self.news, found, str(self.terms.path), self._putting)

    def _expire(self, now: Moment) -> None:
        self.overrides, ended = override_book.split_at(self.overrides, now.at)
        for each in ended:
            told.expired(self.news, each)

    def _keep(self) -> None:
        now, memory = self.clock.moment(), self.keeper.memory
        is_of_this_boot = memory.clocks is not None and memory.clocks.boot == now.boot
        if self.overrides != memory.overrides or (self.overrides and not is_of_this_boot):
            self.keeper.change(clocks=Alive(at=now.at, boot=now.boot, uptime_s=now.uptime_s))
        self.keeper.change(
            overrides=self.overrides,
            devices=tuple(self.roster.known.values()),
            driver=self.roster.driver,
            sources=self._sources,
            policy_sha256=self.terms.sha256,
        )
        if not self.keeper.is_saved:
            self.news.do("state", self.keeper.save)

    def _live(self, now: Moment, *, anew: bool = False) -> None:
        if anew or now.monotonic_s - self._lived_at >= _ALIVE_S:
            self._lived_at = now.monotonic_s
            self.news.do("alive", lambda: self.keeper.live(now), before=False)


def _set_by(last: Alive, now: Moment) -> float:
    """By how much the wall clock was set since, within one boot."""
    return (now.at - last.at) / timedelta(seconds=1) - (now.uptime_s - last.uptime_s)


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def _has_come(decisions: Decisions, now: datetime) -> bool:
    """Whether a moment that a decision named has come since."""
    return any(
        decisions.at < moment <= now
        for each in decisions.devices
        for moment in (each.until, *(reason.until for reason in each.reasons))
        if moment is not None
    )


def _same(was: Decision, now: Decision) -> bool:
    """Whether nothing changed that somebody would want to read of."""
    return (was.state, was.rung, was.reason.code) == (now.state, now.rung, now.reason.code)
