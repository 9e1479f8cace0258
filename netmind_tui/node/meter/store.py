"""The file of metered intervals: one agent writes it, and a second is refused."""

import logging
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from netmind_tui import document
from netmind_tui.aside import put_aside
from netmind_tui.bench.lock import written_alone
from netmind_tui.database import (
    Connection,
    Unwritten,
    copied,
    explained,
    make,
    open_for_reading,
    open_for_writing,
    put_there,
    transaction,
)
from netmind_tui.model.metering import Interval
from netmind_tui.model.problem import Problem
from netmind_tui.node.meter.dial import wall_ms
from netmind_tui.node.meter.piece import Checkpoint
from netmind_tui.node.meter.reader import Reader
from netmind_tui.node.meter.row import figures_of, manner_of, name_of, parts_of, subject_of
from netmind_tui.node.meter.table import METERING

_log = logging.getLogger(__name__)

KEPT = timedelta(days=800)
"""How long intervals stay: two years, and a season to look back on them."""
MOST = 3_000_000
"""No more stay, however young: a machine that flaps all year must not fill its disk."""
HOME_S = 30.0
"""How often it is seen whether there is room where it belongs."""
_PRUNED_AT_ONCE = timedelta(days=1)
_PRUNED_EVERY = 2000


class Store(Reader):
    """What a meter writes to; every method may be called by any thread.

    A file that is taken away from under it is written again, and one that is damaged meanwhile is moved aside, and a
    new one begun: what is worked from then on is not to be lost with it.

    Raises:
        Problem: what is there is none of ours, of a newer version, or damaged: it is not touched. Or another process
            writes it, or there is no room for a new one.
    """

    def __init__(self, path: Path) -> None:
        self.elsewhere: str | None = None
        self.home: Path | None = None
        self._asked_s = time.monotonic()
        self._word = secrets.token_hex(8)
        self._place = 0
        self._writing = threading.RLock()
        self._since_pruned = 0
        self._above = base()
        self._held = _locked(path)
        self._is_new = not path.exists()
        try:
            make(path, METERING)
            super().__init__(path, whole=True)
            self._writer: Connection = open_for_writing(path, METERING)
            self._file = _identity(path)
        except BaseException:
            self._held.close()
            raise

    @property
    def degraded(self) -> str | None:
        """Where the file is, if it is not where it belongs."""
        return self.elsewhere

    def come_home(self) -> tuple[Interval, ...] | None:
        """Go on in the file where this one belongs, if there is room for that by now; what it is still to be given."""
        if self.home is None or time.monotonic() - self._asked_s < HOME_S:
            return None
        self._asked_s = time.monotonic()
        try:
            there = Store(self.home)
            kept = self.intervals(limit=-1).intervals
        except Problem:
            return None
        with self._writing, self._lock:
            self._connection.close()
            self._writer.close()
            self._held.close()
            self._connection, self._writer, self._held = there._connection, there._writer, there._held
            self.path, self._above, self._file, self._is_new = there.path, there._above, there._file, there._is_new
            self.elsewhere = self.home = None
        _log.warning("%s has room again: what was metered is written there", self.path)
        return kept

    def new_id(self) -> str:
        """A name that no interval ever had."""
        with self._writing:
            self._place += 1
            return name_of(self._word, self._place)

    def is_known(self, instance: str) -> bool:
        """Whether there is an interval of an instance, or may have been: a file begun anew knows of none before it."""
        return self._is_new or super().is_known(instance)

    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """What was open of each device when the file was last written; what cannot be understood is passed over."""
        found = []
        for device, body in self._all("SELECT device, body FROM open ORDER BY device"):
            try:
                found.append(document.decode(body, Checkpoint, f"{self.path}: {device}"))
            except Problem:
                continue
        return tuple(found)

    def put(self, closed: Sequence[Interval], open_: Mapping[str, Checkpoint]) -> None:
        """Write intervals, and what is open of each device in place of all that was; on the disk on return.

        What is there already is not written again.

        Raises:
            Unwritten: nothing was written, and why.
        """
        rows = [(device, document.encode(body)) for device, body in open_.items()]
        with self._writing:
            self._look_after()
            try:
                self._put(closed, rows)
            except Unwritten as unwritten:
                if not unwritten.is_damaged:
                    raise
                self._begin_anew(unwritten.cause)
                self._put(closed, rows)
            self._since_pruned += len(closed)
            if self._since_pruned >= _PRUNED_EVERY:
                self._since_pruned = 0
                # What was written is written; there is another time for this.
                with suppress(Problem):
                    self.prune()

    def prune(self, now: datetime | None = None) -> int:
        """Let intervals go that are older than ``KEPT``, or too many; how many went.

        A day's worth at most goes at once: a clock that is wrong for an hour must not take the year with it.
        """
        with self._writing, explained(self.path, METERING):
            oldest = self._writer.execute("SELECT start_ms FROM interval ORDER BY number LIMIT 1").fetchone()
            if oldest is None:
                return 0
            too_many = "SELECT number FROM interval ORDER BY number DESC LIMIT 1 OFFSET ?"
            beyond = (self._writer.execute(too_many, (MOST,)).fetchone() or (0,))[0]
            day_ms = _PRUNED_AT_ONCE // timedelta(milliseconds=1)
            bound = min(wall_ms((now or datetime.now(UTC)) - KEPT), oldest[0] + day_ms)
            young = self._writer.execute("SELECT min(number) FROM interval WHERE start_ms >= ?", (bound,)).fetchone()[0]
            newest = self._writer.execute("SELECT max(number) FROM interval").fetchone()[0]
            from_number = max(young or newest + 1, beyond + 1)
            try:
                with transaction(self._writer):
                    self._writer.execute(
                        "UPDATE kept SET from_number = ? WHERE from_number < ?", (from_number, from_number)
                    )
                    gone = "DELETE FROM interval WHERE number < (SELECT from_number FROM kept)"
                    return self._writer.execute(gone).rowcount
            except Unwritten:
                return 0

    def close(self) -> None:
        """End; more than once does no harm."""
        with self._writing:
            # The writer last: whoever closes a file of SQLite's last takes its log away.
            super().close()
            self._writer.close()
            self._held.close()

    def _put(self, closed: Sequence[Interval], rows: Sequence[tuple[str, bytes]]) -> None:
        with transaction(self._writer):
            for each in closed:
                self._insert(each)
            names = tuple(device for device, _ in rows)
            marks = ", ".join("?" * len(names))
            self._writer.execute(f"DELETE FROM open WHERE device NOT IN ({marks})", names)  # noqa: S608 - question marks
            self._writer.executemany(
                "INSERT INTO open VALUES (?, ?) ON CONFLICT (device) DO UPDATE SET body = excluded.body", rows
            )

    def _look_after(self) -> None:
        """See that the file is still there, and whole as far as that can be seen at once."""
        if self._file is None:  # what was begun could not be opened
            with self._lock:
                self._open_again()
            return
        found = _identity(self.path)
        if found is None or found[:2] != self._file[:2]:
            try:
                again = copied(self._writer, self.path, METERING)
            except Problem as problem:
                raise Unwritten(f"it was taken away: {problem.sentence}") from problem
            self._take(again)
            _log.warning("%s was taken away while it was written, and is written again", self.path)
        elif found[2] < self._file[2]:
            self._begin_anew("it was cut short")
        else:
            self._file = found

    def _begin_anew(self, why: str) -> None:
        self._above = base()
        self._take()
        _log.error("%s was damaged while it was written (%s): it is kept beside, and a new one begun", self.path, why)

    def _take(self, new: Path | None = None) -> None:
        """Let go of the file, put what is at its path aside, and go on with another one.

        Raises:
            Unwritten: it cannot be opened.
        """
        with self._lock:
            # First of all: whoever closes a file of SQLite's last takes the log away that has its name.
            self._connection.close()
            self._writer.close()
            self._file = None
            put_aside(self.path)
            if new is not None:
                put_there(new, self.path)
            self._open_again()

    def _open_again(self) -> None:
        try:
            make(self.path, METERING)
            self._connection = open_for_reading(self.path, METERING)
            self._writer = open_for_writing(self.path, METERING)
        except Problem as problem:
            raise Unwritten(problem.sentence) from problem
        self._file = _identity(self.path)

    def _insert(self, interval: Interval) -> None:
        word, place = parts_of(interval.id)
        run = self._number("run", ("word",), (word,))
        found = self._writer.execute("SELECT 1 FROM interval WHERE run = ? AND place = ?", (run, place)).fetchone()
        if found is not None:
            return
        subject = self._number("subject", ("device", "uuid", "activity", "workload", "instance"), subject_of(interval))
        manner = self._number("manner", ("cut_by", "method", "absent"), manner_of(interval))
        self._writer.execute(
            "INSERT INTO interval SELECT max(?, from_number - 1, (SELECT coalesce(max(number), 0) FROM interval)) + 1,"
            " ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM kept",
            (self._above, run, place, subject, *figures_of(interval), manner),
        )

    def _number(self, table: str, columns: tuple[str, ...], values: tuple[str, ...]) -> int:
        """The number of a row that many others name, which is made when it is first named."""
        where = " AND ".join(f"{column} = ?" for column in columns)
        found = self._writer.execute(f"SELECT number FROM {table} WHERE {where}", values).fetchone()  # noqa: S608 - names of ours
        if found is not None:
            return int(found[0])
        marks = ", ".join("?" * len(values))
        names = ", ".join(columns)
        made = self._writer.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", values)  # noqa: S608 - names of ours
        return int(made.lastrowid or 0)


def base() -> int:
    """Numbers are above it: whatever becomes of the file, whoever asks for what came after one misses nothing.

    Seconds since 1970 at each opening, as no agent meters an interval a second for long.
    """
    return int(time.time())


def _identity(path: Path) -> tuple[int, int, int] | None:
    """Which file is at a path, and how long it is."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size


def _locked(path: Path) -> ExitStack:
    """The kernel's lock that only one writer has, until it is closed.

    Raises:
        Problem: another process has it, or it cannot be had.
    """
    stack = ExitStack()
    stack.enter_context(written_alone(path))
    return stack
