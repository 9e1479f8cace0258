"""Why more was not earned: causes in the order of what they cost, each with its evidence and what to do."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from netmind_tui.model.money import AmountText


class Cause(StrEnum):
    """What kept a node from earning more."""

    NO_PAYER = "no-payer"
    NO_RATE = "no-rate"
    NO_WORK = "no-work"
    NO_WORKLOAD = "no-workload"
    NOT_RUNNING = "not-running"
    BOOKS = "books"
    OWNER = "owner"
    RULE = "rule"
    WINDOWS = "windows"
    RULE_COST = "rule-cost"
    LOST = "lost"
    SLOW = "slow"
    CRASHING = "crashing"
    BELOW_HOURS = "below-hours"
    LOW_RATE = "low-rate"
    REJECTED = "rejected"
    EXPIRED = "expired"
    OPEN = "open"
    BELOW_MINIMUM = "below-minimum"
    LOCKED = "locked"
    FEES = "fees"


class Ground(StrEnum):
    """How an amount is known: it stands in the books, or is an estimate, which says what it assumes."""

    BOOKED = "booked"
    ESTIMATE = "estimate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What shows it: a sentence, and the event, entry or file behind it where there is one."""

    sentence: str
    at: datetime | None = None
    event: int | None = None
    entry: str | None = None
    command: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """One cause: ``title`` in a few words, ``sentence`` in full.

    ``amount`` is what it kept from the owner, in the owner's currency, never negative; where that cannot be told
    ``absent`` says why and ``hours`` (of devices) is what there is to go by. ``assumes`` is what an estimate rests on.
    ``guard`` is the rule's name. ``remedy`` says what to do, ``command`` how.
    """

    cause: Cause
    title: str
    sentence: str
    device: str | None = None
    payer: str | None = None
    guard: str | None = None
    hours: float | None = None
    amount: AmountText | None = None
    absent: str | None = None
    ground: Ground = Ground.ESTIMATE
    assumes: str | None = None
    evidence: tuple[Evidence, ...] = ()
    remedy: str
    command: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfalls:
    """``netmind earnings why``: the worst first.

    ``device_hours`` are those there were in the period up to now, of which ``worked_hours`` worked, ``ready_hours``
    stood ready without work, ``paused_hours`` were kept back by a rule or the owner, ``outside_hours`` lay outside of
    the windows, ``absent_hours`` had no agent or machine to run. They come to all of them.
    """

    schema: str = "netmind.shortfalls/1"
    period: str
    start: datetime
    end: datetime
    zone: str
    currency: str | None = None
    device_hours: float = 0.0
    worked_hours: float = 0.0
    ready_hours: float = 0.0
    paused_hours: float = 0.0
    outside_hours: float = 0.0
    absent_hours: float = 0.0
    causes: tuple[Shortfall, ...] = ()
    warnings: tuple[str, ...] = ()
