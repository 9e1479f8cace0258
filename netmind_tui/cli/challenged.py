"""Being challenged, for the commands that ask for it: words for whoever watches, and a code where it fails."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from netmind_tui.certify import challenged as core
from netmind_tui.certify.challenge.node import FoundWrong
from netmind_tui.cli import diagnostics
from netmind_tui.cli.proof_progress import ProofProgress
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

if TYPE_CHECKING:
    from netmind_tui.certify.challenge.node import Node, Taken
    from netmind_tui.certify.node_key import NodeKey
    from netmind_tui.model.certificate import Scope
    from netmind_tui.model.verdict import SignedVerdict


@dataclass(frozen=True, slots=True)
class Challenged:
    """A verdict, or the code with which a command ends that goes on without one."""

    signed: "SignedVerdict | None"
    code: ExitCode


def open_node(url: str, key: "NodeKey", option: str = "--challenger") -> "Node":
    """A node at the line of the challenger at a URL, which says what happens.

    Raises:
        Problem: it is no such URL, or this program's chains cannot be read.
    """
    return core.open_node(url, key, option=option, tell=_say)


def challenged(node: "Node", key: "NodeKey", names: tuple[str, ...], scope: "Scope") -> Challenged:
    """Be challenged with devices; whatever comes between is told, and the command goes on without a verdict."""
    try:
        taken = take(node, key, names, scope)
    except Problem as problem:
        diagnostics.warn(f"{problem.sentence}; it is certified without a challenge")
        return Challenged(None, ExitCode.FAILED if isinstance(problem, FoundWrong) else ExitCode.UNMEASURED)
    return Challenged(taken.signed, ExitCode.OK)


def take(
    node: "Node",
    key: "NodeKey",
    names: tuple[str, ...],
    scope: "Scope",
    call: str | None = None,
    *,
    seconds: float | None = None,
) -> "Taken":
    """Be challenged with the named devices, or all; how far that is, and what the clocks said, is told.

    It takes ``seconds`` at most, where they are given.

    Raises:
        Problem: as ``Node.take``, or no device can compute, or one is held by somebody else.
    """
    most = {} if seconds is None else {"seconds": seconds}
    with ProofProgress() as progress:
        taken = core.take(node, key, names, scope, call, progress, **most)
    _say(core.clocks(taken))
    return taken


def _say(sentence: str) -> None:
    diagnostics.say(f"netmind: {sentence}")
