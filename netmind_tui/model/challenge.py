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
    ``abandoned``: the challenger was restarted meanwhile.
    """

    GREETED = "greeted"
    STARTED = "started"
    COMMITTED = "committed"
    PASSED = "passed"
    FAILED = "failed"
    EXPIRED = "expired"
    ABANDONED = "abandoned"


OPEN = (Outcome.GREETED, Outcome.STARTED, Outcome.COMMITTED)
"""Those that have not ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedRate:
    """A rate that a believed challenger timed: exact operations of the whole node, in OP/s.

    ``int8_share`` is the rate as a share of the ``gemm.int8`` that the node itself measured on these devices; ``None``
    where it did not on each of them.
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
    challenges_started: int
    challenges_passed: int


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
class ChallengeLog:
    """What ``netmind challenge list`` prints: every challenge that was begun, oldest first."""

    schema: Literal["netmind.challenge/1"] = "netmind.challenge/1"
    challenger_key: str | None
    challenges: tuple[ChallengeEntry, ...]
