"""The cell under the cursor: when it comes, what is painted there, what would be then, why, and what lifts that."""

import re
from datetime import datetime, timedelta

from netmind_tui.model.contribution import Contribution
from netmind_tui.model.decision import Decision
from netmind_tui.model.event import beside_device
from netmind_tui.model.explanation import Explanation
from netmind_tui.model.explanation_word import Group, groups
from netmind_tui.model.policy import DAYS, GuardKind, Policy
from netmind_tui.model.week_word import limits_words
from netmind_tui.model.weekplan import CELL_MINUTES, CELLS_A_DAY
from netmind_tui.tui import schedule_ahead
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.node_word import ROLES, spoken
from netmind_tui.tui.picture import Line, Span, fit, joined, line, width, wrap
from netmind_tui.tui.screen import schedule_slot, schedule_week
from netmind_tui.tui.screen.time_cells import cells_between
from netmind_tui.tui.state import State

_OVER_LIMIT = re.compile(r"power costs ([^,]*?) ([A-Z]{3}) per kWh, over (\S+) \2 per kWh")
_GUARDS = frozenset(each.value for each in GuardKind)
_ALLOWS = frozenset(("inside-window", "inside-exception", "contribute", "no-work", "ends-soon"))
_GONE = frozenset((Contribution.LOST, Contribution.BLOCKED, Contribution.OFFLINE))
_GAP = "  "
_ROOMY, _WITH_LIFTS = 4, 3
_CONTRIBUTE = "netmind contribute "


def drawn(state: State, policy: Policy, cells: int, rows: int, glyphs: Glyphs) -> list[Line]:
    """As many lines as there is room for: where it is and what is painted first."""
    lines = _head(state, policy, cells)
    if rows < _ROOMY:
        del lines[1:]
    if state.schedule.shows_past:
        lines += _past(state, policy, cells, glyphs)
        return lines[:rows]
    if _is_leapt(state, policy):
        words = "does not come on that date: clocks leap over it"
        return [*lines, *wrap(words, cells, "dim")][:rows]
    found = decided(state, policy)
    if found is None:
        return lines[:rows]
    more = f" · {len(found) - 1} more: x"
    if rows - len(lines) == 1 < len(found):
        first = _then(state, policy, found, cells, 1, glyphs)[0]
        return [*lines, (*fit(first, min(width(first), cells - len(more))), Span(more, "dim", "explain"))]
    lifts = _lifts(state, policy, found, cells)
    kept = 1 if lifts and rows >= _WITH_LIFTS else 0
    lines += _then(state, policy, found, cells, rows - len(lines) - 1, glyphs)
    lines += _cost(state, policy, cells)
    return [*lines[: rows - kept], *([lifts] if kept else [])]


def _is_leapt(state: State, policy: Policy) -> bool:
    """Whether the cell has no length when it comes next."""
    day, place = divmod(schedule_ahead.cursor(state), CELLS_A_DAY)
    date = schedule_ahead.next_date(state, day, place)
    if date is None:
        return False
    start, end = schedule_ahead.edges(date, schedule_ahead.zone_of(policy))[place : place + 2]
    return start == end


def decided(state: State, policy: Policy) -> list[Group] | None:
    """What would be for each device when the cell comes, those that would not run first."""
    at = schedule_week.moment_of(state, policy, schedule_ahead.cursor(state))
    told = None if at is None else schedule_ahead.explained(state, policy, at)
    if told is None:
        return None
    return sorted(groups(told, schedule_ahead.zone_of(policy)), key=lambda each: not is_held(each.decision))


def is_held(decision: Decision) -> bool:
    """Whether a device would not run, work or none."""
    return not decision.may_start and decision.state is not Contribution.CONTRIBUTING


def liftable(told: Explanation) -> list[str]:
    """The devices that would not run although they could."""
    return [each.device for each in told.devices if is_held(each) and each.state not in _GONE]


def guard_of(decision: Decision) -> GuardKind | None:
    """The guard whose limit would have to be another for a device to run."""
    first = next((each.code.removesuffix("-unknown") for each in decision.reasons if not each.is_overridden), "")
    return GuardKind(first) if first in _GUARDS and is_held(decision) else None


def _is_guessed(state: State, policy: Policy, decision: Decision) -> bool:
    """Whether it is a guard's word of now that is taken to go on: prices of other hours are known."""
    guard = guard_of(decision)
    is_priced = guard is GuardKind.PRICE and schedule_ahead.outlook(state, policy).prices is not None
    return guard is not None and not is_priced


