"""The rates by which this machine's work is counted: a card in its versions, and the owner's own rates beside it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from netmind_tui.ledger.rate.choice import BEGINNING, in_force
from netmind_tui.ledger.rate.price import Facts, Lack, Worth, worth
from netmind_tui.ledger.rate.word import unpublished, words
from netmind_tui.model.rate import Rated, Unrated, Work
from netmind_tui.model.rate_card import MANUAL, PaidWhile, Rate, RateCard, Reward

if TYPE_CHECKING:
    from netmind_tui.config import Config


_NO_CARD = (
    "no rate is known: choose a card (netmind config set earnings.rate_card netmind-power) or enter yours in rates.toml"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RateBook:
    """The versions of the chosen card, oldest first, and the owner's rates for it. It reads nothing once it is made.

    ``files`` are all that it was read from, also one that is not there: where one of them changes, read anew.
    """

    cards: tuple[RateCard, ...]
    own: tuple[Rate, ...] = ()
    facts: Facts = field(default_factory=Facts)
    files: tuple[Path, ...] = ()

    @property
    def name(self) -> str:
        """The card's name."""
        return self.cards[-1].name

    def card_at(self, moment: datetime) -> RateCard | None:
        """The version that was in force at a moment."""
        return next((card for card in reversed(self.cards) if (card.start or BEGINNING) <= moment), None)

    def rated(self, work: Work) -> Rated:
        """What a piece of work comes to, by the version and the rates in force when it began.

        Each reward of the card that is paid for such time is priced by its most particular rate; what they come to is
        added. ``capacity`` of the work is by kernel (``gemm.int8``), in base units (OP/s). Time for which nothing is
        due, as standing by where only work is paid, has neither an asset nor a reason why it is unrated.
        """
        card = self.card_at(work.at)
        if card is None:
            first = self.cards[0]
            return _lacking(None, Unrated.NOT_IN_FORCE, f"{first.name} is in force from {first.start:%Y-%m-%d} on")
        if self._is_blank(card) and not work.is_online_only:
            return _lacking(card, Unrated.NO_CARD, _NO_CARD)
        found = [
            worth(card, reward, rates, work, self.facts)
            for reward in card.rewards
            if _is_due(reward, is_ready=work.is_online_only)
            # That nobody pays for standing by needs no word; that nobody said what work is worth does.
            if (rates := self.rates_of(card, reward)) or not work.is_online_only
        ]
        known = [each for each in found if isinstance(each, Worth)]
        lacks = [each for each in found if isinstance(each, Lack)]
        if known:
            return _sum(card, known, lacks)
        if lacks:
            return _lacking(card, lacks[0].unrated, lacks[0].why)
        return Rated(basis={"card": card.words})

    def rates_of(self, card: RateCard, reward: Reward) -> tuple[Rate, ...]:
        """The rates of a reward, the owner's among them."""
        return tuple(rate for rate in (*card.rates, *self.own) if rate.reward == reward.name)

    def warnings(self, moment: datetime) -> tuple[str, ...]:
        """What whoever looks at the money must know: that a rate is not published, and whether the owner entered one.

        Sources that say different things about one fact are no part of it: they stand on the card.
        """
        card = self.card_at(moment)
        if card is None:
            return (f"{self.name} is not in force yet: nothing is rated",)
        if self._is_blank(card):
            return (_NO_CARD,)
        entered = {rate.reward for rate in self.own if in_force(rate, moment)}
        hidden = {rate.reward: rate for rate in card.rates if rate.amount is None}
        return tuple(unpublished(card, rate, is_entered=name in entered) for name, rate in hidden.items())

    def _is_blank(self, card: RateCard) -> bool:
        """Whether it is the card on which nothing stands, and the owner entered nothing either."""
        return card.name == MANUAL and not card.rates and not self.own


def read_book(config: "Config", *, name: str | None = None, rates: Path | None = None) -> RateBook:
    """The book that the configuration chooses (``earnings.rate_card``, else ``manual``), with the owner's rates.

    Args:
        config: Which card, what was declared of the line, and the fee where no card says one.
        name: Another card than the one that is chosen.
        rates: The owner's file; ``paths.rates_path()`` unless given. There need be none.

    Raises:
        Problem: there is no such card, or a file cannot be read or has something in it that cannot be; the sentence
            names the file, the key and what was expected, and how many more faults there are.
    """
    from netmind_tui.ledger.asset import AssetBook  # noqa: PLC0415 - who is handed a book reads no file
    from netmind_tui.ledger.rate.check import check  # noqa: PLC0415 - see above
    from netmind_tui.ledger.rate.file import read_cards, read_own  # noqa: PLC0415 - see above
    from netmind_tui.paths import rates_path  # noqa: PLC0415 - see above

    cards, files = read_cards(name or config.rate_card)
    path = rates or rates_path()
    own = read_own(path, cards[-1], config.alias)
    facts = facts_of(config)
    check(cards, own, str(path), facts, AssetBook(config.decimals))
    return RateBook(cards=cards, own=own, facts=facts, files=(*files, path))


def facts_of(config: "Config") -> Facts:
    """What the configuration says that rates depend on: nothing that was declared counts without its date."""
    speeds = [config.declared.get(name) for name in ("download_mbps", "upload_mbps")] if config.declared_on else []
    known = [Decimal(repr(each)).normalize() for each in speeds if each is not None]
    return Facts(
        bandwidth_mbps=min(known, default=None),
        fee_pct=Decimal(str(config.fee_pct)),
    )


def _is_due(reward: Reward, *, is_ready: bool) -> bool:
    return reward.paid in (PaidWhile.ONLINE, PaidWhile.READY if is_ready else PaidWhile.WORK)


def _lacking(card: RateCard | None, unrated: Unrated, why: str) -> Rated:
    basis = {"card": card.words} if card else {}
    return Rated(unrated=unrated, basis={**basis, "unrated": unrated.value, "why": why})


def _sum(card: RateCard, known: Sequence[Worth], lacks: Sequence[Lack]) -> Rated:
    total = sum((each.exact for each in known), Fraction(0))
    basis = {
        "card": card.words,
        "rate": "; ".join(words(each.rate) for each in known),
        "level": next((each.level for each in known if each.level), ""),
        "factor": "; ".join(factor for each in known for factor in each.factors),
        "source": "; ".join(dict.fromkeys(each.rate.source or "" for each in known)),
        "lacking": "; ".join(each.why for each in lacks),
    }
    return Rated(
        asset=known[0].rate.asset,
        exact=total,
        basis={name: text for name, text in basis.items() if text},
        fee_pct=_together(known, [each.fee_pct for each in known], total),
        burnt_pct=_together(known, [each.burnt_pct for each in known], total),
    )


def _together(known: Sequence[Worth], shares: Sequence[Decimal], total: Fraction) -> Decimal:
    """One share of all rewards together, where they differ to a millionth of a per cent."""
    if len(set(shares)) == 1 or not total:
        return shares[0]
    part = sum((each.exact * Fraction(share) for each, share in zip(known, shares, strict=True)), Fraction(0)) / total
    return (Decimal(part.numerator) / part.denominator).quantize(Decimal("0.000001"))
