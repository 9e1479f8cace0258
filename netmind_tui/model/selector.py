"""Naming devices: ``gpu:0``, ``gpu:0-3,6``, ``gpu``, ``cpu``, ``mig:0.1``, ``pci:81:00``, a UUID, an alias, ``all``.

Names may be listed with commas, and a number alone goes on with the kind before it: ``gpu:0,2,cpu``, ``mig:0.1,0.2``.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem, nearest

RESERVED = ("all", "cpu", "gpu", "mig", "pci")
_EXAMPLES = ("all", "cpu", "gpu", "gpu:0", "gpu:0-3", "gpu:0,2", "mig", "mig:0.1", "pci:81:00", "a UUID")
_MOST = 1024

_NUMBERED = re.compile(r"gpu:([0-9]{1,6})(?:-([0-9]{1,6}))?")
_SLICE = re.compile(r"mig:([0-9]{1,6})\.([0-9]{1,6})")
_PCI = re.compile(r"(?:pci:)?(?:([0-9a-f]{4,8}):)?([0-9a-f]{1,2}):([0-9a-f]{1,2})(?:\.([0-7]))?")
# With its maker's prefix any beginning of a UUID will do; bare, it must be long enough not to be a word.
_UUID = re.compile(r"(?:gpu|mig)-[0-9a-f][0-9a-f/-]*|mig-gpu-[0-9a-f][0-9a-f/-]*|[0-9a-f]{8}[0-9a-f-]*")
# What may follow a comma without its kind: ``2`` and ``4-6`` after a GPU, ``0.2`` after a slice.
_CONTINUED = {"gpu": re.compile(r"[0-9]{1,6}(?:-[0-9]{1,6})?"), "mig": re.compile(r"[0-9]{1,6}\.[0-9]{1,6}")}


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that is looked for: ``text`` names it, and ``alias`` is the owner's word that stood for it.

    ``is_prefix`` says that the text is a UUID or its beginning, which must mean one device.
    """

    text: str
    matches: Callable[[Device], bool]
    is_prefix: bool = False
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """The devices that were named and are there, in the machine's order; and the names of those that are not.

    ``aliases`` are the owner's words for the missing ones, where one was used.
    """

    devices: tuple[Device, ...]
    missing: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)

    def called(self, name: str) -> str:
        """A missing name as it was asked for: ``gpu:7``, or ``big (gpu:7)`` where an alias stood for it."""
        return f"{self.aliases[name]} ({name})" if name in self.aliases else name


def select(names: Iterable[str], devices: Sequence[Device], aliases: Mapping[str, str] | None = None) -> Selection:
    """The devices that the names mean; no name at all means every device.

    Raises:
        Problem: a name is malformed or unknown, or the beginning of more than one UUID.
    """
    chosen: set[str] = set()
    missing: dict[str, str | None] = {}
    named = False
    for name in names:
        named = True
        for part in parse(name, aliases, [device.id for device in devices]):
            found = [device for device in devices if part.matches(device)]
            if part.is_prefix:
                found = _only_one(part.text, found, devices)
            chosen.update(device.id for device in found)
            if not found and part.text != "all":
                missing.setdefault(part.text, part.alias)
    kept = tuple(device for device in devices if device.id in chosen or not named)
    return Selection(kept, tuple(missing), {text: alias for text, alias in missing.items() if alias is not None})


def parse(name: str, aliases: Mapping[str, str] | None = None, known: Sequence[str] = ()) -> tuple[Part, ...]:
    """What a name looks for, one after the other, so that those that are missing can be told apart.

    ``known`` are the ids of the devices there are, to offer when the name is wrong.

    Raises:
        Problem: it is neither an alias nor a device's name, nor a list of them; the sentence offers the nearest ones.
    """
    if aliases and name in aliases:
        return tuple(replace(part, alias=name) for part in parse(aliases[name], None, known))
    items = [item.strip() for item in name.split(",")]
    if len(items) == 1:
        return tuple(_item(items[0], aliases, known))
    if "" in items:
        raise Problem(f"{name!r}: a name is missing beside a comma", ExitCode.USAGE)
    parts: list[Part] = []
    kind = ""
    for item in items:
        if aliases and item in aliases:
            parts += parse(item, aliases, known)
            kind = ""
            continue
        continued = kind in _CONTINUED and _CONTINUED[kind].fullmatch(item)
        whole = f"{kind}:{item}" if continued else item
        parts += _item(whole, aliases, known)
        kind = whole.rpartition(":")[0].lower()
    return tuple(parts)


def ranges(ids: Sequence[str]) -> str:
    """Device ids in short: ``gpu:0-4, gpu:6-7``."""
    runs: list[list[str]] = []
    for each in ids:
        kind, _, number = each.rpartition(":")
        if runs and number.isdigit() and runs[-1][-1] == f"{kind}:{int(number) - 1}":
            runs[-1].append(each)
        else:
            runs.append([each])
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]}-{run[-1].rpartition(':')[2]}" for run in runs)


def _item(name: str, aliases: Mapping[str, str] | None, known: Sequence[str]) -> Iterator[Part]:
    """What one name means that is no list and no alias."""
    text = name.lower()
    if text == "all":
        yield Part(text, lambda _: True)
    elif text in {"cpu", "gpu", "mig"}:
        kind = DeviceKind(text)
        yield Part(text, lambda device: device.kind is kind)
    elif match := _NUMBERED.fullmatch(text):
        yield from _numbered(text, int(match[1]), int(match[2] or match[1]))
    elif match := _SLICE.fullmatch(text):
        yield _by_id(f"mig:{int(match[1])}.{int(match[2])}")
    elif match := _PCI.fullmatch(text):
        wanted = _numbers(match)
        yield Part(text, lambda device: _is_at(wanted, device))
    elif _UUID.fullmatch(text):
        yield Part(name, lambda device: _begins(device, text), is_prefix=True)
    else:
        choices = [*dict.fromkeys([*(aliases or ()), *known, *_EXAMPLES])]
        raise Problem(f"{name!r} names no device; {nearest(name, choices)}", ExitCode.USAGE)


def _numbered(name: str, first: int, last: int) -> Iterator[Part]:
    if last < first:
        raise Problem(f"{name}: the range runs backwards; did you mean gpu:{last}-{first}?", ExitCode.USAGE)
    if last - first >= _MOST:
        raise Problem(f"{name}: a range may name {_MOST} devices at most", ExitCode.USAGE)
    for number in range(first, last + 1):
        yield _by_id(f"gpu:{number}")


def _by_id(wanted: str) -> Part:
    return Part(wanted, lambda device: device.id == wanted)


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
    exact = [device for device in devices if (device.uuid or "").lower() == name.lower()]
    if exact or len(found) <= 1:
        return exact or found
    ids = ", ".join(device.id for device in found)
    raise Problem(f"{name} is the beginning of several UUIDs ({ids}): give more of it", ExitCode.USAGE)
