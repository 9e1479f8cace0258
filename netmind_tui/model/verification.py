"""What verifying a certificate says: one line for each check, the claims that stand, and what none of it shows."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Self

from netmind_tui.model.certificate import Claim, Evidence, Fact, Proof
from netmind_tui.model.challenge import TimedRate
from netmind_tui.model.exit import ExitCode, foremost


class Check(StrEnum):
    """The checks, in the order in which they are made."""

    FILE = "file"
    CANONICAL = "canonical"
    ENVELOPE = "envelope"
    SIGNATURE = "signature"
    STATEMENT = "statement"
    SIGNER = "signer"
    TIME = "time"
    RESULT = "result"
    FIGURES = "figures"
    KERNELS = "kernels"
    PLAUSIBILITY = "plausibility"
    PROOF = "proof"
    ENVIRONMENT = "environment"
    CHAIN = "chain"
    DEVICES = "devices"
    NONCE = "nonce"
    CHALLENGE = "challenge"
    REVOCATION = "revocation"
    TRUST = "trust"


class Answer(StrEnum):
    """How a check went. ``note``: it held, and there is something to know. ``unknown``: it could not be told.

    ``left``: it was not asked for, or an earlier check failed without which it means nothing.
    """

    HELD = "held"
    NOTE = "note"
    UNKNOWN = "unknown"
    FAILED = "failed"
    LEFT = "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One check of one certificate, with what was found in a sentence."""

    check: Check
    answer: Answer
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedProof:
    """What a proof shows that held: ``operations`` of ``chain`` on ``devices``, and ``shown`` says what about them."""

    evidence: Evidence
    chain: str
    chain_version: int
    devices: tuple[str, ...]
    operations: str
    shown: str

    @classmethod
    def of(cls, proof: Proof) -> Self:
        """What a proof shows that held."""
        return cls(
            evidence=proof.evidence,
            chain=proof.chain,
            chain_version=proof.chain_version,
            devices=proof.devices,
            operations=proof.operations,
            shown=proof.shown,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedFile:
    """One file that was verified. ``level`` is a summary (L0, L1, L2) and means nothing without ``covers``.

    Facts and claims are empty where a check failed, and where no result document was there to hold them against.
    ``timed`` is what a challenger on the verifier's list timed.
    """

    path: str
    node_key: str | None
    issued_at: str | None
    expires_at: str | None
    level: str | None
    covers: str
    checks: tuple[Checked, ...]
    facts: tuple[Fact, ...]
    claims: tuple[Claim, ...]
    proof: VerifiedProof | None = None
    timed: TimedRate | None = None

    @property
    def first_failure(self) -> Checked | None:
        """The first check that failed, or else the first that could not be told."""
        for answer in (Answer.FAILED, Answer.UNKNOWN):
            for checked in self.checks:
                if checked.answer is answer:
                    return checked
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What ``netmind verify`` says of all its files. ``not_shown`` is what no certificate of this kind shows."""

    schema: Literal["netmind.verification/1"] = "netmind.verification/1"
    verified_at: str
    files: tuple[VerifiedFile, ...]
    notes: tuple[str, ...]
    not_shown: tuple[str, ...]


def exit_code(verification: Verification) -> ExitCode:
    """What to end with: 1 where a check failed, 3 where one could not be told, 0 where all held."""
    answers = {checked.answer for file in verification.files for checked in file.checks}
    codes = []
    if Answer.FAILED in answers:
        codes.append(ExitCode.FAILED)
    if Answer.UNKNOWN in answers:
        codes.append(ExitCode.UNMEASURED)
    return foremost(codes)
