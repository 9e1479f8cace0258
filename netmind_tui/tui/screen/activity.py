"""Activity: everything that happened, newest first, each with what it cost and what would have prevented it."""

from collections.abc import Sequence
from functools import lru_cache

from netmind_tui.model.event import Event, EventKind
from netmind_tui.model.selector import ranges
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.picture import Box, Line, Span, column, fit, framed, line, wrap
from netmind_tui.tui.same import Same
from netmind_tui.tui.screen import activity_year
from netmind_tui.tui.screen.activity_event import facts
from netmind_tui.tui.screen.bench_part import cursor, scrolled
from netmind_tui.tui.screen.empty import ACTIVITY
from netmind_tui.tui.screen.event_line import Entry, entries, event_line
from netmind_tui.tui.state import State

EVENTS, YEAR = "events", "year"
ALL = "all"
_OF_WORK = ("work-", "workloads-", "memory-", "power-", "measuring-")
KINDS: dict[str, frozenset[EventKind]] = {
    ALL: frozenset(EventKind),
    "decisions": frozenset({EventKind.DECISION_CHANGED}),
    "your words": frozenset({EventKind.OVERRIDE_SET, EventKind.OVERRIDE_ENDED, EventKind.OVERRIDE_DENIED}),
    "devices": frozenset(
        {
            EventKind.DEVICE_LOST,
            EventKind.DEVICE_BACK,
            EventKind.DEVICE_REPLACED,
            EventKind.DEVICES_CHANGED,
            EventKind.DRIVER_CHANGED,
            EventKind.DRIVER_MISMATCH,
        }
    ),
    "work": frozenset(each for each in EventKind if each.value.startswith(_OF_WORK)),
    "agent": frozenset(
        each
        for each in EventKind
        if each.value.startswith(("agent-", "clock-", "machine-", "node-", "zone-", "policy-", "guard-", "limits-"))
    ),
    "money": frozenset(each for each in EventKind if each.value.startswith(("booking-", "rates-"))),
    "certificates": frozenset(each for each in EventKind if each.value.startswith("certificate-")),
    "trouble": frozenset(
        {
            EventKind.DEVICE_LOST,
            EventKind.DRIVER_MISMATCH,
            EventKind.AGENT_GAP,
            EventKind.POLICY_REFUSED,
            EventKind.GUARD_BLIND,
            EventKind.WORK_UNHEALTHY,
            EventKind.WORKLOADS_REFUSED,
            EventKind.POWER_UNCAPPED,
            EventKind.BOOKING_STOPPED,
            EventKind.BOOKING_REFUSED,
            EventKind.RATES_REFUSED,
            EventKind.CERTIFICATE_FAILED,
            EventKind.HOOK_FAILED,
            EventKind.JOURNAL_DEGRADED,
        }
    ),
}
"""Kinds of events by the word that they are chosen by."""
_YEAR_FROM_ROWS = 19
_ABOUT_ROWS = 2
_LEAST_EVENTS = 5


def devices(state: State) -> tuple[str, ...]:
    """The devices that events can be of, after the word for all."""
    return (ALL, *dict.fromkeys(each.device for each in state.node.events if each.device is not None))


def chosen(state: State) -> tuple[str, str]:
    """Of which device and of which kind events are shown."""
    device, kind = state.view.choice("activity device", ALL), state.view.choice("activity kind", ALL)
    return device if device in devices(state) else ALL, kind if kind in KINDS else ALL


def shown(state: State) -> tuple[Entry, ...]:
    """The events that are shown, the newest first."""
    return entries(_meant(Same(state.node.events), *chosen(state)))


@lru_cache(maxsize=4)
def _meant(events: Same[tuple[Event, ...]], device: str, kind: str) -> tuple[Event, ...]:
    kinds = KINDS[kind]
    return tuple(each for each in events.value if each.kind in kinds and device in (ALL, each.device))


def is_empty(state: State) -> bool:
    """Whether there is no journal to show."""
    return not state.node.is_there and not state.node.events


def boxes(state: State) -> Sequence[str]:
    """The events, then the days."""
    return ACTIVITY.boxes(state) if is_empty(state) else (EVENTS, YEAR)


def count(state: State, box: str) -> int:
    """One row an event; one a day, today first."""
    if is_empty(state):
        return 0
    return len(shown(state)) if box == EVENTS else len(state.node.days)


def opened(state: State, box: str, row: int) -> str | None:
    """The event whole, and closed again."""
    if is_empty(state) or box != EVENTS:
        return None
    return "turn event none" if is_open(state) else f"turn event {row}"


