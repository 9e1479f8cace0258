"""The screen of one device: pictures at the sizes, what it says of what is missing, and the end of a process."""

import asyncio
import threading
from dataclasses import replace

import pytest

from netmind_tui.model.comparison import KeptFigure, KeptRun
from netmind_tui.model.device import DeviceKind
from netmind_tui.model.finding import Status
from netmind_tui.model.host import Boundary
from netmind_tui.model.info import DeviceProcess, DeviceUse
from netmind_tui.model.reading import Absence
from netmind_tui.tui.action import read_keymap
from netmind_tui.tui.app import NetmindApp
from netmind_tui.tui.device_effect import why_not_ended
from netmind_tui.tui.glyph import UNICODE
from netmind_tui.tui.message import Focused, Moved, Used, Went
from netmind_tui.tui.modal.confirm import Confirm
from netmind_tui.tui.picture import width
from netmind_tui.tui.screen import device_measured, device_processes, devices
from netmind_tui.tui.skin import choose_skin
from netmind_tui.tui.state import View, reduce

SIZES = ((60, 20), (80, 24), (100, 30), (120, 40))
STATES = ("eight", "one", "none", "lost", "asleep", "wsl", "no_data")


def after(state, *messages):
    for message in messages:
        state = reduce(state, message)
    return state


def on(state, row=0):
    return after(state, Went("devices"), Moved(box="list", row=row))


@pytest.mark.parametrize("name", STATES)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_it_looks_as_it_was_kept(request, golden, show, name, size):
    row = 5 if name == "lost" else 0
    lines = show(on(request.getfixturevalue(name), row), *size)
    golden(f"devices-{name.replace('_', '-')}-{size[0]}x{size[1]}", lines)


def test_a_slice_and_the_processor_have_their_own_pictures(golden, show, mig, eight):
    golden("devices-mig-slice-100x30", show(on(mig, 1), 100, 30))
    golden("devices-cpu-100x30", show(on(eight, 8), 100, 30))
    golden("devices-one-80x24-ascii", show(on(eight), 80, 24, ascii=True))


@pytest.mark.parametrize("cells", range(60, 240, 9))
@pytest.mark.parametrize("name", [*STATES, "mig", "sixteen", "hung", "no_driver"])
def test_every_line_has_exactly_the_cells_of_the_screen(request, name, cells):
    state = request.getfixturevalue(name)
    for row in range(min(6, max(1, len(devices.devices(state))))):
        for rows in (17, 21, 37, 55):
            lines = devices.body(on(state, row), cells, rows, UNICODE)
            assert len(lines) == rows
            assert {width(line) for line in lines} == {cells}


def test_what_is_missing_stands_with_its_reason(show, wsl, one):
    text = "\n".join(show(on(wsl), 120, 40))
    assert "default     not under WSL" in text
    assert "cannot be seen: not under WSL" in text
    assert "NVLink      not reported" in "\n".join(show(on(one), 120, 40))


def test_the_facts_can_be_scrolled_to_their_end(show, eight):
    text = "\n".join(show(after(on(eight), Focused("facts"), Moved(box="facts", row=99)), 60, 20))
    assert "16–20 of 20 lines" in text
    assert "↑ ↓ scroll" in text
    assert "PCIe" in text
    assert "UUID" not in text


def kept(started_at, **values):
    """A kept run with these figures of gpu:0."""
    units = {"stream.add": "bytes/s"}
    figures = tuple(
        KeptFigure(kernel=name, device="gpu:0", value=value, unit=units.get(name, "FLOP/s"), status=Status.PASS)
        for name, value in ((name.replace("_", "."), value) for name, value in values.items())
    )
    return KeptRun(run_id=started_at, started_at=started_at, suite="quick", verdict=Status.PASS, figures=figures)


