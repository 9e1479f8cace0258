"""Sums over a time: of whole hours from the tallies, at their ragged edges from the entries themselves.

A database adds 64-bit integers, and a sum of amounts may need more. So an amount's two parts are added in three, none
of which can overflow before there are thousands of millions of them, and joined here, where integers have no end.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from netmind_tui.database import Connection
from netmind_tui.ledger.row import asset_of
from netmind_tui.ledger.table import HOUR_MS
from netmind_tui.ledger.total import COUNTED, Figures, Group, Used
from netmind_tui.model.ledger import Account, EntryKind, Subject
from netmind_tui.model.metering import Activity, EnergyMethod
from netmind_tui.model.money import Asset, joined

By = Literal["node", "device", "workload", "payer"]

# The same columns twice: of the tallies between two hours, and of the entries between two milliseconds.
_TALLIED_POSTINGS = """SELECT subject, account, asset, max(hour), sum(high >> 30), sum(high & 1073741823), sum(low)
    FROM tally WHERE hour >= ? AND hour < ? AND account {accounts} GROUP BY 1, 2, 3"""
_TALLIED_USAGE = """SELECT subject, kind, activity, method, max(hour), sum(entries),
    sum(duration_ms), sum(energy_ms), sum(energy_mj), sum(idle_mj), sum(host_mj), sum(uncertain_mj)
    FROM tally_usage WHERE hour >= ? AND hour < ? GROUP BY 1, 2, 3, 4"""
_POSTINGS = """SELECT subject, account, asset, max(at_ms) / 3600000,
    sum(high >> 30), sum(high & 1073741823), sum(low)
    FROM entry CROSS JOIN posting ON posting.entry = entry.number
    WHERE at_ms >= ? AND at_ms < ? AND account {accounts} GROUP BY 1, 2, 3"""
_ENTRIES = """SELECT subject, kind, activity, coalesce(method, ''), max(at_ms) / 3600000, count(*),
    sum(duration_ms), sum(energy_ms), sum(energy_mj), sum(idle_mj), sum(host_mj), sum(uncertain_mj)
    FROM entry WHERE at_ms >= ? AND at_ms < ? AND activity IS NOT NULL GROUP BY 1, 2, 3, 4"""
_WANTING = """SELECT subject, json_extract(note, '$.unrated'), json_extract(note, '$.unpriced'), sum(duration_ms),
    sum(min(duration_ms, coalesce(round(json_extract(note, '$.unpriced_s') * 1000), duration_ms)))
    FROM entry WHERE at_ms >= ? AND at_ms < ? AND activity IN ('work', 'ending') AND instr(note, '"un')
    GROUP BY 1, 2, 3"""


@dataclass(slots=True)
class _Sum:
    """Of one subject or of a group of them, in the making."""

    balances: dict[tuple[Account, Asset], int] = field(default_factory=lambda: defaultdict(int))
    used: dict[tuple[str, str, str], list[int]] = field(default_factory=dict)
    unrated: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    unpriced: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    last: tuple[int, str] = (-(1 << 62), "")

    def figures(self, group: Group) -> Figures:
        used = (
            Used(
                kind=EntryKind(kind),
                activity=Activity(activity) if activity else None,
                method=EnergyMethod(method) if method else None,
                **dict(zip(COUNTED, figures, strict=True)),
            )
            for (kind, activity, method), figures in sorted(self.used.items())
        )
        return Figures(
            group=group,
            balances=dict(self.balances),
            used=tuple(used),
            unrated=dict(self.unrated),
            unpriced=dict(self.unpriced),
        )


class Sums:
    """What entries come to by groups, of as many stretches of time as are added.

    Args:
        connection: to be read from, within one transaction.
        by: what groups are told apart by.
        is_chosen: whether a subject counts.
        accounts: those that alone count, and nothing of what was used; ``None`` for all of it.
    """

    def __init__(
        self,
        connection: Connection,
        by: Sequence[By],
        is_chosen: Callable[[Subject], bool],
        accounts: Collection[Account] | None = None,
    ) -> None:
        self._connection = connection
        self._by = tuple(by)
        self._is_chosen = is_chosen
        self._counts_use = accounts is None
        self._accounts = tuple(accounts or ())
        self._subjects: dict[int, tuple[Subject, _Sum] | None] = {}
        self._assets: dict[int, Asset] = {}
        self._groups: dict[tuple[str, ...], _Sum] = {}

    def add(self, begin_ms: int, end_ms: int) -> None:
        """The entries from a moment up to another: whole hours are in the tallies."""
        first, after = -(-begin_ms // HOUR_MS), end_ms // HOUR_MS
        edges = [(begin_ms, end_ms)]
        if first < after:
            self._add(_TALLIED_POSTINGS, _TALLIED_USAGE, first, after)
            edges = [(begin_ms, first * HOUR_MS), (after * HOUR_MS, end_ms)]
        for begin, end in edges:
            if begin < end:
                self._add(_POSTINGS, _ENTRIES, begin, end)
        if self._counts_use:
            self._add_wanting(begin_ms, end_ms)

    def figures(self) -> tuple[Figures, ...]:
        """One answer a group, in the order of what they are told apart by; without such, one."""
        if not self._by:
            return (self._groups.get((), _Sum()).figures(Group()),)
        return tuple(total.figures(self._group(key, total)) for key, total in sorted(self._groups.items()))

    def _add(self, postings: str, used: str, begin: int, end: int) -> None:
        accounts = "NOT NULL" if self._counts_use else f"IN ({', '.join('?' * len(self._accounts))})"
        query, values = postings.format(accounts=accounts), (begin, end, *self._accounts)
        for number, account, asset, last, top, middle, low in self._connection.execute(query, values):
            for subject, total in self._found(number):
                total.balances[Account(account), self._asset(asset)] += joined((top << 30) + middle, low)
                total.last = max(total.last, (last, subject.device))
        if self._counts_use:
            self._add_usage(used, begin, end)

    def _add_usage(self, used: str, begin: int, end: int) -> None:
        for number, kind, activity, method, last, *figures in self._connection.execute(used, (begin, end)):
            for subject, total in self._found(number):
                total.last = max(total.last, (last, subject.device))
                before = total.used.get((kind, activity, method), [0] * len(figures))
                total.used[kind, activity, method] = [a + b for a, b in zip(before, figures, strict=True)]

    def _add_wanting(self, begin_ms: int, end_ms: int) -> None:
        rows = self._connection.execute(_WANTING, (begin_ms, end_ms))
        for number, unrated, unpriced, duration_ms, unpriced_ms in rows:
            for _, total in self._found(number):
                if unrated is not None:
                    total.unrated[unrated] += duration_ms
                if unpriced is not None:
                    total.unpriced[unpriced] += round(unpriced_ms)

    def _found(self, number: int) -> Iterator[tuple[Subject, _Sum]]:
        """The subject of a number and the group that it is of, unless it does not count."""
        if number not in self._subjects:
            query = "SELECT node, device, uuid, workload, payer, job FROM subject WHERE number = ?"
            row = self._connection.execute(query, (number,)).fetchone()
            if row is None:
                raise ValueError(f"its subject {number} is missing")
            subject = Subject(**dict(zip(("node", "device", "uuid", "workload", "payer", "job"), row, strict=True)))
            if self._is_chosen(subject):
                key = tuple(_part(subject, each) for each in self._by)
                self._subjects[number] = subject, self._groups.setdefault(key, _Sum())
            else:
                self._subjects[number] = None
        found = self._subjects[number]
        if found is not None:
            yield found

    def _asset(self, number: int) -> Asset:
        if number not in self._assets:
            row = self._connection.execute(
                "SELECT code, exponent, kind FROM asset WHERE number = ?", (number,)
            ).fetchone()
            if row is None:
                raise ValueError(f"its asset {number} is missing")
            self._assets[number] = asset_of(*row)
        return self._assets[number]

    def _group(self, key: tuple[str, ...], total: _Sum) -> Group:
        parts: dict[str, Any] = dict(zip(self._by, key, strict=True))
        if "device" in parts:
            owner, name = parts["device"], total.last[1]
            parts |= {"device": name, "uuid": "" if owner == name else owner}
        return Group(**parts)


def _part(subject: Subject, by: By) -> str:
    return (subject.uuid or subject.device) if by == "device" else str(getattr(subject, by))
