"""What could not be written yet: kept in memory, the newest of it, until there is room again."""

from collections import deque
from collections.abc import Sequence

from netmind_tui.model.event import Event

MOST = 5000


class Backlog:
    """Events in order, at most ``most``; the oldest are given up, and counted."""

    def __init__(self, most: int = MOST) -> None:
        self._events: deque[Event] = deque(maxlen=most)
        self.lost = 0

    def __len__(self) -> int:
        return len(self._events)

    @property
    def events(self) -> tuple[Event, ...]:
        """All of them, oldest first."""
        return tuple(self._events)

    def add(self, events: Sequence[Event]) -> None:
        """Keep more."""
        before = len(self._events) + len(events)
        self._events.extend(events)
        self.lost += before - len(self._events)

    def clear(self) -> None:
        """They are written."""
        self._events.clear()
        self.lost = 0
