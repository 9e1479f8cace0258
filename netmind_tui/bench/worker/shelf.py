"""What one kernel leaves for the next: loaded sessions and their weights, where the next can use the same."""

import gc
from collections.abc import Callable, Mapping
from typing import Any

from netmind_tui.bench.family.base import Array, Kept
from netmind_tui.bench.protocol import Request
from netmind_tui.bench.worker.session import OrtSession


class Shelf:
    """Holds what was made once, until a request comes that cannot use it, or its kernel turns out to be wrong."""

    def __init__(self) -> None:
        self._label: tuple[object, ...] | None = None
        self._kept: Any = None
        self._sessions: list[OrtSession] = []
        self._is_sound = False

    def make_room(self, request: Request) -> None:
        """Give back what this request cannot use; to be called before anything else is loaded."""
        if not self._is_sound or self._label != _label_of(request):
            self._label = self._kept = None
            self._sessions = []
            gc.collect()  # a session may be part of a circle, and holds gigabytes
        self._is_sound = False

    def confirm(self) -> None:
        """The kernel that used it was right: the next may have it."""
        self._is_sound = True

    def take(self, opening: "Opening", make: Callable[[], Kept]) -> Kept:
        """What is held, or else what ``make`` gives, which is held from now on."""
        if self._label is None:
            first = len(opening.sessions)
            self._kept = make()
            self._label, self._sessions = _label_of(opening.request), opening.sessions[first:]
        else:
            opening.sessions += self._sessions
        kept: Kept = self._kept
        return kept


class Opening:
    """Opens the sessions of one request, and knows which those are."""

    def __init__(self, graph: bytes, request: Request, shelf: Shelf) -> None:
        self.sessions: list[OrtSession] = []
        self.request = request
        self._graph = graph
        self._shelf = shelf

    def __call__(self, weights: Mapping[str, Array]) -> OrtSession:
        """Open one more."""
        session = OrtSession(self._graph, weights, self.request)
        self.sessions.append(session)
        return session

    def once(self, make: Callable[[], Kept]) -> Kept:
        """What ``make`` gives, unless the kernel before has left the same."""
        return self._shelf.take(self, make)


def _label_of(request: Request) -> tuple[object, ...]:
    """Everything that decides what a session is."""
    kernel, variant = request.kernel, request.variant
    graph = (kernel.family, kernel.precision, variant.sha256, variant.weights_sha256, kernel.is_latency)
    made = (request.seed, request.provider, request.threads, request.memory_limit_bytes, request.rests)
    return (*graph, *made)
