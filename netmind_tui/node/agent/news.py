"""What happened, on its way into the journal: events get their moment here, and are told once they are on the disk."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from netmind_tui.model.event import Event, EventKind
from netmind_tui.node.agent.clock import Clock, Moment, stamp

_log = logging.getLogger(__name__)

Fact = str | int | float | bool | None
OffLoop = Callable[[Callable[[], Sequence[int]]], "asyncio.Future[Sequence[int]]"]


class Journal(Protocol):
    """Where events stay."""

    def append(self, events: Sequence[Event]) -> Sequence[int]:
        """Write events, so that they outlive a power cut, and give their ids."""

    def flush(self) -> bool:
        """Try to write what could not be written before; whether nothing waits any more."""

    @property
    def degraded(self) -> str | None:
        """Why events do not reach the disk, where they do not."""


class News:
    """Collects events and writes them in order, off the loop, beside whatever the agent does meanwhile.

    Everything that blocks goes one way: what was put in to be done ``before`` the events, the events, what comes
    ``after`` them. Whoever wants to know that it lasts waits for ``write``, for as long as they like.

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
        off_loop: OffLoop | None = None,
    ) -> None:
        self._clock = clock
        self._journal = journal
        self._told = told
        self._off_loop = off_loop
        self._waiting: list[Event] = []
        self._before: dict[str, Callable[[], None]] = {}
        self._after: dict[str, Callable[[], None]] = {}
        self._rounds = 0
        self._done = 0
        self._busy_since_s: float | None = None
        self._pump: asyncio.Task[None] | None = None
        self._waiters: list[tuple[int, asyncio.Future[None]]] = []

    @property
    def behind_s(self) -> float:
        """How long the disk has not answered."""
        if self._busy_since_s is None:
            return 0.0
        return asyncio.get_running_loop().time() - self._busy_since_s

    @property
    def degraded(self) -> str | None:
        """Why events do not reach the disk, where they do not."""
        return self._journal.degraded

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
        at: Moment | None = None,
    ) -> None:
        """Something happened just now, or ``at`` a moment; ``write`` makes it last.

        ``mark`` puts it before what was told since.
        """
        now = at or self._clock.moment()
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

    def do(self, name: str, act: Callable[[], None], *, before: bool = True) -> None:
        """Do what blocks with the next write, before its events or after; of one name, the last counts."""
        (self._before if before else self._after)[name] = act

    def flush(self) -> None:
        """Have what could not be written tried again with the next write."""
        self.do("flush", self._flush)

    async def write(self, within_s: float | None = None) -> bool:
        """Put what waits on the disk, in its order, and tell it; whether that was done within so many seconds.

        Raises:
            Problem: another process writes the journal.
        """
        if self._off_loop is None:
            while self._is_due():
                self._settle(*self._taken())
            return True
        if self._is_due():
            self._rounds += 1
            if self._pump is None or self._pump.done():
                self._pump = asyncio.create_task(self._pumped(self._off_loop))
        if self._pump is None or self._done >= self._rounds:
            return True
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append((self._rounds, future))
        done, _ = await asyncio.wait({future}, timeout=within_s)
        if not done:
            future.cancel()
            return False
        future.result()
        return True

    def _flush(self) -> None:
        self._journal.flush()

    def _is_due(self) -> bool:
        return bool(self._waiting or self._before or self._after)

    def _taken(self) -> tuple[list[Event], Callable[[], Sequence[int]]]:
        """All that waits, and the act that writes it."""
        events, self._waiting = self._waiting, []
        before, self._before = self._before, {}
        after, self._after = self._after, {}

        def act() -> Sequence[int]:
            for each in before.values():
                each()
            ids = self._journal.append(events) if events else ()
            for each in after.values():
                each()
            return ids

        return events, act

    def _settle(self, events: list[Event], act: Callable[[], Sequence[int]]) -> None:
        for event, number in zip(events, act(), strict=True):
            self._told(replace(event, id=number))

    async def _pumped(self, off_loop: OffLoop) -> None:
        """Write until nothing waits; what comes while the disk is busy goes there in one piece."""
        while self._is_due():
            until = self._rounds
            events, act = self._taken()
            self._busy_since_s = asyncio.get_running_loop().time()
            try:
                ids = await off_loop(act)
            except Exception as error:  # noqa: BLE001 - whoever waits raises it
                self._resolve(self._rounds, error)
                if not self._waiters:
                    _log.warning("what happened could not be written: %s", error)
                return
            finally:
                self._busy_since_s = None
            for event, number in zip(events, ids, strict=True):
                self._told(replace(event, id=number))
            self._resolve(until, None)

    def _resolve(self, until: int, error: Exception | None) -> None:
        self._done = until
        waiters, self._waiters = self._waiters, []
        for number, future in waiters:
            if number > until:
                self._waiters.append((number, future))
            elif not future.done():
                if error is None:
                    future.set_result(None)
                else:
                    future.set_exception(error)
