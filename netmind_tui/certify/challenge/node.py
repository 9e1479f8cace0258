"""The node's side of a challenge: it answers, and believes the challenger nothing that it can check."""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, TypeVar

from netmind_tui.certify.challenge.clock import Clock
from netmind_tui.certify.challenge.deadline import Deadline
from netmind_tui.certify.challenge.doubt import agreed_chain, check_draw, check_same, check_verdict
from netmind_tui.certify.challenge.line import Line
from netmind_tui.certify.challenge.message import (
    NONCE_BYTES,
    About,
    Call,
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
)
from netmind_tui.certify.challenge.pickup import Pickup
from netmind_tui.certify.challenge.rows import written
from netmind_tui.certify.challenge.verdict import CHECK, read_verdict
from netmind_tui.certify.node_key import NodeKey
from netmind_tui.certify.proof.prover import Prover
from netmind_tui.certify.refused import Refused
from netmind_tui.certify.statement import short
from netmind_tui.model.certificate import Initiator
from netmind_tui.model.chain import ChainSpec
from netmind_tui.model.kernel import Provider
from netmind_tui.model.verdict import SignedVerdict

T = TypeVar("T")


_VERDICT_S = 900.0


class FoundWrong(Refused):
    """The challenger computed the rows again, and they are not what the node opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices:
    """What is challenged: devices of one provider, by the words that the certificate has for them."""

    provider: Provider
    words: tuple[str, ...]
    memory_bytes: tuple[int, ...]


class _Proved(NamedTuple):
    draw: Draw
    opened: Opened
    own_s: float
    ready_at: datetime


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
        self._challenger = self._before = ""

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
            if self._before not in ("", key):
                self._tell(f"the challenger is {short(key)} now, and was {short(self._before)}")
        return self._challenger

    def forget(self) -> None:
        """Ask the challenger anew who it is, the next time: somebody may have given it another key."""
        self._before, self._challenger = self._challenger or self._before, ""

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
        check_same("node", call.node, self._key.public)
        check_same("nonce", call.answers, waiting.nonce)
        return call

    def take(
        self,
        devices: Devices,
        prover_for: Callable[[ChainSpec], Prover],
        call: str | None = None,
        *,
        deadline: Deadline | None = None,
        opened: Callable[[], None] = lambda: None,
    ) -> Taken:
        """Be challenged.

        Args:
            devices: With what.
            prover_for: Makes who proves a chain.
            call: The word of a call, where the challenger chose the moment.
            deadline: By when all of it is over; an hour from now unless given.
            opened: Is called once the devices are not needed any more: the rest is waiting for the verdict.

        Raises:
            Problem: the challenger cannot be reached, turns the node away, says what cannot be true, finds the proof
                wrong, or it takes too long.
        """
        deadline = deadline or Deadline(self._clock)
        hello = Hello(
            challenger=self.challenger(),
            nonce=secrets.token_hex(NONCE_BYTES),
            provider=devices.provider.value,
            devices=devices.words,
            memory_bytes=devices.memory_bytes,
            call=call,
        )
        greeting = self._answer("/v1/hello", hello, Greeting, "the challenger's greeting", deadline)
        check_same("node", greeting.node, self._key.public)
        check_same("nonce", greeting.answers, hello.nonce)
        spec = agreed_chain(greeting, self._chains, devices.provider, devices.memory_bytes)
        prover = prover_for(spec)
        try:
            proved = self._proved(greeting, prover, deadline)
        finally:
            prover.close()
            opened()
        pickup = Pickup(self._line, self._key.private, self.challenger(), pause=self._pause, tell=self._tell)
        envelope = pickup.verdict(proved.opened, deadline.at_most(_VERDICT_S))
        signed = read_verdict(envelope, "the challenger's verdict")
        verdict = signed.verdict
        if verdict.challenger_key != self.challenger():
            raise Refused(CHECK, f"the verdict is signed by {short(verdict.challenger_key)}, another challenger")
        initiator = Initiator.NODE if call is None else Initiator.CHALLENGER
        if verdict.verdict != "passed":
            raise FoundWrong(CHECK, f"the challenger found the proof wrong: {verdict.reason}")
        check_verdict(verdict, greeting, proved.draw, prover, initiator, proved.ready_at, self._clock.now())
        return Taken(envelope=envelope, signed=signed, own_s=proved.own_s)

    def _proved(self, greeting: Greeting, prover: Prover, deadline: Deadline) -> _Proved:
        """Everything that needs the devices."""
        self._tell(f"challenged with {prover.spec.name} by {short(self.challenger())}: making ready")
        prover.prepare(bytes.fromhex(greeting.nonce1))
        deadline.check()
        before, ready_at = self._clock.elapsed(), self._clock.now()
        ready = Ready(session=greeting.session, nonce1=greeting.nonce1)
        start = self._answer("/v1/ready", ready, Start, "the challenger's start", deadline)
        began = self._clock.elapsed()
        check_same("session", start.session, greeting.session)
        check_same("nonce1", start.nonce1, greeting.nonce1)
        if start.nonce2 == start.nonce1:
            raise Refused(CHECK, "the challenger gave the same nonce twice")
        root = prover.prove(bytes.fromhex(start.nonce2)).hex()
        done = self._clock.elapsed()
        committed = Committed(session=greeting.session, nonce2=start.nonce2, root=root)
        draw = self._answer("/v1/committed", committed, Draw, "the challenger's draw", deadline)
        check_draw(draw, committed, prover, own_s=done - began, around_s=self._clock.elapsed() - before)
        opened = Opened(session=greeting.session, root=root, rows=written(prover.open(draw.rows)))
        return _Proved(draw, opened, done - began, ready_at)

    def _answer(self, path: str, message: object, kind: type[T], what: str, deadline: Deadline | None = None) -> T:
        """Say something, and hear what the challenger signs in answer."""
        within_s = None if deadline is None else deadline.left()
        found, key = heard(self._line.ask(path, say(message, self._key.private), within_s=within_s), kind, what)
        if key != self.challenger():
            raise Refused(
                CHECK, f"{what} is signed by {short(key)}, another challenger than {short(self.challenger())}"
            )
        return found
