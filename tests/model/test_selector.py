import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.model.selector import Selection, parse, select

UUIDS = ("GPU-8c1f0000-aaaa-4000-8000-000000000000", "GPU-8c1f0000-bbbb-4000-8000-000000000001")


def gpu(number, uuid=None, slot=None):
    return Device(id=f"gpu:{number}", kind=DeviceKind.GPU, uuid=uuid, pci_slot=slot)


MACHINE = (
    gpu(0, UUIDS[0], "00000000:1B:00.0"),
    Device(id="mig:0.1", kind=DeviceKind.MIG, uuid="MIG-77aa0000-0000-4000-8000-000000000000", parent="gpu:0"),
    gpu(1, UUIDS[1], "0000:81:00.0"),
    gpu(2),
    Device(id="cpu", kind=DeviceKind.CPU),
)


def ids(*names, aliases=None):
    return [device.id for device in select(names, MACHINE, aliases).devices]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("all", ["gpu:0", "mig:0.1", "gpu:1", "gpu:2", "cpu"]),
        ("cpu", ["cpu"]),
        ("gpu", ["gpu:0", "gpu:1", "gpu:2"]),
        ("mig", ["mig:0.1"]),
        ("GPU:1", ["gpu:1"]),
        ("gpu:1-2", ["gpu:1", "gpu:2"]),
        ("gpu:01", ["gpu:1"]),
        ("mig:0.1", ["mig:0.1"]),
        ("pci:81:00", ["gpu:1"]),
        ("pci:1b:00.0", ["gpu:0"]),
        ("pci:00000000:1B:00.0", ["gpu:0"]),
        ("0000:81:00.0", ["gpu:1"]),
        (UUIDS[0], ["gpu:0"]),
        (UUIDS[1].lower(), ["gpu:1"]),
        ("GPU-8c1f0000-b", ["gpu:1"]),
        ("8c1f0000-b", ["gpu:1"]),
        ("mig-77", ["mig:0.1"]),
        ("gpu:0,2", ["gpu:0", "gpu:2"]),
        ("gpu:0-1,2", ["gpu:0", "gpu:1", "gpu:2"]),
        ("GPU:0, 2", ["gpu:0", "gpu:2"]),
        ("gpu:2,0", ["gpu:0", "gpu:2"]),
        ("gpu:0,cpu", ["gpu:0", "cpu"]),
        ("cpu,gpu:1,2", ["gpu:1", "gpu:2", "cpu"]),
        ("mig:0.1,gpu:2", ["mig:0.1", "gpu:2"]),
        ("mig:0.1,0.1", ["mig:0.1"]),
        (f"{UUIDS[0]},{UUIDS[1]}", ["gpu:0", "gpu:1"]),
        ("pci:81:00,1b:00", ["gpu:0", "gpu:1"]),
    ],
)
def test_every_way_to_name_a_device(name, found):
    assert ids(name) == found


def test_no_name_means_every_device():
    assert select((), MACHINE) == Selection(MACHINE)


def test_devices_keep_the_order_of_the_machine_and_are_named_once():
    assert ids("cpu", "gpu:2", "gpu", "gpu:0") == ["gpu:0", "gpu:1", "gpu:2", "cpu"]


@pytest.mark.parametrize(
    ("names", "missing"),
    [
        (["gpu:7"], ("gpu:7",)),
        (["gpu:1-4", "cpu"], ("gpu:3", "gpu:4")),
        (["pci:aa:00"], ("pci:aa:00",)),
        (["GPU-ffff"], ("GPU-ffff",)),
        (["mig:3.0"], ("mig:3.0",)),
        (["gpu:1,7-8,cpu"], ("gpu:7", "gpu:8")),
        (["mig:0.1,0.2"], ("mig:0.2",)),
        ([" gpu:7 "], ("gpu:7",)),
    ],
)
def test_well_formed_names_of_absent_devices_are_missing_and_no_usage_error(names, missing):
    assert select(names, MACHINE).missing == missing


def test_gpu_is_missing_on_a_machine_without_one_and_all_is_not():
    cpu = (MACHINE[-1],)

    assert select(["gpu"], cpu) == Selection((), ("gpu",))
    assert select(["all"], cpu) == Selection(cpu)


def test_aliases_stand_for_any_name():
    aliases = {"Big": "gpu:1", "pair": "gpu:0-1"}

    assert ids("Big", aliases=aliases) == ["gpu:1"]
    assert ids("pair", aliases=aliases) == ["gpu:0", "gpu:1"]
    assert ids("Big,cpu", aliases=aliases) == ["gpu:1", "cpu"]
    assert ids("gpu:2,Big", aliases=aliases) == ["gpu:1", "gpu:2"]


def test_what_an_alias_does_not_find_is_called_by_both_names():
    selection = select(["pair", "gpu:9", "x,gpu:8"], MACHINE, {"pair": "gpu:2-3", "x": "gpu:5,6"})

    assert selection.missing == ("gpu:3", "gpu:9", "gpu:5", "gpu:6", "gpu:8")
    assert [selection.called(name) for name in selection.missing] == [
        "pair (gpu:3)",
        "gpu:9",
        "x (gpu:5)",
        "x (gpu:6)",
        "gpu:8",
    ]


