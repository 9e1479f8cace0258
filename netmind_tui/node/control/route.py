"""Every route of the socket: what it is called, who may ask it, and what it asks of the node.

There is none that defines work, and none may be added: what runs on this machine is said in a file of its owner alone.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from netmind_tui.document import convert, decode
from netmind_tui.model.agent import OverrideRequest
from netmind_tui.model.control import (
    Answer,
    EventQuery,
    Greeting,
    HistoryQuery,
    Lease,
    LeaseRequest,
    Role,
)
from netmind_tui.model.event import EventKind
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.override import ENDLESS
from netmind_tui.model.problem import Problem, nearest
from netmind_tui.node.control.node import Asker, Node

T = TypeVar("T")
SMALL_BYTES = 64 << 10
POLICY_BYTES = 256 << 10
_MOST_EVENTS = 1000
_MOST_IN_STREAM = 500
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_MOST_DEVICES = 256
_LONGEST_S = 400 * 86_400.0
_SHOWN = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, once it is known who asks and that they may.

    ``match`` is the policy that is to be replaced and no other; ``turn`` is taken for what may take a while.
    """

    asker: Asker
    query: Mapping[str, Sequence[str]] = field(default_factory=dict)
    body: bytes = b""
    now: datetime
    version: str
    name: str
    match: str = ""
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


