"""The journal of an agent that starts: whatever lies in its place, the agent runs."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from netmind_tui.model.event import Event
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.node.journal.store import Journal

_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made there, its owner's alone
_PARTS = ("", "-wal", "-shm")


class Opened:
    """A journal, and what was in its way: ``told`` is a sentence for the journal itself, where there was something."""

    def __init__(self, journal: Journal, told: str | None = None) -> None:
        self.journal = journal
        self.told = told


@contextmanager
def opened(path: Path, told: Callable[[Event], None]) -> Iterator[Opened]:
    """The journal at a path. What is no journal of ours is moved aside; without room it is kept in memory.

    Raises:
        Problem: it can be neither there nor in memory.
    """
    sentence = None
    try:
        journal = Journal.open(path, told=told)
    except Problem as problem:
        moved = None if _is_for_want_of_room(problem) else _aside(path)
        if moved is not None:
            why = problem.sentence.partition("; nothing was changed")[0]
            sentence = f"the journal could not be read and is kept as {moved.name}: {why}"
        try:
            journal = Journal.open(path, told=told)
        except Problem as still:
            with _in_memory(path, still, told) as found:
                yield found
            return
    with closing(journal):
        yield Opened(journal, sentence)


@contextmanager
def _in_memory(path: Path, problem: Problem, told: Callable[[Event], None]) -> Iterator[Opened]:
    folder = Path(tempfile.mkdtemp(prefix="netmind-", dir=_MEMORY if _MEMORY.is_dir() else None))
    try:
        with closing(Journal.open(folder / path.name, told=told)) as journal:
            words = f"the journal is not on the disk ({problem.sentence})"
            journal.elsewhere = f"{words}: it is kept in memory, and lost when the agent ends"
            yield Opened(journal, journal.elsewhere)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _is_for_want_of_room(problem: Problem) -> bool:
    return problem.code is ExitCode.UNMEASURED and "damaged" not in problem.sentence


def _aside(path: Path) -> Path | None:
    """Give what lies there another name; ``None`` where that cannot be."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    moved = path.with_name(f"{path.stem}.damaged-{stamp}{path.suffix}")
    try:
        path.rename(moved)
    except OSError:
        return None
    for part in _PARTS[1:]:
        with suppress(OSError):
            path.with_name(f"{path.name}{part}").rename(moved.with_name(f"{moved.name}{part}"))
    return moved
