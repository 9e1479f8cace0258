"""What a device is to do now, why, until when, and what would change it."""

from dataclasses import dataclass, field
from datetime import datetime

from netmind_tui.model.contribution import Contribution, Rung
from netmind_tui.model.policy import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason, for or against.

    ``code`` is stable and machine-readable (``user-active``, ``outside-windows``, ``paused``, ``needs-answer``,
    ``inside-window``); ``sentence`` is for people.

    ``until`` is a moment when it ends for sure or at the latest, ``when`` the condition in words that ends it;
    ``lift`` is what the owner can do about it, a command where there is one. ``rung`` is what it asks for.
    ``is_overridden``: it is listed and does not count, because the owner said so.
    """

    code: str
    sentence: str
    rung: Rung
    until: datetime | None = None
    when: str | None = None
    lift: str | None = None
    evidence: str | None = None
    is_overridden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """For one device. ``reasons`` are ranked: the first is the primary one, denials before the allowance.

    ``rung`` is what the agent brings about; ``may_start`` is whether new work may begin. ``limits`` hold while it
    runs. ``until`` is when this decision changes at the latest as far as the policy knows.
    """

    device: str
    state: Contribution
    rung: Rung
    may_start: bool
    reasons: tuple[Reason, ...]
    limits: Limits = field(default_factory=Limits)
    window: str | None = None
    until: datetime | None = None

    @property
    def reason(self) -> Reason:
        """The primary one."""
        return self.reasons[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeDecision:
    """The node in short: how many devices are in which state, and the reason that most of them share."""

    state: Contribution
    counts: dict[Contribution, int] = field(default_factory=dict)
    reason: Reason | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """All devices at one moment (UTC), and the node."""

    at: datetime
    devices: tuple[Decision, ...]
    node: NodeDecision
