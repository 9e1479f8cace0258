import pytest

from netmind_tui.bench.gate import Gate


@pytest.fixture
def gone():
    return []


@pytest.fixture
def arrive(gone):
    def arrive(gate, kernel, device):
        gate.arrive(kernel, device, lambda: gone.append(device))

    return arrive


def test_nobody_goes_before_the_last_has_come(arrive, gone):
    gate = Gate([("gemm", "gpu:0"), ("gemm", "gpu:1"), ("gemm", "gpu:2")])
    arrive(gate, "gemm", "gpu:0")
    arrive(gate, "gemm", "gpu:2")
    assert gone == []
    arrive(gate, "gemm", "gpu:1")
    assert sorted(gone) == ["gpu:0", "gpu:1", "gpu:2"]


def test_one_that_gives_up_keeps_nobody(arrive, gone):
    gate = Gate([("gemm", "gpu:0"), ("gemm", "gpu:1")])
    arrive(gate, "gemm", "gpu:0")
    gate.pass_by("gemm", "gpu:1")
    assert gone == ["gpu:0"]


def test_one_that_died_while_it_waited_is_not_let_go(arrive, gone):
    gate = Gate([("gemm", "gpu:0"), ("gemm", "gpu:1")])
    arrive(gate, "gemm", "gpu:0")
    gate.pass_by("gemm", "gpu:0")
    arrive(gate, "gemm", "gpu:1")
    assert gone == ["gpu:1"]


def test_kernels_open_one_by_one(arrive, gone):
    gate = Gate([("gemm", "gpu:0"), ("gemm", "gpu:1"), ("conv", "gpu:0")])
    arrive(gate, "conv", "gpu:0")
    assert gone == ["gpu:0"]
    arrive(gate, "gemm", "gpu:1")
    assert gone == ["gpu:0"]


def test_a_kernel_that_nobody_else_runs_is_not_waited_for(arrive, gone):
    gate = Gate([])
    arrive(gate, "gemm", "gpu:0")
    gate.pass_by("gemm", "gpu:0")
    assert gone == ["gpu:0"]
