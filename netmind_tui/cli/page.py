"""What text for people is laid out on: a terminal, a pipe or a file, of some width and encoding."""

import io
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from netmind_tui.cli import output

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import RenderableType

_DEFAULT_WIDTH = 100
_NARROWEST, _WIDEST = 40, 132
_ASCII = str.maketrans({"✔": "+", "▲": "!", "✖": "x", "·": "-", "–": "-", "—": "-", "µ": "u", "…": ".", "×": "x"})


@dataclass(frozen=True, slots=True)
class Page:
    """``width`` in columns; colours only where ``is_terminal``; what ``encoding`` cannot write is replaced."""

    width: int
    is_terminal: bool
    encoding: str


def page_for(path: Path | None) -> Page:
    """The page that a command writes on: stdout, or the file that ``-o`` names."""
    if path is not None:
        return Page(_DEFAULT_WIDTH, is_terminal=False, encoding="utf-8")
    width = shutil.get_terminal_size((_DEFAULT_WIDTH, 24)).columns
    width = max(_NARROWEST, min(width, _WIDEST))
    return Page(width, output.is_terminal(), getattr(sys.stdout, "encoding", None) or "utf-8")


def printed(blocks: "Iterable[RenderableType]", page: Page) -> str:
    """The blocks as text, without blanks at the ends of lines."""
    from rich.console import Console  # noqa: PLC0415 - 40 ms that only tables need

    sink = io.StringIO()
    console = Console(
        file=sink,
        width=page.width,
        force_terminal=page.is_terminal,
        highlight=False,
        emoji=False,
        markup=False,
        legacy_windows=False,
    )
    for block in blocks:
        console.print(block)
    text = "\n".join(line.rstrip() for line in sink.getvalue().splitlines()) + "\n"
    try:
        text.encode(page.encoding)
    except UnicodeEncodeError:
        return text.translate(_ASCII).encode(page.encoding, errors="replace").decode(page.encoding)
    return text
