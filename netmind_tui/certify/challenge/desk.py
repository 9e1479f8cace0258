"""The challenger without a wire: who may say what when, what is drawn, and what is signed in the end.

A state machine with its clock, its dice and its record given to it. Not for several threads: whatever takes long, the
computing of rows, is handed out (``Question``) and its answer taken back (``judge``).
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from netmind_tui.certify.challenge.clock import Clock, Dice
from netmind_tui.certify.challenge.declined import Declined, Why
from netmind_tui.certify.challenge.message import (
    Asked,
    Checking,
    Committed,
    Draw,
    Greeting,
    Hello,
    Opened,
    Ready,
    Start,
    opening_of,
)
from netmind_tui.certify.challenge.store import Store
from netmind_tui.certify.challenge.verdict import sign_verdict
from netmind_tui.certify.moment import written
from netmind_tui.certify.node_key import NodeKey
from netmind_tui.certify.proof.transcript import Opening
from netmind_tui.certify.refused import Refused
from netmind_tui.certify.statement import short
from netmind_tui.model.certificate import Initiator
from netmind_tui.model.chain import ChainSpec
from netmind_tui.model.challenge import ChallengeEntry, Outcome
from netmind_tui.model.verdict import ChallengeVerdict

ROWS_OPENED = 64
_TICK_S = 1e-6
_REMEMBERED = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a challenger takes on, and how many seconds a node has for each step.

    ``kept`` verdicts can be asked for again, each for ``kept_s``.
    """

    sessions: int = 256
    prepare_s: float = 300.0
    prove_s: float = 1800.0
    open_s: float = 120.0
    kept_s: float = 600.0
    kept: int = 512
    again_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Question:
    """Rows that are to be computed again: everything that ``check_openings`` wants."""

    session: str
    spec: ChainSpec
    node_key: str
    nonce1: bytes
    nonce2: bytes
    devices: tuple[str, ...]
    root: bytes
    drawn: tuple[int, ...]
    openings: tuple[Opening, ...]


@dataclass(slots=True, kw_only=True)
class Session:
    """One challenge on its way. ``until`` is when its node will have been too slow."""

    word: str
    node_key: str
    spec: ChainSpec
    devices: tuple[str, ...]
    initiated_by: Initiator
    nonce1: str
    until: float
    outcome: Outcome = Outcome.GREETED
    nonce2: str = ""
    root: str = ""
    drawn: tuple[int, ...] = ()
    began: float = 0.0
    started_at: str = ""
    elapsed_s: float = 0.0
    is_checking: bool = False
    verdict: bytes | None = None


