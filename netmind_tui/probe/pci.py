"""NVIDIA cards as the kernel lists them: read from sysfs, so that looking never wakes one."""

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

SYSFS = Path("/sys")

NVIDIA_DRIVER = "nvidia"

_NVIDIA_VENDOR = "0x10de"
_DISPLAY_CLASS = "0x03"
_SUSPENDED = (b"suspended", b"suspending")


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One NVIDIA display controller: its PCI slot, the kernel driver bound to it, and whether it is suspended."""

    slot: str
    driver: str | None
    asleep: bool


def nvidia_cards(sysfs: Path = SYSFS) -> tuple[Card, ...]:
    """The NVIDIA cards that the kernel sees, in PCI order; none where there is no such list (WSL, Windows, macOS)."""
    try:
        folders = sorted((sysfs / "bus/pci/devices").iterdir())
    except OSError:
        return ()
    return tuple(
        Card(slot=folder.name.lower(), driver=_driver(folder), asleep=_is_suspended(folder))
        for folder in folders
        if _read(folder / "vendor") == _NVIDIA_VENDOR and _read(folder / "class").startswith(_DISPLAY_CLASS)
    )


def is_asleep(slot: str, sysfs: Path = SYSFS) -> bool:
    """Whether the card in this slot is suspended."""
    # Once a second for every card: without a Path or a file object it costs a fifth.
    path = _status_path(str(sysfs), slot)
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        try:
            return os.read(descriptor, 32).strip() in _SUSPENDED
        finally:
            os.close(descriptor)
    except OSError:
        return False


@lru_cache(256)
def _status_path(sysfs: str, slot: str) -> str:
    return f"{sysfs}/bus/pci/devices/{slot}/power/runtime_status"


def loaded_driver_version(sysfs: Path = SYSFS) -> str | None:
    """The version of the NVIDIA kernel module that is loaded, if one is."""
    return _read(sysfs / "module/nvidia/version") or None


def normalised(slot: str) -> str:
    """NVML's ``00000000:81:00.0`` as the kernel writes it: ``0000:81:00.0``."""
    domain, _, rest = slot.lower().partition(":")
    return f"{int(domain, 16):04x}:{rest}"


def order(slot: str) -> tuple[int, ...]:
    """The key that sorts slots as the bus does."""
    return tuple(int(part, 16) for part in slot.replace(".", ":").split(":"))


def _is_suspended(folder: Path) -> bool:
    return _read(folder / "power/runtime_status").encode() in _SUSPENDED


def _driver(folder: Path) -> str | None:
    try:
        return (folder / "driver").readlink().name
    except OSError:
        return None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""
