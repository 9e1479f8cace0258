"""Which devices a workload is for, once the devices of the machine are known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.naming import covers
from netmind_tui.model.problem import Problem
from netmind_tui.model.selector import select
from netmind_tui.model.workload import Instances, Workload
from netmind_tui.node.work.instance import Placed


@dataclass(frozen=True, slots=True)
class Home:
    """Where one instance of a workload may be: its key, and the devices."""

    key: str
    devices: tuple[Placed, ...]


def homes(
    workload: Workload, devices: Sequence[Device], aliases: Mapping[str, str]
) -> tuple[tuple[Home, ...], str | None]:
    """Each place of a workload in the machine's order, and what is wrong with the devices that it names.

    Without names it is every GPU, and the CPU of a machine that has none. What is said of a card is said of its slices.
    """
    if not workload.devices:
        cards = [each for each in devices if each.kind is not DeviceKind.CPU]
        return _homes(workload, cards or devices), None
    found: dict[str, None] = {}
    missing: list[str] = []
    for name in workload.devices:
        if name in ("gpu", "mig", "cpu", "all"):
            found[name] = None
            continue
        try:
            chosen = select([name], devices, aliases)
        except Problem as problem:
            return (), problem.sentence
        found.update(dict.fromkeys(each.id for each in chosen.devices))
        # A card that is cut into slices is not among the devices, and means those.
        found.update(dict.fromkeys(chosen.missing))
        missing += [chosen.called(each) for each in chosen.missing if not any(covers((each,), d.id) for d in devices)]
    mine = [each for each in devices if covers(tuple(found), each.id)]
    absent = missing or ([] if mine else list(workload.devices))
    return _homes(workload, mine), f"{', '.join(absent)}: this node has no such device" if absent else None


def _homes(workload: Workload, devices: Sequence[Device]) -> tuple[Home, ...]:
    placed = tuple(Placed(device=each.id, kind=each.kind, uuid=each.uuid, slot=each.pci_slot) for each in devices)
    if not placed:
        return ()
    if workload.instances is Instances.ONE:
        return (Home(workload.name, placed),)
    return tuple(Home(f"{workload.name}@{each.device}", (each,)) for each in placed)
