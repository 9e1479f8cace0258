"""A cell explained: what would be then for every device, every reason by its rank, and what lifts it."""

from netmind_tui.model.explanation_word import groups, title
from netmind_tui.model.policy import Policy
from netmind_tui.tui import schedule_ahead, schedule_page
from netmind_tui.tui.glyph import UNICODE, Glyphs
from netmind_tui.tui.node_word import ROLES
from netmind_tui.tui.picture import Box, Line, Span, framed, line, wrap
from netmind_tui.tui.screen import schedule_cell, schedule_slot, schedule_week
from netmind_tui.tui.state import State

BOX = "why"
_BORDERS = 2
_NARROWEST = 36


def box(state: State, cells: int, rows: int, glyphs: Glyphs, *, focused: bool) -> list[Line]:
    """All of it; what does not fit is reached with the arrows. It follows the cursor of the week."""
    lines = _lines(state, cells - 4, glyphs)
    room = rows - _BORDERS
    hidden = max(0, len(lines) - room)
    first = min(state.view.row(BOX), hidden) if focused else 0
    below = len(lines) - room - first
    keys = line(Span("↑ ↓" if focused else "tab", "key"), Span(f" {below} more", "dim")) if below > 0 else ()
    made = Box(
        BOX,
        line(Span(f"why, {schedule_cell.span_words(state)}", "title")),
        lines[first : first + room],
        keys=keys,
        legend=line(Span("with what is not saved", "dim")) if state.schedule.draft is not None else (),
        more=line(Span("esc", "key", "back"), Span(" closes it", "dim", "back")),
    )
    return framed(made, cells, rows, glyphs, focused=focused)


def count(state: State) -> int:
    """So many lines there may be to go through."""
    return len(_lines(state, _NARROWEST, UNICODE))


def _lines(state: State, cells: int, glyphs: Glyphs) -> list[Line]:
    policy = schedule_page.policy(state)
    at = None if policy is None else schedule_week.moment_of(state, policy, schedule_ahead.cursor(state))
    told = None if policy is None or at is None else schedule_ahead.explained(state, policy, at)
    if policy is None or told is None:
        return wrap("Nothing is known yet.", cells, "dim")
    zone = schedule_ahead.zone_of(policy)
    lines: list[Line] = wrap(title(told, zone), cells, "strong")
    lines += _price(state, policy, cells)
    if policy.guards and not schedule_ahead.outlook(state, policy).is_seen:
        lines += wrap("Guards are not counted: no agent looks for this policy.", cells, "dim")
    if not told.devices:
        lines += wrap("No device is known yet.", cells, "dim")
    for group in groups(told, zone):
        head = Span(f"{glyphs.states[group.state]} {group.head}", ROLES[group.state])
        lines += [(), line(head)]
        for rank, reason in enumerate(group.reasons, 1):
            first, *rest = wrap(reason, cells - 5)
            lines += [line(Span(f"  {rank}. ", "dim"), *first), *(line(" " * 5, *each) for each in rest)]
    return lines


def _price(state: State, policy: Policy, cells: int) -> list[Line]:
    """What power costs then, and what it would cost to run each device."""
    words = schedule_slot.price(state, policy)
    at = schedule_week.moment_of(state, policy, schedule_ahead.cursor(state))
    told = None if words is None or at is None else schedule_ahead.explained(state, policy, at)
    if words is None or told is None:
        return []
    lines = wrap(words, cells)
    runs = [each.device for each in told.devices if not schedule_cell.is_held(each)]
    for names, lead in ((schedule_cell.liftable(told), "to run anyway"), (runs, "what runs costs")):
        costs = schedule_slot.costs(state, policy, names)
        lines += wrap(f"{lead}: {costs}", cells, "dim") if costs is not None else []
    return lines
