"""The challenger on the network: HTTP around the reception, with a limit on all that strangers could make grow.

The one door to ``aiohttp``. One request a connection; each has a deadline for all of its bytes, headers included, and a
size; there are only so many connections.
"""

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Callable
from functools import partial

from aiohttp import web

from netmind_tui.certify.challenge.call import Switchboard
from netmind_tui.certify.challenge.clock import Clock
from netmind_tui.certify.challenge.desk import Desk
from netmind_tui.certify.challenge.door import Door
from netmind_tui.certify.challenge.limit import SMALL_BYTES, Bounds
from netmind_tui.certify.challenge.reception import Reception, refusal
from netmind_tui.certify.challenge.told import Told, Trouble

_SWEEP_S = 1.0
_SILENT = logging.getLogger("netmind.challenge")
_SILENT.addHandler(logging.NullHandler())
_SILENT.setLevel(logging.CRITICAL + 1)
_SILENT.propagate = False


class _TooMuch(Exception):  # noqa: N818 - it is what came, and no error of ours
    """A body beyond its limit, or without a length."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


class _Connection(web.RequestHandler):
    """One connection, cut where its request is not there in time, or its answer not taken."""

    __slots__ = ("_bounds", "_gone", "_reaper", "_timers")

    def __init__(
        self, server: web.Server, loop: asyncio.AbstractEventLoop, bounds: Bounds, gone: Callable[[], None]
    ) -> None:
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
        self._bounds, self._gone, self._timers = bounds, gone, loop
        self._reaper: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Its request may come."""
        super().connection_made(transport)
        self.expect_within(self._bounds.read_s)

    def connection_lost(self, exc: BaseException | None) -> None:
        """It is over."""
        self.expect_within(None)
        super().connection_lost(exc)
        self._gone()

    def expect_within(self, seconds: float | None) -> None:
        """Cut the connection after so many seconds, unless told anew; ``None`` lets it be."""
        if self._reaper is not None:
            self._reaper.cancel()
        transport = self.transport
        self._reaper = None if seconds is None else self._timers.call_later(seconds, _abort, transport)


def _abort(transport: asyncio.BaseTransport | None) -> None:
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()


class Service:
    """A challenger that listens."""

    def __init__(self, desk: Desk, switchboard: Switchboard, clock: Clock, bounds: Bounds, told: Told) -> None:
        """Make one.

        Args:
            desk: Decides.
            switchboard: Calls those who wait.
            clock: Read when a root is there.
            bounds: What strangers may take.
            told: Gets every verdict, and a sentence for what is to be known.
        """
        self._reception = Reception(desk, switchboard, clock, bounds, told)
        self._bounds, self._told, self._clock = bounds, told, clock

    async def run(self, listening: socket.socket, tls: ssl.SSLContext | None, stopped: asyncio.Event) -> None:
        """Serve until it is stopped; what is being checked then is left without a verdict, and recorded as such."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _loop, context: self._told.warn(_trouble(context)))
        server = web.Server(self._handle)
        greet = partial(_Connection, server, loop, self._bounds)
        door = Door(listening, tls, greet, self._bounds, Trouble(self._told, self._clock))
        try:
            while not stopped.is_set():
                self._reception.sweep()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stopped.wait(), _SWEEP_S)
        finally:
            door.close()
            for each in server.connections:
                if isinstance(each, _Connection):
                    each.expect_within(0)
            self._reception.close()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """One request: its bytes, its answer, or a sentence why there is none."""
        connection = request.protocol
        try:
            answer = await self._reception.answer(request.path, partial(_body, request), request.remote or "")
        except _TooMuch as much:
            answer = refusal(much.status, much.sentence)
        response = web.Response(status=answer.status, body=answer.data, content_type="application/json")
        response.force_close()
        if isinstance(connection, _Connection):
            connection.expect_within(self._bounds.answer_s)
        return response


async def _body(request: web.BaseRequest, most: int) -> bytes:
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


def _trouble(context: dict[str, object]) -> str:
    """What the event loop says went wrong, in a line."""
    return f"{context.get('message')}: {context.get('exception') or 'no more is known'}"