class Desk:
    """Everything that a challenger knows and decides."""

    def __init__(
        self,
        key: NodeKey,
        store: Store,
        clock: Clock,
        dice: Dice,
        choose: Callable[[Hello], ChainSpec | None],
        limits: Limits | None = None,
        *,
        allowed: frozenset[str] | None = None,
    ) -> None:
        """Make one.

        Args:
            key: The challenger's own.
            store: What is never forgotten.
            clock: Whose seconds count.
            dice: Nonces and rows.
            choose: The chain for the devices of a hello; ``None`` where none fits.
            limits: How much it takes on.
            allowed: The keys of the nodes that may ask; everybody where there is none.
        """
        self.key = key
        self.limits = limits or Limits()
        self._store, self._clock, self._dice, self._choose, self._allowed = store, clock, dice, choose, allowed
        self._sessions: dict[str, Session] = {}
        self._calls: dict[str, str] = {}
        self._ended: OrderedDict[str, str] = OrderedDict()

    @property
    def count(self) -> int:
        """How many sessions are held in memory."""
        return len(self._sessions)

    def admit(self, node_key: str) -> None:
        """Refuse a node that may not ask here.

        Raises:
            Declined: it is not on the list.
        """
        if self._allowed is not None and node_key not in self._allowed:
            raise Declined(Why.STRANGER, f"{short(node_key)} is not on this challenger's list of nodes")

    def take_nonce(self, nonce: str, session: str) -> None:
        """Use a nonce of a node.

        Raises:
            Declined: it was used before.
        """
        try:
            self._store.take(nonce, session)
        except KeyError:
            raise Declined(Why.REPLAYED, "this nonce was used before: a message counts once") from None

    def hello(self, hello: Hello, node_key: str) -> Greeting:
        """Begin a challenge: the first nonce.

        Raises:
            Declined: it is for another challenger, was said before, comes from a stranger, is of devices that no chain
                fits, or there are too many at once.
        """
        self.sweep()
        self.admit(node_key)
        if hello.challenger != self.key.public:
            raise Declined(Why.FOREIGN, f"this is challenger {short(self.key.public)}, not {short(hello.challenger)}")
        spec = self._choose(hello)
        if spec is None:
            raise Declined(Why.NO_CHAIN, f"no chain of the catalogue fits these devices with provider {hello.provider}")
        initiated_by = Initiator.NODE
        if hello.call is not None:
            if self._calls.get(node_key) != hello.call:
                raise Declined(Why.FOREIGN, "this challenger did not call this node with that word, or it was used")
            initiated_by = Initiator.CHALLENGER
        before = next((each for each in self._sessions.values() if each.node_key == node_key and _is_open(each)), None)
        if before is not None and before.is_checking:
            raise Declined(
                Why.BUSY, "the rows of this node's last challenge are being computed again: ask for its verdict"
            )
        if before is None and sum(map(_is_open, self._sessions.values())) >= self.limits.sessions:
            raise Declined(Why.BUSY, f"{self.limits.sessions} challenges are under way here: ask again later")
        word, now = self._dice.nonce(), self._clock.now()
        self.take_nonce(hello.nonce, word)
        if before is not None:
            self._drop(before, Outcome.ABANDONED, "the node began another one")
        if hello.call is not None:
            del self._calls[node_key]
        session = Session(
            word=word,
            node_key=node_key,
            spec=spec,
            devices=hello.devices,
            initiated_by=initiated_by,
            nonce1=self._fresh(word),
            until=self._clock.elapsed() + self.limits.prepare_s,
        )
        self._store.begin(_entry(session, now))
        self._sessions[word] = session
        return Greeting(
            node=node_key,
            answers=hello.nonce,
            session=word,
            nonce1=session.nonce1,
            chain=spec.id,
            chain_version=spec.version,
            chain_digest=spec.digest,
            prepare_s=self.limits.prepare_s,
            prove_s=self.limits.prove_s,
            open_s=self.limits.open_s,
        )

    def ready(self, ready: Ready, node_key: str) -> Start:
        """Start the clock: the second nonce.

        Raises:
            Declined: there is no such session, it is somebody else's, too late, or further on already.
        """
        session = self._session(ready.session, node_key)
        _expect(session, Outcome.GREETED)
        _same("nonce1", ready.nonce1, session.nonce1)
        nonce2, now = self._fresh(session.word), self._clock.now()
        self._store.start(session.word, now)
        session.outcome, session.nonce2, session.started_at = Outcome.STARTED, nonce2, written(now)
        # After all that takes time here, and before the nonce can be read anywhere else.
        session.began = self._clock.elapsed()
        session.until = session.began + self.limits.prove_s
        return Start(session=session.word, nonce1=session.nonce1, nonce2=nonce2)

    def committed(self, committed: Committed, node_key: str, arrived: float) -> Draw:
        """Stop the clock, and draw the rows.

        Args:
            committed: The root.
            node_key: Who signed it.
            arrived: When its last byte was there, by ``Clock.elapsed``.

        Raises:
            Declined: as ``ready``; a second root among it.
        """
        session = self._session(committed.session, node_key)
        _expect(session, Outcome.STARTED)
        _same("nonce2", committed.nonce2, session.nonce2)
        session.elapsed_s = max(arrived - session.began, _TICK_S)
        total = session.spec.rows * len(session.devices)
        session.root, session.drawn = committed.root, self._dice.rows(total, min(ROWS_OPENED, total))
        self._store.commit(session.word, session.elapsed_s)
        session.outcome = Outcome.COMMITTED
        session.until = self._clock.elapsed() + self.limits.open_s
        return Draw(
            session=session.word,
            nonce2=session.nonce2,
            root=session.root,
            rows=session.drawn,
            elapsed_s=session.elapsed_s,
        )

    def opened(self, opened: Opened, node_key: str) -> Question:
        """Take the opened rows, once, to be computed again.

        Raises:
            Declined: as ``ready``; rows that were given before among it.
        """
        session = self._session(opened.session, node_key)
        _expect(session, Outcome.COMMITTED)
        _same("root", opened.root, session.root)
        session.is_checking = True
        try:
            openings: Sequence[Opening] = tuple(map(opening_of, opened.rows))
        except Refused as refused:
            self.judge(session.word, refused.sentence)
            raise
        return Question(
            session=session.word,
            spec=session.spec,
            node_key=node_key,
            nonce1=bytes.fromhex(session.nonce1),
            nonce2=bytes.fromhex(session.nonce2),
            devices=session.devices,
            root=bytes.fromhex(session.root),
            drawn=session.drawn,
            openings=tuple(openings),
        )

    def judge(self, word: str, complaint: str | None) -> bytes:
        """Sign what was found: that the rows are right, or what is wrong with them."""
        session, now = self._sessions[word], self._clock.now()
        outcome = Outcome.PASSED if complaint is None else Outcome.FAILED
        operations = session.spec.operations * len(session.devices)
        rate = operations / session.elapsed_s
        self._store.end(word, outcome, now, complaint, rate if complaint is None else None)
        started, passed = self._store.counts(session.node_key)
        verdict = ChallengeVerdict(
            challenger_key=self.key.public,
            node_key=session.node_key,
            session=word,
            initiated_by="challenger" if session.initiated_by is Initiator.CHALLENGER else "node",
            chain=session.spec.id,
            chain_version=session.spec.version,
            devices=session.devices,
            nonce1=session.nonce1,
            nonce2=session.nonce2,
            root=session.root,
            rows_opened=len(session.drawn),
            started_at=session.started_at,
            finished_at=written(now),
            elapsed_s=session.elapsed_s,
            operations=str(operations),
            rate_tops=rate / 1e12,
            verdict="passed" if complaint is None else "failed",
            reason=complaint,
            challenges_started=started,
            challenges_passed=passed,
        )
        session.verdict = sign_verdict(verdict, self.key.private)
        session.outcome, session.is_checking = outcome, False
        session.until = self._clock.elapsed() + self.limits.kept_s
        self._sessions[word] = self._sessions.pop(word)  # to the end: the oldest verdict is the first to go
        ended = [each.word for each in self._sessions.values() if not _is_open(each)]
        for old in ended[: -self.limits.kept]:
            del self._sessions[old]
        return session.verdict

    def give_up(self, word: str) -> None:
        """Leave a challenge without a verdict: the rows could not be computed again, which is no fault of the node."""
        self._drop(self._sessions[word], Outcome.ABANDONED, "the challenger could not compute the rows again")

    def asked(self, asked: Asked, node_key: str) -> bytes | Checking:
        """The verdict, or when to ask again.

        Raises:
            Declined: there is no such session, it is somebody else's, or its rows were not opened yet.
        """
        session = self._session(asked.session, node_key)
        if session.verdict is not None:
            return session.verdict
        if not session.is_checking:
            raise Declined(Why.ORDER, "there is no verdict yet: the rows that were drawn are to be opened first")
        return Checking(session=session.word, root=session.root, again_s=self.limits.again_s)

    def awaits_rows(self, word: str) -> bool:
        """Whether a session is at the step at which a long message may come."""
        session = self._sessions.get(word)
        return session is not None and session.outcome is Outcome.COMMITTED and not session.is_checking

    def call(self, node_key: str) -> str:
        """A word by which a node begins a challenge at this moment, chosen here; the one before it is void."""
        word = self._dice.nonce()
        self._calls[node_key] = word
        return word

    def uncall(self, node_key: str) -> None:
        """A node that was called is not heard any more."""
        self._calls.pop(node_key, None)

    def is_called(self, node_key: str, word: str) -> bool:
        """Whether that call still waits for its node."""
        return self._calls.get(node_key) == word

    def sweep(self) -> None:
        """End what took too long, and forget what has ended long ago."""
        now = self._clock.elapsed()
        for session in tuple(self._sessions.values()):
            if session.is_checking or session.until >= now:
                continue
            if session.verdict is None:
                self._drop(session, Outcome.EXPIRED, _LATE[session.outcome])
            else:
                del self._sessions[session.word]

    def _session(self, word: str, node_key: str) -> Session:
        self.sweep()
        session = self._sessions.get(word)
        if session is None:
            if word in self._ended:
                raise Declined(Why.EXPIRED, f"this session is over: {self._ended[word]}")
            raise Declined(
                Why.UNKNOWN, "there is no such session: it ended long ago, or before a restart of the challenger"
            )
        if session.node_key != node_key:
            raise Declined(Why.FOREIGN, f"this session is not that of {short(node_key)}")
        return session

    def _drop(self, session: Session, outcome: Outcome, reason: str) -> None:
        self._store.end(session.word, outcome, self._clock.now(), reason)
        del self._sessions[session.word]
        self._ended[session.word] = reason
        while len(self._ended) > _REMEMBERED:
            self._ended.popitem(last=False)

    def _fresh(self, word: str) -> str:
        """A nonce that was never used, which counts as used from now on."""
        nonce = self._dice.nonce()
        self.take_nonce(nonce, word)
        return nonce


