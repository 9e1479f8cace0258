"""Real workers prove what the reference computes, and what goes wrong with them is said."""

import os
import signal
from contextlib import closing
from dataclasses import replace

import pytest

from netmind_tui.bench.chain_catalog import find_chain, open_chains
from netmind_tui.bench.warden import Warden
from netmind_tui.certify.proof.device import DeviceProver, ProvingDevice
from netmind_tui.certify.proof.prover import ReferenceProver
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.kernel import Provider
from netmind_tui.model.problem import Problem
from netmind_tui.model.sample import DeviceSample

KEY = "ed25519:" + "ab" * 32
TINY = find_chain(open_chains(), "chain.test@1")
DEVICES = ("one", "other")
DRAWN = (5, 1023, 1024, 2047, 77)
N1, N2 = b"first", b"second"


@pytest.fixture(scope="module")
def reference():
    """The same proof, made in NumPy."""
    prover = ReferenceProver(TINY, KEY, DEVICES)
    prover.prepare(N1)
    prover.root = prover.prove(N2)
    return prover


@pytest.fixture
def prover():
    devices = [
        ProvingDevice(word=word, device=word, provider=Provider.CPU, uuid=None, threads=1, memory_limit_bytes=2**30)
        for word in DEVICES
    ]
    told = []
    prover = DeviceProver(TINY, KEY, devices, tell=told.append)
    yield prover
    prover.close()


def test_two_workers_commit_to_what_the_reference_computes_and_open_it(reference, prover):
    prover.prepare(N1)
    assert prover.prove(N2) == reference.root
    assert prover.open(DRAWN) == reference.open(DRAWN)


def test_one_session_answers_several_challenges(reference, prover):
    prover.prepare(N1)
    assert prover.prove(b"something else") != reference.root
    assert prover.prove(N2) == reference.root
    assert prover.open(DRAWN) == reference.open(DRAWN)


def test_a_worker_that_dies_is_said_and_takes_nothing_along(prover):
    prover.prepare(N1)
    os.kill(prover._children[1].group, signal.SIGKILL)
    with pytest.raises(Problem, match="the proof was not made: the worker") as caught:
        prover.prove(N2)
    assert caught.value.code is ExitCode.CRASHED


def test_a_device_that_refuses_is_named():
    device = ProvingDevice(word="cpu", device="cpu", provider=Provider.CPU, uuid=None, threads=1, memory_limit_bytes=1)
    prover = DeviceProver(TINY, KEY, [device])
    try:
        with pytest.raises(Problem, match=r"cpu cannot prove chain\.test@1: .* needs .* MiB") as caught:
            prover.prepare(N1)
    finally:
        prover.close()
    assert caught.value.code is ExitCode.UNMEASURED


def test_a_chain_without_a_form_for_the_device_is_said(prover):
    prover.spec = replace(TINY, graphs=())
    with pytest.raises(Problem, match=r"chain\.test@1 has no form for one"):
        prover.prepare(N1)


def test_a_device_that_is_nearly_too_hot_is_spared():
    card = Device(id="gpu:0", kind=DeviceKind.GPU, name="a card", temperature_slowdown_c=90)
    ended = []
    hot = DeviceSample(device="gpu:0", temperature_c=88)
    device = ProvingDevice(word="cpu", device="cpu", provider=Provider.CPU, uuid=None, threads=1, memory_limit_bytes=1)
    prover = DeviceProver(TINY, KEY, [device], warden=Warden([card], lambda: [hot], lambda: ended.append(1)))
    with pytest.raises(Problem, match="gpu:0 was stopped at 88 °C"), closing(prover):
        prover.prepare(N1)
    assert ended == [1]
