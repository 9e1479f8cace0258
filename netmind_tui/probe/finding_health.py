"""What a GPU that answers has wrong with it: its memory, its link, its power and its heat, with the next step."""

from collections.abc import Iterator

from netmind_tui.model.device import Device, DeviceHealth
from netmind_tui.model.finding import Action, Finding, Status
from netmind_tui.model.sample import DeviceSample

_RESET = "end what runs on it, then `sudo nvidia-smi --gpu-reset -i {slot}`; reboot if that is refused"
_REBOOT = "end what runs on this machine, then reboot it"

# NVML's word: how bad it is, what it means, the next step, and what a scheduler does.
_RECOVERY = {
    "gpu-reset": (Status.FAIL, "it works again only after a reset", _RESET, Action.RESET),
    "bus-reset": (Status.FAIL, "it works again only after a reset of its bus", _RESET, Action.RESET),
    "node-reboot": (Status.FAIL, "it works again only after a reboot", _REBOOT, Action.REBOOT),
    "system-reboot": (Status.FAIL, "it works again only after a reboot", _REBOOT, Action.REBOOT),
    "drain-p2p": (
        Status.FAIL,
        "it must not exchange data with other GPUs any more",
        f"give it no new work that spans GPUs; once that has ended: {_RESET}",
        Action.DRAIN,
    ),
    "drain-and-reset": (
        Status.WARN,
        "it goes on with less than its full capacity until it is reset",
        f"give it no new work; {_RESET}",
        Action.DRAIN,
    ),
}
_RECOVERY_FALLBACK = (
    Status.FAIL,
    "the driver wants the machine looked after",
    "look for Xid lines with `sudo dmesg | grep -i xid`, and in the driver's manual for this action",
    Action.ASK_OWNER,
)
_SLOWED_BY_HARDWARE = ("hw_thermal_slowdown", "hw_power_brake_slowdown", "hw_slowdown")
_WORKSTATION = ("geforce", "quadro", "rtx", "titan", "laptop")


def health_findings(device: Device, health: DeviceHealth, sample: DeviceSample | None) -> tuple[Finding, ...]:
    """What is wrong with one GPU; if nothing is, one finding that says so. A lost one is somebody else's finding."""
    if device.lost is not None or device.asleep:
        return ()
    findings = [
        *_recovery(device, health),
        *_memory(device, health),
        *_ecc_mode(device, health),
        *(_link(device, sample) if sample is not None else ()),
        *(_slowdown(device, sample) if sample is not None else ()),
        *_power_limit(device),
    ]
    if not findings:
        findings.append(_healthy(device, health))
    return (*findings, *_persistence(device))


def _recovery(device: Device, health: DeviceHealth) -> Iterator[Finding]:
    word = health.recovery_action
    if word is None or word == "none":
        return
    status, meaning, remediation, action = _RECOVERY.get(word, _RECOVERY_FALLBACK)
    yield _finding(
        device,
        "gpu-recovery",
        f"the driver asks for the recovery action {word}: {meaning}",
        status,
        remediation,
        action,
        actual=word,
        required="none",
    )


def _memory(device: Device, health: DeviceHealth) -> Iterator[Finding]:
    if health.row_remapping_failed:
        yield _finding(
            device,
            "row-remapping-failed",
            "its memory has a faulty row and no spare one left to put in its place",
            Status.FAIL,
            "replace the card: it is a case for its warranty",
            Action.REPLACE,
            evidence=_errors(health),
        )
    if health.ecc_uncorrected_volatile:
        yield _finding(
            device,
            "ecc-uncorrected",
            f"its memory had {_times(health.ecc_uncorrected_volatile, 'error')} that ECC could not correct "
            "since its driver was loaded: what was computed then may be wrong",
            Status.FAIL,
            f"{_RESET}; replace the card if such errors come back",
            Action.RESET,
            actual=str(health.ecc_uncorrected_volatile),
            required="0",
            evidence=_errors(health),
        )
    if health.row_remapping_pending:
        yield _finding(
            device,
            "row-remapping-pending",
            "a faulty row of its memory is replaced by a spare one at the next reset",
            Status.WARN,
            _RESET,
            Action.RESET,
            evidence=_errors(health),
        )
    if health.page_retirement_pending:
        yield _finding(
            device,
            "page-retirement-pending",
            "a faulty page of its memory is taken out of use at the next reset",
            Status.WARN,
            _RESET,
            Action.RESET,
            evidence=_errors(health),
        )


def _ecc_mode(device: Device, health: DeviceHealth) -> Iterator[Finding]:
    if device.ecc_enabled is None:
        return
    if health.ecc_pending is not None and health.ecc_pending != device.ecc_enabled:
        now, then = ("on", "off") if device.ecc_enabled else ("off", "on")
        yield _finding(
            device,
            "ecc-pending",
            f"ECC is {now}, and will be {then} after the next reset",
            Status.WARN,
            _RESET if then == "on" else f"`sudo nvidia-smi -e 1 -i {{slot}}` keeps it on; or {_RESET}",
            Action.RESET,
        )
    elif not device.ecc_enabled and health.ecc_default:
        yield _finding(
            device,
            "ecc-off",
            "ECC is off, though this card comes with it on: errors of its memory go unnoticed",
            Status.WARN,
            f"`sudo nvidia-smi -e 1 -i {{slot}}`; then {_RESET}",
            Action.ASK_OWNER,
        )


