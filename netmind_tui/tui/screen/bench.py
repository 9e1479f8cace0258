"""bench."""

from collections.abc import Sequence

from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.picture import Box, Line, Span, framed, line
from netmind_tui.tui.state import State


def boxes(state: State) -> Sequence[str]:
    """One."""
    return ("bench",)


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
    return framed(Box("bench", line(Span("bench", "title")), ()), cells, rows, glyphs, focused=True)


def status(state: State, cells: int, glyphs: Glyphs) -> Line:
    """The state line while something is measured; empty otherwise."""
    return ()
