"""The processes that a keeper keeps: all below it, and all in its cgroup. Asked, stopped, continued, killed together.

A keeper loads this: nothing but the built-in library's lightest parts.
"""

import contextlib
import os
import signal
from collections.abc import Collection

from netmind_tui.node.work import tree
from netmind_tui.node.work.cgroup import Group

_PASSES = 100
"""A tree that forks faster than it can be read is taken up again a moment later."""


class Ward:
    """All of them, whatever they fork meanwhile."""

    def __init__(self) -> None:
        self.group: Group | None = None
        self.is_suspended = False
        self._stood: set[tuple[int, int]] = set()

    def join(self, group: str, pid: int) -> bool:
        """Put the first of them into its group; whether it is in."""
        made = Group(group)
        try:
            made.add(pid)
        except OSError:
            made.remove()
            return False
        self.group = made
        return True

    def processes(self, without: Collection[int] = ()) -> dict[int, tree.Process]:
        """Those who are there now, parents first; ``without`` some, and what descends from them."""
        seen = tree.everyone()
        found = tree.below([os.getpid()], seen)
        for pid in self.group.pids if self.group is not None else ():
            if pid in seen:
                found.setdefault(pid, seen[pid])
        if without:
            apart = {*without, *tree.below(without, seen)}
            found = {pid: each for pid, each in found.items() if pid not in apart}
        return found

    def ask(self) -> None:
        """SIGTERM to each; those that stand hear it when they go on, so they go on."""
        for each in self.processes().values():
            tree.send(each, signal.SIGTERM)
        self.thaw(everyone=True)

    def freeze(self) -> None:
        """Begin to have all of them stand still; ``moving`` goes on with it."""
        if not self.is_suspended:
            self._stood = {(each.pid, each.start) for each in self.processes().values() if each.state in "Tt"}
        self.is_suspended = True
        if self.group is not None:
            self.group.freeze(frozen=True)

    def moving(self, without: Collection[int] = ()) -> int:
        """How many do not stand yet; they are told once more."""
        frozen = self.group.pids if self.group is not None else frozenset()
        found = 0
        for pid, each in self.processes(without).items():
            if not each.is_gone and pid not in frozen and not tree.is_still(pid):
                tree.send(each, signal.SIGSTOP)
                found += 1
        if found == 0 and self.group is not None and not (self.group.is_frozen or self.group.is_empty):
            return max(1, len(frozen))
        return found

    def thaw(self, *, everyone: bool = False) -> None:
        """Have them go on, children before parents; who stood before we came stays, unless it is ``everyone``."""
        if self.group is not None:
            self.group.freeze(frozen=False)
        if self.is_suspended or everyone:
            for each in reversed(self.processes().values()):
                if everyone or (each.pid, each.start) not in self._stood:
                    tree.send(each, signal.SIGCONT)
        self.is_suspended = False
        self._stood = set()

    def kill(self) -> None:
        """One go: stop whoever is found until nobody new is, then kill them. Who is left is for the next go."""
        if self.group is not None:
            self.group.kill()
        seen: dict[int, tree.Process] = {}
        for _ in range(_PASSES):
            new = {pid: each for pid, each in self.processes().items() if pid not in seen and not each.is_gone}
            if not new:
                break
            for each in new.values():
                tree.send(each, signal.SIGSTOP)
            seen |= new
        for each in seen.values():
            tree.send(each, signal.SIGKILL)

    def hold_to(self, cpus: list[int]) -> None:
        """Let them run on these processors alone."""
        seen: set[int] = set()
        # What is forked meanwhile has its parent's, the old ones or the new ones.
        for _ in range(_PASSES):
            new = {each for pid in self.processes() for each in tree.threads_of(pid)} - seen
            if not new:
                return
            for thread in new:
                with contextlib.suppress(OSError):
                    os.sched_setaffinity(thread, cpus)
            seen |= new


def kill_below(pid: int) -> None:
    """Kill one process with all that descend from it now."""
    seen = tree.everyone()
    for each in [*([seen[pid]] if pid in seen else []), *tree.below([pid], seen).values()]:
        tree.send(each, signal.SIGKILL)
