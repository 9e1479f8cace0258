"""A program as an instance: behind it stands a keeper, which outlives the agent just long enough to end it."""

import asyncio
import contextlib
import errno
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from netmind_tui.model.policy import Limits
from netmind_tui.model.workload import Workload
from netmind_tui.node.agent.clock import boot_id
from netmind_tui.node.work import leftover, limit, tree
from netmind_tui.node.work.delegation import Delegation
from netmind_tui.node.work.instance import Ended, Place
from netmind_tui.node.work.keeper_line import Facts, KeeperLine
from netmind_tui.node.work.record import read_record
from netmind_tui.node.work.surroundings import environment_of, filled_all, folder_of

if TYPE_CHECKING:
    from netmind_tui.node.work.cgroup import Group

_log = logging.getLogger(__name__)

_START_S = 30.0
_ANSWER_S = 10.0
_ERRAND_S = 45.0
_KILL_S = 5.0
_SLACK_S = 5.0
_HEARS_S = 1.0
_DELEGATION = Delegation()
"""Of this process; it is looked for once."""


class Program:
    """One start of a program.

    Args:
        workload: what it is.
        delegation: where cgroups are made.
    """

    def __init__(self, workload: Workload, delegation: Delegation | None = None) -> None:
        self._workload = workload
        self._delegation = _DELEGATION if delegation is None else delegation
        self._place: Place | None = None
        self._line: KeeperLine | None = None
        self._group: Group | None = None
        self._bounded: limit.Bounded | None = None
        self._end: asyncio.Future[Ended] | None = None
        self._watch: asyncio.Task[None] | None = None
        self._ended: Ended | None = None
        self._refused: str | None = None
        self._known: dict[int, tree.Process] = {}
        self._cpu_s = 0.0
        self._main: int | None = None
        self._was_told = False

    @property
    def pid(self) -> int | None:
        """The process that was started first; it may have ended before others of the instance."""
        return self._main

    @property
    def keeper_pid(self) -> int | None:
        """The keeper, which is none of the instance's own processes."""
        return None if self._line is None else self._line.pid

    @property
    def pids(self) -> frozenset[int]:
        """Its processes now."""
        return frozenset(self._look())

    @property
    def limited_by(self) -> str:
        """What holds it within its limits, in words."""
        return "nothing" if self._bounded is None else self._bounded.words(in_group=self._group is not None)

    @property
    def cpu_s(self) -> float | None:
        """Processor time so far."""
        if self._ended is not None:
            return self._ended.cpu_s
        if self._line is None:
            return None
        counted = None if self._group is None else self._group.cpu_s
        if counted is None:
            counted = tree.buried_s(self._line.pid) + sum(each.cpu_s for each in self._look().values())
        # Who ends between two glances is seen twice or not at all for a moment: it never goes back.
        self._cpu_s = max(self._cpu_s, counted)
        return self._cpu_s

    @property
    def has_ended(self) -> Ended | None:
        """How it ended, once it has."""
        return self._ended

    async def start(self, place: Place) -> None:
        """Begin."""
        if sys.platform != "linux":
            raise OSError("programs are supervised on Linux only")
        if self._place is not None:
            raise OSError("it was started already")
        self._place = place
        self._end = asyncio.get_running_loop().create_future()
        try:
            await self._begin(place)
        except OSError as error:
            why = error.strerror.lower() if error.strerror else str(error)
            await self._let_go(why)
            raise OSError(why) from error
        except BaseException:
            await asyncio.shield(self._let_go("it was not to be started any more"))
            raise

    async def ended(self) -> Ended:
        """Wait until none of its processes is left."""
        if self._end is None:
            raise OSError("it was not started")
        return await asyncio.shield(self._end)

    async def limit(self, limits: Limits) -> None:
        """Hold it within other limits from now on."""
        if self._ended is not None or self._bounded is None or self._line is None:
            return
        self._bounded = limit.bound(self._workload, limits, self._group)
        if "cpu" not in self._bounded.group:
            cpus = limit.cpus_of(limits) or limit.usable_cpus()
            await self._line.ask("cpus", _ANSWER_S, cpus=list(cpus))

    async def finish(self) -> None:
        """Take nothing new."""
        if self._workload.finish:
            self._was_told = True
            await self._errand("finish", self._workload.finish)

    async def suspend(self) -> None:
        """Every process stands still on return, or the program's own command has seen to it."""
        if self._workload.suspend:
            try:
                await self._errand("suspend", self._workload.suspend)
            except OSError as error:
                _log.warning("%s: %s: its processes are stopped instead", self._workload.name, error)
            else:
                self._was_told = True
                return
        await self._keeper().ask("suspend", _ANSWER_S)

    async def resume(self) -> None:
        """Go on."""
        await self._keeper().ask("resume", _ANSWER_S)
        if self._was_told and self._workload.resume:
            await self._errand("resume", self._workload.resume)
        self._was_told = False

    async def stop(self, grace_s: float) -> None:
        """Ask it to end; what is left after the grace is killed."""
        if self._place is None:
            return
        if self._line is not None:
            command = filled_all(self._workload.stop, self._place) if self._workload.stop else None
            self._line.say("stop", grace_s=grace_s, command=command)
        await self._is_over(grace_s + _SLACK_S)

    async def kill(self) -> None:
        """End it at once, with every child."""
        if self._place is None:
            return
        if self._line is not None:
            self._line.say("kill")
        await self._is_over(_SLACK_S)

    def _keeper(self) -> KeeperLine:
        if self._line is None:
            raise OSError("it was not started" if self._ended is None else "it has ended")
        return self._line

    async def _begin(self, place: Place) -> None:
        workload = self._workload
        place.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = folder_of(workload, place)
        if workload.folder is None:
            folder.mkdir(mode=0o700, exist_ok=True)
        self._group = self._delegation.make(place.key, place.number)
        self._bounded = limit.bound(workload, place.limits, self._group)
        self._line = await KeeperLine.open(place.key)
        self._watch = asyncio.create_task(self._wait(self._line, place))
        answer = await self._line.ask(
            "start",
            _START_S,
            number=place.number,
            key=place.key,
            workload=workload.name,
            devices=[asdict(each) for each in place.devices],
            command=filled_all(workload.command, place),
            environment=environment_of(workload, place),
            folder=str(folder),
            logs_folder=str(place.folder),
            log_bytes=workload.log_bytes,
            logs=workload.logs,
            grace_s=workload.grace_s,
            boot=boot_id(),
            group=None if self._group is None else self._group.path,
            bounds=asdict(self._bounded.bounds),
        )
        if answer["failure"] is not None:
            raise OSError(_why(workload, folder, *answer["failure"]))
        self._main = answer["pid"]
        if self._group is not None and not answer["in_group"]:
            self._group = None
            await self.limit(place.limits)

    async def _let_go(self, why: str) -> None:
        """Nothing came of it: let go of everything, and remember why."""
        self._refused = why
        if self._line is not None:
            with contextlib.suppress(OSError):
                await self.kill()
        else:
            self._over(Ended(how="not-started"))
        if self._group is not None:
            self._group.remove()

    async def _is_over(self, within_s: float) -> None:
        """Wait for the end; a keeper that does not even answer is killed, and the rest done without it."""
        if await self._ends(within_s):
            return
        keeper = self._keeper()
        try:
            await keeper.ask("answer", _HEARS_S)
        except OSError:
            _log.warning("the keeper of %s does not answer: it is killed", self._workload.name)
            keeper.kill()
        if not await self._ends(_KILL_S):
            left = ", ".join(map(str, sorted(self._look()))) or str(keeper.pid)
            raise OSError(f"process {left} does not end, even killed")

    async def _ends(self, within_s: float) -> bool:
        assert self._end is not None  # noqa: S101 - made by ``start``
        await asyncio.wait({self._end}, timeout=within_s)
        return self._end.done()

    async def _errand(self, name: str, words: Sequence[str]) -> None:
        """Run one of the owner's commands beside it; it must end well."""
        keeper = self._keeper()
        assert self._place is not None  # noqa: S101 - there is no keeper without
        try:
            answer = await keeper.ask("errand", _ERRAND_S, command=filled_all(words, self._place))
        except OSError as error:
            raise OSError(f"its {name} command {words[0]!r} failed: {error}") from None
        if answer["code"] != 0:
            raise OSError(f"its {name} command {words[0]!r} ended with {answer['code']}")

    async def _wait(self, line: KeeperLine, place: Place) -> None:
        """Wait until the keeper is gone; then it has ended, or is made to."""
        told, complaint = await line.over()
        ended = leftover.as_ended(told) if told is not None else await self._without_keeper(place, complaint)
        self._over(ended)

    async def _without_keeper(self, place: Place, complaint: str) -> Ended:
        """The keeper is gone without a word: what it wrote down counts, else what it left is ended now."""
        facts: Facts = read_record(str(place.folder)) or {}
        if facts.get("number") != place.number:
            return Ended(how="not-started", why=f"its keeper did not start: {complaint or 'it said nothing'}")
        if facts.get("ended") is not None:
            return leftover.as_ended(facts)
        _log.warning("the keeper of %s is gone: %s", self._workload.name, complaint or "it was killed")
        ended = await leftover.end_one(facts, "its keeper was killed", self._known)
        return ended if ended.cpu_s is not None else replace(ended, cpu_s=self._cpu_s)

    def _over(self, ended: Ended) -> None:
        self._ended = ended if self._refused is None else replace(ended, how="not-started", why=self._refused)
        if self._end is not None and not self._end.done():
            self._end.set_result(self._ended)

    def _look(self) -> dict[int, tree.Process]:
        if self._ended is not None or self._line is None:
            return {}
        found = {pid: each for pid, each in tree.glance(self._line.pid).items() if not each.is_gone}
        for pid in self._group.pids if self._group is not None else ():
            if pid not in found and (each := tree.read(pid)) is not None and not each.is_gone:
                found[pid] = each
        self._known = found or self._known
        return found


def _why(workload: Workload, folder: Path, step: str, number: int) -> str:
    """Why it could not be started, in a clause."""
    command = workload.command[0]
    words = os.strerror(number).lower() if number else "for no reason that the system gives"
    if step == "folder":
        return f"its folder {folder} cannot be entered: {words}"
    if step != "command":
        return f"no process can be made for it: {words}"
    if number == errno.ENOENT:
        is_there = "/" in command and Path(folder, command).exists()
        why = "the interpreter that its first line names is missing" if is_there else "it is not found"
        return f"{command} cannot be run: {why}"
    if number == errno.ENOEXEC:
        return f"{command} cannot be run: it is no program; a script begins with a line such as #!/bin/sh"
    return f"{command} cannot be run: {words}"
