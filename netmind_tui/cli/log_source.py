"""Where ``netmind log`` reads events: of a running agent through its socket, or else from the journal it left."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from netmind_tui.model.control import EventQuery
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.event import Event
from netmind_tui.model.selector import select
from netmind_tui.paths import agent_dir

if TYPE_CHECKING:
    from netmind_tui.node.control.client import Client
    from netmind_tui.node.journal.reader import Reader

_PAGE = 1000
_POLL_S = 0.5


class EventSource(Protocol):
    """Events of one node."""

    def events(self, query: EventQuery) -> Iterator[Event]:
        """What happened, oldest first."""

    def follow(self, query: EventQuery) -> Iterator[Event]:
        """What happens after ``query.after``, as it happens; ends when the node's agent does."""


class AgentEvents:
    """Of a running agent."""

    def __init__(self, client: "Client") -> None:
        self._client = client

    def events(self, query: EventQuery) -> Iterator[Event]:
        """What happened, a page at a time."""
        asked = replace(query, limit=_PAGE)
        while True:
            page = self._client.events(asked)
            yield from page.events
            if len(page.events) < _PAGE:
                return
            asked = replace(asked, after=max(page.next, page.events[-1].id))

    def follow(self, query: EventQuery) -> Iterator[Event]:
        """What happens, as the agent tells it."""
        return self._client.follow(query)


class FileEvents:
    """Of a journal, whether or not an agent writes it now; devices are found by the names that it holds."""

    def __init__(self, reader: "Reader", wait: Callable[[float], None] = time.sleep) -> None:
        self._reader = reader
        self._wait = wait

    def events(self, query: EventQuery) -> Iterator[Event]:
        """What happened, a page at a time."""
        after = query.after
        while True:
            page = self._reader.events(
                after=after,
                since=query.since,
                until=query.until,
                device=self._devices(query.devices),
                kinds=query.kinds,
                limit=_PAGE,
            )
            yield from page
            if len(page) < _PAGE:
                return
            after = page[-1].id

    def follow(self, query: EventQuery) -> Iterator[Event]:
        """What is written to it from now on."""
        after = query.after or self._reader.last_id()
        while True:
            for event in self.events(replace(query, after=after, since=None)):
                after = event.id
                yield event
            self._wait(_POLL_S)

    def _devices(self, names: Sequence[str]) -> tuple[str, ...] | None:
        if not names:
            return None
        known = [Device(id=each, kind=_kind(each), name=each) for each in self._reader.event_devices()]
        selection = select(names, known)
        # A name that the journal does not know finds nothing; without any, everything would be found.
        return tuple(device.id for device in selection.devices) + selection.missing


@contextmanager
def open_source(host: str | None = None) -> Iterator[EventSource]:
    """The agent that answers this user, or that of a host; where none runs here, the journal of this user's agent.

    Raises:
        Problem: there is neither, or one of them is closed to this user.
    """
    from netmind_tui.cli.node_line import open_line  # noqa: PLC0415 - the socket's library
    from netmind_tui.node.control.client import NoAgent  # noqa: PLC0415 - see above
    from netmind_tui.node.journal.reader import Reader  # noqa: PLC0415 - sqlite3

    with ExitStack() as stack:
        source: EventSource
        try:
            source = AgentEvents(stack.enter_context(open_line(host)))
        except NoAgent as none:
            if host is not None or not none.is_absent:
                raise
            reader = stack.enter_context(closing(Reader(agent_dir() / "journal.db")))
            source = FileEvents(reader)
        yield source


def _kind(device: str) -> DeviceKind:
    word = device.partition(":")[0]
    return DeviceKind(word) if word in set(DeviceKind) else DeviceKind.CPU
