"""The machine around the devices: processor, memory, disks and what limits them."""

from dataclasses import dataclass, field
from enum import StrEnum

from netmind_tui.model.reading import Absence


class Boundary(StrEnum):
    """What stands between this process and the bare machine, outermost last.

    The small virtual machine in which WSL 2 runs is part of ``wsl``.
    """

    CONTAINER = "container"
    WSL = "wsl"
    VM = "vm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache:
    """One level of cache as one core sees it; ``shared_by`` is how many logical CPUs share it."""

    level: int
    kind: str
    size_bytes: int
    shared_by: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cpu:
    """The processor.

    ``features`` are those that decide AI speed (``avx2``, ``avx512_vnni``, ``amx_int8``, ``asimddp``). ``family`` and
    ``model`` are the vendor's numbers (Arm: architecture version and part). ``usable_cores`` is what this process may
    use: affinity and cgroup quota counted (a quota of 1.5 reads 1.5). ``clock_max_mhz`` is the firmware's, absent in
    most virtual machines.
    """

    name: str | None = None
    architecture: str
    vendor: str | None = None
    family: int | None = None
    model: int | None = None
    physical_cores: int | None = None
    logical_cores: int
    usable_cores: float
    clock_max_mhz: float | None = None
    governor: str | None = None
    features: tuple[str, ...] = ()
    caches: tuple[Cache, ...] = ()
    absent: dict[str, Absence] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """One mounted file system of a real disk."""

    mount_point: str
    device: str
    file_system: str
    total_bytes: int
    free_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """This machine. ``memory_limit_bytes`` is the cgroup's, if lower than the memory there is.

    ``boundaries`` lists container, WSL and VM with a name where known, e.g. ``{"vm": "kvm"}``.
    """

    hostname: str
    os: str
    kernel: str
    python: str
    cpu: Cpu
    memory_total_bytes: int | None = None
    memory_limit_bytes: int | None = None
    swap_total_bytes: int | None = None
    boundaries: dict[Boundary, str] = field(default_factory=dict)
    has_battery: bool | None = None
    disks: tuple[Disk, ...] = ()
    boot_at: str | None = None
    absent: dict[str, Absence] = field(default_factory=dict)
