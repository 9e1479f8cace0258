"""Who computes on the GPUs of the machine that does not exist: a recording holds no processes, they are beside it."""

import gzip
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from netmind_tui.document import decode
from netmind_tui.model.device import Device
from netmind_tui.model.info import DeviceUse, Info
from netmind_tui.model.reading import Absence
from netmind_tui.model.sample import Sample
from netmind_tui.tui.demo import AHEAD, demo_path
from netmind_tui.tui.later import Later
from netmind_tui.tui.replay import ReplayFeed

if TYPE_CHECKING:
    from netmind_tui.model.agent import OverrideRequest, Status
    from netmind_tui.model.policy import PolicyDocument
    from netmind_tui.tui.demo_agent import DemoLink
    from netmind_tui.tui.message import Message
    from netmind_tui.tui.state import State

_LINK: "Later[type[DemoLink]]" = Later("netmind_tui.tui.demo_agent", "DemoLink")
_DRIVERS_OWN_BYTES = 400 << 20
_LOADED = 0.05  # of its memory: a process that holds less has not begun


class DemoFeed(ReplayFeed):
    """The samples of the demo, from a history on, and over again when they have ended; and its processes."""

    def __init__(self) -> None:
        super().__init__(demo_path(), kind="demo", again=True, ahead=AHEAD)
        self._last: Sample | None = None
        self.link = _Link(self._lost)

    def start(self) -> None:
        """See ``Feed``."""
        super().start()
        self.link.start()

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

    def _lost(self) -> frozenset[str]:
        parts = self._last.devices if self._last is not None else ()
        return frozenset(part.device for part in parts if Absence.LOST in part.absent.values())


class _Link:
    """The agent of the demo: loaded beside the interface, whose first picture does without its rules."""

    def __init__(self, lost: Callable[[], frozenset[str]]) -> None:
        self._lost = lost
        self._link: DemoLink | None = None

    def start(self) -> None:
        """See ``Link``."""
        threading.Thread(target=self._load, name="agent", daemon=True).start()

    def stop(self) -> None:
        """See ``Link``."""

    def follow(self, state: "State") -> None:
        """See ``Link``."""
        if self._link is not None:
            self._link.follow(state)

    def news(self) -> "list[Message]":
        """See ``Link``."""
        return [] if self._link is None else self._link.news()

    def say(self, request: "OverrideRequest") -> "Status":
        """See ``Link``."""
        return self._made().say(request)

    def work(self, name: str, *, starts: bool) -> None:
        """See ``Link``."""
        self._made().work(name, starts=starts)

    def terms(self) -> "PolicyDocument":
        """See ``Link``."""
        return self._made().terms()

    def put_terms(self, text: str, instead_of: "PolicyDocument") -> "PolicyDocument":
        """See ``Link``."""
        return self._made().put_terms(text, instead_of)

    def _made(self) -> "DemoLink":
        if self._link is None:
            self._load()
        assert self._link is not None  # noqa: S101 - it was just loaded
        return self._link

    def _load(self) -> None:
        self._link = _LINK()(self._lost)


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
