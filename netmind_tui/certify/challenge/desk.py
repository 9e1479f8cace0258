"""The challenger without a wire: who may say what when, what is drawn, and what is signed in the end.

A state machine with its clock, its dice and its record given to it. Not for several threads: whatever takes long, the
computing of rows, is handed out (``Question``) and its answer taken back (``judge``).
"""

from collections.abc import Callable

from netmind_tui.certify.challenge.book import Book
from netmind_tui.certify.challenge.clock import Clock, Dice
from netmind_tui.certify.challenge.declined import Declined, Why
from netmind_tui.certify.challenge.limit import Limits
from netmind_tui.certify.challenge.message import (
    ROWS_OPENED,
    Asked,
    Checking,
    Committed,
    Draw,
    Greeting,
    Hello,
    Opened,
    Ready,
    Start,
)
from netmind_tui.certify.challenge.session import Question, Session
from netmind_tui.certify.challenge.store import Store
from netmind_tui.certify.challenge.summons import Summons
from netmind_tui.certify.challenge.verdict import sign_verdict
from netmind_tui.certify.node_key import NodeKey
from netmind_tui.certify.statement import short
from netmind_tui.model.chain import ChainSpec
from netmind_tui.model.challenge import Outcome

_TICK_S = 1e-6


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
        self.summons = Summons(store, clock, dice, answer_s=self.limits.answer_s)
        self._clock, self._dice, self._choose, self._allowed = clock, dice, choose, allowed
        self.book = Book(store, clock, self.limits)

    @property
    def count(self) -> int:
        """How many sessions are held in memory."""
        return len(self.book)

    def admit(self, node_key: str) -> None:
        """Refuse a node that may not ask here.

        Raises:
            Declined: it is not on the list.
        """
        if self._allowed is not None and node_key not in self._allowed:
            raise Declined(Why.STRANGER, f"{short(node_key)} is not on this challenger's list of nodes")

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
        initiated_by = self.summons.initiator(node_key, hello.call)
        before = self._before(node_key)
        word, now = self._dice.nonce(), self._clock.now()
        self.book.take_nonce(hello.nonce, word)
        if before is not None:
            self.book.drop(before, Outcome.ABANDONED, "the node began another one")
        session = Session(
            word=word,
            node_key=node_key,
            spec=spec,
            devices=hello.devices,
            initiated_by=initiated_by,
            nonce1=self._fresh(word),
            until=self._clock.elapsed() + self.limits.prepare_s,
        )
        self.book.begin(session, now)
        if hello.call is not None:
            self.summons.answered(node_key, hello.call, word)
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
        session = self.book.find(ready.session, node_key)
        session.expect(Outcome.GREETED)
        _same("nonce1", ready.nonce1, session.nonce1)
        nonce2 = self._fresh(session.word)
        self.book.start(session)
        session.nonce2 = nonce2
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
        session = self.book.find(committed.session, node_key)
        session.expect(Outcome.STARTED)
        _same("nonce2", committed.nonce2, session.nonce2)
        session.elapsed_s = max(arrived - session.began, _TICK_S)
        total = session.spec.rows * len(session.devices)
        session.root, session.drawn = committed.root, self._dice.rows(total, min(ROWS_OPENED, total))
        self.book.commit(session)
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
        session = self.book.find(opened.session, node_key)
        session.expect(Outcome.COMMITTED)
        _same("root", opened.root, session.root)
        session.is_checking = True
        return session.question(opened.rows)

    def judge(self, word: str, complaint: str | None) -> bytes:
        """Sign what was found: that the rows are right, or what is wrong with them."""
        session, now = self.book[word], self._clock.now()
        counts = self.book.conclude(session, complaint, now)
        verdict = sign_verdict(session.found(self.key.public, complaint, now, counts), self.key.private)
        self.book.keep(session, verdict)
        return verdict

    def give_up(self, word: str) -> None:
        """Leave a challenge without a verdict: the rows could not be computed again, which is no fault of the node."""
        self.book.drop(self.book[word], Outcome.ABANDONED, "the challenger could not compute the rows again")

    def asked(self, asked: Asked, node_key: str) -> bytes | Checking:
        """The verdict, or when to ask again.

        Raises:
            Declined: there is no such session, it is somebody else's, or its rows were not opened yet.
        """
        return self.verdict_of(asked.session, node_key)

    def verdict_of(self, word: str, node_key: str) -> bytes | Checking:
        """As ``asked``, of a node that has signed already which session it means."""
        session = self.book.find(word, node_key)
        if session.verdict is not None:
            return session.verdict
        if not session.is_looked_at:
            raise Declined(Why.ORDER, "there is no verdict yet: the rows that were drawn are to be opened first")
        return Checking(session=session.word, root=session.root, again_s=self.limits.again_s)

    def sweep(self) -> None:
        """End what took too long, and forget what has ended long ago.

        Raises:
            Problem: the record cannot be written. What is too late stays so, and is ended the next time.
        """
        self.book.sweep()
        self.summons.sweep()

    def _before(self, node_key: str) -> Session | None:
        """What this node began before and has not ended, which gives its place to another one."""
        before = self.book.open_of(node_key)
        if before is not None and before.is_looked_at:
            raise Declined(
                Why.BUSY, "the rows of this node's last challenge are being computed again: ask for its verdict"
            )
        if before is None and self.book.is_full:
            raise Declined(Why.BUSY, f"{self.limits.sessions} challenges are under way here: ask again later")
        return before

    def _fresh(self, word: str) -> str:
        """A nonce that was never used, which counts as used from now on."""
        nonce = self._dice.nonce()
        self.book.take_nonce(nonce, word)
        return nonce


def _same(name: str, given: str, expected: str) -> None:
    if given != expected:
        raise Declined(Why.FOREIGN, f"{name} is not that of this session")