def test_what_was_measured_of_it_stands_with_its_day_newest_first(one, show):
    runs = (
        kept("2026-11-21T08:00:00Z"),
        kept("2026-11-19T20:14:00Z", gemm_fp16=56.1e12, gemm_fp32=29e12, stream_add=None),
        kept("2026-11-02T08:00:00Z", gemm_fp16=1e12),
    )
    state = replace(one, bench=replace(one.bench, kept=runs))
    said = "56.1 TFLOP/s fp16 · 29.0 TFLOP/s fp32 · 19 Nov"
    assert device_measured.measured(state, state.gpus[0]) == said
    assert any(f"measured    {said}" in line for line in show(on(state), 100, 30))
    assert device_measured.measured(state, state.cpu) is None
    assert not any("measured" in line for line in show(on(one), 80, 24))


def test_figures_in_a_list_are_broken_between_them_and_not_within(one, show):
    state = replace(one, bench=replace(one.bench, kept=(kept("2026-11-19T20:14:00Z", gemm_fp16=56.1e12),)))
    for cells in range(60, 130):
        assert any("19 Nov" in line for line in show(on(state), cells, 30)), cells


def test_the_figures_stay_in_their_place_whatever_they_are(one, show):
    own = one.own(one.gpus[0])
    low = replace(own, gpu_util_pct=9, power_draw_w=9.0, temperature_c=9, memory_used_bytes=9 << 30, sm_clock_mhz=999)
    high = replace(own, gpu_util_pct=100, power_draw_w=1000.0, temperature_c=100, sm_clock_mhz=1000)
    places = []
    for each in (low, high):
        lines = show(on(replace(one, sample=replace(one.sample, devices=(each,)))), 100, 30)
        of_limits = [line.index(" of ") for line in lines if " of " in line and "│ " in line]
        places.append((of_limits, next(line.index(" %") for line in lines if "util " in line)))
    assert places[0] == places[1]


def test_only_what_can_have_processes_has_a_box_for_them_and_a_key(one, none, eight, show):
    assert any("K end process…" in line for line in show(on(one), 100, 30))
    assert not any("end process" in line for line in show(on(one, 1), 100, 30))
    assert not any("end process" in line for line in show(on(none), 100, 30))
    nobody = after(on(one), Used((DeviceUse(device="gpu:0", processes=()),)))
    assert not any("end process" in line for line in show(nobody, 100, 30))
    recorded = replace(on(eight), feed=replace(eight.feed, kind="replay"))
    assert not any("processes" in line for line in show(recorded, 100, 30))
    assert "processes" not in devices.boxes(recorded)


def test_a_nameless_process_says_why(one, show):
    assert "somebody else's" in "\n".join(show(on(one), 100, 30))
    container = replace(one, host=replace(one.host, boundaries={Boundary.CONTAINER: "docker"}))
    assert "this container hides the names" in "\n".join(show(on(container), 100, 30))


def test_nobody_is_said_and_not_left_empty(one, show):
    assert "nobody computes on it" in "\n".join(
        show(after(on(one), Used((DeviceUse(device="gpu:0", processes=()),))), 80, 24)
    )
    unseen = DeviceUse(device="gpu:0", absent={"processes": Absence.NO_PERMISSION})
    assert "cannot be seen: no permission" in "\n".join(show(after(on(one), Used((unseen,))), 80, 24))


def test_a_device_that_is_lost_still_says_what_it_was(show, lost):
    text = "\n".join(show(on(lost, 5), 80, 24))
    assert "has not answered for 7 s; last 39 °C, 90 W" in text
    assert "0000:c3:00.0" in text


def test_boxes_are_only_those_that_are_drawn(one, none, no_data):
    assert devices.boxes(on(one)) == ("list", "facts", "processes")
    assert devices.boxes(on(one, 1)) == ("list", "facts")
    assert devices.boxes(none) == ("facts",)
    assert devices.boxes(no_data) == ("facts",)
    assert devices.count(one, "list") == 2
    assert devices.count(one, "processes") == 2
    assert devices.count(one, "facts") > 10


def test_its_twin_names_the_device(one, no_data):
    assert devices.twin(on(one)) == "netmind info --device gpu:0"
    assert devices.twin(no_data) == "netmind info"