_LATE = {
    Outcome.GREETED: "the node was not ready in time",
    Outcome.STARTED: "the node did not commit to anything in time",
    Outcome.COMMITTED: "the node did not open the rows in time",
}
_EXPECTED = {
    Outcome.GREETED: "ready",
    Outcome.STARTED: "the root",
    Outcome.COMMITTED: "the opened rows",
    Outcome.PASSED: "nothing more: it has its verdict",
    Outcome.FAILED: "nothing more: it has its verdict",
}


def _is_open(session: Session) -> bool:
    return session.verdict is None


def _expect(session: Session, outcome: Outcome) -> None:
    if session.is_checking:
        raise Declined(Why.ORDER, "the rows of this session were opened already: each answer counts once")
    if session.outcome is not outcome:
        words = f"this session expects {_EXPECTED[session.outcome]}, not {_EXPECTED[outcome]}"
        raise Declined(Why.ORDER, f"{words}: each answer counts once")


def _same(name: str, given: str, expected: str) -> None:
    if given != expected:
        raise Declined(Why.FOREIGN, f"{name} is not that of this session")


def _entry(session: Session, now: datetime) -> ChallengeEntry:
    return ChallengeEntry(
        session=session.word,
        node_key=session.node_key,
        initiated_by=session.initiated_by,
        chain=session.spec.id,
        chain_version=session.spec.version,
        greeted_at=written(now),
        started_at=None,
        finished_at=None,
        elapsed_s=None,
        rate=None,
        outcome=Outcome.GREETED,
        reason=None,
    )
