"""settings."""

from collections.abc import Sequence

from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.picture import Box, Line, Span, framed, line
from netmind_tui.tui.state import State


def boxes(state: State) -> Sequence[str]:
    """One."""
    return ("settings",)


def count(state: State, box: str) -> int:
    """None."""
    return 0


def opened(state: State, box: str, row: int) -> str | None:
    """Nothing."""
    return None


def twin(state: State) -> str:
    """The command."""
    return "netmind info"


def body(state: State, cells: int, rows: int, glyphs: Glyphs) -> Sequence[Line]:
    """An empty box."""
    return framed(Box("settings", line(Span("settings", "title")), ()), cells, rows, glyphs, focused=True)
