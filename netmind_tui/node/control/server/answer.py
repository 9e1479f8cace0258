"""The agent on its socket: who asks, whether they may, and their answer, all at once or line by line."""

import asyncio
import contextlib
import logging
import os
import re
import socket
import stat
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from netmind_tui import __version__
from netmind_tui.document import encode
from netmind_tui.model.agent import API
from netmind_tui.model.control import Refusal, Role
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.node.control.asked import Call, NotFoundHere, Route, part_of
from netmind_tui.node.control.node import Asker, Node
from netmind_tui.node.control.place import bound, user_name
from netmind_tui.node.control.role import Access, Peer, must_tell_peers
from netmind_tui.node.control.route import find, query_fault
from netmind_tui.node.control.server.connection import Bounds, Connection, Connections

_LOG = logging.getLogger("netmind.agent")
# What may stand in a sentence of the journal between parentheses, and ends none.
_VIA = re.compile(r"[A-Za-z0-9 ._:-]{1,80}")


async def serve(node: Node, path: Path, access: Access, *, bounds: Bounds | None = None, name: str = "") -> "Server":
    """Answer at a socket from now on, until the server is closed.

    Raises:
        Problem: it cannot be there; the sentence says why and what to do.
    """
    must_tell_peers()
    listening = bound(path, access.group)
    server = Server(node, path, access, bounds or Bounds(), name or socket.gethostname())
    await server.start(listening)
    return server


class Server:
    """A socket that answers."""

    def __init__(self, node: Node, path: Path, access: Access, bounds: Bounds, name: str) -> None:
        self.path = path
        self._node, self._access, self._bounds, self._name = node, access, bounds, name
        self._denied: dict[int, float] = {}
        self._long = asyncio.Semaphore(bounds.long_ones)
        self._policy = asyncio.Lock()
        self._web = Connections(self._handle, bounds, self._role)
        self._front: asyncio.Server | None = None
        self._inode = -1

    def let(self, access: Access) -> None:
        """Have other rules from the next request on."""
        self._access = access

    def _role(self, peer: Peer) -> Role | None:
        return self._access.role(peer)

    async def start(self, listening: socket.socket) -> None:
        """Begin to answer."""
        self._inode = self.path.lstat().st_ino
        loop = asyncio.get_running_loop()
        self._front = await loop.create_unix_server(self._web, sock=listening)

    async def close(self) -> None:
        """Hang up on everybody and take the socket away, unless it is another one by now."""
        await self._web.end(self._front)
        with contextlib.suppress(OSError):
            found = self.path.lstat()
            if stat.S_ISSOCK(found.st_mode) and found.st_ino == self._inode:
                self.path.unlink()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """One request: its answer, or a sentence why there is none."""
        connection = request.protocol
        assert isinstance(connection, Connection)  # noqa: S101 - no other is ever made
        try:
            return await self._answer(request, connection)
        except _Refused as refused:
            response = web.Response(status=refused.status, body=encode(Refusal(sentence=str(refused))))
        except Problem as problem:
            status = 404 if isinstance(problem, NotFoundHere) else 400 if problem.code == ExitCode.USAGE else 409
            response = web.Response(status=status, body=encode(Refusal(sentence=problem.sentence)))
        except ConnectionError:  # the asker hung up meanwhile: there is nobody to tell
            response = web.Response(status=400, body=encode(Refusal(sentence="the asker hung up")))
        except Exception as error:  # noqa: BLE001 - the socket must survive anything; it is logged and said
            _LOG.exception("%s %s", request.method, request.path)
            sentence = f"the agent could not answer: {type(error).__name__}: {error}"
            response = web.Response(status=500, body=encode(Refusal(sentence=sentence)))
        return self._finished(response, connection)

    async def _answer(self, request: web.BaseRequest, connection: "Connection") -> web.StreamResponse:
        try:
            route = find(request.method, request.path)
        except Problem as problem:
            raise _Refused(405, problem.sentence) from None
        asker = await self._admitted(request, connection, route)
        if route is None:
            raise _Refused(404, f"{request.path[:200]}: there is no such route; /v1 says who answers")
        query = {name: request.query.getall(name) for name in request.query}
        if (sentence := query_fault(route, query)) is not None:
            raise _Refused(400, sentence)
        body = await _body(request, route.most_bytes)
        connection.expect_within(None)
        call = Call(
            asker=asker,
            query=query,
            body=body,
            now=datetime.now(UTC),
            version=__version__,
            name=self._name,
            match=request.headers.get("If-Match", "").strip('"'),
            part=part_of(route.path, request.path) or "",
            turn=self._long,
        )
        if route.stream is not None:
            if not self._web.admits_stream(connection.peer):
                raise _Refused(429, f"{asker.user} has as many streams and leases here as one user may: end one first")
            connection.is_stream = True
            return await self._stream(request, connection, route.stream(self._node, call))
        assert route.answer is not None  # noqa: S101 - one of both is there
        # Only one at a time: between what a policy is compared with and its being put in force there is no other.
        alone = self._policy if route.role is Role.POLICY else contextlib.nullcontext()
        async with self._long if route.is_long else alone:
            document = await route.answer(self._node, call)
        return self._finished(web.Response(body=encode(document)), connection)

    async def _admitted(self, request: web.BaseRequest, connection: "Connection", route: Route | None) -> Asker:
        """Who asks, if they may."""
        peer = connection.peer
        if peer is None:
            raise _Refused(403, "the agent cannot tell who asks")
        role = self._access.role(peer)
        via = request.headers.get("NetMind-Via", "")
        wanted = Role.READ if route is None else route.role
        if role is None or not role.may(wanted):
            asker = None if role is None else Asker(uid=peer.uid, user=peer.user, role=role, pid=peer.pid)
            await self._deny(asker, peer, f"{request.method} {route.path if route else request.path[:200]}")
            raise _Refused(403, _denial(peer, role, wanted, self._access.group))
        theirs = request.headers.get("NetMind-Api", str(API))
        if wanted is not Role.READ and theirs != str(API):
            raise _Refused(409, f"the agent ({__version__}) speaks version {API} of its interface, not {theirs[:9]!r}")
        word = via if _VIA.fullmatch(via) else "socket"
        return Asker(uid=peer.uid, user=peer.user, role=role, via=word, pid=peer.pid)

    async def _deny(self, asker: Asker | None, peer: Peer, wanted: str) -> None:
        """Have it written down, of one user not more often than once a minute, whatever they ask for."""
        now = time.monotonic()
        self._denied = {each: at for each, at in self._denied.items() if now - at < self._bounds.denial_s}
        if peer.uid in self._denied or len(self._denied) >= self._bounds.connections:
            return
        self._denied[peer.uid] = now
        unknown = Asker(uid=peer.uid, user=peer.user, role=Role.READ, pid=peer.pid)
        await self._node.denied(asker or unknown, wanted)

    def _finished(self, response: web.Response, connection: "Connection") -> web.Response:
        response.content_type = "application/json"
        _mark(response)
        response.force_close()
        connection.expect_within(self._bounds.write_s)
        return response

    async def _stream(
        self, request: web.BaseRequest, connection: "Connection", lines: AsyncIterator[object]
    ) -> web.StreamResponse:
        """Lines until there are no more or the asker hangs up; something is said every few seconds in any case."""
        response = web.StreamResponse(headers={"Content-Type": "application/jsonl"})
        _mark(response)
        response.force_close()
        await response.prepare(request)
        gone: asyncio.Future[Any] = asyncio.ensure_future(connection.gone.wait())
        coming: asyncio.Future[Any] = asyncio.ensure_future(_next(lines))
        try:
            while True:
                done, _ = await asyncio.wait(
                    {gone, coming}, timeout=self._bounds.heartbeat_s, return_when=asyncio.FIRST_COMPLETED
                )
                if gone in done:
                    break
                if coming not in done:
                    # Whoever holds a lease need not read; what they leave unread must not fill the connection.
                    transport = request.transport
                    if transport is not None and transport.get_write_buffer_size():
                        continue
                    await self._write(response, connection, _Heartbeat())
                    continue
                await self._write(response, connection, coming.result())
                coming = asyncio.ensure_future(_next(lines))
        except (StopAsyncIteration, _End):
            pass
        except Problem as problem:
            await self._write(response, connection, Refusal(sentence=problem.sentence))
        except OSError:  # the asker is gone
            pass
        finally:
            gone.cancel()
            coming.cancel()
            with contextlib.suppress(asyncio.CancelledError, _End, Problem):
                await coming
            await _close(lines)
        return response

    async def _write(self, response: web.StreamResponse, connection: "Connection", line: object) -> None:
        try:
            async with asyncio.timeout(self._bounds.write_s):
                await response.write(encode(line) + b"\n")
        except TimeoutError:
            connection.cut()
            raise ConnectionError from None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heartbeat:
    """Said in a stream when nothing else is, so that both sides know that the other is there."""

    schema: str = "netmind.heartbeat/1"


