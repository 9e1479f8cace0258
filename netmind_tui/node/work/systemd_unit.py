"""A unit of systemd as an instance, by ``systemctl``: started, frozen, thawed, stopped, killed.

Its limits, folder and variables are those of its own file; a share of the processors is asked of systemd as well.
"""

import asyncio
import logging
import re
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from netmind_tui.model.policy import Limits
from netmind_tui.model.workload import WorkKind, Workload
from netmind_tui.node.work import outside, tree
from netmind_tui.node.work.call import Called, call
from netmind_tui.node.work.cgroup import Group
from netmind_tui.node.work.instance import Ended, Place
from netmind_tui.node.work.limit import usable_cpus
from netmind_tui.node.work.surroundings import filled
from netmind_tui.probe.mount import read_mounts

if TYPE_CHECKING:
    from netmind_tui.node.work.program import Program

_log = logging.getLogger(__name__)

_GUARD = """\
unit=$1; shift
trap 'ends=1; "$@" stop "$unit"' TERM
while [ -z "$ends" ]; do sleep 3600 & wait $!; done"""
"""Stands by; where the agent is gone, the keeper's SIGTERM has the unit stopped."""
_SHOWN = ("ActiveState", "ControlGroup", "ExecMainCode", "ExecMainStatus", "MainPID", "Result")
_ASK_S = 20.0
_START_S = 90.0
_STILL_S = 5.0
_KILL_S = 5.0
_LOOK_S, _SELDOM_S = 1.0, 10.0
_SOON_S = 0.05
_LINES = 20
_ALL_PCT = 100
_GONE = ("inactive", "failed")
_BY_SIGNAL = ("2", "3")
_DENIED = re.compile(r"interactive authentication required|access denied|permission denied", re.IGNORECASE)
_NOT_BOOTED = re.compile(r"not been booted with systemd|failed to connect to (the )?bus|no medium found", re.IGNORECASE)


