"""Being challenged, for the commands that ask for it: the node's end of the line, with words for whoever watches."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from netmind_tui.certify.challenge.clock import RealClock
from netmind_tui.certify.challenge.line import Line, read_url
from netmind_tui.certify.challenge.node import Node, Taken
from netmind_tui.certify.moment import written
from netmind_tui.cli import diagnostics
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.model.quantity import quantity

if TYPE_CHECKING:
    from netmind_tui.certify.challenge.team import Team
    from netmind_tui.certify.node_key import NodeKey
    from netmind_tui.model.certificate import Scope
    from netmind_tui.model.verdict import SignedVerdict

_STEP = 0.25


@dataclass(frozen=True, slots=True)
class Challenged:
    """A verdict, or the code with which a command ends that goes on without one."""

    signed: "SignedVerdict | None"
    code: ExitCode


def open_node(url: str, key: "NodeKey", option: str = "--challenger") -> Node:
    """A node at the line of the challenger at a URL.

    Raises:
        Problem: it is no such URL, or this program's chains cannot be read.
    """
    from netmind_tui.bench.chain_catalog import open_chains  # noqa: PLC0415 - beside its use

    line = Line(read_url(url, option))
    return Node(line, key, open_chains(), RealClock(), pause=time.sleep, tell=_say)


def challenged(node: Node, key: "NodeKey", names: tuple[str, ...], scope: "Scope") -> Challenged:
    """Be challenged with devices; whatever comes between is told, and the command goes on without a verdict."""
    try:
        taken = take(node, key, names, scope)
    except Problem as problem:
        diagnostics.warn(f"{problem.sentence}; it is certified without a challenge")
        return Challenged(None, ExitCode.FAILED if problem.code is ExitCode.FAILED else ExitCode.UNMEASURED)
    return Challenged(taken.signed, ExitCode.OK)


def take(
    node: Node,
    key: "NodeKey",
    names: tuple[str, ...],
    scope: "Scope",
    call: str | None = None,
    tell: Callable[[float], None] = lambda _part: None,
) -> Taken:
    """Be challenged with the named devices, or all.

    Raises:
        Problem: as ``Node.take``, or no device can compute, or one is held by somebody else.
    """
    from netmind_tui.certify.challenge.team import find_team  # noqa: PLC0415 - 60 ms that only proving needs
    from netmind_tui.paths import lock_dir  # noqa: PLC0415 - beside its use

    node.challenger()  # nobody looks for devices where nobody asks
    team: Team = find_team(names, scope)
    progress = _Progress(tell)
    with team.held(written(datetime.now(UTC)), lock_dir()):
        taken = node.take(team.devices, lambda spec: team.prover(spec, key.public, progress), call)
    verdict = taken.signed.verdict
    rate = quantity(verdict.rate_tops * 1e12, "OP/s")
    _say(f"the challenger's clock: {verdict.elapsed_s:.3f} s, {rate}; by this node's own {taken.own_s:.3f} s")
    return taken


class _Progress:
    """Says how far a proof is, in a few lines."""

    def __init__(self, tell: Callable[[float], None]) -> None:
        self._tell, self._next = tell, _STEP

    def __call__(self, part: float) -> None:
        self._tell(part)
        if self._next <= part < 1:
            _say(f"proving, {part:.0%}")
            self._next = part + _STEP


def _say(sentence: str) -> None:
    diagnostics.say(f"netmind: {sentence}")
