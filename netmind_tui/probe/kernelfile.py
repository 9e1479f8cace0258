"""Reading the small text files of /proc and /sys, each one failing alone.

A file that is missing, forbidden or garbage is an absence with its reason, never an exception: kernels, containers
and firmware leave out any of them.
"""

import re
from pathlib import Path
from typing import TypeVar

from netmind_tui.model.reading import Absence, Reading

T = TypeVar("T")

_INTEGER = re.compile(r"[+-]?[0-9]{1,20}")
_MOST_CPUS = 1 << 16


class Absences:
    """Takes readings apart while a value is built: the values are handed on, the reasons are kept."""

    def __init__(self) -> None:
        self.reasons: dict[str, Absence] = {}

    def take(self, name: str, reading: Reading[T]) -> T | None:
        """The value of a reading, or ``None`` with its reason noted under ``name``."""
        if reading.absence is not None:
            self.reasons[name] = reading.absence
        return reading.value


def known(value: T | None, otherwise: Absence = Absence.NOT_SUPPORTED) -> Reading[T]:
    """A reading of a value that may be missing, and why it then is."""
    return Reading(absence=otherwise) if value is None else Reading(value)


def read_text(path: Path) -> Reading[str]:
    """The stripped text of a file; bytes that are not UTF-8 are replaced."""
    try:
        text = path.read_bytes().decode(errors="replace")
    except PermissionError:
        return Reading(absence=Absence.NO_PERMISSION)
    except OSError:  # missing, a folder, or a driver that answers EIO, EINVAL or ENODEV
        return Reading(absence=Absence.NOT_SUPPORTED)
    return Reading(text.strip("\0 \t\r\n"))


def read_int(path: Path) -> Reading[int]:
    """The whole number that a file consists of."""
    text = read_text(path)
    if text.value is None:
        return Reading(absence=text.absence)
    return known(integer(text.value))


def integer(text: str) -> int | None:
    """A decimal number as the kernel writes it; ``None`` for anything else."""
    return int(text) if _INTEGER.fullmatch(text.strip()) else None


def cpu_list(text: str) -> tuple[int, ...] | None:
    """The CPUs of a list such as ``0-3,8``; ``None`` for what is none."""
    cpus: set[int] = set()
    for part in text.split(","):
        ends = [integer(end) for end in part.split("-")]
        first, last = ends[0], ends[-1]
        if first is None or last is None or len(ends) > 2 or not 0 <= first <= last < _MOST_CPUS:  # noqa: PLR2004 - a range has two ends
            return None
        cpus.update(range(first, last + 1))
    return tuple(sorted(cpus))


def children(folder: Path, pattern: str = "*") -> list[Path]:
    """What a folder holds, in natural order (``cpu2`` before ``cpu10``); nothing where it cannot be listed."""
    try:
        found = list(folder.glob(pattern))
    except OSError:
        return []
    return sorted(found, key=lambda path: [int(part) if part.isdigit() else part for part in _pieces(path.name)])


def _pieces(name: str) -> list[str]:
    # The empty pieces keep words and numbers in turn, so that no number is ever compared with a word.
    return re.split(r"([0-9]+)", name)
