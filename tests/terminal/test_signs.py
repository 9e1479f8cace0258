import re

import pytest

_RGB = re.compile(rb"[34]8;2;")
_COLOUR = re.compile(rb"\x1b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;\d+)*m")
_SCREENS = "1234567,"


def _walk(window):
    """See every screen, the help and the palette; then leave."""
    for key in _SCREENS:
        window.type(key)
    window.type("?")
    window.shows("Here, on")
    window.type("\x1b")
    window.hides("Here, on")
    window.type(":")
    window.shows("few letters")
    window.type("\x1b")
    window.hides("few letters")
    window.type("q")
    assert window.end() == 0
    return window.bytes


def test_without_a_wish_there_are_colours(replay):
    assert _RGB.search(_walk(replay(environment={"COLORTERM": "truecolor"})))


def test_no_color_means_no_colour_at_all(replay):
    drawn = _walk(replay(environment={"NO_COLOR": "1", "COLORTERM": "truecolor"}))
    assert not _RGB.search(drawn)
    assert not _COLOUR.search(drawn)
    assert b"gpu:3" in drawn


def test_an_empty_no_color_means_nothing(replay):
    assert _RGB.search(_walk(replay(environment={"NO_COLOR": "", "COLORTERM": "truecolor"})))


@pytest.mark.parametrize("kind", ["linux", "vt100", "xterm", "xterm-256color", "screen", "tmux-256color"])
def test_other_terminals_are_drawn_on_too(replay, kind):
    window = replay(environment={"TERM": kind})
    window.shows("OFF, no agent")
    window.shows("help")
    drawn = _walk(window)
    assert not _RGB.search(drawn)


@pytest.mark.parametrize("colours", [{}, {"NO_COLOR": "1"}], ids=["colours", "no colours"])
def test_with_plain_signs_every_byte_is_ascii(replay, colours):
    drawn = _walk(replay("--ascii", environment=colours))
    assert drawn.isascii()
    assert b"devices" in drawn
