"""What the NVIDIA driver wrote into the kernel's log since boot: its Xid lines, and whose fault each is."""

import os
import re
from collections import Counter
from pathlib import Path

from netmind_tui.model.device import Device
from netmind_tui.model.finding import Action, Finding, Status

_ROOT = Path("/")
_LINE = re.compile(r"NVRM: Xid \(PCI:([0-9a-fA-F:.]+)\): ([0-9]{1,4})")
_BOOT = re.compile(r"\bLinux version [0-9]")
_LOGS = ("dev/kmsg", "var/log/kern.log", "var/log/messages")
_MOST_BYTES = 16 << 20

_RESET = "end what runs on it, then `sudo nvidia-smi --gpu-reset -i {slot}`; reboot if that is refused"
# The Xids that tell of the card, its link or its driver; source: NVIDIA, "Xid errors".
_OF_THE_CARD = {
    48: ("an error of its memory that ECC could not correct", Action.RESET, _RESET),
    61: ("its own controller stopped", Action.RESET, _RESET),
    62: ("its own controller halted", Action.RESET, _RESET),
    63: ("a faulty row or page of its memory was noted", Action.RESET, _RESET),
    64: (
        "a faulty row or page of its memory could not be noted",
        Action.RESET,
        f"{_RESET}; replace it if this returns",
    ),
    74: ("an error of an NVLink", Action.RESET, f"{_RESET}; look at its NVLink bridge or board if this returns"),
    79: ("it fell off the bus", Action.REBOOT, "reboot; if this returns, check its power and seating"),
    95: ("an error of its memory that reached other programs too", Action.RESET, _RESET),
    119: ("its system processor did not answer", Action.RESET, _RESET),
    120: ("its system processor failed", Action.RESET, _RESET),
    140: ("an error of its memory that ECC could not correct", Action.RESET, _RESET),
}
# What a program of the user did, and only that program paid for.
_OF_A_PROGRAM = frozenset({13, 31, 43, 45, 68, 69, 94})


def xid_findings(devices: tuple[Device, ...], root: Path = _ROOT) -> tuple[Finding, ...]:
    """One finding for each kind of trouble of each card since boot; a log that may not be read is no fault."""
    log = _read_log(root)
    if log is None:
        return (
            Finding(
                id="xid-unread",
                title="Errors that the driver logged since boot (Xid): could not be read",
                status=Status.SKIP,
                remediation="run as root, or join the group that may read the kernel's log (adm)",
            ),
        )
    counts = Counter((match[1].lower(), int(match[2])) for match in _LINE.finditer(log))
    findings = [_finding(slot, number, count, devices) for (slot, number), count in sorted(counts.items())]
    if not findings:
        return (Finding(id="xid", title="The driver logged no error (Xid) since boot", status=Status.PASS),)
    return tuple(findings)


def _finding(slot: str, number: int, count: int, devices: tuple[Device, ...]) -> Finding:
    device = next((each for each in devices if each.pci_slot and _same(each.pci_slot, slot)), None)
    name = device.id if device is not None else f"the card in slot {slot}"
    times = "once" if count == 1 else f"{count} times"
    if number in _OF_A_PROGRAM:
        return Finding(
            id="xid-program",
            title=f"{name}: a program on it failed {times} since boot (Xid {number}), the card itself did not",
            status=Status.PASS,
            actual=str(number),
            device=None if device is None else device.id,
        )
    meaning, action, remediation = _OF_THE_CARD.get(
        number, ("see NVIDIA's list of Xid errors", Action.ASK_OWNER, "`sudo dmesg | grep -i xid` shows the whole line")
    )
    return Finding(
        id="xid-card",
        title=f"{name}: the driver logged Xid {number} {times} since boot: {meaning}",
        status=Status.WARN,
        actual=str(number),
        remediation=remediation.replace("{slot}", slot),
        action=action,
        device=None if device is None else device.id,
    )


def _same(slot: str, logged: str) -> bool:
    """The log leaves out the function, and older drivers the domain: ``0000:81:00`` is ``0000:81:00.0``."""
    whole = slot.partition(".")[0]
    return whole == logged.partition(".")[0] or whole.endswith(f":{logged.partition('.')[0]}")


def _read_log(root: Path) -> str | None:
    for name in _LOGS:
        text = _read(root / name)
        if text is not None:
            lines = text.splitlines()
            started = max((number for number, line in enumerate(lines) if _BOOT.search(line)), default=0)
            return "\n".join(lines[started:])
    return None


def _read(path: Path) -> str | None:
    """The log so far. The kernel's own never ends, and gives one line at each reading."""
    parts: list[bytes] = []
    left = _MOST_BYTES
    try:
        log = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return None
    try:
        while left > 0 and (part := os.read(log, 8192)):
            parts.append(part)
            left -= len(part)
    except BlockingIOError:
        pass
    except BrokenPipeError:  # lines were overwritten meanwhile
        pass
    except OSError:
        return None
    finally:
        os.close(log)
    return b"".join(parts).decode(errors="replace")
