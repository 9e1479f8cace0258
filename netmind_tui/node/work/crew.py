"""All work of a node: which workload is on which device, and that each does what is decided for its devices."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from netmind_tui.model.contribution import Rung
from netmind_tui.model.decision import Decision
from netmind_tui.model.device import Device
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem, nearest
from netmind_tui.model.sample import Sample
from netmind_tui.model.situation import DeviceFact
from netmind_tui.model.workload import Workload, WorkloadsStatus
from netmind_tui.node.agent.clock import Clock, Moment
from netmind_tui.node.agent.looked import Speaker
from netmind_tui.node.agent.news import News
from netmind_tui.node.work import telling
from netmind_tui.node.work.again import Waits
from netmind_tui.node.work.aim import NEEDED_GRACE_S, Target, firmest, is_away, lowest_limits, may_start, target
from netmind_tui.node.work.care import Care
from netmind_tui.node.work.definitions import Definitions
from netmind_tui.node.work.instance import Make, Placed
from netmind_tui.node.work.owners_word import OwnersWord
from netmind_tui.node.work.post import Around, Health, Post
from netmind_tui.node.work.standing import standing
from netmind_tui.node.work.want import homes

_log = logging.getLogger(__name__)

QUICK_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkFact:
    """What a decision must know of a device's work: whether there is some, and what it or the next one needs."""

    works: bool = False
    longest_s: float | None = None
    lead_s: float | None = None
    waits: Waits | None = None

    def of(self, device: DeviceFact) -> DeviceFact:
        """What is known of a device, with its work."""
        found = replace(device, works=self.works, longest_s=self.longest_s, lead_s=self.lead_s)
        if self.waits is None:
            return found
        return replace(found, waits=self.waits.sentence, waits_until=self.waits.until, waits_lift=self.waits.lift)


