"""What can happen to the interface: each is a value, and the only way in which its state changes."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from netmind_tui.model.doctor import Diagnosis
from netmind_tui.model.info import DeviceUse, Info
from netmind_tui.model.sample import Sample

if TYPE_CHECKING:
    from netmind_tui.tui.state import State


class Part:
    """Something that happened to a part of the interface that most pictures do without: it knows what follows from it.

    So nobody else has to know such a part, and it is loaded only where it is needed.
    """

    __slots__ = ()

    def after(self, state: "State") -> "State":
        """The state after it."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Described:
    """The machine was looked at: what it is, its devices, and who computes on them."""

    info: Info


@dataclass(frozen=True, slots=True)
class Sampled:
    """A sample was taken."""

    sample: Sample


@dataclass(frozen=True, slots=True)
class Examined:
    """The doctor looked the machine over."""

    diagnosis: Diagnosis


@dataclass(frozen=True, slots=True)
class Used:
    """Who computes on the devices was asked again."""

    uses: tuple[DeviceUse, ...]


@dataclass(frozen=True, slots=True)
class Ticked:
    """Time went by. ``clock`` is the local time to be shown; ``silent_s`` for how long no sample has come.

    ``at`` is the moment itself.
    """

    clock: str
    silent_s: float = 0.0
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """Something to say to whoever watches, until something else is said: one sentence and its status."""

    sentence: str
    status: str = "pass"


@dataclass(frozen=True, slots=True)
class FeedEnded:
    """The recording that is replayed has no further sample."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Went:
    """Another screen is to be shown."""

    screen: str


@dataclass(frozen=True, slots=True)
class Focused:
    """A box got the focus: by name, or the next one (1) or the one before (-1)."""

    box: str | None = None
    step: int = 0


@dataclass(frozen=True, slots=True)
class Moved:
    """The cursor of the focused box moves by so many rows, or to a row of a named box."""

    step: int = 0
    box: str | None = None
    row: int | None = None


@dataclass(frozen=True, slots=True)
class Turned:
    """A choice of the view was made: ``layout``, ``span``, ``sort`` and the like."""

    what: str
    value: str


Message = Described | Used | Sampled | Examined | Ticked | Told | FeedEnded | Went | Focused | Moved | Turned | Part
