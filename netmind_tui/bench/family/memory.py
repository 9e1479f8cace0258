"""Whether memory keeps what is written to it: all of it written, then all of it read back, pattern by pattern.

Random bits and their complement show every cell as 0 and as 1, with other neighbours each time; because no two blocks
are alike, an address that leads to another's cells is found too, and the pattern of own addresses says to which.
"""

from dataclasses import replace
from time import perf_counter
from typing import Protocol

import numpy as np

from netmind_tui.bench.check import Surveyed, Wrong
from netmind_tui.bench.family.base import Card, OpenSession, Progress, Survey, Task
from netmind_tui.bench.pattern import BLOCK_BYTES, Bytes, Difference, Pattern, addresses, complement, random_bits
from netmind_tui.bench.permit import takeable
from netmind_tui.bench.size import PIECE_BYTES
from netmind_tui.model.kernel import Provider
from netmind_tui.model.quantity import gibibytes

_PORTION_BYTES = 16 * 2**20
_BLOCKS = PIECE_BYTES // BLOCK_BYTES


class _Cells(Protocol):
    """The memory under examination, a piece at a time."""

    def write(self, pattern: Pattern, piece: int) -> None:
        """Fill one piece."""

    def check(self, pattern: Pattern, piece: int) -> Difference | None:
        """What is wrong with one piece."""


class _HostCells:
    """Memory of the host."""

    def __init__(self, size: int) -> None:
        # Taken page by page as it is first written: asking for all at once would say nothing for seconds.
        self._all: Bytes = np.empty(size, np.uint8)

    def write(self, pattern: Pattern, piece: int) -> None:
        pattern.fill(self._piece(piece), piece * _BLOCKS)

    def check(self, pattern: Pattern, piece: int) -> Difference | None:
        return pattern.difference(self._piece(piece), piece * _BLOCKS)

    def _piece(self, piece: int) -> Bytes:
        return self._all[piece * PIECE_BYTES : (piece + 1) * PIECE_BYTES]


class _CardCells:
    """Memory of a card, made and compared on the host."""

    def __init__(self, card: Card, size: int) -> None:
        self._card = card
        self._at = card.allocate(size)
        self._stage = card.pinned(PIECE_BYTES)

    def write(self, pattern: Pattern, piece: int) -> None:
        pattern.fill(self._stage, piece * _BLOCKS)
        self._card.write(self._at + piece * PIECE_BYTES, self._stage)
        self._card.synchronise()

    def check(self, pattern: Pattern, piece: int) -> Difference | None:
        # Read in other portions than it was written: what a copy does wrong at its own middle would cancel out.
        for start in range(0, PIECE_BYTES, _PORTION_BYTES):
            portion = self._stage[start : start + _PORTION_BYTES]
            portion.fill(0)  # a copy that does nothing leaves no right answer behind
            self._card.read(portion, self._at + piece * PIECE_BYTES + start)
        self._card.synchronise()
        return pattern.difference(self._stage, piece * _BLOCKS)


def prepare(task: Task, _open_session: OpenSession) -> Survey:
    """Take the memory, as much as was planned and is still free; no graph is involved."""
    wanted = task.variant.shape["bytes"]
    size = min(wanted, task.memory_limit_bytes)
    if task.variant.provider is Provider.CUDA:
        card = task.open_card()
        size = min(size, takeable(card.free_bytes()))
    size = size // PIECE_BYTES * PIECE_BYTES
    if size == 0:
        raise MemoryError(f"not even {gibibytes(PIECE_BYTES)} are free")
    cells = _HostCells(size) if task.variant.provider is Provider.CPU else _CardCells(card, size)
    fields = (task.seed, task.kernel.id)
    patterns = [random_bits(*fields), complement(*fields), addresses()]
    note = f"{gibibytes(size)} were examined instead of {gibibytes(wanted)}: no more was free"
    return Survey(
        {**task.variant.shape, "bytes": size},
        lambda progress: _examine(cells, patterns, size // PIECE_BYTES, progress),
        (note,) if size < wanted else (),
    )


def _examine(cells: _Cells, patterns: list[Pattern], pieces: int, progress: Progress) -> Surveyed:
    """Write everything, then read everything, for each pattern; errors are counted to the end."""
    started, done, total = perf_counter(), 0, 2 * len(patterns) * pieces
    wrong: Wrong | None = None
    stopped = False
    for pattern in patterns:
        for step in range(2 * pieces):
            if stopped := progress.is_asked_to_stop():
                break
            piece = step % pieces
            if step < pieces:
                cells.write(pattern, piece)
            else:
                wrong = _joined(wrong, cells.check(pattern, piece), piece * PIECE_BYTES, pattern.name)
            done += 1
            progress.done(done * PIECE_BYTES, total * PIECE_BYTES)
        if stopped:
            break
    elapsed_s = perf_counter() - started
    return Surveyed(
        size_bytes=pieces * PIECE_BYTES, passes=len(patterns), elapsed_s=elapsed_s, stopped=stopped, wrong=wrong
    )


def _joined(known: Wrong | None, found: Difference | None, start: int, pattern: str) -> Wrong | None:
    """The first error stays, the count grows."""
    if found is None:
        return known
    if known is None:
        return Wrong(
            count=found.count,
            offset=start + found.offset,
            expected=found.expected,
            actual=found.actual,
            pattern=pattern,
        )
    return replace(known, count=known.count + found.count)
