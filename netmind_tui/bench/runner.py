"""Carries out a plan: holds each device while its kernels run, and keeps every row as soon as it is known."""

from functools import partial
from itertools import groupby
from pathlib import Path
from time import monotonic, sleep
from typing import Protocol

from netmind_tui.bench.attendant import AbandonedError, Attendant, Senses
from netmind_tui.bench.judge import judge, refused, unmeasured
from netmind_tui.bench.lock import DeviceHeldError, LockError, held
from netmind_tui.bench.plan import Plan, Step
from netmind_tui.bench.protocol import Event, Ready, Refusal, Request
from netmind_tui.model.device import Device
from netmind_tui.model.host import Host
from netmind_tui.model.measurement import Because, Measurement, Reason

_WAIT_S = 0.2


class DeadlineError(Exception):
    """The run's time is up; what was measured is kept."""


class Watcher(Protocol):
    """Hears how a run goes."""

    def waits(self, device: str, holder: str) -> None:
        """The device is held by somebody else, and this run waits for it."""

    def began(self, step: Step) -> None:
        """A kernel is about to be measured."""

    def heard(self, step: Step, event: Event) -> None:
        """The worker said something about it."""

    def finished(self, measurement: Measurement) -> None:
        """A kernel has its row, measured or not."""


class Runner:
    """One run of one plan.

    ``silence_s`` is how long a worker may say nothing (by phase unless given); ``max_time_s`` how long the whole run
    may take; with ``waits`` a device that is held by another measurement is waited for.
    """

    def __init__(
        self,
        plan: Plan,
        host: Host,
        senses: Senses,
        watcher: Watcher,
        *,
        lock_folder: Path,
        silence_s: float | None = None,
        max_time_s: float | None = None,
        waits: bool = False,
    ) -> None:
        self._plan = plan
        self._host = host
        self._senses = senses
        self._watcher = watcher
        self._lock_folder = lock_folder
        self._silence_s = silence_s
        self._ends_at = monotonic() + max_time_s if max_time_s is not None else float("inf")
        self._waits = waits
        self._told: tuple[str, str] | None = None
        self._step: Step | None = None
        self.measurements: list[Measurement] = []
        self.versions: Ready | None = None

    def run(self) -> None:
        """Measure everything. ``measurements`` grows as kernels finish, and keeps them whatever ends the run.

        Raises:
            DeadlineError: the time is up.
        """
        for _, steps in groupby(self._plan.steps, key=lambda step: step.target.device.id):
            self._measure_device(list(steps))

    def _measure_device(self, steps: list[Step]) -> None:
        device = steps[0].target.device
        if not any(step.is_tried for step in steps):
            for step in steps:
                self._keep(self._skip(step))
            return
        try:
            wait = partial(self._wait, device.id) if self._waits else None
            with held(device.uuid or device.id, since=self._senses.now(), folder=self._lock_folder, wait=wait):
                self._measure_held(device, steps)
        except DeviceHeldError as error:
            self._give_up(steps, Because(Reason.DEVICE_HELD, f"{device.id} is being measured by {error}"))
        except LockError as error:
            self._give_up(steps, Because(Reason.DEVICE_HELD, f"{device.id} cannot be locked: {error}"))

    def _wait(self, device: str, holder: str) -> None:
        """Say once for whom, and pause; the run's time goes on."""
        if (device, holder) != self._told:
            self._told = (device, holder)
            self._watcher.waits(device, holder)
        if monotonic() >= self._ends_at:
            raise DeadlineError
        sleep(_WAIT_S)

    def _measure_held(self, device: Device, steps: list[Step]) -> None:
        attendant = Attendant(device, self._senses, silence_s=self._silence_s, heard=self._hear)
        try:
            for index, step in enumerate(steps):
                try:
                    self._keep(self._measure(attendant, step))
                except AbandonedError as error:
                    if error.device_gone:
                        self._give_up(steps[index:], error.because)
                        return
                    self._keep(unmeasured(step, error.because, started_at=self._senses.now()))
        finally:
            attendant.close()

    def _measure(self, attendant: Attendant, step: Step) -> Measurement:
        if step.refused is not None or step.variant is None:
            return self._skip(step)
        self._step = step
        self._watcher.began(step)
        request = Request(
            kernel=step.kernel,
            variant=step.variant,
            provider=step.target.provider,
            seed=self._plan.seed,
            default_seed=self._plan.default_seed,
            rules=step.rules,
            threads=step.threads,
            memory_limit_bytes=step.memory_limit_bytes,
        )
        answer, witness = attendant.measure(request, self._plan.suite.certified_phase)
        if isinstance(answer, Refusal):
            return refused(step, answer, started_at=witness.started_at)
        return judge(step, answer, witness, self._host)

    def _skip(self, step: Step) -> Measurement:
        because = step.refused or Because(Reason.NOT_PLACEABLE, f"{step.kernel.id} has no form for this device")
        return unmeasured(step, because)

    def _hear(self, event: Event | None) -> None:
        if monotonic() >= self._ends_at:
            raise DeadlineError
        if isinstance(event, Ready):
            self.versions = event
        if event is not None and self._step is not None:
            self._watcher.heard(self._step, event)

    def _give_up(self, steps: list[Step], because: Because) -> None:
        """Rows for kernels that are not tried, each with its own reason if it has one."""
        for step in steps:
            self._keep(unmeasured(step, step.refused or because))

    def _keep(self, measurement: Measurement) -> None:
        self.measurements.append(measurement)
        self._watcher.finished(measurement)
