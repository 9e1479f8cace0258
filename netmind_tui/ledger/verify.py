"""Sees whether the books are sound: each entry against its hash, its balance and its place in the life of its work.

What was carried and what was summed up beside the entries is reckoned anew from them. All is read in pages: no more of
a ledger is in memory than one of them, and its writer never waits for long.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from netmind_tui.database import Connection
from netmind_tui.ledger.life import Story, flaw
from netmind_tui.ledger.reader import PAGE, Head, Reader, head_of, postings_of
from netmind_tui.ledger.row import ENTRIES, ENTRY, UNREADABLE, entry_of, exact_of
from netmind_tui.ledger.tally import HOURS, next_hour, wrong_hour
from netmind_tui.ledger.walk import Walk
from netmind_tui.model.ledger import Entry

Progress = Callable[[int, int], None]
"""Told how many entries of how many were looked at."""
_ABOUT = 12
"""Where a row of ``ENTRY`` names the one that it is about."""
_AT_ONCE = 200
_UNFOUND = """SELECT number, id FROM entry AS each WHERE number BETWEEN ? AND ? AND NOT (
    EXISTS (SELECT 1 FROM entry INDEXED BY sqlite_autoindex_entry_1 WHERE id = each.id AND number = each.number)
    AND EXISTS (SELECT 1 FROM entry INDEXED BY entry_at WHERE at_ms = each.at_ms AND number = each.number)
    AND (about IS NULL
        OR EXISTS (SELECT 1 FROM entry INDEXED BY entry_about WHERE about = each.about AND number = each.number))
    AND (NOT (instr(note, '"un') AND coalesce(activity, '') IN ('work', 'ending'))
        OR EXISTS (SELECT 1 FROM entry INDEXED BY entry_wanting WHERE instr(note, '"un')
            AND activity IN ('work', 'ending') AND at_ms = each.at_ms AND number = each.number)))
    ORDER BY number LIMIT 1"""
_Rows = Sequence[tuple[Sequence[Any], Sequence[Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """What is wrong, as a clause, and with which entry; of what is beside the entries there is no number."""

    what: str
    number: int | None = None
    id: str | None = None

    def __str__(self) -> str:
        if self.number is None:
            return self.what
        return f"entry {self.number}{'' if self.id is None else f' ({self.id})'}: {self.what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What was found: ``sound`` entries from the first on, the last of which is ``head``, and what is wrong.

    The first flaw is of the first bad entry, where there is one: those after it were not looked at.
    """

    sound: int
    head: Head
    flaws: tuple[Flaw, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.flaws


def verify(reader: Reader, *, known: Head | None = None, progress: Progress = lambda _done, _total: None) -> Verified:
    """Look through a whole ledger, whoever writes it meanwhile.

    Args:
        reader: of the ledger.
        known: a head that it had once, as a backup or an export tells it: it must still be on the way there.
        progress: told after each page.

    Raises:
        Problem: the file cannot be read.
    """
    walk = Walk()
    found = _wrong_entry(reader, walk, known or Head(), progress)
    flaws = (found, _wrong_tally(reader))
    return Verified(sound=walk.head.number, head=walk.head, flaws=tuple(each for each in flaws if each is not None))


def _wrong_entry(reader: Reader, walk: Walk, known: Head, progress: Progress) -> Flaw | None:
    """Go along all entries, those too that are booked on the way; at the end what is carried must be what they left."""
    while True:
        with reader.snapshot() as connection:
            head = head_of(connection)
            if head.number <= walk.head.number:
                return _wrong_end(connection, walk, head, known)
            rows = _rows(connection, walk.head.number)
            unfound = _unfound(connection, rows)
            stories = _stories(connection, sorted({row[_ABOUT] for row, _ in rows if row[_ABOUT] is not None}))
        wrong = _wrong_row(walk, rows, stories, known) or unfound
        if wrong is not None:
            return wrong
        if not rows:
            return Flaw(number=walk.head.number + 1, what="it is missing")
        progress(walk.head.number, max(head.number, walk.head.number))


def _wrong_row(walk: Walk, rows: _Rows, stories: Mapping[str, _Rows], known: Head) -> Flaw | None:
    for row, postings in rows:
        number, name = row[0], row[1]
        if number != walk.head.number + 1:
            return Flaw(number=walk.head.number + 1, what="it is missing")
        try:
            entry = entry_of(row, postings)
            what = walk.flaw_of(entry) or flaw(entry, _story(entry, stories))
        except UNREADABLE as error:
            return Flaw(number=number, id=str(name)[:200], what=f"it cannot be read: {error}")
        if number == known.number and entry.hash != known.hash:
            what = f"it had the hash {known.hash.hex()} once: the books were written anew"
        if what is not None:
            return Flaw(number=number, id=name, what=what)
        walk.take(entry)
    return None


def _unfound(connection: Connection, rows: _Rows) -> Flaw | None:
    """The first entry that is not where one looks for it: it would be left out of answers, or booked once more."""
    if not rows:
        return None
    row = connection.execute(_UNFOUND, (rows[0][0][0], rows[-1][0][0])).fetchone()
    return None if row is None else Flaw(number=row[0], id=row[1], what="an index of the file does not lead to it")


def _wrong_end(connection: Connection, walk: Walk, head: Head, known: Head) -> Flaw | None:
    if head != walk.head:
        return Flaw(what="the ledger was replaced by another one while it was looked through")
    if head.number < known.number:
        return Flaw(number=known.number, what="it was booked once, and is missing: the books were cut back")
    (last,) = connection.execute("SELECT coalesce(max(entry), 0) FROM posting").fetchone()
    if last > head.number:
        return Flaw(number=last, what="it is missing, and its postings are there")
    query = """SELECT owner, debit, credit, code, rest FROM carried JOIN asset ON asset.number = carried.asset"""
    carried = {(*key, code): exact_of(rest) for *key, code, rest in connection.execute(query)}
    for owner, debit, credit, code in sorted(carried.keys() | walk.rests.keys()):
        carrier = owner, debit, credit, code
        if carried.get(carrier, 0) != walk.rests.get(carrier, 0):
            words = f"from {credit} to {debit} in {code}, which the next booking of {owner or 'the node'} takes along"
            return Flaw(what=f"the rest of a minor unit {words}, is not what its entries left")
    return None


def _wrong_tally(reader: Reader) -> Flaw | None:
    hour: int | None = -(1 << 40)
    while hour is not None:
        with reader.snapshot() as connection:
            hour = next_hour(connection, hour)
            what = None if hour is None else wrong_hour(connection, hour)
        if what is not None:
            return Flaw(what=what)
        hour = None if hour is None else hour + HOURS
    return None


def _rows(connection: Connection, after: int) -> _Rows:
    query = f"SELECT {ENTRY} FROM {ENTRIES} WHERE entry.number > ? ORDER BY entry.number LIMIT {PAGE}"  # noqa: S608 - columns of ours
    return _with_postings(connection, connection.execute(query, (after,)).fetchall())


def _stories(connection: Connection, names: Sequence[str]) -> Mapping[str, _Rows]:
    """All entries about some metered ones, each of which is the first of its own."""
    found: dict[str, list[tuple[Sequence[Any], Sequence[Any]]]] = defaultdict(list)
    for start in range(0, len(names), _AT_ONCE):
        some = names[start : start + _AT_ONCE]
        marks = ", ".join("?" * len(some))
        query = f"SELECT {ENTRY} FROM {ENTRIES} WHERE id IN ({marks}) OR about IN ({marks}) ORDER BY 1"  # noqa: S608 - question marks
        for row, postings in _with_postings(connection, connection.execute(query, (*some, *some)).fetchall()):
            found[row[_ABOUT] or row[1]].append((row, postings))
    return found


def _with_postings(connection: Connection, rows: Sequence[Any]) -> _Rows:
    postings = postings_of(connection, [row[0] for row in rows])
    return [(row, postings.get(row[0], ())) for row in rows]


def _story(entry: Entry, stories: Mapping[str, _Rows]) -> Story | None:
    """What was booked before an entry of the work that it is about."""
    if entry.about is None:
        return None
    before = [entry_of(row, postings) for row, postings in stories[entry.about] if row[0] < entry.number]
    return Story(tuple(before)) if before and before[0].id == entry.about and before[0].about is None else None
