"""What an agent that was killed left behind: found by its records, ended, and told, so that it can be metered."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from netmind_tui.model.device import DeviceKind
from netmind_tui.node.agent.clock import boot_id
from netmind_tui.node.work import tree
from netmind_tui.node.work.cgroup import Group
from netmind_tui.node.work.instance import Ended, Left, Placed
from netmind_tui.node.work.record import NAME, read_record
from netmind_tui.node.work.surroundings import MARK

_GRACE_S = 3.5
"""A start does not wait longer for what was left: the devices may be wanted by now."""
_KEEPER_S = 5.0
_LOOK_S = 0.05
_KILLS_S = 10.0
_PASSES = 100


async def end_leftovers(folder: Path) -> tuple[Left, ...]:
    """End whatever runs of an earlier agent's instances below a folder, and tell of each start that is not settled.

    A start is told again at each call until ``record.settle`` says that it is known elsewhere.
    """
    if not hasattr(os, "pidfd_open"):
        return ()
    found = [(path.parent, facts) for path in _records(folder) if (facts := read_record(str(path.parent))) is not None]
    wanted = [(each, facts) for each, facts in found if not facts.get("settled")]
    ends = await asyncio.gather(*(_end(str(each), facts) for each, facts in wanted))
    return tuple(
        Left(
            key=str(facts.get("key")),
            number=str(facts.get("number")),
            ended=ended,
            devices=tuple(_devices(facts.get("devices"))),
            boot=_text(facts.get("boot")),
        )
        for (_, facts), ended in zip(wanted, ends, strict=True)
    )


def _records(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*/{NAME}"))


async def _end(folder: str, facts: Mapping[str, object]) -> Ended:
    if facts.get("ended") is not None:
        return as_ended(facts)
    if facts.get("boot") != boot_id():
        return Ended(how="killed", why="the machine was started anew")
    keeper = _same(facts.get("keeper"))
    if keeper is not None:
        # It is at it already, since its agent went: it has a moment, then it is told to hurry, then it is killed.
        asked = ((signal.SIGCONT, _GRACE_S), (signal.SIGTERM, _KEEPER_S), (signal.SIGKILL, _KEEPER_S))
        for number, within_s in asked:
            tree.send(keeper, number)
            if await _goes(keeper, within_s):
                break
        facts = read_record(folder) or facts
        if facts.get("ended") is not None:
            return as_ended(facts)
    return await end_one(facts, "it was found without its keeper")


async def end_one(facts: Mapping[str, object], why: str, known: Mapping[int, tree.Process] | None = None) -> Ended:
    """End what a keeper that is gone left of its start; ``known`` are processes that were seen in its time."""
    left = _Left(facts, dict(known or {}))
    was_there = bool(left.look())
    asked_s = _number(facts.get("ending_boottime_s")) or time.clock_gettime(time.CLOCK_BOOTTIME)
    left.ask()
    await _while_there(left, min(_GRACE_S, _number(facts.get("grace_s")) or 0.0))
    await _while_there(left, _KILLS_S, left.kill)
    if left.found:
        why = f"{why}; process {', '.join(map(str, sorted(left.found)))} does not end"
    cpu_s = None if left.group is None else left.group.cpu_s
    if left.group is not None:
        left.group.remove()
    now_s, began_s = time.clock_gettime(time.CLOCK_BOOTTIME), _number(facts.get("began_boottime_s"))
    return Ended(
        # Its first process went with its keeper, unasked, whatever the others did.
        how="killed",
        why=why,
        cpu_s=cpu_s,
        # Of what was gone already nobody knows when it went.
        at_boottime_s=now_s if was_there else None,
        asked_boottime_s=asked_s if was_there else None,
        lasted_s=now_s - began_s if was_there and began_s is not None else 0.0,
    )


class _Left:
    """What is left of one start: the child and known ones, all below them, those with our mark, those in the group."""

    def __init__(self, facts: Mapping[str, object], known: dict[int, tree.Process]) -> None:
        name = facts.get("group")
        self.group = Group(name) if isinstance(name, str) else None
        self.found = known
        self._child = facts.get("child")
        self._mark = f"{MARK}={facts.get('number')}".encode()

    def look(self) -> dict[int, tree.Process]:
        """Who is there now; those of them that fell to us and are dead are buried."""
        seen = tree.everyone()
        child = _same(self._child)
        roots = {pid for pid, each in self.found.items() if pid in seen and seen[pid].start == each.start}
        roots |= {child.pid} if child is not None else set()
        roots |= {pid for pid in (self.group.pids if self.group is not None else ()) if pid in seen}
        roots |= {pid for pid in seen if self._mark in tree.contents(f"/proc/{pid}/environ").split(b"\0")}
        # Whoever started us from within an instance is not to be ended for it.
        roots -= _ourselves(seen)
        found = {pid: seen[pid] for pid in roots} | tree.below(roots, seen)
        for each in found.values():
            if each.is_gone and each.parent == os.getpid():
                _bury(each.pid)
        self.found = {pid: each for pid, each in found.items() if not each.is_gone and pid != os.getpid()}
        return self.found

    def ask(self) -> None:
        """SIGTERM to each; those that stand go on to hear it."""
        for number in (signal.SIGTERM, signal.SIGCONT):
            for each in self.found.values():
                tree.send(each, number)
        if self.group is not None:
            self.group.freeze(frozen=False)

    def kill(self) -> None:
        """Stop them until nobody new is found, then kill them."""
        if self.group is not None:
            self.group.kill()
        stopped: set[int] = set()
        for _ in range(_PASSES):
            new = [each for pid, each in self.found.items() if pid not in stopped]
            if not new:
                break
            for each in new:
                tree.send(each, signal.SIGSTOP)
            stopped |= {each.pid for each in new}
            self.look()
        for each in self.found.values():
            tree.send(each, signal.SIGKILL)


async def _while_there(left: _Left, within_s: float, act: Callable[[], None] = lambda: None) -> None:
    """Act until nobody is left, or it has taken too long."""
    until_s = time.monotonic() + within_s
    while left.found and time.monotonic() < until_s:
        act()
        await asyncio.sleep(_LOOK_S)
        left.look()


def _bury(pid: int) -> None:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def as_ended(facts: Mapping[str, object]) -> Ended:
    """The end that a keeper told."""
    last = facts.get("last")
    return Ended(
        how=str(facts.get("ended")),
        why=_text(facts.get("why")),
        code=_whole(facts.get("code")),
        signal=_whole(facts.get("signal")),
        lines=tuple(last.splitlines()) if isinstance(last, str) else (),
        lasted_s=_number(facts.get("lasted_s")) or 0.0,
        cpu_s=_number(facts.get("cpu_s")),
        at_boottime_s=_number(facts.get("ended_boottime_s")),
        asked_boottime_s=_number(facts.get("ending_boottime_s")),
    )


def _ourselves(seen: Mapping[int, tree.Process]) -> set[int]:
    """This process and those above it: whoever started us from within an instance is not to be ended for it."""
    found, pid = set[int](), os.getpid()
    while pid in seen and pid not in found:
        found.add(pid)
        pid = seen[pid].parent
    return found


def _same(who: object) -> tree.Process | None:
    """The process that was written down, if its number is still its own."""
    if not (isinstance(who, list) and len(who) == 2 and all(isinstance(each, int) for each in who)):  # noqa: PLR2004 - number and start
        return None
    now = tree.read(who[0])
    return now if now is not None and now.start == who[1] and not now.is_gone else None


async def _goes(process: tree.Process, within_s: float) -> bool:
    until_s = time.monotonic() + within_s
    while time.monotonic() < until_s:
        now = tree.read(process.pid)
        if now is None or now.start != process.start or now.is_gone:
            return True
        await asyncio.sleep(_LOOK_S)
    return False


def _devices(value: object) -> Iterator[Placed]:
    for each in value if isinstance(value, list) else []:
        with contextlib.suppress(KeyError, TypeError, ValueError):
            yield Placed(device=each["device"], kind=DeviceKind(each["kind"]), uuid=each["uuid"], slot=each["slot"])


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
