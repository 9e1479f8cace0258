"""What the NVIDIA driver and its GPUs have that their owner should know, with the next step."""

from collections.abc import Iterable
from pathlib import Path

from netmind_tui.model.device import Device, DeviceKind, Driver, Trouble
from netmind_tui.model.finding import Action, Finding, Status
from netmind_tui.probe import pci

_PURPOSE = "without NVML no GPU of this machine can be measured, watched or lent"

# For each trouble: the next step, and what a scheduler does about it.
_DRIVER_REMEDIES = {
    Trouble.VERSION_MISMATCH: (
        "reboot, or end what uses a GPU, then `sudo modprobe -r nvidia_uvm nvidia_drm && sudo modprobe nvidia`",
        Action.REBOOT,
    ),
    Trouble.NOT_LOADED: (
        "load it with `sudo modprobe nvidia`; after a kernel update or with Secure Boot, reinstall the driver first",
        Action.ASK_OWNER,
    ),
    Trouble.TOO_OLD: ("install a newer NVIDIA driver (535 or later is recommended)", Action.ASK_OWNER),
    Trouble.NO_PERMISSION: (
        "join the group that `ls -l /dev/nvidiactl` names; in a container, pass the GPUs in (--gpus all)",
        Action.ASK_OWNER,
    ),
    Trouble.NO_ANSWER: (
        "look for Xid lines with `sudo dmesg | grep -i xid`, then reboot: a driver that hangs seldom recovers",
        Action.REBOOT,
    ),
    Trouble.CRASHED: (
        "reinstall the NVIDIA driver, so that its library and kernel module belong together, then reboot",
        Action.REBOOT,
    ),
}
_DRIVER_FALLBACK = ("run nvidia-smi: what it prints names the cause; then reinstall the driver", Action.ASK_OWNER)

_DEVICE_REMEDIES = {
    Trouble.FALLEN_OFF: (
        Status.FAIL,
        "reboot; if it happens again, look for Xid 79 with `sudo dmesg | grep -i xid` and check its power and seating",
        Action.REBOOT,
    ),
    Trouble.RESET_REQUIRED: (
        Status.FAIL,
        "end what runs on it, then `sudo nvidia-smi --gpu-reset -i {slot}`; reboot if that is refused",
        Action.RESET,
    ),
    Trouble.NO_ANSWER: (
        Status.ERROR,
        "end what runs on it, then `sudo nvidia-smi --gpu-reset -i {slot}`; reboot if that hangs too",
        Action.RESET,
    ),
    Trouble.CRASHED: (
        Status.ERROR,
        "end what runs on it, then `sudo nvidia-smi --gpu-reset -i {slot}`; if it goes on, reinstall the driver",
        Action.RESET,
    ),
    Trouble.GONE: (Status.FAIL, "reboot; if it stays away, check its power and seating", Action.REBOOT),
    Trouble.NO_PERMISSION: (
        Status.ERROR,
        "give this user access to its /dev/nvidia* file: `ls -l /dev/nvidia*` names the group to join",
        Action.ASK_OWNER,
    ),
    Trouble.NOT_LOADED: (Status.ERROR, "load the driver again: `sudo modprobe nvidia`", Action.ASK_OWNER),
}
_DEVICE_FALLBACK = (
    Status.ERROR,
    "look for Xid lines with `sudo dmesg | grep -i xid`; reset it, or reboot",
    Action.RESET,
)


def gpu_findings(driver: Driver, devices: Iterable[Device]) -> tuple[Finding, ...]:
    """What is wrong with the driver or with a GPU; nothing where all is well. A GPU that sleeps is well."""
    lost = [device for device in devices if device.lost is not None and device.kind is DeviceKind.GPU]
    findings = [_device_finding(device) for device in lost if device.lost != driver.problem]
    if driver.problem is not None:
        findings.insert(0, _driver_finding(driver.problem, driver.trouble or Trouble.FAILED))
    return tuple(findings)


