"""``netmind challenge wait``: a challenger chooses the moment, within what the owner allows."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic

from netmind_tui.certify.challenge.allowance import Allowance
from netmind_tui.certify.challenge.call import Windows
from netmind_tui.certify.challenge.line import Gone, TurnedAway
from netmind_tui.certify.challenge.node import Node, Taken
from netmind_tui.certify.identity import Identity
from netmind_tui.certify.making import Maker, check_host, make
from netmind_tui.certify.moment import written
from netmind_tui.certify.node_key import NodeKey
from netmind_tui.certify.scope import open_scope
from netmind_tui.cli import diagnostics, output
from netmind_tui.cli.challenge_serve import line_of
from netmind_tui.cli.challenged import open_node, take
from netmind_tui.cli.output import Format
from netmind_tui.document import encode
from netmind_tui.model.certificate import Scope
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.measurement import Run
from netmind_tui.model.problem import Problem
from netmind_tui.paths import certificates_dir, identity_dir, runs_dir, state_dir

_AGAIN_S = 30.0
_LEAST_S, _LONGEST_S = 0.05, 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the owner allows, and what is made of it."""

    url: str
    at_most: int
    seconds: int
    within: Windows
    devices: tuple[str, ...]
    run: str | None
    scope: str | None
    count: int | None
    form: Format


def wait(wishes: Wishes) -> ExitCode:
    """Wait for calls and answer them, until there were enough or this is stopped.

    Raises:
        Problem: the URL, the run or the key cannot be used. A challenger that is away is waited for.
    """
    scope = open_scope(wishes.scope)
    run = None if wishes.run is None else _run(wishes.run)
    identity = Identity(identity_dir())
    key = identity.signing_key(written(datetime.now(UTC)))
    node = open_node(wishes.url, key, "URL")
    allowance = Allowance(at_most=wishes.at_most, within=wishes.within, path=state_dir() / "challenges.txt")
    maker = Maker(identity=identity, folder=certificates_dir(), warn=diagnostics.warn)
    done, said = 0, ""
    while wishes.count is None or done < wishes.count:
        word, again_s, trouble = _asked(node, wishes, allowance)
        if trouble and trouble != said:
            diagnostics.warn(f"{trouble}; asking again")
        said = trouble
        if word is None:
            time.sleep(min(max(again_s, _LEAST_S), _LONGEST_S))
            continue
        allowance.use(_local())
        done += 1
        taken = _answered(node, key, wishes, scope, word)
        if taken is not None:
            verdict = taken.signed.verdict
            output.line(encode(verdict).decode() if wishes.form is Format.JSONL else line_of(verdict))
            if run is not None:
                _certify(run, maker, scope, taken)
    return ExitCode.OK


def _asked(node: Node, wishes: Wishes, allowance: Allowance) -> tuple[str | None, float, str]:
    """The word of a call, if this is the moment; when to ask again; and what is wrong, in a sentence."""
    now = _local()
    if allowance.refusal(now) is not None:
        return None, _LONGEST_S, ""
    try:
        call = node.wait(wishes.at_most, wishes.seconds, allowance.in_utc(now))
    except (Gone, TurnedAway) as problem:
        return None, _AGAIN_S, problem.sentence
    return call.call, call.again_s, ""


def _answered(node: Node, key: NodeKey, wishes: Wishes, scope: Scope, word: str) -> Taken | None:
    """Take the challenge; what comes between is told, and the next call waited for."""
    until = monotonic() + wishes.seconds

    def in_time(_part: float) -> None:
        if monotonic() > until:
            words = f"the challenge took longer than the {wishes.seconds} s that you allow, and was ended"
            raise Problem(words, ExitCode.UNMEASURED)

    try:
        return take(node, key, wishes.devices, scope, word, in_time)
    except Problem as problem:
        diagnostics.warn(problem.sentence)
        return None


def _certify(run: Run, maker: Maker, scope: Scope, taken: Taken) -> None:
    try:
        made = make(run, maker, scope, datetime.now(UTC), challenge=taken.signed)
    except Problem as problem:
        diagnostics.warn(problem.sentence)
        return
    diagnostics.say(f"netmind: certificate kept as {made.path}")


def _run(name: str) -> Run:
    from netmind_tui.bench.store import find_run  # noqa: PLC0415 - only with --run

    runs = find_run(name, runs_dir()).runs
    if len(runs) != 1:
        raise Problem(f"--run {name} means {len(runs)} runs: name one of them", ExitCode.USAGE)
    check_host(runs[0])
    return runs[0]


def _local() -> datetime:
    return datetime.now().astimezone()
