"""Sequential writing and reading of a file of its own, past the page cache, in requests of 4 MiB.

The data is random, so that nothing compresses it, and every 4 KiB of it begin with the pass and the place that they
belong to: what is stale, lost or in the wrong place is found. Nothing is deduplicated either, for no two are alike.
"""

import mmap
from collections.abc import Sequence

import numpy as np

from netmind_tui.bench.check import Check
from netmind_tui.bench.data import raw_bytes
from netmind_tui.bench.family.base import Array, Exercise, OpenSession, Task
from netmind_tui.bench.pattern import Bytes
from netmind_tui.bench.protocol import Cause
from netmind_tui.bench.refusal import RefusedError
from netmind_tui.bench.scratch import Scratch

_SECTOR = 4096
_RING = 8
_WORDS = _SECTOR // 8


def prepare(task: Task, _open_session: OpenSession) -> Exercise:
    """Make the file and its requests; no graph is involved.

    Raises:
        RefusedError: the folder cannot take the file.
    """
    if task.folder is None:
        raise RefusedError(Cause.FOLDER, "no folder was given to measure in")
    request, size = (task.variant.shape[name] for name in ("request", "bytes"))
    scratch = task.stack.enter_context(Scratch(task.folder))
    data = _Data(task, request)
    count = size // request
    if task.kernel.id == "disk.write":
        writes = [_Write(scratch, data, index) for index in range(count)]
        return Exercise(task.variant.shape, _Writes(scratch), writes, lambda i: writes[i].check(), notes=scratch.notes)
    for index in range(count):
        scratch.write(data.stamped(index, 0), index * request)
    scratch.flush()
    ring = [_aligned(request) for _ in range(min(_RING, count))]
    owners: list[int | None] = [None] * len(ring)
    reads = [_Read(scratch, data, index, ring, owners) for index in range(count)]
    return Exercise(task.variant.shape, _Reads(), reads, lambda i: reads[i].check(), notes=scratch.notes)


class _Data:
    """One request's worth of random bytes, stamped for each pass and place."""

    def __init__(self, task: Task, request: int) -> None:
        self._bytes = _aligned(request)
        self._bytes[:] = raw_bytes(request, task.seed, task.kernel.id)
        self._sectors = self._bytes.view(np.uint64).reshape(-1, _WORDS)
        self._steps = np.arange(self._sectors.shape[0], dtype=np.uint64)
        self.request = request

    def stamped(self, index: int, turn: int) -> Bytes:
        """The bytes of that request in that pass, until the next ones are asked for."""
        self._sectors[:, 0] = turn
        np.add(self._steps, np.uint64(index * self._sectors.shape[0]), out=self._sectors[:, 1])
        return self._bytes

    def equals(self, found: Bytes, index: int, turn: int) -> bool:
        """Whether these are they, bit for bit."""
        return bool(np.array_equal(found.view(np.uint64), self.stamped(index, turn).view(np.uint64)))


class _Writes:
    """What stands for a session: a sample ends when the disk says that it has everything."""

    spoils_cheaply = False  # every pass writes other bytes: what an earlier one left passes for none of them

    def __init__(self, scratch: Scratch) -> None:
        self.synchronise = scratch.flush


class _Write:
    """One place of the file, written anew in every pass."""

    def __init__(self, scratch: Scratch, data: _Data, index: int) -> None:
        self._scratch, self._data, self._index = scratch, data, index
        self._offset = index * data.request
        self._turn = 0

    def run(self) -> None:
        """Write the next pass."""
        self._turn += 1
        self._scratch.write(self._data.stamped(self._index, self._turn), self._offset)

    def result(self) -> Array:
        """What stands there."""
        found = _aligned(self._data.request)
        self._scratch.read(found, self._offset)
        return found

    def spoil(self) -> None:
        """Nothing: what stands there is another pass's already."""

    def check(self) -> Check:
        """Whether the last pass stands there."""
        right = self._data.equals(self.result().view(np.uint8), self._index, self._turn)
        return Check("bitwise", ok=right, error=0.0 if right else None)


class _Reads:
    """What stands for a session: a read is there when it returns."""

    spoils_cheaply = True

    def synchronise(self) -> None:
        """Nothing to wait for."""


class _Read:
    """One place of the file, read into one of a few buffers."""

    def __init__(
        self, scratch: Scratch, data: _Data, index: int, ring: Sequence[Bytes], owners: list[int | None]
    ) -> None:
        self._scratch, self._data, self._index = scratch, data, index
        self._offset = index * data.request
        self._place = index % len(ring)
        self._buffer, self._owners = ring[self._place], owners

    def run(self) -> None:
        """Read it."""
        self._owners[self._place] = self._index
        self._scratch.read(self._buffer, self._offset)

    def result(self) -> Array:
        """What was read; once more, where another place's bytes have taken the buffer since."""
        if self._owners[self._place] != self._index:
            self.spoil()
            self.run()
        return self._buffer

    def spoil(self) -> None:
        """Make the stamp of every sector that of nothing."""
        self._buffer.view(np.uint64).reshape(-1, _WORDS)[:, 1] = 2**64 - 1

    def check(self) -> Check:
        """Whether it is what was written."""
        right = self._data.equals(self.result().view(np.uint8), self._index, 0)
        return Check("bitwise", ok=right, error=0.0 if right else None)


def _aligned(size: int) -> Bytes:
    """Memory that begins at a page, as direct I/O asks for."""
    return np.frombuffer(mmap.mmap(-1, size), np.uint8)
