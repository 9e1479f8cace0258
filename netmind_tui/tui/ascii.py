"""Lines in plain ASCII: nothing moves where a sign takes more cells, or fewer, than what it stands for."""

from rich.cells import cell_len

from netmind_tui.tui.glyph import as_ascii
from netmind_tui.tui.picture import Line, Span, fit, width


def in_ascii(of: Line) -> Line:
    """The line in ASCII and of the same width: where a sign becomes two, or none, the blanks around it make up."""
    drawn: list[Span] = []
    drift = 0
    for span in of:
        text = as_ascii(span.text)
        drift += cell_len(text) - span.width
        is_figure = span.text[:1] == " " and span.text.lstrip()[:1].isdigit()
        text, drift = _evened(text, drift, at_left=is_figure)
        drawn.append(Span(text, span.role, span.action))
    return fit(tuple(drawn), width(of), ellipsis="~")


def _evened(text: str, drift: int, *, at_left: bool) -> tuple[str, int]:
    """Text with so many cells less, or more, among its blanks or in its line; and how many could not be had."""
    if drift < 0:
        sign = text[:1] if text and not text.strip("-") else " "
        return (sign * -drift + text, 0) if at_left or sign != " " else (text + sign * -drift, 0)
    while drift > 0:
        place = next((at for run in ("  ", "--") if (at := text.find(run)) >= 0), None)
        if place is None:
            break
        text, drift = text[:place] + text[place + 1 :], drift - 1
    return text, drift