def test_what_ends_no_process(one):
    process = DeviceProcess(pid=4242, name="boinc")
    assert why_not_ended(one, process) is None
    assert "read-only" in why_not_ended(replace(one, view=View(read_only=True)), process)
    assert "recording" in why_not_ended(replace(one, feed=replace(one.feed, kind="replay")), process)
    assert "container" in why_not_ended(
        replace(one, host=replace(one.host, boundaries={Boundary.CONTAINER: "docker"})), process
    )
    assert "no name" in why_not_ended(one, replace(process, name=None))


class FakeFeed:
    """Nothing new, and one device with one process."""

    kind, label = "live", ""

    def __init__(self, state):
        self.state = state
        self.asked = []
        self.was_asked = threading.Event()

    def start(self): ...

    def stop(self): ...

    def look(self):
        raise OSError("not looked at in this test")

    def examine(self):
        return None

    def uses(self, found):
        self.asked.append([device.id for device in found])
        self.was_asked.set()
        return self.state.uses

    def new(self):
        return []

    def silent_s(self):
        return 0.0

    def ended(self):
        return None


class Held:
    """A process that is not there, and notes what is done to it."""

    def __init__(self, log, pid, name):
        log.append(f"held {pid} {name}")
        self.log, self.pid, self.name = log, pid, name

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.log.append("let go")

    def end(self):
        self.log.append("ended")


@pytest.fixture
def open_app(one, monkeypatch):
    """From a view to an app on the device's screen, and the log of what happens to processes."""
    log = []
    monkeypatch.setattr("netmind_tui.tui.device_effect.HeldProcess", lambda pid, name: Held(log, pid, name))

    def opened(*, read_only=False):
        state = on(replace(one, view=View(read_only=read_only)))
        feed = FakeFeed(state)
        app = NetmindApp(feed, choose_skin(None, ascii_only=False, has_colours=True), read_keymap({}), state=state)
        return app, feed, log

    return opened


def played(app, play):
    """Run the app without a terminal while ``play(pilot)`` presses its keys."""

    async def run():
        async with app.run_test(size=(100, 30)) as pilot:
            await play(pilot)

    asyncio.run(run())


def test_a_process_is_ended_only_after_yes(open_app):
    app, _, log = open_app()

    async def play(pilot):
        await pilot.press("K")
        assert isinstance(app.screen, Confirm)
        assert log == ["held 4242 boinc"]
        await pilot.press("y")

    played(app, play)
    assert log == ["held 4242 boinc", "ended", "let go"]
    assert "asked to end" in app.state.said.sentence


@pytest.mark.parametrize("key", ["n", "escape", "enter"])
def test_any_other_answer_leaves_it_alone(open_app, key):
    app, _, log = open_app()

    async def play(pilot):
        await pilot.press("K", key)
        assert not isinstance(app.screen, Confirm)

    played(app, play)
    assert log == ["held 4242 boinc", "let go"]


def test_read_only_offers_no_end(open_app, show):
    app, _, log = open_app(read_only=True)

    async def play(pilot):
        await pilot.press("K")
        assert not isinstance(app.screen, Confirm)

    played(app, play)
    assert log == []
    assert not any("end…" in line for line in show(app.state, 100, 30))


def test_processes_are_asked_for_while_the_screen_is_shown_and_not_otherwise(open_app):
    app, feed, _ = open_app()

    async def play(pilot):
        app.tick()
        assert await asyncio.to_thread(feed.was_asked.wait, 10)
        app.go("bench")
        app.lookout._uses_asked_at = -99.0
        app.tick()
        await pilot.pause()

    played(app, play)
    assert feed.asked == [["gpu:0"]]


def test_only_processes_of_the_device_are_listed(mig):
    device = next(each for each in mig.gpus if each.kind is DeviceKind.MIG)
    use = DeviceUse(device=device.id, processes=(DeviceProcess(pid=1, name="a", memory_used_bytes=1),))
    state = after(mig, Used((use,)))
    assert [each.pid for each in device_processes.processes_of(state, device)] == [1]
    assert device_processes.processes_of(state, mig.gpus[0]) == ()
