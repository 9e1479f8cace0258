"""One challenge on its way: how far it is, which message it expects next, and what is signed of it in the end."""

from dataclasses import dataclass
from datetime import datetime

from netmind_tui.certify.challenge.declined import Declined, Why
from netmind_tui.certify.challenge.message import OpenedRow
from netmind_tui.certify.challenge.store import Counts
from netmind_tui.certify.moment import written
from netmind_tui.model.certificate import Initiator
from netmind_tui.model.chain import ChainSpec
from netmind_tui.model.challenge import ChallengeEntry, Outcome
from netmind_tui.model.verdict import ChallengeVerdict

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


@dataclass(frozen=True, slots=True)
class Question:
    """Rows that are to be computed again: everything that ``check_openings`` wants, the rows as they were sent."""

    session: str
    spec: ChainSpec
    node_key: str
    nonce1: bytes
    nonce2: bytes
    devices: tuple[str, ...]
    root: bytes
    drawn: tuple[int, ...]
    rows: tuple[OpenedRow, ...]


@dataclass(slots=True, kw_only=True)
class Session:
    """One challenge on its way. ``until`` is when its node will have been too slow.

    ``is_reading``: its rows are on their way here, or being read. ``is_checking``: they are being computed again.
    """

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
    is_reading: bool = False
    is_checking: bool = False
    verdict: bytes | None = None

    @property
    def is_open(self) -> bool:
        """Whether it has no verdict yet."""
        return self.verdict is None

    @property
    def awaits_rows(self) -> bool:
        """Whether it is at the step at which the rows are opened."""
        return self.outcome is Outcome.COMMITTED and not self.is_looked_at

    @property
    def is_looked_at(self) -> bool:
        """Whether its rows are in this challenger's hands: what takes time then is not its node's."""
        return self.is_reading or self.is_checking

    @property
    def late(self) -> str:
        """What its node did not do, where it is out of time."""
        return _LATE[self.outcome]

    @property
    def operations(self) -> int:
        """The exact operations of all its devices."""
        return self.spec.operations * len(self.devices)

    @property
    def rate(self) -> float:
        """Operations a second by the challenger's clock, once that has stopped."""
        return self.operations / self.elapsed_s

    def expect(self, outcome: Outcome) -> None:
        """Refuse a message that continues another step than this session is at.

        Raises:
            Declined: it came too early, or came before.
        """
        if self.is_checking:
            raise Declined(Why.ORDER, "the rows of this session were opened already: each answer counts once")
        if self.outcome is not outcome:
            words = f"this session expects {_EXPECTED[self.outcome]}, not {_EXPECTED[outcome]}"
            raise Declined(Why.ORDER, f"{words}: each answer counts once")

    def question(self, rows: tuple[OpenedRow, ...]) -> Question:
        """What is to be computed again, for rows that were opened."""
        return Question(
            session=self.word,
            spec=self.spec,
            node_key=self.node_key,
            nonce1=bytes.fromhex(self.nonce1),
            nonce2=bytes.fromhex(self.nonce2),
            devices=self.devices,
            root=bytes.fromhex(self.root),
            drawn=self.drawn,
            rows=rows,
        )

    def found(self, challenger_key: str, complaint: str | None, now: datetime, counts: Counts) -> ChallengeVerdict:
        """The verdict: that the rows are right, or what is wrong with them.

        Args:
            challenger_key: Who will sign it.
            complaint: What is wrong; ``None`` where nothing is.
            now: When that was known.
            counts: What became of this node's challenges and calls so far, this one included.
        """
        return ChallengeVerdict(
            challenger_key=challenger_key,
            node_key=self.node_key,
            session=self.word,
            initiated_by="challenger" if self.initiated_by is Initiator.CHALLENGER else "node",
            chain=self.spec.id,
            chain_version=self.spec.version,
            devices=self.devices,
            nonce1=self.nonce1,
            nonce2=self.nonce2,
            root=self.root,
            rows_opened=len(self.drawn),
            started_at=self.started_at,
            finished_at=written(now),
            elapsed_s=self.elapsed_s,
            operations=str(self.operations),
            rate_tops=self.rate / 1e12,
            verdict="passed" if complaint is None else "failed",
            reason=complaint,
            challenges_started=counts.started,
            challenges_passed=counts.passed,
            calls_missed=counts.missed,
        )

    def entry(self, now: datetime) -> ChallengeEntry:
        """Its first line in the record."""
        return ChallengeEntry(
            session=self.word,
            node_key=self.node_key,
            initiated_by=self.initiated_by,
            chain=self.spec.id,
            chain_version=self.spec.version,
            greeted_at=written(now),
            started_at=None,
            finished_at=None,
            elapsed_s=None,
            rate=None,
            outcome=Outcome.GREETED,
            reason=None,
        )
