"""A screen outside the terminal: as plain text, and as a picture that needs no font of its own and no other file.

Both are made from the lines of spans alone, so that a script without a terminal can make them too.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from rich.cells import cell_len
from rich.color import Color
from rich.style import Style

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.tui.picture import Line, Span, plain, width
from netmind_tui.tui.shape import CELL, ROW, SHADES, fills, is_shape, number, strokes
from netmind_tui.tui.skin import Skin

_FONTS = "'DejaVu Sans Mono', Menlo, 'Cascadia Mono', 'Liberation Mono', Consolas, monospace"
_FONT_SIZE = 14
_BASELINE = 13.4
_MARGIN, _BAR, _RADIUS = 12.0, 30.0, 8.0
_STROKE = 1.2
# Unlike a terminal, a file does not fear other controls; XML does, and they have no picture.
_UNWRITABLE = dict.fromkeys((*range(0x20), 0x7F, *range(0xD800, 0xE000), 0xFFFE, 0xFFFF), "�")


def text(lines: Sequence[Line]) -> str:
    """The lines as plain text, without blanks at their ends."""
    return "\n".join(plain(each).rstrip() for each in lines) + "\n"


def svg(lines: Sequence[Line], skin: Skin, title: str) -> str:
    """The lines as a picture in SVG, in the colours of a skin, in a window with that title."""
    cells = max((width(each) for each in lines), default=0)
    wide, high = cells * CELL + 2 * _MARGIN, len(lines) * ROW + _BAR + _MARGIN
    layers = _Layers(skin)
    for row, each in enumerate(lines):
        layers.add(each, _MARGIN, _BAR + row * ROW)
    palette = skin.palette
    words, label = escape(title.translate(_UNWRITABLE)), quoteattr(title.translate(_UNWRITABLE))
    frame = skin.palette.styles["border"] if skin.has_colours else palette.foreground
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {number(wide)} {number(high)}"'
        f' width="{number(wide)}" height="{number(high)}" role="img" aria-label={label}>\n'
        f"<title>{words}</title>\n"
        f'<rect x="0.5" y="0.5" width="{number(wide - 1)}" height="{number(high - 1)}" rx="{number(_RADIUS)}"'
        f' fill="{palette.background}" stroke="{frame}"/>\n'
        f'<g font-family="{_FONTS}" font-size="{_FONT_SIZE}" xml:space="preserve">\n'
        f'<text x="{number(wide / 2)}" y="19" text-anchor="middle" font-size="12"'
        f' fill="{palette.styles["dim"] if skin.has_colours else palette.foreground}">{words}</text>\n'
        f"{layers.drawn()}</g>\n</svg>\n"
    )


def save(lines: Sequence[Line], skin: Skin, screen: str, folder: Path, now: datetime) -> tuple[Path, Path]:
    """Write both beside each other, under a name of the screen and the time; nothing is overwritten.

    Raises:
        Problem: the folder cannot be written.
    """
    stem = f"netmind-{screen}-{now:%Y%m%d-%H%M%S}"
    for number_ in range(1, 100):
        name = stem if number_ == 1 else f"{stem}-{number_}"
        paths = folder / f"{name}.txt", folder / f"{name}.svg"
        if any(path.exists() for path in paths):
            continue
        try:
            for path, content in zip(paths, (text(lines), svg(lines, skin, f"netmind {screen}")), strict=True):
                with path.open("x", encoding="utf-8") as file:
                    file.write(content)
        except FileExistsError:
            continue
        except OSError as error:
            raise Problem(
                f"{_named(folder)} cannot be written: {error.strerror}; start netmind-tui in another folder",
                ExitCode.UNMEASURED,
            ) from None
        return paths
    raise Problem(f"{_named(folder)} has too many files named {stem}; move some away", ExitCode.UNMEASURED)


def _named(folder: Path) -> str:
    return "this folder" if folder == Path() else str(folder)


@dataclass(slots=True)
class _Layers:
    """What is drawn, by the attributes that it is drawn with: grounds first, then areas, lines and words."""

    skin: Skin
    grounds: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    areas: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    lines: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    words: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, of: Line, x: float, y: float) -> None:
        """Draw one line of the screen."""
        for span in of:
            self._span(span, x, y)
            x += span.width * CELL

    def drawn(self) -> str:
        """The elements."""
        parts = [f'<path fill="{ground}" d="{"".join(data)}"/>\n' for ground, data in self.grounds.items()]
        parts += [f'<path {how} d="{"".join(data)}"/>\n' for how, data in self.areas.items()]
        parts += [
            f'<path fill="none" stroke="{colour}" stroke-width="{_STROKE}" d="{"".join(data)}"/>\n'
            for colour, data in self.lines.items()
        ]
        parts += [f"<g {how}>{''.join(words)}</g>\n" for how, words in self.words.items()]
        return "".join(parts)

    def _span(self, span: Span, x: float, y: float) -> None:
        style = self.skin.style(span.role)
        colour, ground = self._colours(style)
        if ground is not None:
            self.grounds[ground].append(
                f"M{number(x)} {number(y)}h{number(span.width * CELL)}v{number(ROW)}h{number(-span.width * CELL)}z"
            )
        for kind, signs, place in _runs(span.text.translate(_UNWRITABLE)):
            left = x + place * CELL
            if kind == "word":
                self.words[_font(style, colour)].append(_word(signs, left, y))
            elif kind == "shape":
                self._shape(signs, colour, left, y)
            elif kind:
                self.areas[f'fill="{colour}" fill-opacity="{kind}"'].append(fills(signs, left, y))

    def _shape(self, signs: str, colour: str, x: float, y: float) -> None:
        if area := fills(signs, x, y):
            self.areas[f'fill="{colour}"'].append(area)
        if stroke := strokes(signs, x, y):
            self.lines[colour].append(stroke)

    def _colours(self, style: Style) -> tuple[str, str | None]:
        palette = self.skin.palette
        colour = _hex(style.color) or palette.foreground
        ground = _hex(style.bgcolor)
        return (palette.background, colour) if style.reverse else (colour, ground)


def _hex(colour: Color | None) -> str | None:
    return None if colour is None or colour.is_default else str(colour.get_truecolor().hex)


def _font(style: Style, colour: str) -> str:
    weight = ' font-weight="bold"' if style.bold else ""
    slant = ' font-style="italic"' if style.italic else ""
    return f'fill="{colour}"{weight}{slant}'


def _word(signs: str, x: float, y: float) -> str:
    # The length holds every word to its cells, whatever font there is.
    length = f' textLength="{number(cell_len(signs) * CELL)}"' if len(signs) > 1 else ""
    return f'<text x="{number(x)}" y="{number(y + _BASELINE)}"{length}>{escape(signs)}</text>'


def _runs(signs: str) -> Iterator[tuple[str, str, int]]:
    """Words, shapes and shades with the cell at which each begins; blanks are left out."""
    place = 0
    for kind, run in groupby(signs, key=_kind):
        part = "".join(run)
        if kind:
            yield kind, part, place
        place += cell_len(part)


def _kind(sign: str) -> str:
    if sign.isspace():
        return ""
    if sign in SHADES:
        return str(SHADES[sign])
    return "shape" if is_shape(sign) else "word"
