"""What a screen looks like before any terminal: lines of spans, each with a role instead of a colour.

Everything here is a value made from values, so that a screen can be tested, exported and compared without a terminal.
Widths are in cells; a wide character takes two.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from rich.cells import cell_len, set_cell_size

from netmind_tui.tui.glyph import Glyphs

ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class Span:
    """Text in one role; ``action`` is what a click on it does, as the action registry names it."""

    text: str
    role: str = "text"
    action: str | None = None

    @property
    def width(self) -> int:
        """Its cells."""
        return cell_len(self.text)


Line = tuple[Span, ...]
Part = Span | str | None


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


def _edge(left: Line, right: Line, cells: int, role: str, corners: tuple[str, str, str], action: str | None) -> Line:
    """A border with words in it: ``╭ left ───── right ╮``; the right ones give way first."""
    first, dash, last = corners
    room = cells - 2
    words_left = (Span(" "), *left, Span(" ")) if left else ()
    words_right = (Span(" "), *right, Span(" ")) if right else ()
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
    """A sentence on as many lines as it needs; a word longer than a line is broken."""
    lines: list[str] = []
    for word in words.split():
        rest = word
        if lines and cell_len(lines[-1]) + 1 + cell_len(rest) <= cells:
            lines[-1] += f" {rest}"
            continue
        while cell_len(rest) > cells > 0:
            head = _head(rest, cells)
            lines.append(head)
            rest = rest[len(head) :]
        lines.append(rest)
    return [(Span(each, role),) for each in lines] or [()]


def _head(word: str, cells: int) -> str:
    """As much of a word as fits, and one sign of it at least."""
    end = 1
    while end < len(word) and cell_len(word[: end + 1]) <= cells:
        end += 1
    return word[:end]


def joined(parts: Iterable[Line], separator: Span) -> Line:
    """Lines after one another with something between them."""
    spans: list[Span] = []
    for part in parts:
        if spans and part:
            spans.append(separator)
        spans += part
    return tuple(spans)
