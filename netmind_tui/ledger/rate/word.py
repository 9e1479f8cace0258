"""Rates as sentences and tables say them."""

from datetime import datetime

from netmind_tui.model.rate import Per
from netmind_tui.model.rate_card import Rate, RateCard


def words(rate: Rate) -> str:
    """A rate as it is said: ``0.20 EUR per device-hour``."""
    amount = "not published," if rate.amount is None else f"{rate.amount:f}"
    unit = {Per.CAPACITY_HOUR: f"{rate.unit} of {rate.metric} and hour", Per.KWH: "kWh"}.get(rate.per, rate.per.value)
    return f"{amount} {rate.asset} per {unit}"


def unpublished(card: RateCard, rate: Rate, level: str | None = None, *, is_entered: bool = False) -> str:
    """The sentence about a rate that its card does not say."""
    where = f" at level {level}" if level else ""
    then = "the one that you entered is taken" if is_entered else "enter yours in rates.toml"
    return f"{card.name} does not publish the rate of its {rate.reward} reward{where}: {then}"


def span(start: datetime | None, end: datetime | None) -> str:
    """Since when and up to when something holds, by days; empty where it always does."""
    parts = (("from", start), ("until", end))
    return " ".join(f"{word} {moment:%Y-%m-%d}" for word, moment in parts if moment is not None)
