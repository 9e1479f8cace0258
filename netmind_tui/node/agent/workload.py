"""What an agent lets run on a device, seen from outside: started, suspended, resumed, stopped, killed."""

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

from netmind_tui.model.event import EventKind
from netmind_tui.model.policy import Limits

Tell = Callable[[EventKind, str, str, dict[str, str | int | float | bool | None]], None]
"""How a workload puts an event into the journal: kind, device, sentence, data."""


class WorkState(StrEnum):
    """How a device's work stands."""

    NONE = "none"
    RUNNING = "running"
    SUSPENDED = "suspended"


class Workload(Protocol):
    """Work, a device at a time. What it cannot do it raises as ``OSError``; it is asked again, more firmly.

    ``name`` is what people see of it, and ``longest_s`` how long a piece of work may take, where that is known.
    """

    name: str
    longest_s: float | None

    def state(self, device: str) -> WorkState:
        """How it stands there; answers at once."""

    async def start(self, device: str, limits: Limits) -> None:
        """Begin, within limits."""

    async def finish(self, device: str) -> None:
        """Take nothing new, and end with what runs."""

    async def suspend(self, device: str) -> None:
        """Stand still; memory stays held."""

    async def resume(self, device: str, limits: Limits) -> None:
        """Go on after ``suspend`` or ``finish``."""

    async def stop(self, device: str, grace_s: float) -> None:
        """End within the grace; memory is free afterwards."""

    async def kill(self, device: str) -> None:
        """End at once, with every child."""


class Recorded:
    """The workload of an agent that has none configured: it does nothing and says what would be done.

    Its work is ready all the time, and ends as soon as it may: there is nothing to wait for.
    """

    name = "recorded"
    longest_s: float | None = None

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._states: dict[str, WorkState] = {}

    def state(self, device: str) -> WorkState:
        """How it would stand there."""
        return self._states.get(device, WorkState.NONE)

    async def start(self, device: str, limits: Limits) -> None:
        """Say that work would begin."""
        self._turn(device, WorkState.RUNNING, EventKind.WORK_STARTED, "would begin its work", **_said(limits))

    async def finish(self, device: str) -> None:
        """Say that work would end by itself, which it then has."""
        self._turn(device, WorkState.NONE, EventKind.WORK_ENDED, "would finish its work", how="finished")

    async def suspend(self, device: str) -> None:
        """Say that work would stand still."""
        self._turn(device, WorkState.SUSPENDED, EventKind.WORK_SUSPENDED, "would suspend its work")

    async def resume(self, device: str, limits: Limits) -> None:
        """Say that work would go on."""
        self._turn(device, WorkState.RUNNING, EventKind.WORK_RESUMED, "would go on with its work", **_said(limits))

    async def stop(self, device: str, grace_s: float) -> None:
        """Say that work would be stopped."""
        self._turn(device, WorkState.NONE, EventKind.WORK_ENDED, "would stop its work", how="stopped", grace_s=grace_s)

    async def kill(self, device: str) -> None:
        """Say that work would be killed."""
        self._turn(device, WorkState.NONE, EventKind.WORK_ENDED, "would kill its work", how="killed")

    def _turn(
        self, device: str, state: WorkState, kind: EventKind, words: str, **data: str | float | bool | None
    ) -> None:
        self._states[device] = state
        self._tell(kind, device, f"{device} {words} (none is configured)", {"workload": self.name, **data})


def _said(limits: Limits) -> dict[str, str | float | bool | None]:
    """The limits that there are."""
    named = {
        "power_cap_w": limits.power_cap_w,
        "cpu_share_pct": limits.cpu_share_pct,
        "gpu_memory_share_pct": limits.gpu_memory_share_pct,
    }
    return {name: value for name, value in named.items() if value is not None}
