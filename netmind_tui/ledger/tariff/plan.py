"""A plan: what a source says that power costs. Slots in a list, or one price at all times."""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from netmind_tui.model.offset import as_moment, moment_us
from netmind_tui.model.tariff import PriceBasis, PriceSlot

OPEN_END = datetime(9999, 12, 31, tzinfo=UTC)
"""The end of a price that holds until another is published."""
_MOST_GAPS = 8


class Plan(Protocol):
    """What one source says; see ``PowerPrice``.

    ``source`` is where it stands, ``name`` what its owner calls it, ``zone`` whose wall its times are of (``None``: it
    names moments). ``warnings`` are sentences on what is odd in it.
    """

    @property
    def currency(self) -> str:
        """The currency of all its prices."""

    @property
    def source(self) -> str:
        """Where it stands."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def zone(self) -> ZoneInfo | None:
        """Whose wall its times are of."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is odd in it, a sentence each."""

    def slots(self, start: datetime, end: datetime) -> Sequence[PriceSlot]:
        """The prices between two moments, without overlaps, cut to these; where none is known there is a gap."""


class Row(NamedTuple):
    """One slot as it stands in a file, and at which place."""

    start: datetime
    end: datetime
    price: Decimal
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Flat:
    """One price at all times."""

    price: Decimal
    currency: str
    source: str
    name: str = "flat"
    basis: PriceBasis = PriceBasis.PUBLISHED
    zone: ZoneInfo | None = None
    warnings: tuple[str, ...] = ()

    def slots(self, start: datetime, end: datetime) -> tuple[PriceSlot, ...]:
        """One from start to end."""
        if start >= end:
            return ()
        return (
            PriceSlot(
                start=start, end=end, price=self.price, currency=self.currency, basis=self.basis, source=self.source
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """Slots in order: a year of quarters of an hour in some megabytes."""

    starts_us: "array[int]"
    ends_us: "array[int]"
    prices: tuple[Decimal, ...]
    currency: str
    source: str
    name: str = ""
    zone: ZoneInfo | None = None
    warnings: tuple[str, ...] = ()

    def slots(self, start: datetime, end: datetime) -> tuple[PriceSlot, ...]:
        """Those that lie between, wholly or in part."""
        first_us, last_us = moment_us(start), moment_us(end)
        place = max(bisect_right(self.starts_us, first_us) - 1, 0)
        found = []
        while place < len(self.prices) and self.starts_us[place] < last_us:
            begin_us, stop_us = max(self.starts_us[place], first_us), min(self.ends_us[place], last_us)
            if begin_us < stop_us:
                found.append(
                    PriceSlot(
                        start=as_moment(begin_us),
                        end=as_moment(stop_us),
                        price=self.prices[place],
                        currency=self.currency,
                        source=self.source,
                    )
                )
            place += 1
        return tuple(found)

    @property
    def until(self) -> datetime | None:
        """The end of the last slot; ``None`` where there is none at all."""
        return as_moment(self.ends_us[-1]) if self.ends_us else None

    def rows(self) -> Iterable[Row]:
        """Every slot."""
        for begin_us, stop_us, price in zip(self.starts_us, self.ends_us, self.prices, strict=True):
            yield Row(as_moment(begin_us), as_moment(stop_us), price, self.source)


def listed(
    rows: Iterable[Row], *, currency: str, source: str, name: str = "", warnings: tuple[str, ...] = ()
) -> Listed:
    """The plan of some rows, in any order; a row that stands twice is one.

    Raises:
        ValueError: a slot ends before it begins, or two overlap; the sentence names both places.
    """
    ordered = sorted(rows, key=lambda row: (row.start, row.end))
    kept: list[Row] = []
    gaps: list[str] = []
    for row in ordered:
        if row.start >= row.end:
            raise ValueError(
                f"{row.place}: the slot from {_told(row.start)} ends at {_told(row.end)}, before it begins"
            )
        last = kept[-1] if kept else None
        if last is not None and (row.start, row.end, row.price) == (last.start, last.end, last.price):
            continue
        if last is not None and row.start < last.end:
            raise ValueError(
                f"{row.place} overlaps {last.place}: {_told(row.start)} to {_told(row.end)}, and"
                f" {_told(last.start)} to {_told(last.end)}"
            )
        if last is not None and row.start > last.end:
            gaps.append(
                f"there is no price from {_told(last.end)} to {_told(row.start)}, between {last.place} and {row.place}"
            )
        kept.append(row)
    if len(gaps) > _MOST_GAPS:
        gaps[_MOST_GAPS:] = [f"and {len(gaps) - _MOST_GAPS} more gaps"]
    same: dict[Decimal, Decimal] = {}
    return Listed(
        starts_us=array("q", (moment_us(row.start) for row in kept)),
        ends_us=array("q", (moment_us(row.end) for row in kept)),
        prices=tuple(same.setdefault(row.price, row.price) for row in kept),
        currency=currency,
        source=source,
        name=name,
        warnings=(*warnings, *gaps),
    )


def _told(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%MZ}" if moment < OPEN_END else "further notice"
