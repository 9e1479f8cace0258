"""The processor, as Linux describes it in /proc/cpuinfo and /sys/devices/system/cpu."""

import re
from collections.abc import Iterable
from pathlib import Path

from netmind_tui.model.host import Cache, Cpu
from netmind_tui.model.reading import Absence, Reading
from netmind_tui.probe.kernelfile import Absences, children, cpu_list, integer, known, read_int, read_text

FEATURES_X86 = (
    "fma",
    "avx2",
    "avx_vnni",
    "avx512f",
    "avx512_vnni",
    "avx512_bf16",
    "avx512_fp16",
    "amx_tile",
    "amx_int8",
    "amx_bf16",
)
FEATURES_ARM = ("asimd", "asimddp", "i8mm", "bf16", "sve", "sve2")

# Arm processors give numbers instead of a name: the implementer and part numbers of their MIDR_EL1 register,
# as in util-linux's sys-utils/lscpu-arm.c.
_ARM_IMPLEMENTERS = {
    0x41: "ARM",
    0x46: "Fujitsu",
    0x48: "HiSilicon",
    0x4E: "NVIDIA",
    0x51: "Qualcomm",
    0x61: "Apple",
    0xC0: "Ampere",
}
_ARM_PARTS = {
    (0x41, 0xD03): "Cortex-A53",
    (0x41, 0xD05): "Cortex-A55",
    (0x41, 0xD07): "Cortex-A57",
    (0x41, 0xD08): "Cortex-A72",
    (0x41, 0xD09): "Cortex-A73",
    (0x41, 0xD0A): "Cortex-A75",
    (0x41, 0xD0B): "Cortex-A76",
    (0x41, 0xD0C): "Neoverse-N1",
    (0x41, 0xD0D): "Cortex-A77",
    (0x41, 0xD40): "Neoverse-V1",
    (0x41, 0xD41): "Cortex-A78",
    (0x41, 0xD42): "Cortex-A78AE",
    (0x41, 0xD44): "Cortex-X1",
    (0x41, 0xD47): "Cortex-A710",
    (0x41, 0xD49): "Neoverse-N2",
    (0x41, 0xD4F): "Neoverse-V2",
    (0x41, 0xD81): "Cortex-A720",
    (0x41, 0xD84): "Neoverse-V3",
    (0x41, 0xD8E): "Neoverse-N3",
    (0x46, 0x001): "A64FX",
    (0x48, 0xD01): "Kunpeng-920",
    (0x4E, 0x004): "Carmel",
    (0xC0, 0xAC3): "Ampere-1",
    (0xC0, 0xAC4): "Ampere-1a",
}

# Reading a clock may interrupt its core, and a monitor must not be the load: the mean of this many cores will do.
_CLOCKS_READ = 16

_CPUS = Path("sys/devices/system/cpu")


def read_cpu(root: Path, machine: str, *, quota_cores: float | None, fallback_cores: int) -> Cpu:
    """The processor of a Linux machine.

    Args:
        root: where ``proc`` and ``sys`` are.
        machine: the architecture as ``uname -m`` says it.
        quota_cores: what the cgroup allows, in cores; ``None`` for no limit.
        fallback_cores: logical CPUs to assume where /proc/cpuinfo does not say.
    """
    processors = _processors(read_text(root / "proc/cpuinfo").value or "")
    first = processors[0] if processors else {}
    arm = "CPU implementer" in first
    absent = Absences()
    logical = len(processors) or fallback_cores
    flags = set(first.get("Features" if arm else "flags", "").split())
    features = tuple(name for name in (FEATURES_ARM if arm else FEATURES_X86) if name in flags)
    if not flags:
        absent.reasons["features"] = Absence.NOT_SUPPORTED
    caches = _caches(root)
    if not caches:
        absent.reasons["caches"] = Absence.NOT_SUPPORTED
    return Cpu(
        name=absent.take("name", known(_name(processors, arm=arm))),
        architecture=machine,
        vendor=absent.take("vendor", known(_vendor(first, arm=arm))),
        family=absent.take("family", known(_number(first.get("CPU architecture" if arm else "cpu family")))),
        model=absent.take("model", known(_number(first.get("CPU part" if arm else "model")))),
        physical_cores=absent.take("physical_cores", known(_physical_cores(root, processors))),
        logical_cores=logical,
        usable_cores=_usable_cores(root, logical, quota_cores),
        clock_max_mhz=absent.take("clock_max_mhz", _clock_max_mhz(root)),
        governor=absent.take("governor", _governor(root)),
        features=features,
        caches=caches,
        absent=absent.reasons,
    )


