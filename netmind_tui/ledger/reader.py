"""The ledger for reading: beside the one that writes it, or after it.

Nothing here keeps the writer waiting for longer than one answer takes: what is long is read in pages.
"""

import threading
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from netmind_tui.database import Connection, damaged, explained, open_for_reading
from netmind_tui.ledger.row import ENTRIES, ENTRY, POSTING, POSTINGS, asset_of, entry_of, wall_ms
from netmind_tui.ledger.sum import By, Sums
from netmind_tui.ledger.table import HOUR_MS, LEDGER
from netmind_tui.ledger.total import Figures
from netmind_tui.model.ledger import Account, Entry, EntryKind, State, Subject
from netmind_tui.model.money import Asset

MOST = 1000
"""How many entries one answer holds unless it is asked for others."""
PAGE = 2000
"""How many entries are read at once where all are wanted."""
_BEYOND = 1 << 62
_AT_ONCE = 500
_STORY = "entry.number IN (SELECT number FROM entry WHERE id = ? UNION ALL SELECT number FROM entry WHERE about = ?)"
_SPAN = "SELECT (SELECT min(at_ms) FROM entry), (SELECT max(at_ms) FROM entry)"
# The last word about a metered entry; only what was accepted is settled.
_STATE = """CASE entry.kind WHEN 'metered' THEN coalesce((
    SELECT answer.kind FROM entry AS answer WHERE answer.about = entry.id AND answer.kind <> 'correction'
    ORDER BY answer.number DESC LIMIT 1), 'metered') END"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An entry, and what became of it; ``state`` is ``None`` for those that are about another one."""

    entry: Entry
    state: State | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which entries; all, unless more is said.

    Their ``at`` is at ``since`` or later, and before ``until``. ``device`` is a name or a UUID. ``state`` chooses
    metered entries by what became of them; ``about`` those of one metered entry, and it.
    """

    since: datetime | None = None
    until: datetime | None = None
    kind: EntryKind | None = None
    state: State | None = None
    node: str | None = None
    device: str | None = None
    workload: str | None = None
    payer: str | None = None
    job: str | None = None
    about: str | None = None

    def has(self, subject: Subject) -> bool:
        """Whether a subject is one of theirs."""
        parts = ((name, getattr(self, name)) for name in ("node", "workload", "payer", "job"))
        return self.device in (None, subject.device, subject.uuid) and all(
            value in (None, getattr(subject, name)) for name, value in parts
        )

    def clause(self) -> tuple[str, tuple[Any, ...]]:
        """As a clause about an entry and its subject, and what is bound in it."""
        parts: list[tuple[str, tuple[Any, ...]]] = [("true", ())]
        # The plus keeps to the order of numbers: pages go on where the one before ended.
        if self.since is not None:
            parts.append(("+at_ms >= ?", (wall_ms(self.since),)))
        if self.until is not None:
            parts.append(("+at_ms < ?", (wall_ms(self.until),)))
        if self.kind is not None:
            parts.append(("entry.kind = ?", (self.kind,)))
        if self.state is not None:
            parts.append((f"{_STATE} = ?", (self.state,)))
        if self.device is not None:
            parts.append(("(device = ? OR uuid = ?)", (self.device, self.device)))
        if self.about is not None:
            parts.append((_STORY, (self.about, self.about)))
        names = ((name, getattr(self, name)) for name in ("node", "workload", "payer", "job"))
        parts += [(f"{name} = ?", (value,)) for name, value in names if value is not None]
        return " AND ".join(clause for clause, _ in parts), tuple(value for _, some in parts for value in some)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The newest entry: its number and its hash. An empty ledger's number is 0, its hash 32 zero bytes."""

    number: int = 0
    hash: bytes = bytes(32)


ALL = Chosen()


