"""The agent's metrics on a loopback address, where the owner asked for that."""

import asyncio
import logging

from aiohttp import web

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.place import is_loopback
from netmind_tui.model.problem import Problem
from netmind_tui.node.control.node import Node
from netmind_tui.node.control.server.connection import Bounds, Connection, Connections
from netmind_tui.node.exposition import OPENMETRICS, PLAIN, as_openmetrics, as_prometheus

_LOG = logging.getLogger("netmind.agent")


async def serve_metrics(node: Node, host: str, port: int, *, bounds: Bounds | None = None) -> "MetricsServer":
    """Serve the node's metrics to monitors on this machine, until the server is closed.

    Raises:
        Problem: the address is taken, or not of this machine.
    """
    server = MetricsServer(node, bounds or Bounds())
    await server.start(host, port)
    return server


class MetricsServer:
    """``/metrics`` on a loopback address: read-only, and for every user of this machine."""

    def __init__(self, node: Node, bounds: Bounds) -> None:
        self._node, self._bounds = node, bounds
        self._web = Connections(self._handle, bounds)
        self._front: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """The port that it has."""
        found: int = self._front.sockets[0].getsockname()[1] if self._front is not None else 0
        return found

    async def start(self, host: str, port: int) -> None:
        """Begin to answer."""
        try:
            self._front = await asyncio.get_running_loop().create_server(self._web, host, port)
        except OSError as error:
            cause = (error.strerror or str(error)).lower()
            raise Problem(f"agent.metrics: {host}:{port} cannot be had: {cause}", ExitCode.USAGE) from error

    async def close(self) -> None:
        """Hang up on everybody."""
        await self._web.end(self._front)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        connection = request.protocol
        assert isinstance(connection, Connection)  # noqa: S101 - no other is ever made
        connection.expect_within(self._bounds.write_s)
        response = await self._answer(request)
        response.headers["Server"] = "netmind"
        response.force_close()
        return response

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        host = request.host.rpartition(":")[0] or request.host
        # A web page elsewhere may have a name that leads here: it sends that name.
        if not is_loopback(host.removeprefix("[").removesuffix("]")):
            return web.Response(status=403, text="ask for it by an address of this machine\n")
        if request.path != "/metrics":
            return web.Response(status=404, text="there is only /metrics\n")
        if request.method != "GET":
            return web.Response(status=405, text="/metrics is asked with GET\n")
        try:
            status = await self._node.status()
        except Exception as error:  # noqa: BLE001 - the agent must survive anything; it is logged and said
            _LOG.exception("/metrics")
            return web.Response(status=500, text=f"{type(error).__name__}: {error}\n")
        if "application/openmetrics-text" in request.headers.get("Accept", ""):
            return web.Response(body=as_openmetrics(status).encode(), headers={"Content-Type": OPENMETRICS})
        return web.Response(body=as_prometheus(status).encode(), headers={"Content-Type": PLAIN})
