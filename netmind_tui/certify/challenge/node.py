"""The node's side of a challenge: it answers, and believes the challenger nothing that it can check."""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isclose
from typing import TypeVar

from netmind_tui.certify.challenge.clock import Clock
from netmind_tui.certify.challenge.desk import ROWS_OPENED
from netmind_tui.certify.challenge.line import Gone, Line
from netmind_tui.certify.challenge.message import (
    NONCE_BYTES,
    About,
    Asked,
    Call,
    Checking,
    Committed,
    Draw,
    Greeting,
    Hello,
    Opened,
    Ready,
    Start,
    Waiting,
    heard,
    say,
    written,
)
from netmind_tui.certify.challenge.verdict import read_verdict
from netmind_tui.certify.moment import read_moment
from netmind_tui.certify.moment import written as in_words
from netmind_tui.certify.node_key import NodeKey
from netmind_tui.certify.proof.prover import Prover
from netmind_tui.certify.refused import Refused
from netmind_tui.certify.statement import short
from netmind_tui.model.certificate import Initiator
from netmind_tui.model.chain import ChainSpec, chain_for
from netmind_tui.model.kernel import Provider
from netmind_tui.model.verdict import ChallengeVerdict, SignedVerdict

T = TypeVar("T")

CHECK = "challenge"
_MOST_WAITS = 600
_LONGEST_WAIT_S = 30.0
_SLACK_S = 0.25  # clocks of two machines: what may lie between them besides their drift
_DRIFT = 1.02
_SKEW = timedelta(minutes=4)  # less than a verifier bears: what is accepted here holds there
_LONGEST = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices:
    """What is challenged: devices of one provider, by the words that the certificate has for them."""

    provider: Provider
    words: tuple[str, ...]
    memory_bytes: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A challenge that was passed: its verdict, the envelope that it came in, and the node's own time for it."""

    envelope: bytes
    signed: SignedVerdict
    own_s: float


