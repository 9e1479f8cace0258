"""Who computes on the GPUs of the machine that does not exist: a recording holds no processes, they are beside it."""

import gzip
from collections.abc import Iterable
from dataclasses import replace

from netmind_tui.document import decode
from netmind_tui.model.device import Device
from netmind_tui.model.info import DeviceUse, Info
from netmind_tui.model.reading import Absence
from netmind_tui.model.sample import Sample
from netmind_tui.tui.demo import AHEAD, demo_path
from netmind_tui.tui.replay import ReplayFeed

_DRIVERS_OWN_BYTES = 400 << 20
_LOADED = 0.05  # of its memory: a process that holds less has not begun


class DemoFeed(ReplayFeed):
    """The samples of the demo, from a history on, and over again when they have ended; and its processes."""

    def __init__(self) -> None:
        super().__init__(demo_path(), kind="demo", again=True, ahead=AHEAD)
        self._last: Sample | None = None

    def new(self) -> list[Sample]:
        """See ``Feed``."""
        taken = super().new()
        self._last = taken[-1] if taken else self._last
        return taken

    def look(self) -> Info:
        """See ``Feed``."""
        info = super().look()
        return replace(info, in_use=demo_uses(info.devices, self._last))

    def uses(self, devices: Iterable[Device]) -> tuple[DeviceUse, ...]:
        """See ``Feed``."""
        return demo_uses(devices, self._last)


def demo_uses(devices: Iterable[Device], sample: Sample | None) -> tuple[DeviceUse, ...]:
    """Who computes on these GPUs when that sample is taken: a process holds no more than there is in use."""
    kept = gzip.decompress(demo_path("demo_uses.json.gz").read_bytes())
    known = {use.device: use for use in decode(kept, tuple[DeviceUse, ...], "the processes of the demo")}
    own = {part.device: part.memory_used_bytes for part in sample.devices} if sample is not None else {}
    return tuple(_at_work(known[device.id], own.get(device.id)) for device in devices if device.id in known)


def _at_work(use: DeviceUse, used_bytes: int | None) -> DeviceUse:
    if used_bytes is None:
        return DeviceUse(device=use.device, absent={"processes": Absence.LOST})
    processes = use.processes or ()
    wanted = sum(each.memory_used_bytes or 0 for each in processes)
    part = min(1.0, (used_bytes - _DRIVERS_OWN_BYTES) / wanted) if wanted else 0.0
    if part < _LOADED:
        return DeviceUse(device=use.device, processes=())
    held = (replace(each, memory_used_bytes=round((each.memory_used_bytes or 0) * part)) for each in processes)
    return DeviceUse(device=use.device, processes=tuple(held))
