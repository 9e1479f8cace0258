"""The time between the first picture and the library that draws all others: nothing is lost in it, whatever happens."""

import signal
import sys
import termios

import pytest

_ALTERNATE = b"\x1b[?1049h"
_LONG = """
import time
from netmind_tui.tui import start
{}
from netmind_tui.entry import netmind_tui
netmind_tui()
"""


def _in_place_of_the_app(code):
    return sys.executable, "-c", _LONG.format(code)


@pytest.fixture
def held(window):
    """A window whose interface never gets further than its first picture."""
    return window("--demo", command=_in_place_of_the_app("start._APP = lambda: time.sleep(60)"))


@pytest.mark.parametrize(("keys", "words"), [(",", "Settings"), ("2", "gpu:0  GeForce"), ("?", "help")])
def test_what_is_typed_at_the_first_picture_is_heard(window, keys, words):
    opened = window("--demo")
    opened.shows("gpu:7")
    opened.type(keys)
    opened.shows(words)


@pytest.mark.parametrize("keys", ["q", "\x03"], ids=["q", "ctrl+c"])
def test_it_can_be_left_at_once(window, keys):
    opened = window("--demo")
    opened.shows("gpu:7")
    opened.type(keys)
    assert opened.end() == 0
    assert opened.is_as_before()


def test_what_is_typed_is_not_written_into_the_picture(held):
    held.shows("gpu:7")
    held.shows("help")
    held.type("zzz")
    assert not held.mode[3] & (termios.ECHO | termios.ICANON)
    held.process.send_signal(signal.SIGTERM)
    held.end()
    assert b"zzz" not in held.bytes


def test_the_picture_stands_until_the_library_draws_the_same(window):
    opened = window("--demo")
    opened.shows("gpu:7")
    opened.shows("busy")
    assert opened.bytes.count(_ALTERNATE) == 1
    opened.type("q")
    assert opened.end() == 0


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_a_signal_gives_the_terminal_back(held, name):
    held.shows("gpu:7")
    number = getattr(signal, name)
    held.process.send_signal(number)
    assert held.end() == 128 + number
    assert held.is_as_before()


def test_a_library_that_cannot_be_loaded_leaves_the_terminal_as_it_was(window):
    opened = window("--demo", command=_in_place_of_the_app("start._APP = lambda: {}['no such part']"))
    assert opened.end() != 0
    assert opened.is_as_before()
    assert b"no such part" in opened.bytes[opened.bytes.rfind(b"\x1b[?1049l") :]
