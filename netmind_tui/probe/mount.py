"""What is mounted where, from /proc/self/mountinfo."""

import re
from dataclasses import dataclass
from pathlib import Path

from netmind_tui.probe.kernelfile import read_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """One line of mountinfo, as proc(5) names its fields.

    ``subtree`` is the folder of the file system that shows at ``point``: ``/`` unless a part is mounted.
    """

    subtree: str
    point: str
    file_system: str
    source: str
    options: str


def read_mounts(root: Path) -> tuple[Mount, ...]:
    """Every mount that this process sees, in the order they were made; lines that are garbage are left out."""
    lines = (read_text(root / "proc/self/mountinfo").value or "").splitlines()
    return tuple(mount for mount in map(_parse, lines) if mount is not None)


def _parse(line: str) -> Mount | None:
    # 36 35 98:0 /subtree /point rw,noatime master:1 - ext3 /dev/sda1 rw,errors=continue
    before, _, after = line.partition(" - ")
    match before.split(), after.split():
        case [_, _, _, subtree, point, *_], [file_system, source, options, *_]:
            return Mount(
                subtree=_unescape(subtree),
                point=_unescape(point),
                file_system=file_system,
                source=_unescape(source),
                options=options,
            )
        case _:
            return None


def _unescape(text: str) -> str:
    """Undo the kernel's octal for blanks and backslashes."""
    return re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), text)
