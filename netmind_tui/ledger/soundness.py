"""Whether a ledger can be trusted enough to be written on: its sums come to nothing, and its newest entries chain up.

It takes no longer for a long ledger than for a short one; the whole chain is for ``netmind earnings verify``.
"""

from collections import defaultdict
from itertools import pairwise
from pathlib import Path

from netmind_tui.database import Connection, damaged
from netmind_tui.ledger.chain import GENESIS, hash_of
from netmind_tui.ledger.lookup import Unreadable, newest
from netmind_tui.ledger.table import LEDGER
from netmind_tui.model.ledger import Entry
from netmind_tui.model.money import Asset, joined

_NEWEST = 200
# Apart, because a sum of whole high parts may be beyond 64 bits.
_SUMS = "SELECT asset, sum(high >> 30), sum(high & 1073741823), sum(low) FROM tally GROUP BY asset"


def see_sound(connection: Connection, path: Path) -> None:
    """See that the ledger of a connection is sound.

    Raises:
        Damage: it is not, and in what.
    """
    try:
        why = _flaw(connection)
    except Unreadable as error:
        why = str(error)
    if why is not None:
        raise damaged(path, why, LEDGER)


def _flaw(connection: Connection) -> str | None:
    for asset, upper, lower, low in connection.execute(_SUMS):
        if joined((upper << 30) + lower, low):
            return f"the sums of asset {asset} do not come to nothing"
    entries = newest(connection, _NEWEST)
    if entries and entries[0].number == 1 and entries[0].previous != GENESIS:
        return "entry 1 follows on another one"
    for before, entry in pairwise(entries):
        if entry.number != before.number + 1 or entry.previous != before.hash:
            return f"entry {entry.number} does not follow on the one before it"
    return next(filter(None, map(_flaw_of, entries)), None)


def _flaw_of(entry: Entry) -> str | None:
    if hash_of(entry) != entry.hash:
        return f"entry {entry.number} is not what was booked"
    sums: dict[Asset, int] = defaultdict(int)
    for line in entry.postings:
        sums[line.asset] += line.minor
    return f"entry {entry.number} does not come to nothing" if any(sums.values()) else None
