"""The rules, live: what each guard reads, of which limit, which devices it takes away, and what follows from it.

Those that deny come first, then those that cannot see; below them what each kind of giving way does.
"""

import re
from collections.abc import Sequence
from decimal import Decimal

from netmind_tui.model.contribution import Rung
from netmind_tui.model.policy import Guard, GuardKind, OnUnknown, Policy
from netmind_tui.model.selector import ranges
from netmind_tui.model.situation import GuardFact
from netmind_tui.node.sense.money import NO_INCOME, NO_TARIFF
from netmind_tui.node.sense.sensed import NONE_HERE
from netmind_tui.node.sense.words import limit_words
from netmind_tui.tui import money_page, schedule_page
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.money_word import figure
from netmind_tui.tui.picture import Box, Line, Span, column, framed, line, wrap
from netmind_tui.tui.screen.overview_needs import shortened
from netmind_tui.tui.state import State

BOX = "guards"
_NAME = 12
_DETAILS = (3, 2, 1, 0)
"""With the source, with the limit, figures alone with their source, figures alone."""
_FIGURE = re.compile(r"(-?\d+(?:\.\d+)?)( .+)")
_IN_WORDS = re.compile(r"(?:.* )?(\d+(?:\.\d+)?)( (?:°C|%|min|h|GiB|s|kWh))(?:\W.*)?")
_AMOUNT = re.compile(r"(-?\d+(?:\.\d+)?)(?: ([A-Z]{3}))? per (kWh|hour)")
_LACKS = {NO_TARIFF: "no tariff", NO_INCOME: "no rate"}
_LACK_CELLS = 44
_SHORT = 1
_AT_LEAST = (GuardKind.DISK, GuardKind.BATTERY, GuardKind.PROFIT)
_BORDERS = 2
_MONEY = (GuardKind.PRICE, GuardKind.PROFIT)
_FOLLOWS = {Rung.STOP: "stop; memory free in 5 s", Rung.SUSPEND: "suspend; memory kept"}
_OFF = "Nothing runs: no agent keeps to this. netmind agent run starts one, netmind agent install keeps one."
Part = tuple[Guard, list[GuardFact]]


def parts(guards: Sequence[Guard], facts: Sequence[GuardFact]) -> list[Part]:
    """Each guard with what it sees of devices that stand alike: those that deny first, then those that are blind."""
    found = [part for guard in guards for part in _groups(guard, facts)]
    return sorted(found, key=lambda part: _rank(part[1]))


def listed(state: State) -> list[Part]:
    """The guards of what is drawn; one that the draft has otherwise has not been read so yet."""
    policy, told = schedule_page.policy(state), schedule_page.terms(state)
    if policy is None:
        return []
    status = state.node.status if state.node.is_there else None
    return parts(
        policy.guards, _read(policy, told.policy if told is not None else None, status.facts if status else ())
    )


def guard_at(state: State, row: int) -> Guard | None:
    """The guard of a row."""
    found = listed(state)
    return found[row][0] if 0 <= row < len(found) else None


def height(state: State, cells: int, glyphs: Glyphs) -> int:
    """The rows that all of it would take at its shortest."""
    return sum(map(len, _drawn_all(state, cells - 4, 0, glyphs))) + len(_below(state, cells - 4)) + _BORDERS


