"""How much memory the machine has and how much of it is free, from /proc/meminfo."""

import re
from dataclasses import dataclass
from pathlib import Path

from netmind_tui.model.reading import Reading
from netmind_tui.probe.kernelfile import known, read_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """The machine's memory in bytes. Available is what new work can have without swapping."""

    total: Reading[int]
    available: Reading[int]
    swap_total: Reading[int]


def read_memory(root: Path) -> Memory:
    """The memory of the whole machine; a container's limit is the cgroup's affair.

    Kernels before 3.14 do not say what is available: free pages and page cache are the estimate then.
    """
    text = read_text(root / "proc/meminfo")
    if text.value is None:
        return Memory(
            total=Reading(absence=text.absence),
            available=Reading(absence=text.absence),
            swap_total=Reading(absence=text.absence),
        )
    lines = re.findall(r"^(\w+):\s+([0-9]{1,15}) kB$", text.value, re.MULTILINE)
    table = {name: int(kibibytes) << 10 for name, kibibytes in lines}
    available = table.get("MemAvailable")
    if available is None and "MemFree" in table:
        available = table["MemFree"] + table.get("Cached", 0)
    return Memory(
        total=known(table.get("MemTotal")), available=known(available), swap_total=known(table.get("SwapTotal"))
    )
