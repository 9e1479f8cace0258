"""One thread that reads the machine at a steady pace, and a bounded history of what it read."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

from netmind_tui.model.reading import Absence
from netmind_tui.model.sample import DeviceSample, HostSample, Sample

_log = logging.getLogger(__name__)

_IDENTITY = {"device", "uuid", "absent"}
_STOP_S = 1.0

AnySample = TypeVar("AnySample", DeviceSample, HostSample)


class Source(Protocol):
    """Where samples come from: this machine, an agent's stream, or a recording."""

    def sample(self) -> Sample:
        """Read once."""


class HostSource(Protocol):
    """What reads the host."""

    def sample(self) -> HostSample:
        """Read once."""


class DeviceSource(Protocol):
    """What reads the devices."""

    def sample(self) -> tuple[DeviceSample, ...]:
        """Read each device once."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class MachineSource:
    """This machine: its host and, where it has any, its GPUs."""

    def __init__(
        self, host: HostSource, gpu: DeviceSource | None = None, now: Callable[[], datetime] = _utc_now
    ) -> None:
        self._host = host
        self._gpu = gpu
        self._now = now

    def sample(self) -> Sample:
        """Read the GPUs, then the host; the time is the one when the reading began."""
        at = self._now().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        devices = self._gpu.sample() if self._gpu is not None else ()
        return Sample(at=at, host=self._host.sample(), devices=devices)


class Sampler:
    """Reads a source every ``period_s`` seconds in a thread of its own; nobody else waits for the source.

    A source that raises costs its sample and one line of the log, repeated only when the error changes. While a
    source does not return, ``latest`` grows stale. A round that takes longer than the period leaves out the rounds
    it missed. Listeners are called in the sampler's thread.

    Args:
        source: what is read.
        period_s: seconds from one reading to the next.
        history_length: how many samples are kept.
        stale_after_s: the age from which a sample is stale; three periods by default.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        source: Source,
        *,
        period_s: float = 1.0,
        history_length: int = 600,
        stale_after_s: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._period_s = period_s
        self._stale_after_s = 3 * period_s if stale_after_s is None else stale_after_s
        self._clock = clock
        self._history: deque[tuple[float, Sample]] = deque(maxlen=history_length)
        self._listeners: list[Callable[[Sample], None]] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._complaints: dict[str, str] = {}
        self._thread = threading.Thread(target=self._run, name="sampler", daemon=True)

    def start(self) -> None:
        """Begin to sample; the first reading is at once."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; one that is held by its source is left behind after a second."""
        self._stopping.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(_STOP_S)

    def listen(self, listener: Callable[[Sample], None]) -> Callable[[], None]:
        """Call this with every new sample; what is returned ends that."""
        with self._lock:
            self._listeners.append(listener)

        def forget() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return forget

    def latest(self) -> Sample | None:
        """The newest sample, or ``None`` before the first; once stale, it has lost its values, so that none decides."""
        with self._lock:
            if not self._history:
                return None
            taken_at, sample = self._history[-1]
        return as_stale(sample) if self._clock() - taken_at > self._stale_after_s else sample

    def is_stale(self) -> bool:
        """Whether there is a newest sample that is too old."""
        with self._lock:
            return bool(self._history) and self._clock() - self._history[-1][0] > self._stale_after_s

    def history(self) -> tuple[Sample, ...]:
        """The samples that are kept, oldest first, as they were read."""
        with self._lock:
            return tuple(sample for _, sample in self._history)

    def tick(self) -> None:
        """Read once, keep it and tell the listeners; what goes wrong is logged."""
        taken_at = self._clock()
        try:
            sample = self._source.sample()
        except Exception as error:  # noqa: BLE001 - one bad reading must not end all later ones
            self._log_once("source", f"the machine could not be read: {type(error).__name__}: {error}")
            return
        self._complaints.pop("source", None)
        with self._lock:
            self._history.append((taken_at, sample))
            listeners = tuple(self._listeners)
        for listener in listeners:
            try:
                listener(sample)
            except Exception as error:  # noqa: BLE001 - nor may one listener take the sample from the others
                self._log_once("listener", f"a listener failed: {type(error).__name__}: {error}")

    def _run(self) -> None:
        due = self._clock()
        while not self._stopping.is_set():
            self.tick()
            missed = max(0, int((self._clock() - due) / self._period_s))
            due += (missed + 1) * self._period_s
            self._stopping.wait(max(0.0, due - self._clock()))

    def _log_once(self, about: str, sentence: str) -> None:
        if sentence != self._complaints.get(about):
            _log.warning("%s", sentence)
        self._complaints[about] = sentence


def as_stale(sample: Sample) -> Sample:
    """The same sample without its values; what was already absent keeps its own reason."""
    return replace(sample, host=_emptied(sample.host), devices=tuple(_emptied(device) for device in sample.devices))


def _emptied(part: AnySample) -> AnySample:
    names = [field.name for field in fields(part) if field.name not in _IDENTITY]
    reasons = {name: part.absent.get(name, Absence.STALE) for name in names}
    changes: dict[str, Any] = {**dict.fromkeys(names), "absent": reasons}
    return replace(part, **changes)
