"""Signs that fill their cell, as shapes: lines, blocks and braille meet without gaps in every font and size."""

from collections.abc import Callable
from itertools import groupby

CELL, ROW = 8.4, 18.0
"""The width and the height of a cell, in pixels."""

_MIDDLE, _CENTRE = ROW / 2, CELL / 2
_BRAILLE_FROM, _BRAILLE_TO = 0x2800, 0x28FF
_DOT = 2.2
# A dot's bit, and its column and row (ISO/IEC TR 11548-1).
_DOTS = (*((1 << bit, bit // 3, bit % 3) for bit in range(6)), (0x40, 0, 3), (0x80, 1, 3))

# Which arms of a cross a sign has: up, right, down, left.
_ARMS = {
    "─": "rl",
    "│": "ud",
    "┌": "rd",
    "┐": "dl",
    "└": "ur",
    "┘": "ul",
    "├": "urd",
    "┤": "udl",
    "┬": "rdl",
    "┴": "url",
    "┼": "urdl",
    "╶": "r",
    "╴": "l",
    "╷": "d",
    "╵": "u",
    "╾": "r",
}
# Where a rounded corner begins and ends, in half cells from the centre; the centre pulls it.
_CORNERS = {"╭": ((1, 0), (0, 1)), "╮": ((-1, 0), (0, 1)), "╰": ((1, 0), (0, -1)), "╯": ((-1, 0), (0, -1))}
_HEAVY = "┃"
_DASHED = "┄"

# Parts of a cell that are filled: left, top, width and height as shares of it.
_FILLED = {sign: (0.0, 0.0, share / 8, 1.0) for share, sign in enumerate("▏▎▍▌▋▊▉█", start=1)}
_FILLED |= {sign: (0.0, 1 - share / 8, 1.0, share / 8) for share, sign in enumerate("▁▂▃▄▅▆▇", start=1)}
_FILLED |= {"▀": (0.0, 0.0, 1.0, 0.5), "▐": (0.5, 0.0, 0.5, 1.0), "▕": (0.875, 0.0, 0.125, 1.0), "▔": (0, 0, 1, 0.125)}
# A bar's heavy line, and its end in the middle of a cell.
_FILLED |= {"━": (0.0, 0.36, 1.0, 0.28), "╾": (0.0, 0.36, 0.5, 0.28)}
SHADES = {"░": 0.25, "▒": 0.5, "▓": 0.75}
"""How much of a cell these cover."""

_LONG = {"─", "━", "█", *SHADES}


def is_shape(sign: str) -> bool:
    """Whether a sign is drawn, and not written."""
    return (
        sign in _ARMS
        or sign in _CORNERS
        or sign in _FILLED
        or sign in SHADES
        or sign in (_HEAVY, _DASHED)
        or _BRAILLE_FROM <= ord(sign) <= _BRAILLE_TO
    )


def strokes(signs: str, x: float, y: float) -> str:
    """The lines of a run of signs that begins there, as the data of an SVG path."""
    return _each(signs, x, y, _stroke)


def fills(signs: str, x: float, y: float) -> str:
    """The areas of a run of signs, as the data of an SVG path."""
    return _each(signs, x, y, _fill)


def number(value: float) -> str:
    """A length as short as it can be written."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _each(signs: str, x: float, y: float, draw: Callable[[str, float, float, int], str]) -> str:
    parts = []
    for sign, run in groupby(signs):
        count = len(list(run))
        if sign in _LONG:
            parts.append(draw(sign, x, y, count))
        else:
            parts += [draw(sign, x + place * CELL, y, 1) for place in range(count)]
        x += count * CELL
    return "".join(parts)


def _stroke(sign: str, x: float, y: float, count: int) -> str:
    centre, middle = x + _CENTRE, y + _MIDDLE
    if sign == "─":
        return f"M{number(x)} {number(middle)}h{number(count * CELL)}"
    if sign in _CORNERS:
        (right, _), (_, down) = _CORNERS[sign]
        start = f"M{number(centre + right * _CENTRE)} {number(middle)}"
        # The line goes on to the cell's edge as far as the corner is narrower than the cell is high.
        bend = f"Q{number(centre)} {number(middle)} {number(centre)} {number(middle + down * _CENTRE)}"
        return f"{start}{bend}V{number(middle + down * _MIDDLE)}"
    if sign == _DASHED:
        return "".join(
            f"M{number(x + part * CELL / 3 + 0.5)} {number(middle)}h{number(CELL / 3 - 1)}" for part in range(3)
        )
    arms = _ARMS.get(sign, "")
    ends = {
        "u": f"V{number(y)}",
        "r": f"H{number(x + CELL)}",
        "d": f"V{number(y + ROW)}",
        "l": f"H{number(x)}",
    }
    return "".join(f"M{number(centre)} {number(middle)}{ends[arm]}" for arm in arms)


def _fill(sign: str, x: float, y: float, count: int) -> str:
    if sign in SHADES:
        return _rectangle(x, y, count * CELL, ROW)
    if sign in _FILLED:
        left, top, wide, high = _FILLED[sign]
        return _rectangle(x + left * CELL, y + top * ROW, (wide + count - 1) * CELL, high * ROW)
    if sign == _HEAVY:
        return _rectangle(x + _CENTRE - 1, y, 2, ROW)
    dots = ord(sign) - _BRAILLE_FROM
    if not 0 <= dots <= _BRAILLE_TO - _BRAILLE_FROM:
        return ""
    return "".join(
        _rectangle(x + (column + 0.5) * CELL / 2 - _DOT / 2, y + (row + 0.5) * ROW / 4 - _DOT / 2, _DOT, _DOT)
        for bit, column, row in _DOTS
        if dots & bit
    )


def _rectangle(x: float, y: float, wide: float, high: float) -> str:
    return f"M{number(x)} {number(y)}h{number(wide)}v{number(high)}h{number(-wide)}z"
