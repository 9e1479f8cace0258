"""A socket of a node made by hand, and words that no client would say."""

import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from netmind_tui.node.control.client import Client


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder with a short name: a socket's path may have 107 bytes, and a test's own folder has most of them."""
    with tempfile.TemporaryDirectory(prefix="nm") as folder:
        yield Path(folder)


@pytest.fixture
def path(short) -> Path:
    return short / "netmind" / "agent.sock"


@pytest.fixture
def serve(agents, path) -> Iterator[Callable]:
    """Start an agent: ``serve(node=…, access=…, bounds=…)``."""
    with ExitStack() as stack:
        yield lambda at=path, **options: stack.enter_context(agents.running(at, **options))


@pytest.fixture
def agent(serve):
    return serve()


@pytest.fixture
def client(agent, path) -> Client:
    return Client(path)


@pytest.fixture
def raw(path) -> Iterator[Callable[..., socket.socket]]:
    """A connection on which these bytes were sent."""
    with ExitStack() as stack:

        def connect(data=b""):
            line = stack.enter_context(socket.socket(socket.AF_UNIX))
            line.settimeout(10)
            line.connect(str(path))
            line.sendall(data)
            return line

        yield connect
