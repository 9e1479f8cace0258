"""Entries of an open ledger by their ids, and what is booked about one piece of work."""

from collections.abc import Iterator, Sequence
from typing import Any

from netmind_tui.database import Connection
from netmind_tui.ledger.life import Story
from netmind_tui.ledger.row import ENTRIES, ENTRY, POSTING, POSTINGS, UNREADABLE, entry_of
from netmind_tui.model.ledger import Entry, EntryKind


class Unreadable(Exception):  # noqa: N818 - it is what an entry is
    """An entry that stands in the ledger and says nothing that this program understands: the file is damaged."""


def entry_named(connection: Connection, name: str) -> Entry | None:
    """The entry of an id, where there is one."""
    return next(_entries(connection, "id = ?", (name,)), None)


def story_of(connection: Connection, name: str) -> Story | None:
    """All that is booked about the metered entry of an id, where there is one."""
    first = entry_named(connection, name)
    if first is None or first.kind is not EntryKind.METERED:
        return None
    return Story((first, *_entries(connection, "about = ?", (name,))))


def newest(connection: Connection, count: int) -> tuple[Entry, ...]:
    """So many entries that were booked last, in the order of their numbers."""
    above = "entry.number > (SELECT coalesce(max(number), 0) FROM entry) - ?"
    return tuple(_entries(connection, above, (count,)))


def entries_after(connection: Connection, after: int = 0, page: int = 500) -> Iterator[Entry]:
    """The entries after a number, in their order; so many are in memory at once."""
    while found := tuple(_entries(connection, "entry.number > ? AND entry.number <= ?", (after, after + page))):
        yield from found
        after = found[-1].number


def _entries(connection: Connection, where: str, values: Sequence[Any]) -> Iterator[Entry]:
    query = f"SELECT {ENTRY} FROM {ENTRIES} WHERE {where} ORDER BY entry.number"  # noqa: S608 - columns of ours
    lines = f"SELECT {POSTING} FROM {POSTINGS} WHERE posting.entry = ? ORDER BY line"  # noqa: S608 - columns of ours
    for row in connection.execute(query, values).fetchall():
        found = connection.execute(lines, (row[0],)).fetchall()
        try:
            yield entry_of(row, found)
        except UNREADABLE as error:
            raise Unreadable(f"entry {row[0]} cannot be read: {error}") from error
