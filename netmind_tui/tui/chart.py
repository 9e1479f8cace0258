"""Histories as charts on fixed axes: two points a cell in braille, or one a cell in ASCII."""

from collections.abc import Sequence

from netmind_tui.tui.glyph import Glyphs

# The dots of a braille cell from the bottom up, left column and right column (ISO/IEC TR 11548-1).
_LEFT = (0x40, 0x04, 0x02, 0x01)
_RIGHT = (0x80, 0x20, 0x10, 0x08)
_BLANK = 0x2800
LEVELS = 4
"""Dots of a braille cell on top of each other."""
_ASCII = " .:-=+*#"


def chart(values: Sequence[float | None], cells: int, rows: int, top: float, glyphs: Glyphs) -> list[str]:
    """The newest values as an area of so many cells and rows, from the highest row down; the newest is at the right.

    The axis goes from 0 to ``top`` and never moves. A value that is not known leaves its place empty; one above 0 shows
    at least its lowest dot.
    """
    if cells <= 0 or rows <= 0:
        return []
    return _braille(values, cells, rows, top) if glyphs.braille else _plain(values, cells, rows, top)


def points(cells: int, glyphs: Glyphs) -> int:
    """How many values a chart of so many cells shows."""
    return cells * (2 if glyphs.braille else 1)


def _heights(values: Sequence[float | None], count: int, levels: int, top: float) -> list[int]:
    shown = list(values[-count:])
    heights = [0] * (count - len(shown))
    for value in shown:
        if value is None or value <= 0 or top <= 0:
            heights.append(0)
        else:
            heights.append(max(1, round(levels * min(1.0, value / top))))
    return heights


def _braille(values: Sequence[float | None], cells: int, rows: int, top: float) -> list[str]:
    heights = _heights(values, 2 * cells, LEVELS * rows, top)
    lines = []
    for row in range(rows - 1, -1, -1):
        base = row * LEVELS
        signs = []
        for cell in range(cells):
            dots = 0
            for height, column in ((heights[2 * cell], _LEFT), (heights[2 * cell + 1], _RIGHT)):
                for level in range(max(0, min(LEVELS, height - base))):
                    dots |= column[level]
            signs.append(chr(_BLANK + dots))
        lines.append("".join(signs))
    return lines


def _plain(values: Sequence[float | None], cells: int, rows: int, top: float) -> list[str]:
    levels = len(_ASCII) - 1
    heights = _heights(values, cells, levels * rows, top)
    return [
        "".join(_ASCII[max(0, min(levels, height - row * levels))] for height in heights)
        for row in range(rows - 1, -1, -1)
    ]
