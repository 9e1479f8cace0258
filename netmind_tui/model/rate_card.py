"""Rate cards: what a network or the owner says that work is worth, as facts with a date and a source.

A card is data. What its publisher has not said is in no card: such a rate is the owner's to enter, and what sources
say against each other stands beside both.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from netmind_tui.model.rate import Per

MANUAL = "manual"
"""The card of an owner who enters each rate: there is nothing on it."""


class PaidWhile(StrEnum):
    """For which time a reward is paid: for work, for standing by, or for both."""

    WORK = "work"
    READY = "ready"
    ONLINE = "online"


class Factor(StrEnum):
    """What a reward's rate depends on, beside time: the device's level, the line's speed, the mode of contributing."""

    LEVEL = "level"
    BANDWIDTH = "bandwidth"
    MODE = "mode"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a fact stands, and when it was read there; ``id`` is what the card's facts call it.

    ``read`` is a day, or a month where nobody noted the day: ``2026-11-22``, ``2026-11``.
    """

    id: str
    title: str
    read: str
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reward:
    """One thing that a card pays for; several are added. ``by`` is what its rate depends on."""

    name: str
    title: str
    paid: PaidWhile = PaidWhile.WORK
    by: tuple[Factor, ...] = ()
    source: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So much of an asset per device-hour, kWh, unit of certified capacity and hour, or job.

    ``amount`` is ``None`` where the card has such a rate and does not say how high it is. It is for all work that the
    members from ``level`` to ``payer`` do not rule out, from ``start`` up to ``end``, where these are given. A capacity
    is the certified one of the kernel ``metric``, in ``unit``. ``mode`` is the owner's word on how the work is given.
    """

    reward: str
    per: Per
    asset: str
    amount: Decimal | None = None
    metric: str | None = None
    unit: str | None = None
    level: str | None = None
    model: str | None = None
    device: str | None = None
    workload: str | None = None
    payer: str | None = None
    mode: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    fee_pct: Decimal | None = None
    burnt_pct: Decimal | None = None
    source: str | None = None
    is_owners: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A device that a card lists: as it is called there, and as NVML calls it, with its memory in GiB.

    Without a name of NVML's no device is ever taken for it; ``note`` then says why.
    """

    listed: str
    names: tuple[str, ...] = ()
    memory_gib: int | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """Devices that are paid alike."""

    name: str
    devices: tuple[Listed, ...]
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """The share of a rate that a line's speed brings: above so many Mbit/s, at least so many, or any."""

    share_pct: Decimal
    above_mbps: Decimal | None = None
    at_least_mbps: Decimal | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """A way to contribute, and what its rewards are multiplied by."""

    name: str
    title: str
    factor: Decimal
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """How what a renter pays for a reward is divided: paid out, kept, burnt; of all modes or of one."""

    reward: str
    paid_pct: Decimal
    fee_pct: Decimal = Decimal(0)
    burnt_pct: Decimal = Decimal(0)
    mode: str | None = None
    source: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OnlineRule:
    """A reward asks for more than so many hours online, which need not be in one piece, in any ``of_hours``."""

    reward: str
    hours: Decimal
    of_hours: Decimal = Decimal(24)
    source: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Emission:
    """The most that a network gives to all who contribute, a day, from ``start`` up to ``end``."""

    phase: str
    start: datetime
    end: datetime
    daily: Decimal
    asset: str
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lockup:
    """What is owed and cannot be had yet: whose it is, from when to when it is released, and how."""

    title: str
    release: str
    start: datetime | None = None
    end: datetime | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    """When a network counts and how what it owes is had, step by step; ``note`` says what of it was inferred."""

    every: str
    day_ends: str | None = None
    steps: tuple[str, ...] = ()
    source: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What one source says."""

    source: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Sources that say different things about one fact, and what this card takes meanwhile."""

    about: str
    claims: tuple[Claim, ...]
    taken: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpublished:
    """A fact that nobody has said, and what that means for the owner."""

    what: str
    means: str
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RateCard:
    """A card: ``version`` of ``date`` holds from ``start`` on, until a later one of the same name does."""

    name: str
    version: str
    title: str
    date: date
    start: datetime | None = None
    sources: tuple[Source, ...] = ()
    rewards: tuple[Reward, ...] = ()
    rates: tuple[Rate, ...] = ()
    levels: tuple[Level, ...] = ()
    bands: tuple[Band, ...] = ()
    modes: tuple[Mode, ...] = ()
    splits: tuple[Split, ...] = ()
    online: OnlineRule | None = None
    emissions: tuple[Emission, ...] = ()
    lockups: tuple[Lockup, ...] = ()
    payout: Payout | None = None
    conflicts: tuple[Conflict, ...] = ()
    unpublished: tuple[Unpublished, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """Which one it is: ``netmind-power 1``."""
        return f"{self.name} {self.version}"

    def reward(self, name: str) -> Reward | None:
        """The reward of that name."""
        return next((each for each in self.rewards if each.name == name), None)

    def mode(self, name: str | None) -> Mode | None:
        """The mode of that name."""
        return next((each for each in self.modes if each.name == name), None)

    def emission_at(self, moment: datetime) -> Emission | None:
        """What is given at most a day, at a moment."""
        return next((each for each in self.emissions if each.start <= moment < each.end), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RateCardDocument:
    """``netmind earnings card``: a card as it is in force, with what the owner entered beside it.

    ``is_chosen`` says that work is rated by it, ``emission`` is the phase that the moment is in. ``files`` are what was
    read. ``warnings`` are sentences about what nobody can rate.
    """

    schema: str = "netmind.rate-card/1"
    card: RateCard
    is_chosen: bool
    own: tuple[Rate, ...] = ()
    emission: Emission | None = None
    files: tuple[str, ...] = ()
    warnings: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class CardLine:
    """A card that there is."""

    name: str
    version: str
    title: str
    date: date
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RateCardsDocument:
    """``netmind earnings card --list``."""

    schema: str = "netmind.rate-cards/1"
    cards: tuple[CardLine, ...] = ()
