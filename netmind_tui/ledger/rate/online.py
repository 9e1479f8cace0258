"""How long this machine was online lately, towards the hours that a card asks for; they need not be in one piece."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from netmind_tui.model.earnings import Online
from netmind_tui.model.metering import Activity, Interval
from netmind_tui.model.rate_card import RateCard

Span = tuple[datetime, datetime]
_HOUR = timedelta(hours=1)


def online_since(card: RateCard, now: datetime) -> datetime | None:
    """From when on it matters to a card whether the machine was online; ``None`` where it does not."""
    return None if card.online is None else now - timedelta(hours=float(card.online.of_hours))


def online(card: RateCard, spans: Iterable[Span], now: datetime) -> Online | None:
    """The progress towards the hours of a card; ``None`` for a card that asks for none.

    Args:
        card: the one in force.
        spans: from when to when any device worked or was ready; in any order, and they may overlap: eight devices that
            work for an hour are one hour online.
        now: what is later does not count, as where a clock was put back.
    """
    since = online_since(card, now)
    if card.online is None or since is None:
        return None
    together = sum((end - start for start, end in _joined(_within(spans, since, now))), timedelta())
    return Online(
        card=card.words,
        hours=together / _HOUR,
        needed_hours=float(card.online.hours),
        of_hours=float(card.online.of_hours),
    )


def spans_of(intervals: Iterable[Interval]) -> Iterator[Span]:
    """From when to when devices worked or were ready, without what a machine slept of it."""
    for each in intervals:
        if each.activity is not Activity.SUSPENDED:
            yield each.start, min(each.end, each.start + timedelta(milliseconds=each.duration_ms))


def _within(spans: Iterable[Span], since: datetime, until: datetime) -> Iterator[Span]:
    for start, end in spans:
        if max(start, since) < min(end, until):
            yield max(start, since), min(end, until)


def _joined(spans: Iterable[Span]) -> Iterator[Span]:
    """The same times, each once."""
    reached: datetime | None = None
    for start, end in sorted(spans):
        begin = start if reached is None else max(start, reached)
        if end > begin:
            yield begin, end
            reached = end
