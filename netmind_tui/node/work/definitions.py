"""The workloads in force: read again when their file changes, and kept when the new one cannot be."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from netmind_tui.model.problem import Problem
from netmind_tui.model.workload import Workload

ReadWorkloads = Callable[[Path], tuple[Workload, ...]]


@dataclass(frozen=True, slots=True)
class Changed:
    """Other workloads are in force: the names of those that came, went and are not what they were."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """A new file cannot be in force: why, in a sentence."""

    sentence: str


class Definitions:
    """Looks at the owner's file.

    Args:
        path: the file.
        read: how a file, or its absence, becomes workloads.
    """

    def __init__(self, path: Path, read: ReadWorkloads) -> None:
        self.path = path
        self.workloads: tuple[Workload, ...] = ()
        self.refused: str | None = None
        self._read = read
        self._seen: object = object()
        self._is_first = True

    def look(self, *, anew: bool = False) -> Changed | Refused | None:
        """Read the file if it is another one than before, or whatever it is with ``anew``; what came of it."""
        found = _signature(self.path)
        # What a file was refused for may be mended in a folder above it, which is not looked at.
        if found == self._seen and not anew and self.refused is None:
            return None
        self._seen = found
        is_first, self._is_first = self._is_first, False
        try:
            workloads = self._read(self.path)
        except Problem as problem:
            if self.refused == problem.sentence:
                return None
            self.refused = problem.sentence
            return Refused(problem.sentence)
        was_refused, self.refused = self.refused is not None, None
        before, self.workloads = self.workloads, workloads
        if is_first or (before == workloads and not was_refused):
            return None
        return _between(before, workloads)


def _between(before: tuple[Workload, ...], now: tuple[Workload, ...]) -> Changed:
    old, new = {each.name: each for each in before}, {each.name: each for each in now}
    return Changed(
        added=tuple(name for name in new if name not in old),
        removed=tuple(name for name in old if name not in new),
        changed=tuple(name for name in new if name in old and new[name] != old[name]),
    )


def _signature(path: Path) -> object:
    """What changes with the file, and with who may write it or the folder that it lies in."""
    try:
        found, folder = os.stat(path), os.stat(path.parent)  # noqa: PTH116 - once a second: a third of Path.stat
    except OSError as error:
        return error.errno
    own = (found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_size)
    return (*own, folder.st_mode, folder.st_uid)
