"""What a screen looks like before any terminal: lines of spans, each with a role instead of a colour.

Everything here is a value made from values, so that a screen can be tested, exported and compared without a terminal.
Widths are in cells; a wide character takes two.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from rich.cells import cell_len, set_cell_size

from netmind_tui.tui.glyph import Glyphs

ELLIPSIS = "…"
_BREAKS = "-/"
_UNITS = frozenset(("°C", "W", "MiB", "GiB", "TiB", "MHz", "%", "s", "min", "h", "d", "TFLOP/s", "TB/s", "GB/s"))
# What a terminal obeys, or what turns round or hides what follows: names come from files, drivers and other users.
_OBEYED = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


@dataclass(frozen=True, slots=True)
class Span:
    """Text in one role; ``action`` is what a click on it does, as the action registry names it."""

    text: str
    role: str = "text"
    action: str | None = None

    def __post_init__(self) -> None:
        """Let nothing through that a terminal would obey."""
        if not self.text.isprintable():
            object.__setattr__(self, "text", harmless(self.text))

    @property
    def width(self) -> int:
        """Its cells."""
        text = self.text
        return len(text) if text.isascii() else cell_len(text)


Line = tuple[Span, ...]
Part = Span | str | None


def harmless(text: str) -> str:
    """The text with a question mark for each sign that a terminal obeys or nobody sees."""
    return _OBEYED.sub("?", text)


def line(*parts: Part) -> Line:
    """A line of spans; plain strings are in the role ``text``, ``None`` is left out."""
    return tuple(Span(part) if isinstance(part, str) else part for part in parts if part)


def width(of: Line) -> int:
    """The cells that a line takes."""
    return sum(span.width for span in of)


def plain(of: Line) -> str:
    """Its text alone."""
    return "".join(span.text for span in of)


def fit(of: Line, cells: int, *, ellipsis: str = ELLIPSIS) -> Line:
    """The line in exactly so many cells: filled with blanks, or cut with an ellipsis."""
    cells = max(0, cells)
    missing = cells - width(of)
    if missing == 0:
        return of
    if missing > 0:
        return (*of, Span(" " * missing))
    kept: list[Span] = []
    room = cells - cell_len(ellipsis)
    for span in of:
        if span.width <= room:
            kept.append(span)
            room -= span.width
            continue
        if room > 0:
            kept.append(Span(set_cell_size(span.text, room), span.role, span.action))
        if cells >= cell_len(ellipsis):
            kept.append(Span(ellipsis, span.role, span.action))
        break
    return tuple(kept) if width(tuple(kept)) == cells else fit(tuple(kept), cells, ellipsis="")


def ends(left: Line, right: Line, cells: int) -> Line:
    """One line at the left and one at the right edge; the left one gives way."""
    room = max(0, cells - width(right))
    return (*fit(left, room), *fit(right, min(cells, width(right))))


def column(text: str, cells: int, role: str = "text", *, right: bool = False, action: str | None = None) -> Span:
    """Text in exactly so many cells, at the left or right edge of them; cut with an ellipsis."""
    text = text if text.isprintable() else harmless(text)
    length = cell_len(text)
    if length > cells:
        text = set_cell_size(text, max(0, cells - 1)) + ELLIPSIS if cells > 0 else ""
    elif right:
        text = " " * (cells - length) + text
    else:
        text += " " * (cells - length)
    return Span(text, role, action)


@dataclass(frozen=True, slots=True)
class Box:
    """Lines in a frame. ``keys`` stand right in the upper border, ``legend`` left and ``more`` right in the lower one.

    ``name`` is how the focus knows it.
    """

    name: str
    title: Line
    lines: Sequence[Line]
    keys: Line = ()
    legend: Line = ()
    more: Line = ()


def framed(box: Box, cells: int, rows: int, glyphs: Glyphs, *, focused: bool = False) -> list[Line]:
    """The box in exactly so many cells and rows; lines that have no room are left out."""
    inner, role = max(0, cells - 4), "border-focus" if focused else "border"
    drawn = [_edge(box.title, box.keys, cells, role, glyphs.top, action=f"focus {box.name}")]
    empty: Line = ()
    for row in range(max(0, rows - 2)):
        content = box.lines[row] if row < len(box.lines) else empty
        side = Span(glyphs.side, role)
        drawn.append((side, Span(" "), *fit(content, inner), Span(" "), side))
    drawn.append(_edge(box.legend, box.more, cells, role, glyphs.bottom, action=None))
    return drawn[:rows]


def divided(boxes: Sequence[tuple[Box, int, bool]], cells: int, glyphs: Glyphs) -> list[Line]:
    """Boxes below each other that share the border between them; each with its rows, and whether it has the focus.

    The upper border of each counts as its own, and the last one has the lower one too.
    """
    left, dash, right = ("├", "─", "┤") if glyphs.braille else glyphs.top
    drawn: list[Line] = []
    for place, (box, rows, focused) in enumerate(boxes):
        part = framed(box, cells, rows + (place < len(boxes) - 1), glyphs, focused=focused)
        if place:
            role = "border-focus" if focused else "border"
            corners = (left, dash, right)
            part[0] = _edge(box.title, box.keys, cells, role, corners, action=f"focus {box.name}")
        drawn += part if place == len(boxes) - 1 else part[:-1]
    return drawn


def _edge(left: Line, right: Line, cells: int, role: str, corners: tuple[str, str, str], action: str | None) -> Line:
    """A border with words in it: ``╭ left ───── right ╮``; the right ones give way first."""
    first, dash, last = corners
    room = cells - 2
    words_left = (Span(" "), *left, Span(" ")) if width(left) else ()
    words_right = (Span(" "), *right, Span(" ")) if width(right) else ()
    if width(words_left) + width(words_right) + 1 > room:
        words_right = ()
    if width(words_left) > room:
        words_left = fit(words_left, max(0, room))
    fill = Span(dash * max(0, room - width(words_left) - width(words_right)), role, action)
    return (Span(first, role), *words_left, fill, *words_right, Span(last, role))


def beside(*columns: Sequence[Line]) -> list[Line]:
    """Blocks of lines next to each other; each must be of one width all through."""
    empty = [Span(" " * (width(block[0]) if block else 0)) for block in columns]
    rows: Iterator[tuple[Line | None, ...]] = zip_longest(*columns)
    joined = []
    for row in rows:
        spans: list[Span] = []
        for place, part in enumerate(row):
            spans += part if part is not None else (empty[place],)
        joined.append(tuple(spans))
    return joined


def wrap(words: str, cells: int, role: str = "text") -> list[Line]:
    """A sentence on as many lines as it needs; a word longer than a line is broken, a figure keeps its unit."""
    lines: list[str] = []
    for word in _unbroken(words.split()):
        rest = word if word.isprintable() else harmless(word)
        if lines and cell_len(lines[-1]) + 1 + cell_len(rest) <= cells:
            lines[-1] += f" {rest}"
            continue
        while cell_len(rest) > cells > 0:
            head = _head(rest, cells)
            lines.append(head)
            rest = rest[len(head) :]
        lines.append(rest)
    return [(Span(each, role),) for each in lines] or [()]


def _unbroken(words: Iterable[str]) -> Iterator[str]:
    """The words, a figure and its unit as one."""
    figure = ""
    for word in words:
        if figure and word.rstrip(",;.:)") in _UNITS:
            yield f"{figure} {word}"
            figure = ""
            continue
        if figure:
            yield figure
        figure = word if word[-1].isdigit() else ""
        if not figure:
            yield word
    yield from (figure,) if figure else ()


def _head(word: str, cells: int) -> str:
    """As much of a word as fits, up to a hyphen or a slash where there is one, and one sign of it at least."""
    end = 1
    while end < len(word) and cell_len(word[: end + 1]) <= cells:
        end += 1
    broken = max(word.rfind(sign, 0, end) for sign in _BREAKS) + 1
    return word[: broken or end]


def wrap_parts(words: str, cells: int, role: str = "text") -> list[Line]:
    """A list of figures on as many lines as it needs, broken between them and not within: `` · `` stands between."""
    lines: list[str] = []
    for part in words.split(" · "):
        if lines and cell_len(f"{lines[-1]} · {part}") <= cells:
            lines[-1] += f" · {part}"
        else:
            lines.append(part)
    return [each for part in lines for each in wrap(part, cells, role)]


def joined(parts: Iterable[Line], separator: Span) -> Line:
    """Lines after one another with something between them."""
    spans: list[Span] = []
    for part in parts:
        if spans and part:
            spans.append(separator)
        spans += part
    return tuple(spans)
