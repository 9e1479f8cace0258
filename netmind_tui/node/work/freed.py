"""Whether the memory of a GPU that work held is free again, as the driver shows it."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from netmind_tui.model.device import DeviceUser
from netmind_tui.model.reading import Reading
from netmind_tui.model.sample import DeviceSample
from netmind_tui.node.work.instance import Placed

LONGEST_S = 15.0
"""So long it is looked for; then it is not known."""
_LOOK_S = 0.1
_NEAR_BYTES = 64 << 20


class Cards(Protocol):
    """What reads GPUs (``GpuProbe``); every method blocks."""

    def users(self, uuid: str) -> Reading[tuple[DeviceUser, ...]]:
        """Who uses a device."""

    def sample(self) -> tuple[DeviceSample, ...]:
        """Each of them, now."""


class Memory:
    """Watches the memory of GPUs be given back.

    Where the driver names the processes that use a card, it is free once none of ours is among them. Where they are
    hidden, once no more is in use than before the work began.

    Args:
        cards: reads GPUs.
        hides: whether the numbers of processes that the driver tells are of another namespace than ours.
        look_s: between two looks.
    """

    def __init__(self, cards: Cards, *, hides: bool = False, look_s: float = _LOOK_S) -> None:
        self._cards = cards
        self._hides = hides
        self._look_s = look_s
        self._before: dict[str, int] = {}

    def begins(self, devices: Sequence[Placed], used: Callable[[str], int | None]) -> None:
        """Note what is in use before work begins there."""
        for each in devices:
            if (now := used(each.device)) is not None:
                self._before[each.device] = now
            else:
                self._before.pop(each.device, None)

    async def freed(self, device: Placed, pids: frozenset[int]) -> bool:
        """Wait until none of these processes holds memory of a device; whether that was seen."""
        tries = round(LONGEST_S / self._look_s) if self._look_s else 1
        for _ in range(tries):
            is_free = await asyncio.to_thread(self._is_free, device, pids)
            if is_free is not False:
                return bool(is_free)
            await asyncio.sleep(self._look_s)
        return False

    def _is_free(self, device: Placed, pids: frozenset[int]) -> bool | None:
        """Whether it is; ``None`` where that cannot be told."""
        if device.uuid is None:
            return None
        if not self._hides:
            try:
                found = self._cards.users(device.uuid).value
            except LookupError:
                return None
            if found is not None:
                return not any(each.pid in pids for each in found)
        before = self._before.get(device.device)
        used = next((each.memory_used_bytes for each in self._cards.sample() if each.device == device.device), None)
        return None if used is None or before is None else used <= before + _NEAR_BYTES
