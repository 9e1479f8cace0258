"""What a node asks a payer to accept, and what the payer answers: both signed, and read by anybody.

A statement is the node's: its metered entries of a time. A receipt is the payer's: what it says to each of them.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from netmind_tui.model.books import LedgerHead
from netmind_tui.model.earnings import EnergyFigure
from netmind_tui.model.ledger import State
from netmind_tui.model.money import AmountText

STATEMENT_OF_WORK_TYPE = "urn:netmind:statement-of-work:1"
RECEIPT_TYPE = "urn:netmind:receipt:1"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """A metered entry as its payer sees it.

    ``hash`` is the entry's in the node's ledger, ``worth`` what the rate card makes of it; energy is in kWh, all of it.
    ``state`` is what became of it by the time of the statement.
    """

    entry: str
    hash: str
    at: datetime
    until: datetime
    device: str = ""
    uuid: str = ""
    workload: str = ""
    job: str = ""
    device_hours: float = 0.0
    energy_kwh: float | None = None
    worth: tuple[AmountText, ...] = ()
    state: State = State.METERED
    card: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementOfWork:
    """``netmind earnings statement``: what a node did in a time, and what it would have for that.

    ``payer`` and ``payer_key`` are whom it is for, where it is for somebody. ``head`` is the node's ledger when it was
    made: no entry up to it can be changed afterwards without being seen. The four figures are of all lines together,
    and never added. ``certificate`` is the id of the node's certificate in force, if there is one.
    """

    schema: str = "netmind.statement/1"
    id: str
    node_key: str
    made_at: datetime
    start: datetime
    end: datetime
    zone: str
    payer: str | None = None
    payer_key: str | None = None
    currency: str | None = None
    head: LedgerHead = field(default_factory=LedgerHead)
    lines: tuple[StatementLine, ...] = ()
    device_hours: float = 0.0
    energy: EnergyFigure = field(default_factory=EnergyFigure)
    metered: tuple[AmountText, ...] = ()
    open: tuple[AmountText, ...] = ()
    accepted: tuple[AmountText, ...] = ()
    settled: tuple[AmountText, ...] = ()
    certificate: str | None = None
    warnings: tuple[str, ...] = ()


class Answer(StrEnum):
    """What a payer says to an entry."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptLine:
    """A payer's word on one entry.

    Accepted for ``amount``, of which ``fee`` and ``burnt`` are kept; rejected for a ``reason``; or settled, ``amount``
    paid under ``reference``. ``hash`` is the entry's as the statement had it.
    """

    entry: str
    hash: str
    answer: Answer
    amount: AmountText | None = None
    fee: AmountText | None = None
    burnt: AmountText | None = None
    reason: str | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """``netmind receipt make``: a payer's answers to a node's entries, signed by the payer's key.

    ``statement`` is the id of the statement that it answers.
    """

    schema: str = "netmind.receipt/1"
    id: str
    payer_key: str
    node_key: str
    statement: str
    made_at: datetime
    lines: tuple[ReceiptLine, ...] = ()
    note: str | None = None
