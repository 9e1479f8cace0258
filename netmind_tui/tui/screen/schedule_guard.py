"""What each guard sees now: what it reads, of which limit, and which devices it takes away; these come first."""

import re
from collections.abc import Sequence

from netmind_tui.model.policy import Guard, GuardKind, OnUnknown
from netmind_tui.model.selector import ranges
from netmind_tui.model.situation import GuardFact
from netmind_tui.node.sense.sensed import NONE_HERE
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.picture import Line, Span, column, line, wrap

_NAME = 13
_DETAILS = (2, 1, 0)
"""With the source, with the limit, without either."""
_FIGURE = re.compile(r"(\d+(?:\.\d+)?)( .+)")


def parts(guards: Sequence[Guard], facts: Sequence[GuardFact]) -> list[tuple[Guard, list[GuardFact]]]:
    """Each guard with what it sees of devices that stand alike: those that deny first, then those that are blind."""
    found = [part for guard in guards for part in _groups(guard, facts)]
    return sorted(found, key=lambda part: _rank(part[1]))


def drawn(
    guards: Sequence[Guard], facts: Sequence[GuardFact], cells: int, rows: int, glyphs: Glyphs
) -> list[list[Line]]:
    """The lines of each guard, with limits and sources as far as there is room for all of them."""
    if not guards:
        return [wrap("No guards: nothing takes a device away within its windows.", cells, "dim")]
    found: list[list[Line]] = []
    for detail in _DETAILS:
        found = [_drawn(guard, group, cells, glyphs, detail) for guard, group in parts(guards, facts)]
        if sum(map(len, found)) <= rows:
            break
    return found


def _groups(guard: Guard, facts: Sequence[GuardFact]) -> list[tuple[Guard, list[GuardFact]]]:
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


def _drawn(guard: Guard, group: Sequence[GuardFact], cells: int, glyphs: Glyphs, detail: int) -> list[Line]:
    sign, role, words = _said(guard, group, glyphs, detail)
    first, *rest = wrap(words, cells - _NAME - 2, "dim" if not group else "text")
    drawn = [
        line(Span(f"{sign} ", role), column(guard.kind.value, _NAME, role if role == "gave-way" else "dim"), *first)
    ]
    return [*drawn, *(line(" " * (_NAME + 2), *each) for each in rest)]


def _said(guard: Guard, group: Sequence[GuardFact], glyphs: Glyphs, detail: int) -> tuple[str, str, str]:
    """The sign, its role and the words."""
    if not group:
        return glyphs.marks["to come"], "dim", "no device to look at"
    one = group[0]
    who = ranges([each.device for each in group if each.device is not None])
    about = f"{who}: " if who else ""
    if one.unknown is not None:
        return "?", "warn", f"{about}{one.unknown}: {_then(guard, one)}"
    words = f"{about}{_values(group)}"
    if one.limit and one.value != NONE_HERE and (detail or one.denies):
        words += f": {one.limit}" if guard.kind is GuardKind.EXCLUSIVE else f", limit {one.limit}"
    if one.source and detail > 1:
        words += f" ({one.source})"
    if one.denies:
        return glyphs.marks["warn"], "gave-way", words
    return glyphs.marks["pass"], "good", words


def _then(guard: Guard, fact: GuardFact) -> str:
    """What holds while it cannot be seen."""
    if guard.on_unknown is None and not fact.was_known:
        return "waits for your answer"
    return "runs all the same" if guard.on_unknown is OnUnknown.RUN and not fact.was_known else "paused"


def _values(group: Sequence[GuardFact]) -> str:
    """What is read: of several devices from the least to the most, where these are figures of one unit."""
    values = list(dict.fromkeys(each.value for each in group if each.value is not None))
    found = [match for value in values if (match := _FIGURE.fullmatch(value)) is not None]
    if len(values) > 1 and len(found) == len(values) and len({match[2] for match in found}) == 1:
        figures = sorted((match[1] for match in found), key=float)
        return f"{figures[0]}–{figures[-1]}{found[0][2]}"
    return values[0] if len(values) == 1 else "; ".join(values) if values else "nothing yet"
