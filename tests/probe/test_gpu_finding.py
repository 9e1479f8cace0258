"""What the owner is told about the driver and the GPUs."""

import pytest

from netmind_tui.model.device import Device, DeviceKind, Driver, Trouble
from netmind_tui.model.finding import Action, Status
from netmind_tui.probe.finding import gpu_findings, library_missing_finding, unlisted_finding


def gpu(**facts):
    return Device(id="gpu:5", kind=DeviceKind.GPU, pci_slot="0000:c3:00.0", uuid="GPU-5", **facts)


def test_all_well_finds_nothing_and_sleep_is_well():
    assert gpu_findings(Driver(version="580"), [gpu(), gpu(asleep=True)]) == ()
    assert gpu_findings(Driver(), ()) == ()


@pytest.mark.parametrize(
    ("scenario", "id_", "action", "step"),
    [
        ("mismatch", "driver-version-mismatch", Action.REBOOT, "modprobe"),
        ("no-driver", "driver-not-loaded", Action.ASK_OWNER, "sudo modprobe nvidia"),
        ("no-permission", "driver-no-permission", Action.ASK_OWNER, "group"),
        ("hang-init", "driver-no-answer", Action.REBOOT, "reboot"),
    ],
)
def test_a_driver_that_cannot_be_used_comes_with_its_next_step(open_probe, scenario, id_, action, step):
    probe = open_probe(scenario, probe={"start_timeout_s": 1.0} if scenario == "hang-init" else None)
    (finding,) = gpu_findings(probe.driver(), probe.devices())
    assert (finding.id, finding.action, finding.status) == (id_, action, Status.ERROR)
    assert step in finding.remediation
    assert finding.title == probe.driver().problem


def test_a_gpu_that_fell_off_is_a_fault_and_named_by_its_slot(open_probe):
    probe = open_probe("falls-off", lost_after=0)
    probe.devices()
    probe.sample()
    (finding,) = gpu_findings(probe.driver(), probe.devices())
    assert finding.id == "gpu-fallen-off"
    assert finding.title == "gpu:5 in PCI slot 0000:c3:00.0 has fallen off the bus"
    assert (finding.status, finding.action, finding.device) == (Status.FAIL, Action.REBOOT, "gpu:5")


@pytest.mark.parametrize(
    ("trouble", "status", "action"),
    [
        (Trouble.NO_ANSWER, Status.ERROR, Action.RESET),
        (Trouble.RESET_REQUIRED, Status.FAIL, Action.RESET),
        (Trouble.NO_PERMISSION, Status.ERROR, Action.ASK_OWNER),
        (Trouble.FAILED, Status.ERROR, Action.RESET),
    ],
)
def test_each_trouble_of_a_gpu_has_its_own_action(trouble, status, action):
    (finding,) = gpu_findings(Driver(), [gpu(lost="is in trouble", trouble=trouble)])
    assert (finding.id, finding.status, finding.action) == (f"gpu-{trouble}", status, action)
    assert "{" not in finding.remediation


@pytest.mark.parametrize("trouble", Trouble)
def test_every_trouble_has_a_next_step(trouble):
    findings = gpu_findings(Driver(problem="bad", trouble=trouble), [gpu(lost="worse", trouble=trouble)])
    assert len(findings) == 2
    assert all(finding.remediation and finding.action is not Action.NONE for finding in findings)


def test_slices_of_a_lost_gpu_and_what_the_driver_took_along_are_not_told_twice():
    part = Device(id="mig:5.0", kind=DeviceKind.MIG, parent="gpu:5", lost="has fallen off the bus")
    lost = gpu(lost="has fallen off the bus", trouble=Trouble.FALLEN_OFF)
    assert len(gpu_findings(Driver(), [lost, part])) == 1
    driver = Driver(problem="no driver", trouble=Trouble.NOT_LOADED)
    assert len(gpu_findings(driver, [gpu(lost="no driver", trouble=Trouble.NOT_LOADED)])) == 1


def test_without_a_card_a_missing_library_is_no_finding(sysfs, tmp_path):
    assert library_missing_finding(sysfs.root) is None
    assert library_missing_finding(tmp_path / "nowhere") is None
    sysfs.add("0000:00:02.0", vendor="0x8086", driver="i915")
    sysfs.add("0000:1b:00.1", kind="0x040300", driver="snd_hda_intel")  # the card's sound function
    assert library_missing_finding(sysfs.root) is None


def test_a_running_module_without_its_library_looks_like_a_container(sysfs):
    sysfs.add("0000:1b:00.0")
    sysfs.load_driver("580.95.05")
    finding = library_missing_finding(sysfs.root)
    assert finding.id == "gpu-library-missing"
    assert "0000:1b:00.0" in finding.title
    assert "580.95.05" in finding.evidence
    assert "NVIDIA_DRIVER_CAPABILITIES=compute,utility" in finding.remediation


@pytest.mark.parametrize(
    ("driver", "evidence", "step"),
    [
        (None, "bound to no driver", "install the NVIDIA driver"),
        ("nouveau", "bound to nouveau", "install the NVIDIA driver"),
        ("vfio-pci", "bound to vfio-pci", "virtual machine"),
    ],
)
def test_a_card_without_its_module_lacks_the_driver(sysfs, driver, evidence, step):
    sysfs.add("0000:1b:00.0", driver=driver)
    finding = library_missing_finding(sysfs.root)
    assert (finding.id, finding.evidence, finding.action) == ("driver-missing", evidence, Action.ASK_OWNER)
    assert step in finding.remediation


def test_a_card_that_the_driver_could_not_start_is_missed(sysfs):
    sysfs.add("0000:01:00.0")
    sysfs.add("0000:81:00.0")
    sysfs.add("0000:c1:00.0", driver="vfio-pci")
    listed = [Device(id="gpu:0", kind=DeviceKind.GPU, pci_slot="0000:01:00.0")]
    finding = unlisted_finding(listed, sysfs.root)
    assert (finding.id, finding.status, finding.action) == ("gpu-not-listed", Status.FAIL, Action.REBOOT)
    assert "0000:81:00.0" in finding.title
    assert (finding.actual, finding.required) == ("1 listed", "2 on the bus")
    mended = [*listed, Device(id="gpu:1", kind=DeviceKind.GPU, pci_slot="0000:81:00.0")]
    assert unlisted_finding(mended, sysfs.root) is None


def test_slots_that_are_not_known_accuse_nobody(sysfs):
    sysfs.add("0000:01:00.0")
    assert unlisted_finding([Device(id="gpu:0", kind=DeviceKind.GPU)], sysfs.root) is None
