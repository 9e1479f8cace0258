"""The machine that does not exist: physically possible, in trouble on purpose, and never taken for a real one."""

import asyncio
import gzip
import importlib
import itertools
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from netmind_tui.document import encode
from netmind_tui.model.finding import Status
from netmind_tui.model.reading import Absence
from netmind_tui.model.recording import as_document
from netmind_tui.probe.recording import RecordingSource
from netmind_tui.tui.action import read_keymap
from netmind_tui.tui.app import NetmindApp
from netmind_tui.tui.demo import demo_feed, demo_path
from netmind_tui.tui.demo_bench import demo_run
from netmind_tui.tui.demo_use import demo_uses
from netmind_tui.tui.frame import Size, picture
from netmind_tui.tui.glyph import UNICODE
from netmind_tui.tui.message import Described, Sampled
from netmind_tui.tui.picture import plain
from netmind_tui.tui.replay import ReplayFeed
from netmind_tui.tui.skin import choose_skin
from netmind_tui.tui.state import Feed, State, reduce

SCRIPT = Path(__file__).parents[2] / "scripts/demo.py"


@pytest.fixture(scope="module")
def script():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(SCRIPT.parent)
        yield importlib.import_module("demo")
        for name in ("demo", "demo_cert", "demo_run", "demo_uses"):
            sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def demo():
    with RecordingSource(demo_path()) as source:
        return source.header, tuple(source)


def of(samples, index):
    return [sample.devices[index] for sample in samples]


def until(feed, condition):
    """What a feed gives until a condition on all of it holds."""
    found = []
    for _ in range(2000):
        found += feed.new()
        if condition(found):
            return found
        feed._stopping.wait(0.01)
    raise AssertionError(f"{len(found)} samples came, and not what was expected")


def test_the_files_in_the_package_are_what_the_script_makes(script):
    stale = [path.name for path, content in script.made().items() if not script.is_current(path, content)]
    assert not stale, "run scripts/demo.py"


def test_another_file_is_not_current(script, tmp_path):
    made = script.recording()
    other = tmp_path / "other.jsonl.gz"
    assert not script.is_current(other, made)
    other.write_bytes(gzip.compress(made[:-2]))
    assert not script.is_current(other, made)
    other.write_bytes(gzip.compress(made, 1))
    assert script.is_current(other, made)


def test_it_is_small():
    assert demo_path().stat().st_size + demo_path("demo_run.json.gz").stat().st_size < 150 * 1024


def test_the_file_says_that_it_is_simulated(demo):
    header, _ = demo
    assert header.simulated
    assert header.host.hostname == "simulated-rig"
    assert header.tool.name == "scripts/demo.py"


@pytest.mark.parametrize("cells", [60, 80, 100, 120])
def test_every_size_of_the_screen_says_that_it_is_simulated(cells):
    feed = demo_feed()
    state = State(feed=Feed(kind=feed.kind, label=feed.label), clock="14:42:31")
    feed.stop()
    for screen in ("overview", "bench"):
        drawn = picture(
            replace(state, view=replace(state.view, screen=screen)), Size(cells, 30), UNICODE, read_keymap({})
        )
        assert "SIMULATED" in plain(drawn[1])


def test_it_is_ten_minutes_a_second_apart(demo):
    _, samples = demo
    times = [datetime.fromisoformat(sample.at) for sample in samples]
    assert len(times) == 600
    assert {(later - time).total_seconds() for time, later in itertools.pairwise(times)} == {1.0}


def test_its_processes_hold_no_more_than_is_in_use_and_end_with_their_card(demo):
    header, samples = demo
    cards = header.devices[:8]
    for sample in (samples[0], samples[64], samples[299], samples[599]):
        in_use = {part.device: part.memory_used_bytes for part in sample.devices}
        for use in demo_uses(cards, sample):
            held = sum(each.memory_used_bytes for each in use.processes or ())
            assert held <= (in_use[use.device] or 0)
    by_card = {use.device: use for use in demo_uses(cards, samples[599])}
    assert by_card["gpu:0"].processes
    assert by_card["gpu:7"].processes == ()
    assert by_card["gpu:5"].processes is None
    assert by_card["gpu:5"].absent == {"processes": Absence.LOST}
    assert not {use.device: use for use in demo_uses(cards, samples[0])}["gpu:6"].processes  # it begins later


