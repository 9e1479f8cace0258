"""Something about this machine that its owner should know, with the evidence and the fix."""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How a check or a measurement went. ``skip`` does not count toward a verdict."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    WARN = "warn"
    UNSTABLE = "unstable"
    ERROR = "error"
    FAIL = "fail"
    SKIP = "skip"


_BEST_FIRST = (Status.PASS, Status.WARN, Status.UNSTABLE, Status.ERROR, Status.FAIL)


def worst(statuses: list[Status]) -> Status:
    """The worst of the statuses that count; ``skip`` when none does."""
    counted = [status for status in statuses if status is not Status.SKIP]
    return max(counted, key=_BEST_FIRST.index, default=Status.SKIP)


class Action(StrEnum):
    """What a scheduler does about a finding."""

    NONE = "none"
    WAIT = "wait"
    RETRY = "retry"
    RESET = "reset"
    REBOOT = "reboot"
    DRAIN = "drain"
    REPLACE = "replace"
    ASK_OWNER = "ask-owner"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A check's answer: what was found, what was required, and what to do next.

    ``id`` is stable and machine-readable (``driver-missing``); ``title`` is one sentence;
    ``remediation`` is the exact next step.
    """

    id: str
    title: str
    status: Status
    actual: str | None = None
    required: str | None = None
    operator: str | None = None
    unit: str | None = None
    evidence: str | None = None
    purpose: str | None = None
    remediation: str | None = None
    action: Action = Action.NONE
    device: str | None = None