def clock_mhz(root: Path) -> Reading[float]:
    """The present clock in MHz: the mean over a few cores spread across the machine."""
    policies = _policies(root)
    step = max(1, -(-len(policies) // _CLOCKS_READ))
    readings = [read_int(policy / "scaling_cur_freq") for policy in policies[::step]]
    clocks = [reading.value for reading in readings if reading.value is not None]
    if clocks:
        return Reading(sum(clocks) / len(clocks) / 1000)
    return Reading(absence=_first_reason(readings))


def _processors(cpuinfo: str) -> list[dict[str, str]]:
    """One table for each ``processor`` block; what old Arm kernels print once at the end goes to all of them."""
    processors: list[dict[str, str]] = []
    shared: dict[str, str] = {}
    for block in re.split(r"\n\s*\n", cpuinfo):
        pairs = (line.partition(":") for line in block.splitlines())
        table = {key.strip(): value.strip() for key, colon, value in pairs if colon}
        if integer(table.get("processor", "")) is None:
            shared.update(table)
        else:
            processors.append(table)
    return [{**shared, **table} for table in processors]


def _name(processors: list[dict[str, str]], *, arm: bool) -> str | None:
    if not processors:
        return None
    if not arm:
        return " ".join(processors[0].get("model name", "").split()) or None
    # Small cores come first in most numberings: all kinds are named, in the order in which they appear.
    names = dict.fromkeys(name for name in map(_arm_name, processors) if name is not None)
    return " + ".join(names) or None


def _arm_name(processor: dict[str, str]) -> str | None:
    implementer = _number(processor.get("CPU implementer"))
    part = _number(processor.get("CPU part"))
    if implementer is None or part is None:
        return None
    return _ARM_PARTS.get((implementer, part)) or f"Arm core {implementer:#04x}:{part:#05x}"


def _vendor(first: dict[str, str], *, arm: bool) -> str | None:
    if arm:
        return _ARM_IMPLEMENTERS.get(_number(first.get("CPU implementer")) or -1)
    return first.get("vendor_id") or None


def _number(text: str | None) -> int | None:
    """A number in decimal or with ``0x``; ``None`` for anything else."""
    if text is None:
        return None
    if re.fullmatch(r"0x[0-9a-fA-F]{1,16}", text):
        return int(text, 16)
    return integer(text)


def _physical_cores(root: Path, processors: list[dict[str, str]]) -> int | None:
    """Cores without their threads: by package and core number where /proc says, else by who shares a core."""
    numbers = {(table.get("physical id"), table.get("core id")) for table in processors}
    if processors and not any(None in pair for pair in numbers):
        return len(numbers)
    groups: set[str] = set()
    for cpu in children(root / _CPUS, "cpu[0-9]*"):
        siblings = read_text(cpu / "topology/core_cpus_list").value
        groups.add(siblings or read_text(cpu / "topology/thread_siblings_list").value or "")
    return len(groups) if groups and "" not in groups else None


def _usable_cores(root: Path, logical: int, quota_cores: float | None) -> float:
    status = read_text(root / "proc/self/status").value or ""
    allowed = re.search(r"^Cpus_allowed_list:\s*(\S+)$", status, re.MULTILINE)
    cpus = cpu_list(allowed[1]) if allowed else None
    # A kernel built for more CPUs than there are allows them all, present or not.
    cores = float(min(logical, len(cpus))) if cpus else float(logical)
    return cores if quota_cores is None else min(cores, quota_cores)


def _policies(root: Path) -> list[Path]:
    return children(root / _CPUS / "cpufreq", "policy*") or children(root / _CPUS, "cpu[0-9]*/cpufreq")


def _clock_max_mhz(root: Path) -> Reading[float]:
    readings = [read_int(policy / "cpuinfo_max_freq") for policy in _policies(root)]
    clocks = [reading.value for reading in readings if reading.value]
    return Reading(max(clocks) / 1000) if clocks else Reading(absence=_first_reason(readings))


def _governor(root: Path) -> Reading[str]:
    readings = [read_text(policy / "scaling_governor") for policy in _policies(root)]
    governors = sorted({reading.value for reading in readings if reading.value})
    return Reading("+".join(governors)) if governors else Reading(absence=_first_reason(readings))


def _first_reason(readings: Iterable[Reading[int]] | Iterable[Reading[str]]) -> Absence:
    reasons = (reading.absence for reading in readings if reading.absence is not None)
    return next(reasons, Absence.NOT_SUPPORTED)


def _caches(root: Path) -> tuple[Cache, ...]:
    """The caches of the first core that shows any, smallest level first."""
    for cpu in children(root / _CPUS, "cpu[0-9]*"):
        found = [_cache(index) for index in children(cpu / "cache", "index[0-9]*")]
        caches = [cache for cache in found if cache is not None]
        if caches:
            return tuple(sorted(caches, key=lambda cache: (cache.level, cache.kind)))
    return ()


def _cache(index: Path) -> Cache | None:
    level = read_int(index / "level").value
    kind = read_text(index / "type").value
    size = re.fullmatch(r"([0-9]{1,12})([KMG]?)", read_text(index / "size").value or "")
    if level is None or not kind or size is None:
        return None
    sharing = cpu_list(read_text(index / "shared_cpu_list").value or "")
    return Cache(
        level=level,
        kind=kind.lower(),
        size_bytes=int(size[1]) * {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}[size[2]],
        shared_by=len(sharing) if sharing else None,
    )
