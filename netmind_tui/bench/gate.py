"""Lets the devices of a run begin the timed part of each kernel at the same moment."""

import threading
from collections.abc import Callable, Iterable


class Gate:
    """Opens for a kernel when every device that will run it has arrived or has given it up.

    ``expected`` are pairs of kernel and device. Whoever comes last lets all of them go, so that they begin within the
    time that it takes to write a line to each.
    """

    def __init__(self, expected: Iterable[tuple[str, str]]) -> None:
        self._lock = threading.Lock()
        self._missing: dict[str, set[str]] = {}
        self._waiting: dict[str, dict[str, Callable[[], None]]] = {}
        for kernel, device in expected:
            self._missing.setdefault(kernel, set()).add(device)

    def arrive(self, kernel: str, device: str, go: Callable[[], None]) -> None:
        """The device is poised; ``go`` lets it begin, now or when the last one has come."""
        with self._lock:
            self._missing.get(kernel, set()).discard(device)
            self._waiting.setdefault(kernel, {})[device] = go
            self._open(kernel)

    def pass_by(self, kernel: str, device: str) -> None:
        """The device will not run this kernel, or has run it: nobody waits for it any longer."""
        with self._lock:
            self._waiting.get(kernel, {}).pop(device, None)
            self._missing.get(kernel, set()).discard(device)
            self._open(kernel)

    def _open(self, kernel: str) -> None:
        if self._missing.get(kernel):
            return
        for go in self._waiting.pop(kernel, {}).values():
            go()
