"""What power costs through the day of the cursor, on the axis of the week; what is over the owner's limit stands out.

A price that never changes is a line of words, and so is why there is none.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import TypeVar

from netmind_tui.model.contribution import Contribution
from netmind_tui.model.policy import Policy
from netmind_tui.model.tariff import PriceBasis
from netmind_tui.model.weekplan import CELLS_A_DAY
from netmind_tui.tui import money_page, schedule_ahead
from netmind_tui.tui.chart import LEVELS, chart
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.money_word import price_word
from netmind_tui.tui.node_word import ROLES
from netmind_tui.tui.picture import Line, Span, column, line
from netmind_tui.tui.price_plan import PricePlan
from netmind_tui.tui.screen import schedule_week
from netmind_tui.tui.state import State

SETTING = "electricity.price_per_kwh"
ROWS = 2
"""Rows of the picture, where prices change."""
_TEN, _HUNDRED, _TEN_THOUSAND = 10, 100, 10_000
_BASIS = {PriceBasis.PUBLISHED: "", PriceBasis.HELD: ", as it was read last", PriceBasis.STATIC: ", at all hours"}
T = TypeVar("T")
_Limit = tuple[Decimal, str | None]


@dataclass(frozen=True, slots=True)
class _Half:
    """Half a cell: the highest price in it, and whether one of it is over the limit."""

    price: Decimal | None = None
    is_over: bool = False


def row(state: State, policy: Policy, glyphs: Glyphs, rows: int = ROWS) -> list[Line]:
    """The prices of the cursor's day in at most so many rows, as an area from nothing up to the highest."""
    day, place = divmod(schedule_ahead.cursor(state), CELLS_A_DAY)
    coming = schedule_ahead.next_date(state, day, place)
    if rows <= 0 or coming is None:
        return []
    plan = money_page.plan(state)
    if plan is None:
        return _words(_absent(state))
    edges = schedule_ahead.edges(coming, schedule_ahead.zone_of(policy))
    found = list(plan.between(edges[0], edges[-1]))
    if not found:
        return _words(f"not known yet for {coming:%a} {coming.day} {coming:%b}")
    known = sum((each.end - each.start for each in found), timedelta())
    if len({each.price for each in found}) == 1 and known >= edges[-1] - edges[0]:
        run = found[0]
        return _words(f"{price_word(run.price, run.currency)}{_BASIS[run.basis]}")
    return _drawn(_halves(plan, edges, _limit(policy)), glyphs, rows)


def _drawn(halves: Sequence[_Half], glyphs: Glyphs, rows: int) -> list[Line]:
    known = [each.price for each in halves if each.price is not None]
    low, high = min(known), max(known)
    bottom = min(low, Decimal())
    # From here on it is a picture, and no money.
    top = float(high - bottom)
    # What is known has a dot at least, also where power costs nothing: empty is only what is not known.
    least = top / (LEVELS * rows) or 1.0
    heights = [None if each.price is None else max(least, float(each.price - bottom)) for each in halves]
    if not glyphs.braille:
        heights = [max((each for each in pair if each is not None), default=None) for pair in _pairs(heights)]
    drawn = chart(heights, CELLS_A_DAY, rows, top or 1.0, glyphs)
    over = [any(each.is_over for each in pair) for pair in _pairs(halves)]
    roles = [ROLES[Contribution.GAVE_WAY] if each else "chart" for each in over]
    labels = [_label(each, glyphs) for each in ((high, low) if rows > 1 else (high,))]
    return [
        line(column(label, schedule_week.LABEL, "dim"), *schedule_week.runs(list(zip(signs, roles, strict=True))))
        for label, signs in zip(labels, drawn, strict=True)
    ]


@lru_cache(maxsize=8)
def _halves(plan: PricePlan, edges: tuple[datetime, ...], limit: _Limit | None) -> tuple[_Half, ...]:
    """Two for each cell of the day; where clocks leap over a cell it has none, and both are empty."""
    found = []
    for start, end in pairwise(edges):
        middle = start + (end - start) / 2
        for since, until in ((start, middle), (middle, end)):
            runs = list(plan.between(since, until))
            over = limit is not None and any(
                limit[1] in (None, each.currency) and each.price > limit[0] for each in runs
            )
            found.append(_Half(max((each.price for each in runs), default=None), over))
    return tuple(found)


def _pairs(halves: Sequence[T]) -> Iterator[tuple[T, T]]:
    """The halves of each cell."""
    return zip(halves[::2], halves[1::2], strict=True)


def _limit(policy: Policy) -> _Limit | None:
    guard = schedule_ahead.price_guard(policy)
    return None if guard is None or guard.amount is None else (Decimal(guard.amount), guard.currency)


def _label(price: Decimal, glyphs: Glyphs) -> str:
    """A price on the axis, in four signs, and a fifth below nothing: ``0.41┤``."""
    decimals = 2 if abs(price) < _TEN else 1 if abs(price) < _HUNDRED else 0
    text = f"{price:.{decimals}f}" if abs(price) < _TEN_THOUSAND else f"{price / 1000:.0f}k"
    return f"{text:>4}{'┤' if glyphs.braille else '|'}"


def _words(words: str) -> list[Line]:
    return [line(column("price", schedule_week.LABEL, "dim"), Span(words, "dim"))]


def _absent(state: State) -> str:
    """Why no price is known: none is set, the tariff cannot be read, or nobody has read it yet."""
    worth, config = money_page.money(state).worth, state.settings.config
    if state.node.place.hostname or state.feed.kind != "live":
        return "no tariff"
    if worth is None and (config.price_per_kwh is not None or config.tariff is not None):
        return "not told yet"
    if worth is not None and (worth.power is not None or config.tariff is not None):
        return "not known: netmind energy tariff says why"
    return f"no tariff: set {SETTING}"
