"""The documents that describe a machine: what it is, and what it does at one instant."""

from dataclasses import dataclass, field
from typing import Literal

from netmind_tui.model.device import Device, Driver
from netmind_tui.model.finding import Finding
from netmind_tui.model.host import Host
from netmind_tui.model.reading import Absence
from netmind_tui.model.sample import DeviceSample, HostSample, Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """The program that wrote a document."""

    name: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceProcess:
    """A process that computes on a device. ``name`` is null where the process has ended or is somebody else's."""

    pid: int
    name: str | None = None
    memory_used_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceUse:
    """Who computes on one GPU or MIG slice; nobody is an empty list.

    ``processes`` is null where it cannot be seen, with the reason in ``absent``.
    """

    device: str
    processes: tuple[DeviceProcess, ...] | None = None
    absent: dict[str, Absence] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Info:
    """What ``netmind info`` says: the machine, its driver, its devices, and what its owner should know.

    ``generated_at`` is UTC in ISO 8601. ``driver`` is null where no GPU driver was found. ``now`` is one sample of the
    host and of the GPUs among ``devices``, whose processor utilisation covers only the time that describing took;
    ``in_use`` says who computes on those GPUs.
    """

    schema: Literal["netmind.info/1"] = "netmind.info/1"
    generated_at: str
    tool: Tool
    host: Host
    driver: Driver | None = None
    devices: tuple[Device, ...] = ()
    now: Sample | None = None
    in_use: tuple[DeviceUse, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleDocument:
    """One line of ``netmind info --watch``: everything that changes, read in one round. ``at`` is as in ``Sample``."""

    schema: Literal["netmind.sample/1"] = "netmind.sample/1"
    at: str
    host: HostSample
    devices: tuple[DeviceSample, ...] = ()
