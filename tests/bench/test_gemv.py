"""The 4-bit kernel: its data never rounds, so one wrong number is a wrong result."""

import hashlib
import importlib.util
import io
from dataclasses import replace

import numpy as np
import pytest

from netmind_tui.bench.catalog import kernels_folder
from netmind_tui.bench.family import gemv
from netmind_tui.bench.family.base import Task
from netmind_tui.bench.protocol import Outcome, Request
from netmind_tui.bench.worker.measure import Worker
from netmind_tui.bench.worker.session import OrtBinding, OrtSession
from netmind_tui.model.kernel import Provider

UNIT = 2.0**-7
"""The smallest scale of the form for GPUs."""


@pytest.fixture
def ask(make_step, catalog):
    def ask(seed=7, variant=None):
        step = make_step("gemv.int4")
        request = Request(
            kernel=step.kernel,
            variant=variant or step.variant,
            provider=Provider.CPU,
            seed=seed,
            default_seed=catalog.default_seed,
            rules=step.rules,
            threads=2,
            memory_limit_bytes=2**30,
        )
        return Worker(Provider.CPU, io.BytesIO()).answer(request)

    return ask


@pytest.fixture(scope="module")
def build():
    spec = importlib.util.spec_from_file_location("kernels_build", kernels_folder() / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def ask_half(ask, build, catalog, tmp_path, monkeypatch):
    """The form for GPUs, small, on the CPU, which takes the same graph."""

    def ask_half(seed=7, n=256, k=512):
        graph = build.gemv(build.TensorProto.FLOAT16, n, k)
        (tmp_path / "small.onnx").write_bytes(graph)
        monkeypatch.setenv("NETMIND_KERNELS", str(tmp_path))
        shape = {"m": 1, "n": n, "k": k, "row_bytes": k * 9 // 16}
        variant = catalog.kernel("gemv.int4").variant_for(Provider.CUDA, 0)
        digest = hashlib.sha256(graph).hexdigest()
        answer = ask(seed, replace(variant, file="small.onnx", sha256=digest, shape=shape))
        assert isinstance(answer, Outcome), answer
        return answer

    return ask_half


def operands(catalog, seed=7, **shape):
    kernel = catalog.kernel("gemv.int4")
    variant = kernel.variant_for(Provider.CUDA, 0)
    variant = replace(variant, shape={**variant.shape, **shape})
    return gemv.operands(Task(kernel, variant, seed, 7, 0, 0.0))


@pytest.mark.parametrize("seed", [7, 8])
def test_the_runtime_s_result_is_exact(ask, seed):
    outcome = ask(seed)
    assert outcome.before.ok
    assert outcome.after.ok
    assert outcome.before.error == 0.0


def test_one_changed_weight_of_a_sampled_row_fails(ask, monkeypatch):
    genuine = OrtSession.__init__

    def opened(self, graph, weights, request):
        changed = {name: value.copy() for name, value in weights.items()}
        changed["B"][0, 100, 3] ^= 1
        genuine(self, graph, changed, request)

    monkeypatch.setattr(OrtSession, "__init__", opened)
    assert not ask().before.ok


@pytest.mark.parametrize("element", [0, 5, 16383])
def test_one_output_that_changes_under_load_fails_whether_sampled_or_not(ask, monkeypatch, element):
    genuine, calls = OrtBinding.result, [0]

    def result(self):
        calls[0] += 1
        values = np.array(genuine(self))
        if calls[0] > 2:
            values[0, element] += 1
        return values

    monkeypatch.setattr(OrtBinding, "result", result)
    outcome = ask()
    assert outcome.before.ok
    assert not outcome.after.ok


@pytest.mark.parametrize("seed", [7, 8])
def test_in_half_precision_the_runtime_s_result_is_exact_too(ask_half, seed):
    outcome = ask_half(seed)
    assert outcome.before.ok
    assert outcome.after.ok


@pytest.mark.parametrize("where", [(0, 0, 0), (100, 3, 7), (255, 15, 15)])
@pytest.mark.parametrize("bit", [0, 3, 4, 7])
def test_in_half_precision_one_flipped_bit_of_any_weight_is_seen(ask_half, monkeypatch, where, bit):
    genuine = OrtSession.__init__

    def opened(self, graph, weights, request):
        changed = {name: value.copy() for name, value in weights.items()}
        changed["B"][where] ^= 1 << bit
        genuine(self, graph, changed, request)

    monkeypatch.setattr(OrtSession, "__init__", opened)
    assert not ask_half().before.ok


def test_the_vectors_for_gpus_share_out_the_columns(catalog):
    vectors = np.concatenate(operands(catalog, n=32).vectors)
    assert vectors.shape == (8192 // gemv.ACTIVE, 8192)
    assert np.array_equal(np.abs(vectors).sum(axis=0), np.ones(8192))
    assert np.array_equal(np.abs(vectors).sum(axis=1), np.full(len(vectors), gemv.ACTIVE))
    assert 0.4 < (vectors == 1).sum() / 8192 < 0.6


def test_no_sum_of_any_part_can_leave_the_whole_numbers_that_half_precision_holds(catalog):
    """The largest there can be: every weight -8, every scale the larger, every activation of the same sign."""
    made = operands(catalog, n=256)
    assert set(np.unique(made.scales)) == {UNIT, 2 * UNIT}
    lowest = gemv.unpacked(np.zeros((1, 256, 16), np.uint8), np.full((1, 256), made.scales.max()))
    sums = np.cumsum((lowest * np.abs(made.vectors[0])).astype(np.float16), dtype=np.float16)
    assert sums[-1] == -gemv.ACTIVE * 8 * 2 * UNIT == -2048 * UNIT
    assert float(np.float16(2049 * UNIT)) != 2049 * UNIT, "one unit more would not be held"


@pytest.mark.parametrize("seed", [7, 8])
def test_half_precision_adds_up_exactly_in_any_order(catalog, seed):
    made = operands(catalog, seed=seed, n=256)
    weights = gemv.unpacked(made.packed, made.scales.reshape(256, -1))
    for number, vector in enumerate(made.vectors[::16]):
        terms = weights * vector.astype(np.float64)
        exact = terms.sum(axis=1)
        orders = [np.argsort(terms[0]), np.random.Philox(number).random_raw(8192).argsort()]  # one of them the worst
        for order in orders:
            assert np.array_equal(np.cumsum(terms[:, order].astype(np.float16), axis=1, dtype=np.float16)[:, -1], exact)
        largest = np.maximum(np.where(terms > 0, terms, 0).sum(axis=1), np.where(terms < 0, -terms, 0).sum(axis=1))
        assert largest.max() <= 2048 * UNIT


def test_bytes_are_those_of_weights_and_scales(catalog):
    kernel = catalog.kernel("gemv.int4")
    for variant in kernel.variants:
        weights, scale = variant.shape["n"] * variant.shape["k"], 4 if variant.provider is Provider.CPU else 2
        assert kernel.work_per_iteration(variant.shape) == weights // 2 + weights // 32 * scale


def test_the_weights_are_larger_than_the_caches_of_the_cards_that_get_them(catalog):
    kernel = catalog.kernel("gemv.int4")
    # The largest second-level caches: laptops of 6 GB, RTX 4090 and 5090, B200.
    for memory_gb, cache_mib in ((6, 32), (24, 72), (32, 96), (180, 126)):
        variant = kernel.variant_for(Provider.CUDA, memory_gb * 10**9)
        assert kernel.work_per_iteration(variant.shape) > 2 * cache_mib * 2**20
