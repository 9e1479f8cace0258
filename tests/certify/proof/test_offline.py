"""Which devices of a result prove, and which chain."""

from dataclasses import replace
from pathlib import Path

import pytest

from netmind_tui.certify.proof.offline import choose_chain, prove_offline, proving
from netmind_tui.document import decode
from netmind_tui.model.kernel import Phase, Provider
from netmind_tui.model.measurement import Rate
from netmind_tui.model.problem import Problem
from netmind_tui.model.result import Result

FOLDER = Path(__file__).parents[3] / "assets/vectors/good/proof"
RESULT = decode((FOLDER / "result.json").read_bytes(), Result)
(CPU,) = RESULT.devices
CARDS = tuple(replace(CPU, device=f"gpu:{index}", kind="gpu", memory_total_bytes=85 * 10**9) for index in range(2))


def result(*rates):
    """Of a processor and two cards of 80 GB."""
    capacity = tuple(
        Rate(device=device, kernel=kernel, metric="throughput", value=value, unit="OP/s", phase=Phase.BURST)
        for device, kernel, value in rates
    )
    return replace(RESULT, devices=(CPU, *CARDS), capacity=capacity)


def test_the_cards_where_any_showed_a_rate():
    rates = [(name, "gemm.int8", 1e14) for name in ("cpu", "gpu:0", "gpu:1")]
    assert proving(result(*rates)) == CARDS
    assert proving(result(*rates[:2])) == CARDS[:1]


def test_else_the_processor():
    assert proving(result(("cpu", "gemm.fp32", 1e12))) == (CPU,)


@pytest.mark.parametrize(
    ("half", "whole", "expected"),
    [((9e14, 9e14), (5e14, 5e14), "chain.fp16"), ((9e14, 3e14), (5e14, 5e14), "chain.int8.wide")],
)
def test_half_precision_only_where_every_card_was_faster_in_it(half, whole, expected):
    rates = [(f"gpu:{at}", "gemm.fp16", rate) for at, rate in enumerate(half)]
    rates += [(f"gpu:{at}", "gemm.int8", rate) for at, rate in enumerate(whole)]
    assert choose_chain(result(*rates), CARDS, Provider.CUDA).id == expected


def test_integers_where_the_run_shows_neither():
    assert choose_chain(result(("gpu:0", "dispatch", 1e-5)), CARDS, Provider.CUDA).id == "chain.int8.wide"


def test_a_device_that_is_gone_is_named(monkeypatch):
    """A machine without the cards of the result."""
    monkeypatch.setattr("netmind_tui.probe.gpu.GpuProbe.library_found", lambda: False)
    with pytest.raises(Problem, match="gpu:0 cannot prove anything now: "):
        prove_offline(result(("gpu:0", "gemm.int8", 1e14)), "aa" * 32, "ed25519:" + "ab" * 32, nonce=None)
