"""Batches of entries that can be known again, and a ledger of them followed by hand, from its first entry on."""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

from netmind_tui.database import open_for_reading
from netmind_tui.ledger.chain import GENESIS, hash_of
from netmind_tui.ledger.lookup import entries_after
from netmind_tui.ledger.pen import moves_of
from netmind_tui.ledger.table import LEDGER
from netmind_tui.model.ledger import Account, Draft, Entry, EntryKind, Move, Subject, Usage
from netmind_tui.model.metering import Activity, EnergyMethod
from netmind_tui.model.money import Asset, AssetKind, joined

SOURCE = "work"
"""How far batches are booked is kept under this name."""
START = datetime(2026, 1, 1, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
_EUR = Asset(code="EUR", exponent=2)
_NMT = Asset(code="NMT", exponent=18, kind=AssetKind.TOKEN)


def drafts_of(batch: int) -> list[Draft]:
    """What the ``batch``-th batch books: always the same, with amounts that never come out even."""
    dice = random.Random(batch)
    return [_work(batch, place, dice) for place in range(dice.choice((1, 1, 1, 5, 20)))]


def _work(batch: int, place: int, dice: random.Random) -> Draft:
    at = START + QUARTER * batch
    energy_mj = dice.randrange(10**8)
    moves = (
        _move(Account.CLAIM_OPEN, Account.CLAIM_METERED, _NMT, Fraction(dice.randrange(10**6), 7_200_000)),
        _move(Account.ENERGY_MARGINAL, Account.ENERGY_OWED, _EUR, Fraction(energy_mj * 29, 360_000_000_000)),
        _move(Account.ENERGY_IDLE, Account.ENERGY_OWED, _EUR, Fraction(dice.randrange(-(10**4), 10**4), 10**7)),
    )
    return Draft(
        id=f"{batch}-{place}",
        kind=EntryKind.METERED,
        at=at,
        until=at + QUARTER,
        subject=Subject(node="node", device=f"gpu:{place}", uuid=f"GPU-{place}", workload="work"),
        moves=moves,
        usage=Usage(activity=Activity.WORK, duration_ms=900_000, energy_mj=energy_mj, method=EnergyMethod.NVML_ENERGY),
    )


def _move(debit: Account, credit: Account, asset: Asset, exact: Fraction) -> Move:
    return Move(debit=debit, credit=credit, asset=asset, exact=exact)


class Book:
    """What a ledger must hold, and what it was seen to hold: followed from entry to entry, by hand."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.acknowledged = 0
        self.number = 0
        self._hash = GENESIS
        self._batch = 0
        self._due: list[str] = []
        self._exact: Counter[tuple[str, str, str, str]] = Counter()
        self._sums: Counter[tuple[str, str]] = Counter()

    def faults(self) -> Iterator[str]:
        """What is wrong with what came since the last time."""
        with closing(open_for_reading(self.path, LEDGER, whole=True)) as connection:
            for entry in entries_after(connection, self.number):
                yield from self._follow(entry)
            reached = dict(connection.execute("SELECT source, number FROM reached")).get(SOURCE, 0)
            beyond = "SELECT count(*) FROM posting WHERE entry > ?"
            orphans = connection.execute(beyond, (self.number,)).fetchone()[0]
            tally = connection.execute(
                "SELECT account, code, sum(high >> 30), sum(high & 1073741823), sum(low)"
                " FROM tally JOIN asset ON asset.number = asset GROUP BY account, code"
            ).fetchall()
            rests = connection.execute(
                "SELECT owner, debit, credit, code, rest FROM carried JOIN asset ON asset.number = asset"
            ).fetchall()
        if self._due or reached != self._batch:
            yield f"batch {self._batch} is booked in part, and {reached} is said to be reached"
        if not self.acknowledged <= self._batch <= self.acknowledged + 1:
            yield f"{self.acknowledged} batches were acknowledged, and {self._batch} are there"
        if orphans:
            yield f"{orphans} lines are no entry's"
        found = {(account, code): joined((upper << 30) + lower, low) for account, code, upper, lower, low in tally}
        if found != self._sums:
            yield "the sums are not those of the entries"
        if {tuple(key): Fraction(rest) for *key, rest in rests if rest != "0/1"} != {
            key: rest for key, rest in self._exact.items() if rest
        }:
            yield "what is carried is not what is left of the entries"
        self.acknowledged = self._batch

    def _follow(self, entry: Entry) -> Iterator[str]:
        if not self._due:
            self._batch += 1
            self._due = [draft.id for draft in drafts_of(self._batch)]
        if entry.id != self._due.pop(0) or entry.number != self.number + 1:
            yield f"entry {entry.number} is {entry.id}: one is missing, or stands twice"
        if entry.previous != self._hash or hash_of(entry) != entry.hash:
            yield f"entry {entry.number} is not chained to the one before it"
        self.number, self._hash = entry.number, entry.hash
        left: Counter[str] = Counter()
        for line in entry.postings:
            left[line.asset.code] += line.minor
            self._sums[line.account, line.asset.code] += line.minor
        if any(left.values()):
            yield f"entry {entry.number} does not come to nothing"
        for move, minor in moves_of(entry):
            key = (entry.subject.uuid, str(move.debit), str(move.credit), move.asset.code)
            self._exact[key] += move.exact * 10**move.asset.exponent - minor
            if not 0 <= self._exact[key] < 1:
                yield f"entry {entry.number} leaves more than a minor unit"
