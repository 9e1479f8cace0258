"""A challenger without a wire, whose clock and dice the test holds, and nodes that prove in NumPy."""

import sqlite3
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from netmind_tui.bench.chain_catalog import find_chain, open_chains
from netmind_tui.certify.challenge.call import Switchboard
from netmind_tui.certify.challenge.checker import complaint_of
from netmind_tui.certify.challenge.deadline import Deadline
from netmind_tui.certify.challenge.desk import Desk
from netmind_tui.certify.challenge.limit import Limits
from netmind_tui.certify.challenge.line import TurnedAway
from netmind_tui.certify.challenge.message import (
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
)
from netmind_tui.certify.challenge.node import Devices, Node
from netmind_tui.certify.challenge.rows import written
from netmind_tui.certify.challenge.store import Store
from netmind_tui.certify.challenge.verdict import read_verdict, sign_verdict
from netmind_tui.certify.envelope import public_name
from netmind_tui.certify.node_key import NodeKey
from netmind_tui.certify.proof.prover import ReferenceProver
from netmind_tui.certify.refused import Refused
from netmind_tui.model.kernel import Provider

# The chain for tests, smaller still: what is said of rows does not depend on how many there are.
SPEC = replace(find_chain(open_chains(), "chain.test@1"), rows=128, rounds=4, pool=2)
START = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)


def key_of(seed: int) -> NodeKey:
    private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    return NodeKey(public_name(private.public_key().public_bytes_raw()), None, private)


@dataclass
class HeldClock:
    """Both clocks, which stand still unless the test moves them."""

    seconds: float = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def elapsed(self) -> float:
        return 1000.0 + self.seconds

    def go(self, seconds: float) -> None:
        self.seconds += seconds


