"""What must hold between the facts of a card: a sentence for each that does not."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from netmind_tui.ledger.rate.word import words
from netmind_tui.model.problem import nearest
from netmind_tui.model.rate import Per
from netmind_tui.model.rate_card import Band, Factor, PaidWhile, Rate, RateCard

_WHOLE = 100


def of_rate(rate: Rate) -> Iterator[str]:
    """What cannot be of a rate by itself."""
    is_capacity = rate.per is Per.CAPACITY_HOUR
    for name, given in (("metric", rate.metric), ("unit", rate.unit)):
        if is_capacity and given is None:
            yield f'{name}: is missing: of what a capacity-hour is, such as metric = "gemm.int8", unit = "TOP/s"'
        if not is_capacity and given is not None:
            yield f'{name}: is for per = "{Per.CAPACITY_HOUR}" alone'
    if rate.start is not None and rate.end is not None and rate.end <= rate.start:
        yield "until: is not after from"
    if (rate.fee_pct or 0) + (rate.burnt_pct or 0) >= _WHOLE:
        yield "fee_pct and burnt_pct leave nothing of it: together they are below 100"


def of_card(card: RateCard) -> Iterator[str]:
    """What cannot be between the parts of a card."""
    if not card.rewards:
        yield "reward: is missing: what the card pays for"
    yield from _twins("source", [each.id for each in card.sources])
    yield from _twins("reward", [each.name for each in card.rewards])
    yield from _twins("level", [each.name for each in card.levels])
    yield from _twins("mode", [each.name for each in card.modes])
    yield from _listed_twice(card)
    yield from _unknown_sources(card)
    rewards = [each.name for each in card.rewards]
    for name, reward in (
        *(("split", each.reward) for each in card.splits),
        *([("online", card.online.reward)] if card.online else []),
    ):
        yield from _known(f"{name}.reward", reward, rewards)
    for number, split in enumerate(card.splits, start=1):
        yield from _known(f"split {number}.mode", split.mode, [each.name for each in card.modes])
        whole = split.paid_pct + split.fee_pct + split.burnt_pct
        if whole != _WHOLE:
            yield f"split {number}: what is paid, kept and burnt comes to {whole:f} %, not to 100"
        elif not split.paid_pct:
            yield f"split {number}.paid_pct: is 0: leave the reward out"
    yield from _bands(card.bands)
    for one, other in pairwise(sorted(card.emissions, key=lambda each: each.start)):
        if other.start < one.end:
            yield f"emission: {one.phase} and {other.phase} overlap"
    yield from _rates(card, card.rates)


def of_own(card: RateCard, own: Sequence[Rate]) -> Iterator[str]:
    """What cannot be of the owner's rates for a card."""
    for rate in own:
        reward = card.reward(rate.reward)
        if reward is not None and Factor.LEVEL in reward.by and rate.level is None:
            yield f"rate: {card.name} pays {rate.reward} by the device's level: add level to {words(rate)}"
    yield from _rates(card, own)


def of_assets(card: RateCard, rates: Sequence[Rate]) -> Iterator[str]:
    """Rewards that are due for the same time are added, which those of several assets cannot be."""
    for time in (PaidWhile.WORK, PaidWhile.READY):
        due = [each.name for each in card.rewards if each.paid in (PaidWhile.ONLINE, time)]
        known = [rate for rate in rates if rate.reward in due and rate.amount is not None]
        assets = sorted({rate.asset for rate in known})
        rewards = sorted({rate.reward for rate in known})
        if len(rewards) > 1 and len(assets) > 1:
            yield (
                f"rate: {' and '.join(rewards)} are paid for the same time and added:"
                f" they cannot be in {' and '.join(assets)}"
            )
            return


def _rates(card: RateCard, rates: Sequence[Rate]) -> Iterator[str]:
    for rate in rates:
        yield from _known("rate.reward", rate.reward, [each.name for each in card.rewards])
        yield from _known("rate.level", rate.level, [each.name for each in card.levels])
        yield from _known("rate.mode", rate.mode, [each.name for each in card.modes])
        reward = card.reward(rate.reward)
        if rate.level is not None and reward is not None and Factor.LEVEL not in reward.by:
            yield f"rate.level: {card.name} does not pay {rate.reward} by the device's level: take it out"
    seen: dict[tuple[object, ...], Rate] = {}
    for rate in rates:
        about = (rate.reward, rate.level, rate.model, rate.device, rate.workload, rate.payer, rate.start)
        other = seen.setdefault(about, rate)
        if other is not rate:
            since = f" from {rate.start:%Y-%m-%d}" if rate.start else ""
            yield f"rate: {words(other)} and {words(rate)} are about the same work{since}: keep one"


def _bands(bands: Sequence[Band]) -> Iterator[str]:
    if not bands:
        return
    if bands[-1].above_mbps is not None or bands[-1].at_least_mbps is not None:
        yield "band: the last one is for every speed that is left: take out above_mbps and at_least_mbps"
    for number, band in enumerate(bands[:-1], start=1):
        if (band.above_mbps is None) == (band.at_least_mbps is None):
            yield f"band {number}: expected above_mbps or at_least_mbps"
    limits = [each.above_mbps if each.above_mbps is not None else each.at_least_mbps for each in bands[:-1]]
    if any(one is not None and other is not None and other > one for one, other in pairwise(limits)):
        yield "band: the fastest one comes first"


def _listed_twice(card: RateCard) -> Iterator[str]:
    """A device on two levels would have either."""
    devices = [
        f"{name} ({device.memory_gib} GiB)" if device.memory_gib else name
        for level in card.levels
        for device in level.devices
        for name in device.names
    ]
    yield from _twins("level.devices", devices)


def _unknown_sources(card: RateCard) -> Iterator[str]:
    known = [each.id for each in card.sources]
    facts: Iterable[object] = (
        *card.rewards, *card.rates, *card.levels, *card.bands, *card.modes, *card.splits, *card.emissions,
        *card.lockups, *card.unpublished, *(claim for each in card.conflicts for claim in each.claims),
        *filter(None, (card.online, card.payout)),
    )  # fmt: skip
    for name in dict.fromkeys(getattr(each, "source", None) for each in facts):
        yield from _known("source", name, known)


def _known(where: str, name: str | None, names: Sequence[str]) -> Iterator[str]:
    if name is not None and name not in names:
        known = nearest(name, list(names)) if names else "it has none at all"
        yield f"{where}: there is no {name!r} on the card; {known}"


def _twins(where: str, names: Iterable[str]) -> Iterator[str]:
    for name, count in Counter(names).items():
        if count > 1:
            yield f"{where}: {name!r} stands there {count} times"
