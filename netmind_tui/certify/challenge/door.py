"""The challenger's front door: it takes connections from a socket, and never more than there are places.

A connection has its place from its first packet on, handshake included: what speaks TLS slowly, or not at all, takes
one of a few places for a few seconds, and neither memory nor files beyond them.
"""

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable

from netmind_tui.certify.challenge.limit import Bounds
from netmind_tui.certify.challenge.told import Trouble

try:
    import resource
except ModuleNotFoundError:  # Windows, which has no such limit
    resource = None  # type: ignore[assignment]

_RESERVED_FILES = 64
_LEAST = 8
_AGAIN_S = 1.0
_FAREWELL_S = 2.0
Greet = Callable[[Callable[[], None]], asyncio.Protocol]


class Door:
    """Takes connections until it is closed."""

    def __init__(
        self, listening: socket.socket, tls: ssl.SSLContext | None, greet: Greet, bounds: Bounds, trouble: Trouble
    ) -> None:
        """Open it, in a running loop.

        Args:
            listening: Where they come.
            tls: What they are greeted with, if anything.
            greet: Makes who speaks on a connection; that calls what it is given when the connection is over.
            bounds: How many places there are, and how long a handshake may take.
            trouble: Hears why no connection can be taken.
        """
        listening.setblocking(False)
        self._listening, self._tls, self._greet, self._bounds, self._trouble = listening, tls, greet, bounds, trouble
        self._most = places(bounds.connections)
        self._taken = 0
        self._tasks = {asyncio.get_running_loop().create_task(self._accept())}

    def close(self) -> None:
        """Take no more, and leave those that are not greeted yet."""
        for task in self._tasks:
            task.cancel()

    async def _accept(self) -> None:
        """Take every connection, and keep those that there is a place for."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                # A connection that is there already is taken without a pause, and others wait for their turn, too.
                await asyncio.sleep(0)
                line = await self._next()
                if line is None:
                    continue
                if self._taken >= self._most:
                    line.close()
                    continue
                self._taken += 1
                task = loop.create_task(self._welcome(line))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        finally:
            self._listening.close()

    async def _next(self) -> socket.socket | None:
        """Whoever comes next; ``None`` where that failed."""
        try:
            line, _ = await asyncio.get_running_loop().sock_accept(self._listening)
        except OSError as error:
            if error.errno != errno.ECONNABORTED:
                cause = (error.strerror or str(error)).lower()
                self._trouble.warn(f"no connection can be taken: {cause}; trying again")
                await asyncio.sleep(_AGAIN_S)
            return None
        return line

    async def _welcome(self, line: socket.socket) -> None:
        """Greet one; its place is free again when it is over, or was never there."""
        place = _Place(self)
        greet_s, farewell_s = (None, None) if self._tls is None else (self._bounds.greet_s, _FAREWELL_S)
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: self._greet(place.free),
                line,
                ssl=self._tls,
                ssl_handshake_timeout=greet_s,
                ssl_shutdown_timeout=farewell_s,
            )
        except OSError:  # who came did not go through with it
            place.free()
        except BaseException:
            place.free()
            raise

    def leave(self) -> None:
        """A place is free again."""
        self._taken -= 1


class _Place:
    """One place, which is given back once."""

    def __init__(self, door: Door) -> None:
        self._door: Door | None = door

    def free(self) -> None:
        door, self._door = self._door, None
        if door is not None:
            door.leave()


def places(wanted: int) -> int:
    """How many connections can be held at once: as many as wanted, or as the system lets this process open files."""
    if resource is None:
        return wanted
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return wanted if files == resource.RLIM_INFINITY else max(_LEAST, min(wanted, files - _RESERVED_FILES))
