"""What is asked at the socket: a request, the route that it takes, and what its words mean."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from netmind_tui.document import convert, decode
from netmind_tui.model.control import EventQuery, Role
from netmind_tui.model.event import EventKind
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem, nearest
from netmind_tui.node.control.node import Asker, Node

T = TypeVar("T")
MOST_DEVICES = 256
LONGEST_S = 400 * 86_400.0
SHOWN = 80
MOST_EVENTS = 1000
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, once it is known who asks and that they may.

    ``match`` is the policy that is to be replaced and no other; ``turn`` is taken for what may take a while. ``part``
    is what stands in the path where the route has ``NAME``.
    """

    asker: Asker
    query: Mapping[str, Sequence[str]] = field(default_factory=dict)
    body: bytes = b""
    now: datetime
    version: str
    name: str
    match: str = ""
    part: str = ""
    turn: AbstractAsyncContextManager[object] = field(default_factory=nullcontext)


@dataclass(frozen=True, slots=True)
class Route:
    """One of them. ``answer`` gives a document, or ``stream`` lines that go on until the asker hangs up.

    ``is_long``: it may take a while to work out, so that only a few are worked out at once.
    """

    method: str
    path: str
    role: Role
    meaning: str
    answer: Callable[[Node, Call], Awaitable[object]] | None = None
    stream: Callable[[Node, Call], AsyncIterator[object]] | None = None
    query: tuple[str, ...] = ()
    most_bytes: int = 0
    is_long: bool = False


PART = "NAME"


def part_of(route: str, path: str) -> str | None:
    """What a path has in the place of a route's ``NAME``, nothing where it has none; ``None`` if it is another path."""
    if PART not in route:
        return "" if path == route else None
    words, asked = route.split("/"), path.split("/")
    if len(words) != len(asked) or any(word not in (PART, own) for word, own in zip(words, asked, strict=True)):
        return None
    return asked[words.index(PART)] or None


class NotFoundHere(Problem):
    """What was asked for is not on this machine."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, ExitCode.UNMEASURED)


def body_as(call: Call, kind: type[T]) -> T:
    """The value in a request's body; ``schema`` may be left out there, and must be right where it is not."""
    found = decode(call.body, dict, "the request")
    wanted = {member.name: member.default for member in fields(kind)}.get("schema")  # type: ignore[arg-type] # all are
    if found.get("schema", wanted) != wanted:
        raise Problem(f"the request: expected schema {wanted}, found {found['schema']!s:.80}", ExitCode.USAGE)
    try:
        return convert(found, kind)
    except Problem as problem:
        raise Problem(f"the request: {problem.sentence}", ExitCode.USAGE) from problem


def with_role(status: object, call: Call) -> object:
    """A status with the asker's own role in it."""
    from netmind_tui.model.agent import Status  # noqa: PLC0415 - for the check below alone

    if not isinstance(status, Status) or status.agent is None:
        return status
    return replace(status, agent=replace(status.agent, role=call.asker.role))


def devices_of(node: Node, names: Sequence[str]) -> tuple[str, ...]:
    """The ids that names mean; none named is none, which means all.

    Raises:
        NotFoundHere: one is not on this machine.
    """
    if not names:
        return ()
    if len(names) > MOST_DEVICES:
        raise Problem(f"{len(names)} devices are named, at most {MOST_DEVICES} may be", ExitCode.USAGE)
    selection = node.select(names)
    if selection.missing:
        missing = ", ".join(selection.called(name) for name in selection.missing)
        raise NotFoundHere(f"{missing}: this node has no such device")
    return tuple(device.id for device in selection.devices)


def event_query(node: Node, call: Call) -> EventQuery:
    """Which events are asked for."""
    kinds = []
    for word in call.query.get("kind", ()):
        if word not in tuple(EventKind):
            raise Problem(f"kind {word[:SHOWN]!r}: {nearest(word, [*EventKind])}", ExitCode.USAGE)
        kinds.append(EventKind(word))
    limit = number_of(call, "limit", 1000.0)
    if not 1 <= limit <= MOST_EVENTS:
        raise Problem(f"limit: expected a number from 1 to {MOST_EVENTS}", ExitCode.USAGE)
    return EventQuery(
        after=int(number_of(call, "after", 0.0)),
        since=moment_of(call, "since"),
        until=moment_of(call, "until"),
        devices=devices_of(node, call.query.get("device", ())),
        kinds=tuple(kinds),
        limit=int(limit),
    )


def span_of(call: Call, otherwise_s: float) -> tuple[datetime, datetime]:
    """From ``start`` to ``end``; the last day where neither is given."""
    end = moment_of(call, "end") or call.now
    start = moment_of(call, "start") or end - timedelta(seconds=otherwise_s)
    if not 0 < (end - start).total_seconds() <= 2 * LONGEST_S:
        raise Problem("start and end: expected an end after the start, 800 days later at most", ExitCode.USAGE)
    return start, end


def moment_of(call: Call, name: str) -> datetime | None:
    """The moment of a parameter, if it is given."""
    text = call.query.get(name, ("",))[0]
    if not text:
        return None
    try:
        # A plus that was not escaped in a query has become a blank.
        moment = as_aware(datetime.fromisoformat(text.replace(" ", "+")), name)
    except (ValueError, OverflowError):
        raise Problem(
            f"{name} {text[:SHOWN]!r}: expected a moment such as 2026-11-27T18:00:00Z", ExitCode.USAGE
        ) from None
    # Beyond these nothing can be told, and a day before or a year after the calendar's own ends would be none.
    if not _FIRST <= moment < _LAST:
        raise Problem(f"{name} {text[:SHOWN]!r}: expected a moment from 1970 to 2199", ExitCode.USAGE)
    return moment


def as_aware(moment: datetime, name: str) -> datetime:
    """A moment in UTC, which was given with its zone."""
    if moment.tzinfo is None:
        raise Problem(f"{name} {moment.isoformat()}: a zone is missing, such as Z or +01:00", ExitCode.USAGE)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise Problem(f"{name} {moment.isoformat()}: that is beyond all calendars", ExitCode.USAGE) from None


def number_of(call: Call, name: str, otherwise: float) -> float:
    """The number of a parameter, which is none below 0."""
    text = call.query.get(name, ("",))[0]
    if not text:
        return otherwise
    if not text.replace(".", "", 1).isascii() or not text.replace(".", "", 1).isdigit() or len(text) > 15:  # noqa: PLR2004
        raise Problem(f"{name} {text[:SHOWN]!r}: expected a number", ExitCode.USAGE)
    return float(text)
