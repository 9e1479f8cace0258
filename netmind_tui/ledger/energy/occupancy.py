"""Whose programs are on a device: one that anybody computes on is not idle."""

from collections.abc import Callable

from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.probe.gpu import GpuProbe
from netmind_tui.probe.host import process_name

_NAMED = 3


def users_on(probe: GpuProbe | None) -> Callable[[Device], str | None]:
    """From a device to a clause that names who computes there; ``None`` where nobody does, or nobody can be seen.

    Where processes are hidden (a container, WSL) how busy the device is must tell.
    """

    def users(device: Device) -> str | None:
        if probe is None or device.kind is not DeviceKind.GPU or device.uuid is None:
            return None
        try:
            found = probe.compute_processes(device.uuid).value
        except LookupError:
            return "it is gone"
        if not found:
            return None
        names = [f"pid {each.pid} ({process_name(each.pid).value or 'name not visible'})" for each in found[:_NAMED]]
        more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
        return f"{', '.join(names)}{more} computes on it: end that, and calibrate again"

    return users
