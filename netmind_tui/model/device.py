"""What can be measured and lent: GPUs, MIG slices and the host CPU."""

from dataclasses import dataclass, field
from enum import StrEnum

from netmind_tui.model.reading import Absence


class DeviceKind(StrEnum):
    """The kinds of device. A MIG slice is a device of its own, under its GPU."""

    CPU = "cpu"
    GPU = "gpu"
    MIG = "mig"


class Trouble(StrEnum):
    """Why a driver or a device that is there cannot be used: the stable word beside the sentence."""

    VERSION_MISMATCH = "version-mismatch"
    NOT_LOADED = "not-loaded"
    TOO_OLD = "too-old"
    NO_PERMISSION = "no-permission"
    NO_ANSWER = "no-answer"
    CRASHED = "crashed"
    FALLEN_OFF = "fallen-off"
    RESET_REQUIRED = "reset-required"
    GONE = "gone"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One device and what does not change while the machine runs.

    ``id`` is what people see and type (``gpu:0`` in PCI order, ``mig:0.1``, ``cpu``); ``uuid`` and
    ``pci_slot`` are what is stored. Every metric that is ``None`` although its kind of device could have
    it stands in ``absent`` with the reason. ``lost`` says in words why a device that is there cannot be read,
    ``trouble`` in one word; one that was lost after it was described keeps its description.
    """

    id: str
    kind: DeviceKind
    name: str | None = None
    uuid: str | None = None
    pci_slot: str | None = None
    parent: str | None = None
    lost: str | None = None
    trouble: Trouble | None = None
    asleep: bool = False
    memory_total_bytes: int | None = None
    compute_capability: str | None = None
    core_count: int | None = None
    memory_bus_width_bits: int | None = None
    sm_clock_max_mhz: int | None = None
    memory_clock_max_mhz: int | None = None
    power_limit_w: float | None = None
    power_limit_default_w: float | None = None
    power_limit_min_w: float | None = None
    power_limit_max_w: float | None = None
    temperature_slowdown_c: int | None = None
    temperature_shutdown_c: int | None = None
    ecc_enabled: bool | None = None
    mig_enabled: bool | None = None
    pcie_generation_max: int | None = None
    pcie_width_max: int | None = None
    nvlink_active_links: int | None = None
    persistence_mode: bool | None = None
    compute_mode: str | None = None
    vbios_version: str | None = None
    absent: dict[str, Absence] = field(default_factory=dict)


def card_of(device: str) -> str:
    """The id of the card that a device is a slice of, ``gpu:0`` for ``mig:0.1``; its own where it is none."""
    return f"gpu:{device.removeprefix('mig:').partition('.')[0]}" if device.startswith("mig:") else device


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceHealth:
    """What one GPU's driver says of its state of repair; ``None`` metrics stand in ``absent`` with the reason.

    Errors are of its memory: ``volatile`` since the driver was loaded, ``aggregate`` in its whole life. Rows are
    remapped from Ampere on, pages were retired before. ``recovery_action`` is NVML's word in lower case: ``none``,
    ``gpu-reset``, ``node-reboot``, ``drain-p2p``, ``drain-and-reset`` …
    """

    device: str
    ecc_default: bool | None = None
    ecc_pending: bool | None = None
    ecc_corrected_volatile: int | None = None
    ecc_uncorrected_volatile: int | None = None
    ecc_uncorrected_aggregate: int | None = None
    remapped_rows_corrected: int | None = None
    remapped_rows_uncorrected: int | None = None
    row_remapping_pending: bool | None = None
    row_remapping_failed: bool | None = None
    page_retirement_pending: bool | None = None
    recovery_action: str | None = None
    absent: dict[str, Absence] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """The NVIDIA driver: its version, the newest CUDA it serves, and the library's own version.

    ``problem`` is a sentence where a driver was expected and could not be used, and ``trouble`` the same in one word.
    """

    version: str | None = None
    cuda_version: str | None = None
    nvml_version: str | None = None
    problem: str | None = None
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputeProcess:
    """A process that computes on a device. ``memory_used_bytes`` is absent where the driver does not say (Windows)."""

    pid: int
    memory_used_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceUser:
    """A process that computes or draws on a device.

    ``memory_used_bytes`` is absent where the driver does not say, ``util_pct`` (of the time since it was last asked)
    where it cannot tell processes apart.
    """

    pid: int
    memory_used_bytes: int | None = None
    util_pct: float | None = None
