"""A span of time as a row of cells: what devices did in each, or will do as every rule decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from netmind_tui.model.contribution import Contribution
from netmind_tui.model.timeline import DeviceLine, Span

_LOUD = frozenset({Contribution.LOST, Contribution.BLOCKED})
"""These are seen however short they were."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What one device did in a cell: its state, and why; ``is_news``: it was lost or blocked just then."""

    device: str
    state: Contribution
    span: Span
    is_news: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """From ``start`` to ``end``: what each device did for the longest time, or what was loud."""

    start: datetime
    end: datetime
    pieces: tuple[Piece, ...]

    @property
    def contributing(self) -> int:
        """How many devices contribute."""
        return sum(each.state is Contribution.CONTRIBUTING for each in self.pieces)

    @property
    def has_news(self) -> bool:
        """Whether a device was lost or blocked just then."""
        return any(each.is_news for each in self.pieces)

    @property
    def most(self) -> Contribution | None:
        """What most devices do."""
        states = [each.state for each in self.pieces]
        return max(states, key=states.count, default=None)

    @property
    def state(self) -> Contribution | None:
        """What most devices do; what became loud just then comes first. ``None`` where nothing is known."""
        news = next((each.state for each in self.pieces if each.is_news), None)
        return news or self.most


def cells_of(lines: Sequence[DeviceLine], start: datetime, end: datetime, count: int) -> list[Cell]:
    """So many cells of equal length."""
    if count <= 0 or end <= start:
        return []
    step = (end - start) / count
    return cells_between(lines, [start + number * step for number in range(count + 1)])


def cells_between(lines: Sequence[DeviceLine], edges: Sequence[datetime]) -> list[Cell]:
    """Cells from one of these moments to the next; one without length has nothing in it."""
    found = []
    places = [0] * len(lines)
    for since, until in pairwise(edges):
        pieces = []
        for at, line in enumerate(lines):
            while places[at] < len(line.spans) and line.spans[places[at]].end <= since:
                places[at] += 1
            span = _ruling(line.spans[places[at] :], since, until)
            if span is not None:
                is_news = span.state in _LOUD and span.start >= since and _begins(line.spans, span)
                pieces.append(Piece(line.device, span.state, span, is_news))
        found.append(Cell(since, until, tuple(pieces)))
    return found


def _ruling(spans: Sequence[Span], since: datetime, until: datetime) -> Span | None:
    """Which of the spans stands for a cell."""
    best, longest = None, timedelta(0)
    for span in spans:
        if span.start >= until:
            break
        part = min(span.end, until) - max(span.start, since)
        if span.state in _LOUD and (best is None or best.state not in _LOUD):
            return span
        if part > longest:
            best, longest = span, part
    return best


def _begins(spans: Sequence[Span], span: Span) -> bool:
    """Whether it was otherwise before, and not the same for another reason."""
    place = spans.index(span)
    return place > 0 and (spans[place - 1].state is not span.state or spans[place - 1].end < span.start)
