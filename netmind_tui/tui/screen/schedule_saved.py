"""What comes of the week: how much of what is painted runs, what each rule takes, and what is different once saved."""

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

from netmind_tui.model.contribution import Contribution
from netmind_tui.model.cost import read_price
from netmind_tui.model.timeline import Timeline
from netmind_tui.tui import schedule_ahead, schedule_page
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.picture import Box, Line, Span, column, framed, line, wrap
from netmind_tui.tui.state import State

BOX = "if saved"
_NAME = 8
_BORDERS = 2
_MOST_RULES = 3
_CENT = Decimal("0.01")
_DAYS = 7
_MANY_H = 1000
_RULES = {
    "needs-answer": "an open question",
    "paused": "your pause",
    "stopped": "your stop",
    "finishing": "your word",
    "lost": "a lost device",
    "blocked": "a blocked device",
    "replaced": "a device that is another",
}


def box(state: State, cells: int, rows: int, glyphs: Glyphs, *, focused: bool) -> list[Line]:
    """All of it, as far as there is room."""
    title = "the coming week, if saved" if state.schedule.draft is not None else "the coming week"
    made = Box(
        BOX,
        line(Span(title, "title")),
        lines(state, cells - 4),
        more=change(state),
    )
    return framed(made, cells, rows, glyphs, focused=focused)


def lines(state: State, cells: int) -> list[Line]:
    """The figures, each with its name before it."""
    policy = schedule_page.policy(state)
    told = None if policy is None else schedule_ahead.ahead(state, policy, schedule_ahead.WEEK)
    if policy is None or told is None:
        return []
    count = len(told.devices)
    if not count:
        return wrap("No device is known yet.", cells, "dim")
    found: list[Line] = []
    if not state.node.is_there:
        found += _row("agent", "none: netmind agent run starts one", cells, "strong")
    unit = "h" if count == 1 else "device-hours"
    found += _row("runs", f"{_hours(told.runs_hours)} of {_hours(told.painted_hours)} {unit} painted", cells)
    lost = [f"{_hours(each.device_hours)} h to {_rule(each.code)}" for each in told.effects[:_MOST_RULES]]
    found += _row("lost", ", ".join(lost) or "nothing, as it is now", cells, "text" if lost else "dim")
    kwh = _energy(told)
    capped = (
        "no meter yet" if kwh is None else f"at most {kwh:.1f} kWh, by its power caps" if kwh else "none: nothing runs"
    )
    found += _row("energy", capped, cells)
    found += _row("costs", _cost(state, kwh), cells)
    if policy.guards and not state.node.is_there:
        found += _row("guards", "not counted: no agent looks", cells, "dim")
    each = told.runs_hours / count / _DAYS
    found += _row("online", f"{_hours(each)} h a day" + (" each device" if count > 1 else ""), cells)
    return found


def change(state: State) -> Line:
    """How many hours more or less than what is in force."""
    own = state.schedule
    if own.draft is None or own.base is None:
        return ()
    after = schedule_ahead.ahead(state, own.draft, schedule_ahead.WEEK)
    before = schedule_ahead.ahead(state, own.base.policy, schedule_ahead.WEEK)
    if after is None or before is None:
        return ()
    more = after.runs_hours - before.runs_hours
    words = "no change since saved" if abs(more) < _CENT else f"change since saved {_signed(more)} h"
    return line(Span(words, "figure"))


def short(state: State) -> Line:
    """The same in one line, for low terminals."""
    policy = schedule_page.policy(state)
    told = None if policy is None else schedule_ahead.ahead(state, policy, schedule_ahead.WEEK)
    if told is None:
        return ()
    words = f"runs {_hours(told.runs_hours)} of {_hours(told.painted_hours)} h painted"
    return (*line(words), *(Span("  "), *change(state)))


def _row(name: str, words: str, cells: int, role: str = "text") -> list[Line]:
    first, *rest = wrap(words, cells - _NAME, role)
    return [line(column(name, _NAME, "dim"), *first), *(line(" " * _NAME, *each) for each in rest)]


def _rule(code: str) -> str:
    """A rule in a word: ``cpu busy``, ``an open question``."""
    return _RULES.get(code, code.removesuffix("-unknown").replace("-", " "))


def _hours(hours: float) -> str:
    """To a tenth, and in whole hours where there are very many."""
    if hours >= _MANY_H:
        return f"{hours:.0f}"
    return f"{hours:.1f}".removesuffix(".0")


def _signed(hours: float) -> str:
    return f"{'+' if hours > 0 else '−'}{_hours(abs(hours))}"


def _energy(told: Timeline) -> float | None:
    """The kilowatt-hours that power caps allow at most; ``None`` where some of it runs without one."""
    kwh = 0.0
    for each in told.devices:
        for span in each.spans:
            if span.state is not Contribution.CONTRIBUTING:
                continue
            cap = span.limits.power_cap_w
            if cap is None or not each.device.startswith("gpu"):
                return None
            kwh += cap / 1000 * ((span.end - span.start) / timedelta(hours=1))
    return kwh


def _cost(state: State, kwh: float | None) -> str:
    price = state.settings.config.price_per_kwh
    if price is None or state.node.place.hostname:
        return "no tariff"
    if kwh is None:
        return f"no meter yet, at {price} per kWh"
    money = read_price(price)
    cost = (money.amount * Decimal(f"{kwh:.3f}")).quantize(_CENT, ROUND_HALF_UP)
    return f"at most {cost} {money.currency or ''}".rstrip() + f", at {price} per kWh"
