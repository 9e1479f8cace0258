"""Rate cards as documents: one with what the owner entered beside it, or all that there are."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from netmind_tui.config import Config
from netmind_tui.ledger.rate.book import read_book
from netmind_tui.ledger.rate.file import is_place, read_cards, shipped_names
from netmind_tui.model.rate_card import CardLine, RateCard, RateCardDocument, RateCardsDocument


def card_told(config: Config, now: datetime, name: str | None = None, *, rates: Path | None = None) -> RateCardDocument:
    """A card as it is in force, or was last; the one that is chosen unless another is named.

    Raises:
        Problem: see ``read_book``.
    """
    asked = name or config.rate_card
    book = read_book(config, name=asked, rates=rates)
    card = book.card_at(now) or book.cards[0]
    return RateCardDocument(
        card=card,
        is_chosen=_place(asked) == _place(config.rate_card),
        own=book.own,
        emission=card.emission_at(now),
        files=tuple(str(path) for path in book.files),
        warnings=book.warnings(now),
    )


def cards_told(config: Config, now: datetime) -> RateCardsDocument:
    """The cards that are shipped, and the owner's own where one is chosen.

    Raises:
        Problem: the owner's own cannot be read, or has a fault.
    """
    return RateCardsDocument(cards=tuple(_lines(config, now)))


def _lines(config: Config, now: datetime) -> Iterator[CardLine]:
    for name in dict.fromkeys((*shipped_names(), config.rate_card)):
        card = _in_force(read_cards(name)[0], now)
        yield CardLine(
            name=name, version=card.version, title=card.title, date=card.date, is_chosen=name == config.rate_card
        )


def _place(name: str) -> Path | str:
    """Where a card of the owner's lies, however that is written; the name of one that is shipped."""
    return Path(name).expanduser().resolve() if is_place(name) else name


def _in_force(cards: tuple[RateCard, ...], now: datetime) -> RateCard:
    held = [card for card in cards if card.start is None or card.start <= now]
    return held[-1] if held else cards[0]
