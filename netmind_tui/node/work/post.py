"""The place of one workload on its devices: an instance at a time, taken to the rung that is asked for."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from netmind_tui.model.contribution import RUNGS, Rung
from netmind_tui.model.device import DeviceKind
from netmind_tui.model.event import EventKind
from netmind_tui.model.metering import Activity
from netmind_tui.model.policy import Limits
from netmind_tui.model.workload import InstanceStatus, Restart, WorkKind, Workload, WorkState
from netmind_tui.node.agent.clock import Clock, Moment
from netmind_tui.node.agent.news import News
from netmind_tui.node.work import telling
from netmind_tui.node.work.again import Again, Waits
from netmind_tui.node.work.aim import Target
from netmind_tui.node.work.instance import Ended, Instance, Make, Place, Placed
from netmind_tui.node.work.step import Act, Steps

if TYPE_CHECKING:
    from datetime import datetime

_log = logging.getLogger(__name__)

_BEGINS_S = 1.0
"""Who takes a device away does not wait longer for work that is only about to begin."""
_GONE_S = 5.0
_TRIES = 4

Freed = Callable[[Placed, frozenset[int]], Awaitable[bool]]
"""Waits until processes hold no memory of a device any more; whether that was seen."""
Health = Callable[[Workload, Place], Awaitable[str]]
"""Watches over what runs, and ends with what is wrong with it, in a clause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What every post has around it.

    Args:
        clock: when things happen.
        news: where they are told.
        make: makes an instance.
        folder: holds a folder for each.
        turned: what devices do has changed at that moment, for whoever meters.
        woken: something changed by itself, so that it is to be decided anew.
        begins, over: a start is about to begin on devices, or is over and told.
        freed, health: see their types.
    """

    clock: Clock
    news: News
    make: Make
    folder: Path
    turned: Callable[[Moment], None]
    woken: Callable[[], None]
    begins: Callable[[Sequence[Placed]], None]
    over: Callable[[Place], None]
    freed: Freed | None = None
    health: Health | None = None


class Post:
    """One of them.

    ``home`` are the devices that it may have, ``devices`` those that it has now. ``is_gone``: its workload is no
    longer defined so; ``gives_room``: another one is to have its devices. ``again`` knows when it is started again.
    """

    def __init__(self, key: str, workload: Workload, home: Sequence[Placed], around: Around) -> None:
        self.key = key
        self.workload = workload
        self.home = tuple(home)
        self.is_gone = False
        self.gives_room = False
        self.state = WorkState.NONE
        self.place: Place | None = None
        self.instance: Instance | None = None
        self.again = Again()
        self._around = around
        self._since: datetime | None = None
        self._freed_s: float | None = None
        self._starts = 0
        self._asked: str | None = None
        self._asked_s = 0.0
        self._begun_s = 0.0
        self._is_still = False
        self._is_starting = False
        self._aimed: Rung | None = None
        self._pids: frozenset[int] = frozenset()
        self._steps = Steps(key, around.woken)
        self._watch: asyncio.Task[None] | None = None
        self._health: asyncio.Future[str] | None = None

    @property
    def name(self) -> str:
        """The workload's."""
        return self.workload.name

    @property
    def folder(self) -> Path:
        """Where its logs lie."""
        return self._around.folder / self.key

    @property
    def number(self) -> str | None:
        """That of its last start."""
        return self.place.number if self.place is not None else None

    @property
    def cpu_s(self) -> float | None:
        """The processor time of its last start."""
        if self.instance is not None:
            return self.instance.cpu_s
        return self.again.last.cpu_s if self.again.last is not None else None

    @property
    def outer_pids(self) -> frozenset[int]:
        """Its processes, where they do not descend from the agent."""
        is_ours = self.instance is None or self.workload.kind is WorkKind.PROGRAM
        return frozenset() if is_ours or self.instance is None else self.instance.pids

    @property
    def keeper_pid(self) -> int | None:
        """Who looks after its processes, where somebody does."""
        return getattr(self.instance, "keeper_pid", None)

    @property
    def is_there(self) -> bool:
        """Whether it holds its devices: it runs, stands still, or is not gone yet."""
        return self.state is not WorkState.NONE

    @property
    def devices(self) -> tuple[Placed, ...]:
        """Those that it holds."""
        return self.place.devices if self.place is not None and self.is_there else ()

    @property
    def activity(self) -> Activity | None:
        """What its devices do now."""
        if self.instance is None or self._is_starting:
            return None
        if self.state is WorkState.STOPPING:
            return Activity.ENDING
        return Activity.SUSPENDED if self._is_still else Activity.WORK

    def takes(self, workload: Workload, home: Sequence[Placed]) -> bool:
        """Go on under another definition, if what runs may go on under it; whether it does."""
        if self.is_there and _as_started(workload) != _as_started(self.workload):
            return False
        if workload != self.workload:
            self.again.forget()
        self.workload, self.home = workload, tuple(home)
        return True

    def status(self, waits: Waits | None) -> InstanceStatus:
        """As everybody may see it."""
        failed = self.again.failed
        waits = None if self.is_there else waits
        return InstanceStatus(
            key=self.key,
            devices=tuple(each.device for each in self.devices or self.home),
            state=self.state,
            pid=getattr(self.instance, "pid", None),
            since=self._since,
            waits=None if waits is None else waits.sentence,
            until=None if waits is None else waits.until,
            failures=self.again.failures,
            exit_code=failed.code if failed is not None else None,
            signal=failed.signal if failed is not None else None,
            lines=failed.lines if failed is not None else (),
            limited_by=self.instance.limited_by if self.instance is not None and not self._is_starting else None,
            freed_s=self._freed_s,
            cpu_s=self.cpu_s if self.is_there else None,
            restarts=max(0, self._starts - 1),
        )

    def begin(self, devices: Sequence[Placed], limits: Limits) -> "asyncio.Task[None]":
        """Start it on these of its devices."""
        now = self._around.clock.moment()
        number, self._begun_s = f"{now.at:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}", now.monotonic_s
        place = Place(key=self.key, number=number, devices=tuple(devices), limits=limits, folder=self.folder)
        self.state, self.place, self.instance = WorkState.RUNNING, place, self._around.make(self.workload)
        self._around.begins(place.devices)
        self._is_starting, self._is_still, self._asked, self._aimed = True, False, None, Rung.RUN
        self.gives_room = False
        return self._steps.take(Target(rung=Rung.RUN, limits=limits), partial(self._start, self.instance, place))

    def aim(self, target: Target) -> "asyncio.Task[None] | None":
        """Take what is there to another rung; what is done there softly is cut short, what is as firm goes on."""
        goes_on = self._steps.target
        if self._is_starting and target.rung in (Rung.FINISH, Rung.SUSPEND):
            if self._around.clock.moment().monotonic_s - self._begun_s < _BEGINS_S:
                return None  # it is let begin, and then taken there
            target = replace(target, rung=Rung.KILL)
        if goes_on is not None and target.firmness <= goes_on.firmness:
            return None
        act = self._act(target)
        return None if act is None else self._steps.take(target, act)

    async def leave(self) -> None:
        """Be gone at the end of the agent."""
        for _ in range(_TRIES):
            if self.instance is None:
                break
            self.aim(Target(rung=Rung.STOP, grace_s=self.workload.grace_s))
            await self._steps.over()
        else:
            _log.error("%s could not be ended: %s", self.key, self._steps.complaint or "it goes on")
        await self._steps.close()
        if self._watch is not None:
            self._watch.cancel()

    def _act(self, target: Target) -> Act | None:
        if self.instance is None or self.place is None:
            return None  # nothing is left but its memory, which is on its way
        rung = target.rung
        if self.state is WorkState.STOPPING and RUNGS.index(rung) < RUNGS.index(Rung.STOP):
            return self._kill  # what did not end is not gone on with
        if rung is Rung.RUN:
            if self.state is WorkState.SUSPENDED or self._aimed is Rung.FINISH:
                return partial(self._resume, target.limits)
            return partial(self._limit, target.limits) if target.limits != self.place.limits else None
        if rung is Rung.KILL:
            return self._kill
        if rung is Rung.STOP:
            return partial(self._stop, target.grace_s)
        if rung is Rung.SUSPEND:
            return self._suspend if self.state is WorkState.RUNNING else None
        return self._finish if self._aimed is not Rung.FINISH else None

    async def _start(self, instance: Instance, place: Place) -> None:
        try:
            await instance.start(place)
        except OSError as error:
            self._over(instance.has_ended or Ended(how="not-started", why=str(error)))
            return
        now = self._around.clock.moment()
        self._is_starting, self._since, self._starts = False, now.at, self._starts + 1
        telling.started(self._around.news, self.name, place, instance.limited_by, now)
        self._watch = asyncio.create_task(self._watched(instance, place), name=f"watch {self.key}")
        self._around.turned(now)

    async def _resume(self, limits: Limits) -> None:
        instance, place = self._here()
        was_still = self._is_still
        await self._limit(limits)
        await instance.resume()
        self._aimed, self._asked, self._is_still, self.state = Rung.RUN, None, False, WorkState.RUNNING
        if was_still:
            self._look_after(place)
            self._turn(EventKind.WORK_RESUMED, place)

    async def _limit(self, limits: Limits) -> None:
        instance, place = self._here()
        if limits != place.limits:
            await instance.limit(limits)
            self.place = replace(place, limits=limits)

    async def _suspend(self) -> None:
        instance, place = self._here()
        await instance.suspend()
        self._leave_alone()
        self._aimed, self._is_still, self.state = Rung.SUSPEND, True, WorkState.SUSPENDED
        self._turn(EventKind.WORK_SUSPENDED, place)

    async def _finish(self) -> None:
        instance, place = self._here()
        if self._is_still:
            await self._resume(place.limits)
        await instance.finish()
        self._aimed, self._asked = Rung.FINISH, "finish"

    async def _stop(self, grace_s: float) -> None:
        instance, _ = self._here()
        self._give_back("stop")
        if not self._is_starting:
            try:
                await asyncio.wait_for(instance.stop(grace_s), grace_s + _GONE_S)
            except (TimeoutError, OSError) as error:
                _log.warning("%s did not stop (%s) and is killed", self.key, str(error) or "no answer")
        await self._kill()

    async def _kill(self) -> None:
        """Have it gone, whether it has gone already or not."""
        if self.instance is None:
            return
        instance, _ = self._here()
        self._give_back("kill")
        if instance.has_ended is None:
            await instance.kill()
        if self.instance is not instance:
            return  # its end was heard of meanwhile
        if self._watch is None or self._is_starting:
            self._over(instance.has_ended or Ended(how="killed"))
            return
        done, _ = await asyncio.wait({self._watch}, timeout=_GONE_S)
        if not done:
            raise OSError(f"it is not gone after {_GONE_S:g} s")

    def _give_back(self, asked: str) -> None:
        """Note what is held, and since when it is to be given back."""
        instance, _ = self._here()
        self._pids |= instance.pids
        is_first, now = self.state is not WorkState.STOPPING, self._around.clock.moment()
        self._asked, self.state = self._asked if self._asked == "unwell" else asked, WorkState.STOPPING
        if is_first:
            self._asked_s = now.monotonic_s
            self._around.turned(now)

    async def _watched(self, instance: Instance, place: Place) -> None:
        """Wait until nothing of it is left, with its health in view."""
        self._look_after(place)
        try:
            how = await instance.ended()
        finally:
            self._leave_alone()
        self._over(how)

    def _look_after(self, place: Place) -> None:
        """Have its health in view from now on."""
        health = self._around.health
        if health is None or not self.workload.health:
            return
        self._health = asyncio.ensure_future(health(self.workload, place))
        self._health.add_done_callback(partial(self._heard, place))

    def _leave_alone(self) -> None:
        """Ask it nothing: what stands still cannot answer."""
        if self._health is not None:
            self._health.cancel()
            self._health = None

    def _heard(self, place: Place, health: "asyncio.Future[str]") -> None:
        if health is self._health and not health.cancelled():
            self._health = None
            self._unwell(place, health.result())

    def _unwell(self, place: Place, why: str) -> None:
        if self._asked in ("stop", "kill"):
            return  # it is on its way out
        telling.unhealthy(self._around.news, self.name, place, why)
        self.aim(Target(rung=Rung.STOP, grace_s=self.workload.grace_s))
        self._asked = "unwell"

    def _over(self, how: Ended) -> None:
        """Nothing of it is left."""
        assert self.place is not None  # noqa: S101 - it was started somewhere
        now, place, was_starting, asked = self._around.clock.moment(), self.place, self._is_starting, self._asked
        self.instance, self._watch, self._is_starting, self._is_still, self._asked = None, None, False, False, None
        self._since, self._aimed, self.again.last = None, None, how
        is_given_back = asked in ("stop", "kill")
        then = "" if is_given_back else self.again.follows(how, self.workload, now, asked)
        if not (was_starting and is_given_back):
            telling.ended(self._around.news, self.name, place, how, then, now)
        held = [each for each in place.devices if each.kind is not DeviceKind.CPU and each.uuid is not None]
        if is_given_back and held and self._around.freed is not None and not was_starting:
            self.state = WorkState.STOPPING
            self._watch = asyncio.create_task(self._free(held, self._pids, self._asked_s), name=f"free {self.key}")
        else:
            self.state = WorkState.NONE
        self._pids = frozenset()
        self._around.over(place)
        self._around.turned(now)
        self._around.woken()

    async def _free(self, held: Sequence[Placed], pids: frozenset[int], asked_s: float) -> None:
        """See the memory become free, and tell how long that took."""
        freed = self._around.freed
        assert freed is not None  # noqa: S101 - it is asked before

        async def one(device: Placed) -> None:
            if await freed(device, pids):
                seconds = self._around.clock.moment().monotonic_s - asked_s
                self._freed_s = round(seconds, 2)
                telling.freed(self._around.news, self.name, device.device, seconds)

        try:
            await asyncio.gather(*(one(each) for each in held))
        finally:
            self.state, self._watch = WorkState.NONE, None
            self._around.woken()

    def _turn(self, kind: EventKind, place: Place) -> None:
        now = self._around.clock.moment()
        telling.turned(self._around.news, kind, self.name, place, now)
        self._around.turned(now)

    def _here(self) -> tuple[Instance, Place]:
        """What is there."""
        if self.instance is None or self.place is None:
            raise OSError("it has ended meanwhile")
        return self.instance, self.place


def _as_started(workload: Workload) -> Workload:
    """What of a definition an instance keeps for as long as it runs; the rest may change under it."""
    return replace(
        workload,
        restart=Restart.ALWAYS,
        grace_s=0.0,
        longest_s=None,
        lead_s=None,
        health=(),
        health_every_s=0.0,
        health_timeout_s=0.0,
        is_on=True,
    )
