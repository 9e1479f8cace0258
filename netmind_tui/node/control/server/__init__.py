"""The agent's doors: its socket, and its metrics where they are wanted. One of two places that know ``aiohttp``.

One request a connection; each has a deadline for all of its bytes and a size; there are only so many connections, and
fewer of one user; a reader that does not keep up is cut.
"""

from netmind_tui.node.control.server.answer import Server, serve
from netmind_tui.node.control.server.connection import Bounds
from netmind_tui.node.control.server.metrics import MetricsServer, serve_metrics

__all__ = ["Bounds", "MetricsServer", "Server", "serve", "serve_metrics"]
