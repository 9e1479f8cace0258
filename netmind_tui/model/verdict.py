"""What a challenger says, under its signature, of the work that a node did by the challenger's clock."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengeVerdict:
    """What a challenger found. ``devices`` are those that the root binds, by their salted identities or names.

    Times are by the challenger's clock; ``elapsed_s`` runs from before the second nonce was sent until the root had
    arrived. ``operations`` is a whole number; ``rate_tops`` is that through ``elapsed_s``, in 10^12 OP/s.
    ``challenges_started`` and ``challenges_passed`` count those of this node by this challenger, this one among them:
    whoever tries often and shows the best is seen. ``calls_missed`` counts the calls, at moments that the challenger
    chose, after which this node let no clock be started in time.
    """

    schema: Literal["netmind.challenge-verdict/1"] = "netmind.challenge-verdict/1"
    challenger_key: str
    node_key: str
    session: str
    initiated_by: Literal["node", "challenger"]
    chain: str
    chain_version: int
    devices: tuple[str, ...]
    nonce1: str
    nonce2: str
    root: str
    rows_opened: int
    started_at: str
    finished_at: str
    elapsed_s: float
    operations: str
    rate_tops: float
    verdict: Literal["passed", "failed"]
    reason: str | None
    challenges_started: int
    challenges_passed: int
    calls_missed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedVerdict:
    """A verdict within a certificate: what was said, and the challenger's signature of the statement that says it."""

    verdict: ChallengeVerdict
    sig: str
