"""Where samples come from: this machine, or a recording. The interface asks for what is new once a second."""

import threading
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Protocol

from netmind_tui.model.device import Device
from netmind_tui.model.doctor import Diagnosis
from netmind_tui.model.info import DeviceUse, Info
from netmind_tui.model.problem import Problem
from netmind_tui.model.recording import RecordingHeader
from netmind_tui.model.redaction import Redactor
from netmind_tui.model.sample import Sample
from netmind_tui.probe.description import describe, uses
from netmind_tui.probe.gpu import GpuProbe
from netmind_tui.probe.host import HostSampler
from netmind_tui.probe.owner import redactor
from netmind_tui.probe.recording import RecordingEnded, RecordingSource, RecordingWriter, refuse_existing
from netmind_tui.probe.sampler import MachineSource, Sampler
from netmind_tui.tui.hindsight import Hindsight

PERIOD_S = 1.0
_KEPT = 600
_SILENT_FROM_S = 3.0


class Feed(Protocol):
    """Samples, and what the machine is that they are of."""

    kind: str
    label: str

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        """End, without waiting for a driver that hangs."""

    def look(self) -> Info:
        """Describe the machine; may take seconds, so never asked for in the interface's own thread."""

    def uses(self, devices: Iterable[Device]) -> tuple[DeviceUse, ...] | None:
        """Who computes on these devices; costly, and nothing that a recording knows."""

    def examine(self) -> Diagnosis | None:
        """Look for trouble; takes seconds, too, but for a recording, of which only its samples can be looked at."""

    def new(self) -> list[Sample]:
        """The samples since the last call, oldest first."""

    def silent_s(self) -> float:
        """For how long no sample has come, once that is remarkable."""

    def ended(self) -> str | None:
        """Why there will be no further sample, if so."""


