"""The agent's heart: it looks, decides, acts and tells, and does what the owner says at once.

Nothing here reads a clock, a file or a device by itself: what looks and what acts is handed in, so that a week passes
in a test in seconds.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, tzinfo

from netmind_tui.model.agent import OverrideRequest, Question
from netmind_tui.model.assumption import PriceAt
from netmind_tui.model.decision import Decisions
from netmind_tui.model.event import EventKind
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.override import Override, OverrideKind
from netmind_tui.model.policy import GuardKind, Policy
from netmind_tui.model.problem import Problem
from netmind_tui.model.situation import DeviceFact, Situation
from netmind_tui.node.agent import override_book, told
from netmind_tui.node.agent.clock import Clock, Moment, passed
from netmind_tui.node.agent.deciding import Decide, Deciding
from netmind_tui.node.agent.lasting import Lasting
from netmind_tui.node.agent.lease import Leases
from netmind_tui.node.agent.looked import Looked, Speaker, Stand, Told
from netmind_tui.node.agent.memory import Keeper, set_by
from netmind_tui.node.agent.news import Fact, News
from netmind_tui.node.agent.roster import Roster
from netmind_tui.node.agent.rules import Rules
from netmind_tui.node.policy.terms import Terms
from netmind_tui.node.work.crew import Crew

_log = logging.getLogger(__name__)

HELD_UP_S = 30.0
WORD_S = 2.0
"""How long an answer waits for the disk; what was said is done at once all the same."""
_LOOK_S = 0.2
_LAST_S = 5.0
_AGAIN_S = 10.0
_SET_S = 2.0


class Agent:
    """Keeps the owner's terms.

    Args:
        clock: all clocks.
        decide: the rules.
        zone: a zone by its name.
        terms: the policy in force.
        keeper: what outlives the process.
        news: what happens.
        crew: what works.
        aliases: the owner's names for devices.
        held_up_s: so long between two looks, and it counts as not having run.
        prices: what power will cost, in a currency, where anybody knows.
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
        crew: Crew,
        aliases: dict[str, str] | None = None,
        held_up_s: float = HELD_UP_S,
        prices: Callable[[str | None], PriceAt | None] = lambda _currency: None,
    ) -> None:
        self.clock = clock
        self.terms = terms
        self.news = news
        self.crew = crew
        self.aliases = aliases or {}
        self.keeper = keeper
        self._lasting = Lasting(keeper, news)
        self.roster = Roster(keeper.memory.devices, keeper.memory.driver, news)
        self.overrides: tuple[Override, ...] = keeper.memory.overrides
        self.decisions: Decisions | None = None
        self.deciding = Deciding(decide, news)
        self.looked: Looked | None = None
        self.leases = Leases(news, self._again)
        self.started_at = clock.moment().at
        self._held_up_s = held_up_s
        self._prices = prices
        self._zone = zone
        self._rules = Rules(terms, news, self.aliases)
        self._sources = keeper.memory.sources
        self._last: Moment | None = None
        self._flushed_s = 0.0
        self._putting: Speaker | None = None
        self._unsaid: set[tuple[str | None, Fact]] = set()
        self._turn = asyncio.Lock()
        self._waking: asyncio.Task[None] | None = None
        self._is_woken = False
        self._has_ended = False
        crew.on_change(self._wake)

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
        self._rules.begin(now, self.roster.devices, self.keeper.memory.policy_sha256)
        await self.crew.care.begin()
        self._keep()
        self._lasting.live(now)
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
                self.roster.see([self.crew.care.as_owned(each) for each in looked.devices], looked.driver)
                self._rules.resolve(self.roster.devices)
            for each in looked.told:
                self._pass_on(each)
            self.leases.end_overdue(now.monotonic_s)
            self.crew.look(now, self.roster.devices, looked.sample)
            if self.news.degraded is not None and now.monotonic_s - self._flushed_s >= _AGAIN_S:
                self._flushed_s = now.monotonic_s
                self.news.flush()
            await self._settle(now)
            self._lasting.live(now)
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
            self.crew.read(anew=True)
            self.crew.look(now, self.roster.devices)
            await self._settle(now)
        await self._lasts(WORD_S)

    async def say_of_work(self, name: str, speaker: Speaker, *, may_run: bool) -> None:
        """Let a workload run, or keep it stopped until the owner says otherwise.

        Raises:
            Problem: there is none of that name.
        """
        async with self._turn:
            (self.crew.release if may_run else self.crew.hold)(name, speaker)
            await self._settle(self.clock.moment())
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
        self._lasting.remember(**changes)

    def warnings(self) -> tuple[str, ...]:
        """What is not as it should be with the agent itself, in sentences."""
        found = [*self._lasting.warnings()]
        for name in self.roster.present:
            holding = self.leases.of(name)
            if holding is not None and self._is_stopped(name):
                found.append(f"{name} is stopped and still measured ({holding.who}): end that process by hand")
        return (*found, *self.crew.care.warnings())

    def stand(self) -> Stand:
        """How it stands now, for questions about other moments."""
        return Stand(
            at=self.clock.moment().at,
            rules=self.rules,
            zone=self.zone(),
            situation=self.situation(),
            overrides=self.overrides,
            prices=self._priced(),
        )

    def lease(self, devices: tuple[str, ...], who: str) -> AbstractAsyncContextManager[tuple[str, ...]]:
        """Devices for a measurement: they are drained first, and given back at the end."""
        return self.leases.lease(devices or tuple(each.id for each in self.roster.devices), who)

    async def end(self, why: str, code: int) -> None:
        """Stop all work and say so."""
        async with self._turn:
            self._has_ended = True
            await self.crew.end()
            self.news.tell(EventKind.AGENT_STOPPED, f"the agent stopped: {why}", data={"why": why, "code": code})
            self._keep()
            self._lasting.stop(self.clock.moment())
        await self._lasts(_LAST_S)

    def situation(self) -> Situation:
        """The machine as it was last seen, for the rules."""
        work = self.crew.facts(tuple(self.roster.present), self.clock.moment())
        facts = tuple(
            work[name].of(
                DeviceFact(
                    device=name,
                    uuid=each.device.uuid,
                    lost=each.lost,
                    blocked=each.blocked,
                    is_replaced=each.is_replaced,
                    # The owner's stop comes before every measurement.
                    is_measuring=self.leases.held(name) and not self._is_stopped(name),
                    wants_measuring=self.leases.wanted(name) and not self._is_stopped(name),
                )
            )
            for name, each in self.roster.present.items()
        )
        seen = self.looked.facts if self.looked is not None else ()
        return Situation(devices=facts, facts=seen, blocked=self._rules.blocked, aliases=self.aliases)

    @property
    def rules(self) -> Policy:
        """The policy in force, in the names of this machine's devices."""
        return self._rules.policy

    @property
    def is_resting(self) -> bool:
        """Whether nothing works and nothing may begin, so that there is nothing to take away."""
        if self.decisions is None or self.crew.is_empty:
            return self.decisions is not None
        return not any(each.may_start or self.crew.works(each.device) for each in self.decisions.devices)

    def questions(self) -> tuple[Question, ...]:
        """What waits for the owner."""
        return (*self.roster.questions(), *(self.looked.questions if self.looked is not None else ()))

    def zone(self) -> tzinfo:
        """The zone of the policy."""
        return self._zone(self.terms.policy.zone)

    def _wake(self) -> None:
        """Decide anew as soon as may be, once, however often that is asked for."""
        self._is_woken = True
        if not self._has_ended and (self._waking is None or self._waking.done()):
            self._waking = asyncio.create_task(self._awake(), name="decide anew")

    async def _awake(self) -> None:
        while self._is_woken and not self._has_ended:
            self._is_woken = False
            await self._again()

    async def _again(self) -> None:
        async with self._turn:
            if not self._has_ended:
                now = self.clock.moment()
                self._pass(now)
                await self._settle(now)
        await self._lasts(_LOOK_S)

    async def _lasts(self, within_s: float) -> None:
        """Give what happened and what is to be remembered so long to reach the disk; never in the agent's turn."""
        await self._lasting.write(within_s)

    def _priced(self) -> PriceAt | None:
        guard = next((each for each in self.rules.guards if each.kind is GuardKind.PRICE), None)
        return None if guard is None else self._prices(guard.currency)

    def _is_stopped(self, device: str) -> bool:
        return any(each.kind is OverrideKind.STOP and each.covers(device) for each in self.overrides)

    def _take_up(self, now: Moment) -> None:
        """See what happened to the wall clock while no agent ran; what was said for an hour is still an hour."""
        last, clocks = self.keeper.last, self.keeper.memory.clocks
        if last is not None and last.boot == now.boot and abs(jump_s := set_by(last, now)) >= _SET_S:
            told.clock_set(self.news, jump_s)
        if clocks is not None and clocks.boot == now.boot:
            self.overrides = override_book.moved(self.overrides, set_by(clocks, now))
        self.overrides = override_book.clamped(self.overrides, now.at)

    async def _settle(self, now: Moment) -> None:
        """Decide, act, decide again on what came of it, remember and tell."""
        self._expire(now)
        mark = self.news.mark()
        decisions = self._decided(now)
        if await self.crew.bring(decisions.devices):
            decisions = self._decided(now)
        free = frozenset(name for name in self.roster.present if self.crew.is_off(name) and not self._is_stopped(name))
        granted = self.leases.grant(free, now.monotonic_s)
        if granted:
            decisions = self._decided(now)
        self.deciding.tell(self.decisions, decisions, now, mark)
        self.decisions = decisions
        self._keep()
        if self.news.mark():
            self._lasting.live(now, anew=True)
        if granted:
            await self.leases.tell_granted()

    def _decided(self, now: Moment) -> Decisions:
        return self.deciding.decided(self.rules, self.zone(), now, self.situation(), self.overrides)

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

    def _read_terms(self, now: Moment, *, anew: bool = False) -> None:
        self._rules.read(now, self.roster.devices, anew=anew, speaker=self._putting)

    def _expire(self, now: Moment) -> None:
        self.overrides, ended = override_book.split_at(self.overrides, now.at)
        for each in ended:
            told.expired(self.news, each)

    def _keep(self) -> None:
        self._lasting.keep_words(self.overrides, self.clock.moment())
        self._lasting.remember(
            devices=tuple(self.roster.known.values()),
            driver=self.roster.driver,
            sources=self._sources,
            policy_sha256=self.terms.sha256,
        )
