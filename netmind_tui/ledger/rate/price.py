"""What one reward of a card comes to for a piece of work, exactly; or the reason why nobody can say."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import isfinite

from netmind_tui.ledger.rate.choice import chosen, is_about
from netmind_tui.ledger.rate.level import level_of
from netmind_tui.ledger.rate.value import counted
from netmind_tui.ledger.rate.word import span, unpublished
from netmind_tui.model.rate import Per, Unrated, Work
from netmind_tui.model.rate_card import Factor, Rate, RateCard, Reward, Split

_MS_AN_HOUR = 3_600_000
_MJ_A_KWH = 3_600_000_000
_WHOLE = Decimal(100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the owner said of this machine that a card asks for.

    ``bandwidth_mbps`` is the slower way of the line, as declared; ``fee_pct`` what is kept where no card says.
    """

    bandwidth_mbps: Decimal | None = None
    fee_pct: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What a reward comes to: by which rate, at which level, times which factors (in words)."""

    reward: Reward
    rate: Rate
    exact: Fraction
    level: str | None
    factors: tuple[str, ...]
    fee_pct: Decimal
    burnt_pct: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """Why a reward comes to nothing that anybody could tell."""

    reward: Reward
    unrated: Unrated
    why: str


class _Unknown(Exception):  # noqa: N818 - it is what is missing, and no error
    """A factor or a quantity is not known."""


def worth(card: RateCard, reward: Reward, rates: Sequence[Rate], work: Work, facts: Facts) -> Worth | Lack:
    """One reward of a piece of work. ``rates`` are the card's and the owner's, of this reward."""
    level = None
    if Factor.LEVEL in reward.by:
        listed = level_of(card, work.name, work.memory_bytes)
        if listed is None:
            return Lack(reward=reward, unrated=Unrated.UNLISTED, why=_not_listed(card, work))
        level = listed.name
    rate = chosen(rates, work, level)
    if rate is None or (rate.amount is None and _has_own(rates, work, level)):
        return _none(card, reward, rates, work, level)
    if rate.amount is None:
        return Lack(reward=reward, unrated=Unrated.UNPUBLISHED, why=unpublished(card, rate, level))
    try:
        quantity, factors = _quantity(rate, work), dict(_factors(card, reward, rate, facts))
    except _Unknown as unknown:
        return Lack(reward=reward, unrated=Unrated.UNMEASURED, why=str(unknown))
    exact = Fraction(rate.amount) * quantity
    for factor in factors.values():
        exact *= Fraction(factor)
    fee_pct, burnt_pct = kept(card, rate, facts)
    return Worth(
        reward=reward,
        rate=rate,
        exact=exact,
        level=level,
        factors=tuple(factors),
        fee_pct=fee_pct,
        burnt_pct=burnt_pct,
    )


def _quantity(rate: Rate, work: Work) -> Fraction:
    hours = Fraction(work.duration_ms, _MS_AN_HOUR)
    if rate.per is Per.DEVICE_HOUR:
        return hours
    if rate.per is Per.JOB:
        if work.jobs is None:
            raise _Unknown(f"it is paid by the job, and nobody counts the jobs of {work.device}")
        return Fraction(work.jobs)
    if rate.per is Per.KWH:
        if work.energy_mj is None:
            raise _Unknown(f"the rate is per kWh, and the energy of {work.device} is not known")
        return Fraction(work.energy_mj, _MJ_A_KWH)
    value = work.capacity.get(rate.metric or "")
    if value is None or not isfinite(value):
        raise _Unknown(
            f"the rate is per {rate.unit} of {rate.metric}, and no certificate in force has that of {work.device}:"
            " netmind certify makes one"
        )
    # The number as documents print it: the same one on every machine.
    return hours * Fraction(repr(value)) / counted(rate.unit or "")[0]


def _factors(card: RateCard, reward: Reward, rate: Rate, facts: Facts) -> Iterator[tuple[str, Decimal]]:
    if Factor.BANDWIDTH in reward.by and card.bands:
        speed = facts.bandwidth_mbps
        if speed is None:
            raise _Unknown(
                f"{card.name} pays by the line's speed, which you have not declared: "
                "netmind config set declared.date, declared.download_mbps and declared.upload_mbps"
            )
        band = next(each for each in card.bands if _reaches(speed, each.above_mbps, each.at_least_mbps))
        yield f"{band.share_pct:f} % at {speed:f} Mbit/s as declared", band.share_pct / _WHOLE
    if Factor.MODE in reward.by and (mode := card.mode(rate.mode)) is not None:
        yield f"× {mode.factor:f} as {mode.name}", mode.factor


def _reaches(speed: Decimal, above: Decimal | None, at_least: Decimal | None) -> bool:
    return speed > above if above is not None else speed >= (at_least or 0)


def kept(card: RateCard, rate: Rate, facts: Facts) -> tuple[Decimal, Decimal]:
    """The per cent that is kept and burnt: as the rate says, else as the card divides it, else as the owner set it."""
    division = _split(card, rate)
    fee = rate.fee_pct if rate.fee_pct is not None else division.fee_pct if division else facts.fee_pct
    burnt = rate.burnt_pct if rate.burnt_pct is not None else division.burnt_pct if division else Decimal(0)
    return fee, burnt


def _split(card: RateCard, rate: Rate) -> Split | None:
    found = [each for each in card.splits if each.reward == rate.reward and each.mode in (None, rate.mode)]
    return max(found, key=lambda each: each.mode is not None, default=None)


def _has_own(rates: Sequence[Rate], work: Work, level: str | None) -> bool:
    """Whether the owner entered a rate of such work, for another time."""
    return any(rate.is_owners and is_about(rate, work, level) for rate in rates)


def _none(card: RateCard, reward: Reward, rates: Sequence[Rate], work: Work, level: str | None) -> Lack:
    """Why there is no rate: none is about the work, or those that are were not in force."""
    others = [rate for rate in rates if rate.amount is not None and is_about(rate, work, level)]
    if others:
        when = "; ".join(sorted({span(rate.start, rate.end) or "always" for rate in others}))
        why = f"no rate of {reward.name} was in force on {work.at:%Y-%m-%d %H:%M}Z: they hold {when}"
        return Lack(reward=reward, unrated=Unrated.NOT_IN_FORCE, why=why)
    if rates:
        why = f"none of the rates of {reward.name} is about {work.workload or 'this work'} on {work.device}"
        return Lack(reward=reward, unrated=Unrated.UNLISTED, why=why)
    why = f"{card.name} has no rate of {reward.name}: enter yours in rates.toml"
    return Lack(reward=reward, unrated=Unrated.UNPUBLISHED, why=why)


def _not_listed(card: RateCard, work: Work) -> str:
    name = work.name or work.device
    gib = "" if work.memory_bytes is None else f" with {work.memory_bytes / 2**30:.1f} GiB"
    return f"{card.name} lists no {name}{gib}: it is given no level, not even the nearest"
