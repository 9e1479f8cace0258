"""A plan by the clock on the wall: bands of the day, by weekday and season, with a price each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from netmind_tui.model.offset import MINUTE_US, Offsets, as_moment, day_of, moment_us
from netmind_tui.model.tariff import PriceSlot

A_DAY = 24 * 60
_DAY_US = A_DAY * MINUTE_US

Monthday = tuple[int, int]
"""A day of every year: month and day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """From a day of the year to another, both included; over the turn of the year where the first is later."""

    name: str
    first: Monthday
    last: Monthday

    def holds(self, day: date) -> bool:
        """Whether a day is of it."""
        at = (day.month, day.day)
        if self.first <= self.last:
            return self.first <= at <= self.last
        return at >= self.first or at <= self.last


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A price from a minute of the day to another; over midnight where the end is not later: it is of its first day.

    ``weekdays`` count from Monday as 0. ``season`` ``None``: all year.
    """

    name: str
    price: Decimal
    start: int = 0
    end: int = A_DAY
    weekdays: tuple[int, ...] = tuple(range(7))
    season: Season | None = None

    @property
    def stop(self) -> int:
        """The minute of its end, counted from the midnight before its begin."""
        return self.end if self.end > self.start else self.end + A_DAY


class Piece(NamedTuple):
    """A part of a day by the wall: from which minute to which, and by which band; ``None`` where none is about it."""

    start: int
    end: int
    band: Band | None


class Clash(NamedTuple):
    """Two bands that are about the same minute of a day."""

    one: Band
    other: Band
    minute: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bands:
    """Times of use. ``price`` holds where no band does; ``None``: no price is known then.

    On ``holidays`` the bands of weekday ``holiday_as`` hold. It holds from ``since`` to ``until``, both days included.
    """

    currency: str
    source: str
    zone: ZoneInfo
    bands: tuple[Band, ...]
    price: Decimal | None = None
    name: str = ""
    holidays: frozenset[date] = frozenset()
    yearly: frozenset[Monthday] = frozenset()
    holiday_as: int = 6
    since: date | None = None
    until: date | None = None
    warnings: tuple[str, ...] = ()

    def slots(self, start: datetime, end: datetime) -> tuple[PriceSlot, ...]:
        """The prices between two moments: what the clock shows at each of them says which band it is of.

        So an hour that comes twice is paid by its band twice, and one that is leapt over never.
        """
        if start >= end:
            return ()
        runs: list[tuple[int, int, Decimal]] = []
        for begin_us, stop_us, offset_us in _offsets(self.zone).spans(moment_us(start), moment_us(end)):
            for low, high, price in self._priced(begin_us + offset_us, stop_us + offset_us):
                begin, stop = low - offset_us, high - offset_us
                if runs and runs[-1][1] == begin and runs[-1][2] == price:
                    runs[-1] = (runs[-1][0], stop, price)
                else:
                    runs.append((begin, stop, price))
        return tuple(
            PriceSlot(
                start=as_moment(begin), end=as_moment(stop), price=price, currency=self.currency, source=self.source
            )
            for begin, stop, price in runs
        )

    def weekday(self, day: date) -> int:
        """The weekday that a day is paid as."""
        is_holiday = day in self.holidays or (day.month, day.day) in self.yearly
        return self.holiday_as if is_holiday else day.weekday()

    def _priced(self, wall_us: int, stop_us: int) -> Iterator[tuple[int, int, Decimal]]:
        """The prices between two wall times of one offset, in microseconds of that wall."""
        for number in range(wall_us // _DAY_US, -(-stop_us // _DAY_US)):
            midnight, day = number * _DAY_US, day_of(number)
            if (self.since is not None and day < self.since) or (self.until is not None and day > self.until):
                continue
            for piece in self._pieces(day):
                price = self.price if piece.band is None else piece.band.price
                low = max(wall_us, midnight + piece.start * MINUTE_US)
                high = min(stop_us, midnight + piece.end * MINUTE_US)
                if price is not None and low < high:
                    yield low, high, price

    def _pieces(self, day: date) -> list[Piece]:
        before = day - timedelta(days=1) if day > date.min else day
        return pieces(self._of(before), self._of(day))

    def _of(self, day: date) -> list[Band]:
        weekday = self.weekday(day)
        return [
            band for band in self.bands if weekday in band.weekdays and (band.season is None or band.season.holds(day))
        ]


@lru_cache(maxsize=4)
def _offsets(zone: ZoneInfo) -> Offsets:
    return Offsets(zone)


def pieces(before: Sequence[Band], today: Sequence[Band]) -> list[Piece]:
    """A day in parts without gaps or overlaps, by the bands that began on the day before and those that begin on it."""
    spans = sorted(_spans(before, today), key=lambda span: span[:2])
    found: list[Piece] = []
    minute = 0
    for start, end, band in spans:
        if start > minute:
            found.append(Piece(minute, start, None))
        if end > minute:
            found.append(Piece(max(start, minute), end, band))
            minute = end
    if minute < A_DAY:
        found.append(Piece(minute, A_DAY, None))
    return found


def clash(before: Sequence[Band], today: Sequence[Band]) -> Clash | None:
    """Two bands that are about the same minute of a day; ``None`` where there are none."""
    spans = sorted(_spans(before, today), key=lambda span: span[:2])
    for (_, end, one), (start, _, other) in pairwise(spans):
        if start < end:
            return Clash(one, other, start)
    return None


def _spans(before: Sequence[Band], today: Sequence[Band]) -> Iterator[tuple[int, int, Band]]:
    for band in before:
        if band.stop > A_DAY:
            yield 0, band.stop - A_DAY, band
    for band in today:
        yield band.start, min(band.stop, A_DAY), band
