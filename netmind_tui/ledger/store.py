"""The ledger as its one writer has it: whoever opens it books, and a second is refused.

What is damaged is set aside as it was found, and nothing is booked until somebody decides: neither is an empty ledger
begun in its place, nor a copy put there.
"""

import logging
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from netmind_tui.bench.lock import written_alone
from netmind_tui.database import (
    Connection,
    Cursor,
    Damage,
    Unwritten,
    copied,
    damaged,
    explained,
    make,
    open_for_reading,
    open_for_writing,
    put_there,
    transaction,
)
from netmind_tui.ledger.fault import Damaged
from netmind_tui.ledger.keeping import put_by_daily, remedy, set_aside, was_set_aside
from netmind_tui.ledger.life import Story
from netmind_tui.ledger.lookup import Unreadable, story_of
from netmind_tui.ledger.migration import migrate
from netmind_tui.ledger.pen import Pen
from netmind_tui.ledger.soundness import see_sound
from netmind_tui.ledger.table import LEDGER
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.ledger import Draft, Entry
from netmind_tui.model.problem import Problem

_Identity = tuple[tuple[int, int] | None, tuple[int, int] | None]
_NOTHING: _Identity = (None, None)

_log = logging.getLogger(__name__)


def open_ledger(path: Path) -> "Ledger":
    """The ledger at a path, an empty one where there is none; one of an older version is brought to this one's.

    It is looked through before it is trusted.

    Raises:
        Damaged: it cannot be trusted, and was set aside; or that happened before, and nothing is in its place yet.
        Problem: another process writes it, it is none of ours or of a newer version, or there is no room for it.
    """
    return Ledger(path)


