"""What work is worth by a rate card: a fact with a source and a date, or a reason why nobody can say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction


class Per(StrEnum):
    """What a rate is paid for."""

    DEVICE_HOUR = "device-hour"
    KWH = "kwh"
    CAPACITY_HOUR = "capacity-hour"
    JOB = "job"


class Unrated(StrEnum):
    """Why something has no rate.

    No card is chosen, none lists the device, the card says that its rate is not published and the owner entered none,
    none was in force then, or what the rate is per is not known of the work.
    """

    NO_CARD = "no-card"
    UNLISTED = "unlisted"
    UNPUBLISHED = "unpublished"
    NOT_IN_FORCE = "not-in-force"
    UNMEASURED = "unmeasured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is to be priced: one metered interval, and what is known of its device.

    ``name`` and ``memory_bytes`` are as NVML tells them; ``capacity`` are the rates of the certificate in force then,
    by their metric; ``is_online_only`` where the device was ready and had no work; ``jobs`` how many it finished,
    where anybody counts them.
    """

    device: str
    at: datetime
    until: datetime
    duration_ms: int
    uuid: str | None = None
    name: str | None = None
    memory_bytes: int | None = None
    workload: str | None = None
    payer: str | None = None
    energy_mj: int | None = None
    capacity: Mapping[str, float] = field(default_factory=dict)
    is_online_only: bool = False
    jobs: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated:
    """What a piece of work comes to by a card, exact and before fees, in whole units of ``asset``.

    ``unrated`` says why there is nothing. ``basis`` is what an entry notes of it: ``card`` (name and version),
    ``rate`` (``0.20 EUR per device-hour``), ``level``, ``factor``, ``source``; where it is unrated ``unrated`` and a
    sentence as ``why``. ``fee_pct`` and ``burnt_pct`` are what the network keeps and burns of it, where the card says.
    """

    asset: str | None = None
    exact: Fraction = Fraction(0)
    unrated: Unrated | None = None
    basis: Mapping[str, str] = field(default_factory=dict)
    fee_pct: Decimal = Decimal(0)
    burnt_pct: Decimal = Decimal(0)
