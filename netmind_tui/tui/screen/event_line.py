"""Events as lines: when, what it led to, of which devices, and what happened; what happens again and again once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from netmind_tui.model.event import Event, EventKind, beside_device
from netmind_tui.model.selector import ranges
from netmind_tui.node.journal.fold import Fold, fold
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.node_word import event_sign, length
from netmind_tui.tui.picture import Line, Span, column, fit, line, width
from netmind_tui.tui.same import Same
from netmind_tui.tui.state import State

_DEVICE = 8
_TOGETHER = timedelta(seconds=2)
_MARKS = {"dim": "dot", "good": "pass"}


@dataclass(frozen=True, slots=True)
class Entry:
    """What is told as one: events of the same kind at the same time of several devices, or of one again and again."""

    folds: tuple[Fold, ...]
    cost_s: float = 0.0

    @property
    def event(self) -> Event:
        """The one that stands for them: the last of what happened again and again."""
        first = self.folds[0]
        return first.last if first.count > 1 else first.first

    @property
    def events(self) -> tuple[Event, ...]:
        """All of them."""
        return tuple(event for each in self.folds for event in each.events)

    @property
    def devices(self) -> tuple[str, ...]:
        """Whose they are."""
        return tuple(each.first.device for each in self.folds if each.first.device is not None)


def entries(events: tuple[Event, ...]) -> tuple[Entry, ...]:
    """What happened, the newest first; ``cost_s`` is the time in which devices gave nothing because of it."""
    return _told(Same(events))


@lru_cache(maxsize=4)
def _told(events: Same[tuple[Event, ...]]) -> tuple[Entry, ...]:
    known = events.value
    found: list[list[Fold]] = []
    for each in fold(known):
        group = found[-1] if found else []
        if group and _is_same(group[-1], each) and each.first.device not in {one.first.device for one in group}:
            group.append(each)
        else:
            found.append([each])
    costs = _costs(known)
    told = (
        Entry(tuple(group), sum(costs.get(id(event), 0.0) for each in group for event in each.events))
        for group in found
    )
    return tuple(sorted(told, key=lambda entry: entry.event.at, reverse=True))


def _costs(events: Iterable[Event]) -> dict[int, float]:
    """What each took: of a state that is known once it has ended, and is then of what began it."""
    found: dict[int, float] = {}
    began: dict[str | None, Event] = {}
    for event in events:
        seconds = event.cost.get("device_s", 0.0) + event.cost.get("node_s", 0.0)
        cause = event
        if event.kind is EventKind.DECISION_CHANGED:
            cause = began.get(event.device, event) if seconds else event
            began[event.device] = event
        if seconds:
            found[id(cause)] = found.get(id(cause), 0.0) + seconds
    return found


def event_lines(state: State, cells: int, rows: int, glyphs: Glyphs) -> list[Line]:
    """The newest in so many rows."""
    return [event_line(each, cells, glyphs, state.at) for each in entries(state.node.events)[: max(0, rows)]]


def event_line(entry: Entry, cells: int, glyphs: Glyphs, now: datetime | None) -> Line:
    """One of them; with what it cost at the right where there is room."""
    event = entry.event
    state, role = event_sign(event)
    sign = glyphs.states[state] if state is not None else glyphs.marks[_MARKS.get(role, "warn")]
    at = datetime.fromisoformat(event.at).astimezone()
    is_today = now is None or at.date() == now.astimezone().date()
    who = ranges(entry.devices)
    head = line(
        Span(f"{at:%H:%M:%S}  " if is_today else f"{at:%a %H:%M} ", "dim"),
        Span(f"{sign} ", role),
        column(who, max(_DEVICE, len(who) + 1), "strong") if who else None,
        Span(sentence_of(entry), "text"),
    )
    cost = f"  cost {length(entry.cost_s)}" if entry.cost_s >= 1 else ""
    if cost and width(head) + len(cost) <= cells:
        return (*fit(head, cells - len(cost)), Span(cost, "dim"))
    return fit(head, cells)


def sentence_of(entry: Entry) -> str:
    """What happened, without the device that stands before it; a decision by its state and reason."""
    told = entry.folds[0]
    again = told.sentence.removeprefix(told.first.sentence)
    return _plain(told.first) + again


def _plain(event: Event) -> str:
    sentence, device = event.sentence, event.device
    if event.kind is EventKind.DECISION_CHANGED:
        said = str(event.data.get("state", "")).replace("-", " ")
        reason = str(event.data.get("reason", event.sentence))
        reason = reason.removeprefix(f"{device} is ").removeprefix(f"{device} ")
        sentence = reason if reason.startswith(said) else f"{said}: {reason}"
    return beside_device(sentence, device).removesuffix(f" of {device}")


def _is_same(one: Fold, other: Fold) -> bool:
    if one.count > 1 or other.count > 1 or one.first.kind is not other.first.kind:
        return False
    apart = datetime.fromisoformat(other.first.at) - datetime.fromisoformat(one.first.at)
    return apart <= _TOGETHER and _plain(one.first) == _plain(other.first)
