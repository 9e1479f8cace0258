"""A connection that cannot be held open, filled up or multiplied: the guard of everything that the agent serves."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from netmind_tui.model.control import Role
from netmind_tui.node.control.role import Peer, peer_of

_SILENT = logging.getLogger("netmind.agent.http")
_SILENT.addHandler(logging.NullHandler())
_SILENT.setLevel(logging.CRITICAL + 1)
_SILENT.propagate = False
_ROUNDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What those who ask may take.

    ``reserved`` of the connections are for root and the agent's own user alone, and as many again for those who may
    control it: nobody who may only read can keep them out. ``streams_of_one`` is how many streams and leases a user
    may have, ``streams_of_owner`` root and the agent's own user.
    """

    connections: int = 64
    connections_of_one: int = 24
    reserved: int = 8
    streams_of_one: int = 4
    streams_of_owner: int = 12
    read_s: float = 5.0
    write_s: float = 10.0
    heartbeat_s: float = 5.0
    denial_s: float = 60.0
    long_ones: int = 2


class Connection(web.RequestHandler):
    """One connection, cut where its request is not there in time, or its answer not taken."""

    __slots__ = ("_bounds", "_connections", "_reaper", "_timers", "gone", "is_stream", "peer")

    def __init__(self, connections: "Connections", loop: asyncio.AbstractEventLoop, bounds: Bounds) -> None:
        super().__init__(
            connections,
            loop=loop,
            logger=_SILENT,
            access_log=_SILENT,
            max_line_size=8190,
            max_field_size=2048,
            max_headers=32,
            lingering_time=0.5,
            read_bufsize=64 << 10,
            auto_decompress=False,
        )
        self._bounds, self._connections, self._timers = bounds, connections, loop
        self._reaper: asyncio.TimerHandle | None = None
        self.gone = asyncio.Event()
        self.is_stream = False
        self.peer: Peer | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take it, or cut it at once where there are too many."""
        connection = transport.get_extra_info("socket")
        if connection.family == socket.AF_UNIX:
            with contextlib.suppress(OSError):
                self.peer = peer_of(connection)
        everybody = self._connections.open
        most = self._connections.room(self.peer)
        if len(everybody) >= most or len(self._connections.of(self.peer)) >= self._bounds.connections_of_one:
            _abort(transport)
            return
        everybody.add(self)
        super().connection_made(transport)
        self.expect_within(self._bounds.read_s)

    def connection_lost(self, exc: BaseException | None) -> None:
        """It is over."""
        self.gone.set()
        if self in self._connections.open:
            self._connections.open.discard(self)
            self.expect_within(None)
            super().connection_lost(exc)

    def expect_within(self, seconds: float | None) -> None:
        """Cut the connection after so many seconds, unless told anew; ``None`` lets it be."""
        if self._reaper is not None:
            self._reaper.cancel()
        self._reaper = None if seconds is None else self._timers.call_later(seconds, self.cut)

    def cut(self) -> None:
        """Hang up at once."""
        _abort(self.transport)


class Connections(web.Server):
    """Makes a guarded connection for everybody who comes."""

    def __init__(
        self,
        handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
        bounds: Bounds,
        role: Callable[[Peer], Role | None] | None = None,
    ) -> None:
        super().__init__(handler)
        self._bounds, self._role = bounds, role
        self.open: set[Connection] = set()

    def of(self, peer: Peer | None) -> list[Connection]:
        """The connections of a user; none where it is not known who asks."""
        return [each for each in self.open if each.peer is not None and peer is not None and each.peer.uid == peer.uid]

    def room(self, peer: Peer | None) -> int:
        """How many connections there may be before this one."""
        if self._role is None or peer is None or peer.is_owner:
            return self._bounds.connections
        role = self._role(peer)
        may_control = role is not None and role.may(Role.CONTROL)
        return self._bounds.connections - self._bounds.reserved * (1 if may_control else 2)

    def admits_stream(self, peer: Peer | None) -> bool:
        """Whether a user may have one more stream."""
        most = self._bounds.streams_of_owner if peer is not None and peer.is_owner else self._bounds.streams_of_one
        return sum(each.is_stream for each in self.of(peer)) < most

    async def end(self, front: asyncio.Server | None) -> None:
        """Take no more, and hang up on everybody, those who knock at this moment too."""
        for listening in front.sockets if front is not None else ():
            asyncio.get_running_loop().remove_reader(listening.fileno())
        # What was accepted already becomes a connection some rounds of the loop later, and asyncio loses it where its
        # server is closed by then.
        for _ in range(_ROUNDS):
            await asyncio.sleep(0)
            for connection in tuple(self.open):
                connection.cut()
        if front is not None:
            front.close()
        await self.shutdown(0.5)

    def __call__(self) -> Connection:
        """Make one."""
        return Connection(self, self._loop, self._bounds)


def _abort(transport: asyncio.BaseTransport | None) -> None:
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()
