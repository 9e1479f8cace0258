"""Within what a device can be recognised: the salt of a certificate, and the identities that it gives.

A scope is a public word that a verifier names. Its salt follows from the word, so one card has one identity in it,
whatever key signs; in another scope it has another one, and nobody can tell that both are the same card. Without a
scope the salt is random. Nobody comes from an identity to a UUID: that has 122 random bits.
"""

import hashlib
import re
import secrets

from netmind_tui.model.certificate import Scope
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

_NAME = re.compile(r"[a-z0-9][a-z0-9._/-]{0,63}")
_HEX = "[0-9a-f]"
# With what a driver writes around it: GPU-…, MIG-…, MIG-GPU-…/1/0. A placeholder of a shared run is none.
_UUID = re.compile(rf"(?:mig-)?(?:gpu-)?{_HEX}{{8}}(?:-{_HEX}{{4}}){{3}}-{_HEX}{{12}}(?:/\d+/\d+)?")


def open_scope(name: str | None) -> Scope:
    """The scope of that name, or one that nobody shares.

    Raises:
        Problem: it is no name for a scope.
    """
    if name is None:
        return Scope(name=None, salt=secrets.token_hex(32))
    if _NAME.fullmatch(name) is None:
        words = f"--scope {name}: up to 64 of a-z 0-9 . _ / - are expected, such as lab.example/pool-1"
        raise Problem(words, ExitCode.USAGE)
    return Scope(name=name, salt=salt_of(name))


def salt_of(name: str) -> str:
    """The salt of a named scope, as 64 hexadecimal digits."""
    return _digest("netmind-scope/1", name)


def identity(device: Device, scope: Scope, machine: str | None) -> str | None:
    """A device's identity in a scope, as 64 hexadecimal digits; ``None`` where nothing of it stays.

    Args:
        device: A GPU or MIG slice has a UUID; the host CPU goes by the machine.
        scope: Gives the salt.
        machine: The operating system's id of this machine, where it has one.
    """
    if device.kind is DeviceKind.CPU:
        own = machine
    else:
        own = device.uuid.lower() if device.uuid and _UUID.fullmatch(device.uuid.lower()) else None
    return None if own is None else _digest("netmind-device/1", scope.salt, device.kind.value, own)


def _digest(*fields: str) -> str:
    """SHA-256 over length-prefixed fields, so that no two lists of them read the same."""
    digest = hashlib.sha256()
    for field in fields:
        data = field.encode()
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.hexdigest()
