"""A challenge: how it ends, what a challenger keeps of it, and the rate that follows for whoever believes it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from netmind_tui.model.certificate import Evidence, Initiator

CHALLENGE_TYPE = "application/vnd.netmind.challenge+json"
"""The payload type of the messages between node and challenger: none of them can pass for a certificate."""


class Outcome(StrEnum):
    """How a challenge ended, or how far it is.

    ``greeted``: the first nonce is out. ``started``: the second one is, and the clock runs. ``committed``: the root
    stopped it. ``passed`` and ``failed``: the rows were looked at. ``expired``: the node did not answer in time.
    ``abandoned``: the node began another one, or the challenger was stopped meanwhile.
    """

    GREETED = "greeted"
    STARTED = "started"
    COMMITTED = "committed"
    PASSED = "passed"
    FAILED = "failed"
    EXPIRED = "expired"
    ABANDONED = "abandoned"


class Answered(StrEnum):
    """What became of a call.

    ``called``: its word may still be used. ``begun``: it was, and the clock does not run yet. ``answered``: the clock
    was started. ``missed``: it was not, in time. ``void``: the challenger was stopped meanwhile, so nobody missed it.
    """

    CALLED = "called"
    BEGUN = "begun"
    ANSWERED = "answered"
    MISSED = "missed"
    VOID = "void"


OPEN = (Outcome.GREETED, Outcome.STARTED, Outcome.COMMITTED)
"""Those that have not ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedRate:
    """A rate that a believed challenger timed: of the whole node, in OP/s, counted as the plain algorithm computes.

    ``int8_share`` is the rate as a share of the ``gemm.int8`` that the owner states of these devices; ``None`` where
    that is not stated of each of them. Times are by the challenger's clock, and the counts are those of this node's key
    at this challenger: a fresh key begins with none.
    """

    evidence: Evidence
    challenger_key: str
    challenger: str
    chain: str
    chain_version: int
    devices: tuple[str, ...]
    operations: str
    elapsed_s: float
    rate: float
    unit: Literal["OP/s"] = "OP/s"
    int8_share: float | None
    rows_opened: int
    started_at: str
    finished_at: str
    challenges_started: int
    challenges_passed: int
    calls_missed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengeEntry:
    """One challenge as a challenger keeps it, finished or not. Times are by its clock."""

    session: str
    node_key: str
    initiated_by: Initiator
    chain: str
    chain_version: int
    greeted_at: str
    started_at: str | None
    finished_at: str | None
    elapsed_s: float | None
    rate: float | None
    outcome: Outcome
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEntry:
    """One call as a challenger keeps it, from the moment at which it was given. Times are by its clock.

    ``session`` is the challenge that began with it.
    """

    node_key: str
    called_at: str
    answered: Answered
    session: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengeLog:
    """What ``netmind challenge list`` prints: every challenge that was begun, and every call, oldest first."""

    schema: Literal["netmind.challenge/1"] = "netmind.challenge/1"
    challenger_key: str | None
    challenges: tuple[ChallengeEntry, ...]
    calls: tuple[CallEntry, ...]
