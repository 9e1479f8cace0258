"""What a node's work is worth and costs at this moment, and how its books stand: figures of now, and no balances.

Amounts are decimals in strings, in whole units of ``currency``.
"""

from dataclasses import dataclass, field
from datetime import datetime

from netmind_tui.model.earnings import Online
from netmind_tui.model.tariff import PriceBasis


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerNow:
    """What a kilowatt-hour costs now and how that is known; ``until`` is when that changes, where it does soon."""

    price_per_kwh: str
    currency: str
    until: datetime | None = None
    basis: PriceBasis
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceWorth:
    """An hour of work on a device, now.

    ``power_w`` is what it draws under load, ``power_from`` how that is known. ``cost`` is that power at the price of
    now; ``floor`` what an hour must bring, before fees, not to lose. ``gross`` is what the rate card makes of it and
    ``net`` what is left of that after fees and power. Each is ``None`` where it cannot be told; the first reason that
    counts is in ``unknown``.
    """

    device: str
    power_w: float | None = None
    power_from: str | None = None
    currency: str | None = None
    cost: str | None = None
    floor: str | None = None
    gross: str | None = None
    net: str | None = None
    unknown: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksStanding:
    """The ledger as the agent keeps it.

    ``entries`` it has, the hash of the last one is ``head``; all that the file of metered intervals held at
    ``booked_at`` is in it. ``problem`` is why nothing is booked, where that is so, and ``command`` what to do then;
    metering goes on meanwhile, and what waits is booked later. ``backup_at`` is when this agent last made a copy;
    ``warning`` why none could be.
    """

    path: str
    entries: int = 0
    head: str | None = None
    booked_at: datetime | None = None
    backup_at: datetime | None = None
    problem: str | None = None
    command: str | None = None
    warning: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """All of it. ``card`` is the rate card in force; ``price_unknown`` says why no price of power is known.

    ``warnings`` are sentences on what of the owner's files is not in force, or is only held.
    """

    card: str | None = None
    power: PowerNow | None = None
    price_unknown: str | None = None
    devices: tuple[DeviceWorth, ...] = ()
    online: Online | None = None
    books: BooksStanding | None = None
    warnings: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceText:
    """What a kilowatt-hour costs from one moment up to another, and how that is known."""

    start: datetime
    end: datetime
    price_per_kwh: str
    currency: str
    basis: PriceBasis
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """``GET /v1/prices``: the prices of power between two moments, without overlaps; a gap is where none is known.

    ``known`` says how they are known, in a sentence.
    """

    schema: str = "netmind.prices/1"
    start: datetime
    end: datetime
    slots: tuple[PriceText, ...] = ()
    known: str = ""
    warnings: tuple[str, ...] = ()
