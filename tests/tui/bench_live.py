"""What tests of benchmarks started from the interface share: real workers on this machine, in suites of a moment."""

import re
import shutil
import threading
import time

import psutil
import pytest

from netmind_tui.bench.catalog import kernels_folder
from netmind_tui.model.info import Info
from netmind_tui.tui.action import read_keymap
from netmind_tui.tui.app import NetmindApp
from netmind_tui.tui.bench_page import Bench
from netmind_tui.tui.bench_run import Desk
from netmind_tui.tui.bench_state import PlansMade
from netmind_tui.tui.picture import plain
from netmind_tui.tui.skin import choose_skin
from netmind_tui.tui.state import State, View

PATIENCE_S = 90.0
SHORT, LONG = "quick", "standard"


@pytest.fixture(autouse=True)
def surroundings(tmp_path, monkeypatch):
    """A home of one's own, and suites of three kernels: the short one takes a second, the long one never ends."""
    folder = shutil.copytree(kernels_folder(), tmp_path / "kernels")
    catalog = (folder / "catalog.toml").read_text()
    suites, _, rest = catalog.partition("[[kernels]]")
    blocks = re.split(r"(?=^\[\[suites\]\])", suites, flags=re.MULTILINE)
    for place, block in enumerate(blocks):
        if "[[suites]]" not in block:
            continue
        kept = re.sub(r"^(kernels|alone|sizes|memory_part|left_out_on_gpus) = .*\n", "", block, flags=re.MULTILINE)
        if f'name = "{LONG}"' in block:
            kept = re.sub(r"sustained = .*", "sustained = { min_s = 600.0, cap_s = 900.0 }", kept)
            kept = re.sub(r"budget_s = .*\n", "", kept)
        kept = re.sub(r"burst = .*", "burst = { min_s = 0.1, cap_s = 0.2 }", kept)
        kept = re.sub(r"warm_up_cap_s = .*", "warm_up_cap_s = 0.05", kept)
        blocks[place] = kept + 'kernels = ["dispatch", "gemm.fp32", "gemm.int8"]\n'
    (folder / "catalog.toml").write_text("\n".join(blocks) + "\n[[kernels]]" + rest)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETMIND_LOCKS", str(tmp_path))
    monkeypatch.setenv("NETMIND_KERNELS", str(folder))
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)


def workers():
    found = []
    for child in psutil.Process().children(recursive=True):
        try:
            if "netmind_tui.bench.worker" in " ".join(child.cmdline()):
                found.append(child.pid)
        except psutil.Error:
            continue
    return found


def until(hear, done):
    """Let time go by until something is so."""
    ends_at = time.monotonic() + PATIENCE_S
    while not (found := done(hear())):
        assert time.monotonic() < ends_at, "it never came"
        threading.Event().wait(0.05)
    return found


class Talk:
    """Every message that a desk gave."""

    def __init__(self, desk):
        self.desk, self.heard = desk, []

    def __call__(self):
        self.heard += self.desk.news()
        return self.heard

    def last(self, kind):
        return next((each for each in reversed(self.heard) if isinstance(each, kind)), None)


@pytest.fixture
def desk():
    made = Desk()
    yield made
    made.end()


def plans(talk):
    talk.desk.follow(Bench(), ("cpu",), all_devices=False)
    made = until(talk, lambda heard: next((each for each in heard if isinstance(each, PlansMade)), None))
    assert made.trouble is None
    return {plan.suite: plan for plan in made.plans}


class Feed:
    """A machine that was looked at once, and is not sampled."""

    kind, label = "live", ""

    def __init__(self, info):
        self.info = info

    def start(self):
        return

    def stop(self):
        return

    def look(self):
        return self.info

    def examine(self):
        return None

    def new(self):
        return []

    def silent_s(self):
        return 0.0

    def ended(self):
        return None

    def uses(self, _gpus):
        return ()


@pytest.fixture
def app(none):
    info = Info(
        generated_at="2026-11-22T20:00:00.000Z",
        tool={"name": "netmind", "version": "0"},
        host=none.host,
        devices=none.devices,
    )
    state = State(view=View(screen="bench"), devices=none.devices, host=none.host)
    skin = choose_skin(None, ascii_only=False, has_colours=True)
    return NetmindApp(Feed(info), skin, read_keymap({}), state=state)


def words(app):
    return "\n".join(plain(each) for each in app.lines())


async def turn(app, pilot, done):
    """Let the clock tick until something is so."""
    ends_at = time.monotonic() + PATIENCE_S
    while not done():
        assert time.monotonic() < ends_at, f"it never came:\n{words(app)}"
        app.tick()
        await pilot.pause(0.05)


async def press(pilot, *keys):
    await pilot.press(*keys)
    await pilot.pause()
