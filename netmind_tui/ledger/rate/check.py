"""What must hold between a card in all its versions, the owner's rates and the configuration."""

from collections.abc import Iterator, Sequence

from netmind_tui.ledger.asset import AssetBook
from netmind_tui.ledger.rate import rule
from netmind_tui.ledger.rate.price import Facts, kept
from netmind_tui.ledger.rate.value import counted
from netmind_tui.ledger.rate.word import words
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.model.rate_card import Rate, RateCard

_WHOLE = 100


def check(cards: Sequence[RateCard], own: Sequence[Rate], place: str, facts: Facts, assets: AssetBook) -> None:
    """Refuse rates by which nothing could be booked, or something else than was meant.

    Args:
        cards: the versions of a card.
        own: the owner's rates.
        place: where these stand.
        facts: what the configuration says that rates depend on.
        assets: what can be booked.

    Raises:
        Problem: a rate cannot be; the sentence names where it stands.
    """
    for card in cards:
        for at, rates in ((card.name, card.rates), (place, own)):
            for sentence in _faults(card, rates, facts, assets):
                raise Problem(f"{at}: {sentence}", ExitCode.USAGE)
        for sentence in rule.of_assets(card, (*card.rates, *own)):
            raise Problem(f"{place}: {sentence} (version {card.version} of {card.name})", ExitCode.USAGE)


def _faults(card: RateCard, rates: Sequence[Rate], facts: Facts, assets: AssetBook) -> Iterator[str]:
    for rate in rates:
        try:
            assets.asset(rate.asset)
        except Problem as problem:
            yield problem.sentence
        fee, burnt = kept(card, rate, facts)
        if rate.amount is not None and fee + burnt >= _WHOLE:
            yield (
                f"of {words(rate)} {fee:f} % are kept and {burnt:f} % burnt, which leaves nothing of it:"
                " say fee_pct and burnt_pct with the rate"
            )
    yield from _of_other_units([rate for rate in rates if rate.metric is not None])


def _of_other_units(rates: Sequence[Rate]) -> Iterator[str]:
    """Rates of a kernel in what it does not count: bytes are no operations."""
    if not rates:
        return
    from netmind_tui.bench.catalog import open_catalog  # noqa: PLC0415 - few rates are of a capacity

    units = {kernel.id: kernel.unit for kernel in open_catalog().kernels}
    for rate in rates:
        unit = units.get(rate.metric or "")
        if unit is not None and counted(rate.unit or "")[1] != unit:
            yield f"{words(rate)}: {rate.metric} is counted in {unit}, and {rate.unit} is no multiple of that"