def is_open(state: State) -> bool:
    """Whether the event under the cursor is shown whole."""
    return state.view.choice("event", "none") != "none"


def twin(state: State) -> str:
    """The command that shows the same."""
    if is_empty(state):
        return ACTIVITY.twin(state)
    device, kind = chosen(state)
    host = state.node.place.hostname
    words = ["netmind log --since 7d", *([device] if device != ALL else [])]
    words += [f"--kind {each.value}" for each in EventKind if kind != ALL and each in KINDS[kind]]
    return " ".join([*words, *([f"--host {host}"] if host else [])])


def body(state: State, cells: int, rows: int, glyphs: Glyphs) -> Sequence[Line]:
    """The year over the events, or one event whole over the others."""
    if is_empty(state):
        return ACTIVITY.body(state, cells, rows, glyphs)
    found = shown(state)
    row = min(state.view.row(EVENTS), len(found) - 1)
    here = found[row] if found else None
    on_year = state.view.focus.get("activity") == YEAR
    above: list[Line] = []
    if is_open(state) and here is not None:
        above = _whole(here, cells, rows - _LEAST_EVENTS, glyphs)
    elif rows >= _YEAR_FROM_ROWS:
        above = activity_year.year(state, cells, glyphs, focused=on_year)
    return [*above, *_events(state, found, row, cells, rows - len(above), glyphs, focused=not on_year)]


def _events(
    state: State, found: Sequence[Entry], row: int, cells: int, rows: int, glyphs: Glyphs, *, focused: bool
) -> list[Line]:
    inner, room = cells - 4, max(1, rows - 2)
    about = _about(found[row], inner, glyphs) if found and not is_open(state) and room > _LEAST_EVENTS else []
    lines = []
    top = room - len(about)
    first = max(0, min(row - top // 2, len(found) - top))
    for place, entry in enumerate(found[first : first + top], start=first):
        mark = glyphs.marks["chosen"] if focused and place == row else " "
        wish = f"row {EVENTS} {place}"
        said = tuple(Span(each.text, each.role, wish) for each in event_line(entry, inner - 2, glyphs, state.at))
        lines.append(cursor(line(Span(f"{mark} ", "key", wish), *said), here=focused and place == row))
    if not found:
        lines = wrap("Nothing of that happened in the last seven days.", inner, "dim")
    lines += [()] * (top - len(lines)) + about
    device, kind = chosen(state)
    keys = line(
        Span("d", "key", "activity device"),
        Span(f" device {device}  ", "dim", "activity device"),
        Span("w", "key", "activity kind"),
        Span(f" what {kind}", "dim", "activity kind"),
    )
    several = f"{first + 1}–{min(len(found), first + top)} of {len(found)}" if len(found) > top else f"{len(found)}"
    closes = ": close" if is_open(state) else ": all of it"
    more = line(Span("enter", "key", "enter"), Span(closes, "dim", "enter"))
    title = line(Span("events", "title"), Span(f"  {several} in 7 d", "dim"))
    return framed(Box(EVENTS, title, lines, keys=keys, more=more), cells, rows, glyphs, focused=focused)


def _about(entry: Entry, cells: int, glyphs: Glyphs) -> list[Line]:
    """What the event under the cursor cost, and what would have kept it from happening; always as many lines."""
    told = dict(facts(entry))
    dash = glyphs.marks["dash"]
    rule = line(Span(("─" if glyphs.braille else "-") * cells, "border"))
    return [
        rule,
        fit(line(Span("cost       ", "dim"), told.get("cost", dash)), cells),
        fit(line(Span("prevention ", "dim"), told.get("prevention", dash)), cells),
    ]


def _whole(entry: Entry, cells: int, rows: int, glyphs: Glyphs) -> list[Line]:
    """Everything that is written down of an event."""
    inner = cells - 4
    label = max(len(name) for name, _ in facts(entry)) + 2
    lines: list[Line] = []
    for name, words in facts(entry):
        first, *rest = wrap(words, inner - label)
        lines.append(line(column(name, label, "dim"), *first))
        lines += [line(" " * label, *each) for each in rest]
    who = ranges(entry.devices)
    title = line(Span(entry.event.kind.value.replace("-", " "), "title"), Span(f"  {who}" if who else "", "strong"))
    high = min(rows, len(lines) + 2)
    return framed(Box("event", title, scrolled(lines, 0, high - 2)), cells, high, glyphs)
