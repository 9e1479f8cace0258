"""The shareable form of a benchmark run: what a certificate signs, and what strangers read.

Members are listed here one by one, so that nothing of a run gets out because somebody forgot to take it away: no
host name, user, path, UUID, serial number, slot or process has a place in it.
"""

from dataclasses import dataclass
from typing import Literal

from netmind_tui.model.finding import Status
from netmind_tui.model.host import Boundary
from netmind_tui.model.info import Tool
from netmind_tui.model.measurement import Environment, Measurement, Rate, Sharing


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultDevice:
    """One device. ``device`` is its name within the document (``gpu:0``).

    ``identity`` is its salted identity, 64 hexadecimal digits; null where the device has none of its own that stays.
    """

    device: str
    identity: str | None
    kind: str
    name: str | None
    memory_total_bytes: int | None
    compute_capability: str | None
    core_count: int | None
    power_limit_w: float | None
    power_limit_default_w: float | None
    ecc_enabled: bool | None
    mig_enabled: bool | None
    pcie_generation_max: int | None
    pcie_width_max: int | None
    sm_clock_max_mhz: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultHost:
    """The machine around the devices, as far as figures depend on it."""

    cpu_name: str | None
    architecture: str
    logical_cores: int
    usable_cores: float
    features: tuple[str, ...]
    memory_total_bytes: int | None
    os: str
    boundaries: dict[Boundary, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultFinding:
    """A finding about the machine or a device, without the words that might name something private."""

    id: str
    status: Status
    device: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One benchmark run, fit to be shown. Times are UTC in ISO 8601; figures are in base units."""

    schema: Literal["netmind.result/1"] = "netmind.result/1"
    run_id: str
    started_at: str
    finished_at: str
    suite: str
    seed: str
    tool: Tool
    host: ResultHost
    devices: tuple[ResultDevice, ...]
    environment: Environment
    measurements: tuple[Measurement, ...]
    together: bool
    alone: tuple[Measurement, ...]
    sharing: tuple[Sharing, ...]
    capacity: tuple[Rate, ...]
    findings: tuple[ResultFinding, ...]
    verdict: Status
