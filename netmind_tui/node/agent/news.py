"""What happened, on its way into the journal: events get their moment here, and are told once they are on the disk."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from netmind_tui.model.event import Event, EventKind
from netmind_tui.node.agent.clock import Clock, stamp

Fact = str | int | float | bool | None


class Journal(Protocol):
    """Where events stay."""

    def append(self, events: Sequence[Event]) -> Sequence[int]:
        """Write events, so that they outlive a power cut, and give their ids."""


class News:
    """Collects events and writes them in order, off the loop.

    Args:
        clock: when they happened.
        journal: where they stay.
        told: is given each event once it is written, on the loop: hooks and followers.
        off_loop: runs what blocks; as it is by default, which tests and simulations want.
    """

    def __init__(
        self,
        clock: Clock,
        journal: Journal,
        told: Callable[[Event], None] = lambda _event: None,
        off_loop: "Callable[[Callable[[], Sequence[int]]], asyncio.Future[Sequence[int]]] | None" = None,
    ) -> None:
        self._clock = clock
        self._journal = journal
        self._told = told
        self._off_loop = off_loop
        self._waiting: list[Event] = []
        self._turn = asyncio.Lock()

    def mark(self) -> int:
        """A place among what waits, to tell something before it later on."""
        return len(self._waiting)

    def tell(
        self,
        kind: EventKind,
        sentence: str,
        *,
        device: str | None = None,
        data: dict[str, Fact] | None = None,
        cost: dict[str, float] | None = None,
        prevention: str | None = None,
        mark: int | None = None,
    ) -> None:
        """Something happened just now; ``write`` makes it last. ``mark`` puts it before what was told since."""
        now = self._clock.moment()
        self._waiting.insert(
            len(self._waiting) if mark is None else mark,
            Event(
                at=stamp(now.at),
                kind=kind,
                device=device,
                sentence=sentence,
                data=data or {},
                boot=now.boot,
                uptime_s=round(now.uptime_s, 3),
                cost=cost or {},
                prevention=prevention,
            ),
        )

    async def write(self) -> bool:
        """Put what waits on the disk, in its order, and tell it; whether there was anything."""
        async with self._turn:
            events, self._waiting = self._waiting, []
            if not events:
                return False
            if self._off_loop is None:
                ids = self._journal.append(events)
            else:
                ids = await self._off_loop(lambda: self._journal.append(events))
            for event, number in zip(events, ids, strict=True):
                self._told(replace(event, id=number))
            return True
