"""What text for people is laid out on: a terminal, a pipe or a file, of some width and encoding."""

import codecs
import io
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from netmind_tui.cli import output
from netmind_tui.model.finding import Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import RenderableType

_DEFAULT_WIDTH = 100
_NARROWEST, _WIDEST = 40, 132
WIDE, MIDDLE, NARROW = 96, 78, 56
"""Widths below which a table of figures gives up columns, the least important first."""

MARKS = {
    Status.PASS: ("✔", "green"),
    Status.WARN: ("▲", "yellow"),
    Status.UNSTABLE: ("▲", "yellow"),
    Status.ERROR: ("✖", "red"),
    Status.FAIL: ("✖", "bold red"),
    Status.SKIP: ("·", "dim"),
}
"""A sign and a style for each status: the shape says it without the colour."""

_ASCII = {
    "✔": "+",
    "▲": "!",
    "✖": "x",
    "▶": ">",
    "▼": "v",
    "→": "->",
    "÷": "/",
    "·": "-",
    "–": "-",
    "—": "-",
    "×": "x",
    "±": "+-",
    "≤": "<=",
    "µ": "u",
    "…": ".",
    "°": "",
    "●": "C",
    "░": ".",
    "◐": "d",
    "‖": "P",
    "■": "B",
    "█": "#",
    "◆": "M",
}


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


def _plain(error: UnicodeError) -> tuple[str, int]:
    """A sign that the encoding has, for one that it has not."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_ASCII.get(sign, "?") for sign in error.object[error.start : error.end]), error.end


codecs.register_error("netmind-plain", _plain)


def prepare_streams() -> None:
    """Let stdout and stderr write a plain sign where their encoding lacks one."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="netmind-plain")


def printed(blocks: "Iterable[RenderableType]", page: Page) -> str:
    """The blocks as text, without blanks at the ends of lines."""
    from rich.console import Console  # noqa: PLC0415 - 40 ms that only tables need

    # A real text stream: rich asks its encoding for the frames that its readers can see.
    sink = io.TextIOWrapper(io.BytesIO(), encoding=page.encoding, errors="netmind-plain")
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
    sink.seek(0)
    return "\n".join(line.rstrip() for line in sink.read().splitlines()) + "\n"
