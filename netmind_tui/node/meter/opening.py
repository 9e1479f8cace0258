"""The metered intervals of an agent that starts: whatever lies in their place, the agent runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from netmind_tui.aside import Found, found_or_begun
from netmind_tui.node.meter.store import Store

NAME = "meter.db"
"""The file, in the agent's folder."""


@contextmanager
def opened(path: Path) -> Iterator[Found[Store]]:
    """The store at a path. What is none of ours is moved aside; without room it is kept in memory, until there is.

    Raises:
        Problem: it can be neither there nor in memory.
    """
    with found_or_begun(path, "what was metered", Store, " until there is room") as found:
        if found.store.elsewhere is not None:
            found.store.home = path
        yield found
