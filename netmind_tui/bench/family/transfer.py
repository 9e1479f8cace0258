"""Copies between the host's page-locked memory and a card: what the link between them carries."""

from collections.abc import Iterator

import numpy as np

from netmind_tui.bench.check import Check
from netmind_tui.bench.family.base import Array, Card, Exercise, OpenSession, Task
from netmind_tui.bench.pattern import BLOCK_BYTES, Bytes, Pattern, random_bits

ROTATING = 2
_PORTION_BYTES = 16 * 2**20
_PAGE, _STRIDE = 4096, 1021


def prepare(task: Task, _open_session: OpenSession) -> Exercise:
    """Two buffers on each side, other bytes in each pair; no graph is involved."""
    card, size = task.open_card(), task.variant.shape["bytes"]
    patterns = [random_bits(task.seed, task.kernel.id, str(index)) for index in range(ROTATING)]
    hosts = [card.pinned(size) for _ in patterns]
    devices = [card.allocate(size) for _ in patterns]
    kind: type[_ToCard | _ToHost] = _ToCard if task.kernel.id == "transfer.h2d" else _ToHost
    bindings = [kind(card, host, device) for host, device in zip(hosts, devices, strict=True)]
    for binding, pattern in zip(bindings, patterns, strict=True):
        binding.lay_out(pattern)

    def check(index: int) -> Check:
        right = bindings[index].holds(patterns[index])
        return Check("bitwise", ok=right, error=0.0 if right else None)

    return Exercise(task.variant.shape, _Copies(card), bindings, check)


class _Copies:
    """What stands for a session where there is no graph: the card's queue of copies."""

    spoils_cheaply = True  # it costs time, but outside of what is timed

    def __init__(self, card: Card) -> None:
        self.synchronise = card.synchronise


class _ToCard:
    """From the host to the card."""

    def __init__(self, card: Card, host: Bytes, device: int) -> None:
        self._card, self._host, self._device = card, host, device
        self._stage = card.pinned(_portion(host.size))

    def lay_out(self, pattern: Pattern) -> None:
        """Make the bytes to copy."""
        pattern.fill(self._host)

    def run(self) -> None:
        """Begin one copy."""
        self._card.write(self._device, self._host)

    def result(self) -> Array:
        """What the card holds."""
        return np.concatenate([part.copy() for part in self._parts()])

    def spoil(self) -> None:
        """Make every byte on the card the same."""
        self._card.fill(self._device, 0x55, self._host.size)
        self._card.synchronise()

    def holds(self, pattern: Pattern) -> bool:
        """Whether the card holds what the host sent."""
        blocks = self._stage.size // BLOCK_BYTES
        return all(pattern.difference(part, index * blocks) is None for index, part in enumerate(self._parts()))

    def _parts(self) -> Iterator[Bytes]:
        """What the card holds, piece by piece in the same memory."""
        for start in range(0, self._host.size, self._stage.size):
            part = self._stage[: min(self._stage.size, self._host.size - start)]
            part.fill(0xAA)
            self._card.read(part, self._device + start)
            self._card.synchronise()
            yield part


class _ToHost:
    """From the card to the host."""

    def __init__(self, card: Card, host: Bytes, device: int) -> None:
        self._card, self._host, self._device = card, host, device
        self._spoiled = 0

    def lay_out(self, pattern: Pattern) -> None:
        """Make the bytes to copy, and put them on the card."""
        pattern.fill(self._host)
        # In other portions than it will be read: what a copy does wrong at its own middle would cancel out.
        portion = _portion(self._host.size)
        for start in range(0, self._host.size, portion):
            self._card.write(self._device + start, self._host[start : start + portion])
        self._card.synchronise()
        self._host.fill(0)

    def run(self) -> None:
        """Begin one copy."""
        self._card.read(self._host, self._device)

    def result(self) -> Array:
        """What arrived."""
        return self._host

    def spoil(self) -> None:
        """Change a byte of every page, another one each time: the copy writes all of it, or is found out."""
        self._host[self._spoiled :: _PAGE] ^= 0xFF
        self._spoiled = (self._spoiled + _STRIDE) % _PAGE

    def holds(self, pattern: Pattern) -> bool:
        """Whether the host holds what the card sent."""
        return pattern.difference(self._host) is None


def _portion(size: int) -> int:
    """How much is moved at once outside of what is timed: never all, so that no two copies are alike."""
    return min(_PORTION_BYTES, size // 4)
