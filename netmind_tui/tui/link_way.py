"""Ways to agents: to the one of this machine, and to those of others through ssh."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.paths import SYSTEM_SOCKET, agent_dir, socket_path
from netmind_tui.tui.link import Link
from netmind_tui.tui.looked import looked_at

if TYPE_CHECKING:
    from netmind_tui.model.sample import Sample
    from netmind_tui.node.control.client import Client


class NoSocket(Problem):
    """There is not even a socket."""

    is_absent = True

    def __init__(self) -> None:
        super().__init__("no agent runs on this machine", ExitCode.UNMEASURED)


def own_link(put: "Callable[[Sample], None]", alone: Callable[[bool], None]) -> Link:
    """The line to the agent of this machine."""
    return Link(_own_way, put, alone, looked_at=looked_at())


def far_link(host: str, sockets: Mapping[str, str], put: "Callable[[Sample], None]") -> Link:
    """The line to the agent of another."""
    return Link(lambda: _far_way(host, sockets), put, is_far=True, looked_at=looked_at(host))


@contextmanager
def _own_way() -> "Iterator[Client]":
    named = bool(os.environ.get("NETMIND_SOCKET"))
    # The folder of the system's agent may be closed to this user: that there is one is said all the same.
    places = (socket_path(),) if named else (socket_path(), agent_dir() / "agent.sock", SYSTEM_SOCKET.parent)
    if not any(os.path.lexists(place) for place in places):
        raise NoSocket  # which is found out without the library that asks
    from netmind_tui.node.control.find import reach  # noqa: PLC0415 - only where there may be an agent

    yield reach(via="tui")


def _far_way(host: str, sockets: Mapping[str, str]) -> "AbstractContextManager[Client]":
    from netmind_tui.node.control.remote import remote  # noqa: PLC0415 - only where a host is named

    return remote(host, sockets, via=f"tui from {os.uname().nodename}")
