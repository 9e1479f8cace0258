"""Every route of the socket: what it is called, who may ask it, and what it asks of the node.

There is none that defines work, and none may be added: what runs on this machine is said in a file of its owner alone.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from netmind_tui.model.agent import OverrideRequest
from netmind_tui.model.control import Answer, EventQuery, Greeting, HistoryQuery, Lease, LeaseRequest, Role
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.override import ENDLESS
from netmind_tui.model.problem import Problem, nearest
from netmind_tui.node.control.asked import (
    LONGEST_S,
    MOST_DEVICES,
    SHOWN,
    Call,
    Route,
    as_aware,
    body_as,
    devices_of,
    event_query,
    moment_of,
    number_of,
    part_of,
    span_of,
    with_role,
)
from netmind_tui.node.control.node import Asker, Node
from netmind_tui.node.control.route_money import MONEY_ROUTES
from netmind_tui.node.control.route_work import WORK_ROUTES

SMALL_BYTES = 64 << 10
POLICY_BYTES = 256 << 10
_MOST_IN_STREAM = 500


async def _greet(_node: Node, call: Call) -> object:
    return Greeting(version=call.version, node=call.name, role=call.asker.role)


async def _status(node: Node, call: Call) -> object:
    return with_role(await node.status(), call)


async def _why(node: Node, call: Call) -> object:
    devices = devices_of(node, call.query.get("device", ()))
    if len(devices) > 1:
        raise Problem("device: why is asked of one device at a time, or of the node", ExitCode.USAGE)
    return await node.why(devices[0] if devices else None, moment_of(call, "at"))


async def _override(node: Node, call: Call) -> object:
    request = body_as(call, OverrideRequest)
    if request.kind in ENDLESS and (request.until is not None or request.for_s is not None):
        raise Problem(ENDLESS[request.kind], ExitCode.USAGE)
    if request.until is not None and request.for_s is not None:
        raise Problem("until and for_s exclude each other: give one of them", ExitCode.USAGE)
    if request.for_s is not None and not 0 < request.for_s <= LONGEST_S:
        raise Problem(f"for_s {request.for_s}: expected seconds above 0, 400 days at most", ExitCode.USAGE)
    until = None if request.until is None else as_aware(request.until, "until")
    if until is not None and until <= call.now:
        raise Problem(f"until {until.isoformat()}: that has been; give a later moment", ExitCode.USAGE)
    if until is not None and until > call.now + timedelta(seconds=LONGEST_S):
        raise Problem(
            f"until {until.isoformat()}: expected a moment within 400 days; or none, for always", ExitCode.USAGE
        )
    devices = devices_of(node, request.devices)
    checked = replace(request, devices=devices, until=until, via=call.asker.via)
    return with_role(await node.override(checked, call.asker), call)


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
    given = body_as(call, Answer)
    return with_role(await node.answer(given.question, given.answer, call.asker), call)


async def _events(node: Node, call: Call) -> object:
    return await node.events(event_query(node, call))


def _follow(node: Node, call: Call) -> AsyncIterator[object]:
    query = event_query(node, call)
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
    start, end = span_of(call, 86_400.0)
    step = number_of(call, "step_s", 0.0)
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
    start, end = span_of(call, 86_400.0)
    return await node.timeline(start, end)


def _samples(node: Node, _call: Call) -> AsyncIterator[object]:
    return node.samples()


def _lease(node: Node, call: Call) -> AsyncIterator[object]:
    request = body_as(call, LeaseRequest) if call.body else LeaseRequest()
    return _held(node, devices_of(node, request.devices), call.asker)


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
    *WORK_ROUTES,
    *MONEY_ROUTES,
)


def _history_device(node: Node, name: str) -> tuple[str, ...]:
    return (name,) if name == "host" else devices_of(node, (name,))


def find(method: str, path: str) -> Route | None:
    """The route of a request; ``None`` where there is no such path.

    Raises:
        Problem: the path is there, and takes another method.
    """
    methods = {route.method: route for route in ROUTES if part_of(route.path, path) is not None}
    if methods and method not in methods:
        raise Problem(f"{path} is asked with {' or '.join(methods)}", ExitCode.USAGE)
    return methods.get(method)


def query_fault(route: Route, query: Mapping[str, Sequence[str]]) -> str | None:
    """Why a query cannot be meant, in one sentence."""
    for name, values in query.items():
        if name not in route.query:
            known = nearest(name, list(route.query)) if route.query else "it takes none"
            return f"{route.path}: {name[:SHOWN]!r} is no parameter of it; {known}"
        if len(values) > (MOST_DEVICES if name in ("device", "kind", "metric") else 1):
            return f"{route.path}: {name} is given too often"
    return None
