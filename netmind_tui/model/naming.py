"""Which devices the owner's terms name: names as everywhere, made into ids once the devices are known."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from netmind_tui.model.device import Device, DeviceKind, card_of
from netmind_tui.model.policy import Policy
from netmind_tui.model.problem import Problem
from netmind_tui.model.selector import parse, select


def resolve(policy: Policy, devices: Sequence[Device], aliases: Mapping[str, str] | None = None) -> Policy:
    """The same terms with every device by its id: aliases, slots and UUIDs are looked up, ranges and kinds counted.

    A name that none of the devices has stays as it is, so that a rule for an absent device is never one for all. What
    is named by kind (``gpu``) keeps that name beside the ids, for devices that come later.

    Raises:
        Problem: a name is malformed, or the beginning of more than one UUID.
    """

    def ids(names: tuple[str, ...]) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for name in names:
            chosen = select([name], devices, aliases)
            found.update(dict.fromkeys(device.id for device in chosen.devices))
            found.update(dict.fromkeys(chosen.missing))
            found.update(dict.fromkeys(part.text for part in parse(name, aliases) if part.text in _KINDS))
        return tuple(found)

    return replace(
        policy,
        profiles=tuple(
            replace(each, limits=replace(each.limits, devices=ids(each.limits.devices))) for each in policy.profiles
        ),
        exceptions=tuple(replace(each, devices=ids(each.devices)) for each in policy.exceptions),
        guards=tuple(replace(each, devices=ids(each.devices)) for each in policy.guards),
    )


def covers(names: tuple[str, ...], device: str) -> bool:
    """Whether names are about a device, by its id; no name at all is about every one.

    What is said of a card is said of its MIG slices too. Ids, ranges and kinds are understood. Aliases, slots and UUIDs
    are only after ``resolve``, and match nothing here.
    """
    if not names or device in names:
        return True
    found = {"all", device, device.partition(":")[0], card_of(device), card_of(device).partition(":")[0]}
    return any(not found.isdisjoint(_meant(name)) for name in names)


@lru_cache(maxsize=256)
def reach(names: tuple[str, ...]) -> frozenset[str]:
    """What names are about, to be held against others: stand-ins, and UUIDs, slots and aliases as they are.

    Empty for those that are about every device, as no name at all is.
    """
    return frozenset({*names, *(each for each in _STAND_INS if covers(names, each))}) if names else frozenset()


def may_meet(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether a device may be meant by both, as far as names tell."""
    first, second = reach(one), reach(other)
    return not first or not second or not first.isdisjoint(second)


_STAND_INS = ("cpu", *(f"gpu:{number}" for number in range(64)), "gpu:1023", "mig:0.0", "mig:0.1", "mig:1023.1023")
_KINDS = ("all", *DeviceKind)


@lru_cache(maxsize=1024)
def _meant(name: str) -> frozenset[str]:
    """The ids and kinds that a name means; of slots and UUIDs themselves, which are nobody's id."""
    try:
        return frozenset(part.text for part in parse(name))
    except Problem:
        return frozenset()