class SystemdUnit:
    """One start of a unit; one that runs already is taken over."""

    def __init__(self, workload: Workload) -> None:
        self._workload = workload
        self._by = ("systemctl", "--no-ask-password", *(("--user",) if workload.is_user_unit else ()))
        self._unit = ""
        self._place: Place | None = None
        self._guard: Program | None = None
        self._main: tree.Process | None = None
        self._group: Group | None = None
        self._limited_by = "its own unit file"
        self._cpu_s: float | None = None
        self._cpu_before_s = 0.0
        self._is_still = False
        self._was_told = False
        self._is_asked_to_begin = False
        self._asked: str | None = None
        self._began_s = 0.0
        self._end: asyncio.Future[Ended] | None = None
        self._watch: asyncio.Task[None] | None = None
        self._ended: Ended | None = None

    @property
    def pid(self) -> int | None:
        """Its main process."""
        return self._main.pid if self._main is not None and self._ended is None else None

    @property
    def pids(self) -> frozenset[int]:
        """Its processes now."""
        return frozenset(self._look())

    @property
    def limited_by(self) -> str:
        """What holds it within its limits, in words."""
        return self._limited_by

    @property
    def cpu_s(self) -> float | None:
        """Processor time since it was started, or taken over."""
        if self._ended is None and (now_s := self._counted()) is not None:
            self._cpu_s = max(self._cpu_s or 0.0, now_s - self._cpu_before_s)
        return self._cpu_s

    @property
    def has_ended(self) -> Ended | None:
        """How it ended, once it has."""
        return self._ended

    async def start(self, place: Place) -> None:
        """Begin."""
        if self._place is not None:
            raise OSError("it was started already")
        self._place = place
        self._end = asyncio.get_running_loop().create_future()
        try:
            await self._begin(place)
        except OSError as error:
            if self._is_asked_to_begin:
                with suppress(OSError):  # it may be on its way up all the same
                    await self._call("stop", "--no-block", self._unit)
            await self._over(Ended(how="not-started", why=str(error)))
            raise
        except BaseException:
            self._asked = "kill"
            await asyncio.shield(self._give_up())
            raise

    async def ended(self) -> Ended:
        """Wait until none of its processes is left."""
        if self._end is None:
            raise OSError("it was not started")
        return await asyncio.shield(self._end)

    async def limit(self, limits: Limits) -> None:
        """Hold it within other limits from now on, as far as systemd does that for this user."""
        share = limits.cpu_share_pct
        has_limit = share is not None and share < _ALL_PCT
        if not has_limit and self._limited_by == "its own unit file":
            return
        quota = f"{max(1, len(usable_cpus()) * (share or 0))}%" if has_limit else ""
        called = await self._call("set-property", "--runtime", self._unit, f"CPUQuota={quota}")
        self._limited_by = "its own unit file, systemd (cpu)" if has_limit else "its own unit file"
        if called.code != 0:
            _log.warning("%s is not held to its share of the processors: %s", self._unit, called.complaint)
            self._limited_by = "its own unit file alone"

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
        if self._is_still:
            return
        frozen = await self._call("freeze", self._unit)
        if frozen.code != 0:  # an old systemd, or no cgroup of version 2
            await self._bring_about("kill", "--signal=SIGSTOP", self._unit)
            self._is_still = True
            await self._stands()
        self._is_still = True

    async def resume(self) -> None:
        """Go on."""
        if self._is_still:
            await self._go_on()
        if self._was_told and self._workload.resume:
            await self._errand("resume", self._workload.resume)
        self._was_told = False

    async def stop(self, grace_s: float) -> None:
        """Ask it to end; what is left after the grace is killed."""
        if self._end is None or self._ended is not None:
            return
        self._asked = "stop"
        _ = self.cpu_s
        until_s = time.monotonic() + grace_s
        if self._is_still:
            await self._go_on()
        if self._workload.stop and grace_s > 0:
            with suppress(OSError):
                await asyncio.wait_for(self._errand("stop", self._workload.stop), grace_s)
        await self._bring_about("stop", "--no-block", self._unit)
        if not await self._ends(until_s - time.monotonic()):
            await self.kill()

    async def kill(self) -> None:
        """End it at once, with every child."""
        if self._end is None or self._ended is not None:
            return
        self._asked = "kill"
        _ = self.cpu_s
        # Stopped first: else its own file may have it started again.
        await self._bring_about("stop", "--no-block", self._unit)
        await self._call("kill", "--signal=SIGKILL", self._unit)
        if not await self._ends(_KILL_S):
            raise OSError(f"{self._unit} does not end, even killed")

    async def _begin(self, place: Place) -> None:
        if self._workload.unit is None:
            raise OSError("no unit is named")
        self._unit = filled(self._workload.unit, place)
        was_active = (await self._show())["ActiveState"] not in _GONE
        outside.mark(place, WorkKind.UNIT, self._by, self._unit)
        command = ["/bin/sh", "-c", _GUARD, "netmind-guard", self._unit, *self._by]
        self._guard = outside.guard_of(self._workload, command, {})
        await self._guard.start(place)
        self._began_s = time.monotonic()
        if place.limits.cpu_share_pct is not None:
            await self.limit(place.limits)
        self._is_asked_to_begin = True
        started = await self._call("start", self._unit, within_s=_START_S)
        if started.code != 0:
            raise OSError(self._why(started))
        self._take(await self._show())
        if was_active:
            self._cpu_before_s = self._counted() or 0.0
        self._watch = asyncio.create_task(self._wait())

    def _take(self, shown: Mapping[str, str]) -> None:
        """Know its processes."""
        self._main = tree.read(int(shown["MainPID"])) if shown["MainPID"].isdecimal() else None
        path = _cgroup_of(shown["ControlGroup"])
        if path is not None and (self._group is None or self._group.path != path):
            self._group = Group(path)

    async def _wait(self) -> None:
        """Wait until it is over: its processes tell, and systemd once they are gone."""
        look_s = _SOON_S
        while True:
            await asyncio.sleep(look_s if self._asked is None else _SOON_S)
            look_s = _LOOK_S
            if self._look():
                continue
            try:
                shown = await self._show()
            except OSError as error:
                _log.warning("%s: %s", self._unit, error)
                look_s = _SELDOM_S
                continue
            if shown["ActiveState"] in _GONE:
                await self._over(await self._as_ended(shown))
                return
            self._take(shown)  # it was started anew by systemd itself
            look_s = _LOOK_S if self._look() else _SELDOM_S  # one without processes, or between two

    async def _as_ended(self, shown: Mapping[str, str]) -> Ended:
        status = int(shown["ExecMainStatus"]) if shown["ExecMainStatus"].isdecimal() else None
        by_signal = shown["ExecMainCode"] in _BY_SIGNAL
        has_failed = shown["Result"] not in ("success", "")
        how = "crashed" if has_failed else "exited"
        if self._asked is not None:
            how = "killed" if self._asked == "kill" else "stopped"
        return Ended(
            how=how,
            why=f"systemd says {shown['Result']}" if how == "crashed" else None,
            code=None if by_signal else status,
            signal=status if by_signal else None,
            lines=await self._last_lines() if how == "crashed" else (),
            lasted_s=time.monotonic() - self._began_s,
            cpu_s=self._cpu_s,
            at_boottime_s=time.clock_gettime(time.CLOCK_BOOTTIME),
        )

    async def _last_lines(self) -> tuple[str, ...]:
        """The last of what it said, where the journal may be read."""
        scope = ("--user", "--user-unit") if self._workload.is_user_unit else ("--unit",)
        words = ["journalctl", "--no-pager", "--output=cat", f"--lines={_LINES}", *scope, self._unit]
        with suppress(OSError):
            found = await call(words, _ASK_S)
            return tuple(found.output.splitlines()) if found.code == 0 else ()
        return ()

    async def _over(self, ended: Ended) -> None:
        if self._limited_by.endswith("(cpu)"):
            with suppress(OSError):
                await self._call("set-property", "--runtime", self._unit, "CPUQuota=")
        if self._guard is not None:
            await self._guard.kill()
        self._ended = ended
        if self._place is not None:
            outside.unmark(self._place)
        if self._end is not None and not self._end.done():
            self._end.set_result(ended)

    async def _give_up(self) -> None:
        with suppress(OSError):
            await self._call("stop", "--no-block", self._unit)
            await self._call("kill", "--signal=SIGKILL", self._unit)
        await self._over(Ended(how="not-started", why="it was not to be started any more"))

    async def _ends(self, within_s: float) -> bool:
        assert self._end is not None  # noqa: S101 - made by ``start``
        await asyncio.wait({self._end}, timeout=max(0.0, within_s))
        return self._end.done()

    async def _go_on(self) -> None:
        thawed = await self._call("thaw", self._unit)
        await self._call("kill", "--signal=SIGCONT", self._unit)
        if thawed.code != 0 and not await self._moves():
            raise OSError(f"systemctl thaw failed: {self._why(thawed)}")
        self._is_still = False

    async def _stands(self) -> None:
        until_s = time.monotonic() + _STILL_S
        while moving := [pid for pid in self._look() if not tree.is_still(pid)]:
            if time.monotonic() > until_s:
                raise OSError(f"{len(moving)} of its processes do not stand still")
            await asyncio.sleep(_SOON_S)

    async def _moves(self) -> bool:
        found = self._look()
        return not found or any(not tree.is_still(pid) for pid in found)

    async def _bring_about(self, act: str, *more: str) -> None:
        called = await self._call(act, *more)
        if called.code != 0:
            raise OSError(f"systemctl {act} failed: {self._why(called)}")

    async def _show(self) -> dict[str, str]:
        shown = await self._call("show", *(f"--property={name}" for name in _SHOWN), self._unit)
        if shown.code != 0:
            raise OSError(self._why(shown))
        told = dict(line.split("=", 1) for line in shown.output.splitlines() if "=" in line)
        return {name: told.get(name, "") for name in _SHOWN}

    async def _call(self, *words: str, within_s: float = _ASK_S) -> Called:
        return await call([*self._by, *words], within_s)

    async def _errand(self, name: str, words: Sequence[str]) -> None:
        if self._place is None or self._ended is not None:
            raise OSError("it has ended")
        await outside.errand(self._workload, self._place, name, words, {})

    def _why(self, called: Called) -> str:
        """Why systemd does not do it, in a clause."""
        if _DENIED.search(called.errors):
            words = f"systemd lets this user neither start nor stop {self._unit}"
            return f"{words}: give them leave by a rule of polkit, or make it a unit of the user (manager = 'user')"
        if _NOT_BOOTED.search(called.errors):
            manager = "your own service manager" if self._workload.is_user_unit else "systemd"
            return f"{manager} does not run here: name a program in place of the unit"
        return called.complaint

    def _look(self) -> dict[int, tree.Process]:
        """Its processes, by its cgroup or below its main one."""
        if self._ended is not None:
            return {}
        pids = set(self._group.pids) if self._group is not None else set[int]()
        main = tree.read(self._main.pid) if self._main is not None else None
        if main is not None and self._main is not None and main.start == self._main.start:
            pids |= {main.pid, *(tree.glance(main.pid) if self._group is None else ())}
        found = {pid: each for pid in pids if (each := tree.read(pid)) is not None}
        return {pid: each for pid, each in found.items() if not each.is_gone}

    def _counted(self) -> float | None:
        if self._group is not None and (counted := self._group.cpu_s) is not None:
            return counted
        found = self._look()
        if self._main is None or not found:
            return None
        return tree.buried_s(self._main.pid) + sum(each.cpu_s for each in found.values())


def _cgroup_of(name: str) -> str | None:
    """The folder of a control group, where there is a tree of version 2."""
    if not name.startswith("/") or ".." in name.split("/"):
        return None
    mount = next((each for each in read_mounts(Path("/")) if each.file_system == "cgroup2"), None)
    if mount is None:
        return None
    path = Path(mount.point) / name.lstrip("/")
    return str(path) if path.is_dir() else None
