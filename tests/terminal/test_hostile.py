"""Whatever is typed, clicked, pasted, sent or resized, the interface lives on and leaves when it is asked to."""

import random
from pathlib import Path

import pytest

RECORDING = Path(__file__).parents[1] / "recordings/h100x8.jsonl"

_LETTERS = "abcdefghijklmnoprstuvwxyzABCDEFGHIJKLMNOPRSTUVWXYZ0123456789,.;:!?/[](){}<>-_=+*#'\" "
_KEYS = (
    *("\r", "\n", "\t", "\x1b[Z", "\x1b", "\x7f", "\x01", "\x05", "\x0b", "\x10", "\x15", "\x17"),
    *("\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[H", "\x1b[F"),
    *("\x1b[5~", "\x1b[6~", "\x1b[3~", "\x1bOP", "\x1b[15~"),
)
_JUNK = (
    b"\x1b[200~pasted\nlines with \x00 and \x1b and \xf0\x9f\x8e\x89\x1b[201~",
    b"\x1b[200~never ended",
    b"\x1b[201~",
    b"\x1b]11;rgb:0000/0000/0000\x1b\\",
    b"\x1bP1$r0m\x1b\\",
    b"\x1b[?1;2c",
    b"\x1b[?2026;2$y",
    b"\x1b[999;999R",
    b"\x1b[1;5A",
    b"\x1b[27u",
    b"\x1b[97;5u",
    b"\x1b[I",
    b"\x1b[O",
    b"\x1b[",
    b"\x1bO",
    b"\x1b[M !!",
    b"\xff\xfe",
    b"\xe2\x82",
)
_SIZES = ((60, 20), (59, 20), (60, 19), (80, 24), (100, 30), (120, 40), (200, 60), (10, 3), (1, 1), (2, 50))


def _mouse(dice, window):
    button = dice.choice((0, 0, 0, 1, 2, 35, 64, 65))
    x, y = dice.randint(1, window.screen.columns + 3), dice.randint(1, window.screen.lines + 3)
    return f"\x1b[<{button};{x};{y}M\x1b[<{button};{x};{y}m".encode() * dice.choice((1, 1, 2, 3))


def _act(dice, window):
    """One thing that somebody might do."""
    kind = dice.random()
    if kind < 0.55:
        signs = (*_LETTERS, *_KEYS, *_KEYS)
        window.type("".join(dice.choice(signs) for _ in range(dice.randint(1, 9))))
    elif kind < 0.85:
        window.type(b"".join(_mouse(dice, window) for _ in range(dice.randint(1, 3))))
    elif kind < 0.93:
        window.type(dice.choice(_JUNK))
    else:
        window.resize(*dice.choice(_SIZES))


def _leave(window):
    """Close whatever is open, and quit."""
    window.resize(100, 30)
    for _ in range(3):
        window.type("\x1b[201~\x1b")
        for _ in range(8):
            window.read()
    window.type("1")
    window.shows("1 Overview")
    window.type("q")
    assert window.end() == 0, window.text
    assert window.is_as_before()


@pytest.mark.parametrize("seed", range(4))
def test_nothing_that_is_done_to_it_ends_it(replay, tmp_path, seed):
    dice = random.Random(seed)
    window = replay("--read-only", cwd=tmp_path)
    for _ in range(150):
        _act(dice, window)
        window.read(0.02)
        assert window.process.poll() is None, window.text
    _leave(window)


@pytest.mark.parametrize(("key", "words"), [*((key, "What that brings") for key in ":?"), ("/", "Device gpu:2")])
def test_a_double_click_in_a_list_is_one_click(replay, key, words):
    window = replay()
    window.shows("idle")
    window.type(key)
    window.shows("esc leave")
    if key != "/":
        window.type("earnings")
        window.wait(lambda: any("▸" in line and words in line for line in window.screen.display), "found it")
    row = 1 + next(row for row, line in enumerate(window.screen.display) if words in line)
    window.type(f"\x1b[<0;30;{row}M\x1b[<0;30;{row}m" * 4)
    window.hides("esc leave")
    _leave(window)


def test_a_storm_of_sizes_ends_in_the_last_one(replay):
    window, dice = replay(), random.Random(1)
    for _ in range(100):
        window.resize(dice.randint(1, 200), dice.randint(1, 60))
        window.read(0)
    window.resize(59, 20)
    window.shows("netmind-tui needs 60 × 20 cells; this terminal has 59 × 20")
    window.resize(60, 20)
    window.shows("help")
    assert "needs 60" not in window.text
    window.resize(100, 30)
    window.shows("7 Activity")
    _leave(window)


def test_keys_in_a_burst_are_all_heard_in_their_order(replay):
    window = replay()
    window.type("1234567654321" * 40 + "4")
    window.shows("Nothing runs for others")
    window.type(":earnings\r")
    window.shows("Nothing is earned")
    _leave(window)


def test_a_paste_over_a_screen_does_nothing(replay):
    window = replay()
    window.type("\x1b[200~4567q\r\x1b[201~")
    window.type("2")
    window.shows("what it is")
    _leave(window)


def test_read_only_nothing_can_be_changed(window, tmp_path):
    """By key, by the palette, by the mouse."""
    path = tmp_path / "config/netmind/config.toml"
    before = path.read_bytes()
    shown = window("--read-only")
    shown.shows("read-only")
    for keys in (",\r", ",d", "3b", ":settings\r\r", ":measure\r", ":first run\r", "2K"):
        shown.type(keys)
        shown.read(0.3)
        shown.type("\x1b")
        shown.read(0.3)
    shown.type(",")
    shown.shows("tui.theme")
    for row in range(4, 20):
        shown.type(f"\x1b[<0;10;{row}M\x1b[<0;10;{row}m" * 2)
        shown.read(0.05)
    shown.type("dark\r")
    assert "MEASURING" not in shown.text
    _leave(shown)
    assert path.read_bytes() == before
    assert not [*tmp_path.rglob("runs/*.json")]


@pytest.mark.parametrize(("cells", "rows"), [(80, 3), (80, 2), (80, 1), (20, 3), (5, 3)])
def test_the_small_view_fits_a_pane_however_small(window, cells, rows):
    window = window("--replay", RECORDING, "--inline", cells=cells, rows=rows)
    window.wait(lambda: ":" in window.text or "…" in window.text, "drew anything")
    for _ in range(10):
        window.read(0.1)
    assert len([line for line in window.screen.display if line.strip()]) <= 3
    assert not {"▅", "▁", "█"} & set(window.text)  # nothing to scroll with
    window.type("q")
    assert window.end() == 0


def test_the_small_view_knows_no_keys_whose_answer_could_not_be_seen(replay):
    window = replay("--inline")
    window.shows("q quit")
    for key in "?:/3bS,2K!pg\r\t":
        window.type(key)
        window.read(0.1)
    assert len([line for line in window.screen.display if line.strip()]) == 3
    window.type("q")
    assert window.end() == 0
    assert window.is_as_before()
