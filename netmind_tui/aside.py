"""A file that an agent keeps, at its start: whatever lies in its place, the agent runs."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made there, its owner's alone
_PARTS = ("", "-wal", "-shm", "-journal")


class Stored(Protocol):
    """What is opened; ``elsewhere`` says where it is, if it is not where it belongs."""

    elsewhere: str | None

    def close(self) -> None:
        """End."""


S = TypeVar("S", bound=Stored)


class Found(Generic[S]):
    """A store, and what was in its way: ``told`` is a sentence for the journal, where there was something."""

    def __init__(self, store: S, told: str | None = None) -> None:
        self.store = store
        self.told = told


@contextmanager
def found_or_begun(path: Path, name: str, begin: Callable[[Path], S], until: str = "") -> Iterator[Found[S]]:
    """The store at a path. What is none of ours is moved aside; without room it is kept in memory (``until`` when).

    Raises:
        Problem: it can be neither there nor in memory.
    """
    sentence = None
    try:
        store = begin(path)
    except Problem as problem:
        moved = None if _is_for_want_of_room(problem) else put_aside(path)
        if moved is not None:
            why = problem.sentence.partition("; nothing was changed")[0]
            sentence = f"{name} could not be read and is kept as {moved.name}: {why}"
        try:
            store = begin(path)
        except Problem as still:
            with _in_memory(path, name, still, begin, until) as found:
                yield found
            return
    with closing(store):
        yield Found(store, sentence)


@contextmanager
def _in_memory(path: Path, name: str, problem: Problem, begin: Callable[[Path], S], until: str) -> Iterator[Found[S]]:
    folder = Path(tempfile.mkdtemp(prefix="netmind-", dir=_MEMORY if _MEMORY.is_dir() else None))
    try:
        with closing(begin(folder / path.name)) as store:
            words = f"{name} is not on the disk ({problem.sentence})"
            store.elsewhere = f"{words}: it is kept in memory{until}, and lost when the agent ends"
            yield Found(store, store.elsewhere)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _is_for_want_of_room(problem: Problem) -> bool:
    return problem.code is ExitCode.UNMEASURED and "damaged" not in problem.sentence


def put_aside(path: Path, why: str = "damaged") -> Path | None:
    """Give what lies there another name, which says why; ``None`` where that cannot be."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    moved = path.with_name(f"{path.stem}.{why}-{stamp}{path.suffix}")
    try:
        path.rename(moved)
    except OSError:
        return None
    for part in _PARTS[1:]:
        with suppress(OSError):
            path.with_name(f"{path.name}{part}").rename(moved.with_name(f"{moved.name}{part}"))
    return moved