@dataclass
class CountingDice:
    """Nonces that count; rows and moments as the test says."""

    count: int = 0
    drawn: Callable[[int, int], tuple[int, ...]] = field(
        default=lambda total, count: tuple(range(0, total, total // count))[:count]
    )
    part: float = 0.5

    def nonce(self) -> str:
        self.count += 1
        return f"{self.count:064x}"

    def rows(self, total: int, count: int) -> tuple[int, ...]:
        return self.drawn(total, count)

    def between(self, low: float, high: float) -> float:
        return low + self.part * (high - low)


class Challenger:
    """A desk with everything that it needs, over one file."""

    def __init__(self, path: Path, seed: int = 9, *, limits: Limits | None = None, **options) -> None:
        self.clock, self.dice, self.key = HeldClock(), CountingDice(), key_of(seed)
        self.path, self.store = path, Store(path)
        self.desk = Desk(self.key, self.store, self.clock, self.dice, lambda _hello: SPEC, limits, **options)
        self.board = Switchboard(self.desk, self.store, self.clock, self.dice, within_s=1000, again_s=10)

    def answer(self, path: str, data: bytes | None) -> bytes:
        """What the server does with a message, without a wire."""
        arrived, sign = self.clock.elapsed(), self.key.private
        if path == "/v1/challenger":
            return say(About(challenger=self.key.public), sign)
        kind = {"hello": Hello, "ready": Ready, "committed": Committed, "waiting": Waiting, "asked": Asked}.get(
            path.split("/")[2], Opened
        )
        message, key = heard(data, kind, "the message")
        if kind is Opened:
            question = self.desk.opened(message, key)
            return self.desk.judge(question.session, complaint_of(question))
        if kind is Committed:
            return say(self.desk.committed(message, key, arrived), sign)
        if kind is Waiting:
            return say(self.board.waiting(message, key), sign)
        found = getattr(self.desk, path.split("/")[2])(message, key)
        return found if isinstance(found, bytes) else say(found, sign)

    @contextmanager
    def locked(self):
        """While somebody else has the record's file to themselves, as for a copy of it."""
        other = sqlite3.connect(self.path)
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.close()

    def only(self, node_key: str | None = None):
        (entry,) = self.store.entries(node_key)
        return entry


class Contestant:
    """A node that says each thing when the test wants it, right or wrong."""

    def __init__(self, challenger: Challenger, seed: int = 1, devices: tuple[str, ...] = ("cpu",)) -> None:
        self.challenger, self.key, self.devices = challenger, key_of(seed), devices
        self.nonce = f"{seed:02x}" * 32

    @property
    def desk(self) -> Desk:
        return self.challenger.desk

    def greeted(self, **changes):
        hello = Hello(
            challenger=self.challenger.key.public,
            nonce=self.nonce,
            provider="cpu",
            devices=self.devices,
            memory_bytes=(1 << 34,) * len(self.devices),
            call=None,
        )
        self.greeting = self.desk.hello(replace(hello, **changes), self.key.public)
        return self.greeting

    def started(self, prover=None):
        self.prover = prover or ReferenceProver(SPEC, self.key.public, self.devices)
        self.prover.prepare(bytes.fromhex(self.greeting.nonce1))
        ready = Ready(session=self.greeting.session, nonce1=self.greeting.nonce1)
        self.start = self.desk.ready(ready, self.key.public)
        return self.start

    def committed(self, root: bytes | None = None, seconds: float = 2.0):
        made = self.prover.prove(bytes.fromhex(self.start.nonce2)) if root is None else root
        self.challenger.clock.go(seconds)
        self.root = made.hex()
        message = Committed(session=self.greeting.session, nonce2=self.start.nonce2, root=self.root)
        self.draw = self.desk.committed(message, self.key.public, self.challenger.clock.elapsed())
        return self.draw

    def opened(self, change=lambda rows: rows, openings=None):
        rows = written(openings or self.prover.open(self.draw.rows))
        return Opened(session=self.greeting.session, root=self.root, rows=tuple(change(rows)))

    def verdict(self, change=lambda rows: rows, openings=None):
        """What is said of the rows that are opened, after a change to them."""
        question = self.desk.opened(self.opened(change, openings), self.key.public)
        return read_verdict(self.desk.judge(question.session, complaint_of(question))).verdict

    def through(self, seconds: float = 2.0):
        """The whole way to the draw."""
        self.greeted()
        self.started()
        return self.committed(seconds=seconds)


PATHS = {About: "challenger", Greeting: "hello", Start: "ready", Draw: "committed", Call: "waiting"}
CPU = Devices(provider=Provider.CPU, words=("cpu",), memory_bytes=(1 << 34,))


class Wire:
    """A line to a challenger in this process, on which somebody may change what it says.

    ``refuses``: what the challenger declines comes as a refusal over the wire, rather than as what was raised.
    """

    def __init__(self, challenger) -> None:
        self.challenger, self.changes, self.asked, self.patience = challenger, {}, [], []
        self.refuses = False

    def ask(self, path: str, message: bytes | None = None, *, within_s: float | None = None) -> bytes:
        self.asked.append(path)
        self.patience.append(within_s)
        step = path.split("/")[2]
        try:
            answer = self.challenger.answer(path, message)
        except Refused as refused:
            if not self.refuses:
                raise
            raise TurnedAway(refused.sentence, busy=False) from refused
        change = self.changes.get(step)
        return answer if change is None else change(answer)

    def lie(self, kind, key=None, **changes) -> None:
        """Let the challenger say something else; ``key`` signs it, or its own."""
        sign = key or self.challenger.key

        def changed(answer):
            message, _ = heard(answer, kind, "it")
            return say(replace(message, **changes), sign.private)

        self.changes[PATHS[kind]] = changed

    def judge_otherwise(self, key=None, **changes) -> None:
        """Let the verdict be another one."""
        sign = key or self.challenger.key

        def changed(answer):
            return sign_verdict(replace(read_verdict(answer).verdict, **changes), sign.private)

        self.changes["opened"] = changed


@pytest.fixture
def made() -> SimpleNamespace:
    return SimpleNamespace(
        Challenger=Challenger,
        Contestant=Contestant,
        HeldClock=HeldClock,
        Checking=Checking,
        key_of=key_of,
        CPU=CPU,
        complaint_of=complaint_of,
        SPEC=SPEC,
        START=START,
        ROOT=Path(__file__).parents[3],
    )


@pytest.fixture
def challenger(tmp_path) -> Challenger:
    return Challenger(tmp_path / "challenges.sqlite3")


@pytest.fixture
def node(challenger) -> Contestant:
    return Contestant(challenger)


@pytest.fixture
def wire(challenger):
    return Wire(challenger)


@pytest.fixture
def take(made, wire, challenger):
    """Be challenged; proving takes two seconds of the clock that both have."""

    class Prover(ReferenceProver):
        def prove(self, nonce2):
            challenger.clock.go(2)
            return super().prove(nonce2)

    def take(*, chains=(made.SPEC,), prover=Prover, call=None, seconds=None, tell=lambda _sentence: None, **options):
        key = made.key_of(1)
        node = Node(wire, key, chains, challenger.clock, pause=challenger.clock.go, tell=tell)
        deadline = None if seconds is None else Deadline(challenger.clock, seconds)
        return node.take(CPU, lambda spec: prover(spec, key.public, CPU.words), call, deadline=deadline, **options)

    return take
