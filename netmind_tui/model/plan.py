"""The documents that say what would be measured: the catalogue, and the plan of a run."""

from dataclasses import dataclass
from typing import Literal

from netmind_tui.model.kernel import Kernel, Suite


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogDocument:
    """What ``netmind bench --list`` says."""

    schema: Literal["netmind.catalog/1"] = "netmind.catalog/1"
    kernels: tuple[Kernel, ...]
    suites: tuple[Suite, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """One kernel on one device as planned; ``refused`` says why it will not be tried."""

    kernel: str
    device: str
    shape: dict[str, int]
    expected_s: float
    memory_bytes: int
    refused: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDocument:
    """What ``netmind bench --dry-run`` says."""

    schema: Literal["netmind.plan/1"] = "netmind.plan/1"
    suite: str
    seed: int
    expected_s: float
    steps: tuple[PlannedStep, ...]
