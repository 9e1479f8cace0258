"""Whether a certificate still fits the machine as it is now: what changed since, and what cannot be told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from netmind_tui.certify.scope import identity
from netmind_tui.certify.together import changed
from netmind_tui.model.certificate import Certificate, CertifiedDevice, CertifiedEnvironment
from netmind_tui.model.device import Device, Driver
from netmind_tui.model.host import Boundary

_MEMBERS = ("name", "memory_total_bytes", "power_limit_w", "ecc_enabled", "mig_enabled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The machine as it was last described; ``id`` is the operating system's, where it has one."""

    driver: Driver | None
    devices: Sequence[Device]
    boundaries: Mapping[Boundary, str]
    id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a certificate stands to the machine: ``changes`` make it outdated, each in words.

    ``unknown`` is what cannot be told now; ``uncovered`` are devices that it says nothing of, as it may never have.
    """

    changes: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    uncovered: tuple[str, ...] = ()


def standing(certificate: Certificate, machine: Machine) -> Standing:
    """Hold a certificate's environment against the machine.

    What the machine does not say now (a card that sleeps, or is lost) is not taken for a change.
    """
    certified = certificate.environment
    here = {device.id: device for device in machine.devices}
    known = {each.device: here[each.device] for each in certified.devices if each.device in here}
    silent = {name: device for name, device in known.items() if device.lost is not None}
    now = CertifiedEnvironment(
        driver=_driver(certified, machine.driver),
        devices=tuple(_now(each, known[each.device]) for each in certified.devices if each.device in known),
        boundaries=dict(machine.boundaries),
    )
    unknown = [f"{name} does not answer" for name in silent]
    if certified.driver is not None and machine.driver is not None and machine.driver.version is None:
        unknown.append("the driver does not say its version")
    others = [
        f"{each.device} is another device than the one that was certified"
        for each in certified.devices
        if each.device in known and _is_another(certificate, each, known[each.device], machine.id)
    ]
    return Standing(
        changes=(*changed(certified, now), *others),
        unknown=tuple(unknown),
        uncovered=tuple(name for name in here if name not in {each.device for each in certified.devices}),
    )


def _driver(certified: CertifiedEnvironment, driver: Driver | None) -> str | None:
    if driver is None:
        return None
    return driver.version if driver.version is not None else certified.driver


def _now(certified: CertifiedDevice, device: Device) -> CertifiedDevice:
    """The device as it is, where it says so, and else as it was certified."""
    said = {name: getattr(device, name) for name in _MEMBERS}
    return replace(certified, **{name: value for name, value in said.items() if value is not None})


def _is_another(certificate: Certificate, certified: CertifiedDevice, device: Device, machine: str | None) -> bool:
    found = identity(device, certificate.scope, machine)
    return found is not None and certified.identity is not None and found != certified.identity
