"""Answers to metered entries, wherever they come from: a receipt, a payer's table, a marketplace's export."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from netmind_tui.model.finding import Status
from netmind_tui.model.money import AmountText
from netmind_tui.model.receipt import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What somebody said to one metered entry, to be booked under the id ``id``, which is unique for ever.

    Accepted for ``amount`` (where it is ``None``, for the claim of the entry), of which ``fee`` and ``burnt`` are kept;
    rejected for a ``reason``; settled under a ``reference``. ``payer`` is the payer's name here, ``source`` the id of
    what it was read from, ``hash`` the entry's where the source names it. ``place`` says where in the source it stands.
    """

    id: str
    entry: str
    answer: Answer
    payer: str
    source: str
    amount: AmountText | None = None
    fee: AmountText | None = None
    burnt: AmountText | None = None
    reason: str | None = None
    reference: str | None = None
    hash: str | None = None
    place: str = ""


class Fate(StrEnum):
    """What becomes of what was said: it is booked, stands already, is ignored, or cannot be."""

    BOOKED = "booked"
    STANDS = "stands"
    IGNORED = "ignored"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What becomes of one of them, and why where it is not booked; ``amount`` is what it comes to."""

    entry: str
    answer: Answer
    fate: Fate
    amount: AmountText | None = None
    device: str = ""
    at: datetime | None = None
    place: str = ""
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmatched:
    """A line of an import that no metered entry is found for: it is told, and not booked."""

    place: str
    why: str
    amount: AmountText | None = None
    day: date | None = None
    device: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """``netmind earnings import``: what an import would book (``is_dry``), or has booked.

    All of it is booked or nothing: ``verdict`` is ``fail`` where anything is refused, and then nothing was. Amounts are
    sums of what is booked now. ``outcomes`` are the first thousand, those with a reason first; ``left_out`` how many
    more there are.
    """

    schema: str = "netmind.import/1"
    source: str
    kind: str
    payer: str
    is_dry: bool
    verdict: Status
    lines: int = 0
    booked: int = 0
    stands: int = 0
    ignored: int = 0
    refused: int = 0
    accepted: tuple[AmountText, ...] = ()
    rejected: tuple[AmountText, ...] = ()
    settled: tuple[AmountText, ...] = ()
    fees: tuple[AmountText, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    left_out: int = 0
    unmatched: tuple[Unmatched, ...] = ()
    warnings: tuple[str, ...] = field(default=())


class Difference(StrEnum):
    """How a payer's account and the books differ."""

    MISSING = "missing"
    """In the books, and not in the payer's account."""
    EXTRA = "extra"
    """In the payer's account, and not in the books."""
    DIFFERENT = "different"
    """In both, with another amount, answer or device."""
    UNEXPLAINED = "unexplained"
    """Rejected without a reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Discrepancy:
    """One difference: what the books have, and what the payer has."""

    payer: str
    kind: Difference
    entry: str | None = None
    at: datetime | None = None
    device: str = ""
    ours: str | None = None
    theirs: str | None = None
    amount: AmountText | None = None
    place: str = ""
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """One payer: how many entries agree, and how many do not, by kind."""

    payer: str
    entries: int = 0
    agree: int = 0
    missing: int = 0
    extra: int = 0
    different: int = 0
    unexplained: int = 0
    open: tuple[AmountText, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """``netmind earnings reconcile``: the books beside what payers said, as kept here or in a file of theirs."""

    schema: str = "netmind.reconciliation/1"
    start: datetime
    end: datetime
    zone: str
    verdict: Status
    against: tuple[str, ...] = ()
    payers: tuple[Reconciled, ...] = ()
    discrepancies: tuple[Discrepancy, ...] = ()
    left_out: int = 0
    warnings: tuple[str, ...] = ()
