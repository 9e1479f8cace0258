"""The worker with the real ONNX Runtime on the CPU: right results pass, and one wrong element does not."""

import io

import numpy as np
import pytest

from netmind_tui.bench.judge import Witness, judge, refused
from netmind_tui.bench.protocol import Cause, Outcome, Refusal, Request
from netmind_tui.bench.worker import session
from netmind_tui.bench.worker.measure import Worker
from netmind_tui.bench.worker.session import OrtBinding, OrtSession
from netmind_tui.model.finding import Status
from netmind_tui.model.kernel import Provider
from netmind_tui.model.measurement import Reason

KERNELS = ["dispatch", "stream.add", "gemm.fp32", "gemm.int8"]


@pytest.fixture
def ask(make_step, host, catalog):
    """Have a kernel measured in this process and judged."""

    def ask(kernel_id, *, seed=7, threads=1, memory_limit_bytes=400 * 2**20, provider=Provider.CPU):
        step = make_step(kernel_id)
        request = Request(
            kernel=step.kernel,
            variant=step.variant,
            provider=provider,
            seed=seed,
            default_seed=catalog.default_seed,
            rules=step.rules,
            threads=threads,
            memory_limit_bytes=memory_limit_bytes,
        )
        answer = Worker(provider, io.BytesIO()).answer(request)
        if isinstance(answer, Refusal):
            return answer, refused(step, answer, started_at="now")
        return answer, judge(step, answer, Witness(started_at="now"), host)

    return ask


@pytest.fixture
def tamper(monkeypatch):
    """Put a change between the worker and ONNX Runtime: in one weight, or in one element of a result."""

    def weight():
        genuine = OrtSession.__init__

        def opened(self, graph, weights, request):
            changed = {name: value.copy() for name, value in weights.items()}
            for value in changed.values():
                middle = value.size // 2
                value.flat[middle] = -value.flat[middle] if value.dtype == np.float32 else value.flat[middle] ^ 1
            genuine(self, graph, changed, request)

        monkeypatch.setattr(OrtSession, "__init__", opened)

    def output(*, from_call):
        genuine, calls = OrtBinding.result, [0]

        def result(self):
            calls[0] += 1
            values = np.array(genuine(self))
            if calls[0] >= from_call:
                values.view(np.uint8).flat[values.nbytes // 8 * 4 + 3] ^= 0x40
            return values

        monkeypatch.setattr(OrtBinding, "result", result)

    class Tamper:
        pass

    tampering = Tamper()
    tampering.weight, tampering.output = weight, output
    return tampering


@pytest.mark.parametrize("kernel_id", KERNELS)
def test_a_kernel_is_measured_placed_and_verified_before_and_after(ask, kernel_id):
    outcome, measurement = ask(kernel_id, threads=2)
    assert measurement.status is Status.PASS
    assert measurement.value > 0
    assert measurement.verified.before is True
    assert measurement.verified.after is True
    assert outcome.placed_nodes == 1
    assert outcome.placement_read


def test_the_default_seed_is_held_against_the_golden_digest(ask):
    assert ask("gemm.int8", seed=7)[1].verified.method == "sha256"


def test_another_seed_is_checked_without_one(ask):
    measurement = ask("gemm.int8", seed=8)[1]
    assert measurement.verified.method == "freivalds"
    assert measurement.status is Status.PASS


@pytest.mark.parametrize("kernel_id", ["gemm.fp32", "gemm.int8"])
@pytest.mark.parametrize("seed", [7, 8])
def test_one_changed_weight_fails_and_gives_no_rate(ask, tamper, kernel_id, seed):
    tamper.weight()
    _, measurement = ask(kernel_id, seed=seed)
    assert measurement.status is Status.FAIL
    assert measurement.value is None
    assert [because.id for because in measurement.reasons] == [Reason.WRONG_RESULT]


@pytest.mark.parametrize("kernel_id", KERNELS)
def test_one_changed_output_element_before_the_window_fails(ask, tamper, kernel_id):
    tamper.output(from_call=1)
    _, measurement = ask(kernel_id)
    assert measurement.status is Status.FAIL
    assert measurement.verified.before is False


@pytest.mark.parametrize("kernel_id", KERNELS)
def test_one_changed_output_element_after_the_window_fails(ask, tamper, kernel_id):
    # Each input is checked beforehand; those of stream.add share one output, which is checked once.
    tamper.output(from_call=2 if kernel_id == "stream.add" else 3)
    _, measurement = ask(kernel_id)
    assert measurement.status is Status.FAIL
    assert (measurement.verified.before, measurement.verified.after) == (True, False)
    assert measurement.reasons[0].id is Reason.WRONG_RESULT


@pytest.mark.parametrize("kernel_id", KERNELS)
@pytest.mark.parametrize("alive", [1, 2, 3, 8])
def test_a_device_that_stops_working_and_still_says_done_fails(ask, monkeypatch, kernel_id, alive):
    genuine, calls = OrtBinding.run, [0]

    def run(self):
        calls[0] += 1
        if calls[0] <= alive:
            genuine(self)

    monkeypatch.setattr(OrtBinding, "run", run)
    _, measurement = ask(kernel_id)
    assert measurement.status is Status.FAIL
    assert measurement.reasons[0].id is Reason.WRONG_RESULT


def test_cuda_is_refused_where_it_cannot_load_and_never_measured_on_the_cpu(ask, monkeypatch):
    monkeypatch.setenv("LD_LIBRARY_PATH", "")
    answer, measurement = ask("gemm.fp32", provider=Provider.CUDA)
    if isinstance(answer, Outcome):
        pytest.skip("this machine has a CUDA provider that loads")
    assert answer.cause in (Cause.PROVIDER, Cause.PLACEMENT)
    assert measurement.status is Status.ERROR
    assert measurement.value is None


def test_a_session_whose_node_strays_is_refused(ask, monkeypatch):
    monkeypatch.setitem(session.EP_NAMES, Provider.CPU, "CUDAExecutionProvider")
    monkeypatch.setattr(session, "_provider", lambda _request: "CPUExecutionProvider")
    answer, measurement = ask("dispatch")
    assert answer.cause is Cause.PLACEMENT
    assert measurement.reasons[0].id is Reason.PLACEMENT_REFUSED
    assert "Add on CPUExecutionProvider" in answer.detail


def test_growing_stops_at_the_memory_limit_and_says_so(ask):
    outcome, measurement = ask("stream.add", memory_limit_bytes=200 * 2**20)
    assert outcome.shape == {"n": 2**24}
    assert "64 MiB" in measurement.reasons[0].detail


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (RuntimeError("Failed to allocate memory for requested buffer of size 1"), Cause.MEMORY),
        (MemoryError("no"), Cause.MEMORY),
        (RuntimeError("CUDNN failure 8"), Cause.CRASH),
    ],
)
def test_what_the_runtime_raises_becomes_a_refusal(ask, monkeypatch, error, cause):
    def broken(*_):
        raise error

    monkeypatch.setattr(OrtSession, "__init__", broken)
    assert ask("gemm.fp32")[0].cause is cause
