"""The documents of a recording: a header that says whose samples follow, then the samples as a watch prints them."""

from dataclasses import dataclass
from typing import Literal

from netmind_tui.model.device import Device, Driver
from netmind_tui.model.host import Host
from netmind_tui.model.info import SampleDocument, Tool
from netmind_tui.model.sample import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingHeader:
    """The first line of a recording: the machine as it was when the recording began; one sample a line follows.

    ``started_at`` is UTC in ISO 8601. ``interval_s`` is the pace that was asked for; when a sample was really taken is
    in the sample. ``redacted`` says that names, paths, UUIDs and addresses are placeholders, the same ones in every
    line. ``driver`` is null where no GPU driver was found. ``simulated`` says that there is no such machine: a program
    made its figures up.
    """

    schema: Literal["netmind.recording/1"] = "netmind.recording/1"
    started_at: str
    tool: Tool
    interval_s: float
    redacted: bool
    simulated: bool = False
    host: Host
    driver: Driver | None = None
    devices: tuple[Device, ...] = ()


def as_document(sample: Sample) -> SampleDocument:
    """A sample as a line of a recording or of a watch."""
    return SampleDocument(at=sample.at, host=sample.host, devices=sample.devices)


def as_sample(document: SampleDocument) -> Sample:
    """The sample in such a line."""
    return Sample(at=document.at, host=document.host, devices=document.devices)
