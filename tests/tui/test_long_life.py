"""A night in front of the interface: what it remembers is bounded, whatever is shown meanwhile."""

import gc
import tracemalloc
from pathlib import Path

from netmind_tui.probe.recording import RecordingEnded, RecordingSource
from netmind_tui.tui.action import read_keymap
from netmind_tui.tui.app import NetmindApp
from netmind_tui.tui.replay import ReplayFeed
from netmind_tui.tui.skin import choose_skin
from netmind_tui.tui.state import SCREENS, Feed, State

_RECORDING = Path(__file__).parents[1] / "recordings/h100x8.jsonl"
_AT_ONCE, _TURNS, _WARM = 200, 50, 16


class _Hasty(ReplayFeed):
    """A recording over and over again, so many samples at each look."""

    def start(self):
        return

    def new(self):
        for _ in range(_AT_ONCE):
            try:
                self._inbox.put(self._source.sample())
            except RecordingEnded:
                self._source = RecordingSource(_RECORDING)
                self._inbox.put(self._source.sample())
        return super().new()


async def test_ten_thousand_samples_of_a_replay_leave_nothing_behind_on_any_screen(monkeypatch):
    feed = _Hasty(_RECORDING)
    skin = choose_skin("dark", ascii_only=False, has_colours=True)
    app = NetmindApp(feed, skin, read_keymap({}), state=State(feed=Feed(kind=feed.kind, label=feed.label)))
    monkeypatch.setattr(app, "_begin", lambda: None)
    tracemalloc.start()
    try:
        async with app.run_test(size=(100, 30)) as pilot:
            for turn in range(_WARM + _TURNS):
                if turn == _WARM:
                    gc.collect()
                    before, _ = tracemalloc.get_traced_memory()
                app.go(SCREENS[turn % 8])
                app.tick()
                await pilot.pause()
            gc.collect()
            after, _ = tracemalloc.get_traced_memory()
            assert app.state.history.count >= _TURNS * _AT_ONCE
    finally:
        tracemalloc.stop()
    assert after - before < 2 << 20
