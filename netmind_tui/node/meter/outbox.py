"""Closed intervals on their way to the disk: they stay in memory until the file has them."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from netmind_tui.database import Unwritten
from netmind_tui.model.metering import Interval
from netmind_tui.node.meter.piece import Checkpoint

_log = logging.getLogger(__name__)

MOST = 20_000
"""So many wait for a disk that takes none: four weeks of eight devices."""

Rows = Mapping[str, Checkpoint]


class Puts(Protocol):
    """Where intervals stay."""

    def put(self, closed: Sequence[Interval], open_: Rows) -> None:
        """Write intervals, and what is open of each device in place of all that was; on the disk on return."""


class Outbox:
    """``refused`` says why intervals are not on the disk, where they are not.

    Args:
        store: where they go.
        lock: held by whoever closes intervals or opens them.
    """

    def __init__(self, store: Puts, lock: "threading.RLock") -> None:
        self._store = store
        self._lock = lock
        self._writing = threading.Lock()
        self._waits: list[Interval] = []
        self._lost = 0
        self.refused: str | None = None

    def __len__(self) -> int:
        return len(self._waits)

    def add(self, interval: Interval) -> None:
        """One more is closed."""
        with self._lock:
            self._waits.append(interval)

    def write(self, rows_now: Callable[[], Rows]) -> None:
        """Write what waits, and what is open just then; it blocks."""
        with self._writing:
            # At one moment: an interval that is closed in between must not be in neither.
            with self._lock:
                waits, rows = tuple(self._waits), rows_now()
            try:
                self._store.put(waits, rows)
            except Unwritten as unwritten:
                self._refuse(unwritten.cause)
            except Exception as error:  # noqa: BLE001 - a fault of metering must not keep events from being written
                _log.exception("what is worked cannot be written")
                self._refuse(f"a fault of its own: {error}")
            else:
                self._accept(len(waits))

    def _accept(self, count: int) -> None:
        with self._lock:
            del self._waits[:count]
            if self.refused is not None:
                _log.warning("what is worked can be written again; %d intervals were given up", self._lost)
            self.refused, self._lost = None, 0

    def _refuse(self, cause: str) -> None:
        with self._lock:
            more = max(0, len(self._waits) - MOST)
            del self._waits[:more]
            self._lost += more
            if self.refused is None:
                _log.warning("what is worked cannot be written (%s): it stays in memory until it can", cause)
            lost = f"; {self._lost} intervals were given up" if self._lost else ""
            words = f"what is worked cannot be written ({cause}): {len(self._waits)} intervals wait in memory"
            self.refused = f"{words}{lost}"
