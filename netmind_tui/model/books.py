"""The books themselves as documents tell of them: whether they are sound, how they lie on the disk, their copies."""

from dataclasses import dataclass, field
from datetime import date, datetime

from netmind_tui.model.finding import Finding, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerHead:
    """The newest entry: its number and its hash; 0 and 64 zeros of an empty ledger."""

    number: int = 0
    hash: str = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerFlaw:
    """What is wrong with the books, and with which entry; without a number with what is beside the entries."""

    what: str
    number: int | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerVerification:
    """``netmind earnings verify``: every entry from the first on was looked at, up to the first that is wrong.

    ``sound`` of ``entries`` entries hold, the last of which is ``head``. ``verdict`` is ``pass`` or ``fail``.
    """

    schema: str = "netmind.ledger-verification/1"
    path: str
    verdict: Status
    entries: int = 0
    sound: int = 0
    head: LedgerHead = field(default_factory=LedgerHead)
    flaws: tuple[LedgerFlaw, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerCheck:
    """``netmind ledger check``: the file, as far as can be seen at once; the whole chain is for another command.

    ``entries`` it has, the newest is ``head`` and was booked at ``booked_at``. ``waiting`` metered intervals are not
    booked yet; ``None`` where nothing is metered here. ``verdict`` is the worst of the findings.
    """

    schema: str = "netmind.ledger-check/1"
    path: str
    verdict: Status
    entries: int = 0
    size_bytes: int | None = None
    head: LedgerHead | None = None
    booked_at: datetime | None = None
    waiting: int | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerCopy:
    """A copy of the ledger: its entries, and when the last of them was booked; ``flaw`` says why it is of no use.

    ``day`` is of when it was made (UTC); ``None`` for one that was put by for another reason.
    """

    path: str
    day: date | None = None
    size_bytes: int = 0
    entries: int = 0
    booked_at: datetime | None = None
    flaw: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerCopies:
    """``netmind ledger backups``: the one to go back to first, those of no use last."""

    schema: str = "netmind.ledger-backups/1"
    path: str
    copies: tuple[LedgerCopy, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRestored:
    """``netmind ledger restore``: the copy that took the ledger's place; ``aside`` is what was there."""

    schema: str = "netmind.ledger-restored/1"
    path: str
    copy: LedgerCopy
    aside: str | None = None
