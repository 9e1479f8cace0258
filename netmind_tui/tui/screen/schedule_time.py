"""How it was and will be with every rule applied, and below it what changes next, and why."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from netmind_tui.model.selector import ranges
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.node_word import ROLES, clock_words, spoken
from netmind_tui.tui.picture import Box, Line, Span, column, fit, framed, line
from netmind_tui.tui.screen import time_line
from netmind_tui.tui.state import State

if TYPE_CHECKING:
    from netmind_tui.model.contribution import Contribution
    from netmind_tui.model.timeline import Span as Stretch

_WHEN = 11
_BORDERS = 2


def time(state: State, cells: int, rows: int, glyphs: Glyphs) -> list[Line]:
    """The line of time, and as many of the coming changes as there is room for."""
    inner = cells - 4
    lines = [fit(each, inner) for each in time_line.drawn(state, inner, glyphs, cursor=False)]
    lines += _changes(state, inner, rows - _BORDERS - len(lines), glyphs)
    title = line(Span("every rule applied", "title"))
    box = Box("time", title, lines, legend=time_line.legend(state, inner, glyphs))
    return framed(box, cells, rows, glyphs)


def _changes(state: State, cells: int, rows: int, glyphs: Glyphs) -> Sequence[Line]:
    told, now = state.node.timeline, time_line.now_of(state)
    if told is None or now is None or rows <= 0:
        return []
    found: dict[tuple[object, Contribution, str], list[tuple[str, Stretch]]] = {}
    for each in told.devices:
        for before, span in zip(each.spans, each.spans[1:], strict=False):
            if span.start > now and (span.state, span.code) != (before.state, before.code):
                found.setdefault((span.start, span.state, span.code), []).append((each.device, span))
    coming = sorted(found.values(), key=lambda each: each[0][1].start)
    if not coming:
        return [line(Span("nothing changes by the rules in that time", "dim"))]
    lines = []
    for group in coming[:rows]:
        span = group[0][1]
        who = f"{ranges([device for device, _ in group])} " if len(told.devices) > 1 else ""
        sign = Span(f"{glyphs.states[span.state]} {spoken(span.state)} ", ROLES[span.state])
        guess = ", if it stays so" if span.is_expected else ""
        said = span.sentence.removesuffix(f" of {group[0][0]}")
        why = Span(f"{who}{said}{guess}")
        lines.append(fit(line(column(clock_words(span.start, now), _WHEN, "dim"), sign, why), cells))
    return lines