def box(state: State, cells: int, rows: int, glyphs: Glyphs, *, focused: bool) -> list[Line]:
    """The guards, and what does not fit is reached with the cursor."""
    inner, room = cells - 4, rows - _BORDERS
    below = _below(state, inner)
    found = _drawn_all(state, inner, room - len(below), glyphs)
    if sum(map(len, found)) + len(below) > room:
        below = []
    row = state.view.row(BOX)
    if focused and listed(state) and row < len(found):
        first, *rest = found[row]
        found[row] = [tuple(Span(each.text, "chosen") for each in first), *rest]
    lines = [
        tuple(Span(span.text, span.role, f"row {BOX} {place}") for span in each)
        for place, part in enumerate(found)
        for each in part
    ]
    hidden = max(0, len(lines) + len(below) - room)
    start = min(sum(map(len, found[:row])), hidden) if focused else 0
    shown = lines[start : start + room - len(below)]
    gap: list[Line] = [()] * max(0, room - len(shown) - len(below))
    keys = [Span("↑ ↓", "key"), Span(f" {hidden} more  ", "dim")] if hidden else []
    edits = not state.view.read_only and listed(state)
    keys += [Span("g", "key", "limit"), Span(" edit", "dim", "limit")] if edits else []
    signs = (("pass", "allows"), ("warn", "denies"))
    legend = "  ".join((*(f"{glyphs.marks[mark]} {word}" for mark, word in signs), "? unknown"))
    made = Box(
        BOX,
        line(Span("rules, live" if state.node.is_there else "rules", "title")),
        [*shown, *gap, *below],
        keys=tuple(keys),
        legend=line(Span(legend, "dim")) if state.node.is_there and listed(state) else (),
    )
    return framed(made, cells, rows, glyphs, focused=focused)


def _read(policy: Policy, told: Policy | None, facts: Sequence[GuardFact]) -> list[GuardFact]:
    same = {each.kind for each in policy.guards if told is not None and each in told.guards}
    return [each for each in facts if each.kind in same]


def _groups(guard: Guard, facts: Sequence[GuardFact]) -> list[Part]:
    """What it sees, of devices that stand alike together."""
    groups: dict[tuple[bool, str | None], list[GuardFact]] = {}
    for fact in facts:
        if fact.kind is guard.kind:
            groups.setdefault((fact.denies, fact.unknown), []).append(fact)
    return [(guard, group) for group in groups.values()] or [(guard, [])]


def _rank(group: Sequence[GuardFact]) -> int:
    if not group:
        return 3
    return 0 if group[0].denies else 1 if group[0].unknown is not None else 2


def _drawn_all(state: State, cells: int, rows: int, glyphs: Glyphs) -> list[list[Line]]:
    """The lines of each guard, with limits and sources as far as there is room for all of them."""
    found: list[list[Line]] = []
    known = listed(state)
    for detail in _DETAILS:
        found = [_drawn(state, guard, group, cells, glyphs, detail) for guard, group in known]
        if sum(map(len, found)) <= rows:
            break
    policy = schedule_page.policy(state)
    if policy is not None and not known:
        found.append(wrap("No guards: nothing takes a device away within its windows.", cells, "dim"))
    kinds = {guard.kind for guard, _ in known}
    missing = [each for each in _MONEY if each not in kinds]
    return [
        *found,
        *([line(Span("− ", "dim"), column(each.value, _NAME, "dim"), Span(_none(state), "dim"))] for each in missing),
    ]


def _below(state: State, cells: int) -> list[Line]:
    """What giving way means, of the ways that the guards have; without an agent, that nobody looks."""
    policy = schedule_page.policy(state)
    if policy is None:
        return []
    if not state.node.is_there:
        return wrap(_OFF, cells, "strong")
    found: list[Line] = []
    for rung, words in _FOLLOWS.items():
        names = dict.fromkeys(each.kind.value for each in policy.guards if each.give_way is rung)
        if names:
            found += wrap(f"{', '.join(names)} → {words}", cells, "dim")
    return found


def _drawn(
    state: State, guard: Guard, group: Sequence[GuardFact], cells: int, glyphs: Glyphs, detail: int
) -> list[Line]:
    sign, role, words = _said(state, guard, group, glyphs, detail)
    first, *rest = wrap(words, cells - _NAME - 2, "dim" if not group else "text")
    name = column(guard.kind.value, _NAME, role if role == "gave-way" else "dim")
    drawn = [line(Span(f"{sign} ", role), name, *first)]
    return [*drawn, *(line(" " * (_NAME + 2), *each) for each in rest)]


