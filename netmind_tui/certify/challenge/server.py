"""The challenger on the network: HTTP around the desk, with a limit on everything that strangers could make grow.

The one door to ``aiohttp``. One request a connection; each has a deadline for all of its bytes, headers included, and a
size; there are only so many connections. The clock of a challenge is read when the last byte of a root is there, before
anything looks at it.
"""

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from netmind_tui.certify import canonical
from netmind_tui.certify.challenge.call import Switchboard
from netmind_tui.certify.challenge.clock import Clock
from netmind_tui.certify.challenge.declined import Declined, Why
from netmind_tui.certify.challenge.desk import Desk, Question
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
from netmind_tui.certify.proof.check import check_openings
from netmind_tui.certify.refused import Refused
from netmind_tui.model.problem import Problem

SMALL_BYTES = 16 * 1024
_STATUS = {
    Why.STRANGER: 403,
    Why.FOREIGN: 403,
    Why.UNKNOWN: 404,
    Why.REPLAYED: 409,
    Why.ORDER: 409,
    Why.EXPIRED: 410,
    Why.NO_CHAIN: 422,
    Why.BUSY: 503,
}
_PATHS: dict[str, type[Hello | Ready | Committed | Waiting | Asked]] = {
    "/v1/hello": Hello,
    "/v1/ready": Ready,
    "/v1/committed": Committed,
    "/v1/waiting": Waiting,
    "/v1/asked": Asked,
}
_OPENED = "/v1/opened/"
_SWEEP_S = 1.0
_SILENT = logging.getLogger("netmind.challenge")
_SILENT.addHandler(logging.NullHandler())
_SILENT.setLevel(logging.CRITICAL + 1)
_SILENT.propagate = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What strangers may take of a challenger. ``large_bytes`` is the most that opened rows may be."""

    connections: int = 256
    read_s: float = 20.0
    answer_s: float = 20.0
    hold_s: float = 10.0
    large_bytes: int = 1 << 20


class Told(Protocol):
    """Who hears what the challenger does."""

    def verdict(self, envelope: bytes) -> None:
        """A challenge has its verdict."""

    def warn(self, sentence: str) -> None:
        """Something is to be known."""


class _TooMuch(Exception):  # noqa: N818 - it is what came, and no error of ours
    """A body beyond its limit, or without a length."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


