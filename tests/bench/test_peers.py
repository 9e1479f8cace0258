from dataclasses import replace

import pytest

from netmind_tui.bench.peers import peer_findings, sharing
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.finding import Action, Status
from netmind_tui.model.kernel import Provider
from netmind_tui.model.measurement import Measurement


def device(number, *, name="Test GPU", memory=24 * 2**30):
    return Device(id=f"gpu:{number}", kind=DeviceKind.GPU, name=name, uuid=f"GPU-{number}", memory_total_bytes=memory)


def row(number, value, *, kernel="gemm.fp16", unit="FLOP/s", spread=0.001, status=Status.PASS, **changes):
    return Measurement(
        kernel=kernel,
        kernel_version=1,
        kernel_sha256="0" * 64,
        device=f"gpu:{number}",
        provider=Provider.CUDA,
        precision="fp16",
        shape={"m": 8192},
        metric="throughput",
        unit=unit,
        value=value,
        ci95=(value * (1 - spread), value * (1 + spread)),
        status=status,
        **changes,
    )


EIGHT = [device(number) for number in range(8)]


def test_the_one_that_is_eight_per_cent_slow_stands_out():
    rows = [row(number, 92e12 if number == 5 else 100e12 + number * 1e11) for number in range(8)]
    (finding,) = peer_findings(rows, EIGHT)
    assert (finding.id, finding.device, finding.status) == ("slower-than-peers", "gpu:5", Status.WARN)
    assert "gemm.fp16 92.0" in finding.actual
    assert "under 100." in finding.actual
    assert "7 equals" in finding.title
    assert finding.action is Action.ASK_OWNER


def test_four_per_cent_are_no_finding():
    assert not peer_findings([row(number, 96e12 if number else 100e12) for number in range(8)], EIGHT)


def test_an_interval_that_reaches_into_the_limit_convicts_nobody():
    rows = [row(number, 92e12 if number == 5 else 100e12, spread=0.05) for number in range(8)]
    assert not peer_findings(rows, EIGHT)


def test_a_longer_latency_is_slower():
    rows = [row(number, 12e-6 if number == 2 else 10e-6, kernel="dispatch", unit="s") for number in range(8)]
    (finding,) = peer_findings(rows, EIGHT)
    assert finding.device == "gpu:2"


def test_of_two_the_slower_is_held_against_the_other():
    (finding,) = peer_findings([row(0, 100e12), row(1, 90e12)], EIGHT)
    assert finding.device == "gpu:1"
    assert "its equal" in finding.title


def test_a_device_has_one_finding_with_its_worst_kernel_first():
    rows = [row(number, 90e12 if number == 5 else 100e12) for number in range(8)]
    rows += [row(number, 5e9 if number == 5 else 10e9, kernel="transfer.h2d", unit="bytes/s") for number in range(8)]
    (finding,) = peer_findings(rows, EIGHT)
    assert finding.actual.startswith("transfer.h2d")
    assert "gemm.fp16" in finding.actual


@pytest.mark.parametrize(
    "devices",
    [
        [device(0), device(1, name="Another GPU")],
        [device(0), device(1, memory=16 * 2**30)],
        [device(0), Device(id="gpu:1", kind=DeviceKind.CPU, name="Test GPU", memory_total_bytes=24 * 2**30)],
    ],
)
def test_unlike_devices_are_not_compared(devices):
    assert not peer_findings([row(0, 100e12), row(1, 50e12)], devices)


@pytest.mark.parametrize("changes", [{"status": Status.FAIL}, {"status": Status.ERROR}])
def test_a_figure_that_does_not_count_is_nobodys_peer(changes):
    rows = [row(0, 100e12), row(1, 50e12)]
    assert not peer_findings([rows[0], replace(rows[1], **changes)], EIGHT)


def test_sharing_is_what_is_left_of_the_rate():
    together = [row(0, 80e12), row(1, 100e12), row(1, 20e-6, kernel="dispatch", unit="s")]
    alone = [row(0, 100e12), row(1, 100e12), row(1, 10e-6, kernel="dispatch", unit="s")]
    assert [(each.device, each.kernel, each.ratio) for each in sharing(together, alone)] == [
        ("gpu:0", "gemm.fp16", 0.8),
        ("gpu:1", "gemm.fp16", 1.0),
        ("gpu:1", "dispatch", 0.5),
    ]


def test_what_was_not_measured_is_not_shared():
    assert not sharing([row(0, 80e12)], [row(1, 80e12)])
