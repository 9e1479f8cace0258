"""Being challenged with devices of this machine, for whoever asks for it: the command and the interface alike."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

from netmind_tui.certify.challenge.clock import RealClock
from netmind_tui.certify.challenge.deadline import LONGEST_S, Deadline
from netmind_tui.certify.challenge.line import Line
from netmind_tui.certify.challenge.node import Node, Taken
from netmind_tui.model.place import read_url
from netmind_tui.model.quantity import quantity

if TYPE_CHECKING:
    from netmind_tui.certify.node_key import NodeKey
    from netmind_tui.model.certificate import Scope


def open_node(
    url: str,
    key: "NodeKey",
    *,
    option: str = "--challenger",
    pause: Callable[[float], None] = time.sleep,
    tell: Callable[[str], None] = lambda _sentence: None,
) -> Node:
    """A node at the line of the challenger at a URL.

    Args:
        url: Where the challenger is.
        key: The node's own.
        option: What the URL was given as, for the sentence that refuses it.
        pause: Waits so many seconds; raising there ends the challenge.
        tell: Is told what happens.

    Raises:
        Problem: it is no such URL, or this program's chains cannot be read.
    """
    from netmind_tui.bench.chain_catalog import open_chains  # noqa: PLC0415 - beside its use

    return Node(Line(read_url(url, option)), key, open_chains(), RealClock(), pause=pause, tell=tell)


def take(
    node: Node,
    key: "NodeKey",
    names: tuple[str, ...],
    scope: "Scope",
    call: str | None = None,
    tell: Callable[[float], None] = lambda _part: None,
    *,
    seconds: float = LONGEST_S,
) -> Taken:
    """Be challenged with the named devices, or all; they are held until their rows are opened, and no longer.

    Args:
        node: At the challenger's line.
        key: The node's own.
        names: Of the devices.
        scope: Within what they can be recognised.
        call: The word of a call, where the challenger chose the moment.
        tell: Hears how far the proof is, and may end it by raising.
        seconds: The most that all of it may take.

    Raises:
        Problem: as ``Node.take``, or no device can compute, or one is held by somebody else.
    """
    from netmind_tui.certify.challenge.team import devices_of, find_team  # noqa: PLC0415 - 60 ms for proving alone

    deadline = Deadline(RealClock(), seconds)

    def told(part: float) -> None:
        deadline.check()
        tell(part)

    node.challenger()  # nobody looks for devices where nobody asks
    team = find_team(names, scope)
    with ExitStack() as stack:
        stack.enter_context(team.held())
        prover_for = partial(team.prover, node_key=key.public, tell=told)
        return node.take(devices_of(team), prover_for, call, deadline=deadline, opened=stack.close)


def clocks(taken: Taken) -> str:
    """What both clocks said of a challenge, in a sentence."""
    verdict = taken.signed.verdict
    rate = quantity(verdict.rate_tops * 1e12, "OP/s")
    return f"the challenger's clock: {verdict.elapsed_s:.3f} s, {rate}; by this node's own {taken.own_s:.3f} s"
