"""What comes of the week: how much of what is painted runs, what each rule takes, and what is different once saved."""

from collections.abc import Sequence

from netmind_tui.model.policy import Guard, GuardKind
from netmind_tui.model.selector import ranges
from netmind_tui.tui import money_page, schedule_ahead, schedule_page
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.money_word import kwh_word, money_word, rate_word, sure_word
from netmind_tui.tui.picture import Box, Line, Span, column, framed, line, wrap
from netmind_tui.tui.screen import schedule_cost
from netmind_tui.tui.screen.schedule_cost import WeekCost
from netmind_tui.tui.state import State

BOX = "if saved"
_NAME = 8
_BORDERS = 2
_MOST_RULES = 3
_NO_CHANGE_H = 0.01
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
    for name, words in _taken(state, schedule_cost.week_cost(state, told), count):
        found += _row(name, words, cells)
    if not state.node.is_there and any(_is_blind(state, each) for each in policy.guards):
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
    words = "no change since saved" if abs(more) < _NO_CHANGE_H else f"change since saved {_signed(more)} h"
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


def _is_blind(state: State, guard: Guard) -> bool:
    """Whether nobody can tell beforehand what a guard will say: of prices the owner's files do."""
    return guard.kind is not GuardKind.PRICE or money_page.plan(state) is None


def _signed(hours: float) -> str:
    return f"{'+' if hours > 0 else '−'}{_hours(abs(hours))}"


def _taken(state: State, cost: WeekCost, count: int) -> Sequence[tuple[str, str]]:
    """The energy of what runs, what that costs, and above which rate it pays; as sure as these are known."""
    if not cost.worked and not cost.unknown:
        return (("costs", "nothing: nothing runs"),)
    energy = _kwh(state, cost)
    if money_page.plan(state) is None:
        return ("energy", energy), ("costs", "no tariff")
    if not cost.costs or cost.currency is None:
        return ("energy", energy), ("costs", money_word(cost.costs) or "no price is known yet")
    return ("costs", f"{_money(cost)} · {energy}"), ("pays", _pays(state, cost, count))


def _money(cost: WeekCost) -> str:
    of = "" if cost.priced == cost.worked else f" for the {_hours(float(cost.priced))} h with a price"
    return f"{'at most ' if cost.is_most else ''}{money_word(cost.costs)}{of}"


def _kwh(state: State, cost: WeekCost) -> str:
    if not cost.worked:
        return f"what {ranges(cost.unknown)} draws is not known yet"
    told = money_page.money(state).energy
    pct = told.total.energy.uncertainty_pct if told is not None and cost.is_metered else None
    # Where money stands before it, it has said already that it is a bound.
    most = "at most " if cost.is_most and not cost.costs else ""
    without = f", without {ranges(cost.unknown)}" if cost.unknown else ""
    return f"{most}{kwh_word(float(cost.kwh))} {sure_word(pct)}".rstrip() + without


def _pays(state: State, cost: WeekCost, count: int) -> str:
    """Above which rate an hour of it pays, with what is kept of the rate."""
    least = schedule_cost.floor(state, cost)
    if least is None:
        return "not known yet"
    if least <= 0:
        return "at any rate: power costs nothing, or less"
    return f"above {rate_word(least, cost.currency or '', up=True)}{' a device' if count > 1 else ''}, all in"