class Crew:
    """Takes the work of every device to the rung of its decision.

    What takes a while goes on beside everything else. What runs on a device stays there until it ends or is taken
    away; then the first definition of the file that names the device and may start works there.

    Args:
        clock, news, folder, health: see ``Around``.
        definitions: what the owner defined.
        word: what the owner said of it.
        make: makes an instance of a workload.
        care: what goes along with work.
        aliases: the owner's names for devices.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        news: News,
        definitions: Definitions,
        word: OwnersWord,
        make: Make,
        folder: Path,
        care: Care | None = None,
        health: Health | None = None,
        aliases: Mapping[str, str] | None = None,
    ) -> None:
        self.definitions = definitions
        self._word = word
        self._clock = clock
        self._news = news
        self.care = care or Care(clock, news, folder)
        self._aliases = aliases or {}
        self._woken: Callable[[], None] = lambda: None
        self._around = Around(
            clock=clock,
            news=news,
            make=make,
            folder=folder,
            turned=self._turn,
            woken=self._wake,
            begins=self.care.begins,
            over=self.care.over,
            freed=self.care.freed,
            health=health,
        )
        self._posts: dict[str, Post] = {}
        self._leaving: tuple[Post, ...] = ()
        self._problems: dict[str, str] = {}
        self._devices: tuple[Device, ...] = ()
        self._shape: object = None
        self._decided: dict[str, Decision] = {}
        self._held_back: dict[str, Waits] = {}
        self._has_ended = False

    @property
    def posts(self) -> tuple[Post, ...]:
        """All places of work, in the order of preference, and those that are about to go."""
        return (*self._posts.values(), *self._leaving)

    def on_change(self, woken: Callable[[], None]) -> None:
        """Say so when something changed by itself, so that it is decided anew."""
        self._woken = woken

    def look(self, now: Moment, devices: Sequence[Device], sample: Sample | None = None) -> None:
        """See the devices and the owner's file as they are now."""
        self.read()
        shape = (self.definitions.workloads, [(each.id, each.kind, each.uuid) for each in devices])
        if shape != self._shape:
            self._shape, self._devices = shape, tuple(devices)
            self._settle_in()
        if sample is not None:
            self.care.look(now, sample, self.posts, self.cpu_of)

    def read(self, *, anew: bool = False) -> None:
        """Read the owner's file if it changed, or whether it did or not."""
        found = self.definitions.look(anew=anew)
        if found is not None:
            telling.definitions(self._news, found, str(self.definitions.path))

    @property
    def is_empty(self) -> bool:
        """Whether there is no work at all, so that none is ever to be taken away."""
        return not self.posts

    def works(self, device: str) -> bool:
        """Whether work is on a device: it runs, stands still, or has not given everything back."""
        return self._on(device) is not None

    def is_off(self, device: str) -> bool:
        """Whether no work is on a device, and nothing of it: its power limit is its owner's again."""
        return not self.works(device) and self.care.is_settled

    def on(self, device: str) -> str | None:
        """The name of the workload that is on a device."""
        found = self._on(device)
        return found.name if found is not None else None

    def next_on(self, devices: Sequence[str]) -> dict[str, str]:
        """Of each device the workload that is there, or would start there first."""
        chosen, _ = self._assigned(self._clock.moment())
        found = {each.device: post.name for post, room in chosen.items() for each in room}
        found |= {placed.device: post.name for post in self.posts for placed in post.devices}
        return {device: found[device] for device in devices if device in found}

    def facts(self, devices: Sequence[str], now: Moment) -> dict[str, WorkFact]:
        """What decisions must know of the work on each device."""
        chosen, waits = self._assigned(now)
        there = {placed.device: _fact(each.workload, works=True) for each in self.posts for placed in each.devices}
        for post, room in chosen.items():
            for each in room:
                there[each.device] = replace(_fact(post.workload), waits=self._held_back.get(each.device))
        return {each: there.get(each) or WorkFact(waits=waits.get(each) or self._undefined(each)) for each in devices}

    async def bring(self, decisions: Iterable[Decision]) -> bool:
        """Begin what the decisions ask for, and wait a moment for what is quick; whether there was anything to do."""
        if self._has_ended:
            return False
        self._decided = {each.device: each for each in decisions}
        self._leaving = tuple(each for each in self._leaving if each.is_there)
        begun = [each.aim(self._target(each)) for each in self.posts if each.is_there]
        chosen, _ = self._assigned(self._clock.moment())
        self._held_back = {}
        for post, room in chosen.items():
            held_back = [each.device for each in room if not may_start(each.device, self._decided)]
            if not held_back:
                begun.append(post.begin(room, lowest_limits(self._decided[each.device].limits for each in room)))
            elif len(held_back) < len(room):
                waits = Waits(f"{post.name} waits for {', '.join(held_back)}")
                self._held_back.update((each.device, waits) for each in room)
        tasks = [each for each in begun if each is not None]
        if tasks:
            # What is decided holds from here on, however long it takes to begin.
            self._turn(self._clock.moment())
            await asyncio.wait(tasks, timeout=QUICK_S)
        self._turn(self._clock.moment())
        return bool(tasks)

    async def end(self) -> None:
        """Stop everything: the agent ends."""
        self._has_ended = True
        left = await asyncio.gather(*(each.leave() for each in self.posts if each.is_there), return_exceptions=True)
        for each in left:
            if isinstance(each, Exception):
                _log.error("work could not be ended: %s", each, exc_info=each)
        await self.care.end()

    def hurry(self) -> None:
        """Kill what still ends: whoever ends the agent will not wait."""
        for each in self.posts:
            each.aim(Target(rung=Rung.KILL))

    def hold(self, name: str, speaker: Speaker) -> None:
        """Keep a workload stopped, until the owner starts it.

        Raises:
            Problem: there is none of that name.
        """
        self._known(name)
        if self._word.hold(name):
            telling.held(self._news, name, speaker, is_held=True)

    def release(self, name: str, speaker: Speaker) -> None:
        """Let a workload start, now and wherever it may; what is defined after it gives way.

        Raises:
            Problem: there is none of that name.
        """
        workload = self._known(name)
        if self._word.release(name, is_on=workload.is_on):
            telling.held(self._news, name, speaker, is_held=False)
        mine = [each for each in self._posts.values() if each.name == name]
        wanted = {each.device for post in mine if not post.is_there for each in post.home}
        for post in mine:
            post.again.forget()
        names = [each.name for each in self.definitions.workloads]
        for post in self._posts.values():
            is_later = names.index(post.name) > names.index(name)
            if is_later and any(each.device in wanted for each in post.devices):
                post.gives_room = True

    def status(self) -> WorkloadsStatus:
        """All of it, as everybody may see it."""
        now = self._clock.moment()
        _, waiting = self._assigned(now)

        def waits(post: Post) -> Waits | None:
            others = (waiting.get(each.device) or self._held_back.get(each.device) for each in post.home)
            return self._waits(post, now) or next((each for each in others if each is not None), None)

        return standing(self.definitions, self.posts, self._problems, self._word.is_held, waits, self.care.meter)

    def cpu_of(self, number: str) -> float | None:
        """The processor time of a start so far."""
        return next((each.cpu_s for each in self.posts if each.number == number), None)

    def find(self, name: str) -> tuple[Post, ...]:
        """The places of a workload.

        Raises:
            Problem: there is none of that name.
        """
        self._known(name)
        return tuple(each for each in self._posts.values() if each.name == name)

    def _wake(self) -> None:
        self._woken()

    def _settle_in(self) -> None:
        """Make the places that the definitions ask for; what is there and no longer asked for is to go."""
        before = dict(self._posts)
        self._posts, self._problems = {}, {}
        for workload in self.definitions.workloads:
            found, problem = homes(workload, self._devices, self._aliases)
            if problem is not None:
                self._problems[workload.name] = problem
            for home in found:
                old = before.get(home.key)
                if old is not None and old.takes(workload, home.devices):
                    self._posts[home.key] = before.pop(home.key)
                else:
                    self._posts[home.key] = Post(home.key, workload, home.devices, self._around)
        for post in before.values():
            post.is_gone = True
        self._leaving = (*self._leaving, *before.values())
        if self.definitions.refused is None:
            self._word.keep_to({each.name for each in self.definitions.workloads})

    def _known(self, name: str) -> Workload:
        found = next((each for each in self.definitions.workloads if each.name == name), None)
        if found is None:
            names = [each.name for each in self.definitions.workloads]
            hint = nearest(name, names) if names else "none is defined"
            raise Problem(f"{name}: there is no such workload; {hint}", ExitCode.UNMEASURED)
        return found

    def _on(self, device: str) -> Post | None:
        return next((each for each in self.posts for placed in each.devices if placed.device == device), None)

    def _waits(self, post: Post, now: Moment) -> Waits | None:
        """Why a place's workload may not start there, whatever is decided."""
        lift = f"netmind workload start {post.name}"
        if self._word.is_held(post.name):
            return Waits(f"{post.name} is stopped by you", lift=lift)
        if not post.workload.is_on and not self._word.is_started(post.name):
            return Waits(f"{post.name} is not on", lift=lift)
        return post.again.waits(post.name, now)

    def _assigned(self, now: Moment) -> tuple[dict[Post, tuple[Placed, ...]], dict[str, Waits]]:
        """What would start where, if it may; and for devices that are left, why nothing would."""
        taken = {placed.device for each in self.posts for placed in each.devices}
        leaving = {each.key for each in self._leaving if each.is_there}
        chosen: dict[Post, tuple[Placed, ...]] = {}
        waiting: dict[str, Waits] = {}
        for post in self._posts.values():
            if post.is_there or post.key in leaving:
                continue
            room = tuple(
                each for each in post.home if each.device not in taken and not is_away(each.device, self._decided)
            )
            waits = self._waits(post, now)
            if waits is None and room:
                chosen[post] = room
                taken |= {each.device for each in room}
            elif waits is not None:
                for each in room:
                    waiting.setdefault(each.device, waits)
                # What is tried again in a moment keeps its place.
                if waits.until is not None and post.again.is_soon(now):
                    taken |= {each.device for each in room}
        given = {each.device for room in chosen.values() for each in room}
        return chosen, {device: each for device, each in waiting.items() if device not in given}

    def _undefined(self, device: str) -> Waits:
        """Why there is nothing that could start on a device."""
        if self.definitions.refused is not None and not self.definitions.workloads:
            return Waits("the file of workloads is not in force", lift="netmind workload check")
        for post in self._posts.values():
            if any(each.device == device for each in post.home):
                return Waits(f"{post.name} runs without {device}, and takes it when it starts again")
        return Waits(f"no workload is defined for {device}", lift="netmind workload add")

    def _target(self, post: Post) -> Target:
        targets = [target(post.workload, post.devices, self._decided)]
        grace_s = post.workload.grace_s
        if post.is_gone or post.gives_room:
            targets.append(Target(rung=Rung.STOP, grace_s=grace_s))
        if self._word.is_held(post.name):
            targets.append(Target(rung=Rung.STOP, grace_s=min(grace_s, NEEDED_GRACE_S)))
        found = firmest(targets)
        return found if found is targets[0] else replace(found, limits=targets[0].limits)

    def _turn(self, now: Moment) -> None:
        """Tell the meter what each device does, where that is something else than before."""
        uuids = {each.id: each.uuid for each in self._devices}
        ready = {device: uuids.get(device) for device in self._decided if may_start(device, self._decided)}
        self.care.turn(now, self.posts, ready, self.cpu_of)


def _fact(workload: Workload, *, works: bool = False) -> WorkFact:
    return WorkFact(works=works, longest_s=workload.longest_s, lead_s=workload.lead_s)
