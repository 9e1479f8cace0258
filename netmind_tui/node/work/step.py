"""What is being done to an instance: one act at a time, cut short by a firmer one."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from netmind_tui.node.work.aim import Target

_log = logging.getLogger(__name__)

_LET_GO_S = 1.0

Act = Callable[[], Awaitable[None]]


class Steps:
    """Does one after the other.

    Args:
        key: whose.
        done: is called when one was brought about.
    """

    def __init__(self, key: str, done: Callable[[], None]) -> None:
        self._key = key
        self._done = done
        self._target: Target | None = None
        self._task: asyncio.Task[None] | None = None
        self._complaint = ""

    @property
    def target(self) -> Target | None:
        """Where the act that goes on leads."""
        return self._target if self._task is not None else None

    @property
    def complaint(self) -> str:
        """Why the last one failed, where it did."""
        return self._complaint

    def take(self, target: Target, act: Act) -> "asyncio.Task[None]":
        """Begin an act; what goes on is cut short first."""
        before = self._task

        async def guarded() -> None:
            try:
                if before is not None:
                    await asyncio.wait({before}, timeout=_LET_GO_S)
                await act()
                self._complaint = ""
                self._done()
            except OSError as error:  # it is asked for again at the next look
                if str(error) != self._complaint:
                    _log.warning("%s: %s could not be brought about: %s", self._key, target.rung.value, error)
                self._complaint = str(error)
            finally:
                if self._task is asyncio.current_task():
                    self._task = None

        task = asyncio.create_task(guarded(), name=f"{target.rung.value} {self._key}")
        if before is not None:
            before.cancel()
        self._target, self._task = target, task
        return task

    async def over(self) -> None:
        """Wait until nothing goes on."""
        while self._task is not None:
            await asyncio.wait({self._task})

    async def close(self) -> None:
        """Let go of what goes on."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
