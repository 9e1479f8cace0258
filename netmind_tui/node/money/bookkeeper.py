"""Metered intervals on their way into the ledger: in order, each once, whatever happens to the process or the disk.

How far they are booked stands in the ledger itself, written with the entries: a kill anywhere loses and doubles
nothing. What cannot be booked now waits where it was metered.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import takewhile
from pathlib import Path
from typing import Protocol

from netmind_tui.ledger.fault import Damaged, Refused
from netmind_tui.ledger.keeping import was_set_aside
from netmind_tui.ledger.reader import Reader
from netmind_tui.ledger.store import Ledger, open_ledger
from netmind_tui.model.event import EventKind
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.ledger import Draft
from netmind_tui.model.metering import Interval, Intervals
from netmind_tui.model.problem import Problem
from netmind_tui.model.worth import BooksStanding
from netmind_tui.node.agent.looked import Told
from netmind_tui.node.money.booking import Basis, draft_of

_log = logging.getLogger(__name__)

SOURCE = "meter"
"""What the ledger calls the file of metered intervals."""
BATCH = 200
_LONGEST = timedelta(minutes=15)


class Worked(Protocol):
    """The file of metered intervals (``node/meter/store.py``)."""

    @property
    def degraded(self) -> str | None:
        """Where it is, if it is not where it belongs."""

    def intervals(self, *, after: int = 0, since: datetime | None = None, limit: int = 1000) -> Intervals:
        """Intervals, in the order in which they were written."""

    def last_number(self) -> int:
        """The number of the newest one."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """What is booked at once, and how far that reaches."""

    intervals: tuple[Interval, ...]
    reached: int


class Bookkeeper:
    """Books what was metered. ``standing`` may be asked for by anybody; all else belongs to one thread, and blocks.

    Args:
        path: the ledger.
        worked: what was metered.
        basis: by what it is booked; raises a ``Problem`` while that cannot be told.
        now: the wall clock.
        tell: takes what the journal is to know.
        begin: opens the ledger.
    """

    def __init__(
        self,
        path: Path,
        worked: Worked,
        basis: Callable[[], Basis],
        now: Callable[[], datetime],
        tell: Callable[[Told], None],
        begin: Callable[[Path], Ledger] = open_ledger,
    ) -> None:
        self._path = path
        self._worked = worked
        self._basis = basis
        self._now = now
        self._tell = tell
        self._begin = begin
        self._ledger: Ledger | None = None
        self._aside: Path | None = None
        self._recent: list[Interval] | None = None
        self.standing = BooksStanding(path=str(path))

    def book(self) -> None:
        """Book what was metered since; where that cannot be, ``standing`` says why, and the next time may do."""
        if self._aside is not None and self._aside == was_set_aside(self._path):
            return  # nothing is begun in its place: its owner puts a copy back, or takes it away
        now = self._now()
        self._aside = None
        try:
            self._book(now)
        except Damaged as damaged:
            self._aside = damaged.aside
            self._stop(damaged.sentence, "netmind ledger restore")
        except Problem as problem:
            self._stop(problem.sentence)
        except Exception as error:  # noqa: BLE001 - the agent goes on metering, whatever is wrong here
            _log.exception("booking failed")
            self._stop(f"a fault of its own: {type(error).__name__}: {error}")
        else:
            self._go_on(now)
            self._keep(now)

    def close(self) -> None:
        """Let go of the ledger; more than once does no harm."""
        self._let_go()

    def _book(self, now: datetime) -> None:
        if self._worked.degraded is not None:
            raise Problem("what is metered is kept in memory: it is booked once it is on the disk", ExitCode.UNMEASURED)
        is_there = self._path.exists() or was_set_aside(self._path) is not None
        if self._ledger is None and not is_there and not self._worked.last_number():
            return
        ledger = self._opened()
        reached = ledger.reached(SOURCE)
        self._look_up()
        # Metered into a file that was begun anew by a clock that is behind: seen again, and known by their names.
        is_behind = self._worked.last_number() < reached
        reached = 0 if is_behind else reached
        while (page := self._worked.intervals(after=reached, limit=BATCH)).intervals:
            intervals = self._unknown(page.intervals) if is_behind else page.intervals
            self._append(ledger, _Batch(intervals, page.next), now)
            reached = page.next
            self._look_up()

    def _append(self, ledger: Ledger, batch: _Batch, now: datetime) -> None:
        """Book a batch; one of it that may not be booked, whoever tries, is told and does not hold up the others."""
        drafts = self._drafts(batch.intervals)
        while True:
            try:
                ledger.append(drafts, now, (SOURCE, batch.reached))
            except Refused as refused:
                left = [each for each in drafts if each.id != refused.id]
                if len(left) == len(drafts):
                    raise
                drafts = left
                words = f"an interval cannot be booked, and stays where it was metered: {refused.sentence}"
                _log.warning("%s", words)
                self._tell(Told(kind=EventKind.BOOKING_REFUSED, sentence=words, data={"id": refused.id}))
            else:
                return

    def _drafts(self, intervals: Sequence[Interval]) -> list[Draft]:
        if not intervals:
            return []
        basis = self._basis()
        recent = self._remembered(intervals[0])
        drafts = []
        for each in intervals:
            overlapping = [other for other in recent if other.start < each.end and each.start < other.end]
            drafts.append(draft_of(each, basis, overlapping))
            recent.append(each)
        newest = max(each.start for each in recent)
        self._recent = [each for each in recent if each.start >= newest - 2 * _LONGEST]
        return drafts

    def _remembered(self, first: Interval) -> list[Interval]:
        """The intervals just before one, whether this process or another booked them."""
        if self._recent is not None:
            return self._recent
        found: list[Interval] = []
        after = 0
        while page := (answer := self._worked.intervals(after=after, since=first.start - 2 * _LONGEST)).intervals:
            found += takewhile(lambda each: each.id != first.id, page)
            if any(each.id == first.id for each in page):
                break
            after = answer.next
        self._recent = found
        return found

    def _unknown(self, intervals: Sequence[Interval]) -> tuple[Interval, ...]:
        with closing(Reader(self._path)) as reader:
            return tuple(each for each in intervals if reader.entry(each.id) is None)

    def _opened(self) -> Ledger:
        if self._ledger is None:
            self._ledger = self._begin(self._path)
            self._recent = None
        return self._ledger

    def _let_go(self) -> None:
        ledger, self._ledger, self._recent = self._ledger, None, None
        if ledger is not None:
            with suppress(Problem):
                ledger.close()

    def _look_up(self) -> None:
        """See how the ledger stands; its owner may have put an older one there meanwhile."""
        with closing(Reader(self._path)) as reader:
            head = reader.head()
        self.standing = replace(self.standing, entries=head.number, head=head.hash.hex() if head.number else None)

    def _stop(self, why: str, command: str | None = None) -> None:
        self._let_go()
        if why == self.standing.problem:
            return
        self.standing = replace(self.standing, problem=why, command=command)
        words = f"nothing is booked: {why}"
        _log.warning("%s", words)
        self._tell(Told(kind=EventKind.BOOKING_STOPPED, sentence=words, data={"why": why, "command": command}))

    def _go_on(self, now: datetime) -> None:
        had, self.standing = self.standing, replace(self.standing, booked_at=now, problem=None, command=None)
        if had.problem is not None:
            words = "what was metered is booked again, all that waited too"
            self._tell(Told(kind=EventKind.BOOKING_RESUMED, sentence=words, data={"why": had.problem}))

    def _keep(self, now: datetime) -> None:
        """Put the day's copy by; where there is no room for it, the books go on."""
        if self._ledger is None:
            return
        try:
            made = self._ledger.keep(now)
        except Damaged as damaged:
            self._aside = damaged.aside
            self._stop(damaged.sentence, "netmind ledger restore")
        except Problem as problem:
            words = f"no copy of the ledger was made today: {problem.sentence}"
            if words != self.standing.warning:
                _log.warning("%s", words)
            self.standing = replace(self.standing, warning=words)
        else:
            backup_at = now if made is not None else self.standing.backup_at
            self.standing = replace(self.standing, warning=None, backup_at=backup_at)
