import pyte
import pytest
from rich.color import ColorSystem
from rich.console import COLOR_SYSTEMS, Console

from netmind_tui.tui.action import read_keymap
from netmind_tui.tui.frame import Size, picture
from netmind_tui.tui.opening import drawn, terminal_colours
from netmind_tui.tui.picture import plain
from netmind_tui.tui.skin import choose_skin


def test_a_terminal_shows_the_picture_as_it_is(eight):
    skin = choose_skin("dark", ascii_only=False, has_colours=True)
    lines = picture(eight, Size(120, 40), skin.glyphs, read_keymap({}))
    screen = pyte.Screen(120, 40)
    drawn(lines, skin, ColorSystem.STANDARD)  # another terminal before this one changes nothing
    pyte.ByteStream(screen).feed(drawn(lines, skin, ColorSystem.TRUECOLOR))
    assert screen.display == [plain(line) for line in lines]
    assert {screen.buffer[row][0].bg for row in range(40)} == {skin.palette.background.lstrip("#")}


def test_without_colours_none_is_written(eight):
    skin = choose_skin("dark", ascii_only=True, has_colours=False)
    lines = picture(eight, Size(80, 24), skin.glyphs, read_keymap({}))
    written = drawn(lines, skin, ColorSystem.TRUECOLOR)
    assert b"38;" not in written
    assert b"48;" not in written
    assert b"\x1b[1m" in written


@pytest.mark.parametrize("kind", ["xterm", "xterm-256color", "xterm-kitty", "linux", "vt100", "screen-16color", ""])
@pytest.mark.parametrize("colours", ["", "truecolor", "24bit", "yes"])
def test_it_sees_as_many_colours_as_the_library(kind, colours):
    environment = {"TERM": kind, "COLORTERM": colours}
    console = Console(force_terminal=True, _environ=environment)
    assert terminal_colours(environment) is COLOR_SYSTEMS[console.color_system]
