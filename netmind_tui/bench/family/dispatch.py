"""The latency of a graph that adds two numbers: what every call costs before any work is done."""

import numpy as np

from netmind_tui.bench.check import Check
from netmind_tui.bench.data import uniform_fp32
from netmind_tui.bench.family.base import Exercise, OpenSession, Task
from netmind_tui.bench.verify import check_sum

ROTATING = 2


def prepare(task: Task, open_session: OpenSession) -> Exercise:
    """Bind two pairs of numbers, each with an output of its own."""
    session = open_session({})
    pairs = [
        tuple(uniform_fp32((1,), task.seed, task.kernel.id, name, str(index)) for name in "AB")
        for index in range(ROTATING)
    ]
    bindings = [session.bind({"A": a, "B": b}, np.empty(1, np.float32)) for a, b in pairs]

    def check(index: int) -> Check:
        a, b = pairs[index]
        return check_sum(a, b, bindings[index].result().view(np.float32))

    return Exercise(task.variant.shape, session, bindings, check)
