"""A night in front of the interface: what it remembers is bounded, whatever is shown meanwhile."""

import gc
import itertools
import tracemalloc
from pathlib import Path

from netmind_tui.probe.recording import RecordingEnded, RecordingSource
from netmind_tui.tui.action import read_keymap
from netmind_tui.tui.app import NetmindApp
from netmind_tui.tui.replay import ReplayFeed
from netmind_tui.tui.skin import choose_skin
from netmind_tui.tui.state import SCREENS, Feed, State

_RECORDING = Path(__file__).parents[1] / "recordings/h100x8.jsonl"
_AT_ONCE, _WARM, _MORE = 200, 3_600, 10_000  # by then an hour is full, which is all that is remembered


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
            screens = itertools.cycle(SCREENS[:8])

            async def look_at(samples):
                until = app.state.history.count + samples
                while app.state.history.count < until:
                    app.go(next(screens))
                    app.tick()
                    await pilot.pause()
                gc.collect()
                return tracemalloc.get_traced_memory()[0]

            before = await look_at(_WARM)
            after = await look_at(_MORE)
    finally:
        tracemalloc.stop()
    assert after - before < 2 << 20
