"""How much of a GPU's memory is our own work's, where the driver does not say whose it is.

What comes in use while work settles in is its own; what comes later is somebody else's. So the guard sees others even
in a container or under WSL, and work that grows late gives way once too often rather than once too seldom.
"""

from collections.abc import Mapping
from dataclasses import dataclass

SETTLES_S = 120.0
"""How long work may take to load what it needs."""


@dataclass(slots=True)
class _Own:
    since_s: float
    before_bytes: int
    own_bytes: int = 0


class OwnMemory:
    """Follows the memory in use on each device; ``of`` may be asked by any thread."""

    def __init__(self) -> None:
        self._own: dict[str, _Own] = {}
        self._used: dict[str, int] = {}

    def look(self, used: Mapping[str, int], works: frozenset[str], now_s: float) -> None:
        """So much is in use on devices, on some of which our work is."""
        for device in works:
            here = self._own.get(device)
            if here is None:
                before = self._used.get(device, used.get(device))
                if before is None:
                    continue
                here = self._own[device] = _Own(now_s, before)
            if device in used and now_s - here.since_s <= SETTLES_S:
                here.own_bytes = max(here.own_bytes, used[device] - here.before_bytes)
        for device in self._own.keys() - works:
            del self._own[device]
        self._used = dict(used)

    def of(self, device: str) -> int | None:
        """What our work holds of a device; ``None`` where it is not known."""
        here = self._own.get(device)
        return None if here is None else here.own_bytes
