"""What a kilowatt-hour costs, slot by slot, and how that is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol


class PriceBasis(StrEnum):
    """How a price is known.

    It is published for that slot; or the plan that was last read is held, because its source does not answer; or it is
    the static price, which the owner pays where nothing better is known.
    """

    PUBLISHED = "published"
    HELD = "held"
    STATIC = "static"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceSlot:
    """One price from ``start`` up to ``end``, in whole units of ``currency`` per kWh; it may be negative.

    ``source`` is where it stands: a file's name, a URL, or the setting.
    """

    start: datetime
    end: datetime
    price: Decimal
    currency: str
    basis: PriceBasis = PriceBasis.PUBLISHED
    source: str = ""


class PowerPrice(Protocol):
    """A tariff. ``currency`` is that of its own prices; a slot that is known otherwise may be in another."""

    @property
    def currency(self) -> str:
        """Three letters; empty where no price is known at all."""

    def slots(self, start: datetime, end: datetime) -> Sequence[PriceSlot]:
        """The prices between two moments, without overlaps, cut to these; where none is known there is a gap."""
