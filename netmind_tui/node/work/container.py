"""A container as an instance, by the command line of docker or podman: run, paused, gone on with, stopped, removed."""

import asyncio
import os
import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from netmind_tui.model.policy import Limits
from netmind_tui.model.workload import WorkKind, Workload
from netmind_tui.node.work import leftover, outside, tree
from netmind_tui.node.work.call import Called, call
from netmind_tui.node.work.container_line import (
    GUARD,
    NAME,
    NOT_RUN,
    cpus_in,
    environment_in,
    name_of,
    passed_on,
    refused_option,
    run_words,
    why_not_run,
)
from netmind_tui.node.work.instance import Ended, Place
from netmind_tui.node.work.limit import usable_cpus
from netmind_tui.node.work.program import Program

_ASK_S = 20.0
_START_S = 60.0
_SLACK_S = 1.0
_KILL_S = 5.0
_ENDED_S = 2.0
_LOOK_S, _LONGEST_LOOK_S = 0.05, 0.5
_GUARD_SPARE_S = 2.0
_REMOVES_AGAIN_S = 2.0
_KILLED = 137
_SIGNALS, _LARGEST_SIGNAL = 128, 64


class Container:
    """One start of a container."""

    def __init__(self, workload: Workload) -> None:
        self._workload = workload
        self._runtime = workload.runtime
        self._place: Place | None = None
        self._guard: Program | None = None
        self._name = ""
        self._main: tree.Process | None = None
        self._limits: tuple[str, ...] = ()
        self._cpu_s: float | None = None
        self._is_paused = False
        self._was_told = False
        self._asked: str | None = None
        self._end: asyncio.Future[Ended] | None = None
        self._watch: asyncio.Task[None] | None = None
        self._ended: Ended | None = None

    @property
    def pid(self) -> int | None:
        """The container's first process, as it is numbered here."""
        return self._main.pid if self._main is not None and self._ended is None else None

    @property
    def pids(self) -> frozenset[int]:
        """Its processes now; empty where the runtime is on another machine, or hides them."""
        return frozenset(self._look())

    @property
    def limited_by(self) -> str:
        """What holds it within its limits, in words."""
        return f"{self._runtime} ({', '.join(self._limits)})"

    @property
    def cpu_s(self) -> float | None:
        """Processor time so far, as its processes tell."""
        found = self._look()
        if self._main is not None and found:
            now_s = tree.buried_s(self._main.pid) + sum(each.cpu_s for each in found.values())
            self._cpu_s = max(self._cpu_s or 0.0, now_s)
        return self._cpu_s

    @property
    def has_ended(self) -> Ended | None:
        """How it ended, once it has."""
        return self._ended

    async def start(self, place: Place) -> None:
        """Begin; the image must be here already."""
        if self._place is not None:
            raise OSError("it was started already")
        self._place = place
        self._end = asyncio.get_running_loop().create_future()
        self._name = name_of(place)
        try:
            await self._begin(place)
        except OSError as error:
            await self._let_go(str(error))
            raise
        except BaseException:
            self._asked = "kill"
            await asyncio.shield(self._let_go("it was not to be started any more"))
            raise

    async def ended(self) -> Ended:
        """Wait until none of its processes is left."""
        if self._end is None:
            raise OSError("it was not started")
        return await asyncio.shield(self._end)

    async def limit(self, limits: Limits) -> None:
        """Hold it within other limits from now on."""
        cpus = cpus_in(limits) or str(len(usable_cpus()))
        called = await self._call("update", "--cpus", cpus, self._name)
        if called.code != 0:
            raise OSError(f"{self._runtime} cannot change its limits: {called.complaint}")

    async def finish(self) -> None:
        """Take nothing new."""
        if self._workload.finish:
            self._was_told = True
            await self._errand("finish", self._workload.finish)

    async def suspend(self) -> None:
        """Every process stands still on return, or the owner's own command has seen to it."""
        if self._workload.suspend:
            await self._errand("suspend", self._workload.suspend)
            self._was_told = True
            return
        if not self._is_paused:
            await self._bring_about("pause")
            self._is_paused = True

    async def resume(self) -> None:
        """Go on."""
        if self._is_paused:
            await self._bring_about("unpause")
            self._is_paused = False
        if self._was_told and self._workload.resume:
            await self._errand("resume", self._workload.resume)
        self._was_told = False

    async def stop(self, grace_s: float) -> None:
        """Ask it to end; what is left after the grace is killed."""
        if self._end is None or self._ended is not None:
            return
        self._asked = "stop"
        self._count()
        until_s = time.monotonic() + grace_s
        if self._is_paused:  # it would not hear of it
            with suppress(OSError):
                await self._call("unpause", self._name, within_s=grace_s)
            self._is_paused = False
        if self._workload.stop and grace_s > 0:
            try:
                await asyncio.wait_for(self._errand("stop", self._workload.stop), grace_s)
            except OSError:
                await self._ask_to_end(until_s - time.monotonic())
            await self._ends(until_s - time.monotonic())
        else:
            await self._ask_to_end(until_s - time.monotonic())
        if not await self._ends(max(1.0, until_s - time.monotonic())):
            await self.kill()

    async def kill(self) -> None:
        """End it at once, with every child."""
        if self._end is None or self._ended is not None:
            return
        self._asked = "kill"
        self._count()
        if not await self._put_away(_KILL_S):
            await self._kill_what_is_seen()
        if await self._ends(_KILL_S):
            return
        if self._guard is not None:
            await self._guard.kill()
        if not await self._ends(_KILL_S):
            raise OSError(f"the container {self._name} does not end, even removed")

    async def _begin(self, place: Place) -> None:
        workload = self._workload
        if workload.image is None:
            raise OSError("no image is named")
        if (word := refused_option(workload)) is not None:
            raise OSError(f"its option {word} would cut it loose from its log and from whoever guards it: leave it out")
        if shutil.which(self._runtime) is None:
            raise OSError(f"{self._runtime} is not installed here: install it, or name docker or podman instead")
        words, self._limits = run_words(workload, place)
        grace_s = max(0, int(workload.grace_s - _GUARD_SPARE_S))
        if (before := outside.marked(place)) is not None and shutil.which(before[0][0]) is not None:
            by, name = before
            called = await call([*by, "rm", "--force", name], _ASK_S)
            if called.code != 0 and not _is_missing(called):
                raise OSError(f"what ran here before, {name}, cannot be removed: {called.complaint}")
        command = ["/bin/sh", "-c", GUARD, "netmind-guard", self._runtime, self._name, str(grace_s), *words]
        outside.mark(place, WorkKind.CONTAINER, [self._runtime], self._name)
        self._guard = outside.guard_of(workload, command, passed_on(environment_in(workload, place)))
        started_s = time.clock_gettime(time.CLOCK_BOOTTIME)
        await self._guard.start(place)
        await self._wait_until_it_runs(self._guard, started_s)
        self._watch = asyncio.create_task(self._wait(self._guard))

    async def _wait_until_it_runs(self, guard: Program, started_s: float) -> None:
        until_s, look_s = time.monotonic() + _START_S, _LOOK_S
        while time.monotonic() < until_s:
            ended = guard.has_ended
            found = (
                await self._call("inspect", "--format", "{{.State.Status}} {{.State.Pid}}", self._name)
            ).output.split()
            if len(found) == 2 and found[0] in ("running", "paused") and found[1].isdecimal():  # noqa: PLR2004 - both
                self._main = _as_seen(int(found[1]), started_s)
                return
            if ended is not None:
                if ended.code is None or ended.code in NOT_RUN:
                    raise OSError(why_not_run(self._workload, ended))
                return  # it was as quick as that
            await asyncio.sleep(look_s)
            look_s = min(_LONGEST_LOOK_S, look_s * 1.5)
        raise OSError(f"{self._runtime} did not start it within {_START_S:g} s")

    async def _wait(self, guard: Program) -> None:
        """Wait until its guard is gone, and then until it is."""
        ended = await guard.ended()
        while not await self._is_gone():  # noqa: ASYNC110 - nobody tells when a daemon answers again
            await asyncio.sleep(_REMOVES_AGAIN_S)
        self._over(self._as_ended(ended))

    async def _is_gone(self) -> bool:
        """Whether nothing of it is left; what is, is removed. Without an answer its processes tell."""
        has_ended = self._main is not None and not self._look()
        return await self._put_away(_ENDED_S if has_ended else _ASK_S) or (self._main is not None and not self._look())

    async def _put_away(self, within_s: float) -> bool:
        """Remove it, whatever it does; whether that is done."""
        try:
            called = await self._call("rm", "--force", self._name, within_s=within_s)
        except OSError:
            return False
        return called.code == 0 or _is_missing(called)

    async def _kill_what_is_seen(self) -> None:
        """End its processes without the runtime, which does not answer: those that this user may."""
        if self._place is not None:
            facts = {"number": self._place.number, "grace_s": 0}
            await leftover.end_one(facts, "its runtime does not answer", self._look())

    async def _let_go(self, why: str) -> None:
        """Nothing came of it. Where something may be left of it, its mark stays for whoever comes next."""
        ended = self._guard.has_ended if self._guard is not None else None
        if self._guard is not None:
            await self._guard.kill()
        may_be_left = self._guard is not None and (ended is None or ended.code not in NOT_RUN)
        if may_be_left and not await self._put_away(_KILL_S):
            await self._kill_what_is_seen()
            may_be_left = not await self._put_away(_ENDED_S)
        else:
            may_be_left = False
        self._over(Ended(how="not-started", why=why), may_be_left=may_be_left)

    def _as_ended(self, ended: Ended) -> Ended:
        """How the container ended, from how its guard did."""
        code, number = ended.code, ended.signal
        if code is not None and _SIGNALS < code <= _SIGNALS + _LARGEST_SIGNAL:
            number, code = code - _SIGNALS, None
        how = ended.how
        if self._asked is not None:
            how = "killed" if self._asked == "kill" or ended.code == _KILLED else "stopped"
        elif how == "crashed" and ended.code == 0:
            how = "exited"
        return replace(ended, how=how, code=code, signal=number, cpu_s=self._cpu_s)

    def _over(self, ended: Ended, *, may_be_left: bool = False) -> None:
        self._ended = ended
        if self._place is not None and not may_be_left:
            outside.unmark(self._place)
        if self._end is not None and not self._end.done():
            self._end.set_result(ended)

    async def _ends(self, within_s: float) -> bool:
        assert self._end is not None  # noqa: S101 - made by ``start``
        await asyncio.wait({self._end}, timeout=max(0.0, within_s))
        return self._end.done()

    async def _bring_about(self, act: str) -> None:
        called = await self._call(act, self._name)
        if called.code != 0:
            raise OSError(f"{self._runtime} {act} failed: {called.complaint}")

    async def _ask_to_end(self, within_s: float) -> None:
        """Have the runtime stop it; what does not answer in time is killed."""
        left_s = max(0.0, within_s)
        with suppress(OSError):
            await self._call("stop", "-t", str(int(left_s)), self._name, within_s=left_s + _SLACK_S)

    async def _call(self, *words: str, within_s: float | None = None) -> Called:
        return await call([self._runtime, *words], _ASK_S if within_s is None else within_s)

    async def _errand(self, name: str, words: Sequence[str]) -> None:
        if self._place is None or self._ended is not None:
            raise OSError("it has ended")
        await outside.errand(self._workload, self._place, name, words, {NAME: self._name})

    def _count(self) -> None:
        """Take its processor time while there is somebody to ask."""
        _ = self.cpu_s

    def _look(self) -> dict[int, tree.Process]:
        if self._main is None or self._ended is not None:
            return {}
        main = tree.read(self._main.pid)
        if main is None or main.start != self._main.start or main.is_gone:
            return {}
        return {main.pid: main} | {pid: each for pid, each in tree.glance(main.pid).items() if not each.is_gone}


def _is_missing(called: Called) -> bool:
    return "no such container" in called.errors.lower()


def _as_seen(pid: int, started_s: float) -> tree.Process | None:
    """The process of that number here; ``None`` where the number is another machine's, or hidden."""
    found = tree.read(pid)
    if found is None or pid <= 0:
        return None
    began_s = found.start / float(os.sysconf("SC_CLK_TCK"))
    return found if began_s >= started_s - 1.0 else None
