"""What the pages of *Cert* share: labelled words, moments, and the rows of a list."""

from collections.abc import Sequence

from netmind_tui.model.finding import Status
from netmind_tui.tui.picture import Line, Span, column, line, wrap

LABEL = 10
STATUS_ROLES = {
    Status.PASS: "good",
    Status.WARN: "warn",
    Status.UNSTABLE: "warn",
    Status.ERROR: "bad",
    Status.FAIL: "bad",
    Status.SKIP: "dim",
}


def labelled(label: str, words: str, cells: int, role: str = "text", *, label_cells: int = LABEL) -> list[Line]:
    """Words beside a label, under one another where they need several lines."""
    first, *rest = wrap(words, max(8, cells - label_cells), role)
    indent = Span(" " * label_cells)
    return [line(column(label, label_cells, "dim"), *first), *(line(indent, *each) for each in rest)]


def day(moment: str) -> str:
    """The day of a moment in ISO 8601."""
    return moment[:10]


def minute(moment: str) -> str:
    """A moment in ISO 8601 to the minute, as people read it."""
    return moment[:16].replace("T", " ")


def counted(count: int, noun: str) -> str:
    """``1 claim``, ``12 claims``."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def flat(blocks: Sequence[Sequence[Line]]) -> list[Line]:
    """The lines of several blocks."""
    return [each for block in blocks for each in block]