class _Connection(web.RequestHandler):
    """One connection, cut where its request is not there in time, or its answer not taken."""

    __slots__ = ("_bounds", "_open", "_reaper", "_timers")

    def __init__(self, server: "_Server", loop: asyncio.AbstractEventLoop, bounds: Bounds) -> None:
        super().__init__(
            server,
            loop=loop,
            logger=_SILENT,
            access_log=_SILENT,
            max_line_size=2048,
            max_field_size=2048,
            max_headers=32,
            lingering_time=1.0,
            read_bufsize=SMALL_BYTES,
            auto_decompress=False,
        )
        self._bounds, self._open, self._timers = bounds, server.open, loop
        self._reaper: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take it, or cut it at once where there are too many."""
        if len(self._open) >= self._bounds.connections:
            _abort(transport)
            return
        self._open.add(self)
        super().connection_made(transport)
        self.expect_within(self._bounds.read_s)

    def connection_lost(self, exc: BaseException | None) -> None:
        """It is over."""
        if self in self._open:
            self._open.discard(self)
            self.expect_within(None)
            super().connection_lost(exc)

    def expect_within(self, seconds: float | None) -> None:
        """Cut the connection after so many seconds, unless told anew; ``None`` lets it be."""
        if self._reaper is not None:
            self._reaper.cancel()
        transport = self.transport
        self._reaper = None if seconds is None else self._timers.call_later(seconds, _abort, transport)


def _abort(transport: asyncio.BaseTransport | None) -> None:
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()


class _Server(web.Server):
    """Makes a guarded connection for everybody who comes."""

    def __init__(self, handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]], bounds: Bounds) -> None:
        super().__init__(handler)
        self._bounds = bounds
        self.open: set[_Connection] = set()

    def __call__(self) -> _Connection:
        """Make one."""
        return _Connection(self, self._loop, self._bounds)


class Service:
    """A challenger that listens. The desk decides; rows are computed again in a thread, one lot at a time."""

    def __init__(self, desk: Desk, switchboard: Switchboard, clock: Clock, bounds: Bounds, told: Told) -> None:
        """Make one.

        Args:
            desk: Decides.
            switchboard: Calls those who wait.
            clock: Read when a root is there.
            bounds: What strangers may take.
            told: Gets every verdict, and a sentence for what is to be known.
        """
        self._desk, self._switchboard, self._clock, self._bounds, self._told = desk, switchboard, clock, bounds, told
        self._checker = ThreadPoolExecutor(1, "check")
        self._reader = ThreadPoolExecutor(1, "read")
        self._checks: set[asyncio.Task[None]] = set()

    async def run(self, listening: socket.socket, tls: ssl.SSLContext | None, stopped: asyncio.Event) -> None:
        """Serve until it is stopped; what is being checked then is left without a verdict, and recorded as such."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _loop, context: self._told.warn(_trouble(context)))
        server = _Server(self._handle, self._bounds)
        handshake_s = None if tls is None else self._bounds.read_s
        front = await loop.create_server(server, sock=listening, ssl=tls, ssl_handshake_timeout=handshake_s)
        try:
            while not stopped.is_set():
                self._desk.sweep()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stopped.wait(), _SWEEP_S)
        finally:
            front.close()
            for connection in tuple(server.open):
                connection.expect_within(0)
            for task in self._checks:
                task.cancel()
            self._reader.shutdown(wait=False, cancel_futures=True)
            self._checker.shutdown(wait=False, cancel_futures=True)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """One request: its bytes, its answer, or a sentence why there is none."""
        connection = request.protocol
        try:
            answer = await self._answer(request)
        except _TooMuch as much:
            answer = _refusal(much.status, much.sentence)
        except Declined as declined:
            answer = _refusal(_STATUS[declined.why], declined.sentence)
        except Refused as refused:
            answer = _refusal(401 if refused.check == "signature" else 400, refused.sentence)
        except Problem as problem:  # the record cannot be written: nothing may be answered that is not in it
            self._told.warn(problem.sentence)
            answer = _refusal(500, "this challenger cannot write its record")
        answer.force_close()
        if isinstance(connection, _Connection):
            connection.expect_within(self._bounds.answer_s)
        return answer

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        path = request.path
        if path == "/v1/challenger":
            return self._said(About(challenger=self._desk.key.public))
        if path.startswith(_OPENED):
            return await self._opened(request, path.removeprefix(_OPENED))
        if path not in _PATHS:
            raise _TooMuch(404, f"there is nothing at {path[:80]}")
        data = await self._body(request, SMALL_BYTES)
        arrived = self._clock.elapsed()
        kind = _PATHS[path]
        message, key = heard(data, kind, f"the {kind.__name__.lower()}")
        if isinstance(message, Hello):
            return self._said(self._desk.hello(message, key))
        if isinstance(message, Ready):
            return self._said(self._desk.ready(message, key))
        if isinstance(message, Committed):
            return self._said(self._desk.committed(message, key, arrived))
        if isinstance(message, Waiting):
            return self._said(self._switchboard.waiting(message, key))
        if not isinstance(message, Asked):
            raise TypeError(kind)
        return self._verdict(self._desk.asked(message, key))

    async def _opened(self, request: web.BaseRequest, session: str) -> web.Response:
        """Rows, which are long: only a session that awaits them may send so much."""
        most = self._bounds.large_bytes if self._desk.awaits_rows(session) else SMALL_BYTES
        data = await self._body(request, most)
        loop = asyncio.get_running_loop()
        opened, key = await loop.run_in_executor(self._reader, heard, data, Opened, "the opened rows")
        del data
        if opened.session != session:
            raise Declined(Why.FOREIGN, "the opened rows are those of another session than the path says")
        task = loop.create_task(self._check(self._desk.opened(opened, key)))
        self._checks.add(task)
        task.add_done_callback(self._checks.discard)
        # Most are small, and answered at once; whoever has to wait asks again.
        await asyncio.wait({task}, timeout=self._bounds.hold_s)
        return self._verdict(self._desk.asked(Asked(session=session, root=opened.root), key))

    async def _check(self, question: Question) -> None:
        """Compute the rows again, and sign what that shows."""
        loop = asyncio.get_running_loop()
        try:
            complaint = await loop.run_in_executor(self._checker, _complaint, question)
        except Exception as error:  # noqa: BLE001 - whatever fails here is this machine's, and must not be the node's
            self._told.warn(f"rows could not be computed again: {type(error).__name__} {error}".rstrip())
            self._desk.give_up(question.session)
            return
        self._told.verdict(self._desk.judge(question.session, complaint))

    def _verdict(self, found: bytes | Checking) -> web.Response:
        return self._said(found) if isinstance(found, Checking) else _sent(found)

    def _said(self, message: object) -> web.Response:
        return _sent(say(message, self._desk.key.private))

    async def _body(self, request: web.BaseRequest, most: int) -> bytes:
        """Every byte of a request, within its limit; the deadline is the connection's."""
        if request.method != "POST":
            raise _TooMuch(405, "a message is sent with POST")
        if request.content_length is None:
            raise _TooMuch(411, "a message has a Content-Length")
        if request.headers.get("Content-Encoding"):
            raise _TooMuch(415, "a message is not compressed")
        if request.content_length > most:
            raise _TooMuch(413, f"the message has {request.content_length} bytes, at most {most} are read here")
        data = await request.content.read(-1)
        if isinstance(request.protocol, _Connection):
            request.protocol.expect_within(None)
        return data


def _complaint(question: Question) -> str | None:
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
            question.openings,
        )
    except Refused as refused:
        return refused.sentence
    return None


def _sent(data: bytes) -> web.Response:
    return web.Response(body=data, content_type="application/json")


def _refusal(status: int, sentence: str) -> web.Response:
    return web.Response(status=status, body=canonical.canonical({"refused": sentence}), content_type="application/json")


def _trouble(context: dict[str, object]) -> str:
    """What the event loop says went wrong, in a line."""
    return f"{context.get('message')}: {context.get('exception') or 'no more is known'}"
