"""bf16, which NumPy lacks: its bits, how they are read back, and a product of them on a card that computes."""

import hashlib
import importlib.util
import os
from dataclasses import replace

import numpy as np
import onnx
import pytest

from netmind_tui.bench.catalog import kernels_folder
from netmind_tui.bench.child import WorkerChild
from netmind_tui.bench.data import bf16_of_float, float_of_bf16, uniform_fp32
from netmind_tui.bench.protocol import Outcome, Refusal, Request
from netmind_tui.bench.verify import FloatProduct
from netmind_tui.bench.worker.bfloat import Reader, identity_graph, value_of
from netmind_tui.model.kernel import Provider

SIZE = 64


def rounded(values):
    return float_of_bf16(bf16_of_float(np.ascontiguousarray(values, np.float32)))


@pytest.mark.parametrize(
    ("value", "nearest"),
    [
        (1.0, 1.0),
        (1 + 2**-8, 1.0),  # between two: the even one
        (1 + 3 * 2**-8, 1 + 2**-6),
        (1 + 2**-8 + 2**-20, 1 + 2**-7),
        (-1 - 2**-8 - 2**-20, -1 - 2**-7),
        (0.0, 0.0),
        (1 - 2**-22, 1.0),
    ],
)
def test_a_float_becomes_the_nearest_bf16_and_of_two_the_even_one(value, nearest):
    assert rounded([value])[0] == nearest


def test_every_bf16_stays_what_it_is():
    bits = np.arange(2**16, dtype=np.uint32).astype(np.uint16)
    numbers = bits[np.isfinite(float_of_bf16(bits))]
    assert np.array_equal(bf16_of_float(float_of_bf16(numbers)), numbers)


def test_the_graph_that_reads_is_an_identity_of_bf16():
    model = onnx.load_from_string(identity_graph())
    onnx.checker.check_model(model, full_check=True)
    assert [node.op_type for node in model.graph.node] == ["Identity"]
    kinds = {value.type.tensor_type.elem_type for value in [*model.graph.input, *model.graph.output]}
    assert kinds == {onnx.TensorProto.BFLOAT16}


def test_what_is_read_is_what_was_there():
    bits = np.arange(6 * 7, dtype=np.uint16).reshape(6, 7) * 1001
    assert np.array_equal(Reader("CPUExecutionProvider").read(value_of(bits)), bits)


@pytest.fixture(scope="module")
def long_product(catalog):
    """A product as long as the kernel's smaller one, rounded once from the exact sums, and its tolerance."""
    a, b = (rounded(uniform_fp32(shape, 1, name)) for shape, name in (((48, 4096), "a"), ((4096, 256), "b")))
    return FloatProduct(a, b, seed=1), a, b, catalog.kernel("gemm.bf16").tolerance


def test_rounding_to_bf16_once_is_within_the_tolerance_and_no_small_part_of_it(long_product):
    product, a, b, tolerance = long_product
    check = product.check(rounded(a.astype(np.float64) @ b), tolerance)
    assert check.ok
    assert tolerance / 4 < check.error < tolerance / 1.25


def test_sums_kept_in_bf16_are_not_within_it(long_product):
    product, a, b, tolerance = long_product
    total = np.zeros((48, 256), np.float32)
    for start in range(0, 4096, 64):
        total = rounded(total + a[:, start : start + 64] @ b[start : start + 64])
    assert not product.check(total, tolerance).ok


@pytest.mark.parametrize("row", [0, 20, 47])
def test_one_element_of_the_wrong_sign_is_seen(long_product, row):
    product, a, b, tolerance = long_product
    c = rounded(a.astype(np.float64) @ b)
    c[row, np.abs(c[row]).argmax()] *= -1
    assert not product.check(c, tolerance).ok


@pytest.fixture
def ask_card(make_step, gpu, catalog, idle_card, tmp_path, monkeypatch):
    """Have a small product measured by the real CUDA provider, over a runtime whose cuBLAS computes unless idle."""
    spec = importlib.util.spec_from_file_location("kernels_build", kernels_folder() / "build.py")
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    kinds = {"gemm.bf16": build._BF16, "gemm.fp16": build._FP16}

    def ask(kernel_id, **environment):
        graph = build.gemm("small", kinds[kernel_id], SIZE, SIZE, 2)
        (tmp_path / "small.onnx").write_bytes(graph)
        step = make_step(kernel_id, gpu)
        shape = dict.fromkeys("mnk", SIZE)
        variant = replace(step.variant, file="small.onnx", sha256=hashlib.sha256(graph).hexdigest(), shape=shape)
        # A short sum's rounding is a larger part of its scale; half a unit in the last place bounds it.
        kernel = replace(step.kernel, tolerance=2**-8)
        monkeypatch.setenv("NETMIND_KERNELS", str(tmp_path))
        child = WorkerChild(Provider.CUDA, {**os.environ, "LD_LIBRARY_PATH": str(idle_card), **environment})
        try:
            child.ask(
                Request(
                    kernel=kernel,
                    variant=variant,
                    provider=Provider.CUDA,
                    seed=7,
                    default_seed=catalog.default_seed,
                    rules=step.rules,
                    threads=1,
                    memory_limit_bytes=2**30,
                )
            )
            while not isinstance(answer := child.next_event(120), Outcome | Refusal | None):
                continue
        finally:
            child.kill()
        assert isinstance(answer, Outcome), answer
        return answer

    return ask


@pytest.mark.parametrize("kernel_id", ["gemm.bf16", "gemm.fp16"])
def test_a_product_is_placed_on_the_card_and_verified_before_and_after(ask_card, kernel_id):
    outcome = ask_card(kernel_id)
    assert (outcome.placed_nodes, outcome.placement_read) == (1, True)
    assert outcome.before.ok
    assert outcome.after.ok
    assert outcome.before.method == "float64"
    assert 0 < outcome.before.error < 2**-8


@pytest.mark.parametrize("kernel_id", ["gemm.bf16", "gemm.fp16"])
def test_a_card_that_computes_nothing_is_found_out(ask_card, kernel_id):
    outcome = ask_card(kernel_id, NETMIND_STUB_CUBLAS="idle")
    assert not outcome.before.ok
    assert outcome.timing is None


@pytest.mark.parametrize("kernel_id", ["gemm.bf16", "gemm.fp16"])
def test_a_card_that_stops_computing_once_it_is_trusted_is_found_out(ask_card, kernel_id):
    outcome = ask_card(kernel_id, NETMIND_STUB_CUBLAS="idle", NETMIND_STUB_CUBLAS_AFTER="3")
    assert outcome.before.ok
    assert not outcome.after.ok