class NotFoundHere(Problem):
    """What was asked for is not on this machine."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, ExitCode.UNMEASURED)


async def _greet(_node: Node, call: Call) -> object:
    return Greeting(version=call.version, node=call.name, role=call.asker.role)


async def _status(node: Node, call: Call) -> object:
    return _told(await node.status(), call)


async def _why(node: Node, call: Call) -> object:
    devices = _devices(node, call.query.get("device", ()))
    if len(devices) > 1:
        raise Problem("device: why is asked of one device at a time, or of the node", ExitCode.USAGE)
    return await node.why(devices[0] if devices else None, _moment(call, "at"))


async def _override(node: Node, call: Call) -> object:
    request = _given(call, OverrideRequest)
    if request.kind in ENDLESS and (request.until is not None or request.for_s is not None):
        raise Problem(ENDLESS[request.kind], ExitCode.USAGE)
    if request.until is not None and request.for_s is not None:
        raise Problem("until and for_s exclude each other: give one of them", ExitCode.USAGE)
    if request.for_s is not None and not 0 < request.for_s <= _LONGEST_S:
        raise Problem(f"for_s {request.for_s}: expected seconds above 0, 400 days at most", ExitCode.USAGE)
    until = None if request.until is None else _aware(request.until, "until")
    if until is not None and until <= call.now:
        raise Problem(f"until {until.isoformat()}: that has been; give a later moment", ExitCode.USAGE)
    if until is not None and until > call.now + timedelta(seconds=_LONGEST_S):
        raise Problem(
            f"until {until.isoformat()}: expected a moment within 400 days; or none, for always", ExitCode.USAGE
        )
    devices = _devices(node, request.devices)
    checked = replace(request, devices=devices, until=until, via=call.asker.via)
    return _told(await node.override(checked, call.asker), call)


async def _policy(node: Node, _call: Call) -> object:
    return await node.policy()


async def _set_policy(node: Node, call: Call) -> object:
    try:
        text = call.body.decode()
    except UnicodeDecodeError:
        raise Problem("the policy is not UTF-8 text", ExitCode.USAGE) from None
    if call.match and (await node.policy()).sha256 != call.match:
        words = "somebody changed the policy meanwhile; nothing was written: look at it and try again"
        raise Problem(words, ExitCode.UNMEASURED)
    return await node.set_policy(text, call.asker)


async def _answer(node: Node, call: Call) -> object:
    given = _given(call, Answer)
    return _told(await node.answer(given.question, given.answer, call.asker), call)


async def _events(node: Node, call: Call) -> object:
    return await node.events(_event_query(node, call))


def _follow(node: Node, call: Call) -> AsyncIterator[object]:
    query = _event_query(node, call)
    return _told_first(node, call, replace(query, limit=min(query.limit, _MOST_IN_STREAM)))


async def _told_first(node: Node, call: Call, query: EventQuery) -> AsyncIterator[object]:
    """What happened since, a page in its turn, then what happens; nobody who does not read takes a turn."""
    more = bool(query.after) or query.since is not None
    while more:
        async with call.turn:
            page = (await node.events(query)).events
        for event in page:
            yield event
        if page:
            query = replace(query, after=page[-1].id)
        more = len(page) == query.limit
    following = node.follow(query)
    try:
        async for event in following:
            yield event
    finally:
        await following.aclose()  # type: ignore[attr-defined] # every node gives a generator


async def _history(node: Node, call: Call) -> object:
    start, end = _span(call, 86_400.0)
    step = _number(call, "step_s", 0.0)
    return await node.history(
        HistoryQuery(
            start=start,
            end=end,
            devices=tuple(each for name in call.query.get("device", ()) for each in _history_device(node, name)),
            metrics=tuple(call.query.get("metric", ())),
            step_s=step or None,
        )
    )


async def _timeline(node: Node, call: Call) -> object:
    start, end = _span(call, 86_400.0)
    return await node.timeline(start, end)


def _samples(node: Node, _call: Call) -> AsyncIterator[object]:
    return node.samples()


def _lease(node: Node, call: Call) -> AsyncIterator[object]:
    request = _given(call, LeaseRequest) if call.body else LeaseRequest()
    return _held(node, _devices(node, request.devices), call.asker)


async def _held(node: Node, devices: tuple[str, ...], asker: Asker) -> AsyncIterator[object]:
    yield Lease(state="draining", devices=devices)
    async with node.lease(devices, asker) as lease:
        yield lease
        # Until the asker hangs up, when whoever reads this closes it, or it is taken back.
        raise Problem(f"the lease is over: {await node.lease_ends(lease)}", ExitCode.UNMEASURED)


_EVENTS = ("after", "since", "until", "device", "kind", "limit")
ROUTES: tuple[Route, ...] = (
    Route("GET", "/v1", Role.READ, "Who answers, in which version, and what the asker may do.", _greet),
    Route("GET", "/v1/status", Role.READ, "How the node is now.", _status),
    Route("GET", "/v1/why", Role.READ, "Why a device, or the node, does what it does.", _why, query=("device", "at")),
    Route(
        "POST",
        "/v1/override",
        Role.CONTROL,
        "Pause, finish, stop, contribute or resume.",
        _override,
        most_bytes=SMALL_BYTES,
    ),
    Route("GET", "/v1/policy", Role.READ, "The terms in force, and their text.", _policy),
    Route("PUT", "/v1/policy", Role.POLICY, "Put other terms in force.", _set_policy, most_bytes=POLICY_BYTES),
    Route("POST", "/v1/answers", Role.POLICY, "Answer a question of the status.", _answer, most_bytes=SMALL_BYTES),
    Route("GET", "/v1/events", Role.READ, "What happened.", _events, query=_EVENTS, is_long=True),
    Route("GET", "/v1/events/stream", Role.READ, "What happens, a line each.", stream=_follow, query=_EVENTS),
    Route(
        "GET",
        "/v1/history",
        Role.READ,
        "How the devices were.",
        _history,
        query=("start", "end", "device", "metric", "step_s"),
        is_long=True,
    ),
    Route(
        "GET",
        "/v1/timeline",
        Role.READ,
        "How it was, is, and will be.",
        _timeline,
        query=("start", "end"),
        is_long=True,
    ),
    Route("GET", "/v1/samples/stream", Role.READ, "Each sample, a line each.", stream=_samples),
    Route(
        "POST",
        "/v1/lease",
        Role.CONTROL,
        "Devices for a measurement, until the asker hangs up.",
        stream=_lease,
        most_bytes=SMALL_BYTES,
    ),
)


def find(method: str, path: str) -> Route | None:
    """The route of a request; ``None`` where there is no such path.

    Raises:
        Problem: the path is there, and takes another method.
    """
    methods = {route.method: route for route in ROUTES if route.path == path}
    if methods and method not in methods:
        raise Problem(f"{path} is asked with {' or '.join(methods)}", ExitCode.USAGE)
    return methods.get(method)


def query_fault(route: Route, query: Mapping[str, Sequence[str]]) -> str | None:
    """Why a query cannot be meant, in one sentence."""
    for name, values in query.items():
        if name not in route.query:
            known = nearest(name, list(route.query)) if route.query else "it takes none"
            return f"{route.path}: {name[:_SHOWN]!r} is no parameter of it; {known}"
        if len(values) > (_MOST_DEVICES if name in ("device", "kind", "metric") else 1):
            return f"{route.path}: {name} is given too often"
    return None


def _given(call: Call, kind: type[T]) -> T:
    """The value in a request's body; ``schema`` may be left out there, and must be right where it is not."""
    found = decode(call.body, dict, "the request")
    wanted = {member.name: member.default for member in fields(kind)}.get("schema")  # type: ignore[arg-type] # all are
    if found.get("schema", wanted) != wanted:
        raise Problem(f"the request: expected schema {wanted}, found {found['schema']!s:.80}", ExitCode.USAGE)
    try:
        return convert(found, kind)
    except Problem as problem:
        raise Problem(f"the request: {problem.sentence}", ExitCode.USAGE) from problem


