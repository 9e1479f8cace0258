"""``netmind challenge wait``: a challenger chooses the moment, within what the owner allows."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from netmind_tui.certify.challenge.allowance import Allowance
from netmind_tui.certify.challenge.hours import Windows, is_ever_within
from netmind_tui.certify.challenge.node import Node, Taken
from netmind_tui.certify.identity import Identity
from netmind_tui.certify.making import Maker, check_host, make
from netmind_tui.certify.moment import written
from netmind_tui.certify.node_key import NodeKey
from netmind_tui.certify.refused import Refused
from netmind_tui.certify.scope import open_scope
from netmind_tui.cli import diagnostics, output
from netmind_tui.cli.challenge_teller import line_of
from netmind_tui.cli.challenged import open_node, take
from netmind_tui.cli.output import Format
from netmind_tui.document import encode
from netmind_tui.model.certificate import Scope
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.measurement import Run
from netmind_tui.model.problem import Problem
from netmind_tui.paths import certificates_dir, identity_dir, runs_dir, state_dir

_AGAIN_S, _MOST_AGAIN_S = 30.0, 600.0
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
        Problem: the URL, the run, the key or the devices cannot be used, or the node retires meanwhile. A challenger
            that is away, or answers nonsense, is waited for.
    """
    if not is_ever_within(wishes.seconds, wishes.within):
        words = f"--seconds {wishes.seconds}: no span of --within is as long, so no challenge could ever begin"
        raise Problem(words, ExitCode.USAGE)
    scope = open_scope(wishes.scope)
    run = None if wishes.run is None else _run(wishes.run)
    identity = Identity(identity_dir())
    key = identity.signing_key(written(datetime.now(UTC)))
    node = open_node(wishes.url, key, "URL")
    _check_devices(wishes.devices)
    path = state_dir() / "challenges.txt"
    allowance = Allowance(at_most=wishes.at_most, within=wishes.within, seconds=wishes.seconds, path=path)
    maker = Maker(identity=identity, folder=certificates_dir(), warn=diagnostics.warn)
    asking = Asking(node, wishes, allowance, _local)
    done, passed = 0, 0
    while wishes.count is None or done < wishes.count:
        word = asking.word()
        if word is None:
            time.sleep(asking.again_s)
            continue
        done += 1
        identity.signing_key(written(datetime.now(UTC)))  # the node may have retired while this waited
        taken = _answered(node, key, wishes, scope, word)
        if taken is not None:
            passed += 1
            verdict = taken.signed.verdict
            output.line(encode(verdict).decode() if wishes.form is Format.JSONL else line_of(verdict))
            if run is not None:
                _certify(run, maker, scope, taken)
    return ExitCode.OK if passed == done else ExitCode.FAILED


class Asking:
    """Whether this is the moment: asked of the owner's allowance, then of the challenger. ``again_s`` is until next."""

    def __init__(self, node: Node, wishes: Wishes, allowance: Allowance, local: Callable[[], datetime]) -> None:
        self._node, self._wishes, self._allowance, self._local = node, wishes, allowance, local
        self._said = ""
        self._trouble_s = _AGAIN_S
        self.again_s = 0.0

    def word(self) -> str | None:
        """The word of a call, if this is the moment; what keeps it from being that is said once.

        Raises:
            Problem: what was used of the allowance cannot be read or written.
        """
        now, wishes = self._local(), self._wishes
        self.again_s = _LONGEST_S
        refused = self._allowance.refusal(now)
        if refused is not None:
            self._say(diagnostics.say, f"netmind: {refused}; waiting")
            return None
        try:
            call = self._node.wait(wishes.at_most, wishes.seconds, self._allowance.in_utc(now))
        except Problem as problem:
            if isinstance(problem, Refused):
                self._node.forget()  # whoever answers there may have another key now
            self.again_s, self._trouble_s = self._trouble_s, min(2 * self._trouble_s, _MOST_AGAIN_S)
            self._say(diagnostics.warn, f"{problem.sentence}; asking again")
            return None
        self._said, self._trouble_s = "", _AGAIN_S
        self.again_s = min(max(call.again_s, _LEAST_S), _LONGEST_S)
        if call.call is None:
            return None
        refused = self._allowance.use(self._local())
        if refused is not None:
            self._say(diagnostics.say, f"netmind: {refused}; the call is left to pass")
            return None
        return call.call

    def _say(self, tell: Callable[[str], None], sentence: str) -> None:
        if sentence != self._said:
            tell(sentence)
        self._said = sentence


def _answered(node: Node, key: NodeKey, wishes: Wishes, scope: Scope, word: str) -> Taken | None:
    """Take the challenge; what comes between is told, and the next call waited for."""
    try:
        return take(node, key, wishes.devices, scope, word, seconds=wishes.seconds)
    except Problem as problem:
        diagnostics.warn(problem.sentence)
        return None


def _certify(run: Run, maker: Maker, scope: Scope, taken: Taken) -> None:
    try:
        made = make(run, maker, scope, datetime.now(UTC), challenge=taken.signed)
    except Problem as problem:
        diagnostics.warn(problem.sentence)
        return
    if made.left_out is not None:
        diagnostics.warn(f"it would not hold with the challenger's verdict, {made.left_out}; certified without it")
    diagnostics.say(f"netmind: certificate kept as {made.path}")


def _check_devices(names: tuple[str, ...]) -> None:
    """Refuse devices that are not there, before a call is answered in vain. One that is busy now may be free then.

    Raises:
        Problem: one is not there.
    """
    from netmind_tui.certify.proof.team import look  # noqa: PLC0415 - only with names
    from netmind_tui.model.measurement import Reason  # noqa: PLC0415 - see above

    _, targets = look(names) if names else (None, ())
    absent = [each.refused.detail for each in targets if each.refused and each.refused.id is Reason.DEVICE_ABSENT]
    if absent:
        raise Problem(f"nothing can answer a challenge: {'; '.join(dict.fromkeys(absent))}", ExitCode.UNMEASURED)


def _run(name: str) -> Run:
    from netmind_tui.bench.store import find_run  # noqa: PLC0415 - only with --run

    runs = find_run(name, runs_dir()).runs
    if len(runs) != 1:
        raise Problem(f"--run {name} means {len(runs)} runs: name one of them", ExitCode.USAGE)
    check_host(runs[0])
    return runs[0]


def _local() -> datetime:
    return datetime.now().astimezone()