@pytest.mark.parametrize(
    ("name", "offer"),
    [
        ("gpu0", "gpu:0"),
        ("gp:1", "gpu:1"),
        ("cuda:0", "gpu:0"),
        ("bigg", "big"),
        ("", "known"),
        ("gpu:", "gpu"),
        ("gpu:a", "gpu:"),
        ("gpu:1-", "gpu:1"),
        ("gpu:-1", "gpu:1"),
        ("mig:1", "mig:0.1"),
        ("pci:1b", "pci:81:00"),
        ("gpu:3-1", "gpu:1-3"),
        ("gpu:0-999999", "at most"),
        ("gpu:٣", "gpu:"),
        (",", "beside a comma"),
        ("gpu:0,", "beside a comma"),
        (",gpu:0", "beside a comma"),
        ("gpu:0,,2", "beside a comma"),
        ("2,gpu:0", "'2' names no device"),
        ("cpu,2", "'2' names no device"),
        ("gpu,2", "'2' names no device"),
        ("big,2", "'2' names no device"),
        ("gpu:0,0.1", "'0.1' names no device"),
        ("gpu:0,gup:1", "'gup:1' names no device; did you mean gpu:1"),
        ("gpu:0,3-1", "gpu:1-3"),
        ("\ngpu:3-1", "gpu:1-3"),
    ],
)
def test_malformed_and_unknown_names_are_a_usage_error_with_the_nearest_names(name, offer):
    with pytest.raises(Problem) as caught:
        select([name], MACHINE, {"big": "gpu:1"})

    assert caught.value.code is ExitCode.USAGE
    assert offer in caught.value.sentence
    assert caught.value.sentence.isprintable()


def test_the_beginning_of_two_uuids_names_neither():
    with pytest.raises(Problem, match="gpu:0, gpu:1") as caught:
        select(["GPU-8c1f"], MACHINE)

    assert caught.value.code is ExitCode.USAGE


def test_a_whole_uuid_wins_over_those_it_begins():
    short, long = gpu(0, "GPU-abcd"), gpu(1, "GPU-abcdef")

    assert select(["GPU-abcd"], (short, long)).devices == (short,)


@given(st.text(alphabet=string.printable + "é∞", max_size=24))
def test_any_text_is_a_name_or_a_usage_error(text):
    problem = None
    try:
        selection = select([text], MACHINE)
    except Problem as raised:
        problem = raised

    if problem is None:
        assert all(each in MACHINE for each in selection.devices)
        assert selection.devices or selection.missing
    else:
        assert problem.code is ExitCode.USAGE
        assert "\n" not in problem.sentence


@given(st.sets(st.integers(0, 40), max_size=8), st.integers(0, 40), st.integers(0, 40))
def test_a_range_is_split_into_what_is_there_and_what_is_missing(present, one, other):
    first, last = sorted((one, other))
    machine = tuple(gpu(number) for number in sorted(present))
    selection = select([f"gpu:{first}-{last}"], machine)
    found = {int(device.id[4:]) for device in selection.devices}
    missing = {int(name[4:]) for name in selection.missing}

    assert found == present & set(range(first, last + 1))
    assert found | missing == set(range(first, last + 1))
    assert not found & missing


spans = st.tuples(st.integers(0, 30), st.integers(0, 4)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@given(st.lists(spans, min_size=1, max_size=6), st.data())
def test_a_list_means_what_its_members_mean_one_by_one(listed, data):
    machine = tuple(gpu(number) for number in range(0, 36, 2))
    written = [f"{first}-{last}" if last > first else str(first) for first, last in listed]
    kinds = [True, *(data.draw(st.booleans()) for _ in written[1:])]
    joined = ",".join(f"gpu:{text}" if kind else text for kind, text in zip(kinds, written, strict=True))

    assert select([joined], machine) == select([f"gpu:{text}" for text in written], machine)


@given(st.text(alphabet="gpumi:.,0-9 ", max_size=16))
def test_anything_with_commas_is_a_list_or_a_usage_error(text):
    problem = None
    try:
        selection = select([text], MACHINE)
    except Problem as raised:
        problem = raised

    if problem is None:
        assert selection.devices or selection.missing
    else:
        assert problem.code is ExitCode.USAGE
        assert problem.sentence.isprintable()


@given(st.uuids(), st.integers(4, 36))
def test_every_beginning_of_a_lone_uuid_finds_it(uuid, length):
    device = gpu(0, f"GPU-{uuid}")

    assert select([f"GPU-{str(uuid)[:length]}".upper()], (device, MACHINE[-1])).devices == (device,)


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFF), st.integers(0, 0x1F), st.integers(0, 7))
def test_slots_match_however_they_are_written(domain, bus, device, function):
    card = gpu(0, None, f"{domain:08X}:{bus:02X}:{device:02X}.{function}")
    shapes = (f"pci:{bus:x}:{device:x}", f"pci:{domain:04x}:{bus:02x}:{device:02x}.{function}")

    assert all(select([shape], (card,)).devices == (card,) for shape in shapes)
    assert select([f"pci:{bus ^ 1:02x}:{device:02x}"], (card,)).missing


def test_an_alias_that_names_nothing_is_reported_by_what_it_says():
    with pytest.raises(Problem, match="gpu;0"):
        parse("big", {"big": "gpu;0"})
