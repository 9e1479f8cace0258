"""Every kind of machine that was recorded, through the reducer sample by sample, and drawn on every screen and size."""

import re
from pathlib import Path

import pytest

from netmind_tui.model.device import DeviceKind
from netmind_tui.model.finding import Status
from netmind_tui.model.reading import Absence
from netmind_tui.probe.recording import RecordingSource
from netmind_tui.tui.action import read_keymap
from netmind_tui.tui.frame import Size, picture
from netmind_tui.tui.glyph import ASCII, UNICODE
from netmind_tui.tui.hindsight import Hindsight
from netmind_tui.tui.message import Described, Examined, Moved, Sampled, Ticked, Turned, Went
from netmind_tui.tui.picture import plain, width
from netmind_tui.tui.screen import modules
from netmind_tui.tui.state import Feed, State, View, reduce

FOLDER = Path(__file__).parents[1] / "recordings"
RECORDINGS = sorted(path.name for path in FOLDER.iterdir() if ".jsonl" in path.suffixes)
SIZES = (Size(60, 20), Size(80, 24), Size(100, 30), Size(120, 40), Size(200, 50))
KEYMAP = read_keymap({})
NO_VALUE = re.compile(r"\b(None|nan|NaN|inf|True|False)\b|<[A-Z]\w+|\{\}")


def replayed(name):
    """The state after each sample of a recording, and what can be known of it then."""
    with RecordingSource(FOLDER / name) as source:
        hindsight = Hindsight(source.header)
        state = State(view=View(), feed=Feed(kind="replay", label=name), clock="14:42:31")
        state = reduce(state, Described(hindsight.info()))
        yield state
        for sample in source:
            hindsight.see(sample)
            for message in (
                Sampled(sample),
                Described(hindsight.info()),
                Examined(hindsight.diagnosis()),
                Ticked("14:42:32"),
            ):
                state = reduce(state, message)
            yield state


def last(name):
    *_, state = replayed(name)
    return state


def views(state):
    """Each screen, the overview both ways, and the screen of every other device."""
    for screen in modules():
        yield screen, reduce(state, Went(screen))
    for layout in ("cards", "rows"):
        yield f"overview, {layout}", reduce(state, Turned("layout", layout))
    for row in range(1, len(state.devices), 2):
        yield f"devices, {state.devices[row].id}", reduce(reduce(state, Moved(box="list", row=row)), Went("devices"))


def check(lines, size, glyphs, what):
    text = [plain(line) for line in lines]
    assert len(lines) == size.rows, what
    assert {width(line) for line in lines} == {size.cells}, what
    assert not [row for row in text if NO_VALUE.search(row)], what
    assert not [row for row in text if not row.isprintable()], what
    if glyphs is ASCII:
        assert not [row for row in text if not row.isascii()], what


def test_there_is_a_recording_of_each_kind_of_machine():
    stems = {name.partition(".")[0] for name in RECORDINGS}
    assert stems == {"h100x8", "sixteen", "mig", "consumer", "laptop", "wsl", "no_driver", "no_gpu"}


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=lambda glyphs: glyphs.name)
@pytest.mark.parametrize("name", RECORDINGS)
def test_every_screen_of_every_machine_fits_every_size(name, glyphs):
    states = list(replayed(name))
    for state in (states[0], states[len(states) // 2], states[-1]):
        for what, view in views(state):
            for size in SIZES:
                check(picture(view, size, glyphs, KEYMAP), size, glyphs, f"{name}, {what}, {size}")


@pytest.mark.parametrize("name", RECORDINGS)
def test_the_overview_is_whole_after_every_sample(name):
    for number, state in enumerate(replayed(name)):
        for size in SIZES[1:3]:
            check(picture(state, size, UNICODE, KEYMAP), size, UNICODE, f"{name}, sample {number}, {size}")


@pytest.mark.parametrize("name", RECORDINGS)
def test_every_sample_of_a_recording_is_in_the_history(name):
    state = last(name)
    assert state.history.count > 0
    assert len(state.history.of("cpu", "memory_used_bytes", "2 m")) == state.history.count
    for device in state.gpus:
        assert state.own(device) is not None


def test_a_gpu_that_is_lost_half_way_is_found_and_said_since_when():
    findings = [state.needs for state in replayed("h100x8.jsonl")]
    ids = [{finding.device for finding in each if finding.id == "gpu-failed"} for each in findings]
    at = ids.index({"gpu:5"})
    assert not any(ids[:at])
    assert all(each == {"gpu:5"} for each in ids[at:])
    found = next(finding for finding in findings[-1] if finding.device == "gpu:5")
    assert re.search(r"gpu:5 in PCI slot 0000:c3:00\.0 has not answered since \d\d:\d\d:\d\d UTC", found.title)
    assert found.status is Status.ERROR


def test_a_gpu_that_is_slowed_by_heat_is_found_and_those_that_are_well_are_not_praised():
    needs = last("h100x8.jsonl").needs
    assert [(finding.id, finding.device) for finding in needs] == [("gpu-failed", "gpu:5"), ("gpu-hot", "gpu:0")]


def test_a_laptops_gpu_that_falls_asleep_is_asleep_and_nothing_is_wrong_with_it():
    states = list(replayed("laptop.jsonl"))
    asleep = [[device.asleep for device in state.gpus] for state in states]
    assert asleep[1] == [False]
    assert asleep[-1] == [True]
    assert states[-1].needs == ()
    assert set(states[-1].own(states[-1].gpus[0]).absent.values()) == {Absence.ASLEEP}


def test_slices_are_devices_under_their_gpu():
    state = last("mig.jsonl")
    slices = [device for device in state.gpus if device.kind is DeviceKind.MIG]
    assert [device.parent for device in slices] == ["gpu:0"] * 3


def test_a_library_without_its_driver_is_the_first_thing_that_needs_somebody():
    needs = last("no_driver.jsonl").needs
    assert [finding.id for finding in needs] == ["driver-not-loaded"]


def test_a_machine_without_gpus_is_its_processor_and_needs_nobody():
    state = last("no_gpu.jsonl")
    assert (state.gpus, state.needs) == ((), ())
    assert state.cpu is not None


def test_sixteen_gpus_are_sixteen_devices():
    assert len(last("sixteen.jsonl.gz").gpus) == 16
