"""The past as the journal tells it: how each device was, without gaps, and what that comes to by state and by day."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from netmind_tui.model.contribution import Contribution
from netmind_tui.model.event import Event, EventKind
from netmind_tui.model.timeline import DeviceLine, Span
from netmind_tui.node.journal.reader import Reader

STATE_KINDS = (
    EventKind.DECISION_CHANGED,
    EventKind.AGENT_STARTED,
    EventKind.AGENT_STOPPED,
    EventKind.AGENT_GAP,
    EventKind.MACHINE_SUSPENDED,
)
"""The events that a device's past follows from."""
NOT_YET = "not-yet"
"""The code of the time before the first agent: offline, and nobody's loss."""
_NODE = STATE_KINDS[1:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A date of the owner's calendar: for each device the seconds in each state; together the length of that day."""

    day: date
    seconds: Mapping[str, Mapping[Contribution, float]]


@dataclass(frozen=True, slots=True)
class _Mark:
    """From then on a device is so."""

    at: datetime
    state: Contribution
    code: str
    sentence: str
    window: str | None = None


def past_lines(
    reader: Reader, devices: Sequence[str], start: datetime, end: datetime, *, alive_until: datetime | None = None
) -> tuple[DeviceLine, ...]:
    """How devices were between two moments; what happened before tells how the first span began.

    Args:
        reader: The journal.
        devices: Their ids; none means each that the journal knows of then.
        start: A moment with its zone.
        end: A later one, now at the latest.
        alive_until: When the agent was last seen, where none runs now; after it devices are offline.

    Raises:
        Problem: the journal cannot be read.
    """
    before = reader.last_before(start, STATE_KINDS)
    events = (*before, *reader.events(since=start, until=end, kinds=STATE_KINDS))
    names = devices or sorted({event.device for event in events if event.device is not None})
    return lines(events, names, start, end, alive_until=alive_until)


def lines(
    events: Iterable[Event],
    devices: Sequence[str],
    start: datetime,
    end: datetime,
    *,
    alive_until: datetime | None = None,
) -> tuple[DeviceLine, ...]:
    """The same from events that are at hand, in the order of their ids."""
    told: dict[str, list[Event]] = {device: [] for device in devices}
    for event in events:
        for each in told.values() if event.kind in _NODE else [told.get(event.device or "", [])]:
            each.append(event)
    found = []
    for device, own in told.items():
        marks = _marks(own)
        if alive_until is not None and (not marks or marks[-1].state is not Contribution.OFFLINE):
            marks = [*(mark for mark in marks if mark.at < alive_until), _offline(alive_until, "no agent runs")]
        found.append(DeviceLine(device=device, spans=_spans(marks, start.astimezone(UTC), end.astimezone(UTC))))
    return tuple(found)


def totals(found: Iterable[DeviceLine]) -> dict[str, dict[Contribution, float]]:
    """The seconds that each device was in each state."""
    sums: dict[str, dict[Contribution, float]] = {}
    for line in found:
        states = sums.setdefault(line.device, {})
        for span in line.spans:
            states[span.state] = states.get(span.state, 0.0) + (span.end - span.start).total_seconds()
    return sums


def days(found: Iterable[DeviceLine], zone: tzinfo) -> tuple[Day, ...]:
    """The same for each date, from midnight to midnight on the owner's clock: 23 or 25 hours where clocks change.

    Days before the first agent are nobody's, and are not there.
    """
    sums: dict[date, dict[str, dict[Contribution, float]]] = {}
    for line in found:
        for span in line.spans:
            if span.code == NOT_YET:
                continue
            at = span.start
            while at < span.end:
                day = at.astimezone(zone).date()
                end = min(_midnight(day + timedelta(days=1), zone), span.end)
                # A zone may leap over its midnight, and back: then the date goes on.
                end = end if end > at else min(at + timedelta(hours=1), span.end)
                states = sums.setdefault(day, {}).setdefault(line.device, {})
                states[span.state] = states.get(span.state, 0.0) + (end - at).total_seconds()
                at = end
    return tuple(Day(day=day, seconds=sums[day]) for day in sorted(sums))


def _marks(events: Iterable[Event]) -> list[_Mark]:
    marks: list[_Mark] = []
    for event in events:
        at = datetime.fromisoformat(event.at)
        if event.kind is EventKind.DECISION_CHANGED:
            _put(marks, _decided(event, at))
        elif event.kind is EventKind.AGENT_STOPPED:
            _put(marks, _offline(at, event.sentence, "agent-stopped"))
        elif event.kind in (EventKind.AGENT_GAP, EventKind.MACHINE_SUSPENDED):
            since, until = _moment(event, "from") or at, _moment(event, "to") or at
            last = marks[-1] if marks else None
            _put(marks, _offline(since, event.sentence, event.kind.value))
            # The agent that was held up, or slept, goes on as before; one that begins decides anew.
            if last is not None and last.state is not Contribution.OFFLINE:
                _put(marks, _Mark(until, last.state, last.code, last.sentence, last.window))
    return marks


def _put(marks: list[_Mark], mark: _Mark) -> None:
    """Go on with a mark; one that begins earlier than others, by a clock that was set back, replaces them."""
    while marks and marks[-1].at > mark.at:
        marks.pop()
    if marks and marks[-1].at == mark.at:
        marks.pop()
    marks.append(mark)


def _decided(event: Event, at: datetime) -> _Mark:
    word, window = event.data.get("state"), event.data.get("window")
    state = Contribution(word) if word in set(Contribution) else Contribution.IDLE
    code, reason = event.data.get("code"), event.data.get("reason")
    return _Mark(at, state, str(code or ""), str(reason or event.sentence), str(window) if window else None)


def _offline(at: datetime, sentence: str, code: str = "no-agent") -> _Mark:
    return _Mark(at, Contribution.OFFLINE, code, sentence)


def _moment(event: Event, name: str) -> datetime | None:
    try:
        return datetime.fromisoformat(str(event.data[name]))
    except (KeyError, ValueError):
        return None


def _spans(marks: Sequence[_Mark], start: datetime, end: datetime) -> tuple[Span, ...]:
    first = _offline(datetime.min.replace(tzinfo=UTC), "no agent had run yet", NOT_YET)
    whole = [first, *marks]
    spans: list[Span] = []
    for place, mark in enumerate(whole):
        ends = whole[place + 1].at if place + 1 < len(whole) else end
        since, until = max(mark.at, start), min(ends, end)
        if since >= until:
            continue
        last = spans[-1] if spans else None
        if last is not None and (last.state, last.code, last.sentence) == (mark.state, mark.code, mark.sentence):
            since = spans.pop().start
        spans.append(
            Span(
                start=since,
                end=until,
                state=mark.state,
                code=mark.code,
                sentence=mark.sentence,
                window=mark.window,
            )
        )
    return tuple(spans)


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
