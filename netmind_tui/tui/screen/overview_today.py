"""What today came to: what was earned, what its electricity cost, and above which rate an hour pays."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from netmind_tui.model.earnings import NO_PAYER, Earnings, Online
from netmind_tui.model.energy import EnergyLine
from netmind_tui.model.worth import DeviceWorth, Worth
from netmind_tui.tui import money_page
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.money_page import Money
from netmind_tui.tui.money_word import (
    amounts_word,
    kwh_word,
    method_word,
    price_word,
    rate_figure,
    span_word,
    sure_word,
)
from netmind_tui.tui.picture import Box, Line, Span, column, line
from netmind_tui.tui.screen.overview_needs import shortened
from netmind_tui.tui.state import State

NAME = "today"
UNPUBLISHED = "does not publish the rate"
"""So a warning says it of a card."""
_LABEL = 12
_KEY = "set electricity.price_per_kwh"
_Row = tuple[str, Sequence[tuple[str, str]]]
"""A label, and the forms of its words with their role, the longest first."""


def box(state: State, cells: int, glyphs: Glyphs) -> Box:
    """The box's words, of which the first matter most."""
    more = line(Span("5", "key", "go earnings"), Span(" earnings", "dim", "go earnings"))
    return Box(NAME, line(Span(NAME, "title")), lines(state, cells, glyphs), more=more)


def lines(state: State, cells: int, glyphs: Glyphs) -> list[Line]:
    """What is known, a line each; every line in words that have room."""
    found = money_page.money(state)
    drawn = []
    for label, forms in _rows(found, glyphs):
        words, role = next((form for form in forms if len(form[0]) <= cells - _LABEL), forms[-1])
        drawn.append(line(column(label, _LABEL, "dim"), Span(shortened(words, cells - _LABEL), role)))
    return drawn


def short(state: State) -> str:
    """The same in a few words, for a border: what today's electricity came to."""
    energy = money_page.money(state).energy
    if energy is None or energy.total.energy.full_kwh is None:
        return ""
    cost = amounts_word(energy.total.cost_full)
    return f"today {kwh_word(energy.total.energy.full_kwh)}{f', {cost}' if cost else ''}"


def _rows(found: Money, glyphs: Glyphs) -> Iterator[_Row]:
    worth = found.worth
    yield "earned", _earned(found.earned, glyphs.marks["dash"])
    problem = worth.books.problem if worth is not None and worth.books is not None else None
    if problem is not None:
        sign = glyphs.marks["warn"]
        yield "books", ((f"{sign} nothing is booked: {problem}", "warn"), (f"{sign} netmind ledger check", "warn"))
    yield "electricity", _electricity(found, glyphs.marks["dash"])
    if worth is not None:
        yield "floor", _floor(worth)
        if worth.online is not None:
            yield "online", _online(worth, worth.online)
    metered = amounts_word(found.earned.total.metered) if found.earned is not None else ""
    if metered and found.earned is not None:
        by = f"{metered} by the card {found.earned.card}" if found.earned.card is not None else metered
        yield "metered", ((by, "text"), (metered, "text"))


def _earned(earned: Earnings | None, dash: str) -> Sequence[tuple[str, str]]:
    """What payers accepted: nobody earns what only was metered."""
    accepted = amounts_word(earned.total.accepted) if earned is not None else ""
    if accepted:
        return ((f"{accepted} accepted", "figure"),)
    if earned is not None and earned.payers:
        return ((f"{dash}   {earned.payers[0]} has accepted nothing yet", "dim"), (f"{dash}   nothing yet", "dim"))
    return ((f"{dash}   {NO_PAYER}", "dim"), (f"{dash}   no payer", "dim"))


def _electricity(found: Money, dash: str) -> Sequence[tuple[str, str]]:
    """What devices drew while they worked or were ready, and what that costs."""
    if found.energy is None:
        return ((f"{dash}   {found.trouble or 'not told yet'}", "dim"),)
    total = found.energy.total
    if total.energy.full_kwh is None:
        return ((f"{dash}   {total.energy.absent or 'nothing was metered'}", "dim"),)
    kwh = f"{kwh_word(total.energy.full_kwh)} {sure_word(total.energy.uncertainty_pct)}".rstrip()
    known = f"{kwh} {method_word(total.energy.method)}".rstrip()
    cost = amounts_word(total.cost_full)
    if not cost or _is_unpriced(total):
        return ((f"{known}; no price: {_KEY}", "text"), (f"{kwh}, no price of it", "text"), (kwh, "text"))
    part = f"{cost} without {100 - total.unpriced_pct:.0f} %" if total.unpriced_pct else cost
    return ((f"{cost} · {known}", "text"), (f"{cost} · {kwh}", "text"), (part, "text"))


def _is_unpriced(total: EnergyLine) -> bool:
    return total.unpriced_pct is not None and total.unpriced_pct >= 100  # noqa: PLR2004 - all of it


def _floor(worth: Worth) -> Sequence[tuple[str, str]]:
    """The rate above which an hour pays at the price of now; of several devices from the least to the most."""
    known = [each for each in worth.devices if each.floor is not None and each.currency is not None]
    if worth.power is None:
        why = worth.price_unknown or ""
        return ((f"not known: {why}", "dim"), (f"no tariff: {_KEY}", "dim"), ("no tariff", "dim"))
    price = price_word(worth.power.price_per_kwh, worth.power.currency)
    if not known:
        why = next((each.unknown for each in worth.devices if each.unknown), "")
        return ((f"at {price}: {why}", "dim"), (f"power costs {price}", "dim"))
    rate = _rates(known)
    return ((f"{rate} at {price}", "text"), (rate, "text"))


def _rates(known: Sequence[DeviceWorth]) -> str:
    floors = sorted({Decimal(each.floor or 0) for each in known})
    return f"{span_word([rate_figure(each, up=True) for each in floors])} {known[0].currency or ''}/h"


def _online(worth: Worth, online: Online) -> Sequence[tuple[str, str]]:
    """How far the day has come to what the card asks for; and whether anybody knows what it pays."""
    hours = f"{online.hours:.1f} of {online.needed_hours:g} h in {online.of_hours:g}"
    is_secret = any(UNPUBLISHED in each for each in worth.warnings)
    rate = "; its rate is not published" if is_secret else ""
    return ((f"{hours} for {online.card}{rate}", "text"), (f"{hours} h{rate}", "text"), (f"{hours} h", "text"))