class _Inbox:
    """Samples between the sampler's thread and the interface: nobody waits for the other, and the oldest give way."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._samples: deque[Sample] = deque(maxlen=_KEPT)
        self._clock = clock
        self._heard_at = clock()

    def put(self, sample: Sample) -> None:
        self._samples.append(sample)
        self._heard_at = self._clock()

    def take(self) -> list[Sample]:
        taken = []
        while self._samples:
            taken.append(self._samples.popleft())
        return taken

    def silent_s(self) -> float:
        silent = self._clock() - self._heard_at
        return silent if silent >= _SILENT_FROM_S else 0.0


class Recorder:
    """Writes what is sampled to a file, redacted; in the sampler's thread, so that a stalled terminal loses nothing.

    ``trouble`` is why it stopped, once it has.
    """

    def __init__(self, path: Path, info: Callable[[], Info], hidden: Redactor) -> None:
        refuse_existing(path)
        self._path = path
        self._info = info
        self._hidden = hidden
        self._writer: RecordingWriter | None = None
        self.trouble: str | None = None

    def append(self, sample: Sample) -> None:
        """Write one sample; the first one after the header."""
        if self.trouble is not None:
            return
        try:
            self._writer = self._writer or self._open()
            self._writer.append(self._hidden.redact(sample))
        except (Problem, OSError) as error:
            self.trouble = error.sentence if isinstance(error, Problem) else f"{self._path}: {error}"

    def close(self) -> None:
        """Leave the file on the disk."""
        if self._writer is not None:
            with suppress(Problem):
                self._writer.close()

    def _open(self) -> RecordingWriter:
        info = self._info()
        header = RecordingHeader(
            started_at=info.generated_at,
            tool=info.tool,
            interval_s=PERIOD_S,
            redacted=True,
            host=info.host,
            driver=info.driver,
            devices=info.devices,
        )
        return RecordingWriter(self._path, self._hidden.redact(header))


class LiveFeed:
    """This machine. With ``record`` every sample is also written to that file, in the sampler's own thread.

    Raises:
        Problem: the file cannot be written.
    """

    kind = "live"
    label = ""

    def __init__(self, record: Path | None = None) -> None:
        self._probe = GpuProbe() if GpuProbe.library_found() else None
        self._inbox = _Inbox()
        self._sampler = Sampler(MachineSource(HostSampler(), self._probe), period_s=PERIOD_S, history_length=2)
        self._sampler.listen(self._inbox.put)
        self._writer = None if record is None else Recorder(record, self.look, redactor())
        if self._writer is not None:
            self._sampler.listen(self._writer.append)

    def start(self) -> None:
        """Begin to sample."""
        self._sampler.start()

    def stop(self) -> None:
        """End the sampler and the child that asks the driver."""
        self._sampler.stop()
        if self._writer is not None:
            self._writer.close()
        if self._probe is not None:
            self._probe.close()

    def look(self) -> Info:
        """See ``Feed``."""
        return describe(self._probe)

    def uses(self, devices: Iterable[Device]) -> tuple[DeviceUse, ...] | None:
        """See ``Feed``."""
        return uses(self._probe, devices) if self._probe is not None else ()

    def examine(self) -> Diagnosis:
        """See ``Feed``."""
        from netmind_tui.bench.doctor import examine  # noqa: PLC0415 - 30 ms that the first picture does without

        return examine(self._probe).diagnosis

    def new(self) -> list[Sample]:
        """See ``Feed``."""
        return self._inbox.take()

    def silent_s(self) -> float:
        """See ``Feed``."""
        return self._inbox.silent_s()

    def ended(self) -> str | None:
        """A machine never ends; a recording of it may."""
        return self._writer.trouble if self._writer is not None else None


class ReplayFeed:
    """A recording at the pace at which it was made; with ``again`` from the beginning when it has ended.

    ``ahead`` samples come at once, so that there is a history to begin with. A recording that is simulated says so,
    however it was opened.

    Raises:
        Problem: the file cannot be read or is no recording.
    """

    def __init__(self, path: Path, *, kind: str = "replay", again: bool = False, ahead: int = 0) -> None:
        self._path = path
        self._again = again
        self._ahead = ahead
        self._source = RecordingSource(path)
        self.header = self._source.header
        self.kind = "demo" if self.header.simulated else kind
        self.label = path.name
        self._hindsight = Hindsight(self.header)
        self._inbox = _Inbox()
        self._ended: str | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="replay", daemon=True)

    def start(self) -> None:
        """Begin to replay."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and let go of the file."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(1.0)
        self._source.close()

    def look(self) -> Info:
        """The machine as the recording describes it, with the devices as they were in the last sample."""
        return self._hindsight.info()

    def uses(self, devices: Iterable[Device]) -> None:
        """See ``Feed``."""

    def examine(self) -> Diagnosis:
        """What the last sample shows; the same value for as long as nothing changes."""
        return self._hindsight.diagnosis()

    def new(self) -> list[Sample]:
        """See ``Feed``."""
        taken = self._inbox.take()
        for sample in taken:
            self._hindsight.see(sample)
        return taken

    def silent_s(self) -> float:
        """See ``Feed``."""
        return 0.0 if self._ended else self._inbox.silent_s()

    def ended(self) -> str | None:
        """See ``Feed``."""
        return self._ended

    def _run(self) -> None:
        try:
            self._replay()
            while self._again and not self._stopping.is_set():
                self._source, self._ahead = RecordingSource(self._path), 0
                self._replay()
        except Problem as problem:
            self._ended = problem.sentence
        else:
            self._ended = self._source.notice or f"{self.label} has no further sample"

    def _replay(self) -> None:
        """Once from the beginning to the end."""
        with suppress(RecordingEnded):
            while not self._stopping.wait(self._pause_s()):
                self._inbox.put(self._source.sample())

    def _pause_s(self) -> float:
        return 0.0 if self._source.sample_count < max(1, self._ahead) else self.header.interval_s
