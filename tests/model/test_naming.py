import pytest

from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.naming import covers, resolve
from netmind_tui.model.policy import Exception_, Guard, GuardKind, Limits, Policy, Profile
from netmind_tui.model.problem import Problem

DEVICES = (
    Device(id="cpu", kind=DeviceKind.CPU),
    Device(id="gpu:0", kind=DeviceKind.GPU, uuid="GPU-aaaa1111-0000", pci_slot="0000:01:00.0"),
    Device(id="gpu:1", kind=DeviceKind.GPU, uuid="GPU-aaaa2222-0000", pci_slot="0000:81:00.0"),
    Device(id="mig:1.0", kind=DeviceKind.MIG, uuid="MIG-bbbb0000", parent="gpu:1"),
)


def guard(*names):
    return Policy(guards=(Guard(kind=GuardKind.DISK, devices=names),))


def named(*names, aliases=None):
    return resolve(guard(*names), DEVICES, aliases).guards[0].devices


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("gpu:0", ("gpu:0",)),
        ("gpu:0-1", ("gpu:0", "gpu:1")),
        ("GPU-aaaa2", ("gpu:1",)),
        ("pci:81:00", ("gpu:1",)),
        ("big", ("gpu:1",)),
        ("mig:1.0", ("mig:1.0",)),
        ("gpu:0,cpu", ("cpu", "gpu:0")),
    ],
)
def test_a_name_becomes_the_ids_that_it_means(name, ids):
    assert named(name, aliases={"big": "GPU-aaaa2222"}) == ids


def test_a_kind_stays_named_for_devices_that_come_later():
    assert named("gpu") == ("gpu:0", "gpu:1", "gpu")
    assert covers(named("gpu"), "gpu:7")
    assert covers(named("all"), "mig:4.0")


def test_a_device_that_is_not_here_is_never_all_of_them():
    names = named("gpu:5", "GPU-ffff0000")
    assert names == ("gpu:5", "GPU-ffff0000")
    assert [device.id for device in DEVICES if covers(names, device.id)] == []


def test_every_rule_is_resolved():
    policy = Policy(
        profiles=(Profile(name="night", limits=Limits(devices=("big",), power_cap_w=200.0)),),
        exceptions=(Exception_(name="x", start=None, end=None, devices=("big",)),),
        guards=(Guard(kind=GuardKind.DISK),),
    )
    found = resolve(policy, DEVICES, {"big": "gpu:1"})
    assert found.profiles[0].limits == Limits(devices=("gpu:1",), power_cap_w=200.0)
    assert found.exceptions[0].devices == ("gpu:1",)
    assert found.guards[0].devices == ()


def test_the_beginning_of_two_uuids_is_no_name():
    with pytest.raises(Problem, match="beginning of several UUIDs"):
        named("GPU-aaaa")


@pytest.mark.parametrize(
    ("names", "device", "is_covered"),
    [
        ((), "gpu:3", True),
        (("gpu",), "gpu:3", True),
        (("gpu",), "mig:1.0", True),
        (("gpu:1",), "mig:1.0", True),
        (("gpu:0-3",), "mig:1.0", True),
        (("gpu:1",), "mig:0.1", False),
        (("mig:1.0",), "gpu:1", False),
        (("gpu",), "cpu", False),
        (("gpu:0-3,6",), "gpu:6", True),
        (("all",), "cpu", True),
        (("big",), "gpu:1", False),
    ],
)
def test_ids_ranges_and_kinds_are_understood_without_the_devices(names, device, is_covered):
    assert covers(names, device) is is_covered
