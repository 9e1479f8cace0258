"""The book of challenges: those under way, verdicts that can be asked for again, and what ended.

Every step of a session goes through here, into the record on disk first and then into what is held in memory.
"""

from collections import OrderedDict
from datetime import datetime

from netmind_tui.certify.challenge.clock import Clock
from netmind_tui.certify.challenge.declined import Declined, Why
from netmind_tui.certify.challenge.limit import Limits
from netmind_tui.certify.challenge.session import Session
from netmind_tui.certify.challenge.store import Counts, Store
from netmind_tui.certify.moment import written
from netmind_tui.certify.statement import short
from netmind_tui.model.challenge import Outcome

_REMEMBERED = 1024


class Book:
    """The sessions by their words. It ends what takes too long, and forgets what ended long ago."""

    def __init__(self, store: Store, clock: Clock, limits: Limits) -> None:
        """Make an empty one.

        Args:
            store: The record on disk, which forgets nothing.
            clock: Whose seconds count.
            limits: How many sessions there may be, and how many verdicts are kept for how long.
        """
        self._store, self._clock, self._limits = store, clock, limits
        self._sessions: dict[str, Session] = {}
        self._ended: OrderedDict[str, str] = OrderedDict()

    def __len__(self) -> int:
        """How many sessions are held in memory."""
        return len(self._sessions)

    def __getitem__(self, word: str) -> Session:
        """The session of that word, which must be there."""
        return self._sessions[word]

    @property
    def is_full(self) -> bool:
        """Whether as many challenges are under way as there may be."""
        return sum(each.is_open for each in self._sessions.values()) >= self._limits.sessions

    def open_of(self, node_key: str) -> Session | None:
        """The challenge of a node that is under way."""
        return next((each for each in self._sessions.values() if each.node_key == node_key and each.is_open), None)

    def find(self, word: str, node_key: str) -> Session:
        """The session of which a node speaks.

        Raises:
            Declined: there is none, it is over, or it is somebody else's.
        """
        if word in self._sessions:
            self._end_if_late(self._sessions[word])
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

    def take_nonce(self, nonce: str, word: str) -> None:
        """Use a nonce for the session of that word.

        Raises:
            Declined: it was used before.
        """
        try:
            self._store.take(nonce, word)
        except KeyError:
            raise Declined(Why.REPLAYED, "this nonce was used before: a message counts once") from None

    def begin(self, session: Session, now: datetime) -> None:
        """A node was greeted."""
        self._store.begin(session.entry(now))
        self._sessions[session.word] = session

    def start(self, session: Session) -> None:
        """The clock runs."""
        now = self._clock.now()
        self._store.start(session.word, now)
        session.outcome, session.started_at = Outcome.STARTED, written(now)

    def commit(self, session: Session) -> None:
        """The clock stopped."""
        self._store.commit(session.word, session.elapsed_s)
        session.outcome = Outcome.COMMITTED

    def await_rows(self, word: str) -> str | None:
        """Let the rows of a session come, once at a time; whose they must be, or ``None`` where none are awaited."""
        session = self._sessions.get(word)
        if session is None or not session.awaits_rows:
            return None
        session.is_reading = True
        return session.node_key

    def unawaited(self, word: str, node_key: str) -> Declined:
        """Why no rows of a session are awaited now.

        Raises:
            Declined: there is no such session, or it is somebody else's.
        """
        try:
            self.find(word, node_key).expect(Outcome.COMMITTED)
        except Declined as declined:
            return declined
        return Declined(Why.ORDER, "the rows of this session are on their way: each answer counts once")

    def have_rows(self, word: str) -> None:
        """The rows of a session were read, or nothing came of it."""
        session = self._sessions.get(word)
        if session is not None:
            session.is_reading = False

    def conclude(self, session: Session, complaint: str | None, now: datetime) -> Counts:
        """The rows were computed again; what became of its node's challenges by now."""
        outcome = Outcome.PASSED if complaint is None else Outcome.FAILED
        self._store.end(session.word, outcome, now, complaint, session.rate if complaint is None else None)
        session.outcome = outcome
        return self._store.counts(session.node_key)

    def keep(self, session: Session, verdict: bytes) -> None:
        """Keep a verdict, to be asked for again; the oldest goes where there are too many."""
        session.verdict, session.is_checking = verdict, False
        session.until = self._clock.elapsed() + self._limits.kept_s
        self._sessions[session.word] = self._sessions.pop(session.word)  # to the end: the order is that of age
        ended = [each.word for each in self._sessions.values() if not each.is_open]
        for old in ended[: -self._limits.kept]:
            del self._sessions[old]

    def drop(self, session: Session, outcome: Outcome, reason: str) -> None:
        """It ends without a verdict."""
        self._store.end(session.word, outcome, self._clock.now(), reason)
        del self._sessions[session.word]
        self._ended[session.word] = reason
        while len(self._ended) > _REMEMBERED:
            self._ended.popitem(last=False)

    def sweep(self) -> None:
        """End what took too long, and forget verdicts that were kept for long enough."""
        for session in tuple(self._sessions.values()):
            self._end_if_late(session)

    def _end_if_late(self, session: Session) -> None:
        if session.is_looked_at or session.until >= self._clock.elapsed():
            return
        if session.is_open:
            self.drop(session, Outcome.EXPIRED, session.late)
        else:
            del self._sessions[session.word]
