"""What happened since somebody last looked: what the hours came to, and the newest of what happened."""

from datetime import datetime, timedelta

from netmind_tui.model.contribution import Contribution
from netmind_tui.model.event import EventKind
from netmind_tui.model.timeline import Timeline
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.node_word import length
from netmind_tui.tui.picture import Box, Line, Span, fit, line
from netmind_tui.tui.screen.event_line import event_lines
from netmind_tui.tui.screen.time_line import now_of
from netmind_tui.tui.state import State

_DAY = timedelta(hours=24)
_MOST_REASONS, _NAME, _HOUR_S = 2, 6, 3600


def since(state: State, cells: int, rows: int, glyphs: Glyphs) -> Box:
    """The box's words, where it has room for so many lines."""
    now, inner = now_of(state), cells - 4
    looked = state.node.looked_at
    title, lines = "the last 24 h", []
    if now is not None:
        start = now - _DAY if looked is None else looked
        title = f"since you last looked, {length((now - start).total_seconds())} ago" if looked is not None else title
        told = state.node.timeline
        lines = [fit(each, inner) for each in _totals(told, start, now, inner)] if told is not None else []
        freed = _freed(state, start)
        shown = next((each for each in freed if len(each) <= inner), freed[-1] if freed else "")
        lines += [fit(line(Span(shown, "good")), inner)] if shown else []
    lines += event_lines(state, inner, max(0, rows - len(lines)), glyphs)
    more = line(Span("7", "key", "go activity"), Span(" activity", "dim", "go activity"))
    return Box("since", line(Span(title, "title")), lines, more=more)


def _freed(state: State, start: datetime) -> tuple[str, ...]:
    """How soon the memory of a card was its owner's again, of several times at the longest; the longest form first."""
    found = [
        float(seconds)
        for each in state.node.events
        if each.kind is EventKind.MEMORY_FREED
        and isinstance(seconds := each.data.get("seconds"), int | float)
        and datetime.fromisoformat(each.at) >= start
    ]
    if not found:
        return ()
    again = f"GPU memory was yours again {'with' if len(found) > 1 else ''}in {max(found):.1f} s"
    if len(found) > 1:
        return f"{again} of being asked for, {len(found)} times", f"{again}, {len(found)} times", again
    return f"GPU memory was yours again {found[0]:.1f} s after it was asked for", again


def _totals(told: Timeline, start: datetime, now: datetime, cells: int) -> list[Line]:
    """How long devices contributed of what the windows painted, and what they gave way to."""
    gave, painted = 0.0, 0.0
    to: dict[str, float] = {}
    for each in told.devices:
        for span in each.spans:
            seconds = (min(span.end, now) - max(span.start, start)).total_seconds()
            if seconds <= 0:
                continue
            painted += seconds if span.window is not None else 0.0
            gave += seconds if span.state is Contribution.CONTRIBUTING else 0.0
            if span.state in (Contribution.GAVE_WAY, Contribution.PAUSED, Contribution.LOST):
                to[span.code] = to.get(span.code, 0.0) + seconds
    if len(told.devices) > 1:
        words, of = f"{gave / _HOUR_S:.1f}", f" of {painted / _HOUR_S:.1f} device-hours"
    else:
        words, of = length(gave), f" of {length(painted)} painted" if painted else ""
    lines = [line(Span("gave  ", "dim"), Span(words, "strong"), of)]
    taken = [f"{length(each)} to {code}" for code, each in sorted(to.items(), key=lambda item: -item[1])]
    most = next((count for count in range(_MOST_REASONS, 1, -1) if len(", ".join(taken[:count])) <= cells - _NAME), 1)
    if taken:
        lines.append(line(Span("lost  ", "dim"), ", ".join(taken[:most])))
    return lines
