"""One device of a run: locked, measured kernel by kernel, and given up when it is gone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic, sleep
from typing import Protocol

from netmind_tui.bench.attendant import AbandonedError, Attendant
from netmind_tui.bench.gate import Gate
from netmind_tui.bench.judge import judge, refused, unmeasured
from netmind_tui.bench.lock import DeviceHeldError, LockError, held
from netmind_tui.bench.plan import Step
from netmind_tui.bench.protocol import Event, Outcome, Refusal, Request
from netmind_tui.bench.senses import Senses
from netmind_tui.model.host import Host
from netmind_tui.model.kernel import Phase
from netmind_tui.model.measurement import Because, Measurement, Reason

_WAIT_S = 0.2


class Superior(Protocol):
    """Whom a lane reports to; called from the lane's own thread."""

    def tick(self) -> None:
        """Called at least five times a second; raising ends the lane."""

    def is_skipped(self, step: Step) -> bool:
        """Whether the owner wants no more of this step."""

    def waits(self, device: str, holder: str) -> None:
        """The device is held by somebody else, and the lane waits for it."""

    def began(self, step: Step) -> None:
        """A kernel is about to be measured."""

    def heard(self, step: Step, event: Event) -> None:
        """The worker said something about it."""

    def finished(self, step: Step, measurement: Measurement) -> None:
        """A kernel has its row, measured or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What holds for every lane of a run.

    ``silence_s`` is how long a worker may say nothing (by phase unless given); with ``waits`` a device that is held
    by another measurement is waited for.
    """

    seed: int
    default_seed: int
    certified: Phase
    host: Host
    senses: Senses
    lock_folder: Path
    silence_s: float | None = None
    waits: bool = False


class Lane:
    """The steps of one device, in order. With a ``gate``, each begins together with those of the other lanes."""

    def __init__(self, steps: Sequence[Step], terms: Terms, superior: Superior, gate: Gate | None = None) -> None:
        self._steps = steps
        self._terms = terms
        self._superior = superior
        self._gate = gate
        self._device = steps[0].target.device
        self._step = steps[0]
        self._told: str | None = None
        self._began_at = 0.0
        self._started_at = ""

    def run(self) -> None:
        """Measure everything; whatever ends it, no other lane waits for this one."""
        try:
            self._measure_all()
        finally:
            for step in self._steps:
                self._pass_by(step)

    def _measure_all(self) -> None:
        device = self._device
        if not any(step.is_tried for step in self._steps):
            for step in self._steps:
                self._keep(step, self._skip(step))
            return
        try:
            wait = self._wait if self._terms.waits else None
            since = self._terms.senses.now()
            with held(device.uuid or device.id, since=since, folder=self._terms.lock_folder, wait=wait):
                self._measure_held()
        except DeviceHeldError as error:
            self._give_up(self._steps, Because(Reason.DEVICE_HELD, f"{device.id} is being measured by {error}"))
        except LockError as error:
            self._give_up(self._steps, Because(Reason.DEVICE_HELD, f"{device.id} cannot be locked: {error}"))

    def _wait(self, holder: str) -> None:
        """Say once for whom, and pause; the run's time goes on."""
        if holder != self._told:
            self._told = holder
            self._superior.waits(self._device.id, holder)
        self._superior.tick()
        sleep(_WAIT_S)

    def _measure_held(self) -> None:
        attendant = Attendant(
            self._device, self._terms.senses, silence_s=self._terms.silence_s, heard=self._hear, poised=self._poised
        )
        try:
            for index, step in enumerate(self._steps):
                try:
                    self._keep(step, self._measure(attendant, step))
                except AbandonedError as error:
                    if error.device_gone:
                        self._give_up(self._steps[index:], error.because)
                        return
                    self._keep(step, unmeasured(step, error.because, started_at=self._started_at))
        finally:
            attendant.close()

    def _measure(self, attendant: Attendant, step: Step) -> Measurement:
        if step.refused is not None or step.variant is None:
            return self._skip(step)
        self._superior.tick()
        if self._superior.is_skipped(step):
            return unmeasured(step, Because(Reason.SKIPPED_BY_OWNER, "skipped by the owner before it began"))
        self._step = step
        self._began_at, self._started_at = monotonic(), self._terms.senses.now()
        self._superior.began(step)
        request = Request(
            kernel=step.kernel,
            variant=step.variant,
            provider=step.target.provider,
            seed=self._terms.seed,
            default_seed=self._terms.default_seed,
            rules=step.rules,
            threads=step.threads,
            memory_limit_bytes=step.memory_limit_bytes,
            in_step=self._gate is not None,
            folder=str(step.folder) if step.folder is not None else None,
        )
        answer, witness = attendant.measure(request, self._terms.certified)
        if isinstance(answer, Refusal):
            return refused(step, answer, started_at=witness.started_at)
        measurement = judge(step, answer, witness, self._terms.host)
        return replace(measurement, elapsed_s=round(monotonic() - self._began_at, 3))

    def _skip(self, step: Step) -> Measurement:
        because = step.refused or Because(Reason.NOT_PLACEABLE, f"{step.kernel.id} has no form for this device")
        return unmeasured(step, because)

    def _hear(self, event: Event | None) -> None:
        self._superior.tick()
        if event is not None:
            self._superior.heard(self._step, event)
        # An answer that is there is kept: it was finished first.
        if self._superior.is_skipped(self._step) and not isinstance(event, Outcome | Refusal):
            after_s = monotonic() - self._began_at
            raise AbandonedError(Because(Reason.SKIPPED_BY_OWNER, f"skipped by the owner after {after_s:.1f} s"))

    def _poised(self, go: Callable[[], None]) -> None:
        if self._gate is None:
            go()
        else:
            self._gate.arrive(self._step.kernel.id, self._device.id, go)

    def _give_up(self, steps: Sequence[Step], because: Because) -> None:
        """Rows for kernels that are not tried, each with its own reason if it has one."""
        for step in steps:
            self._keep(step, unmeasured(step, step.refused or because))

    def _keep(self, step: Step, measurement: Measurement) -> None:
        self._pass_by(step)
        self._superior.finished(step, measurement)

    def _pass_by(self, step: Step) -> None:
        if self._gate is not None:
            self._gate.pass_by(step.kernel.id, self._device.id)
