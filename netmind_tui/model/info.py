"""The documents that describe a machine: what it is, and what it does at one instant."""

from dataclasses import dataclass
from typing import Literal

from netmind_tui.model.device import Device, Driver
from netmind_tui.model.finding import Finding
from netmind_tui.model.host import Host
from netmind_tui.model.sample import DeviceSample, HostSample


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """The program that wrote a document."""

    name: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Info:
    """What ``netmind info`` says: the machine, its driver, its devices, and what its owner should know.

    ``generated_at`` is UTC in ISO 8601. ``driver`` is null where no GPU driver was found.
    """

    schema: Literal["netmind.info/1"] = "netmind.info/1"
    generated_at: str
    tool: Tool
    host: Host
    driver: Driver | None = None
    devices: tuple[Device, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleDocument:
    """One line of ``netmind info --watch``: everything that changes, read in one round. ``at`` is as in ``Sample``."""

    schema: Literal["netmind.sample/1"] = "netmind.sample/1"
    at: str
    host: HostSample
    devices: tuple[DeviceSample, ...] = ()
