"""An event as the journal's file holds it, and back."""

from datetime import UTC, datetime, timedelta
from typing import Any

from netmind_tui import document
from netmind_tui.model.event import Event, EventKind
from netmind_tui.node.agent.clock import stamp

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)

Row = tuple[int, int, str, str | None, bytes]
"""Id, moment in milliseconds, kind, device, and the rest as JSON."""


def milliseconds(moment: datetime) -> int:
    """A moment as the file counts it."""
    return (moment - _EPOCH) // _MS


def moment_of(at_ms: int) -> datetime:
    """The moment, in UTC."""
    return _EPOCH + at_ms * _MS


def row_of(event: Event) -> Row:
    """The row of an event that has its id."""
    rest: dict[str, Any] = {"s": event.sentence, "b": event.boot, "u": event.uptime_s}
    rest |= {key: value for key, value in (("d", event.data), ("c", event.cost), ("p", event.prevention)) if value}
    at_ms = milliseconds(datetime.fromisoformat(event.at))
    return event.id, at_ms, event.kind, event.device, document.encode(rest)


def event_of(row: Row) -> Event | None:
    """The event in a row; ``None`` where its kind is of a newer version."""
    number, at_ms, kind, device, body = row
    if kind not in _KINDS:
        return None
    rest = document.decode(body, dict, f"event {number}")
    return Event(
        id=number,
        at=stamp(moment_of(at_ms)),
        kind=_KINDS[kind],
        device=device,
        sentence=rest["s"],
        data=rest.get("d", {}),
        boot=rest["b"],
        uptime_s=rest["u"],
        cost=rest.get("c", {}),
        prevention=rest.get("p"),
    )


_KINDS = {kind.value: kind for kind in EventKind}