def span_words(state: State) -> str:
    """The days and hours of the range: ``Tue 18:00–20:00``, ``Mon–Fri 22:00–24:00``."""
    found = schedule_ahead.chosen(state)
    first, last = found[0], found[-1]
    days = [DAYS[each // CELLS_A_DAY].capitalize() for each in (first, last)]
    start, end = first % CELLS_A_DAY * CELL_MINUTES, (last % CELLS_A_DAY + 1) * CELL_MINUTES
    named = days[0] if days[0] == days[1] else f"{days[0]}–{days[1]}"
    return f"{named} {start // 60:02}:{start % 60:02}–{end // 60:02}:{end % 60:02}"


def _head(state: State, policy: Policy, cells: int) -> list[Line]:
    """When, and what is painted there, its limits in a line of their own where they have no room beside it."""
    here, own = schedule_ahead.cursor(state), state.schedule
    day, place = divmod(here, CELLS_A_DAY)
    words = span_words(state)
    if own.anchor is None:
        date = schedule_ahead.last_date(state, day) if own.shows_past else schedule_ahead.next_date(state, day, place)
        words = words if date is None else f"{date:%a} {date.day} {date:%b}{words[3:]}"
    if own.shows_past:  # what is painted now says nothing of what was
        return [fit(line(Span(words, "strong")), cells)]
    field = schedule_week.field_at(state, policy, here)
    limits = {each.name: limits_words(each.limits) for each in policy.profiles}
    signs = schedule_week.letters(policy)
    parts = [f"{signs[name]} {name or 'no profile'}" for name in field.profiles]
    if not field.is_whole:
        held = [_minutes(policy, here, name) for name in field.profiles]
        form = "{}, {} of {} min" if len(parts) == 1 else "{} {} min"
        parts = [form.format(part, minutes, CELL_MINUTES) for part, minutes in zip(parts, held, strict=True)]
    painted = ", ".join(parts) or "never"
    first = line(Span(words, "strong"), _GAP, painted)
    known = limits.get(field.profiles[0], "no limits") if len(field.profiles) == 1 else "no limits"
    if known == "no limits":
        return [fit(first, cells)]
    whole = line(*first, f": {known}")
    return [whole] if width(whole) <= cells else [fit(first, cells), fit(line(_GAP, Span(known, "dim")), cells)]


def _minutes(policy: Policy, cell: int, profile: str) -> int:
    """How many minutes of a cell a profile has."""
    from netmind_tui.model.paint import devices_of, sheets  # noqa: PLC0415 - a cell in part is rare

    minutes = sheets(policy).get(devices_of(policy, profile), [])
    return minutes[cell * CELL_MINUTES : (cell + 1) * CELL_MINUTES].count(profile)


def _then(state: State, policy: Policy, found: list[Group], cells: int, rows: int, glyphs: Glyphs) -> list[Line]:
    """What would be, of the devices that would not run first, and why."""
    lines: list[Line] = []
    for place, group in enumerate(found):
        held, first = is_held(group.decision), group.decision.reason
        sign = glyphs.states[group.state if held else Contribution.CONTRIBUTING]
        role = ROLES[group.state if held else Contribution.CONTRIBUTING]
        who = f"{group.names}: " if len(found) > 1 or len(schedule_ahead.outlook(state, policy).states) > 1 else ""
        verb = "would not run" if held else "would run"
        now = _is_now(state, policy) and state.node.is_there
        if now:
            verb = spoken(group.state) if held or group.state is Contribution.CONTRIBUTING else "may run"
        guess = " (as it is now)" if not now and _is_guessed(state, policy, group.decision) else ""
        words = f"{who}{_once(verb, first.sentence, group.decision.device)}{guess}"
        more, *rest = wrap(words, cells - 2)
        own = [line(Span(f"{sign} ", role), *more), *(line("  ", *each) for each in rest)]
        if len(found) == 1:
            found_more = group.decision.reasons[1:] if held else ()
            others = [each.sentence for each in found_more if not each.is_overridden and each.code not in _ALLOWS]
            for each in others:  # whole, or x explains it
                more_lines = _beside(each, cells)
                own += more_lines if len(own) + len(more_lines) <= rows else []
        if lines and len(lines) + len(own) > rows:
            left = len(found) - place
            return [*lines[: max(1, rows - 1)], line(Span(f"  and {left} more: x explains all", "dim"))]
        lines += own
    return lines


def _cost(state: State, policy: Policy, cells: int) -> list[Line]:
    """What it costs to run those all the same that would not, or else what those cost that run."""
    at = schedule_week.moment_of(state, policy, schedule_ahead.cursor(state))
    told = None if at is None else schedule_ahead.explained(state, policy, at)
    if told is None:
        return []
    held = liftable(told)
    runs = [each.device for each in told.devices if not is_held(each)]
    costs = schedule_slot.costs(state, policy, held or runs)
    lead = "to run anyway: " if held else "costs: "
    return [] if costs is None else [line("  ", *each) for each in wrap(f"{lead}{costs}", cells - 2, "dim")]


def _once(verb: str, sentence: str, device: str) -> str:
    """What would be and why, without saying the device or the state a second time."""
    said = beside_device(sentence, device).removesuffix(f" of {device}").removeprefix("is ")
    said = _OVER_LIMIT.sub(r"power \1, over your \3 \2/kWh", said)
    return said if said.startswith(verb) else f"{verb}: {said}"


def _beside(sentence: str, cells: int) -> list[Line]:
    """Another reason, below the first."""
    return [line("  ", *each) for each in wrap(f"and {sentence}", cells - 2, "dim")]


def _is_now(state: State, policy: Policy) -> bool:
    at, now = schedule_week.moment_of(state, policy, schedule_ahead.cursor(state)), state.at
    return at is not None and now is not None and at <= now < at + timedelta(minutes=CELL_MINUTES)


def _lifts(state: State, policy: Policy, found: list[Group], cells: int) -> Line:
    """What ends it, and what can be done about it."""
    first = found[0].decision if found else None
    if first is None:
        return ()
    at = schedule_week.moment_of(state, policy, schedule_ahead.cursor(state))
    parts: list[Line] = []
    when = _when(first, at, policy)
    lift = first.reason.lift or ""
    answers = lift if is_held(first) and lift and not lift.startswith(_CONTRIBUTE) else ""
    parts += [line(Span(words, "dim")) for words in (when, answers) if words]
    parts.append(line(Span("x", "key", "explain"), Span(" explain", "dim", "explain")))
    if not state.view.read_only:
        if guard_of(first) is not None:
            parts.append(line(Span("g", "key", "limit"), Span(" change the limit", "dim", "limit")))
        if lift.startswith(_CONTRIBUTE) and state.node.may_control:
            parts.append(line(Span("i", "key", "ignore"), Span(" ignore once", "dim", "ignore")))
    while len(parts) > 1 and sum(each.width for each in joined(parts, Span(" · "))) > cells - len(_GAP):
        parts.pop(0)
    return fit(line(_GAP, *joined(parts, Span(" · ", "dim"))), cells)


def _when(decision: Decision, at: datetime | None, policy: Policy) -> str:
    if at is None:
        return ""
    held = is_held(decision)
    moment = decision.reason.until or (None if held else decision.until)
    zone = schedule_ahead.zone_of(policy)
    if moment is not None:
        here = moment.astimezone(zone)
        day = f"{here:%H:%M}" if here - at.astimezone(zone) < timedelta(hours=24) else f"{here:%a %H:%M}"
        return f"{'lifts' if held else 'until'} {day}"
    return decision.reason.when or ""


def _past(state: State, policy: Policy, cells: int, glyphs: Glyphs) -> list[Line]:
    """What happened in the cell, by the journal."""
    own = state.schedule
    day, place = divmod(schedule_ahead.cursor(state), CELLS_A_DAY)
    date, zone = schedule_ahead.last_date(state, day), schedule_ahead.zone_of(policy)
    if own.week is None or date is None or state.at is None:
        words = "no agent tells what happened" if not state.node.is_there else "the journal is asked"
        return wrap(words, cells, "dim")
    start, end = schedule_ahead.edges(date, zone)[place : place + 2]
    if start >= state.at:
        return wrap("still to come; h goes back to what is painted", cells, "dim")
    cell = cells_between(schedule_ahead.devices_shown(state, own.week.devices), [start, min(end, state.at)])[0]
    told: dict[tuple[Contribution, str], list[str]] = {}
    for piece in cell.pieces:
        told.setdefault((piece.state, piece.span.sentence), []).append(piece.device)
    from netmind_tui.model.selector import ranges  # noqa: PLC0415 - only where the past is shown

    lines: list[Line] = []
    for (what, sentence), names in told.items():
        who = f"{ranges(names)}: " if len(own.week.devices) > 1 else ""
        first, *rest = wrap(f"{who}{spoken(what)}: {sentence}", cells - 2)
        lines += [line(Span(f"{glyphs.states[what]} ", ROLES[what]), *first), *(line("  ", *each) for each in rest)]
    return lines or wrap("nothing is known of that time", cells, "dim")
