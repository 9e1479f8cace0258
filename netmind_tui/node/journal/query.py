"""The questions asked of the journal, in SQL; every value is bound, none is written into the text."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from netmind_tui.model.event import Event, EventKind
from netmind_tui.node.journal.row import milliseconds

_EVENT = "SELECT id, at_ms, kind, device, body FROM event"


def select_events(
    after: int,
    since: datetime | None,
    until: datetime | None,
    devices: Sequence[str],
    kinds: Sequence[EventKind],
    limit: int | None,
    *,
    newest: bool,
) -> tuple[str, tuple[Any, ...]]:
    """Events by id, from the oldest or the newest end."""
    parts: list[tuple[str, Sequence[Any]]] = [("id > ?", (after,))]
    if since is not None:
        parts.append(("at_ms >= ?", (milliseconds(since),)))
    if until is not None:
        parts.append(("at_ms < ?", (milliseconds(until),)))
    if devices:
        parts.append((f"device IN ({_marks(devices)})", devices))
    if kinds:
        parts.append((f"kind IN ({_marks(kinds)})", kinds))
    where = " AND ".join(clause for clause, _ in parts)
    values = tuple(value for _, some in parts for value in some)
    return f"{_EVENT} WHERE {where} ORDER BY id {'DESC' if newest else 'ASC'} LIMIT ?", (
        *values,
        -1 if limit is None else limit,
    )


def select_last(moment: datetime, kinds: Sequence[EventKind]) -> tuple[str, tuple[Any, ...]]:
    """The last event of each kind and device before a moment."""
    last = f"SELECT max(id) FROM event WHERE at_ms < ? AND kind IN ({_marks(kinds)}) GROUP BY kind, device"  # noqa: S608 - question marks
    return f"{_EVENT} WHERE id IN ({last}) ORDER BY id", (milliseconds(moment), *kinds)


def matches(
    event: Event,
    after: int,
    since: datetime | None,
    until: datetime | None,
    devices: Sequence[str],
    kinds: Sequence[EventKind],
) -> bool:
    """The same question asked of an event in memory."""
    at = datetime.fromisoformat(event.at)
    return (
        event.id > after
        and (since is None or at >= since)
        and (until is None or at < until)
        and (not devices or event.device in devices)
        and (not kinds or event.kind in kinds)
    )


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
