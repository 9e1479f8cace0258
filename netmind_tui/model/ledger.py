"""What is booked: entries of a ledger that only grows, whose every line has its counterpart.

An entry is never changed. What became of a piece of work is told by later entries that are about its first one.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from netmind_tui.model.metering import Activity, EnergyMethod
from netmind_tui.model.money import Asset


class EntryKind(StrEnum):
    """What an entry says: work was metered; a payer accepted or rejected it, or paid; nobody answered; a correction."""

    METERED = "metered"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SETTLED = "settled"
    EXPIRED = "expired"
    CORRECTION = "correction"


ANSWERS = frozenset({EntryKind.ACCEPTED, EntryKind.REJECTED, EntryKind.EXPIRED})
"""A metered entry has one of them at most; only an accepted one is settled, once."""


class State(StrEnum):
    """What became of a metered entry: nobody answered yet, a payer accepted or rejected it, it expired, or was paid."""

    METERED = "metered"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    EXPIRED = "expired"
    SETTLED = "settled"


class Account(StrEnum):
    """Where amounts stand. What is debited is positive there, what is credited negative; each entry comes to nothing.

    What is only metered is a claim, and no income: claims are memorandum accounts, and nothing moves from them to what
    was earned. Income is what a payer accepted.
    """

    CLAIM_METERED = "claims:metered"
    CLAIM_OPEN = "claims:open"
    CLAIM_ACCEPTED = "claims:accepted"
    CLAIM_REJECTED = "claims:rejected"
    CLAIM_EXPIRED = "claims:expired"
    INCOME = "income:work"
    RECEIVABLE = "assets:receivable"
    SETTLED = "assets:settled"
    FEES = "expenses:fees"
    BURNT = "expenses:burnt"
    ENERGY_MARGINAL = "expenses:energy:marginal"
    ENERGY_IDLE = "expenses:energy:idle"
    ENERGY_HOST = "expenses:energy:host"
    ENERGY_OWED = "liabilities:energy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whom and what an entry is about; an empty text is what it is not told apart by. ``node`` is a node's id."""

    node: str
    device: str = ""
    uuid: str = ""
    workload: str = ""
    payer: str = ""
    job: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """An exact amount goes from one account to another: ``debit`` grows by it, ``credit`` shrinks."""

    debit: Account
    credit: Account
    asset: Asset
    exact: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a metered entry used. Energy is in millijoules; ``energy_ms`` of ``duration_ms`` have a known energy.

    ``energy_mj`` is the device's whole energy, ``idle_mj`` what of it the device would have drawn anyway, ``host_mj``
    the host's share that was drawn for this work, ``uncertain_mj`` how far off these may be together, at most.
    """

    activity: Activity
    duration_ms: int
    energy_ms: int = 0
    energy_mj: int = 0
    idle_mj: int = 0
    host_mj: int = 0
    uncertain_mj: int = 0
    method: EnergyMethod | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An entry to be booked.

    ``id`` is unique for ever: what is booked again under it changes nothing, and a different one is refused. ``at`` is
    when the work began that it is about, whenever it is booked; ``about`` the id of the metered entry that it answers,
    settles or corrects. ``note`` is what else belongs to it, as texts by a name: the rate and its card, a reason, a
    reference.
    """

    id: str
    kind: EntryKind
    at: datetime
    until: datetime
    subject: Subject
    moves: tuple[Move, ...] = ()
    usage: Usage | None = None
    about: str | None = None
    note: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One line of an entry: so many minor units to an account.

    ``exact`` is how much the move came to that this line is the debit of, in whole units; its minor units are what that
    and what was carried from moves before come to, rounded down.
    """

    account: Account
    asset: Asset
    minor: int
    exact: Fraction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry as it stands in the ledger: the ``number``-th, booked at ``made``, chained to the one before it.

    ``hash`` is SHA-256 over the canonical JSON (RFC 8785) of all of it and of ``previous``, the hash before; the first
    one has 32 zero bytes before it.
    """

    number: int
    id: str
    kind: EntryKind
    at: datetime
    until: datetime
    made: datetime
    subject: Subject
    postings: tuple[Posting, ...]
    usage: Usage | None = None
    about: str | None = None
    note: dict[str, str] = field(default_factory=dict)
    previous: bytes = bytes(32)
    hash: bytes = bytes(32)