def _said(state: State, guard: Guard, group: Sequence[GuardFact], glyphs: Glyphs, detail: int) -> tuple[str, str, str]:
    """The sign, its role and the words."""
    if not group:
        return glyphs.marks["to come"], "dim", _unread(state, guard)
    one = group[0]
    who = ranges([each.device for each in group if each.device is not None])
    about = f"{who}: " if who and len(_all_of(state, guard)) > 1 else ""
    if one.unknown is not None:
        why = _blind(guard, one, is_short=detail <= _SHORT)
        return "?", "warn", f"{about}{why}{';' if ':' in why else ':'} {_then(guard, one)}"
    words = f"{about}{_values(group)}"
    if one.limit and one.value != NONE_HERE:
        words = f"{about}{_of_limit(_values(group), guard, _money(one.limit), is_short=detail <= _SHORT)}"
    if one.source and detail != 2 and detail:  # noqa: PLR2004 - see _DETAILS
        words += f" ({one.source})"
    if one.denies:
        return glyphs.marks["warn"], "gave-way", words
    return glyphs.marks["pass"], "good", words


def _all_of(state: State, guard: Guard) -> list[GuardFact]:
    status = state.node.status
    return [each for each in status.facts if each.kind is guard.kind] if status is not None else []


def _blind(guard: Guard, fact: GuardFact, *, is_short: bool) -> str:
    """Why it sees nothing; of money in a few words, where there is room for no more."""
    why = fact.unknown or ""
    if guard.kind not in _MONEY:
        return why
    return _LACKS.get(why) or (shortened(why, _LACK_CELLS) if is_short else why)


def _none(state: State) -> str:
    """Of a limit that the owner has not set: what it would be held against."""
    worth = money_page.money(state).worth
    power = None if worth is None else worth.power
    return "no tariff" if power is None else "no limit of yours"


def _money(words: str) -> str:
    """An amount as the screens have it: ``0.31 EUR/kWh`` of ``0.310000000 EUR per kWh``; other words as they are."""
    found = _AMOUNT.fullmatch(words)
    if found is None:
        return words
    return f"{figure(Decimal(found[1]))} {found[2] or ''}/{'h' if found[3] == 'hour' else found[3]}".replace(" /", "/")


def _unread(state: State, guard: Guard) -> str:
    limit, told = _money(limit_words(guard) or ""), schedule_page.terms(state)
    bound = "least" if guard.kind in _AT_LEAST else "limit"
    if state.node.is_there:
        is_new = told is not None and guard not in told.policy.guards
        return f"{bound} {limit}, once it is saved" if is_new else "no device to look at"
    return f"{bound} {limit}" if limit else ""


def _of_limit(values: str, guard: Guard, limit: str, *, is_short: bool) -> str:
    """``68 of 80 °C`` where both are figures of one unit; where that is all there is room for, without other words."""
    if guard.kind is GuardKind.EXCLUSIVE:
        return values if is_short else f"{values}: {limit}"
    in_words = _IN_WORDS if is_short and guard.kind not in _MONEY else _FIGURE
    read, bound = in_words.fullmatch(values), _FIGURE.fullmatch(limit)
    if read is not None and bound is not None and read[2] == bound[2]:
        if guard.kind in _AT_LEAST:
            return f"{read[1]}{read[2]}, least {bound[1]}"
        back = f", −{guard.margin:g}" if guard.kind is GuardKind.TEMPERATURE and guard.margin else ""
        return f"{read[1]} of {bound[1]}{back}{bound[2]}"
    return f"{values}, {'least' if guard.kind is GuardKind.PROFIT else 'limit'} {limit}"


def _then(guard: Guard, fact: GuardFact) -> str:
    """What holds while it cannot be seen."""
    if guard.on_unknown is None and not fact.was_known:
        return "waits for your answer"
    return "runs all the same" if guard.on_unknown is OnUnknown.RUN and not fact.was_known else "paused"


def _values(group: Sequence[GuardFact]) -> str:
    """What is read: of several devices from the least to the most, where these are figures of one unit."""
    values = list(dict.fromkeys(_money(each.value) for each in group if each.value is not None))
    found = [match for value in values if (match := _FIGURE.fullmatch(value)) is not None]
    if len(values) > 1 and len(found) == len(values) and len({match[2] for match in found}) == 1:
        figures = sorted((match[1] for match in found), key=float)
        return f"{figures[0]}–{figures[-1]}{found[0][2]}"
    return values[0] if len(values) == 1 else "; ".join(values) if values else "nothing yet"