class Node:
    """A node at the line of one challenger."""

    def __init__(
        self,
        line: Line,
        key: NodeKey,
        chains: Iterable[ChainSpec],
        clock: Clock,
        *,
        pause: Callable[[float], None],
        tell: Callable[[str], None] = lambda _sentence: None,
    ) -> None:
        """Make one.

        Args:
            line: To the challenger.
            key: The node's own.
            chains: Those of the node's own catalogue.
            clock: By which the node checks the challenger's.
            pause: Waits so many seconds.
            tell: Is told what happens.
        """
        self._line, self._key, self._chains, self._clock = line, key, tuple(chains), clock
        self._pause, self._tell = pause, tell
        self._challenger = ""

    def challenger(self) -> str:
        """The challenger's key.

        Raises:
            Problem: it cannot be reached, or does not say who it is.
        """
        if not self._challenger:
            about, key = heard(self._line.ask("/v1/challenger"), About, "the challenger's word about itself")
            if about.challenger != key:
                raise Refused(CHECK, f"the challenger says it is {short(about.challenger)} and signs as {short(key)}")
            self._challenger = key
        return self._challenger

    def wait(self, at_most: int, seconds: int, within: tuple[tuple[int, int], ...]) -> Call:
        """Ask whether this is the moment.

        Raises:
            Problem: the challenger cannot be reached, or does not want this node.
        """
        waiting = Waiting(
            challenger=self.challenger(),
            nonce=secrets.token_hex(NONCE_BYTES),
            at_most=at_most,
            seconds=seconds,
            within=within,
        )
        call = self._answer("/v1/waiting", waiting, Call, "the challenger's call")
        self._same("node", call.node, self._key.public)
        self._same("nonce", call.answers, waiting.nonce)
        return call

    def take(self, devices: Devices, prover_for: Callable[[ChainSpec], Prover], call: str | None = None) -> Taken:
        """Be challenged.

        Args:
            devices: With what.
            prover_for: Makes who proves a chain.
            call: The word of a call, where the challenger chose the moment.

        Raises:
            Problem: the challenger cannot be reached, turns the node away, says what cannot be true, or finds the
                proof wrong.
        """
        hello = Hello(
            challenger=self.challenger(),
            nonce=secrets.token_hex(NONCE_BYTES),
            provider=devices.provider.value,
            devices=devices.words,
            memory_bytes=devices.memory_bytes,
            call=call,
        )
        greeting = self._answer("/v1/hello", hello, Greeting, "the challenger's greeting")
        self._same("node", greeting.node, self._key.public)
        self._same("nonce", greeting.answers, hello.nonce)
        spec = self._spec(greeting, devices)
        prover = prover_for(spec)
        try:
            return self._proved(greeting, prover, Initiator.NODE if call is None else Initiator.CHALLENGER)
        finally:
            prover.close()

    def _proved(self, greeting: Greeting, prover: Prover, initiator: Initiator) -> Taken:
        self._tell(f"challenged with {prover.spec.name} by {short(self.challenger())}: making ready")
        prover.prepare(bytes.fromhex(greeting.nonce1))
        before = self._clock.elapsed()
        ready = Ready(session=greeting.session, nonce1=greeting.nonce1)
        start = self._answer("/v1/ready", ready, Start, "the challenger's start")
        began = self._clock.elapsed()
        self._same("session", start.session, greeting.session)
        self._same("nonce1", start.nonce1, greeting.nonce1)
        if start.nonce2 == start.nonce1:
            raise Refused(CHECK, "the challenger gave the same nonce twice")
        root = prover.prove(bytes.fromhex(start.nonce2)).hex()
        done = self._clock.elapsed()
        committed = Committed(session=greeting.session, nonce2=start.nonce2, root=root)
        draw = self._answer("/v1/committed", committed, Draw, "the challenger's draw")
        self._check_draw(draw, committed, prover, own_s=done - began, around_s=self._clock.elapsed() - before)
        rows = written(prover.open(draw.rows))
        opened = Opened(session=greeting.session, root=root, rows=rows)
        envelope = self._verdict(opened)
        signed = read_verdict(envelope, "the challenger's verdict")
        if signed.verdict.challenger_key != self.challenger():
            raise Refused(CHECK, f"the verdict is signed by {short(signed.verdict.challenger_key)}, another challenger")
        if signed.verdict.verdict != "passed":
            raise Refused(CHECK, f"the challenger found the proof wrong: {signed.verdict.reason}")
        self._check_verdict(signed.verdict, greeting, draw, prover, initiator)
        return Taken(envelope=envelope, signed=signed, own_s=done - began)

    def _verdict(self, opened: Opened) -> bytes:
        """Open the rows, and ask until there is a verdict."""
        answer = self._line.ask(f"/v1/opened/{opened.session}", say(opened, self._key.private))
        asked = say(Asked(session=opened.session, root=opened.root), self._key.private)
        for _ in range(_MOST_WAITS):
            try:
                checking, key = heard(answer, Checking, "the challenger's answer")
            except Refused:
                return answer  # a verdict, or nothing that can be read as one
            self._same("key", key, self.challenger())
            self._same("session", checking.session, opened.session)
            self._pause(min(max(checking.again_s, 0.0), _LONGEST_WAIT_S))
            answer = self._line.ask("/v1/asked", asked)
        raise Gone("the challenger does not come to a verdict")

    def _spec(self, greeting: Greeting, devices: Devices) -> ChainSpec:
        """The chain that the challenger means, if it is one of this node's catalogue and no more than the rule asks."""
        name = f"{greeting.chain}@{greeting.chain_version}"
        spec = next((each for each in self._chains if each.name == name), None)
        if spec is None:
            raise Refused(CHECK, f"the challenger wants {name}, which is not in this node's catalogue")
        if spec.digest != greeting.chain_digest:
            raise Refused(CHECK, f"the challenger's {name} is another one than this node's")
        rule = chain_for(self._chains, devices.provider, devices.memory_bytes, spec.body)
        if spec.certifies and spec != rule:
            words = f"the rule for these devices gives {rule.name}" if rule else "the rule gives these devices no chain"
            raise Refused(CHECK, f"the challenger wants {name}, and {words}")
        return spec

    def _check_draw(self, draw: Draw, committed: Committed, prover: Prover, *, own_s: float, around_s: float) -> None:
        self._same("session", draw.session, committed.session)
        self._same("nonce2", draw.nonce2, committed.nonce2)
        self._same("root", draw.root, committed.root)
        total = prover.spec.rows * len(prover.devices)
        rows = draw.rows
        if len(rows) != min(ROWS_OPENED, total) or len(set(rows)) != len(rows):
            raise Refused(CHECK, f"the challenger draws {len(rows)} rows, {ROWS_OPENED} different ones are expected")
        if not all(0 <= row < total for row in rows):
            raise Refused(CHECK, f"the challenger draws a row that does not exist: there are {total}")
        low, high = own_s / _DRIFT - _SLACK_S, around_s * _DRIFT + _SLACK_S
        if not max(low, 0.0) <= draw.elapsed_s <= high:
            words = f"the challenger's clock says {draw.elapsed_s:.3f} s, which cannot be: by this node's own it was"
            raise Refused(CHECK, f"{words} {own_s:.3f} to {around_s:.3f} s")

    def _check_verdict(
        self, verdict: ChallengeVerdict, greeting: Greeting, draw: Draw, prover: Prover, initiator: Initiator
    ) -> None:
        """Refuse a verdict that is not about what happened here."""
        expected = {
            "node_key": self._key.public,
            "session": greeting.session,
            "initiated_by": initiator,
            "chain": prover.spec.id,
            "chain_version": prover.spec.version,
            "devices": prover.devices,
            "nonce1": greeting.nonce1,
            "nonce2": draw.nonce2,
            "root": draw.root,
            "rows_opened": len(draw.rows),
            "elapsed_s": draw.elapsed_s,
            "operations": str(prover.spec.operations * len(prover.devices)),
        }
        for name, value in expected.items():
            if getattr(verdict, name) != value:
                raise Refused(CHECK, f"the challenger's verdict is about something else: {name} is not what it was")
        for name, moment in (("started_at", verdict.started_at), ("finished_at", verdict.finished_at)):
            if not _is_now(moment, self._clock.now()):
                words = f"the challenger's verdict has {name} {moment[:40]}, and by this node's clock it is"
                raise Refused(CHECK, f"{words} {in_words(self._clock.now())}: is one wrong?")
        rate_tops = prover.spec.operations * len(prover.devices) / verdict.elapsed_s / 1e12
        if not isclose(verdict.rate_tops, rate_tops, rel_tol=1e-9):
            raise Refused(CHECK, "the challenger's rate is not the operations through its own time")

    def _answer(self, path: str, message: object, kind: type[T], what: str) -> T:
        """Say something, and hear what the challenger signs in answer."""
        found, key = heard(self._line.ask(path, say(message, self._key.private)), kind, what)
        if key != self.challenger():
            raise Refused(
                CHECK, f"{what} is signed by {short(key)}, another challenger than {short(self.challenger())}"
            )
        return found

    def _same(self, name: str, given: str, expected: str) -> None:
        if given != expected:
            raise Refused(CHECK, f"the challenger's {name} is not that of this challenge")


def _is_now(moment: str, now: datetime) -> bool:
    """Whether a moment lies within the last hour, or no further ahead than clocks differ."""
    try:
        found = read_moment(moment)
    except ValueError:
        return False
    return now - _LONGEST <= found <= now + _SKEW
