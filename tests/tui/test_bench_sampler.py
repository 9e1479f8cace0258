"""A card that is shown and measured at the same time: the driver is asked by one of the two, and by nobody twice."""

import importlib.util
import re
import shutil
import threading
import time
from pathlib import Path

import pytest

from netmind_tui.bench.benchmark import Benchmark, Wishes
from netmind_tui.bench.catalog import kernels_folder
from netmind_tui.bench.senses import SharedSample
from netmind_tui.model.info import Info
from netmind_tui.probe.sampler import MachineSource
from netmind_tui.tui import bench_run
from netmind_tui.tui import feed as feed_module
from netmind_tui.tui.action import read_keymap
from netmind_tui.tui.app import NetmindApp
from netmind_tui.tui.bench_page import Bench
from netmind_tui.tui.bench_run import Desk
from netmind_tui.tui.bench_state import JobEnded, PlansMade
from netmind_tui.tui.feed import LiveFeed
from netmind_tui.tui.skin import choose_skin
from netmind_tui.tui.state import State

_spec = importlib.util.spec_from_file_location("bench_live", Path(__file__).parent / "bench_live.py")
live = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(live)

PATIENCE_S = 90.0
H2D = "transfer.h2d"
ONCE_A_SAMPLE = "nvmlDeviceGetFanSpeed 0"


@pytest.fixture
def log(tmp_path, monkeypatch, nvml_stub, idle_card):
    """Two stand-in cards, a suite of one copy of 4 MiB, and the list of what their driver is asked."""
    folder = shutil.copytree(kernels_folder(), tmp_path / "kernels")
    suites, _, rest = (folder / "catalog.toml").read_text().partition("[[kernels]]")
    gone = r"^(sizes|memory_part|alone|kernels|left_out_on_gpus) = .*\n"
    suites = re.sub(gone, "", suites, flags=re.MULTILINE)
    own = rf'kernels = ["{H2D}"]\nsizes = {{ "{H2D}" = 4194304 }}\n'
    suites = re.sub(r'^(name = "\w+"\n)', rf"\1{own}", suites, flags=re.MULTILINE)
    (folder / "catalog.toml").write_text(f"{suites}[[kernels]]{rest}")
    path = tmp_path / "nvml.log"
    stub = nvml_stub("h100x8", count=2, loaded=1, copy_bytes_per_s="4e8", log=path)
    for name, value in stub.items():
        if name.startswith("NETMIND_STUB_"):
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("LD_LIBRARY_PATH", f"{stub['LD_LIBRARY_PATH']}:{idle_card}")
    monkeypatch.setenv("NETMIND_KERNELS", str(folder))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETMIND_LOCKS", str(tmp_path))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    return path


@pytest.fixture
def readings(monkeypatch):
    """Every sample that the interface's own sampler read."""
    taken = []

    class Counted(MachineSource):
        def sample(self):
            sample = super().sample()
            taken.append(sample)
            return sample

    monkeypatch.setattr(feed_module, "MachineSource", Counted)
    return taken


def asked(log):
    """How often the driver was asked how the first card is."""
    return log.read_text().splitlines().count(ONCE_A_SAMPLE)


def hear(desk, kind):
    """Ask until it comes."""
    heard, ends_at = [], time.monotonic() + PATIENCE_S
    while not (found := [each for each in heard if isinstance(each, kind)]):
        assert time.monotonic() < ends_at, "it never came"
        threading.Event().wait(0.05)
        heard += desk.news()
    return found[-1]


def test_a_run_looks_through_the_sampler_of_the_interface(log, readings):
    with Benchmark(Wishes(devices=("gpu:0", "gpu:1"))):
        planned = asked(log)  # how much is free is read anew for each plan
    feed = LiveFeed()
    desk = Desk(shared=feed.shared)
    feed.start()
    try:
        desk.follow(Bench(), ("gpu:0", "gpu:1"), all_devices=False)
        plan = {plan.suite: plan for plan in hear(desk, PlansMade).plans}["quick"]
        desk.start(plan, ("gpu:0", "gpu:1"))
        run = hear(desk, JobEnded).run
    finally:
        desk.end()
        feed.stop()
    assert [m.device for m in run.measurements if m.value] == ["gpu:0", "gpu:1"]
    # Besides three plans, the driver was asked as often as the one sampler asked it: the run has none of its own.
    assert asked(log) - 3 * planned == len(readings)
    seen = {sample.at for sample in readings}
    for m in run.measurements:
        assert {m.before.at, m.after.at} <= seen
        assert m.energy_j is not None


async def test_the_interface_hands_its_sampler_to_whoever_measures(none, monkeypatch):
    given = []

    class Told(Desk):
        def __init__(self, say, shared):
            given.append(shared)
            super().__init__(say, shared)

    monkeypatch.setattr(bench_run, "Desk", Told)
    feed = live.Feed(Info(generated_at="", tool={"name": "netmind", "version": "0"}, host=none.host))
    feed.shared = SharedSample(lambda: none.sample)
    skin = choose_skin(None, ascii_only=False, has_colours=True)
    app = NetmindApp(feed, skin, read_keymap({}), state=State())
    async with app.run_test():
        assert not app.bench.is_measuring
    assert given == [feed.shared]