class Reader:
    """Every method may be called by any thread; each raises a ``Problem`` where the file is damaged or cannot be read.

    Raises:
        Problem: there is no such file, it is none of ours, of a newer version, or damaged.
    """

    def __init__(self, path: Path, *, whole: bool = False) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._connection = open_for_reading(path, LEDGER, whole=whole)

    def figures(
        self,
        since: datetime | None = None,
        until: datetime | None = None,
        by: By | Sequence[By] = (),
        *,
        node: str | None = None,
        device: str | None = None,
        workload: str | None = None,
        payer: str | None = None,
        accounts: Collection[Account] | None = None,
    ) -> tuple[Figures, ...]:
        """What the entries of a time come to, told apart by one thing or several, in the order of these.

        Without ``by`` it is one answer for all of them, and with nothing booked one with nothing in it; with ``by``
        there is one for each group that has entries. An entry is of the time at which its work began.

        Args:
            since: none of work that began earlier.
            until: none of work that began then or later.
            by: ``node``, ``device``, ``workload``, ``payer``, or several of them.
            node: of this node alone; ``device`` (a name or a UUID), ``workload`` and ``payer`` likewise.
            device: see ``node``.
            workload: see ``node``.
            payer: see ``node``.
            accounts: the sums of these alone, and nothing of what was used: the faster answer where only money counts.
        """
        asked: tuple[By, ...] = (by,) if isinstance(by, str) else tuple(by)
        chosen = Chosen(node=node, device=device, workload=workload, payer=payer)
        with self.snapshot() as connection:
            low, high = connection.execute(_SPAN).fetchone()
            sums = Sums(connection, asked, chosen.has, accounts)
            if low is not None:
                # No further than there are entries, and by whole hours: these are added up already.
                begin_ms, end_ms = low // HOUR_MS * HOUR_MS, (high // HOUR_MS + 1) * HOUR_MS
                sums.add(
                    begin_ms if since is None else max(begin_ms, wall_ms(since)),
                    end_ms if until is None else min(end_ms, wall_ms(until)),
                )
            return sums.figures()

    def entries(
        self,
        chosen: Chosen = ALL,
        *,
        after: int = 0,
        before: int | None = None,
        newest_first: bool = False,
        limit: int = MOST,
    ) -> tuple[Listed, ...]:
        """Entries in the order in which they were booked, or the other way round, with what became of each.

        Args:
            chosen: which ones.
            after: of a higher number than this: the last one of the page before.
            before: of a lower one: the last one of the page before, where the newest are first.
            newest_first: the last booked first.
            limit: so many at most.
        """
        where, values = chosen.clause()
        query = (
            f"SELECT {ENTRY}, {_STATE} FROM {ENTRIES} WHERE entry.number > ? AND entry.number < ? AND {where}"  # noqa: S608 - question marks
            f" ORDER BY entry.number {'DESC' if newest_first else 'ASC'} LIMIT ?"
        )
        with self.snapshot() as connection:
            rows = connection.execute(query, (after, _BEYOND if before is None else before, *values, limit)).fetchall()
            postings = postings_of(connection, [row[0] for row in rows])
            return tuple(
                Listed(entry=entry_of(row, postings[row[0]]), state=None if state is None else State(state))
                for *row, state in rows
            )

    def every(self, chosen: Chosen = ALL, *, after: int = 0, until: Head | None = None) -> Iterator[Listed]:
        """All chosen entries up to a head (the newest, unless given), oldest first; a page of them is in memory."""
        head = until or self.head()
        while page := self.entries(chosen, after=after, before=head.number + 1, limit=PAGE):
            yield from page
            after = page[-1].entry.number

    def entry(self, name: str) -> Listed | None:
        """The entry of an id."""
        found = self.entries(Chosen(about=name), limit=1)
        return found[0] if found else None

    def head(self) -> Head:
        """The newest entry."""
        with self.snapshot() as connection:
            return head_of(connection)

    def assets(self) -> tuple[Asset, ...]:
        """All that was ever booked in, by their codes."""
        with self.snapshot() as connection:
            rows = connection.execute("SELECT code, exponent, kind FROM asset ORDER BY code").fetchall()
            return tuple(asset_of(*row) for row in rows)

    def states(self, since: datetime | None = None, until: datetime | None = None) -> dict[State, int]:
        """What became of the metered entries of a time: how many of each."""
        where, values = Chosen(since=since, until=until).clause()
        query = f"SELECT entry.kind, count(*) FROM entry WHERE {where.replace('+', '')} GROUP BY 1"  # noqa: S608 - question marks
        with self.snapshot() as connection:
            count = defaultdict(int, connection.execute(query, values).fetchall())
        answered = count[State.ACCEPTED] + count[State.REJECTED] + count[State.EXPIRED]
        return {
            State.METERED: count[State.METERED] - answered,
            State.ACCEPTED: count[State.ACCEPTED] - count[State.SETTLED],
            **{state: count[state] for state in (State.REJECTED, State.EXPIRED, State.SETTLED)},
        }

    def close(self) -> None:
        """End; more than once does no harm."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """All that is read within is of one moment; the writer waits for its end."""
        with explained(self.path, LEDGER), self._lock:
            self._connection.execute("BEGIN")
            try:
                yield self._connection
            except (ValueError, OverflowError) as error:
                raise damaged(self.path, str(error), LEDGER) from error
            except (TypeError, AttributeError) as error:
                raise damaged(self.path, "a value in it is of another kind than belongs there", LEDGER) from error
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")


def head_of(connection: Connection) -> Head:
    """The newest entry of the moment."""
    row = connection.execute("SELECT number, hash FROM entry ORDER BY number DESC LIMIT 1").fetchone()
    if row is None:
        return Head()
    if not isinstance(row[1], bytes):
        raise TypeError("the hash of the newest entry is none")
    return Head(number=row[0], hash=row[1])


def postings_of(connection: Connection, numbers: Sequence[int]) -> Mapping[int, Sequence[Any]]:
    """The rows of the postings of entries, by the number of the entry."""
    found: dict[int, list[Any]] = defaultdict(list)
    for start in range(0, len(numbers), _AT_ONCE):
        some = numbers[start : start + _AT_ONCE]
        first, last = min(some), max(some)
        # A range is read twice as fast, and pages mostly are one.
        is_range = last - first + 1 == len(some)
        where = "BETWEEN ? AND ?" if is_range else f"IN ({', '.join('?' * len(some))})"
        values = (first, last) if is_range else tuple(some)
        query = f"SELECT {POSTING} FROM {POSTINGS} WHERE posting.entry {where} ORDER BY 1, line"  # noqa: S608 - question marks
        for row in connection.execute(query, values):
            found[row[0]].append(row)
    return found
