"""The state on every screen: a shape and a word, why, and until when, in as many words as there is room for."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from netmind_tui.model.contribution import Contribution
from netmind_tui.model.decision import Decision, Decisions
from netmind_tui.tui.glyph import Beyond, Glyphs
from netmind_tui.tui.node_page import Node
from netmind_tui.tui.node_word import ROLES, clock_words, length, shares, spoken
from netmind_tui.tui.picture import Line, Span, line, width
from netmind_tui.tui.state import State

_INSIDE = "inside-window"


def badge(state: State, cells: int, glyphs: Glyphs) -> Line:
    """The longest form that has room."""
    if not state.node.is_there:
        return _silent(state.node, cells, glyphs)
    decisions = state.node.decisions
    if decisions is None or not decisions.devices:
        return line(Span(f" {glyphs.states[Contribution.IDLE]} ", "idle"), Span("no decision yet", "dim"))
    now = state.at or decisions.at
    found = shares(decisions.devices)
    forms = _alike(decisions, now, glyphs) if len(found) == 1 else _mixed(state, decisions, now, glyphs)
    *longer, shortest = forms
    return next((each for each in longer if width(each) <= cells), shortest)


def _silent(node: Node, cells: int, glyphs: Glyphs) -> Line:
    """That nobody answers any more, and why."""
    off = glyphs.states[Beyond.OFF]
    if node.barred and node.is_absent and not node.place.hostname:
        forms = [(f" {off} OFF", f", {node.barred}: netmind status"), (f" {off} OFF", f", {node.barred}")]
    elif node.is_absent and not node.place.hostname:
        forms = [(f" {off} OFF", ", no agent: netmind agent run starts one"), (f" {off} OFF", ", no agent")]
    else:
        mark, name = glyphs.states[Contribution.LOST], node.place.hostname or "agent"
        why = node.silence.removeprefix(f"{name}: ") or "being reached"
        gone = f" {mark} {name} gone" if node.silence else f" {off} {name}"
        forms = [(gone, f": {why}"), (gone, f": {why.rpartition(': ')[2]}"), (gone, "")]
    role = "strong" if forms[0][0].startswith(f" {off}") else "lost"
    drawn = [line(Span(head, role), Span(rest, "dim")) for head, rest in forms]
    return next((each for each in drawn if width(each) <= cells), drawn[-1])


def _head(state: Contribution, glyphs: Glyphs) -> Span:
    return Span(f" {glyphs.states[state]} {spoken(state).upper()}", ROLES[state])


def _alike(decisions: Decisions, now: datetime, glyphs: Glyphs) -> Iterator[Line]:
    """Every device does the same."""
    first, count = decisions.devices[0], len(decisions.devices)
    head, when = _head(first.state, glyphs), first.reason.when
    # What ends on a condition does not end at the moment at which something else would.
    until = "" if when and first.reason.until is None else _until(decisions.devices, now)
    soon = until.partition(" (")[0]
    why = _why(decisions.devices)
    clause = why.partition(": ")[0]
    of = f" · {count} of {count}"
    ends = f" · {when}" if when and not until else ""
    texts = (
        f"{until}{why}{ends}{of}",
        f"{until}{why}{ends}",
        f"{until}{why}",
        f"{soon}{why}",
        f"{soon}{clause}",
        until,
        soon,
        "",
    )
    yield from (line(head, Span(text)) for text in texts)


def _mixed(state: State, decisions: Decisions, now: datetime, glyphs: Glyphs) -> Iterator[Line]:
    """How many do what: what they do for others first, then what needs attention."""
    found = shares(decisions.devices)
    lead = next((each for each in found if each[0] is Contribution.CONTRIBUTING), found[0])
    head = line(_head(lead[0], glyphs), f" {lead[1]} of {len(decisions.devices)}")
    others = [each for each in found if each is not lead]
    full = [
        part
        for what, count in others
        for part in (Span(" · ", "dim"), Span(f"{glyphs.states[what]} {count} {spoken(what)}", ROLES[what]))
    ]
    short = [Span(f" {glyphs.states[what]}{count}", ROLES[what]) for what, count in others]
    comes = _next(state, now, glyphs)
    yield line(*head, *full, Span("   ") if comes else None, *comes)
    yield line(*head, *full)
    yield line(*head, *short)
    yield head
    yield line(_head(lead[0], glyphs))


def _until(decisions: Sequence[Decision], now: datetime) -> str:
    """The soonest moment at which one of them changes."""
    moments = [moment for each in decisions if (moment := each.until or each.reason.until) is not None]
    if not moments:
        return ""
    soonest = min(moments)
    return f" until {clock_words(soonest, now)} ({length((soonest - now).total_seconds())})"


def _why(decisions: Sequence[Decision]) -> str:
    """The reason that the first has, with its window where that is the reason."""
    first = decisions[0]
    if first.reason.code == _INSIDE:
        return f" · window {first.window}" if first.window else " · inside a window"
    sentence = first.reason.sentence
    return f" · {sentence if len(decisions) > 1 else sentence.removesuffix(f' of {first.device}')}"


def _next(state: State, now: datetime, glyphs: Glyphs) -> Line:
    """What comes next of all that is foreseen."""
    told = state.node.timeline
    if told is None:
        return ()
    coming = [
        span
        for each in told.devices
        for before, span in zip(each.spans, each.spans[1:], strict=False)
        if span.start > now and span.state is not before.state
    ]
    first = min(coming, key=lambda span: span.start, default=None)
    if first is None:
        return ()
    sign = Span(f"{glyphs.states[first.state]} {spoken(first.state)}", ROLES[first.state])
    return line(Span("next ", "dim"), sign, Span(f" {clock_words(first.start, now)}", "dim"))
