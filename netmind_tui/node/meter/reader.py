"""The metered intervals for reading: beside the agent that writes them, or after it.

What is open, or waits for the disk, is not told: nobody ever saw an interval that a kill could unmake.
"""

import threading
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import islice
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from netmind_tui.database import damaged, explained, open_for_reading
from netmind_tui.model.metering import Activity, CutBy, EnergyMethod, Interval, Intervals, Sum
from netmind_tui.model.problem import Problem
from netmind_tui.node.meter.dial import SLOT_MS, moment_of, wall_ms
from netmind_tui.node.meter.row import COLUMNS, JOINED, interval_of
from netmind_tui.node.meter.table import METERING
from netmind_tui.node.meter.total import Total

MOST = 1000
"""How many intervals one answer holds unless it is asked for others."""
By = Literal["device", "workload", "activity", "day"]
_DAY = timedelta(days=1)
_DAYS_AT_ONCE = 400
_PARTS = ("device", "workload", "activity", "day")
# First by numbers, then by names: two years of a large machine are half a million rows.
_SUMS = """WITH span (nth, begin_ms, end_ms) AS (VALUES {spans}),
    part AS (SELECT nth, subject, count(*) AS intervals, sum(duration_ms) AS duration_ms, sum(cpu_ms) AS cpu_ms,
        sum(energy_mj) AS energy_mj, sum(energy_ms) AS energy_ms
        FROM span CROSS JOIN interval ON start_ms >= begin_ms AND start_ms < end_ms GROUP BY nth, subject)
    SELECT nth, device, workload, activity, sum(intervals), sum(duration_ms), sum(cpu_ms), sum(energy_mj),
        sum(energy_ms)
    FROM part JOIN subject ON subject.number = part.subject WHERE {chosen} GROUP BY 1, 2, 3, 4"""


