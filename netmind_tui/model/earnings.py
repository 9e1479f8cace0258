"""What was earned, as documents tell it: three figures side by side that are never added, and what work cost."""

from dataclasses import dataclass, field
from datetime import datetime

from netmind_tui.model.ledger import EntryKind, State, Usage
from netmind_tui.model.money import AmountText

NO_PAYER = "no payer is connected"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyFigure:
    """Energy over a time, in kWh.

    ``marginal_kwh`` is what work added, ``full_kwh`` includes what the device would have drawn anyway; both include the
    host's share. ``uncertainty_pct`` is of the full one. ``known_pct`` of the time has a known energy. ``method`` is
    the least sure one that any part was got at by; ``None`` where nothing is known, and ``absent`` says why (the host's
    share may be known all the same).
    """

    marginal_kwh: float | None = None
    full_kwh: float | None = None
    host_kwh: float | None = None
    uncertainty_pct: float | None = None
    known_pct: float = 0.0
    method: str | None = None
    absent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnratedHours:
    """Hours of work that nobody can say the worth of; ``why`` is the card's sentence."""

    reason: str
    hours: float
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EarningsLine:
    """One device, payer or workload, or all together where these are ``None``.

    ``entries`` are the metered ones. ``metered`` is what the rate card makes of the work (your books), ``accepted``
    what payers accepted of it, before fees, ``settled`` what they paid; each an amount an asset, and none is part of
    another. ``fees`` and ``burnt`` were kept of what was accepted. ``net`` is accepted − fees − burnt −
    ``energy_cost``, in one currency; where it cannot be told ``net_absent`` says why. It is without the cost of energy
    that is not known (``energy.known_pct``) or has no price (``unpriced_pct``). ``energy_cost`` is of the
    marginal energy, ``energy_cost_full`` of all. ``unpriced_pct`` of the work's time no price of power was known.
    ``unrated`` are the reasons why some work has no rate, with the hours of each.
    """

    device: str | None = None
    uuid: str | None = None
    payer: str | None = None
    workload: str | None = None
    entries: int = 0
    device_hours: float = 0.0
    ready_hours: float = 0.0
    metered: tuple[AmountText, ...] = ()
    accepted: tuple[AmountText, ...] = ()
    settled: tuple[AmountText, ...] = ()
    rejected: tuple[AmountText, ...] = ()
    open: tuple[AmountText, ...] = ()
    fees: tuple[AmountText, ...] = ()
    burnt: tuple[AmountText, ...] = ()
    energy_cost: tuple[AmountText, ...] = ()
    energy_cost_full: tuple[AmountText, ...] = ()
    energy: EnergyFigure = field(default_factory=EnergyFigure)
    net: AmountText | None = None
    net_absent: str | None = None
    unpriced_pct: float | None = None
    unrated: tuple[UnratedHours, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Online:
    """How far the day has come to what a card asks for: hours online, in the last ``of_hours``, of ``needed_hours``."""

    card: str
    hours: float
    needed_hours: float
    of_hours: float = 24.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Earnings:
    """``netmind earnings``: a period of the owner's calendar; ``total`` and ``lines`` of it.

    ``card`` is the rate card in force now, ``payers`` those who may pay, ``online`` the progress toward the hours that
    the card asks for. ``warnings`` are sentences: what is not published, not listed, or not known.
    """

    schema: str = "netmind.earnings/1"
    period: str
    start: datetime
    end: datetime
    zone: str
    by: str | None = None
    currency: str | None = None
    card: str | None = None
    payers: tuple[str, ...] = ()
    total: EarningsLine = field(default_factory=EarningsLine)
    lines: tuple[EarningsLine, ...] = ()
    online: Online | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PostingText:
    """One line of an entry; ``exact`` is what it came to in whole units, as a fraction, where it is a debit."""

    account: str
    asset: str
    amount: str
    exact: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryText:
    """An entry of the ledger as documents tell it, money in strings.

    ``state`` is what became of a metered one. ``worth`` is what that is worth by the rate card, and of another kind
    what was accepted, rejected, expired, paid or corrected; ``cost`` is what its energy costs, all of it. ``hash``
    chains it to all before it.
    """

    number: int
    id: str
    kind: EntryKind
    at: datetime
    until: datetime
    made: datetime
    node: str
    device: str = ""
    uuid: str = ""
    workload: str = ""
    payer: str = ""
    job: str = ""
    about: str | None = None
    state: State | None = None
    worth: tuple[AmountText, ...] = ()
    cost: tuple[AmountText, ...] = ()
    usage: Usage | None = None
    note: dict[str, str] = field(default_factory=dict)
    postings: tuple[PostingText, ...] = ()
    hash: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """``netmind earnings entries``: oldest first; ``next`` is the number to go on after.

    ``has_earlier`` says that those before them were left out.
    """

    schema: str = "netmind.entries/1"
    entries: tuple[EntryText, ...] = ()
    next: int = 0
    has_earlier: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryDocument(EntryText):
    """A line of ``netmind earnings entries --format jsonl``."""

    schema: str = "netmind.ledger-entry/1"
