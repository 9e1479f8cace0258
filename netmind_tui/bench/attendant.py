"""Looks after the worker of one device: starts it, samples the machine around it, and gives up on it when it must."""

from collections.abc import Callable
from time import monotonic

from netmind_tui.bench.child import WorkerChild, WorkerGoneError
from netmind_tui.bench.judge import Witness
from netmind_tui.bench.protocol import Begun, Cause, Event, Outcome, Poised, Ready, Refusal, Request
from netmind_tui.bench.senses import Senses
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
_EDGE_AGE_S = 0.05
"""Samples at the edges of a phase may be shared by devices that reach them together."""


class AbandonedError(Exception):
    """A kernel was given up. ``device_gone`` says that others on this device need not be tried."""

    def __init__(self, because: Because, *, device_gone: bool = False) -> None:
        super().__init__(because.detail)
        self.because = because
        self.device_gone = device_gone


class Attendant:
    """One device's worker, started when it is first needed and again after each death.

    ``heard`` is told every event, and every poll (with ``None``): raising there ends the measurement. ``poised`` is
    given what lets the worker begin its timed part, if the request asks it to wait for that.
    ``silence_s`` is how long the worker may say nothing; unless given, half a minute while it times, and five where
    it loads, compiles or checks.
    """

    def __init__(
        self,
        device: Device,
        senses: Senses,
        *,
        silence_s: float | None,
        heard: Callable[[Event | None], None],
        poised: Callable[[Callable[[], None]], None] = lambda go: go(),
    ) -> None:
        self._device = device
        self._senses = senses
        self._silence_s = silence_s
        self._heard = heard
        self._poised = poised
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
        patience = _Patience(self._silence_s, self._senses.paused_s)
        sampled_at = monotonic()
        while True:
            event = child.next_event(_POLL_S)
            self._heard(event)
            observation.paused_s += patience.heed(event)
            now = monotonic()
            if isinstance(event, Outcome | Refusal):
                return event
            if isinstance(event, Ready):
                self._is_up = True
            elif isinstance(event, Poised):
                self._poised(child.go)
            elif isinstance(event, Begun) and observation.is_edge(event.phase):
                at, sample = self._look(child, observation, _EDGE_AGE_S)
                observation.enter(event.phase, sample, at, self._senses.thermal_events(), self._senses.cpu_times())
                sampled_at = now
            if self._device.kind is not DeviceKind.CPU and now - sampled_at >= _SAMPLE_EVERY_S:
                sampled_at = now
                at, sample = self._look(child, observation, _SAMPLE_EVERY_S)
                observation.add(sample, at)

    def _look(self, child: WorkerChild, observation: Observation, max_age_s: float) -> tuple[float, Sample]:
        """Sample the machine; leave a lost device and spare a hot one."""
        at, sample = self._senses.look(max_age_s)
        if is_lost(sample, self._device):
            detail = f"{self._device.id} stopped answering while it was measured"
            raise AbandonedError(Because(Reason.DEVICE_LOST, detail), device_gone=True)
        hot = observation.too_hot_c(sample)
        if hot is not None and observation.stopped_hot_c is None:
            observation.stopped_hot_c = hot
            child.stop_kernel()
        return at, sample

    def _gone(self, how: str) -> AbandonedError:
        """A worker that never came up says that nothing can be measured here, one that died says that it broke."""
        was_up = self._is_up
        self.close()
        if was_up or "killed by" in how:
            return AbandonedError(Because(Reason.WORKER_KILLED, how))
        return AbandonedError(Because(Reason.PROVIDER_NOT_LOADABLE, f"cannot start: {how}"), device_gone=True)


class _Patience:
    """How long a worker has said nothing, and how long it may: ``silence_s``, or by phase."""

    def __init__(self, silence_s: float | None, paused_s: Callable[[], float]) -> None:
        self._silence_s = silence_s
        self._read_paused_s = paused_s
        self._paused_s = paused_s()
        self._heard_at = monotonic()
        self._phase: Phase | None = None
        self._is_poised = False

    def heed(self, event: Event | None) -> float:
        """Take note of an event or of none; the seconds for which this process and the worker were stopped meanwhile.

        Raises:
            AbandonedError: the worker has been silent for too long.
        """
        now, paused_s = monotonic(), self._read_paused_s() - self._paused_s
        self._paused_s += paused_s
        if event is not None:
            self._is_poised = isinstance(event, Poised)
        # One that is poised waits for other devices, each of which has its own attendant.
        if event is not None or paused_s or self._is_poised:
            self._heard_at = now
        elif now - self._heard_at > (limit_s := self._limit_s()):
            detail = f"the worker said nothing for {limit_s:g} s and was ended"
            raise AbandonedError(Because(Reason.WORKER_HUNG, detail))
        if isinstance(event, Begun):
            self._phase = event.phase
        return paused_s

    def _limit_s(self) -> float:
        if self._silence_s is not None:
            return self._silence_s
        return _SILENT_PHASE_S if self._phase in _SILENT_PHASES else _TIMED_PHASE_S
