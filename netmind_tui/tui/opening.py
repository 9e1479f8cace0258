"""The first picture, written to the terminal by hand: the library that draws all others takes longest to load."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from rich.color import ColorSystem

from netmind_tui.tui import terminal
from netmind_tui.tui.paint import styled
from netmind_tui.tui.picture import Line
from netmind_tui.tui.skin import Skin


@contextmanager
def shown(lines: Sequence[Line], skin: Skin) -> Iterator[None]:
    """Show a picture in the whole terminal, until the library has it or something went wrong; keys wait until then."""
    terminal.take(drawn(lines, skin, terminal_colours(os.environ)))
    try:
        yield
    finally:
        terminal.let_go()


def drawn(lines: Sequence[Line], skin: Skin, colours: ColorSystem) -> bytes:
    """What a terminal is to be told."""
    rows = (  # copies: a style remembers the codes of the first terminal that it was rendered for
        f"\x1b[{number};1H"
        + "".join(style.copy().render(text, color_system=colours) for text, style in styled(line, skin))
        for number, line in enumerate(lines, start=1)
    )
    return "".join(rows).encode("utf-8", "replace")


def terminal_colours(environment: Mapping[str, str]) -> ColorSystem:
    """As many colours as the library will find that the terminal has; asking the library takes 10 ms."""
    if environment.get("COLORTERM", "").strip().lower() in ("truecolor", "24bit"):
        return ColorSystem.TRUECOLOR
    kind = environment.get("TERM", "").strip().lower().rpartition("-")[2]
    return ColorSystem.EIGHT_BIT if kind in ("256color", "kitty") else ColorSystem.STANDARD
