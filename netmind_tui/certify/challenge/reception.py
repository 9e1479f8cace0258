"""What a challenger answers at each path: a message is read there, the desk decides, and the answer is signed.

Whoever brings a message reads its bytes, within the limit that is named to them. The clock of a challenge is read when
the last byte of a root is there, before anything looks at it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from netmind_tui.certify import canonical
from netmind_tui.certify.challenge.call import Switchboard
from netmind_tui.certify.challenge.checker import Checker
from netmind_tui.certify.challenge.clock import Clock
from netmind_tui.certify.challenge.declined import Declined, Why
from netmind_tui.certify.challenge.desk import Desk
from netmind_tui.certify.challenge.limit import SMALL_BYTES, Bounds
from netmind_tui.certify.challenge.message import (
    About,
    Asked,
    Checking,
    Committed,
    Hello,
    Opened,
    Ready,
    Waiting,
    heard,
    say,
)
from netmind_tui.certify.challenge.rows import check_sender, heard_rows
from netmind_tui.certify.challenge.told import Told, Trouble
from netmind_tui.certify.refused import Refused
from netmind_tui.model.problem import Problem

STATUS = {
    Why.STRANGER: 403,
    Why.FOREIGN: 403,
    Why.UNKNOWN: 404,
    Why.REPLAYED: 409,
    Why.ORDER: 409,
    Why.EXPIRED: 410,
    Why.NO_CHAIN: 422,
    Why.BUSY: 503,
}
_OK = 200
_ABOUT = "/v1/challenger"
_OPENED = "/v1/opened/"
_PATHS: dict[str, type[Hello | Ready | Committed | Waiting | Asked]] = {
    "/v1/hello": Hello,
    "/v1/ready": Ready,
    "/v1/committed": Committed,
    "/v1/waiting": Waiting,
    "/v1/asked": Asked,
}
Body = Callable[[int], Awaitable[bytes]]


class Answer(NamedTuple):
    """The number that HTTP has for an answer, and its bytes."""

    status: int
    data: bytes


class Reception:
    """Reads what comes, and has it answered. Long rows are read in a thread, and computed again in another."""

    def __init__(self, desk: Desk, switchboard: Switchboard, clock: Clock, bounds: Bounds, told: Told) -> None:
        """Make one.

        Args:
            desk: Decides.
            switchboard: Calls those who wait.
            clock: Read when a root is there.
            bounds: How long rows may be, and how long their verdict is waited for.
            told: Gets every verdict, and a sentence for what is to be known.
        """
        self._desk, self._switchboard, self._clock, self._bounds = desk, switchboard, clock, bounds
        self._trouble = Trouble(told, clock)
        self._checker = Checker(desk, told, self._trouble)
        self._reader = ThreadPoolExecutor(1, "read")
        self._tasks: set[asyncio.Task[Refused | None]] = set()

    def sweep(self) -> None:
        """End what took too long; where the record cannot be written, the next time."""
        try:
            self._desk.sweep()
        except Problem as problem:
            self._trouble.warn(problem.sentence)

    def close(self) -> None:
        """Leave what is being read or checked; it stays without a verdict."""
        for task in self._tasks:
            task.cancel()
        self._checker.close()
        self._reader.shutdown(wait=False, cancel_futures=True)

    async def answer(self, path: str, body: Body, address: str = "") -> Answer:
        """Answer a message, or say in a sentence why it has no answer.

        Args:
            path: Where it came.
            body: Reads it, when told how many bytes it may have; what that raises is raised here.
            address: From where.
        """
        try:
            return await self._answer(path, body, address)
        except Declined as declined:
            return refusal(STATUS[declined.why], declined.sentence)
        except Refused as refused:
            return refusal(401 if refused.check == "signature" else 400, refused.sentence)
        except Problem as problem:  # the record cannot be written: nothing may be answered that is not in it
            self._trouble.warn(problem.sentence)
            return refusal(500, "this challenger cannot write its record")

    async def _answer(self, path: str, body: Body, address: str) -> Answer:
        if path == _ABOUT:
            return self._said(About(challenger=self._desk.key.public))
        if path.startswith(_OPENED):
            return await self._opened(path.removeprefix(_OPENED), body)
        kind = _PATHS.get(path)
        if kind is None:
            return refusal(404, f"there is nothing at {path[:80]}")
        data = await body(SMALL_BYTES)
        arrived = self._clock.elapsed()
        message, key = heard(data, kind, f"the {kind.__name__.lower()}")
        if isinstance(message, Hello):
            return self._said(self._desk.hello(message, key))
        if isinstance(message, Ready):
            return self._said(self._desk.ready(message, key))
        if isinstance(message, Committed):
            return self._said(self._desk.committed(message, key, arrived))
        if isinstance(message, Waiting):
            return self._said(self._switchboard.waiting(message, key, address))
        if not isinstance(message, Asked):
            raise TypeError(kind)
        return self._verdict(self._desk.asked(message, key))

    async def _opened(self, session: str, body: Body) -> Answer:
        """Rows, which are long: only a session that awaits them may send so much, and only once at a time."""
        node_key = self._desk.book.await_rows(session)
        if node_key is None:  # to say why
            opened, key = heard(await body(SMALL_BYTES), Opened, "the opened rows")
            _check_path(session, opened)
            raise self._desk.book.unawaited(opened.session, key)
        try:
            data = await body(self._bounds.large_bytes)
            check_sender(data, node_key)
        except BaseException:
            self._desk.book.have_rows(session)
            raise
        task = asyncio.get_running_loop().create_task(self._looked_at(session, data))
        del data
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # Most are small, and answered at once; whoever has to wait asks again.
        await asyncio.wait({task}, timeout=self._bounds.hold_s)
        if task.done() and (refused := task.result()) is not None:
            raise refused
        return self._verdict(self._desk.verdict_of(session, node_key))

    async def _looked_at(self, session: str, data: bytes) -> Refused | None:
        """Read the rows of a session and have them computed again; or why they are not taken."""
        loop = asyncio.get_running_loop()
        try:
            opened, key = await loop.run_in_executor(self._reader, heard_rows, data)
            _check_path(session, opened)
            task = self._checker.begin(self._desk.opened(opened, key))
        except Refused as refused:
            return refused
        finally:
            self._desk.book.have_rows(session)
        await task
        return None

    def _verdict(self, found: bytes | Checking) -> Answer:
        return self._said(found) if isinstance(found, Checking) else Answer(_OK, found)

    def _said(self, message: object) -> Answer:
        return Answer(_OK, say(message, self._desk.key.private))


def _check_path(session: str, opened: Opened) -> None:
    if opened.session != session:
        raise Declined(Why.FOREIGN, "the opened rows are those of another session than the path says")


def refusal(status: int, sentence: str) -> Answer:
    """An answer that says why there is no other."""
    return Answer(status, canonical.canonical({"refused": sentence}))
