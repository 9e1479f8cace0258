"""Hears how a run goes in its own thread, and keeps what is new until the interface asks."""

import threading
from collections.abc import Callable
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING

from netmind_tui.bench.protocol import Begun, Event, Noticed, Poised, Prepared, Surveying
from netmind_tui.model.measurement import Measurement
from netmind_tui.tui.bench_state import BenchMessage, Going, JobWent, RowFinished

if TYPE_CHECKING:
    from netmind_tui.bench.plan import Step

_HEARD = 480


class Watch:
    """A watcher of a run whose news are taken at any time: the latest of each device, and every row."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._began_at = clock()
        self._lock = threading.Lock()
        self._going: dict[str, Going] = {}
        self._shapes: dict[str, dict[str, int]] = {}
        self._begun: set[tuple[str, str]] = set()
        self._rows: list[Measurement] = []
        self._waiting: str | None = None

    def news(self) -> list[BenchMessage]:
        """What is new, in an order in which it can have happened."""
        with self._lock:
            rows, self._rows = self._rows, []
            went = JobWent(self._clock() - self._began_at, tuple(self._going.values()), self._waiting)
            return [*map(RowFinished, rows), went]

    def waits(self, device: str, holder: str) -> None:
        """Somebody else measures there."""
        with self._lock:
            self._waiting = f"waiting for {device}, which is being measured by {holder}"

    def began(self, step: "Step") -> None:
        """A kernel is about to be measured."""
        device, kernel = step.target.device.id, step.kernel.id
        with self._lock:
            self._waiting = None
            again = (kernel, device) in self._begun
            self._begun.add((kernel, device))
            self._shapes.pop(device, None)
            self._going[device] = Going(
                kernel=kernel,
                device=device,
                unit=step.kernel.unit,
                alone=again,
                began_s=self._clock() - self._began_at,
            )

    def heard(self, step: "Step", event: Event) -> None:
        """The worker said how it goes."""
        device = step.target.device.id
        with self._lock:
            going = self._going.get(device)
            if going is None:
                return
            going = replace(going, is_poised=isinstance(event, Poised))
            if isinstance(event, Begun):
                begun = (event.phase, self._clock() - self._began_at)
                going = replace(going, phases=(*going.phases, begun), phase_s=0.0, cap_s=None)
                going = replace(going, n=0, spread=None, first_spread=None)
            elif isinstance(event, Prepared):
                self._shapes[device] = event.shape
            elif isinstance(event, Surveying):
                going = replace(going, part=event.done_bytes / max(1, event.total_bytes))
            elif isinstance(event, Noticed):
                going = self._noticed(going, step, event)
            self._going[device] = going

    def finished(self, measurement: Measurement) -> None:
        """A kernel has its row."""
        with self._lock:
            self._going.pop(measurement.device, None)
            self._rows.append(measurement)

    def _noticed(self, going: Going, step: "Step", event: Noticed) -> Going:
        notice, shape = event.notice, self._shapes.get(going.device)
        if shape is not None and notice.seconds > 0:
            work = step.kernel.work_per_iteration(shape)
            value = notice.seconds if step.kernel.is_latency else work / notice.seconds
            going = replace(going, heard=(*going.heard, (notice.phase, value))[-_HEARD:])
        return replace(
            going,
            n=notice.n,
            spread=notice.rsd,
            first_spread=going.first_spread if going.first_spread is not None else notice.rsd,
            phase_s=notice.elapsed_s,
            cap_s=notice.cap_s,
        )
