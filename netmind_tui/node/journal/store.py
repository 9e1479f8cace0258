"""The journal of a running agent: the one writer of the file."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from netmind_tui.database import Unwritten, explained, make, open_for_writing, transaction
from netmind_tui.model.event import Event, EventKind
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.node.agent.clock import stamp
from netmind_tui.node.journal.backlog import Backlog
from netmind_tui.node.journal.query import matches
from netmind_tui.node.journal.reader import Reader
from netmind_tui.node.journal.row import milliseconds, moment_of, row_of
from netmind_tui.node.journal.table import JOURNAL

KEPT = timedelta(days=400)
"""How long events stay."""
MOST_EVENTS = 500_000
"""No more stay, however young: a machine that flaps all year must not fill its disk."""
STEPS = {10: 8_640, 60: 43_200, 900: 70_080}
"""How many rows of each step (in seconds) stay: a day, thirty days, two years."""
_PRUNED_AT_ONCE = timedelta(days=1)


Fact = str | int | float | bool | None


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Journal(Reader):
    """What an agent appends to; every method may be called by any thread.

    When the disk takes no more, events stay in memory, the newest of them: ``degraded`` says why, and an event tells
    when that began and when it ended. ``append`` and ``flush`` write what waits as soon as there is room.
    """

    def __init__(
        self, path: Path, *, clock: Callable[[], datetime] = _utc_now, told: Callable[[Event], None] | None = None
    ) -> None:
        make(path, JOURNAL)
        super().__init__(path, whole=True)
        self.elsewhere: str | None = None
        self._degraded: str | None = None
        self._clock = clock
        self._told = told
        self._waits = Backlog()
        self._writing = threading.RLock()
        self._writer = open_for_writing(path, JOURNAL)
        self._numbered = self._written = super().last_id()

    @classmethod
    def open(
        cls, path: Path, *, clock: Callable[[], datetime] = _utc_now, told: Callable[[Event], None] | None = None
    ) -> "Journal":
        """The journal at a path, a new one where there is none; ``told`` hears the events that it writes of itself.

        Raises:
            Problem: what is there is none of ours, of a newer version, or damaged: it is not touched. Or there is no
                room for a new one.
        """
        return cls(path, clock=clock, told=told)

    @property
    def degraded(self) -> str | None:
        """Why what happens is not on the disk, where it is not; ``elsewhere`` says where the whole journal is."""
        return self._degraded or self.elsewhere

    def append(self, events: Sequence[Event]) -> tuple[int, ...]:
        """Give events their ids and write them: on return they are on the disk, unless ``degraded`` is set.

        Raises:
            Problem: another process writes this journal.
        """
        with self._writing:
            numbered = self._number(events)
            self._write(numbered)
            return tuple(event.id for event in numbered)

    def flush(self) -> bool:
        """Try to write what waits; whether nothing waits any more."""
        with self._writing:
            if len(self._waits):
                self._write([])
            return not len(self._waits)

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
        """As a ``Reader``'s; what waits to be written is among them."""
        # Before the file is read: what is written meanwhile must not be missed, and ids tell what came twice.
        waits = self._waits.events
        found = super().events(
            after=after, since=since, until=until, device=device, kinds=kinds, limit=limit, newest=newest
        )
        if not waits:
            return found
        names = (device,) if isinstance(device, str) else tuple(device or ())
        there = {event.id for event in found}
        more = [event for event in waits if event.id not in there and matches(event, after, since, until, names, kinds)]
        both = sorted((*found, *more), key=lambda event: event.id)
        return tuple(both if limit is None else both[-limit:] if newest else both[:limit])

    def last_id(self) -> int:
        """The id that was given last, written or not."""
        return self._numbered

    def put_steps(self, rows: Sequence[tuple[int, int, bytes]]) -> bool:
        """Write rows of samples (step, start, body) and let the oldest go; whether there was room."""
        with self._writing:
            try:
                with transaction(self._writer):
                    for step_s, start_s, body in rows:
                        self._writer.execute(f"INSERT OR REPLACE INTO step_{step_s:d} VALUES (?, ?)", (start_s, body))  # noqa: S608 - a number
                    for step_s in {step_s for step_s, *_ in rows}:
                        # By their number: a clock that was wrong for a while then takes nothing away.
                        oldest = f"SELECT start_s FROM step_{step_s:d} ORDER BY start_s DESC LIMIT 1 OFFSET ?"  # noqa: S608 - a number
                        self._writer.execute(
                            f"DELETE FROM step_{step_s:d} WHERE start_s <= ({oldest})",  # noqa: S608 - a number
                            (STEPS[step_s],),
                        )
            except Unwritten:
                return False
            return True

    def number_of(self, device: str, uuid: str) -> int | None:
        """The number of a device in rows of samples, given when first asked for; ``None`` where there is no room."""
        query = "SELECT number FROM device WHERE id = ? AND uuid = ?"
        with self._writing, explained(self.path, JOURNAL):
            found = self._writer.execute(query, (device, uuid)).fetchone()
            if found is None:
                try:
                    with transaction(self._writer):
                        self._writer.execute("INSERT INTO device (id, uuid) VALUES (?, ?)", (device, uuid))
                except Unwritten:
                    return None
                found = self._writer.execute(query, (device, uuid)).fetchone()
            return int(found[0])

    def prune(self) -> int:
        """Let events go that are older than ``KEPT``, or too many; how many went.

        A day's worth at most goes at once: a clock that is wrong for an hour must not take the year with it.
        """
        with self._writing, explained(self.path, JOURNAL):
            oldest = self._writer.execute("SELECT at_ms FROM event ORDER BY id LIMIT 1").fetchone()
            if oldest is None:
                return 0
            bound = milliseconds(min(self._clock() - KEPT, moment_of(oldest[0]) + _PRUNED_AT_ONCE))
            young = self._writer.execute("SELECT min(id) FROM event WHERE at_ms >= ?", (bound,)).fetchone()[0]
            from_id = max(young or 0, self._written - MOST_EVENTS + 1)
            try:
                with transaction(self._writer):
                    self._writer.execute("UPDATE kept SET from_id = ? WHERE from_id < ?", (from_id, from_id))
                    return self._writer.execute("DELETE FROM event WHERE id < (SELECT from_id FROM kept)").rowcount
            except Unwritten:
                return 0

    def close(self) -> None:
        """Write what waits, and end."""
        with self._writing:
            self.flush()
            # The writer last: whoever closes a file of SQLite's last takes its log away.
            super().close()
            self._writer.close()

    def _number(self, events: Sequence[Event]) -> list[Event]:
        numbered = [replace(event, id=self._numbered + place) for place, event in enumerate(events, 1)]
        self._numbered += len(numbered)
        return numbered

    def _write(self, events: list[Event]) -> None:
        waited = self._waits.events
        ended: list[Event] = []
        if waited:
            lost = self._waits.lost
            sentence = f"the journal can be written again: {len(waited)} events had waited, {lost} were given up"
            facts: dict[str, Fact] = {"state": "ended", "waited": len(waited), "lost": lost}
            ended = self._number([self._of_itself(sentence, facts, (events or waited)[-1])])
        try:
            with transaction(self._writer):
                self._insert([*waited, *events, *ended])
        except Unwritten as unwritten:
            self._numbered -= len(ended)
            self._wait(events, unwritten.cause)
            return
        self._written = self._numbered
        self._waits.clear()
        self._degraded = None
        self._tell(ended)

    def _insert(self, events: list[Event]) -> None:
        there = int(self._writer.execute("SELECT coalesce(max(id), 0) FROM event").fetchone()[0])
        if there > self._written and self._degraded is None:
            raise Problem(f"{self.path}: another process writes it: one agent a journal", ExitCode.UNMEASURED)
        # A commit that failed may have reached the disk all the same: what is there is not written again.
        rows = [row_of(event) for event in events if event.id > there]
        self._writer.executemany("INSERT INTO event VALUES (?, ?, ?, ?, ?)", rows)

    def _wait(self, events: list[Event], cause: str) -> None:
        began: list[Event] = []
        if self._degraded is None:
            sentence = f"the journal cannot be written ({cause}): events stay in memory until it can"
            began = self._number([self._of_itself(sentence, {"state": "began", "cause": cause}, *events[-1:])])
        self._degraded = f"{self.path}: {cause}; events stay in memory until it can be written"
        self._waits.add([*events, *began])
        self._tell(began)

    def _of_itself(self, sentence: str, facts: dict[str, Fact], like: Event) -> Event:
        """An event about the journal, on the clocks of the one beside it."""
        return Event(
            at=stamp(self._clock()),
            kind=EventKind.JOURNAL_DEGRADED,
            sentence=sentence,
            data=facts,
            boot=like.boot,
            uptime_s=like.uptime_s,
            prevention="room on the disk of the journal, and the right to write there",
        )

    def _tell(self, events: list[Event]) -> None:
        if self._told is not None:
            for event in events:
                self._told(event)
