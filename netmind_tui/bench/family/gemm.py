"""Matrix products: constant weights, two rotating inputs, results checked exactly or against float64."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netmind_tui.bench.check import Check
from netmind_tui.bench.data import bf16_of_float, float_of_bf16, uniform_fp32, uniform_int8, uniform_uint7
from netmind_tui.bench.family.base import Array, Exercise, OpenSession, Task
from netmind_tui.bench.verify import FloatProduct, check_digest, check_integer_product
from netmind_tui.model.kernel import Provider

ROTATING = 2
Single = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Form:
    """How numbers of one precision lie in memory, made of floats and read as numbers again."""

    kind: type[np.generic]
    made: Callable[[Single], Array]
    read: Callable[[Array], NDArray[np.floating[Any]]]


_FP32 = Form(np.float32, lambda values: values, lambda result: result.view(np.float32))
_FORMS = {
    "fp16": Form(np.float16, lambda values: values.astype(np.float16), lambda result: result.view(np.float16)),
    # NumPy has no such numbers: their bits are held, and the session knows them by that.
    "bf16": Form(np.uint16, bf16_of_float, lambda result: float_of_bf16(result.view(np.uint16))),
}


def int8_operands(*, m: int, n: int, k: int, seed: int) -> tuple[list[NDArray[np.uint8]], NDArray[np.int8]]:
    """The rotating A (m, k) in [0, 127] and the constant B (k, n) in [-128, 127]."""
    rotating = [uniform_uint7((m, k), seed, "gemm.int8", "A", str(index)) for index in range(ROTATING)]
    return rotating, uniform_int8((k, n), seed, "gemm.int8", "B")


def prepare(task: Task, open_session: OpenSession) -> Exercise:
    """Make the operands, open the session and bind each rotating input."""
    return _prepare_int8(task, open_session) if task.kernel.precision == "int8" else _prepare_float(task, open_session)


def _prepare_float(task: Task, open_session: OpenSession) -> Exercise:
    m, n, k = (task.variant.shape[name] for name in "mnk")
    form = _FORMS.get(task.kernel.precision, _FP32)
    weight = form.made(uniform_fp32((k, n), task.seed, task.kernel.id, "B"))
    rotating = [form.made(uniform_fp32((m, k), task.seed, task.kernel.id, "A", str(each))) for each in range(ROTATING)]
    session = open_session({"B": weight})
    bindings = [session.bind({"A": a}, np.empty((m, n), form.kind)) for a in rotating]
    references: dict[int, FloatProduct] = {}

    def check(index: int) -> Check:
        if index not in references:
            references[index] = FloatProduct(form.read(rotating[index]), form.read(weight), task.seed)
        return references[index].check(form.read(bindings[index].result()), task.kernel.tolerance)

    return Exercise(task.variant.shape, session, bindings, check)


def _prepare_int8(task: Task, open_session: OpenSession) -> Exercise:
    m, n, k = (task.variant.shape[name] for name in "mnk")
    rotating, weight = int8_operands(m=m, n=n, k=k, seed=task.seed)
    session = open_session({"B": weight})
    # The CPU's fast path takes unsigned A, CUDA's only path signed A: below 128 the bytes are the same.
    kind = np.uint8 if task.variant.provider is Provider.CPU else np.int8
    bindings = [session.bind({"A": a.view(kind)}, np.empty((m, n), np.int32)) for a in rotating]
    golden = task.variant.golden_sha256 if task.seed == task.default_seed else ()

    def check(index: int) -> Check:
        result = bindings[index].result().view(np.int32)
        if golden:
            return check_digest(result, golden[index])
        return check_integer_product(rotating[index], weight, result, seed=task.seed)

    return Exercise(task.variant.shape, session, bindings, check)
