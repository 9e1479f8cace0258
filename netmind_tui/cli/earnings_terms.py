"""What figures about money are told by, besides the books: the owner's currency, prices and rate card."""

from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from typing import TypeVar

from netmind_tui.cli.own_tariff import own_tariff
from netmind_tui.config import Config, read_config
from netmind_tui.ledger.asset import AssetBook
from netmind_tui.ledger.currency import Exchange
from netmind_tui.ledger.net import Money
from netmind_tui.ledger.prices import read_prices
from netmind_tui.ledger.rate.book import read_book
from netmind_tui.ledger.rate.online import online, online_since, spans_of
from netmind_tui.ledger.report import Terms
from netmind_tui.model.earnings import Online
from netmind_tui.model.money import Asset
from netmind_tui.model.problem import Problem
from netmind_tui.model.rate_card import RateCard
from netmind_tui.node.meter.opening import NAME
from netmind_tui.node.meter.reader import Reader
from netmind_tui.paths import agent_dir, prices_path

T = TypeVar("T")
_LONGEST = timedelta(minutes=15)
"""No interval is longer: one that began before may reach into the time that counts."""
_MOST = 100_000


def terms_of(now: datetime) -> Terms:
    """Those of this user's configuration. A file that cannot be in force is a warning: the books are there without it.

    Raises:
        Problem: the configuration itself has a fault.
    """
    config = read_config()
    warnings: list[str] = []

    def without(otherwise: T, read: Callable[[], T]) -> T:
        try:
            return read()
        except Problem as problem:
            warnings.append(problem.sentence)
            return otherwise

    currency = without(None, lambda: _currency_of(config, now))
    exchange = without(Exchange(), lambda: read_prices(prices_path()))
    book = without(None, lambda: read_book(config))
    card = None if book is None else book.card_at(now)
    return Terms(
        money=Money(currency=currency, exchange=exchange),
        card=None if card is None else card.words,
        online=None if card is None else without(None, lambda: online_lately(card, now)),
        warnings=(*warnings, *(() if book is None else book.warnings(now))),
    )


def online_lately(card: RateCard, now: datetime) -> Online | None:
    """How far the last day has come to the hours that a card asks for, by what this user's agent metered.

    Raises:
        Problem: what was metered cannot be read.
    """
    since, path = online_since(card, now), agent_dir() / NAME
    if since is None or not path.exists():
        return online(card, (), now)
    with closing(Reader(path)) as reader:
        found = reader.intervals(since=since - _LONGEST, limit=_MOST)
    return online(card, spans_of(found.intervals), now)


def _currency_of(config: Config, now: datetime) -> Asset | None:
    """The owner's currency: as it is set, or that of power's price.

    Raises:
        Problem: it is none that is known.
    """
    code = config.currency or own_tariff(config, now).currency
    return AssetBook(config.decimals).asset(code) if code else None
