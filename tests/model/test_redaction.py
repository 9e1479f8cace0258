from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmind_tui.model.device import Device, DeviceKind, Driver
from netmind_tui.model.finding import Finding, Status
from netmind_tui.model.host import Boundary, Cpu, Disk, Host
from netmind_tui.model.info import DeviceProcess, DeviceUse, Info, Tool
from netmind_tui.model.reading import Absence
from netmind_tui.model.redaction import Redactor, names_of
from netmind_tui.model.sample import DeviceSample

UUID = "GPU-8c1f2a3b-aaaa-4000-8000-0123456789ab"
HOST = Host(
    hostname="anna-desktop",
    os="Ubuntu 24.04",
    kernel="5.15.167.4-microsoft-standard-WSL2",
    python="3.12.1",
    cpu=Cpu(name="AMD Ryzen 9 7950X", architecture="x86_64", logical_cores=32, usable_cores=1.5, family=25),
    memory_total_bytes=64 << 30,
    boundaries={Boundary.WSL: "wsl2"},
    disks=(
        Disk(mount_point="/", device="/dev/mapper/anna--vg-root", file_system="ext4", total_bytes=2, free_bytes=1),
        Disk(mount_point="/media/anna/films", device="/dev/sdb1", file_system="ntfs3", total_bytes=2, free_bytes=1),
    ),
    absent={"boot_at": Absence.NOT_SUPPORTED},
)
INFO = Info(
    generated_at="2026-01-01T00:00:00.000Z",
    tool=Tool(name="netmind", version="0.1.0"),
    host=HOST,
    driver=Driver(version="580.95.05", cuda_version="13.0"),
    devices=(
        Device(id="gpu:0", kind=DeviceKind.GPU, uuid=UUID, pci_slot="0000:81:00.0", vbios_version="96.00.74.00.01"),
        Device(id="mig:0.0", kind=DeviceKind.MIG, uuid=UUID.replace("GPU", "MIG"), parent="gpu:0"),
    ),
    findings=(
        Finding(
            id="driver-missing",
            title=f"anna on anna-desktop: {UUID} at 0000:81:00.0 in /home/anna/cuda, see /proc/driver/nvidia",
            status=Status.WARN,
            evidence="from 192.168.1.20 or fe80::1ff:fe23:4567:890a, 12:34:56:78:9a:bc, C:\\Users\\anna, ~/x at 12:30",
            remediation="sudo modprobe nvidia; edit /etc/modprobe.d/nvidia.conf",
        ),
    ),
)


def redacted():
    return Redactor(names_of("anna-desktop", ("anna",))).redact(INFO)


def test_names_slots_and_figures_stay_and_what_identifies_goes():
    shown = redacted()

    assert shown.host == replace(
        HOST,
        hostname="host",
        disks=(
            replace(HOST.disks[0], device="disk-1"),
            replace(HOST.disks[1], device="disk-2", mount_point="path-1"),
        ),
    )
    assert shown.driver == INFO.driver
    assert shown.devices == (replace(INFO.devices[0], uuid="uuid-1"), replace(INFO.devices[1], uuid="uuid-2"))


def test_free_text_is_searched_and_the_same_value_gets_the_same_placeholder():
    finding = redacted().findings[0]

    assert finding.title == "user on host: uuid-1 at 0000:81:00.0 in path-2, see /proc/driver/nvidia"
    assert finding.evidence == "from address-2 or address-3, address-1, path-3, path-4 at 12:30"
    assert finding.remediation == INFO.findings[0].remediation


def test_nothing_that_identifies_is_left_anywhere():
    text = repr(redacted())

    assert not [secret for secret in ("anna", "8c1f2a3b", "192.168", "fe80", "9a:bc") if secret in text]


def test_a_card_has_one_placeholder_with_its_makers_prefix_or_without_it():
    assert Redactor().redact([UUID, UUID.removeprefix("GPU-"), UUID.lower()]) == ["uuid-1"] * 3


def test_the_programs_that_somebody_runs_are_nobodys_business():
    use = DeviceUse(device="gpu:0", processes=(DeviceProcess(pid=7, name="annas-idea", memory_used_bytes=5),))

    assert Redactor().redact(use) == replace(use, processes=(replace(use.processes[0], name="process-1"),))


def test_placeholders_are_the_same_in_every_document_of_a_stream():
    redactor = Redactor()

    assert redactor.redact(INFO).devices == redactor.redact(INFO).devices


def test_a_document_of_an_unknown_kind_is_searched_too():
    shown = Redactor({"anna": "user"}).redact(
        {"new": ["anna's run", {"serial": "X1", "n": 3, "ok": True, "none": None}]}
    )

    assert shown == {"new": ["user's run", {"serial": "serial-1", "n": 3, "ok": True, "none": None}]}


@pytest.mark.parametrize(
    "text",
    [
        "580.95.05",
        "96.00.74.00.01",
        "1.2.3",
        "256.1.2.3.4",
        "at 12:30",
        "00:11:22",
        "a::b" * 9,
        "km/h",
        "read/write",
        "5 / 3",
    ],
)
def test_what_only_looks_like_an_address_or_a_path_stays(text):
    assert Redactor().redact([text]) == [text]


@given(st.uuids(), st.ip_addresses(), st.from_regex(r"/(home|mnt|data)/[a-z]{3,9}/[a-z0-9_-]{1,9}", fullmatch=True))
def test_no_uuid_address_or_path_survives_in_a_sentence(uuid, address, path):
    sentence = f"device {uuid} at {address}, in {path}: failed"
    shown = Redactor().redact({"title": sentence})["title"]

    assert shown == "device uuid-1 at address-1, in path-1: failed"


def test_a_host_that_is_called_like_a_device_takes_no_devices_name():
    documents = (INFO, DeviceSample(device="gpu:0", uuid=UUID), DeviceUse(device="gpu:0"))
    _, sample, use = Redactor(names_of("gpu", ())).redact(documents)

    assert (sample.device, use.device) == ("gpu:0", "gpu:0")


def test_what_is_empty_names_nobody_and_stays_empty():
    @dataclass(frozen=True)
    class Place:
        hostname: str

    assert Redactor().redact(Place("")) == Place("")
    assert Redactor().redact(Place("rig4")) == Place("host")
