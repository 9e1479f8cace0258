"""One start of a workload, seen from whoever supervises it: a program, a container or a unit behind the same acts."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from netmind_tui.model.device import DeviceKind
from netmind_tui.model.policy import Limits
from netmind_tui.model.workload import Workload


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A device that an instance may use."""

    device: str
    kind: DeviceKind
    uuid: str | None = None
    slot: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where and within what an instance runs.

    ``key`` names it (``boinc@gpu:0``, ``boinc``) and is the same at its next start; ``number`` is of this start alone.
    ``folder`` is its own: its logs, and a record of this start that outlives the agent.
    """

    key: str
    number: str
    devices: tuple[Placed, ...]
    limits: Limits
    folder: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How an instance ended.

    ``how`` is ``exited``, ``crashed`` (a code other than 0, or a signal that we did not send), ``stopped``, ``killed``
    (it outlasted its grace, or was to be killed), or ``not-started`` with ``why`` in a sentence. ``lines`` are the last
    of its output. ``at_boottime_s`` is when (``CLOCK_BOOTTIME``), ``asked_boottime_s`` since when it was to end, where
    that is known, ``cpu_s`` what it took in all.
    """

    how: str
    why: str | None = None
    code: int | None = None
    signal: int | None = None
    lines: tuple[str, ...] = ()
    lasted_s: float = 0.0
    cpu_s: float | None = None
    at_boottime_s: float | None = None
    asked_boottime_s: float | None = None


class Instance(Protocol):
    """One start; it is never started twice. Each act may be called at any time and answers when it is brought about.

    What cannot be done raises ``OSError`` with a clause for a sentence.
    """

    @property
    def pids(self) -> frozenset[int]:
        """Its processes now, of this process's namespace; empty where they cannot be told."""

    @property
    def limited_by(self) -> str:
        """What holds it within its limits, in words."""

    @property
    def cpu_s(self) -> float | None:
        """Processor time so far, its ended children's too; ``None`` where it cannot be told."""

    @property
    def has_ended(self) -> Ended | None:
        """How it ended, once it has: none of its processes is left then."""

    async def start(self, place: Place) -> None:
        """Begin. On return it runs, or ``OSError`` says why it cannot."""

    async def ended(self) -> Ended:
        """Wait until none of its processes is left."""

    async def limit(self, limits: Limits) -> None:
        """Hold it within other limits from now on."""

    async def finish(self) -> None:
        """Take nothing new."""

    async def suspend(self) -> None:
        """Every process stands still on return; memory stays held."""

    async def resume(self) -> None:
        """Go on, after ``suspend`` or ``finish``."""

    async def stop(self, grace_s: float) -> None:
        """Ask it to end; what is left after the grace is killed. On return nothing is left."""

    async def kill(self) -> None:
        """End it at once, with every child. On return nothing is left."""


Make = Callable[[Workload], Instance]
"""How an instance is made, by the kind of workload."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What an agent before this one left behind, and how it ended: by itself, by its keeper, or by us just now.

    ``devices`` were its own, and ``boot`` the boot of the machine in which it ended, where that is known.
    """

    key: str
    number: str
    ended: Ended
    devices: tuple[Placed, ...] = ()
    boot: str | None = None
