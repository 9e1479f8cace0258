from dataclasses import replace

import pytest

from netmind_tui.bench.health import gpu_health, link_findings, missing_findings
from netmind_tui.bench.judge import unmeasured
from netmind_tui.bench.target import Machine
from netmind_tui.model.device import DeviceKind
from netmind_tui.model.finding import Status
from netmind_tui.model.measurement import Because, Reason
from netmind_tui.model.sample import DeviceSample, HostSample, Sample


@pytest.fixture
def card(gpu):
    return replace(gpu, pcie_generation_max=4, pcie_width_max=16)


@pytest.fixture
def loaded(make_step, card):
    """A kernel's row with the link as it was at the edges of the window."""
    row = unmeasured(make_step("dispatch", card), Because(Reason.UNSAFE, ""))

    def loaded(*links):
        samples = [
            Sample(
                at="now",
                host=HostSample(),
                devices=(DeviceSample(device="gpu:0", pcie_generation=generation, pcie_width=width),),
            )
            for generation, width in links
        ]
        return replace(row, before=samples[0], after=samples[-1])

    return loaded


def test_a_link_that_stays_slow_under_load_is_found(loaded, card):
    (finding,) = link_findings([loaded((1, 16), (3, 16))], [card])
    assert (finding.id, finding.device, finding.status) == ("pcie-slow-under-load", "gpu:0", Status.WARN)
    assert (finding.actual, finding.required) == ("generation 3 x16", "generation 4 x16")


def test_a_narrow_link_is_found(loaded, card):
    (finding,) = link_findings([loaded((4, 8), (4, 8))], [card])
    assert finding.actual == "generation 4 x8"


def test_one_kernel_at_full_speed_shows_that_the_link_can(loaded, card):
    assert not link_findings([loaded((1, 16), (1, 16)), loaded((1, 16), (4, 16))], [card])


@pytest.mark.parametrize("link", [(None, None), (4, 0)])
def test_a_link_that_tells_nothing_is_no_slow_one(loaded, card, link):
    assert not link_findings([loaded(link, link)], [card])


def test_a_card_that_was_here_at_the_last_run_is_missed(gpu, cpu):
    gone = replace(gpu, uuid="GPU-2", pci_slot="0000:81:00.0")
    (finding,) = missing_findings([cpu, gpu, gone], [cpu, gpu])
    assert (finding.id, finding.evidence) == ("gpu-missing", "GPU-2")
    assert "0000:81:00.0" in finding.actual


def test_slices_come_and_go(gpu, cpu):
    assert not missing_findings([replace(gpu, kind=DeviceKind.MIG, uuid="MIG-1")], [cpu])


def test_a_card_that_sleeps_is_told_and_not_woken(open_probe, sysfs, host, cpu):
    for slot in ("0000:1b:00.0", "0000:43:00.0"):
        sysfs.add(slot)
    probe = open_probe("h100x8", count=2)
    devices = probe.devices()
    machine = Machine(host=host, driver=probe.driver(), devices=(cpu, *devices), findings=())
    awake = gpu_health(machine, probe, {device.id for device in devices})
    assert [finding.id for finding in awake if finding.device] == ["gpu-health", "gpu-health"]
    sysfs.set_status("0000:43:00.0", "suspended")
    asleep = gpu_health(machine, probe, {device.id for device in devices})
    assert [(each.id, each.device) for each in asleep if each.device] == [
        ("gpu-health", "gpu:0"),
        ("gpu-asleep", "gpu:1"),
    ]
