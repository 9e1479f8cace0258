"""Memory bandwidth: c = a + b over buffers that grow until no cache can be behind the figure."""

from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter

import numpy as np

from netmind_tui.bench.check import Check
from netmind_tui.bench.data import uniform_fp32
from netmind_tui.bench.family.base import Exercise, OpenSession, Session, Task
from netmind_tui.bench.verify import check_sum

BLOCK = 4 * 1024 * 1024
SHIFT = 1024
"""Elements by which the second run's operand is shifted: a page, so that both are aligned alike."""

AGREEMENT = 0.02
_PROBES = 5


def prepare(task: Task, open_session: OpenSession) -> Exercise:
    """Grow the buffers until two doublings agree within 2 %, or memory or set-up time forbid the next.

    A virtual machine reports its host's cache, so its size decides nothing here.
    """
    started = perf_counter()
    session = open_session({})
    buffers = _Buffers(task)
    count = task.variant.shape["n"]
    exercise = buffers.bind(session, count)
    cold_s = _seconds(exercise, 0)
    rates = [_rate(exercise)]
    while not settled(rates):
        refusal = _refuse_growing(task, 2 * count, 2 * (perf_counter() - started))
        if refusal:
            return replace(exercise, cold_s=cold_s, notes=(refusal,))
        count *= 2
        del exercise  # on a GPU the smaller buffers go back before the larger ones are taken
        exercise = buffers.bind(session, count)
        rates.append(_rate(exercise))
    return replace(exercise, cold_s=cold_s)


def settled(rates: Sequence[float]) -> bool:
    """Whether the last two doublings each changed the rate by no more than 2 %."""
    if len(rates) <= 2:  # noqa: PLR2004 - two doublings are three rates
        return False
    return all(abs(new / old - 1) <= AGREEMENT for old, new in zip(rates[-3:-1], rates[-2:], strict=True))


def _refuse_growing(task: Task, count: int, expected_s: float) -> str | None:
    """Why the next doubling is not taken, if so."""
    held = f"buffers stopped growing at {count // 2 * 4 // 2**20} MiB each"
    if task.variant.memory_bytes({"n": count}) > task.memory_limit_bytes:
        return f"{held}: more would pass the memory limit"
    if expected_s > task.setup_cap_s:
        return f"{held}: more would pass the set-up time of this suite"
    return None


class _Buffers:
    """Operands and result at their largest, of which only what was used so far is backed by memory."""

    def __init__(self, task: Task) -> None:
        self._blocks = [uniform_fp32((BLOCK,), task.seed, task.kernel.id, name) for name in "AB"]
        most = task.variant.shape["n"]
        while task.variant.memory_bytes({"n": 2 * most}) <= task.memory_limit_bytes:
            most *= 2
        self._a, self._b, self._c = (np.empty(most + SHIFT, np.float32) for _ in range(3))
        self._filled = 0

    def bind(self, session: Session, count: int) -> Exercise:
        """Fill up to ``count`` elements and bind them twice, the second time with the first operand shifted.

        The two sums differ, so that the result of one run never passes for that of the other.
        """
        end = count + SHIFT
        for start in range(self._filled, end, BLOCK):
            part = slice(start, min(start + BLOCK, end))
            for buffer, block in zip((self._a, self._b), self._blocks, strict=True):
                buffer[part] = block[: part.stop - part.start]
            self._c[part] = 0
        self._filled = max(self._filled, end)
        rotating = [self._a[:count], self._a[SHIFT : SHIFT + count]]
        b, c = self._b[:count], self._c[:count]
        bindings = [session.bind({"A": a, "B": b}, c) for a in rotating]

        def check(index: int) -> Check:
            return check_sum(rotating[index], b, bindings[index].result().view(np.float32))

        return Exercise({"n": count}, session, bindings, check, shares_output=True)


def _rate(exercise: Exercise) -> float:
    """Elements per second, the best of a few runs: noise can only make it worse."""
    return exercise.shape["n"] / min(_seconds(exercise, run % 2) for run in range(_PROBES))


def _seconds(exercise: Exercise, index: int) -> float:
    start = perf_counter()
    exercise.bindings[index].run()
    exercise.session.synchronise()
    return perf_counter() - start
