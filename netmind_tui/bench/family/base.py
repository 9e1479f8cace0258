"""What the worker and a family of kernels promise each other."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from netmind_tui.bench.check import Check, Surveyed
from netmind_tui.model.kernel import Kernel, Variant

Array = NDArray[np.generic]
Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class Cache:
    """What runs read as one input and change in place as one output: it is never copied.

    ``written`` is the part that every run must make anew.
    """

    input: str
    output: str
    values: Array
    written: tuple[slice, ...]


class Binding(Protocol):
    """One run's inputs and output, already where the device wants them."""

    def run(self) -> None:
        """Start one iteration; it has finished when the session is synchronised."""

    def result(self) -> Array:
        """The output as it stands now, on the host."""

    def spoil(self) -> None:
        """Make the output wrong, so that only a run that really happens can make it right again."""


class Queue(Protocol):
    """Where runs are started. ``spoils_cheaply`` where an output can be spoiled before every sample."""

    spoils_cheaply: bool

    def synchronise(self) -> None:
        """Wait until everything started has finished."""


class CachedBinding(Binding, Protocol):
    """A binding whose caches can be looked at."""

    def cached(self) -> list[Array]:
        """The caches as they stand now, on the host."""


class Session(Queue, Protocol):
    """One graph, loaded and placed."""

    def bind(self, inputs: Mapping[str, Array], output: Array, caches: Sequence[Cache] = ()) -> CachedBinding:
        """Put the inputs on the device; ``output`` gives shape and type, and on the CPU is the buffer itself.

        On the CPU a cache too is the array that it is given as.
        """

    def evaluate(self, inputs: Mapping[str, Array]) -> Array:
        """Run once, untimed, on inputs of any shape that the graph takes; the output, on the host."""

    def observe(self, inputs: Mapping[str, Array], caches: Sequence[Cache]) -> dict[str, Array]:
        """Run once, untimed: every output by its name, on the host. On the CPU the caches given are changed."""


class OpenSession(Protocol):
    """Load the kernel's graph with these weights."""

    def __call__(self, weights: Mapping[str, Array]) -> Session:
        """Open it, or raise what the runtime raises."""

    def once(self, make: Callable[[], Kept]) -> Kept:
        """What ``make`` gives: sessions and their weights. The next kernel gets the same, if all that decides it is.

        That is the graph, the weights, the seed, the device, the threads and the memory limit.
        """


class Card(Protocol):
    """A card without a graph: memory there and page-locked memory here, given back when the kernel is done."""

    def allocate(self, size: int) -> int:
        """So many bytes of the card's memory: their address there; MemoryError if it has not so much."""

    def pinned(self, size: int) -> NDArray[np.uint8]:
        """So many bytes of page-locked host memory; MemoryError if the host does not lock so much."""

    def write(self, to: int, source: NDArray[np.uint8]) -> None:
        """Begin a copy from page-locked memory to the card."""

    def read(self, to: NDArray[np.uint8], source: int) -> None:
        """Begin a copy from the card to page-locked memory."""

    def fill(self, at: int, value: int, size: int) -> None:
        """Set bytes of the card."""

    def synchronise(self) -> None:
        """Wait until everything that was begun has finished."""

    def free_bytes(self) -> int:
        """What the card has left."""


def _no_card() -> Card:
    raise NotImplementedError("this task has no card")


@dataclass(frozen=True, slots=True)
class Task:
    """What a family is asked to prepare.

    ``memory_limit_bytes`` is the most that it may take on the device; ``setup_cap_s`` the seconds after which it
    stops refining its operands. ``folder`` is where a kernel that measures a disk may make its file. ``open_card``
    opens the card for kernels without a graph; ``stack`` gives back, when the kernel is done, what was put on it.
    """

    kernel: Kernel
    variant: Variant
    seed: int
    default_seed: int
    memory_limit_bytes: int
    setup_cap_s: float
    folder: Path | None = None
    open_card: Callable[[], Card] = _no_card
    stack: ExitStack = field(default_factory=ExitStack)


@dataclass(frozen=True, slots=True)
class Exercise:
    """A kernel ready to run: the shape in use, bindings to rotate through, and the check of each one's result.

    Where the bindings share one output, only the last run's can be checked. ``cold_s`` is the first run's time, where
    preparing already ran the graph. ``notes`` are sentences about how the operands were chosen that a reader of the
    figure should know.
    """

    shape: dict[str, int]
    session: Queue
    bindings: Sequence[Binding]
    check: Callable[[int], Check]
    shares_output: bool = False
    cold_s: float | None = None
    notes: tuple[str, ...] = ()


class Progress(Protocol):
    """Who is told how a survey goes."""

    def done(self, count: int, total: int) -> None:
        """So many of so many bytes are done; to be said at least once a second."""

    def is_asked_to_stop(self) -> bool:
        """Whether to end early."""


@dataclass(frozen=True, slots=True)
class Survey:
    """A kernel that is gone through once and not timed again and again: what it finds is its result."""

    shape: dict[str, int]
    examine: Callable[[Progress], Surveyed]
    notes: tuple[str, ...] = ()


Prepare = Callable[[Task, OpenSession], Exercise | Survey]
