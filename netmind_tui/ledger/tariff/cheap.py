"""When power is cheap: the hours of a day that come to the lowest price together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from netmind_tui.model.offset import as_moment, moment_us
from netmind_tui.model.tariff import PriceSlot


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A time without gaps, and what a kWh costs in it on average, exactly."""

    start: datetime
    end: datetime
    average: Fraction
    currency: str


def average(slots: Sequence[PriceSlot]) -> Fraction | None:
    """The average price of some slots by their lengths; ``None`` where there are none, or two currencies."""
    if len({slot.currency for slot in slots}) != 1:
        return None
    return sum((_weight(slot) for slot in slots), Fraction(0)) / sum(_length_us(slot) for slot in slots)


def cheapest(slots: Sequence[PriceSlot], length: timedelta) -> Stretch | None:
    """The time of that length with the lowest price together, the earliest of equals; ``None`` where none has a price.

    It begins or ends where a price changes: between two changes the sum is a straight line.
    """
    found = (stretch for run in _runs(slots) for stretch in _stretches(run, length // timedelta(microseconds=1)))
    return min(found, key=lambda stretch: (stretch.average, stretch.start), default=None)


def _runs(slots: Sequence[PriceSlot]) -> Iterator[list[PriceSlot]]:
    """Slots that follow each other in one currency."""
    run: list[PriceSlot] = []
    for slot in slots:
        if run and (run[-1].end != slot.start or run[-1].currency != slot.currency):
            yield run
            run = []
        run.append(slot)
    if run:
        yield run


def _stretches(run: list[PriceSlot], length_us: int) -> Iterator[Stretch]:
    first_us, last_us = moment_us(run[0].start), moment_us(run[-1].end)
    edges = {moment_us(slot.start) for slot in run} | {moment_us(slot.end) - length_us for slot in run}
    for start_us in sorted(edges):
        if first_us <= start_us and start_us + length_us <= last_us:
            start, end = as_moment(start_us), as_moment(start_us + length_us)
            worth = sum((_weight(slot, start, end) for slot in run), Fraction(0))
            yield Stretch(start=start, end=end, average=worth / length_us, currency=run[0].currency)


def _weight(slot: PriceSlot, start: datetime | None = None, end: datetime | None = None) -> Fraction:
    """Its price by the microseconds that it has between two moments."""
    begin = slot.start if start is None else max(slot.start, start)
    stop = slot.end if end is None else min(slot.end, end)
    return Fraction(slot.price) * max(moment_us(stop) - moment_us(begin), 0)


def _length_us(slot: PriceSlot) -> int:
    return moment_us(slot.end) - moment_us(slot.start)
