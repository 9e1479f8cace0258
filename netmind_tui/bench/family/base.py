"""What the worker and a family of kernels promise each other."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from netmind_tui.bench.check import Check
from netmind_tui.model.kernel import Kernel, Variant

Array = NDArray[np.generic]


class Binding(Protocol):
    """One run's inputs and output, already where the device wants them."""

    def run(self) -> None:
        """Start one iteration; it has finished when the session is synchronised."""

    def result(self) -> Array:
        """The output as it stands now, on the host."""

    def spoil(self) -> None:
        """Make the output wrong, so that only a run that really happens can make it right again."""


class Session(Protocol):
    """One graph, loaded and placed. ``spoils_cheaply`` where spoiling an output costs less than a microsecond."""

    spoils_cheaply: bool

    def bind(self, inputs: Mapping[str, Array], output: Array) -> Binding:
        """Put the inputs on the device; ``output`` gives shape and type, and on the CPU is the buffer itself."""

    def synchronise(self) -> None:
        """Wait until everything started has finished."""

    def evaluate(self, inputs: Mapping[str, Array]) -> Array:
        """Run once, untimed, on inputs of any shape that the graph takes; the output, on the host."""


class OpenSession(Protocol):
    """Load the kernel's graph with these weights."""

    def __call__(self, weights: Mapping[str, Array]) -> Session:
        """Open it, or raise what the runtime raises."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a family is asked to prepare.

    ``memory_limit_bytes`` is the most that it may take on the device; ``setup_cap_s`` the seconds after which it
    stops refining its operands.
    """

    kernel: Kernel
    variant: Variant
    seed: int
    default_seed: int
    memory_limit_bytes: int
    setup_cap_s: float


@dataclass(frozen=True, slots=True)
class Exercise:
    """A kernel ready to run: the shape in use, bindings to rotate through, and the check of each one's result.

    Where the bindings share one output, only the last run's can be checked. ``cold_s`` is the first run's time, where
    preparing already ran the graph. ``notes`` are sentences about how the operands were chosen that a reader of the
    figure should know.
    """

    shape: dict[str, int]
    session: Session
    bindings: Sequence[Binding]
    check: Callable[[int], Check]
    shares_output: bool = False
    cold_s: float | None = None
    notes: tuple[str, ...] = ()


Prepare = Callable[[Task, OpenSession], Exercise]
