"""What the kernel's log and the files in /dev tell of NVIDIA's driver."""

import os

import pytest

from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.finding import Action, Status
from netmind_tui.probe.finding_access import device_file_findings
from netmind_tui.probe.finding_xid import xid_findings

GPUS = (
    Device(id="gpu:0", kind=DeviceKind.GPU, pci_slot="0000:1b:00.0"),
    Device(id="gpu:1", kind=DeviceKind.GPU, pci_slot="0000:81:00.0"),
)
BOOT = "Nov 20 10:00:00 forge kernel: [    0.000000] Linux version 6.8.0-51-generic (build@x)\n"


def xid(number, slot="0000:81:00"):
    return f"6,812,99,-;NVRM: Xid (PCI:{slot}): {number}, pid='<unknown>', name=<unknown>, something\n"


@pytest.fixture
def log(tmp_path):
    """Write a log of the kernel and find what it tells."""

    def find(text, name="dev/kmsg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
        return xid_findings(GPUS, tmp_path)

    return find


@pytest.mark.parametrize(
    ("number", "action", "step"),
    [
        (48, Action.RESET, "--gpu-reset -i 0000:81:00"),
        (79, Action.REBOOT, "reboot"),
        (119, Action.RESET, "--gpu-reset"),
        (999, Action.ASK_OWNER, "dmesg"),
    ],
)
def test_what_a_card_did_is_a_warning_with_the_next_step(log, number, action, step):
    (finding,) = log(BOOT + xid(number) + xid(number))
    assert (finding.id, finding.status, finding.action) == ("xid-card", Status.WARN, action)
    assert (finding.device, finding.actual) == ("gpu:1", str(number))
    assert f"Xid {number} 2 times since boot" in finding.title
    assert step in finding.remediation
    assert [each.id for each in log(BOOT)] == ["xid"]


def test_what_a_program_did_is_no_fault_of_the_card(log):
    (finding,) = log(xid(31))
    assert (finding.id, finding.status, finding.action) == ("xid-program", Status.PASS, Action.NONE)


def test_the_slot_may_be_written_short_and_may_be_nobodys(log):
    assert log(xid(48, "81:00"))[0].device == "gpu:1"
    (stranger,) = log(xid(48, "0000:c3:00"))
    assert stranger.device is None
    assert "slot 0000:c3:00" in stranger.title


def test_a_log_of_several_boots_counts_from_the_last(log):
    assert [each.id for each in log(BOOT + xid(79) + BOOT, "var/log/kern.log")] == ["xid"]
    assert [each.id for each in log(BOOT + xid(79), "var/log/kern.log")] == ["xid-card"]


def test_a_log_that_cannot_be_read_is_no_fault(tmp_path):
    (finding,) = xid_findings(GPUS, tmp_path)
    assert (finding.id, finding.status, finding.action) == ("xid-unread", Status.SKIP, Action.NONE)


def test_reading_the_log_never_waits_for_more_of_it(tmp_path):
    (tmp_path / "dev").mkdir()
    os.mkfifo(tmp_path / "dev/kmsg")
    writer = os.open(tmp_path / "dev/kmsg", os.O_RDWR)
    try:
        os.write(writer, xid(79).encode())
        assert [each.id for each in xid_findings(GPUS, tmp_path)] == ["xid-card"]
    finally:
        os.close(writer)


def test_files_that_are_closed_to_this_user_are_named(tmp_path):
    (tmp_path / "dev").mkdir()
    for name in ("nvidia0", "nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "null"):
        (tmp_path / "dev" / name).touch()
    (finding,) = device_file_findings(tmp_path, lambda path: path.name != "nvidia0")
    assert (finding.id, finding.status, finding.action) == ("device-files-closed", Status.ERROR, Action.ASK_OWNER)
    assert finding.actual == "/dev/nvidia0"
    assert "usermod" in finding.remediation
    assert [(each.id, each.status) for each in device_file_findings(tmp_path)] == [("device-files", Status.PASS)]


def test_without_such_files_there_is_nothing_to_say(tmp_path):
    assert device_file_findings(tmp_path) == ()
    (tmp_path / "dev").mkdir()
    assert device_file_findings(tmp_path) == ()


def test_a_missing_file_of_cuda_is_told_until_it_is_there_or_can_be_made(tmp_path):
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/nvidia0").touch()
    (finding,) = device_file_findings(tmp_path)
    assert (finding.id, finding.status) == ("device-file-missing", Status.ERROR)
    assert "nvidia-modprobe" in finding.remediation
    (tmp_path / "usr/bin").mkdir(parents=True)
    (tmp_path / "usr/bin/nvidia-modprobe").touch()
    assert [each.status for each in device_file_findings(tmp_path)] == [Status.PASS]
    (tmp_path / "usr/bin/nvidia-modprobe").unlink()
    (tmp_path / "dev/nvidia-uvm").touch()
    assert [each.status for each in device_file_findings(tmp_path)] == [Status.PASS]
