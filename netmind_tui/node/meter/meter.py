"""What each device did, measured in whole milliseconds as it happens, and handed to the file that keeps it.

``turned`` and ``look`` answer at once and are called where the agent acts; ``save`` waits for the disk and is called
elsewhere. What was closed stays in memory until the file has it.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from datetime import date
from typing import Protocol

from netmind_tui.model.metering import Activity, CutBy, Interval, Sum
from netmind_tui.model.problem import Problem
from netmind_tui.model.sample import Sample
from netmind_tui.node.agent.clock import Clock, Moment
from netmind_tui.node.meter.dial import Dial, Mark, slot_ends
from netmind_tui.node.meter.energy import CPU, LONGEST_MS, Gauge, Read, read_of
from netmind_tui.node.meter.outbox import Outbox, Puts
from netmind_tui.node.meter.piece import Checkpoint, Piece, shared
from netmind_tui.node.meter.processor import ProcessorTime
from netmind_tui.node.meter.recovery import recovered
from netmind_tui.node.meter.today import Today
from netmind_tui.node.work.instance import Left

_log = logging.getLogger(__name__)

SAVED_MS = 5000
"""How old what is on the disk of an open interval may be."""
# What may still come for an interval after its end: the device does not answer just now.
_MAY_COME = ("stale", "lost", None)


class Kept(Puts, Protocol):
    """Where intervals stay."""

    @property
    def degraded(self) -> str | None:
        """Why they would not outlive the agent, where they would not."""

    def come_home(self) -> Sequence[Interval] | None:
        """Go on where they belong, if it can be had by now; what they are still to be given there."""

    def new_id(self) -> str:
        """A name that no interval ever had."""

    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """What agents before this one left open."""

    def is_known(self, instance: str) -> bool:
        """Whether there is an interval of an instance."""

    def since(self, day: date, zone: str) -> Iterable[Interval]:
        """The intervals since midnight of a day, of a zone."""


class Meter:
    """Follows what devices do.

    Args:
        store: where intervals stay.
        clock: all clocks.
    """

    def __init__(self, store: Kept, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.RLock()
        self._dial = Dial()
        self._boot = ""
        self._open: dict[str, Piece] = {}
        self._closed: list[Piece] = []
        self._outbox = Outbox(store, self._lock)
        self._gauges: dict[str, Gauge] = {}
        self._cpu = ProcessorTime()
        self._today = Today()
        self._is_taken_up = False
        self._found: tuple[Sequence[Left], Moment] | None = None
        self._has_changed = False
        self._saved_ms = 0

    @property
    def degraded(self) -> str | None:
        """Why what is worked is not on the disk, where it is not."""
        return self._outbox.refused or self._store.degraded

    @property
    def is_due(self) -> bool:
        """Whether ``save`` has something to write: what changed, what was closed, or what is open and 5 s old."""
        with self._lock:
            is_old = bool(self._open or len(self._outbox)) and self._dial.mark.ms - self._saved_ms >= SAVED_MS
            # A disk that takes nothing is not asked each second.
            return is_old if self._outbox.refused else is_old or self._has_changed

    def take_up(self, lefts: Sequence[Left], now: Moment) -> None:
        """Close what an agent before this one left open; once, before anything else.

        Args:
            lefts: the instances that it left, and how each ended.
            now: after they ended.
        """
        with self._lock:
            if self._is_taken_up:
                return
            self._is_taken_up = True
            self._move(now)
            self._found = (lefts, now) if self._store.degraded is not None else None
            self._take_in(lefts, now)

    def turned(
        self,
        device: str,
        activity: Activity | None,
        *,
        uuid: str | None = None,
        workload: str | None = None,
        number: str | None = None,
        now: Moment,
        cpu_s: float | None = None,
    ) -> None:
        """A device does something else from now on, or nothing that is metered.

        Args:
            device: its id.
            activity: what it does.
            uuid: its UUID.
            workload: whose work it is.
            number: the start of the workload that it is of.
            now: the moment of the change, as the journal has it.
            cpu_s: the processor time that the instance which was on the device has had in all by now.
        """
        with self._lock:
            self._begin(now)
            was = self._open.get(device)
            asked = (activity, uuid, workload, number)
            if was is not None and was.instance is not None:
                self._cpu.count(was.instance, cpu_s, self._pieces())
            if was is not None and (was.activity, was.uuid, was.workload, was.instance) == asked:
                return
            if was is None and activity is None:
                return
            if was is not None:
                self._close(was, CutBy.CHANGE)
                if was.instance is not None and was.instance != number:
                    self._cpu.leave(was.instance, device)
            if activity is not None:
                if number is not None:
                    self._cpu.begin(number, device, cpu_s if was is None else None)
                self._go_on(device, uuid, activity, workload, number)
            self._settle()
            self._has_changed = True

    def look(self, now: Moment, sample: Sample, cpu_of: Callable[[str], float | None]) -> None:
        """Take in what was seen: energy, processor time, and that all goes on as it did.

        Args:
            now: the moment of the look.
            sample: what was read.
            cpu_of: the processor time that an instance has had in all, by its number.
        """
        with self._lock:
            self._begin(now)
            for device in {CPU, *(each.device for each in sample.devices), *(each.device for each in self._pieces())}:
                self._read(device, read_of(sample, device))
            for number in self._cpu.numbers():
                self._cpu.count(number, cpu_of(number), self._pieces())
            self._settle()
            self._today.turn(now)

    def end(self, now: Moment) -> None:
        """The agent ends: close everything."""
        with self._lock:
            self._begin(now)
            for each in tuple(self._open.values()):
                self._close(each, CutBy.AGENT_ENDED)
                if each.instance is not None:
                    self._cpu.leave(each.instance, each.device)
            self._settle(is_last=True)
            self._has_changed = True

    def today(
        self, device: str | None = None, *, workload: str | None = None, activity: Activity = Activity.WORK
    ) -> Sum:
        """What today, by the machine's zone, comes to so far: of a device, of a workload, or of both."""
        with self._lock:
            running = [each.interval() for each in self._pieces()]
            return self._today.sum(running, device, workload, activity)

    def save(self) -> None:
        """Write what waits, and what is open; it blocks, and ``degraded`` says how it went."""
        if not self._is_taken_up:
            return
        if self._found is not None and (kept := self._store.come_home()) is not None:
            for each in kept:
                self._outbox.add(each)
            self._take_in(*self._found)
            self._found = None
        self._outbox.write(self._rows)

    def _take_in(self, lefts: Sequence[Left], now: Moment) -> None:
        """Of what the file has: today, and what was left open."""
        with self._lock:
            try:
                self._today.begin(now, self._store)
            except Problem as problem:
                _log.warning("what was metered today cannot be read: %s", problem.sentence)
            try:
                found = self._store.checkpoints()
                for each in recovered(found, lefts, now, self._store.is_known, self._store.new_id):
                    self._finish(each)
            except Problem as problem:
                _log.warning("what was metered before cannot be read: %s", problem.sentence)
            self._has_changed = True

    def _begin(self, now: Moment) -> None:
        if not self._is_taken_up:
            self.take_up((), now)
        self._move(now)

    def _move(self, now: Moment) -> None:
        """Bring everything that is open up to now, cut where a quarter of an hour ended or the clock was set."""
        self._boot = now.boot
        before = self._dial.mark
        end, is_cut = self._dial.move(now)
        for slot in slot_ends(before, end) if self._open else ():
            self._cut(slot, CutBy.SLOT, slot)
        if is_cut:
            self._cut(end, CutBy.CLOCK, self._dial.mark)
        for each in self._open.values():
            each.reach(self._dial.mark)
        slept_ms = (self._dial.mark.uptime_ms - before.uptime_ms) - (self._dial.mark.ms - before.ms)
        if is_cut and slept_ms > 0:
            for gauge in self._gauges.values():
                gauge.rest()

    def _cut(self, end: Mark, why: CutBy, on: Mark) -> None:
        for each in tuple(self._open.values()):
            each.reach(end)
            self._close(each, why)
            self._go_on(each.device, each.uuid, each.activity, each.workload, each.instance, on)
        self._has_changed = True

    def _go_on(
        self,
        device: str,
        uuid: str | None,
        activity: Activity,
        workload: str | None,
        number: str | None,
        start: Mark | None = None,
    ) -> None:
        mark = start or self._dial.mark
        self._open[device] = Piece(
            id=self._store.new_id(),
            device=device,
            uuid=uuid,
            activity=activity,
            workload=workload,
            instance=number,
            start=mark,
            end=mark,
        )

    def _close(self, piece: Piece, why: CutBy) -> None:
        piece.cut_by = why
        self._closed.append(self._open.pop(piece.device))

    def _read(self, device: str, read: Read) -> None:
        gauge = self._gauges.setdefault(device, Gauge(device))
        own = [each for each in self._pieces() if each.device == device and each.unread_ms]
        mine = [each for each in own if each.uuid in (None, read.uuid) or read.uuid is None]
        stretch = gauge.take(self._dial.mark.ms, read)
        if stretch is not None:
            weights = [each.unread_ms for each in mine]
            parts = shared(stretch.energy_mj or 0, weights, stretch.length_ms)
            for each, part in zip(mine, parts, strict=True):
                each.power(stretch, part)
        if stretch is not None or read.absent not in _MAY_COME:
            for each in own:
                if each.cut_by is not None:
                    each.give_up(read.absent)

    def _settle(self, *, is_last: bool = False) -> None:
        """Let go of closed pieces whose energy and processor time are known, or will never be."""
        stay = []
        for each in self._closed:
            gauge = self._gauges.get(each.device)
            if is_last and gauge is not None and each.unread_ms:
                stretch = gauge.hold(each.unread_ms)
                each.power(stretch, stretch.energy_mj or 0)
            is_late = is_last or self._dial.mark.ms - each.end.ms > LONGEST_MS
            if is_late:
                each.give_up(gauge.absent if gauge is not None else None)
            if each.unread_ms or (self._cpu.waits(each) and not is_late):
                stay.append(each)
            else:
                self._finish(each)
        self._closed = stay

    def _finish(self, piece: Piece) -> None:
        if piece.duration_ms <= 0 and not piece.cpu_ms:
            return
        interval = piece.interval()
        self._outbox.add(interval)
        self._today.add(interval)
        self._has_changed = True

    def _pieces(self) -> list[Piece]:
        return [*self._closed, *self._open.values()]

    def _rows(self) -> dict[str, Checkpoint]:
        """What is open, for the file; from now on nothing has changed since."""
        self._has_changed, self._saved_ms = False, self._dial.mark.ms
        rows: dict[str, list[Piece]] = {}
        for each in self._pieces():
            # As it stands: it goes on while the file takes its time.
            rows.setdefault(each.device, []).append(copy(each))
        return {
            device: Checkpoint(boot=self._boot, pieces=tuple(pieces), cpu_ms=self._cpu.had(device))
            for device, pieces in rows.items()
        }
