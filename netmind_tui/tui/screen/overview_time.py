"""The overview's node where an agent keeps its terms: why it does what it does, what comes, and the line of time."""

from datetime import datetime

from netmind_tui.model.candidate import at_work
from netmind_tui.model.decision import Decision
from netmind_tui.model.device import DeviceKind
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.node_word import ROLES, clock_words, length, spoken
from netmind_tui.tui.picture import Box, Line, Span, fit, line
from netmind_tui.tui.screen import overview_node, time_line
from netmind_tui.tui.state import State
from netmind_tui.tui.work_page import workloads

_BORDERS, _TIME, _WHY, _MACHINE = 2, 2, 2, 2


def _is_one(state: State) -> bool:
    """Whether one device is all there is to tell of."""
    return sum(device.kind is DeviceKind.GPU for device in state.gpus) <= 1


def heights(state: State) -> tuple[int, ...]:
    """All of it; without what the machine is; the line of time alone; that without its hours."""
    why = _WHY if _is_one(state) else 0
    full = _BORDERS + _TIME + why + _MACHINE
    return tuple(dict.fromkeys((full, full - 1, full - _MACHINE, _BORDERS + _TIME, _BORDERS + 1)))


def box(state: State, cells: int, rows: int, glyphs: Glyphs, *, focused: bool) -> Box:
    """The box's words in so many rows; with the cursor in it, the cell under that is explained."""
    inner, room = cells - 4, rows - _BORDERS
    lines = time_line.drawn(state, inner, glyphs, cursor=focused)[:room]
    machine = [overview_node.host_line(state, inner, glyphs), overview_node.identity(state, inner)]
    if focused:
        told = time_line.explained(state, inner, max(1, room - len(lines)), glyphs)
        lines = [*lines[: room - 1], *told, *machine][:room]  # where there is no room, the hours make some
    else:
        above = _why(state, inner, glyphs) if _is_one(state) and room - len(lines) >= _WHY else []
        lines = [*above, *lines, *machine][:room]
    legend = time_line.legend(state, inner, glyphs)
    keys = _up(state)
    more = line(Span("← →", "key"), Span(" go through it", "dim")) if focused else _opens()
    return Box("node", line(Span("node", "title")), lines, keys=keys, legend=legend, more=more)


def _opens() -> Line:
    return line(Span("tab", "key", "focus node"), Span(": what happened", "dim", "focus node"))


def _up(state: State) -> Line:
    agent = state.node.status.agent if state.node.status is not None else None
    now = time_line.now_of(state)
    if agent is None or now is None:
        return ()
    return line(Span(f"agent up {length((now - agent.started_at).total_seconds())}", "dim"))


def _why(state: State, cells: int, glyphs: Glyphs) -> list[Line]:
    """The strongest reason and how it ends, and what comes then."""
    now = time_line.now_of(state)
    decision = next(iter(state.node.decisions.devices), None) if state.node.decisions is not None else None
    if decision is None or now is None:
        return [(), ()]
    reason = decision.reason
    more = f"; {reason.when}" if reason.when else f" ({reason.evidence})" if reason.evidence else ""
    why = line(Span("why    ", "dim"), f"{_work(state, decision)}{reason.sentence}{more}")
    return [fit(why, cells), fit(line(Span("then   ", "dim"), *_then(state, decision, now, glyphs)), cells)]


def _work(state: State, decision: Decision) -> str:
    """The work that there is, before why that may be; why there is none is the reason itself."""
    found = at_work(workloads(state), decision.device)
    return f"{found.name} {found.word}: " if found is not None else ""


def _then(state: State, decision: Decision, now: datetime, glyphs: Glyphs) -> Line:
    told = state.node.timeline
    spans = next((each.spans for each in told.devices if each.device == decision.device), ()) if told else ()
    coming = next((span for span in spans if span.start > now and span.state is not decision.state), None)
    if coming is None:
        return line(Span("the same, as far as the rules tell", "dim"))
    sign = Span(f"{glyphs.states[coming.state]} {spoken(coming.state)}", ROLES[coming.state])
    return line(sign, f" at {clock_words(coming.start, now)}, {coming.sentence}")
