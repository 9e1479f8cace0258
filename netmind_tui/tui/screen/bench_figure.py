"""A figure in large signs, three rows high."""

from netmind_tui.tui.glyph import Glyphs

_SIGNS = {
    "0": ("╭─╮", "│ │", "╰─╯"),
    "1": ("╶╮ ", " │ ", "╶┴╴"),
    "2": ("╶─╮", "╭─╯", "╰─╴"),
    "3": ("╶─╮", " ─┤", "╶─╯"),
    "4": ("╷ ╷", "╰─┤", "  ╵"),
    "5": ("╭─╴", "╰─╮", "╶─╯"),
    "6": ("╭─╴", "├─╮", "╰─╯"),
    "7": ("╶─╮", "  │", "  ╵"),
    "8": ("╭─╮", "├─┤", "╰─╯"),
    "9": ("╭─╮", "╰─┤", "╶─╯"),
    ".": (" ", " ", "."),
    "—": ("   ", "╶─╴", "   "),
}
_PLAIN = {
    "0": (" _ ", "| |", "|_|"),
    "1": ("   ", "  |", "  |"),
    "2": (" _ ", " _|", "|_ "),
    "3": (" _ ", " _|", " _|"),
    "4": ("   ", "|_|", "  |"),
    "5": (" _ ", "|_ ", " _|"),
    "6": (" _ ", "|_ ", "|_|"),
    "7": (" _ ", "  |", "  |"),
    "8": (" _ ", "|_|", "|_|"),
    "9": (" _ ", "|_|", " _|"),
    ".": (" ", " ", "."),
    "—": ("   ", " _ ", "   "),
}
CELLS = 13
"""What four digits and a point take."""


def large(number: str, glyphs: Glyphs) -> list[str]:
    """The number in three lines of equal width, at least ``CELLS`` wide."""
    signs = _SIGNS if glyphs.braille else _PLAIN
    rows = ["".join(signs[sign][row] for sign in number if sign in signs) for row in range(3)]
    return [row.ljust(CELLS) for row in rows]
