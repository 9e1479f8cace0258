"""Who pays: a name, the key that signs for it, the currency, when it pays out, and from which amount on."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from netmind_tui.model.money import AmountText


class Calendar(StrEnum):
    """When a payer pays out: by itself, or when it is asked."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    ON_REQUEST = "on-request"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """Who accepts work, and pays for it.

    ``key`` is the key that signs its receipts (``ed25519:…``); without one it is known by imports alone. ``currency``
    is the code of the asset that it pays in. It pays out by its ``calendar``: each week on ``weekday`` (1 is Monday),
    each month on ``day`` (a month without that day: its last), and nothing below ``minimum``, a decimal in whole units.
    ``workloads`` are those whose work it is asked to accept; empty for all that no other payer names.
    """

    name: str
    key: str | None = None
    currency: str
    calendar: Calendar = Calendar.ON_REQUEST
    weekday: int | None = None
    day: int | None = None
    minimum: str | None = None
    workloads: tuple[str, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payers:
    """``netmind payer list``: those in the owner's file, in its order."""

    schema: str = "netmind.payers/1"
    path: str
    payers: tuple[Payer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What a payer owes: accepted and not settled, before and after what is kept back.

    ``due`` is all of it, ``locked`` what of it a lock-up of the rate card still holds, until ``locked_until`` at the
    latest. ``open_entries`` wait for its answer, the oldest since ``oldest_open``. ``pays_on`` is its next day of
    payout by the calendar; ``is_enough`` whether what is not locked reaches its minimum (``None`` without one).
    """

    payer: str
    currency: str | None = None
    due: tuple[AmountText, ...] = ()
    locked: tuple[AmountText, ...] = ()
    locked_until: datetime | None = None
    minimum: AmountText | None = None
    is_enough: bool | None = None
    pays_on: date | None = None
    open_entries: int = 0
    open: tuple[AmountText, ...] = ()
    oldest_open: datetime | None = None
    answered_at: datetime | None = None
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payouts:
    """``netmind earnings payouts``: what each payer owes, and when it pays. One without a name is nobody yet."""

    schema: str = "netmind.payouts/1"
    at: datetime
    zone: str
    payers: tuple[Due, ...] = ()
    warnings: tuple[str, ...] = field(default=())
