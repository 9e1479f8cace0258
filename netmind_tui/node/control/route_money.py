"""The routes of money: what a period came to, the energy that it took, and what power costs. They change nothing."""

from collections.abc import Sequence

from netmind_tui.model.control import PeriodQuery, Role
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.period import NAMED, PeriodName
from netmind_tui.model.problem import Problem, nearest
from netmind_tui.node.control.asked import SHOWN, Call, Route, moment_of, span_of
from netmind_tui.node.control.node import Node

_EARNED_BY = ("device", "payer", "workload")
_USED_BY = ("device", "day")
_A_DAY_S = 86_400.0
_PERIOD = ("period", "start", "end", "by")


async def _earnings(node: Node, call: Call) -> object:
    return await node.earnings(period_query(call, _EARNED_BY))


async def _energy(node: Node, call: Call) -> object:
    return await node.energy(period_query(call, _USED_BY))


async def _prices(node: Node, call: Call) -> object:
    if not call.query.get("end", ("",))[0]:
        # Of prices it is what comes that one asks for.
        start = moment_of(call, "start") or call.now
        return await node.prices(start, None)
    return await node.prices(*span_of(call, _A_DAY_S))


def period_query(call: Call, ways: Sequence[str]) -> PeriodQuery:
    """Which period is asked for, and in which of the ways it is to be told apart."""
    by = _word(call, "by", ways)
    name = _word(call, "period", NAMED)
    is_between = any(call.query.get(each, ("",))[0] for each in ("start", "end"))
    if not is_between:
        return PeriodQuery(period=PeriodName(name) if name else PeriodName.MONTH, by=by)
    if name is not None:
        raise Problem("period and start or end exclude each other: give one of them", ExitCode.USAGE)
    start, end = span_of(call, _A_DAY_S)
    return PeriodQuery(period=PeriodName.BETWEEN, start=start, end=end, by=by)


def _word(call: Call, name: str, known: Sequence[str]) -> str | None:
    word = call.query.get(name, ("",))[0]
    if word and word not in known:
        raise Problem(f"{name} {word[:SHOWN]!r}: {nearest(word, [str(each) for each in known])}", ExitCode.USAGE)
    return word or None


MONEY_ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/v1/earnings",
        Role.READ,
        "What a period came to, by the ledger.",
        _earnings,
        query=_PERIOD,
        is_long=True,
    ),
    Route("GET", "/v1/energy", Role.READ, "The energy of a period.", _energy, query=_PERIOD, is_long=True),
    Route("GET", "/v1/prices", Role.READ, "What power costs, slot by slot.", _prices, query=("start", "end")),
)