class _End(Exception):  # noqa: N818 - a stream that is over is no error
    """There are no more lines."""


class _Refused(Exception):  # noqa: N818 - it is what was answered
    """A request that gets a sentence instead of what it asked for."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


async def _body(request: web.BaseRequest, most: int) -> bytes:
    """Every byte of a request, within its limit; the deadline is the connection's."""
    if not most:
        if request.body_exists:
            raise _Refused(413, f"{request.path} takes no body")
        return b""
    if request.content_length is None:
        raise _Refused(411, "a request that changes something has a Content-Length")
    if request.headers.get("Content-Encoding"):
        raise _Refused(415, "a request is not compressed")
    if request.content_length > most:
        raise _Refused(413, f"the request has {request.content_length} bytes, at most {most} are read here")
    return await request.content.read(-1)


async def _next(lines: AsyncIterator[object]) -> object:
    """The next line. A future cannot end in ``StopAsyncIteration``."""
    try:
        return await anext(lines)
    except StopAsyncIteration:
        raise _End from None


async def _close(lines: AsyncIterator[object]) -> None:
    close = getattr(lines, "aclose", None)
    if close is not None:
        await close()


def _mark(response: web.StreamResponse) -> None:
    """Say which version answers, so that a client can tell without asking."""
    response.headers["NetMind-Version"] = __version__
    response.headers["NetMind-Api"] = str(API)
    response.headers["Server"] = "netmind"


def _denial(peer: Peer, role: Role | None, wanted: Role, group: str) -> str:
    """One sentence for somebody who may not, with who can change that."""
    if role is None:
        owners = "root" if os.geteuid() == 0 else f"{user_name(os.geteuid())}, root"
        return f"{peer.user} may not ask this agent: {owners} and members of the group {group} may"
    key = "access.control" if wanted is Role.CONTROL else "access.policy"
    what = "control this agent" if wanted is Role.CONTROL else "change its policy"
    return (
        f"{peer.user} may read, but not {what}: {user_name(os.geteuid())} can allow it with {key} in the configuration"
    )
