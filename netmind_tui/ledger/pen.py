"""Writes entries into an open transaction: their rows, the chain, what is carried, and the sums beside them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from fractions import Fraction

from netmind_tui import document
from netmind_tui.database import Connection
from netmind_tui.ledger.admission import admit
from netmind_tui.ledger.chain import GENESIS, exact_text, hash_of
from netmind_tui.ledger.fault import Refused
from netmind_tui.ledger.life import flaw
from netmind_tui.ledger.lookup import Unreadable, entry_named, story_of
from netmind_tui.ledger.numbering import Numbers
from netmind_tui.ledger.rest import booked
from netmind_tui.ledger.row import exact_of, moment_of, wall_ms
from netmind_tui.ledger.table import HOUR_MS
from netmind_tui.model.ledger import Draft, Entry, EntryKind, Move, Posting, Subject, Usage
from netmind_tui.model.money import MOST_MINOR, limbs

OVERLAPS = "overlaps"
"""What an entry's note tells, by this name, of a time that another one of its device has too: that one's id."""
_LONGEST_MS = 900_000
_MOST_HIGH = 1 << 62
_ENORMOUS = 10**21
"""Of amounts that are smaller no hour can hold so many that their sum overflows."""
_OF_OWNER = """FROM entry JOIN subject ON subject.number = entry.subject
    WHERE at_ms > ? AND kind = 'metered' AND node = ? AND iif(uuid = '', device, uuid) = ?"""
_CARRY = """INSERT INTO carried VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (owner, debit, credit, asset) DO UPDATE SET rest = excluded.rest"""
_ADD = """INSERT INTO tally VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (hour, subject, account, asset) DO UPDATE SET
    high = high + excluded.high + (low + excluded.low) / 1000000000, low = (low + excluded.low) % 1000000000"""
_USE = """INSERT INTO tally_usage VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (hour, subject, kind, activity, method) DO UPDATE SET entries = entries + excluded.entries,
    duration_ms = duration_ms + excluded.duration_ms, energy_ms = energy_ms + excluded.energy_ms,
    energy_mj = energy_mj + excluded.energy_mj, idle_mj = idle_mj + excluded.idle_mj,
    host_mj = host_mj + excluded.host_mj, uncertain_mj = uncertain_mj + excluded.uncertain_mj"""
# Keys of the sums beside the entries, as the tables have them.
_Pair = tuple[str, str, str, int]
_Sum = tuple[int, int, str, int]
_Use = tuple[int, int, str, str, str]


class Pen:
    """Books drafts by a connection, of which it remembers much; of no use any more when a transaction came to nothing.

    Args:
        connection: Of the one writer; in a transaction whenever anything is called.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._numbers = Numbers(connection)
        self._rests: dict[_Pair, Fraction] = {}
        self._ends: dict[tuple[str, str], int] = {}
        self._last: tuple[int, bytes] | None = None
        self._carried: set[_Pair] = set()
        self._tally: dict[_Sum, int] = {}
        self._used: dict[_Use, list[int]] = {}

    def book(self, draft: Draft, made: datetime) -> Entry:
        """The entry that came of a draft, or the one that stands under its id, if that says the same.

        Raises:
            Refused: it may not be booked; the transaction must end without it.
        """
        admit(draft)
        standing = entry_named(self._connection, draft.id)
        if standing is not None:
            if not _says(standing, draft):
                raise Refused(draft.id, "an entry with this id stands in the ledger and says otherwise")
            return standing
        story = None if draft.about is None else story_of(self._connection, draft.about)
        number, previous = self._head()
        entry = Entry(
            number=number + 1,
            id=draft.id,
            kind=draft.kind,
            at=moment_of(wall_ms(draft.at)),
            until=moment_of(wall_ms(draft.until)),
            made=moment_of(wall_ms(made)),
            subject=draft.subject,
            postings=tuple(line for move in draft.moves for line in self._lines(draft, move)),
            usage=draft.usage,
            about=draft.about,
            note=self._note(draft),
            previous=previous,
        )
        why = flaw(entry, story)
        if why is not None:
            raise Refused(draft.id, why)
        entry = replace(entry, hash=hash_of(entry))
        self._insert(entry)
        self._sum_up(entry)
        self._last = entry.number, entry.hash
        return entry

    def retrace(self, entry: Entry) -> None:
        """Carry and sum up an entry that stands already; of a ledger without sums each once, in their order.

        Raises:
            Unreadable: its amounts are not what its moves come to.
        """
        for move, minor in moves_of(entry):
            if self._booked(entry.id, entry.subject, move) != minor:
                raise Unreadable(f"entry {entry.number} does not book what its moves come to")
        self._sum_up(entry)

    def finish(self) -> None:
        """Write what is carried and summed up, once for all that was booked since; before the transaction ends."""
        self._connection.executemany(_CARRY, [(*pair, exact_text(self._rests[pair])) for pair in self._carried])
        self._connection.executemany(_ADD, [(*key, *limbs(minor)) for key, minor in self._tally.items()])
        self._connection.executemany(_USE, [(*key, *counted) for key, counted in self._used.items()])
        self._carried, self._tally, self._used = set(), {}, {}

    def reach(self, source: str, number: int) -> None:
        """Remember how far a source was booked."""
        self._connection.execute(
            "INSERT INTO reached VALUES (?, ?) ON CONFLICT (source) DO UPDATE SET number = excluded.number",
            (source, number),
        )

    def _head(self) -> tuple[int, bytes]:
        """The number and the hash of the entry that was booked last."""
        if self._last is None:
            row = self._connection.execute("SELECT number, hash FROM entry ORDER BY number DESC LIMIT 1").fetchone()
            self._last = (0, GENESIS) if row is None else (row[0], row[1])
        return self._last

    def _lines(self, draft: Draft, move: Move) -> tuple[Posting, Posting]:
        minor = self._booked(draft.id, draft.subject, move)
        return (
            Posting(account=move.debit, asset=move.asset, minor=minor, exact=move.exact),
            Posting(account=move.credit, asset=move.asset, minor=-minor),
        )

    def _booked(self, name: str, subject: Subject, move: Move) -> int:
        """The minor units of a move, with what was carried up to it."""
        key = (_owner(subject), str(move.debit), str(move.credit), self._numbers.asset(move.asset, name))
        carried = self._rest(key)
        minor, rest = booked(carried, move.exact, move.asset.exponent)
        if abs(minor) > MOST_MINOR:
            raise Refused(name, f"an amount of more than {MOST_MINOR} minor units of {move.asset.code}")
        if rest != carried:
            self._rests[key] = rest
            self._carried.add(key)
        return minor

    def _rest(self, key: _Pair) -> Fraction:
        if key not in self._rests:
            query = "SELECT rest FROM carried WHERE owner = ? AND debit = ? AND credit = ? AND asset = ?"
            row = self._connection.execute(query, key).fetchone()
            try:
                rest = exact_of(row[0]) if row else Fraction(0)
            except ValueError as error:
                raise Unreadable(f"what is carried of {key[0] or 'the node'} cannot be read: {error}") from error
            if not 0 <= rest < 1:  # it would be booked with the next move
                raise Unreadable(f"{rest} minor units are carried of {key[0] or 'the node'}, and less than one can be")
            self._rests[key] = rest
        return self._rests[key]

    def _note(self, draft: Draft) -> dict[str, str]:
        note = dict(sorted(draft.note.items()))
        if draft.kind is not EntryKind.METERED or draft.at == draft.until:
            return note
        found = self._overlapped(draft.subject, wall_ms(draft.at), wall_ms(draft.until))
        return note if found is None else dict(sorted({**note, OVERLAPS: found}.items()))

    def _overlapped(self, subject: Subject, at_ms: int, until_ms: int) -> str | None:
        """The id of an entry whose time is that of another one of the same device, in part."""
        owner = (subject.node, _owner(subject))
        if owner not in self._ends:
            # None that is over by then began earlier.
            query = f"SELECT max(until_ms) {_OF_OWNER}"
            self._ends[owner] = self._connection.execute(query, (at_ms - _LONGEST_MS, *owner)).fetchone()[0] or 0
        row = None
        if at_ms < self._ends[owner]:
            query = f"SELECT id {_OF_OWNER} AND at_ms < ? AND until_ms > max(?, at_ms) ORDER BY at_ms LIMIT 1"
            row = self._connection.execute(query, (at_ms - _LONGEST_MS, *owner, until_ms, at_ms)).fetchone()
        self._ends[owner] = max(self._ends[owner], until_ms)
        return None if row is None else str(row[0])

    def _insert(self, entry: Entry) -> None:
        # The postings first: the entry is refused unless these come to nothing, and closes them off.
        self._connection.executemany(
            "INSERT INTO posting VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    entry.number,
                    line,
                    str(each.account),
                    self._numbers.asset(each.asset, entry.id),
                    *limbs(each.minor),
                    None if each.exact is None else exact_text(each.exact),
                )
                for line, each in enumerate(entry.postings)
            ],
        )
        self._connection.execute(
            "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                entry.number,
                entry.id,
                str(entry.kind),
                wall_ms(entry.at),
                wall_ms(entry.until),
                wall_ms(entry.made),
                self._numbers.subject(entry.subject),
                entry.about,
                document.encode(entry.note).decode(),
                *_figures(entry.usage),
                entry.previous,
                entry.hash,
            ),
        )

    def _sum_up(self, entry: Entry) -> None:
        hour, subject = wall_ms(entry.at) // HOUR_MS, self._numbers.without_job(entry.subject)
        for each in entry.postings:
            key = (hour, subject, str(each.account), self._numbers.asset(each.asset, entry.id))
            self._tally[key] = self._tally.get(key, 0) + each.minor
            if abs(each.minor) > _ENORMOUS:
                self._see_bounded(entry.id, key)
        if entry.usage is not None:
            activity, *figures, method = _figures(entry.usage)
            use = (hour, subject, str(entry.kind), str(activity), str(method or ""))
            before = self._used.get(use, [0] * (1 + len(figures)))
            self._used[use] = [was + int(more or 0) for was, more in zip(before, (1, *figures), strict=True)]

    def _see_bounded(self, name: str, key: _Sum) -> None:
        """See that a sum of an hour is far from what overflows."""
        query = "SELECT high FROM tally WHERE hour = ? AND subject = ? AND account = ? AND asset = ?"
        row = self._connection.execute(query, key).fetchone() or (0,)
        if abs(row[0] + limbs(self._tally[key])[0]) > _MOST_HIGH:
            raise Refused(name, f"no sum of an hour in {key[2]} can be as large in {self._numbers.code(key[3])}")


