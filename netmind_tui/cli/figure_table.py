"""A table of figures that fits its page: columns give way in an order of their own until the rest has room."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

Cells = Sequence[Text | str]
_LOOSE, _TIGHT = 2, 1


@dataclass(frozen=True, slots=True)
class Column:
    """A column in one or several forms, the longest first; ``rank`` says how early it gives way, 0 never.

    A column that has given way in all its forms is left out.
    """

    header: str
    forms: tuple[Cells, ...]
    rank: int = 0
    right: bool = False
    short_header: str = field(default="", kw_only=True)


def figure_table(columns: Sequence[Column], width: int) -> Table:
    """The table, at most so wide where that is possible at all."""
    form = dict.fromkeys(range(len(columns)), 0)
    while _width(columns, form, _TIGHT) > width:
        giving = [place for place in form if columns[place].rank]
        if not giving:
            break
        place = max(giving, key=lambda each: columns[each].rank)
        form[place] += 1
        if form[place] == len(columns[place].forms):
            del form[place]
    gap = _LOOSE if _width(columns, form, _LOOSE) <= width else _TIGHT
    table = Table(box=None, padding=(0, gap, 0, 0), header_style="dim", pad_edge=False)
    for place in form:
        column = columns[place]
        justify = "right" if column.right else "left"
        table.add_column(_header(column, form[place]), justify=justify, no_wrap=True)  # type: ignore[arg-type] # both are of its kinds
    shown = [columns[place].forms[index] for place, index in form.items()]
    for row in zip(*shown, strict=True):
        table.add_row(*row)
    return table


def _width(columns: Sequence[Column], form: dict[int, int], gap: int) -> int:
    widths = []
    for place, index in form.items():
        cells = columns[place].forms[index]
        header = cell_len(_header(columns[place], index))
        widths.append(max([header, *(cell_len(cell if isinstance(cell, str) else cell.plain) for cell in cells)]))
    return sum(widths) + gap * len(widths)


def _header(column: Column, index: int) -> str:
    return column.header if index == 0 else column.short_header
