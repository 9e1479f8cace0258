"""The devices of an agent's status as rules ask for them: what is known of each now."""

from netmind_tui.model.agent import Status
from netmind_tui.model.contribution import Contribution
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.situation import DeviceFact

_WORKING = (Contribution.CONTRIBUTING, Contribution.DRAINING)


def devices_in(status: Status) -> tuple[Device, ...]:
    """The devices by which names are looked up."""
    return tuple(
        Device(id=each.device, kind=DeviceKind(each.device.partition(":")[0]), uuid=each.uuid, name=each.name)
        for each in status.devices
    )


def facts_in(status: Status) -> tuple[DeviceFact, ...]:
    """Each device: what it has lost, and whether it works."""
    decisions = status.decisions.devices if status.decisions else ()
    lost = {each.device: each.reason.sentence for each in decisions if each.state is Contribution.LOST}
    works = {each.device for each in decisions if each.state in _WORKING}
    return tuple(
        DeviceFact(device=each.device, uuid=each.uuid, lost=lost.get(each.device), works=each.device in works)
        for each in status.devices
    )