def test_the_feed_of_the_demo_knows_who_computes():
    feed = demo_feed()
    feed.start()
    until(feed, bool)
    info = feed.look()
    feed.stop()
    assert any(use.processes for use in info.in_use)
    assert feed.uses(info.devices) == info.in_use


def test_its_figures_are_possible(demo):
    header, samples = demo
    for index, device in enumerate(header.devices[:8]):
        alive = [part for part in of(samples, index) if part.power_draw_w is not None]
        for part in alive:
            assert 0 <= part.gpu_util_pct <= 100
            assert 15 < part.power_draw_w <= device.power_limit_w
            assert part.memory_used_bytes < device.memory_total_bytes
            assert 30 <= part.temperature_c < device.temperature_slowdown_c
            assert part.sm_clock_mhz <= device.sm_clock_max_mhz
        energies = [part.energy_j for part in alive]
        draws = [part.power_draw_w for part in alive]
        assert energies == sorted(energies)
        assert energies[-1] - energies[0] == pytest.approx(sum(draws[1:]), rel=0.001)
        degrees = [part.temperature_c for part in alive]
        assert max(abs(later - one) for one, later in itertools.pairwise(degrees)) <= 2


def test_the_hot_one_is_slowed_and_slower_than_its_equals(demo):
    _, samples = demo
    hot = [part for part in of(samples, 4) if part.gpu_util_pct > 90]
    slowed = [part for part in hot if "sw_thermal_slowdown" in part.clocks_event_reasons]
    assert len(slowed) > 0.85 * len(hot)
    assert {part.temperature_c for part in slowed} <= {82, 83, 84}
    equals = [part for part in of(samples, 0) if part.gpu_util_pct > 90]
    mean = [sum(part.sm_clock_mhz for part in parts) / len(parts) for parts in (slowed, equals)]
    assert mean[0] < 0.95 * mean[1]
    assert slowed[-1].throttle_sw_thermal_ns > slowed[0].throttle_sw_thermal_ns


def test_one_is_lost_in_the_middle_and_stays_lost(demo):
    _, samples = demo
    lost = [part.power_draw_w is None for part in of(samples, 5)]
    assert lost == [False] * 300 + [True] * 300
    assert set(of(samples, 5)[-1].absent.values()) == {"lost"}


def test_one_has_nothing_to_do(demo):
    _, samples = demo
    assert max(part.gpu_util_pct for part in of(samples, 7)) <= 2


def test_the_demo_begins_with_a_history_and_before_the_loss():
    feed = demo_feed()
    feed.start()
    try:
        found = until(feed, lambda samples: len(samples) >= 285)
        assert len(found) < 300
        assert feed.kind == "demo"
        assert [finding.id for finding in feed.examine().findings] == ["pcie-narrow", "gpu-hot"]
    finally:
        feed.stop()


def fast(path, samples, header):
    """The same recording at a pace that nobody waits for."""
    lines = [encode(replace(header, interval_s=0.001)), *(encode(as_document(sample)) for sample in samples)]
    path.write_bytes(b"\n".join([*lines, b""]))
    return path


def test_a_replay_finds_the_lost_one_and_gives_the_same_answer_while_nothing_changes(demo, tmp_path):
    header, samples = demo
    feed = ReplayFeed(fast(tmp_path / "a.jsonl", samples[298:310], header))
    feed.start()
    try:
        until(feed, lambda found: len(found) == 12)
        diagnosis = feed.examine()
        assert feed.examine() is diagnosis
        assert (diagnosis.findings[0].id, diagnosis.findings[0].device) == ("gpu-failed", "gpu:5")
        assert diagnosis.verdict is Status.ERROR
        assert next(device for device in feed.look().devices if device.id == "gpu:5").lost == (
            "has not answered since 14:35:00 UTC"
        )
        until(feed, lambda _: feed.ended() is not None)
        assert feed.ended() == "a.jsonl has no further sample"
    finally:
        feed.stop()


