"""What a service manager is told: ready, alive, reloading, stopping. Nothing, where none listens."""

import os
import socket
from collections.abc import Mapping
from contextlib import suppress


class Notifier:
    """Sends datagrams to the socket that systemd named (``sd_notify(3)``); without one it keeps quiet.

    ``watchdog_s`` is how often the manager wants to hear ``alive``, at the latest.
    """

    def __init__(self, environment: Mapping[str, str], pid: int | None = None) -> None:
        path = environment.get("NOTIFY_SOCKET", "")
        self._address = f"\0{path[1:]}" if path.startswith("@") else path
        self.watchdog_s = _watchdog_s(environment, os.getpid() if pid is None else pid) if path else None

    def ready(self, status: str) -> None:
        """It runs."""
        self._send(f"READY=1\nSTATUS={status}")

    def status(self, status: str) -> None:
        """A line for ``systemctl status``."""
        self._send(f"STATUS={status}")

    def alive(self) -> None:
        """It has not hung."""
        if self.watchdog_s is not None:
            self._send("WATCHDOG=1")

    def reloading(self, monotonic_s: float) -> None:
        """It reads its settings anew; ``ready`` follows."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={int(monotonic_s * 1e6)}")

    def stopping(self, status: str) -> None:
        """It ends."""
        self._send(f"STOPPING=1\nSTATUS={status}")

    def _send(self, text: str) -> None:
        if not self._address:
            return
        line = text.replace("\n\n", "\n").encode()
        # A manager that went away is no reason to end.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            sender.sendto(line, self._address)


def _watchdog_s(environment: Mapping[str, str], pid: int) -> float | None:
    given, whose = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
    if not given.isdigit() or int(given) == 0 or (whose and whose != str(pid)):
        return None
    return int(given) / 1e6
