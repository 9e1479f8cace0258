"""The sums beside the entries, reckoned anew from these: some days at once, each of one moment."""

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, TypeVar

from netmind_tui.database import Connection
from netmind_tui.ledger.row import moment_of
from netmind_tui.ledger.table import HOUR_MS
from netmind_tui.model.money import decimal_text, joined

Whom = tuple[str, str, str, str, str]
"""A node, a device, its UUID, a workload and a payer; jobs are not told apart."""
Balances = dict[tuple[int, Whom, str, int], int]
Usages = dict[tuple[int, Whom, str, str, str], list[int]]
T = TypeVar("T")

HOURS = 96
"""How many are reckoned at once."""
_NEXT = """SELECT min(hour) FROM (SELECT min(hour) AS hour FROM tally WHERE hour >= :hour
    UNION ALL SELECT min(hour) FROM tally_usage WHERE hour >= :hour
    UNION ALL SELECT min(at_ms) / 3600000 FROM entry WHERE at_ms >= :hour * 3600000)"""
_TALLY = """SELECT hour, subject, account, asset, high >> 30, high & 1073741823, low
    FROM tally WHERE hour >= ? AND hour < ?"""
_POSTINGS = """SELECT at_ms / 3600000, subject, account, asset, sum(high >> 30), sum(high & 1073741823), sum(low)
    FROM entry CROSS JOIN posting ON posting.entry = entry.number
    WHERE at_ms >= ? * 3600000 AND at_ms < ? * 3600000 GROUP BY 1, 2, 3, 4"""
_TALLY_USAGE = """SELECT hour, subject, kind, activity, method,
    entries, duration_ms, energy_ms, energy_mj, idle_mj, host_mj, uncertain_mj
    FROM tally_usage WHERE hour >= ? AND hour < ?"""
_USAGE = """SELECT at_ms / 3600000, subject, kind, activity, coalesce(method, ''), count(*),
    sum(duration_ms), sum(energy_ms), sum(energy_mj), sum(idle_mj), sum(host_mj), sum(uncertain_mj)
    FROM entry WHERE at_ms >= ? * 3600000 AND at_ms < ? * 3600000 AND activity IS NOT NULL GROUP BY 1, 2, 3, 4, 5"""


def next_hour(connection: Connection, hour: int) -> int | None:
    """The first hour from one on of which there is anything."""
    (found,) = connection.execute(_NEXT, {"hour": hour}).fetchone()
    return None if found is None else int(found)


def wrong_hour(connection: Connection, hour: int) -> str | None:
    """What is wrong with the sums of ``HOURS`` hours, as a clause."""
    span = hour, hour + HOURS

    @lru_cache(maxsize=4096)
    def whom(number: int) -> Whom:
        query = "SELECT node, device, uuid, workload, payer FROM subject WHERE number = ?"
        found: Whom | None = connection.execute(query, (number,)).fetchone()
        return found or (f"subject {number}", "", "", "", "")

    def balances(query: str) -> Balances:
        sums: Balances = defaultdict(int)
        for at, subject, account, asset, top, middle, low in connection.execute(query, span):
            sums[at, whom(subject), account, asset] += joined((top << 30) + middle, low)
        return sums

    def usages(query: str) -> Usages:
        sums: Usages = {}
        for at, subject, kind, activity, method, *figures in connection.execute(query, span):
            key = at, whom(subject), kind, activity, method
            sums[key] = [a + b for a, b in zip(sums.get(key, [0] * len(figures)), figures, strict=True)]
        return sums

    tallied, booked = balances(_TALLY), balances(_POSTINGS)
    for key in _differing(tallied, booked):
        at, subject, account, asset = key
        query = "SELECT code, exponent FROM asset WHERE number = ?"
        code, exponent = connection.execute(query, (asset,)).fetchone() or (f"units of asset {asset}", 0)
        stands, comes_to = (
            f"{decimal_text(each[key], exponent)} {code}" if key in each else "nothing" for each in (tallied, booked)
        )
        return f"{_sum_of(at, subject)} is {stands} in {account}, and its entries come to {comes_to}"
    used, metered = usages(_TALLY_USAGE), usages(_USAGE)
    for key in _differing(used, metered):
        return f"{_sum_of(key[0], key[1])} is not what its entries used"
    return None


def _differing(one: dict[Any, T], other: dict[Any, T]) -> Iterable[Any]:
    return (key for key in sorted(one.keys() | other.keys()) if one.get(key) != other.get(key))


def _sum_of(hour: int, whom: Whom) -> str:
    return f"the sum of {whom[1] or whom[0]} in the hour from {moment_of(hour * HOUR_MS):%Y-%m-%d %H:%M} UTC on"