def _told(status: object, call: Call) -> object:
    """A status with the asker's own role in it."""
    from netmind_tui.model.agent import Status  # noqa: PLC0415 - for the check below alone

    if not isinstance(status, Status) or status.agent is None:
        return status
    return replace(status, agent=replace(status.agent, role=call.asker.role))


def _devices(node: Node, names: Sequence[str]) -> tuple[str, ...]:
    """The ids that names mean; none named is none, which means all.

    Raises:
        NotFoundHere: one is not on this machine.
    """
    if not names:
        return ()
    if len(names) > _MOST_DEVICES:
        raise Problem(f"{len(names)} devices are named, at most {_MOST_DEVICES} may be", ExitCode.USAGE)
    selection = node.select(names)
    if selection.missing:
        missing = ", ".join(selection.called(name) for name in selection.missing)
        raise NotFoundHere(f"{missing}: this node has no such device")
    return tuple(device.id for device in selection.devices)


def _history_device(node: Node, name: str) -> tuple[str, ...]:
    return (name,) if name == "host" else _devices(node, (name,))


def _event_query(node: Node, call: Call) -> EventQuery:
    kinds = []
    for word in call.query.get("kind", ()):
        if word not in tuple(EventKind):
            raise Problem(f"kind {word[:_SHOWN]!r}: {nearest(word, [*EventKind])}", ExitCode.USAGE)
        kinds.append(EventKind(word))
    limit = _number(call, "limit", 1000.0)
    if not 1 <= limit <= _MOST_EVENTS:
        raise Problem(f"limit: expected a number from 1 to {_MOST_EVENTS}", ExitCode.USAGE)
    return EventQuery(
        after=int(_number(call, "after", 0.0)),
        since=_moment(call, "since"),
        until=_moment(call, "until"),
        devices=_devices(node, call.query.get("device", ())),
        kinds=tuple(kinds),
        limit=int(limit),
    )


def _span(call: Call, otherwise_s: float) -> tuple[datetime, datetime]:
    """From ``start`` to ``end``; the last day where neither is given."""
    end = _moment(call, "end") or call.now
    start = _moment(call, "start") or end - timedelta(seconds=otherwise_s)
    if not 0 < (end - start).total_seconds() <= 2 * _LONGEST_S:
        raise Problem("start and end: expected an end after the start, 800 days later at most", ExitCode.USAGE)
    return start, end


def _moment(call: Call, name: str) -> datetime | None:
    text = call.query.get(name, ("",))[0]
    if not text:
        return None
    try:
        # A plus that was not escaped in a query has become a blank.
        moment = _aware(datetime.fromisoformat(text.replace(" ", "+")), name)
    except (ValueError, OverflowError):
        raise Problem(
            f"{name} {text[:_SHOWN]!r}: expected a moment such as 2026-11-27T18:00:00Z", ExitCode.USAGE
        ) from None
    # Beyond these nothing can be told, and a day before or a year after the calendar's own ends would be none.
    if not _FIRST <= moment < _LAST:
        raise Problem(f"{name} {text[:_SHOWN]!r}: expected a moment from 1970 to 2199", ExitCode.USAGE)
    return moment


def _aware(moment: datetime, name: str) -> datetime:
    if moment.tzinfo is None:
        raise Problem(f"{name} {moment.isoformat()}: a zone is missing, such as Z or +01:00", ExitCode.USAGE)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise Problem(f"{name} {moment.isoformat()}: that is beyond all calendars", ExitCode.USAGE) from None


def _number(call: Call, name: str, otherwise: float) -> float:
    text = call.query.get(name, ("",))[0]
    if not text:
        return otherwise
    if not text.replace(".", "", 1).isascii() or not text.replace(".", "", 1).isdigit() or len(text) > 15:  # noqa: PLR2004
        raise Problem(f"{name} {text[:_SHOWN]!r}: expected a number", ExitCode.USAGE)
    return float(text)
