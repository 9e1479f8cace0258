"""The journal of an agent that starts: whatever lies in its place, the agent runs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from netmind_tui.aside import found_or_begun
from netmind_tui.model.event import Event
from netmind_tui.node.journal.store import Journal


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
    with found_or_begun(path, "the journal", partial(Journal.open, told=told)) as found:
        yield Opened(found.store, found.told)
