"""Carries out a plan: the CPU by itself, GPUs at once or in turn, and every row kept as soon as it is known."""

import threading
from collections.abc import Iterable, Sequence
from time import monotonic
from typing import Protocol

from netmind_tui.bench.gate import Gate
from netmind_tui.bench.lane import Lane, Terms
from netmind_tui.bench.plan import Plan, Step, lanes_of
from netmind_tui.bench.protocol import Event, Ready
from netmind_tui.model.measurement import Measurement

_POLL_S = 0.1
_CLOSING_S = 15.0


class DeadlineError(Exception):
    """The run's time is up; what was measured is kept."""


class CancelledError(Exception):
    """Whoever started the run wants no more of it; what was measured is kept."""


class HaltedError(Exception):
    """The run ends for a reason that another thread knows."""


class Watcher(Protocol):
    """Hears how a run goes; never from two threads at once."""

    def waits(self, device: str, holder: str) -> None:
        """The device is held by somebody else, and this run waits for it."""

    def began(self, step: Step) -> None:
        """A kernel is about to be measured."""

    def heard(self, step: Step, event: Event) -> None:
        """The worker said something about it."""

    def finished(self, measurement: Measurement) -> None:
        """A kernel has its row, measured or not."""


class Runner:
    """One run of one plan; ``max_time_s`` is how long the whole run may take.

    ``measurements`` and ``alone`` grow as kernels finish, and keep them whatever ends the run.
    """

    def __init__(self, plan: Plan, terms: Terms, watcher: Watcher, *, max_time_s: float | None = None) -> None:
        self._plan = plan
        self._terms = terms
        self._watcher = watcher
        self._ends_at = monotonic() + max_time_s if max_time_s is not None else float("inf")
        self._lock = threading.Lock()
        self._halted = threading.Event()
        self._cancelled = threading.Event()
        self._at_work: tuple[Step, ...] = ()
        self._skipped: set[int] = set()
        self._rows: dict[int, Measurement] = {}
        self._places = {id(step): place for place, step in enumerate((*plan.steps, *plan.alone))}
        self.versions: Ready | None = None

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        """Every row so far, in the order of the plan."""
        return self._between(0, len(self._plan.steps))

    @property
    def alone(self) -> tuple[Measurement, ...]:
        """The rows of the kernels that were measured once more, on one device at a time."""
        return self._between(len(self._plan.steps), len(self._places))

    def run(self) -> None:
        """Measure everything.

        Raises:
            DeadlineError: the time is up.
            CancelledError: ``cancel`` was called.
        """
        plan = self._plan
        for lane in plan.lanes:
            if not plan.runs_at_once(lane):
                self._run_in_turn(lane)
        at_once = [lane for lane in plan.lanes if plan.runs_at_once(lane)]
        if at_once:
            self._run_together(at_once)
        for lane in lanes_of(plan.alone):
            self._run_in_turn(lane)

    def _run_in_turn(self, lane: Sequence[Step]) -> None:
        self._put_to_work(lane)
        Lane(lane, self._terms, self).run()

    def _put_to_work(self, steps: Iterable[Step]) -> None:
        with self._lock:
            self._at_work = tuple(steps)

    def _run_together(self, lanes: Sequence[Sequence[Step]]) -> None:
        self._put_to_work(step for steps in lanes for step in steps)
        gate = Gate((step.kernel.id, step.target.device.id) for steps in lanes for step in steps if step.is_tried)
        ended: list[BaseException] = []

        def run(steps: Sequence[Step]) -> None:
            try:
                Lane(steps, self._terms, self, gate).run()
            except HaltedError:
                return
            except BaseException as error:  # noqa: BLE001 - raised again where the run was started
                ended.append(error)
                self._halted.set()

        threads = [threading.Thread(target=run, args=(steps,), daemon=True) for steps in lanes]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                while thread.is_alive():
                    thread.join(_POLL_S)
        finally:
            # A signal ends this wait; the lanes then end their workers, and only a hung kernel call could keep one.
            self._halted.set()
            closes_at = monotonic() + _CLOSING_S
            for thread in threads:
                thread.join(max(0.0, closes_at - monotonic()))
            self._halted.clear()
        if ended:
            raise ended[0]

    def cancel(self) -> None:
        """End the run, from any thread: each lane hears of it at its next tick, and ends its worker."""
        self._cancelled.set()

    def skip(self, kernel: str) -> bool:
        """Leave a kernel out, from any thread, on every device that is at work and has not finished it.

        Each lane hears of it at its next tick, ends its worker, and goes on with the next kernel. Devices whose turn
        comes later still measure it. False where nobody at work has it before it.
        """
        with self._lock:
            left = [
                id(step)
                for step in self._at_work
                if step.kernel.id == kernel and step.is_tried and self._places[id(step)] not in self._rows
            ]
            self._skipped.update(left)
        return bool(left)

    def is_skipped(self, step: Step) -> bool:
        """Whether the owner wants no more of this step."""
        return id(step) in self._skipped

    def tick(self) -> None:
        """End the calling lane if the run is over."""
        if self._cancelled.is_set():
            raise CancelledError
        if self._halted.is_set():
            raise HaltedError
        if monotonic() >= self._ends_at:
            raise DeadlineError

    def waits(self, device: str, holder: str) -> None:
        """Pass it on."""
        with self._lock:
            self._watcher.waits(device, holder)

    def began(self, step: Step) -> None:
        """Pass it on."""
        with self._lock:
            self._watcher.began(step)

    def heard(self, step: Step, event: Event) -> None:
        """Pass it on; the first worker's versions stand for all."""
        with self._lock:
            if isinstance(event, Ready):
                self.versions = event
            self._watcher.heard(step, event)

    def finished(self, step: Step, measurement: Measurement) -> None:
        """Keep the row before anybody hears of it."""
        with self._lock:
            self._rows[self._places[id(step)]] = measurement
            self._watcher.finished(measurement)

    def _between(self, start: int, end: int) -> tuple[Measurement, ...]:
        with self._lock:
            return tuple(self._rows[place] for place in range(start, end) if place in self._rows)
