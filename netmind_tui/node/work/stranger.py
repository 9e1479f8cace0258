"""Processes that fell to the agent because whoever looked after them is gone: ended if they are of work, then fetched.

The agent's own helpers are its children from their first moment on, and never have the mark of work. A stranger has it,
or was somebody else's child before a keeper went.
"""

import contextlib
import logging
import os
import signal
from collections.abc import Iterable

from netmind_tui.node.work import tree
from netmind_tui.node.work.surroundings import MARK

_log = logging.getLogger(__name__)

_MARK = f"{MARK}=".encode()
_HOOK = b"NETMIND_EVENT="
_TICKS_PER_S = float(os.sysconf("SC_CLK_TCK")) if hasattr(os, "sysconf") else 100.0


class Strangers:
    """Looks for them now and then."""

    def __init__(self) -> None:
        self._before: frozenset[tuple[int, int]] = frozenset()
        self._gone: frozenset[tuple[int, int]] = frozenset()
        self._looked_ticks = 0.0
        self._keepers: frozenset[int] = frozenset()

    def take_in(self) -> bool:
        """Have orphans of our descendants fall to us; whether the system can do that."""
        try:
            tree.prctl(tree.SUBREAPER, 1)
        except (OSError, AttributeError):
            return False
        return True

    def look(self, uptime_s: float, keepers: Iterable[int] = ()) -> tuple[int, ...]:
        """End strangers, and fetch those that have ended and that nobody waits for; the numbers of the former.

        ``keepers`` are those that look after work now.
        """
        children = [each for each in map(tree.read, _children()) if each is not None]
        is_orphaned = not self._keepers <= {each.pid for each in children}
        gone = frozenset((each.pid, each.start) for each in children if each.is_gone)
        for pid, start in gone & self._gone:
            # Whoever waits for a child fetches it at once: one that is still there at the next look has nobody.
            _fetch(pid, start)
        here = frozenset((each.pid, each.start) for each in children if not each.is_gone)
        new = here - self._before
        ended = []
        for each in children:
            if each.pid in self._keepers and each.state == "T":
                # It would neither see its program end nor us.
                _log.warning("keeper %d was stopped by somebody, and goes on", each.pid)
                tree.send(each, signal.SIGCONT)
            if (each.pid, each.start) in new and self._is_stranger(each, is_orphaned=is_orphaned):
                _log.warning("process %d, which work left behind, is ended", each.pid)
                tree.send(each, signal.SIGKILL)
                ended.append(each.pid)
        self._before, self._gone = here - {(each.pid, each.start) for each in children if each.pid in ended}, gone
        self._looked_ticks, self._keepers = uptime_s * _TICKS_PER_S, frozenset(keepers)
        return tuple(ended)

    def _is_stranger(self, each: tree.Process, *, is_orphaned: bool) -> bool:
        words = tree.contents(f"/proc/{each.pid}/environ").split(b"\0")
        if any(word.startswith(_HOOK) for word in words):
            return False  # what an owner's own program leaves running is the owner's
        if any(word.startswith(_MARK) for word in words):
            return True
        # A child of ours is one from its beginning; this one was somebody else's when we looked last.
        return is_orphaned and each.start < self._looked_ticks


def _children() -> list[int]:
    """The numbers of our children, of whichever thread."""
    threads = tree.threads_of(os.getpid())
    lists = (tree.contents(f"/proc/self/task/{each}/children") for each in threads)
    return [int(word) for words in lists for word in words.split()]


def _fetch(pid: int, start: int) -> None:
    now = tree.read(pid)
    if now is not None and now.start == start and now.is_gone:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