def test_a_simulated_recording_is_a_demo_however_it_is_opened(demo, tmp_path):
    header, samples = demo
    simulated = ReplayFeed(fast(tmp_path / "a.jsonl", samples[:1], header))
    real = ReplayFeed(fast(tmp_path / "b.jsonl", samples[:1], replace(header, simulated=False)))
    assert (simulated.kind, real.kind) == ("demo", "replay")
    simulated.stop()
    real.stop()


def test_a_replay_that_goes_round_finds_the_lost_one_back_again(demo, tmp_path):
    header, samples = demo
    feed = ReplayFeed(fast(tmp_path / "a.jsonl", samples[295:305], header), again=True)
    feed.start()
    try:
        seen = []

        def went_round(_found):
            seen.append(any(finding.device == "gpu:5" for finding in feed.examine().findings))
            return True in seen and not seen[-1]

        for _ in range(3000):
            feed.new()
            if went_round(()):
                break
            feed._stopping.wait(0.001)
        assert True in seen
        assert not seen[-1]
        assert feed.ended() is None
    finally:
        feed.stop()


def test_a_replay_whose_file_goes_away_says_so(demo, tmp_path):
    header, samples = demo
    feed = ReplayFeed(path := fast(tmp_path / "a.jsonl", samples[:3], header), again=True)
    path.unlink()
    feed.start()
    try:
        until(feed, lambda _: feed.ended() is not None)
        assert feed.ended().startswith(f"cannot read {path}: no such file")
    finally:
        feed.stop()


def test_ten_minutes_at_once_are_one_state(demo):
    _, samples = demo
    feed = demo_feed()
    state = reduce(State(), Described(feed.look()))
    feed.stop()
    for sample in samples:
        state = reduce(state, Sampled(sample))
    assert state.history.count == 600
    assert len(state.history.of("gpu:4", "temperature_c", "1 h")) == 60


def test_its_run_is_of_the_same_machine_and_of_every_device(demo):
    header, _ = demo
    run = demo_run()
    assert (run.host, run.devices, run.tool) == (header.host, header.devices, header.tool)
    assert run.finished_at < header.started_at
    assert {measurement.device for measurement in run.measurements} == {device.id for device in header.devices}


def test_its_run_keeps_to_the_rules_of_a_real_one():
    run = demo_run()
    for row in run.measurements:
        assert row.ci95[0] <= row.value <= row.ci95[1]
        assert row.n == len(row.samples)
        assert row.efficiency is None or 0.3 < row.efficiency < 1
    assert {row.device for row in run.measurements if row.status is Status.FAIL} == {"gpu:4"}
    assert run.verdict is Status.FAIL
    assert {(finding.id, finding.device) for finding in run.findings} == {
        ("slower-than-peers", "gpu:2"),
        ("slower-than-peers", "gpu:4"),
    }
    assert all(0.9 < each.ratio < 1 for each in run.sharing)
    assert {rate.device for rate in run.capacity} == {device.id for device in run.devices}


def test_the_interface_shows_a_loss_at_the_tick_after_it_and_when_the_card_is_back(demo, tmp_path):
    header, samples = demo
    feed = Handed(fast(tmp_path / "a.jsonl", samples[:1], header), [samples[299], samples[300], samples[10]])

    async def watched():
        app = NetmindApp(feed, choose_skin(None, ascii_only=False, has_colours=True), read_keymap({}), state=State())
        async with app.run_test(size=(100, 30)):
            for _ in range(3):
                feed.hand_over()
                app.tick()
                lost = [device.id for device in app.state.gpus if device.lost is not None]
                seen.append((lost, [finding.device for finding in app.state.needs]))

    seen = []
    asyncio.run(watched())
    assert seen == [
        ([], ["gpu:2", "gpu:4"]),
        (["gpu:5"], ["gpu:5", "gpu:2", "gpu:4"]),
        ([], ["gpu:2", "gpu:4"]),
    ]


class Handed(ReplayFeed):
    """A replay whose samples come when the test says so."""

    def __init__(self, path, samples):
        super().__init__(path)
        self._handed = iter(samples)

    def start(self):
        self._source.close()

    def hand_over(self):
        self._inbox.put(next(self._handed))