def _owner(subject: Subject) -> str:
    """Which device it is, whatever it is called now."""
    return subject.uuid or subject.device


def _figures(usage: Usage | None) -> tuple[str | int | None, ...]:
    if usage is None:
        return (None,) * 8
    return (
        str(usage.activity),
        usage.duration_ms,
        usage.energy_ms,
        usage.energy_mj,
        usage.idle_mj,
        usage.host_mj,
        usage.uncertain_mj,
        None if usage.method is None else str(usage.method),
    )


def moves_of(entry: Entry) -> tuple[tuple[Move, int], ...]:
    """The moves that an entry was booked of, and the minor units of each.

    Raises:
        Unreadable: its lines are no pairs of a debit and a credit.
    """
    found = []
    if len(entry.postings) % 2:
        raise Unreadable(f"entry {entry.number} has a line without its counterpart")
    for debit, credit in zip(entry.postings[::2], entry.postings[1::2], strict=True):
        if debit.exact is None or debit.asset != credit.asset:
            raise Unreadable(f"entry {entry.number} has a line without its counterpart")
        move = Move(debit=debit.account, credit=credit.account, asset=debit.asset, exact=debit.exact)
        found.append((move, debit.minor))
    return tuple(found)


def _says(entry: Entry, draft: Draft) -> bool:
    """Whether an entry is what a draft would become; what was noted of it at its booking is not the draft's."""
    moves = tuple(move for move, _ in moves_of(entry))
    return (entry.kind, wall_ms(entry.at), wall_ms(entry.until), entry.subject, entry.about, entry.usage, moves) == (
        draft.kind,
        wall_ms(draft.at),
        wall_ms(draft.until),
        draft.subject,
        draft.about,
        draft.usage,
        draft.moves,
    ) and _without(entry.note) == _without(draft.note)


def _without(note: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in note.items() if name != OVERLAPS}
