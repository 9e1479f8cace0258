"""Where samples come from: what the interface asks once a second for what is new; and this machine as such a feed."""

import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from netmind_tui.bench.senses import SharedSample
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
from netmind_tui.probe.recording import RecordingWriter, refuse_existing, refuse_unwritable
from netmind_tui.probe.sampler import MachineSource, Sampler
from netmind_tui.tui.inbox import Inbox
from netmind_tui.tui.link_way import own_link

PERIOD_S = 1.0


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


class Recorder:
    """Writes what is sampled to a file, redacted; in the sampler's thread, so that a stalled terminal loses nothing.

    ``trouble`` is why it stopped, once it has.
    """

    def __init__(self, path: Path, info: Callable[[], Info], hidden: Redactor) -> None:
        refuse_existing(path, "give another name")
        refuse_unwritable(path)
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
        except Problem as problem:
            self.trouble = f"the recording ended: {problem.sentence}"
        except BrokenPipeError:
            self.trouble = f"the recording ended: whoever read {self._path} went away"

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
        self._inbox = Inbox()
        # A benchmark takes part in this: one sampler a machine.
        self.shared = SharedSample(MachineSource(HostSampler(), self._probe).sample)
        self._sampler: Sampler | None = None
        self._lock = threading.Lock()
        self._is_ending = False
        self._writer = None if record is None else Recorder(record, self.look, redactor())
        self.link = own_link(self._take, self._sample_alone)

    def start(self) -> None:
        """Begin to sample, or to take the samples of an agent."""
        self.link.start()

    def stop(self) -> None:
        """End the sampler and the child that asks the driver."""
        self._is_ending = True
        self.link.stop()
        self._sample_alone(False)
        if self._writer is not None:
            self._writer.close()
        if self._probe is not None:
            self._probe.close()

    def _take(self, sample: Sample) -> None:
        self._inbox.put(sample)
        if self._writer is not None:
            self._writer.append(sample)

    def _sample_alone(self, alone: bool) -> None:
        """Begin or end to sample: where an agent does, its samples are enough for everybody."""
        with self._lock:
            if alone and self._sampler is None and not self._is_ending:
                self._sampler = Sampler(self.shared, period_s=PERIOD_S, history_length=2)
                self._sampler.listen(self._take)
                self._sampler.start()
            elif not alone and self._sampler is not None:
                self._sampler.stop()
                self._sampler = None

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
