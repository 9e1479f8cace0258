"""Naming devices: ``gpu:0``, ``gpu:0-3``, ``gpu``, ``cpu``, ``mig:0.1``, ``pci:81:00``, a UUID, an alias, ``all``."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem, nearest

RESERVED = ("all", "cpu", "gpu", "mig", "pci")
_EXAMPLES = ("all", "cpu", "gpu", "gpu:0", "gpu:0-3", "mig", "mig:0.1", "pci:81:00", "a UUID")
_MOST = 1024

_NUMBERED = re.compile(r"gpu:([0-9]{1,6})(?:-([0-9]{1,6}))?")
_SLICE = re.compile(r"mig:([0-9]{1,6})\.([0-9]{1,6})")
_PCI = re.compile(r"(?:pci:)?(?:([0-9a-f]{4,8}):)?([0-9a-f]{1,2}):([0-9a-f]{1,2})(?:\.([0-7]))?")
# With its maker's prefix any beginning of a UUID will do; bare, it must be long enough not to be a word.
_UUID = re.compile(r"(?:gpu|mig)-[0-9a-f][0-9a-f/-]*|mig-gpu-[0-9a-f][0-9a-f/-]*|[0-9a-f]{8}[0-9a-f-]*")


@dataclass(frozen=True, slots=True)
class Selector:
    """One well-formed name: ``text`` as it was written, ``parts`` as they are looked for, one after the other.

    Only a range has several parts, so that the ones that are missing can be told apart. ``is_prefix`` says that the
    name is a UUID or its beginning, which must mean one device.
    """

    text: str
    parts: tuple[tuple[str, Callable[[Device], bool]], ...]
    is_prefix: bool = False


@dataclass(frozen=True, slots=True)
class Selection:
    """The devices that were named and are there, in the machine's order; and the names of those that are not."""

    devices: tuple[Device, ...]
    missing: tuple[str, ...] = ()


def select(names: Iterable[str], devices: Sequence[Device], aliases: Mapping[str, str] | None = None) -> Selection:
    """The devices that the names mean; no name at all means every device.

    Raises:
        Problem: a name is malformed or unknown, or the beginning of more than one UUID.
    """
    chosen: set[str] = set()
    missing: dict[str, None] = {}
    named = False
    for name in names:
        named = True
        selector = parse(name, aliases, [device.id for device in devices])
        for text, matches in selector.parts:
            found = [device for device in devices if matches(device)]
            if selector.is_prefix:
                found = _only_one(name, found, devices)
            chosen.update(device.id for device in found)
            if not found and text != "all":
                missing[text] = None
    kept = tuple(device for device in devices if device.id in chosen or not named)
    return Selection(kept, tuple(missing))


def parse(name: str, aliases: Mapping[str, str] | None = None, known: Sequence[str] = ()) -> Selector:
    """What a name looks for. ``known`` are the ids of the devices there are, to offer when the name is wrong.

    Raises:
        Problem: it is neither an alias nor a device's name; the sentence offers the nearest ones.
    """
    if aliases and name in aliases:
        return parse(aliases[name], None, known)
    text = name.strip().lower()
    if text == "all":
        return Selector(name, (("all", lambda _: True),))
    if text in {"cpu", "gpu", "mig"}:
        kind = DeviceKind(text)
        return Selector(name, ((text, lambda device: device.kind is kind),))
    if match := _NUMBERED.fullmatch(text):
        return Selector(name, _numbered(name, int(match[1]), int(match[2] or match[1])))
    if match := _SLICE.fullmatch(text):
        return Selector(name, (_by_id(f"mig:{int(match[1])}.{int(match[2])}"),))
    if match := _PCI.fullmatch(text):
        wanted = _numbers(match)
        return Selector(name, ((text, lambda device: _is_at(wanted, device)),))
    if _UUID.fullmatch(text):
        return Selector(name, ((name.strip(), lambda device: _begins(device, text)),), is_prefix=True)
    choices = [*dict.fromkeys([*(aliases or ()), *known, *_EXAMPLES])]
    raise Problem(f"{name!r} names no device; {nearest(name, choices)}", ExitCode.USAGE)


def _numbered(name: str, first: int, last: int) -> tuple[tuple[str, Callable[[Device], bool]], ...]:
    if last < first:
        raise Problem(f"{name}: the range runs backwards; did you mean gpu:{last}-{first}?", ExitCode.USAGE)
    if last - first >= _MOST:
        raise Problem(f"{name}: a range may name {_MOST} devices at most", ExitCode.USAGE)
    return tuple(_by_id(f"gpu:{number}") for number in range(first, last + 1))


def _by_id(wanted: str) -> tuple[str, Callable[[Device], bool]]:
    return wanted, lambda device: device.id == wanted


def _numbers(match: re.Match[str]) -> tuple[int | None, int, int, int | None]:
    """Domain, bus, device and function of a PCI slot; domain and function may be left out."""
    domain, bus, device, function = match.groups()
    return (
        None if domain is None else int(domain, 16),
        int(bus, 16),
        int(device, 16),
        None if function is None else int(function, 16),
    )


def _is_at(wanted: tuple[int | None, int, int, int | None], device: Device) -> bool:
    # A slice shares its card's slot: the slot names the card.
    slot = _PCI.fullmatch((device.pci_slot or "").lower())
    if slot is None or device.kind is DeviceKind.MIG:
        return False
    return all(want is None or want == have for want, have in zip(wanted, _numbers(slot), strict=True))


def _begins(device: Device, text: str) -> bool:
    uuid = (device.uuid or "").lower()
    return bool(uuid) and (uuid.startswith(text) or uuid.removeprefix("gpu-").removeprefix("mig-").startswith(text))


def _only_one(name: str, found: list[Device], devices: Sequence[Device]) -> list[Device]:
    exact = [device for device in devices if (device.uuid or "").lower() == name.strip().lower()]
    if exact or len(found) <= 1:
        return exact or found
    ids = ", ".join(device.id for device in found)
    raise Problem(f"{name} is the beginning of several UUIDs ({ids}): give more of it", ExitCode.USAGE)
