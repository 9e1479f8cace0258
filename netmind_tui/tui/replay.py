"""A recording as a feed: its samples at the pace at which they were taken, and what they tell of the machine."""

import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from netmind_tui.model.device import Device
from netmind_tui.model.doctor import Diagnosis
from netmind_tui.model.info import DeviceUse, Info
from netmind_tui.model.problem import Problem
from netmind_tui.model.sample import Sample
from netmind_tui.probe.recording import RecordingEnded, RecordingSource
from netmind_tui.tui.hindsight import Hindsight
from netmind_tui.tui.inbox import Inbox


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
        self._inbox = Inbox()
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

    def uses(self, devices: Iterable[Device]) -> tuple[DeviceUse, ...] | None:  # noqa: ARG002 - it holds none
        """See ``Feed``."""
        return None

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