class Reader:
    """Every method may be called by any thread; each raises a ``Problem`` where the file is damaged or cannot be read.

    Raises:
        Problem: there is no such file, it is none of ours, of a newer version, or damaged.
    """

    def __init__(self, path: Path, *, whole: bool = False) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._connection = open_for_reading(path, METERING, whole=whole)
        if whole:
            self._look_through()

    def intervals(
        self,
        *,
        after: int = 0,
        since: datetime | None = None,
        until: datetime | None = None,
        device: str | Sequence[str] | None = None,
        workload: str | Sequence[str] | None = None,
        limit: int = MOST,
    ) -> Intervals:
        """Intervals in the order in which they were written, from the oldest on.

        Args:
            after: the number that the answer before gave as its ``next``.
            since: none that began earlier.
            until: none that began then or later.
            device: of this device, or these; of all unless given.
            workload: of this workload, or these.
            limit: so many at most.
        """
        where, values = _where(after, since, until, _names(device), _names(workload))
        query = f"SELECT {COLUMNS} FROM {JOINED} WHERE {where} ORDER BY interval.number LIMIT ?"  # noqa: S608 - question marks
        with explained(self.path, METERING), self._lock:
            # Before the rows: what is written in between is found by the next question.
            newest = int(self._connection.execute("SELECT coalesce(max(number), 0) FROM interval").fetchone()[0])
            rows = self._connection.execute(query, (*values, limit)).fetchall()
        reached = int(rows[-1][0]) if len(rows) == limit else max(newest, int(rows[-1][0]) if rows else 0, after)
        return Intervals(intervals=self._understood(rows), next=reached)

    def sums(
        self,
        by: By | Sequence[By] = "device",
        zone: tzinfo = UTC,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        device: str | Sequence[str] | None = None,
        workload: str | Sequence[str] | None = None,
        activity: Activity | None = None,
    ) -> tuple[Sum, ...]:
        """What intervals come to, told apart by one thing or several; in the order of these.

        A day is from midnight to midnight of the zone; an interval that reaches over midnight, where a zone's is not at
        a quarter of an hour, counts where it began.
        """
        asked = (by,) if isinstance(by, str) else tuple(by)
        chosen, values = _subjects(_names(device), _names(workload), activity)
        totals: dict[tuple[Any, ...], Total] = {}
        begin_ms, end_ms = self._range(since, until)
        for spans in _batches(_days(begin_ms, end_ms, zone) if "day" in asked else iter([(None, begin_ms, end_ms)])):
            marks = ", ".join("(?, ?, ?)" for _ in spans)
            query = _SUMS.format(spans=marks, chosen=chosen)
            bound = [each for nth, (_, *ends) in enumerate(spans) for each in (nth, *ends)]
            for nth, device_, workload_, activity_, *figures in self._all(query, (*bound, *values)):
                parts = (device_, workload_ or None, Activity(activity_), spans[nth][0])
                key = tuple(part if name in asked else None for name, part in zip(_PARTS, parts, strict=True))
                totals.setdefault(key, Total()).join(Total(*figures))
        ordered = sorted(totals.items(), key=lambda item: ["" if each is None else str(each) for each in item[0]])
        return tuple(total.sum(device=key[0], workload=key[1], activity=key[2], day=key[3]) for key, total in ordered)

    def since(self, day: date, zone: str) -> tuple[Interval, ...]:
        """The intervals of four days since midnight of one, of a zone by its name."""
        try:
            midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
        query = f"SELECT {COLUMNS} FROM {JOINED} WHERE start_ms >= ? AND start_ms < ?"  # noqa: S608 - question marks
        begin = wall_ms(midnight.astimezone(UTC))
        rows = self._all(query, (begin, begin + 4 * (_DAY // timedelta(milliseconds=1))))
        return self._understood(rows)

    def is_known(self, instance: str) -> bool:
        """Whether there is an interval of an instance."""
        query = "SELECT 1 FROM subject WHERE instance = ? LIMIT 1"
        return bool(self._all(query, (instance,)))

    def last_number(self) -> int:
        """The number of the newest interval; 0 where there is none."""
        return int(self._all("SELECT coalesce(max(number), 0) FROM interval")[0][0])

    def close(self) -> None:
        """End; more than once does no harm."""
        with self._lock:
            self._connection.close()

    def _range(self, since: datetime | None, until: datetime | None) -> tuple[int, int]:
        """From where to where intervals begin, in milliseconds."""
        low, high = self._all("SELECT coalesce(min(start_ms), 0), coalesce(max(start_ms), -1) + 1 FROM interval")[0]
        return (
            low if since is None else max(low, wall_ms(since)),
            high if until is None else min(high, wall_ms(until)),
        )

    def _look_through(self) -> None:
        """See that each word is one of ours: one that is not would make every answer fail."""
        try:
            words = self._all("SELECT DISTINCT activity FROM subject"), self._all("SELECT cut_by, method FROM manner")
            for (activity,) in words[0]:
                Activity(activity)
            for cut_by, method in words[1]:
                CutBy(cut_by), EnergyMethod(method or EnergyMethod.ESTIMATE)
        except (ValueError, Problem) as error:
            self._connection.close()
            if isinstance(error, Problem):
                raise
            raise damaged(self.path, str(error)) from error

    def _understood(self, rows: Iterable[tuple[Any, ...]]) -> tuple[Interval, ...]:
        try:
            return tuple(interval_of(row) for row in rows)
        except (ValueError, OverflowError) as error:
            raise damaged(self.path, str(error)) from error

    def _all(self, query: str, values: tuple[Any, ...] = ()) -> list[Any]:
        with explained(self.path, METERING), self._lock:
            return self._connection.execute(query, values).fetchall()


def _days(begin_ms: int, end_ms: int, zone: tzinfo) -> Iterator[tuple[date | None, int, int]]:
    """The dates between two moments, each with where it begins and ends within them."""
    at_ms = begin_ms
    while at_ms < end_ms:
        day = moment_of(at_ms).astimezone(zone).date()
        after = day + _DAY
        ends_ms = wall_ms(datetime(after.year, after.month, after.day, tzinfo=zone).astimezone(UTC))
        # A zone may leap over its midnight, and back: then the date goes on.
        ends_ms = min(end_ms, ends_ms if ends_ms > at_ms else at_ms + SLOT_MS)
        yield day, at_ms, ends_ms
        at_ms = ends_ms


def _batches(spans: Iterator[tuple[date | None, int, int]]) -> Iterator[list[tuple[date | None, int, int]]]:
    while batch := list(islice(spans, _DAYS_AT_ONCE)):
        yield batch


def _subjects(
    devices: Sequence[str], workloads: Sequence[str], activity: Activity | None
) -> tuple[str, tuple[Any, ...]]:
    """Which devices, workloads and activities, as a clause."""
    asked = (("device", devices), ("workload", workloads), ("activity", (activity.value,) if activity else ()))
    parts = [f"{column} IN ({_marks(some)})" for column, some in asked if some]
    return " AND ".join(parts) or "true", tuple(value for _, some in asked for value in some)


def _where(
    after: int, since: datetime | None, until: datetime | None, devices: Sequence[str], workloads: Sequence[str]
) -> tuple[str, tuple[Any, ...]]:
    parts: list[tuple[str, Iterable[Any]]] = [("interval.number > ?", (after,))]
    if since is not None:
        if not after:
            # By the index of times (hence the +) to the first one: the years before it are not gone through.
            first = "interval.number >= (SELECT min(+number) FROM interval WHERE start_ms >= ?)"
            parts = [(first, (wall_ms(since),))]
        parts.append(("start_ms >= ?", (wall_ms(since),)))
    if until is not None:
        parts.append(("start_ms < ?", (wall_ms(until),)))
    if devices:
        parts.append((f"device IN ({_marks(devices)})", devices))
    if workloads:
        parts.append((f"workload IN ({_marks(workloads)})", workloads))
    return " AND ".join(clause for clause, _ in parts), tuple(value for _, some in parts for value in some)


def _names(names: str | Sequence[str] | None) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names or ())


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