def library_missing_finding(sysfs: Path = pci.SYSFS) -> Finding | None:
    """What keeps a card that the kernel sees from being used where NVIDIA's library is missing; none without a card.

    A card whose kernel module runs lacks only the library, which is how a container without the ``utility``
    capability looks; one without the module lacks the driver.
    """
    cards = pci.nvidia_cards(sysfs)
    if not cards:
        return None
    slots = ", ".join(card.slot for card in cards)
    loaded = pci.loaded_driver_version(sysfs)
    if loaded is not None or any(card.driver == pci.NVIDIA_DRIVER for card in cards):
        return Finding(
            id="gpu-library-missing",
            title=f"NVIDIA's management library libnvidia-ml.so.1 is missing, although its driver runs ({slots})",
            status=Status.ERROR,
            evidence=f"kernel module nvidia {loaded}" if loaded else "kernel module nvidia is bound to the card",
            purpose=_PURPOSE,
            remediation=(
                "in a container: start it with NVIDIA_DRIVER_CAPABILITIES=compute,utility; "
                "elsewhere: install the driver's libraries (libnvidia-compute, nvidia-driver-libs or nvidia-utils)"
            ),
            action=Action.ASK_OWNER,
        )
    others = sorted({card.driver for card in cards if card.driver is not None})
    return Finding(
        id="driver-missing",
        title=f"there is an NVIDIA card, but no NVIDIA driver for it ({slots})",
        status=Status.ERROR,
        evidence=f"bound to {', '.join(others)}" if others else "bound to no driver",
        purpose=_PURPOSE,
        remediation=(
            "the card is passed to a virtual machine: run this inside it, or bind the card to the NVIDIA driver"
            if others == ["vfio-pci"]
            else "install the NVIDIA driver with your distribution's package manager, then reboot"
        ),
        action=Action.ASK_OWNER,
    )


def unlisted_finding(gpus: Iterable[Device], sysfs: Path = pci.SYSFS) -> Finding | None:
    """Cards that are bound to the driver and that it does not list; a container may be given only some on purpose."""
    listed = {gpu.pci_slot for gpu in gpus}
    cards = [card.slot for card in pci.nvidia_cards(sysfs) if card.driver == pci.NVIDIA_DRIVER]
    unlisted = [slot for slot in cards if slot not in listed]
    if not unlisted or None in listed:
        return None
    return Finding(
        id="gpu-not-listed",
        title=f"the driver does not list every card that it serves ({', '.join(unlisted)})",
        status=Status.FAIL,
        actual=f"{len(cards) - len(unlisted)} listed",
        required=f"{len(cards)} on the bus",
        purpose="a card that its driver could not start can neither be measured nor lent",
        remediation="look for its slot in `sudo dmesg | grep -i nvrm`, then reboot; if it stays away, check its power",
        action=Action.REBOOT,
    )


def _driver_finding(problem: str, trouble: Trouble) -> Finding:
    remediation, action = _DRIVER_REMEDIES.get(trouble, _DRIVER_FALLBACK)
    return Finding(
        id=f"driver-{trouble}",
        title=problem,
        status=Status.ERROR,
        purpose=_PURPOSE,
        remediation=remediation,
        action=action,
    )


def _device_finding(device: Device) -> Finding:
    status, remediation, action = _DEVICE_REMEDIES.get(device.trouble or Trouble.FAILED, _DEVICE_FALLBACK)
    place = f" in PCI slot {device.pci_slot}" if device.pci_slot else ""
    return Finding(
        id=f"gpu-{device.trouble or Trouble.FAILED}",
        title=f"{device.id}{place} {device.lost}",
        status=status,
        actual="lost",
        required="answers",
        evidence=device.uuid,
        remediation=remediation.replace("{slot}", device.pci_slot or "SLOT"),
        action=action,
        device=device.id,
    )
