"""Samples that grow coarser with age: every second for ten minutes in memory, then ten seconds, a minute, a quarter.

What was sampled is written once a minute, so that an idle agent leaves the disk alone; an agent that is killed loses
the minute that was not written yet, and no event.
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from netmind_tui.model.control import HistoryQuery, Rollup
from netmind_tui.model.sample import Sample
from netmind_tui.node.journal.series import Part, rollup_of
from netmind_tui.node.journal.step import HOST, Step, add_all, merge, of_device, of_host, pack, unpack
from netmind_tui.node.journal.store import STEPS, Journal

_SECONDS = 600
_GAP_S = 10.0
_WAITING = 60
_TEN, _MINUTE, _QUARTER = STEPS

_Key = tuple[str, str]


@dataclass(slots=True)
class _Minute:
    """A minute on its way to the disk: its ten-second steps by their start."""

    start_s: int
    tens: dict[int, dict[_Key, Step]] = field(default_factory=dict)


class Rollups:
    """Takes every sample, writes batches, and answers for any time in the past; any thread may call it."""

    def __init__(self, journal: Journal, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._journal = journal
        self._clock = clock
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._seconds: deque[tuple[int, bytes]] = deque(maxlen=_SECONDS)
        self._places: dict[_Key, int] = {}
        self._open: _Minute | None = None
        # Without room on the disk an hour waits; it is history, and no more than that.
        self._ready: deque[_Minute] = deque(maxlen=_WAITING)
        self._before: tuple[float, Sample] | None = None
        self._last_minute_s = journal.last_step(_MINUTE)

    def add(self, sample: Sample) -> bool:
        """Take a sample; whether a minute is complete, and ``write`` is to be called."""
        at_s = datetime.fromisoformat(sample.at).timestamp()
        steps = self._steps(sample, at_s)
        with self._lock:
            self._seconds.append((int(at_s), pack({self._place(key): step for key, step in steps.items()})))
            start_s = int(at_s) // _MINUTE * _MINUTE
            if self._open is None or self._open.start_s != start_s:
                if self._open is not None:
                    self._ready.append(self._open)
                self._open = _Minute(start_s)
            ten = self._open.tens.setdefault(int(at_s) // _TEN * _TEN, {})
            for key, step in steps.items():
                ten.setdefault(key, Step()).add(step)
            return bool(self._ready)

    def write(self, *, everything: bool = False) -> bool:
        """Put what is complete on the disk, or ``everything`` there is; whether nothing of it waits any more."""
        with self._writing:
            with self._lock:
                if everything and self._open is not None:
                    self._ready.append(self._open)
                    self._open = None
                minutes = list(self._ready)
            for minute in minutes:
                rows = self._rows(minute)
                if rows is None or not self._journal.put_steps(rows):
                    return False
                self._last_minute_s = minute.start_s
                with self._lock:
                    if minute in self._ready:
                        self._ready.remove(minute)
            return True

    def history(self, query: HistoryQuery) -> Rollup:
        """Devices over a time, in the finest steps that are still there, or at least ``query.step_s`` apart.

        Raises:
            Problem: the file cannot be read, or the time ends before it begins.
        """
        with self._lock:
            keys = {place: key for key, place in self._places.items()}
            seconds = [
                Part(at_s, {keys[place]: step for place, step in unpack(body).items()}) for at_s, body in self._seconds
            ]
            unwritten = [
                Part(at_s, {key: _copy(step) for key, step in steps.items()})
                for minute in (*self._ready, *([self._open] if self._open else []))
                for at_s, steps in minute.tens.items()
            ]
        return rollup_of(self._journal, query, seconds, unwritten, self._clock())

    def close(self) -> None:
        """Write everything."""
        self.write(everything=True)

    def _steps(self, sample: Sample, at_s: float) -> dict[_Key, Step]:
        before_s, before = self._before or (0.0, None)
        self._before = (at_s, sample)
        # What a counter grew by while nobody looked belongs to no second.
        is_next = before is not None and 0 < at_s - before_s <= _GAP_S
        others = {(each.device, each.uuid): each for each in before.devices} if before and is_next else {}
        found = {(HOST, ""): of_host(sample.host, before.host if before and is_next else None)}
        for each in sample.devices:
            found[each.device, each.uuid or ""] = of_device(each, others.get((each.device, each.uuid)))
        return found

    def _place(self, key: _Key) -> int:
        return self._places.setdefault(key, len(self._places))

    def _rows(self, minute: _Minute) -> list[tuple[int, int, bytes]] | None:
        """The rows of a minute, and of the quarter before it where it is the first of another."""
        start_s = minute.start_s
        there = dict(self._journal.steps(_TEN, start_s, start_s + _MINUTE))
        rows = []
        total: dict[int, Step] = {}
        for at_s, steps in minute.tens.items():
            numbered = {}
            for key, step in steps.items():
                number = self._journal.number_of(*key)
                if number is None:
                    return None
                numbered[number] = step
            merged = merge([there[at_s]] if at_s in there else [])
            add_all(merged, numbered)
            rows.append((_TEN, at_s, pack(merged)))
            add_all(total, numbered)
        # After a restart within a minute, or a clock that was set back, more of it is there already.
        whole = merge(body for _, body in self._journal.steps(_MINUTE, start_s, start_s + 1))
        add_all(whole, total)
        rows.append((_MINUTE, start_s, pack(whole)))
        last_s = self._last_minute_s
        if last_s is not None and last_s // _QUARTER != start_s // _QUARTER:
            quarter_s = last_s // _QUARTER * _QUARTER
            bodies = [body for _, body in self._journal.steps(_MINUTE, quarter_s, quarter_s + _QUARTER)]
            rows.append((_QUARTER, quarter_s, pack(merge(bodies))))
        return rows


def _copy(step: Step) -> Step:
    copy = Step()
    copy.add(step)
    return copy
