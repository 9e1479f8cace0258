"""Looks after the worker of one device: starts it, samples the machine around it, and gives up on it when it must."""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from netmind_tui.bench.child import WorkerChild, WorkerGoneError
from netmind_tui.bench.judge import Witness
from netmind_tui.bench.protocol import Begun, Cause, Event, Outcome, Ready, Refusal, Request
from netmind_tui.bench.witness import Observation, is_lost
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.kernel import Phase, Provider
from netmind_tui.model.measurement import Because, Reason
from netmind_tui.model.sample import Sample

_POLL_S = 0.2
_TIMED_PHASE_S, _SILENT_PHASE_S = 30.0, 300.0
_TAINTS = frozenset({Cause.CRASH, Cause.MEMORY})
_SILENT_PHASES = frozenset({None, Phase.SETUP, Phase.COLD, Phase.VERIFY})
_SAMPLE_EVERY_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Senses:
    """How the machine is read from outside the worker.

    ``thermal_events`` is the CPU's throttle count; ``now`` gives UTC in ISO 8601; ``paused_s`` is for how long this
    process and its workers were stopped together so far.
    """

    sample: Callable[[], Sample]
    thermal_events: Callable[[], int | None]
    now: Callable[[], str]
    paused_s: Callable[[], float] = float


class AbandonedError(Exception):
    """A kernel was given up. ``device_gone`` says that others on this device need not be tried."""

    def __init__(self, because: Because, *, device_gone: bool = False) -> None:
        super().__init__(because.detail)
        self.because = because
        self.device_gone = device_gone


class Attendant:
    """One device's worker, started when it is first needed and again after each death.

    ``heard`` is told every event, and every poll (with ``None``): raising there ends the measurement.
    ``silence_s`` is how long the worker may say nothing; unless given, half a minute while it times, and five where
    it loads, compiles or checks.
    """

    def __init__(
        self, device: Device, senses: Senses, *, silence_s: float | None, heard: Callable[[Event | None], None]
    ) -> None:
        self._device = device
        self._senses = senses
        self._silence_s = silence_s
        self._heard = heard
        self._child: WorkerChild | None = None
        self._is_up = False

    def measure(self, request: Request, certified: Phase) -> tuple[Outcome | Refusal, Witness]:
        """Have one kernel measured and watched.

        Raises:
            AbandonedError: the worker died or hung, or the device was lost.
        """
        observation = Observation(self._device, certified, self._senses.now())
        try:
            if self._child is not None and not self._child.is_running:
                self.close()  # it died between two kernels: neither of them is to blame
            child = self._child or self._start(request.provider)
            child.ask(request)
            answer = self._follow(child, observation)
            if isinstance(answer, Refusal) and answer.cause in _TAINTS:
                self.close()  # an error on a device stays with its process
            return answer, observation.witness()
        except WorkerGoneError as error:
            raise self._gone(str(error)) from error
        except AbandonedError:
            self.close()
            raise

    def close(self) -> None:
        """End the worker, if there is one."""
        child, self._child, self._is_up = self._child, None, False
        if child is not None:
            child.kill()

    def _start(self, provider: Provider) -> WorkerChild:
        environment = {}
        if self._device.uuid is not None and self._device.kind is not DeviceKind.CPU:
            environment = {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": self._device.uuid}
        try:
            self._child = WorkerChild(provider, environment)
        except OSError as error:
            detail = f"cannot start a worker: {(error.strerror or str(error)).lower()}"
            raise AbandonedError(Because(Reason.WORKER_KILLED, detail), device_gone=True) from error
        return self._child

    def _follow(self, child: WorkerChild, observation: Observation) -> Outcome | Refusal:
        """Listen until the worker has an answer, sampling once a second while the certified phase lasts."""
        heard_at = sampled_at = monotonic()
        phase: Phase | None = None
        paused_s = self._senses.paused_s()
        while True:
            event = child.next_event(_POLL_S)
            self._heard(event)
            now = monotonic()
            if self._senses.paused_s() > paused_s:
                observation.paused_s += self._senses.paused_s() - paused_s
                paused_s, heard_at = self._senses.paused_s(), now
            if event is not None:
                heard_at = now
            elif now - heard_at > (limit_s := self._patience_s(phase)):
                detail = f"the worker said nothing for {limit_s:g} s and was ended"
                raise AbandonedError(Because(Reason.WORKER_HUNG, detail))
            if isinstance(event, Begun):
                phase = event.phase
            if isinstance(event, Ready):
                self._is_up = True
            elif isinstance(event, Begun) and observation.is_edge(event.phase):
                observation.enter(event.phase, self._look(child, observation), now, self._senses.thermal_events())
                sampled_at = now
            elif isinstance(event, Outcome | Refusal):
                return event
            if self._device.kind is not DeviceKind.CPU and now - sampled_at >= _SAMPLE_EVERY_S:
                sampled_at = now
                observation.add(self._look(child, observation), now)

    def _patience_s(self, phase: Phase | None) -> float:
        if self._silence_s is not None:
            return self._silence_s
        return _SILENT_PHASE_S if phase in _SILENT_PHASES else _TIMED_PHASE_S

    def _look(self, child: WorkerChild, observation: Observation) -> Sample:
        """Sample the machine; leave a lost device and spare a hot one."""
        sample = self._senses.sample()
        if is_lost(sample, self._device):
            detail = f"{self._device.id} stopped answering while it was measured"
            raise AbandonedError(Because(Reason.DEVICE_LOST, detail), device_gone=True)
        hot = observation.too_hot_c(sample)
        if hot is not None and observation.stopped_hot_c is None:
            observation.stopped_hot_c = hot
            child.stop_kernel()
        return sample

    def _gone(self, how: str) -> AbandonedError:
        """A worker that never came up says that nothing can be measured here, one that died says that it broke."""
        was_up = self._is_up
        self.close()
        if was_up or "killed by" in how:
            return AbandonedError(Because(Reason.WORKER_KILLED, how))
        return AbandonedError(Because(Reason.PROVIDER_NOT_LOADABLE, f"cannot start: {how}"), device_gone=True)
