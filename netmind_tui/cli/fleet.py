"""Several nodes at once: a line to each through ssh, kept as long as they are watched."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Event, Lock
from types import TracebackType
from typing import TYPE_CHECKING, Self

from netmind_tui.model.problem import Problem
from netmind_tui.node.control.remote import remote

if TYPE_CHECKING:
    from netmind_tui.model.agent import Status
    from netmind_tui.node.control.client import Client

_AT_ONCE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What came of asking one host: its status, or the reason why there is none."""

    host: str
    status: "Status | None" = None
    reason: str | None = None


class Fleet:
    """The agents of several hosts. A line that breaks is opened again when its host is next asked."""

    def __init__(self, hosts: Sequence[str], sockets: Mapping[str, str]) -> None:
        self._hosts, self._sockets = hosts, sockets
        self._lines = {host: ExitStack() for host in hosts}
        self._clients: dict[str, Client] = {}
        self._workers = ThreadPoolExecutor(min(_AT_ONCE, len(hosts)))
        self._over = Event()
        self._closing = Lock()

    def __enter__(self) -> Self:
        """Nothing is opened yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every line."""
        self._over.set()
        self._workers.shutdown(wait=False, cancel_futures=True)
        # First those that are open: whoever waits for an answer there hears that there will be none.
        for host in self._hosts:
            self._close(host)
        self._workers.shutdown()
        for host in self._hosts:
            self._close(host)

    def ask(self) -> tuple[Answered, ...]:
        """How all of them are, in their order."""
        return tuple(self._workers.map(self._ask, self._hosts))

    def _ask(self, host: str) -> Answered:
        try:
            if host not in self._clients:
                way = remote(host, self._sockets, cancelled=self._over.is_set)
                self._clients[host] = self._lines[host].enter_context(way)
            return Answered(host=host, status=self._clients[host].status())
        except Problem as problem:
            self._clients.pop(host, None)
            self._close(host)
            return Answered(host=host, reason=problem.sentence.removeprefix(f"{host}: "))

    def _close(self, host: str) -> None:
        with self._closing:
            self._lines[host].close()
