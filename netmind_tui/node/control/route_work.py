"""The routes of work: how it stands, what it said and came to, and the owner's word to start and stop it."""

from netmind_tui.model.control import IntervalQuery, Role
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem, nearest
from netmind_tui.node.control.asked import (
    SHOWN,
    Call,
    NotFoundHere,
    Route,
    devices_of,
    moment_of,
    number_of,
)
from netmind_tui.node.control.node import Node

_MOST_LINES = 10_000
_MOST_INTERVALS = 1000


async def _workloads(node: Node, _call: Call) -> object:
    return await node.workloads()


async def _start(node: Node, call: Call) -> object:
    return await node.start_workload(await _named(node, call), call.asker)


async def _stop(node: Node, call: Call) -> object:
    return await node.stop_workload(await _named(node, call), call.asker)


async def _log(node: Node, call: Call) -> object:
    name = await _named(node, call)
    lines = _up_to(call, "lines", 100, _MOST_LINES)
    key = call.query.get("key", ("",))[0] or None
    found = next(each for each in (await node.workloads()).workloads if each.name == name)
    keys = [each.key for each in found.instances]
    if key is not None and key not in keys:
        raise NotFoundHere(
            f"{key[:SHOWN]}: {name} has no such instance; {nearest(key, keys) if keys else 'it has none'}"
        )
    return await node.workload_log(name, key, lines)


async def _intervals(node: Node, call: Call) -> object:
    return await node.intervals(
        IntervalQuery(
            after=int(number_of(call, "after", 0.0)),
            since=moment_of(call, "since"),
            until=moment_of(call, "until"),
            devices=devices_of(node, call.query.get("device", ())),
            workloads=tuple(call.query.get("workload", ())),
            limit=_up_to(call, "limit", _MOST_INTERVALS, _MOST_INTERVALS),
        )
    )


async def _named(node: Node, call: Call) -> str:
    """The workload that the path names.

    Raises:
        NotFoundHere: none is called so.
    """
    names = [each.name for each in (await node.workloads()).workloads]
    if call.part not in names:
        hint = nearest(call.part, names) if names else "none is defined"
        raise NotFoundHere(f"{call.part[:SHOWN]}: there is no such workload; {hint}")
    return call.part


def _up_to(call: Call, name: str, otherwise: int, most: int) -> int:
    found = number_of(call, name, float(otherwise))
    if not 1 <= found <= most:
        raise Problem(f"{name}: expected a number from 1 to {most}", ExitCode.USAGE)
    return int(found)


WORK_ROUTES: tuple[Route, ...] = (
    Route("GET", "/v1/workloads", Role.READ, "What is defined to run, and how it stands.", _workloads),
    Route("POST", "/v1/workloads/NAME/start", Role.CONTROL, "Let a workload run, wherever it may.", _start),
    Route("POST", "/v1/workloads/NAME/stop", Role.CONTROL, "Stop a workload until it is started again.", _stop),
    Route(
        "GET",
        "/v1/workloads/NAME/log",
        Role.CONTROL,
        "The last lines that a workload wrote.",
        _log,
        query=("key", "lines"),
    ),
    Route(
        "GET",
        "/v1/intervals",
        Role.READ,
        "What was worked, in pieces that never change.",
        _intervals,
        query=("after", "since", "until", "device", "workload", "limit"),
        is_long=True,
    ),
)