class Ledger:
    """An open ledger; every method may be called by any thread, and waits for the disk. ``open_ledger`` makes one.

    After the disk refused something the file is opened anew with the next call. While it is open no other process can
    write the file, even one that does not ask for the lock.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._turn = threading.RLock()
        self._alone = ExitStack()
        self._alone.enter_context(written_alone(path))
        self._connection: Connection | None = None
        self._file = _NOTHING
        self._is_closed = False
        self._hold: Cursor | None = None
        self._pen: Pen | None = None
        try:
            with self._trusted():
                self._begin()
        except BaseException:
            self.close()
            raise

    def append(
        self, drafts: Sequence[Draft], now: datetime, reached: tuple[str, int] | None = None
    ) -> tuple[Entry, ...]:
        """Book drafts in their order, all of them or none; on return they are on the disk.

        Args:
            drafts: What is there already, word for word, is not booked again.
            now: When that is.
            reached: A source, and how far it is booked with these: ``("meter", 4711)``.

        Returns:
            The entries as they stand, one for each draft.

        Raises:
            Refused: one of them may not be booked.
            Damaged: the ledger cannot be trusted any more, and was set aside.
            Problem: the disk is full, another process holds the file, or the like; the next try may do.
        """
        with self._turn, self._trusted():
            connection = self._ready()
            pen, self._pen = self._pen or Pen(connection), None
            try:
                with transaction(connection):
                    entries = tuple(pen.book(draft, now) for draft in drafts)
                    pen.finish()
                    if reached is not None:
                        pen.reach(*reached)
            except Unwritten as unwritten:
                self._let_go()
                if unwritten.is_damaged:
                    raise damaged(self.path, unwritten.cause, LEDGER) from unwritten
                raise Problem(f"{self.path}: {unwritten.cause}; nothing was booked", ExitCode.UNMEASURED) from unwritten
            self._pen = pen
            if self._file[1] is None:  # the first one makes the journal
                self._file = _identity(self.path)
            return entries

    def reached(self, source: str) -> int:
        """How far a source is booked; 0 where nothing of it is.

        Raises:
            Problem: as ``append``.
        """
        with self._turn, self._trusted():
            row = self._ready().execute("SELECT number FROM reached WHERE source = ?", (source,)).fetchone()
            return 0 if row is None else int(row[0])

    def story(self, name: str) -> Story | None:
        """All that is booked about the metered entry of an id, where there is one; ``life`` makes drafts of it.

        Raises:
            Problem: as ``append``.
        """
        with self._turn, self._trusted():
            return story_of(self._ready(), name)

    def keep(self, now: datetime) -> Path | None:
        """Put today's copy by (UTC), if there is none yet; what was made.

        Raises:
            Problem: there is no room for it.
            Damaged: the ledger cannot be trusted any more, and was set aside.
        """
        with self._turn, self._trusted():
            return put_by_daily(self._ready(), self.path, now.astimezone(UTC).date())

    def close(self) -> None:
        """End; more than once does no harm."""
        with self._turn:
            self._is_closed = True
            self._let_go()
            self._alone.close()

    def _begin(self) -> Connection:
        aside = was_set_aside(self.path)
        if aside is not None:
            words = f"{self.path} is kept as {aside.name}, and nothing is in its place"
            raise Damaged(f"{words}: {remedy(self.path)}", aside)
        make(self.path, LEDGER)
        self._see_through()
        self._connection = connection = open_for_writing(self.path, LEDGER)
        migrate(connection, self.path)
        see_sound(connection, self.path)
        self._hold = _held(connection)
        self._file = _identity(self.path)
        return connection

    def _see_through(self) -> None:
        """Look for damage before anything writes; through the whole of a file once."""
        if self.path.is_file() and self.path.stat().st_size == 0:
            raise damaged(self.path, "it is empty", LEDGER)
        is_another = _identity(self.path)[0] != self._file[0]
        open_for_reading(self.path, LEDGER, whole=is_another, may_be_older=True).close()

    def _ready(self) -> Connection:
        """The connection to what is at the path now."""
        if self._is_closed:  # another writer may have it by now
            raise RuntimeError(f"{self.path} was closed")
        if self._connection is not None and _identity(self.path) != self._file:
            if not self.path.exists():
                put_there(copied(self._connection, self.path, LEDGER), self.path)
                _log.warning("%s was taken away while it was open, and is written again", self.path)
            self._let_go()
        return self._connection or self._begin()

    def _let_go(self) -> None:
        hold, connection = self._hold, self._connection
        self._hold = self._connection = self._pen = None
        if hold is not None:
            hold.close()
        if connection is not None:
            connection.close()

    @contextmanager
    def _trusted(self) -> Iterator[None]:
        """What goes wrong becomes a sentence; where that is damage, the ledger is set aside."""
        try:
            with explained(self.path, LEDGER):
                yield
        except Unreadable as error:
            raise self._put_aside(str(error)) from error
        except Damage as damage:
            raise self._put_aside(damage.detail) from damage

    def _put_aside(self, detail: str) -> Damaged:
        """Set the ledger aside; what there is to say of it."""
        self._let_go()
        aside = set_aside(self.path)
        kept = "could not be moved" if aside is None else f"is kept as {aside.name}"
        _log.error("%s is damaged (%s) and %s", self.path, detail, kept)
        return Damaged(f"{self.path} is damaged ({detail}) and {kept}; nothing is booked: {remedy(self.path)}", aside)


def _held(connection: Connection) -> Cursor:
    """A question that is never asked to its end, so that SQLite keeps its lock and its journal open between commits.

    Otherwise each commit opens the journal anew and waits for the folder's names to be on the disk, which is half of
    its time.
    """
    asked = connection.execute("SELECT name FROM sqlite_master")
    asked.fetchone()
    return asked


def _identity(path: Path) -> _Identity:
    """Which file is at a path, and which is its journal: what was opened must be what is there."""
    name = str(path)  # with each entry: a path of its own for the journal would take as long as the question
    return _file_at(name), _file_at(f"{name}-journal")


def _file_at(name: str) -> tuple[int, int] | None:
    try:
        found = os.stat(name)  # noqa: PTH116 - see above
    except OSError:
        return None
    return found.st_dev, found.st_ino
