"""What an agent tells, as messages: each knows what follows from it for the state."""

from dataclasses import dataclass, replace
from datetime import datetime

from netmind_tui.model.agent import Status
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.event import Event
from netmind_tui.model.policy import PolicyDocument
from netmind_tui.model.timeline import Timeline
from netmind_tui.tui.history import Point
from netmind_tui.tui.message import Part
from netmind_tui.tui.node_page import KEPT_EVENTS, DayState
from netmind_tui.tui.state import State


@dataclass(frozen=True, slots=True)
class Linked(Part):
    """An agent says how its node is; ``skew`` is what its other version means."""

    status: Status
    skew: str | None = None

    def after(self, state: State) -> State:
        """It is there, and of another machine its devices are those that it tells."""
        node = replace(state.node, status=self.status, skew=self.skew, silence="", is_absent=False, barred="")
        state = replace(state, node=node)
        if not node.place.hostname:
            return state
        devices = devices_of(self.status)
        return state if devices == state.devices else replace(state, devices=devices)


@dataclass(frozen=True, slots=True)
class Unlinked(Part):
    """No agent answers; ``is_absent``: none runs, ``sentence`` says why otherwise; ``barred``: why none may."""

    sentence: str
    is_absent: bool = False
    barred: str = ""

    def after(self, state: State) -> State:
        """What it said last is not so any more."""
        node = replace(state.node, silence=self.sentence, is_absent=self.is_absent, barred=self.barred)
        return replace(state, node=node)


@dataclass(frozen=True, slots=True)
class Happened(Part):
    """Events, oldest first; ``is_all``: those from before are not to be kept."""

    events: tuple[Event, ...]
    is_all: bool = False

    def after(self, state: State) -> State:
        """Each of them once, the newest of them kept."""
        kept = () if self.is_all else state.node.events
        last = kept[-1].id if kept else -1
        # An event without an id could not be written down yet: it is told all the same.
        new = tuple(each for each in self.events if each.id > last or each.id == 0)
        return replace(state, node=replace(state.node, events=(*kept, *new)[-KEPT_EVENTS:]))


@dataclass(frozen=True, slots=True)
class Foretold(Part):
    """How it was, and how it will be."""

    timeline: Timeline

    def after(self, state: State) -> State:
        """It takes the place of what was told before."""
        return replace(state, node=replace(state.node, timeline=self.timeline))


@dataclass(frozen=True, slots=True)
class Termed(Part):
    """The owner's terms that are in force."""

    document: PolicyDocument

    def after(self, state: State) -> State:
        """They take the place of those before."""
        return replace(state, node=replace(state.node, terms=self.document))


@dataclass(frozen=True, slots=True)
class Remembered(Part):
    """The figures of a span that is longer than the interface remembers by itself."""

    span: str
    tracks: dict[tuple[str, str], tuple[Point, ...]]

    def after(self, state: State) -> State:
        """They are that span's."""
        return replace(state, node=replace(state.node, past={**state.node.past, self.span: self.tracks}))


@dataclass(frozen=True, slots=True)
class Counted(Part):
    """The days of a year, and what devices did on each; those of the same date take the place of older ones."""

    days: tuple[DayState, ...]

    def after(self, state: State) -> State:
        """All that are known, in their order."""
        known = {each.day: each for each in (*state.node.days, *self.days)}
        return replace(state, node=replace(state.node, days=tuple(known[day] for day in sorted(known))))


@dataclass(frozen=True, slots=True)
class LookedBefore(Part):
    """When somebody last looked."""

    at: datetime

    def after(self, state: State) -> State:
        """From then on everything is news."""
        return replace(state, node=replace(state.node, looked_at=self.at))


def devices_of(status: Status) -> tuple[Device, ...]:
    """The devices of another machine, as far as its agent describes them."""
    parts = {each.device: each for each in status.sample.devices} if status.sample is not None else {}
    found = []
    for each in status.devices:
        own = parts.get(each.device)
        kind = DeviceKind.CPU if each.device == "cpu" else DeviceKind.GPU
        kind = DeviceKind.MIG if each.device.startswith("mig") else kind
        found.append(
            Device(
                id=each.device,
                kind=kind,
                name=each.name,
                uuid=each.uuid,
                memory_total_bytes=None if own is None else own.memory_total_bytes,
                power_limit_w=None if own is None else own.power_limit_w,
            )
        )
    return tuple(found)