def _link(device: Device, sample: DeviceSample) -> Iterator[Finding]:
    """The generation drops when idle, which saves power; the width does not."""
    width, most = sample.pcie_width, device.pcie_width_max
    if width is not None and most is not None and 0 < width < most:
        yield _finding(
            device,
            "pcie-narrow",
            f"its PCIe link runs with {_times(width, 'lane')} of {most}: copies to and from it are slower",
            Status.WARN,
            "switch the machine off, seat the card and its riser anew, and look at the slot's setting in the firmware",
            Action.ASK_OWNER,
            actual=f"x{width}",
            required=f"x{most}",
        )


def _slowdown(device: Device, sample: DeviceSample) -> Iterator[Finding]:
    reasons = sample.clocks_event_reasons or ()
    hardware = [reason for reason in _SLOWED_BY_HARDWARE if reason in reasons]
    heat = "" if sample.temperature_c is None else f"{sample.temperature_c} °C"
    if device.temperature_slowdown_c is not None and heat:
        heat += f", and it slows down at {device.temperature_slowdown_c} °C"
    if "hw_power_brake_slowdown" in hardware:
        yield _finding(
            device,
            "gpu-power-brake",
            "the machine's power supply brakes it right now",
            Status.FAIL,
            "look at the power supply and its cables: it asked the card to draw less",
            Action.ASK_OWNER,
            evidence=", ".join(hardware),
        )
    elif hardware:
        yield _finding(
            device,
            "gpu-slowed",
            "its hardware slows it down right now, to protect it from heat or from a lack of power",
            Status.FAIL,
            "let it cool, then look at its fans, at the air around it and at its power cables",
            Action.WAIT,
            evidence=", ".join([*hardware, *([heat] if heat else [])]),
        )
    elif "sw_thermal_slowdown" in reasons:
        yield _finding(
            device,
            "gpu-hot",
            "the driver slows it down right now, because it is hot",
            Status.WARN,
            "let it cool, then look at its fans and at the air around it",
            Action.WAIT,
            evidence=", ".join(["sw_thermal_slowdown", *([heat] if heat else [])]),
        )


def _power_limit(device: Device) -> Iterator[Finding]:
    limit, default = device.power_limit_w, device.power_limit_default_w
    if limit is not None and default is not None and limit < default - 1:
        yield _finding(
            device,
            "power-limit-low",
            f"its power limit is {limit:g} W, and it comes with {default:g} W: it may not reach its rates",
            Status.WARN,
            f"if nobody wants it so: `sudo nvidia-smi -pl {default:g} -i {{slot}}`",
            Action.NONE,
            actual=f"{limit:g}",
            required=f"{default:g}",
            unit="W",
        )


def _persistence(device: Device) -> Iterator[Finding]:
    is_of_a_workstation = any(word in (device.name or "").lower() for word in _WORKSTATION)
    if device.persistence_mode is False and not is_of_a_workstation:
        yield _finding(
            device,
            "persistence-off",
            "persistence mode is off: the first program to use it waits seconds for the driver",
            Status.PASS,
            "`sudo systemctl enable --now nvidia-persistenced`; until the next boot: `sudo nvidia-smi -pm 1 -i {slot}`",
            Action.NONE,
        )


def _healthy(device: Device, health: DeviceHealth) -> Finding:
    said = [
        ("ECC", device.ecc_enabled is True),
        ("no uncorrected error", health.ecc_uncorrected_volatile == 0),
        ("no row to remap", health.row_remapping_pending is False),
        ("no recovery action", health.recovery_action == "none"),
    ]
    told = [words for words, holds in said if holds]
    return Finding(
        id="gpu-health",
        title=f"{device.id} {device.name or ''} is in order".replace("  ", " "),
        status=Status.PASS,
        evidence=", ".join(told) or None,
        device=device.id,
    )


def _finding(
    device: Device,
    id_: str,
    sentence: str,
    status: Status,
    remediation: str,
    action: Action,
    *,
    actual: str | None = None,
    required: str | None = None,
    unit: str | None = None,
    evidence: str | None = None,
) -> Finding:
    return Finding(
        id=id_,
        title=f"{device.id}: {sentence}",
        status=status,
        actual=actual,
        required=required,
        unit=unit,
        evidence=evidence,
        remediation=remediation.replace("{slot}", device.pci_slot or "SLOT"),
        action=action,
        device=device.id,
    )


def _errors(health: DeviceHealth) -> str | None:
    counts = (
        ("uncorrected since the driver was loaded", health.ecc_uncorrected_volatile),
        ("uncorrected ever", health.ecc_uncorrected_aggregate),
        ("corrected since the driver was loaded", health.ecc_corrected_volatile),
        ("rows remapped", _sum(health.remapped_rows_corrected, health.remapped_rows_uncorrected)),
    )
    return ", ".join(f"{name}: {count}" for name, count in counts if count is not None) or None


def _sum(first: int | None, second: int | None) -> int | None:
    return None if first is None or second is None else first + second


def _times(count: int, thing: str) -> str:
    return f"{count} {thing}" + ("" if count == 1 else "s")
