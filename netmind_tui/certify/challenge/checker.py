"""Computes opened rows again, one lot at a time and beside everything else, and has signed what that shows."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from netmind_tui.certify.challenge.desk import Desk
from netmind_tui.certify.challenge.rows import opening_of
from netmind_tui.certify.challenge.session import Question
from netmind_tui.certify.challenge.told import Told, Trouble
from netmind_tui.certify.proof.check import check_openings
from netmind_tui.certify.refused import Refused
from netmind_tui.model.problem import Problem

T = TypeVar("T")
_AGAIN_S = 1.0


class Checker:
    """A thread that computes, and the lots that wait for it."""

    def __init__(
        self,
        desk: Desk,
        told: Told,
        trouble: Trouble,
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Make one.

        Args:
            desk: Signs.
            told: Gets every verdict.
            trouble: Hears why something cannot be done.
            pause: Waits before what could not be recorded is tried again.
        """
        self._desk, self._told, self._trouble, self._pause = desk, told, trouble, pause
        self._thread = ThreadPoolExecutor(1, "check")
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, question: Question) -> "asyncio.Task[None]":
        """Take a lot; the task is done when the desk has its verdict, or has given up."""
        task = asyncio.get_running_loop().create_task(self._check(question))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def close(self) -> None:
        """Leave what is under way without a verdict."""
        for task in self._tasks:
            task.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _check(self, question: Question) -> None:
        loop = asyncio.get_running_loop()
        try:
            complaint = await loop.run_in_executor(self._thread, complaint_of, question)
        except Exception as error:  # noqa: BLE001 - whatever fails here is this machine's, and must not be the node's
            self._told.warn(f"rows could not be computed again: {type(error).__name__} {error}".rstrip())
            await self._recorded(lambda: self._desk.give_up(question.session))
            return
        self._told.verdict(await self._recorded(lambda: self._desk.judge(question.session, complaint)))

    async def _recorded(self, action: Callable[[], T]) -> T:
        """Do what goes into the record, as soon as that can be written: nothing may be signed that is not in it."""
        while True:
            try:
                return action()
            except Problem as problem:
                self._trouble.warn(problem.sentence)
            await self._pause(_AGAIN_S)


def complaint_of(question: Question) -> str | None:
    """What is wrong with opened rows; ``None`` where nothing is."""
    try:
        check_openings(
            question.spec,
            question.node_key,
            question.nonce1,
            question.nonce2,
            question.devices,
            question.root,
            question.drawn,
            tuple(map(opening_of, question.rows)),
        )
    except Refused as refused:
        return refused.sentence
    return None
