import pytest

from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.workload import Instances, Workload
from netmind_tui.node.work.want import homes

CPU = Device(id="cpu", kind=DeviceKind.CPU)
CARDS = tuple(
    Device(id=f"gpu:{n}", kind=DeviceKind.GPU, uuid=f"GPU-{n}0000000", pci_slot=f"0:8{n}:0.0") for n in range(3)
)
SLICES = tuple(Device(id=f"mig:0.{n}", kind=DeviceKind.MIG, uuid=f"MIG-{n}", parent="gpu:0") for n in range(2))


def keys(*names, devices=(*CARDS, CPU), **more):
    found, problem = homes(Workload(name="w", devices=names, **more), devices, {"big": "gpu:2"})
    return [each.key for each in found], problem


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ((), ["w@gpu:0", "w@gpu:1", "w@gpu:2"]),
        (("gpu:0-1", "cpu"), ["w@gpu:0", "w@gpu:1", "w@cpu"]),
        (("big",), ["w@gpu:2"]),
        (("GPU-10000000",), ["w@gpu:1"]),
        (("all",), ["w@gpu:0", "w@gpu:1", "w@gpu:2", "w@cpu"]),
    ],
)
def test_names_are_as_everywhere(names, found):
    assert keys(*names) == (found, None)


def test_one_for_all_has_one_place():
    found, _ = homes(Workload(name="w", instances=Instances.ONE), (*CARDS, CPU), {})
    assert [(each.key, len(each.devices)) for each in found] == [("w", 3)]


@pytest.mark.parametrize("name", ["gpu", "gpu:0", ""])
def test_a_card_that_is_cut_into_slices_means_these(name):
    names = (name,) if name else ()
    assert keys(*names, devices=(*SLICES, CPU)) == (["w@mig:0.0", "w@mig:0.1"], None)


def test_what_is_missing_is_said_and_the_rest_is_taken():
    assert keys("gpu:1", "gpu:9") == (["w@gpu:1"], "gpu:9: this node has no such device")
    assert keys("gpu", devices=(CPU,)) == ([], "gpu: this node has no such device")
    found, problem = keys("toaster")
    assert (found, "names no device" in problem) == ([], True)
