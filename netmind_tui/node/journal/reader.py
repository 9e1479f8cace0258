"""The journal for reading: beside the agent that writes it, or after it."""

import threading
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from netmind_tui.database import explained, open_for_reading
from netmind_tui.model.event import Event, EventKind
from netmind_tui.node.journal.query import select_events, select_last
from netmind_tui.node.journal.row import event_of
from netmind_tui.node.journal.table import JOURNAL

_PAGE = 1000


class Reader:
    """Every method may be called by any thread; each raises a ``Problem`` where the file is damaged or cannot be read.

    Raises:
        Problem: there is no such file, it is none of ours, of a newer version, or damaged.
    """

    def __init__(self, path: Path, *, whole: bool = False) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._connection = open_for_reading(path, JOURNAL, whole=whole)

    def events(
        self,
        *,
        after: int = 0,
        since: datetime | None = None,
        until: datetime | None = None,
        device: str | Sequence[str] | None = None,
        kinds: Sequence[EventKind] = (),
        limit: int | None = None,
        newest: bool = False,
    ) -> tuple[Event, ...]:
        """Events in the order of their ids, after an id and from a moment to another, which is not included.

        ``limit`` takes the oldest of them, or the ``newest``. No device or kind means all; events of the whole node
        have no device, and come only then.
        """
        rows = self._all(*select_events(after, since, until, _names(device), kinds, limit, newest=newest))
        found = [event for row in rows if (event := event_of(row)) is not None]
        return tuple(reversed(found)) if newest else tuple(found)

    def last_before(self, moment: datetime, kinds: Sequence[EventKind]) -> tuple[Event, ...]:
        """The last event of each of these kinds and each device before a moment: how things stood then."""
        rows = self._all(*select_last(moment, kinds))
        return tuple(event for row in rows if (event := event_of(row)) is not None)

    def event_devices(self) -> tuple[str, ...]:
        """Every device that an event names."""
        rows = self._all("SELECT DISTINCT device FROM event WHERE device IS NOT NULL ORDER BY device")
        return tuple(name for (name,) in rows)

    def last_id(self) -> int:
        """The id of the newest event; 0 where there is none."""
        return int(self._all("SELECT coalesce(max(id), 0) FROM event")[0][0])

    def devices(self) -> dict[int, tuple[str, str]]:
        """The id and the UUID (empty where it has none) of each number in the rows of samples."""
        return {number: (name, uuid) for number, name, uuid in self._all("SELECT number, id, uuid FROM device")}

    def steps(self, step_s: int, start_s: int, end_s: int) -> Iterator[tuple[int, bytes]]:
        """The rows of samples of that step, from a second of the epoch to another, which is not included."""
        query = f"SELECT start_s, body FROM step_{step_s:d} WHERE start_s >= ? AND start_s < ? ORDER BY start_s LIMIT ?"  # noqa: S608 - a number
        # A page at a time: two years at once would be 30 MiB.
        while rows := self._all(query, (start_s, end_s, _PAGE)):
            yield from rows
            start_s = rows[-1][0] + 1

    def last_step(self, step_s: int) -> int | None:
        """The second of the epoch at which the newest row of that step begins."""
        found: int | None = self._all(f"SELECT max(start_s) FROM step_{step_s:d}")[0][0]  # noqa: S608 - a number
        return found

    def close(self) -> None:
        """End; more than once does no harm."""
        with self._lock:
            self._connection.close()

    def _all(self, query: str, values: tuple[Any, ...] = ()) -> list[Any]:
        with explained(self.path, JOURNAL), self._lock:
            return self._connection.execute(query, values).fetchall()


def _names(device: str | Sequence[str] | None) -> tuple[str, ...]:
    return (device,) if isinstance(device, str) else tuple(device or ())
