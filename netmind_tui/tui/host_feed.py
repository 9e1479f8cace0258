"""Another machine as a feed: all that is known of it, its agent tells."""

from collections.abc import Iterable, Mapping

from netmind_tui.model.device import Device
from netmind_tui.model.doctor import Diagnosis
from netmind_tui.model.info import DeviceUse, Info
from netmind_tui.model.sample import Sample
from netmind_tui.tui.inbox import Inbox
from netmind_tui.tui.link_way import far_link


class HostFeed:
    """The agent of a host, as ssh knows it."""

    kind = "host"

    def __init__(self, host: str, sockets: Mapping[str, str]) -> None:
        self.label = host
        self._inbox = Inbox()
        self.link = far_link(host, sockets, self._inbox.put)

    def start(self) -> None:
        """Begin to reach for it."""
        self.link.start()

    def stop(self) -> None:
        """Let go of it."""
        self.link.stop()

    def look(self) -> Info:
        """Never asked: its agent describes it."""
        raise NotImplementedError

    def uses(self, devices: Iterable[Device]) -> tuple[DeviceUse, ...] | None:  # noqa: ARG002 - nobody tells
        """See ``Feed``."""
        return None

    def examine(self) -> Diagnosis | None:
        """See ``Feed``: a doctor comes to the machine itself."""
        return None

    def new(self) -> list[Sample]:
        """See ``Feed``."""
        return self._inbox.take()

    def silent_s(self) -> float:
        """See ``Feed``; where nobody answers that is said otherwise."""
        return self._inbox.silent_s() if self.link.is_up else 0.0

    def ended(self) -> str | None:
        """It may always come back."""
        return None
