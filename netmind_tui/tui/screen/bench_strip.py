"""Figures of one kernel as a strip: how often each part of their range was seen, and where an interval lies."""

from collections.abc import Sequence

from netmind_tui.tui.glyph import Glyphs

_HEIGHTS, _PLAIN = "▁▂▃▄▅▆▇█", ".:-=+*#%"
_REACH = 0.05
"""An interval is drawn on an axis of 5 % below and above its figure."""


def strip(values: Sequence[float], cells: int, glyphs: Glyphs) -> str:
    """A histogram in one row, from the least to the largest."""
    signs = _HEIGHTS if glyphs.braille else _PLAIN
    low, high = min(values), max(values)
    if cells <= 0:
        return ""
    counts = [0] * cells
    for value in values:
        place = int((value - low) / (high - low) * cells) if high > low else cells // 2
        counts[min(cells - 1, place)] += 1
    most = max(counts)
    return "".join(signs[-(-count * len(signs) // most) - 1] if count else " " for count in counts)


def trend(values: Sequence[float], glyphs: Glyphs) -> str:
    """Values after one another, a cell each, on an axis from 0 to the largest."""
    signs = _HEIGHTS if glyphs.braille else _PLAIN
    top = max(values, default=0.0)
    return "".join(signs[max(0, round(value / top * len(signs)) - 1)] if top > 0 else " " for value in values)


def whisker(bounds: tuple[float, float] | None, value: float | None, cells: int, glyphs: Glyphs) -> str:
    """An interval around its figure, in the middle of a fixed axis; an end beyond the axis is an arrow."""
    if bounds is None or not value or cells < 3:  # noqa: PLR2004 - two ends and a middle
        return " " * max(0, cells)
    middle = cells // 2
    left, dash, right, dot, less, beyond = "├─┤●◂▸" if glyphs.braille else "|-|o<>"
    row = [" "] * cells
    places = [middle + round((bound / value - 1) / _REACH * middle) for bound in bounds]
    first, last = max(0, places[0]), min(cells - 1, places[1])
    for place in range(first, last + 1):
        row[place] = dash
    if first < middle:
        row[first] = left if places[0] >= 0 else less
    if last > middle:
        row[last] = right if places[1] <= cells - 1 else beyond
    row[middle] = dot
    return "".join(row)
