"""The 4-bit kernel: its data never rounds, so one wrong number is a wrong result."""

import io

import numpy as np
import pytest

from netmind_tui.bench.protocol import Request
from netmind_tui.bench.worker.measure import Worker
from netmind_tui.bench.worker.session import OrtBinding, OrtSession
from netmind_tui.model.kernel import Provider


@pytest.fixture
def ask(make_step, catalog):
    def ask(seed=7):
        step = make_step("gemv.int4")
        request = Request(
            kernel=step.kernel,
            variant=step.variant,
            provider=Provider.CPU,
            seed=seed,
            default_seed=catalog.default_seed,
            rules=step.rules,
            threads=2,
            memory_limit_bytes=2**30,
        )
        return Worker(Provider.CPU, io.BytesIO()).answer(request)

    return ask


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


def test_bytes_are_those_of_weights_and_scales(catalog):
    kernel = catalog.kernel("gemv.int4")
    shape = kernel.variants[0].shape
    assert kernel.work_per_iteration(shape) == shape["n"] * shape["k"] // 2 + shape["n"] * shape["k"] // 32 * 4
