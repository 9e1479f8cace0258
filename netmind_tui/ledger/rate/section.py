"""What may stand in a rate card and in the owner's rates, section by section."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from netmind_tui.ledger.rate import value
from netmind_tui.ledger.rate.row import Reader, Section, nested
from netmind_tui.ledger.rate.rule import of_rate
from netmind_tui.model.rate import Per
from netmind_tui.model.rate_card import (
    MANUAL,
    Band,
    Claim,
    Conflict,
    Emission,
    Factor,
    Level,
    Listed,
    Lockup,
    Mode,
    OnlineRule,
    PaidWhile,
    Payout,
    Rate,
    Reward,
    Source,
    Split,
    Unpublished,
)

UNPUBLISHED = "unpublished"
_SOURCE: Mapping[str, Reader] = {"source": value.name}


def _amount(given: object) -> tuple[Decimal, str] | None:
    return None if given == UNPUBLISHED else value.amount(given)


def _rate(*, amount: tuple[Decimal, str] | None, asset: str | None = None, **members: Any) -> Rate:  # noqa: ANN401 - see Rate
    """A rate, whose amount says its asset; one that is not published says the asset apart."""
    if amount is not None and asset is not None:
        raise ValueError("asset: stands in the amount already")
    number, code = amount or (None, asset)
    if code is None:
        raise ValueError('asset: is missing: of which asset the unpublished amount is, such as "NMT"')
    rate = Rate(amount=number, asset=code, **members)
    for sentence in of_rate(rate):
        raise ValueError(sentence)
    return rate


def _own_rate(*, card: str = MANUAL, reward: str = "", **members: Any) -> tuple[str, Rate]:  # noqa: ANN401 - see Rate
    """A rate of the owner's, with the name of the card that it is for."""
    return card, _rate(reward=reward, is_owners=True, **members)


def _emission(*, daily: tuple[Decimal, str], **members: Any) -> Emission:  # noqa: ANN401 - see Emission
    found = Emission(daily=daily[0], asset=daily[1], **members)
    if found.end <= found.start:
        raise ValueError("until: is not after from")
    return found


_RATE: Mapping[str, Reader] = {
    "metric": value.name,
    "unit": value.unit,
    "level": value.name,
    "model": value.text,
    "workload": value.name,
    "payer": value.text,
    "mode": value.name,
    "until": value.moment,
    "fee_pct": value.share,
    "burnt_pct": value.share,
}
_LISTED = Section(Listed, {"listed": value.text}, {"names": value.texts, "memory_gib": value.gib, "note": value.text})
_CLAIM = Section(Claim, {"source": value.name, "says": value.text})

OWN_RATE = Section(
    _own_rate,
    {"amount": value.amount, "per": value.word(Per), "from": value.moment},
    {**_RATE, "card": value.name, "reward": value.name, "device": value.text},
)
LISTS: Mapping[str, tuple[str, Section]] = {
    "source": (
        "sources",
        Section(Source, {"id": value.name, "title": value.text, "read": value.day_or_month}, {"url": value.text}),
    ),
    "reward": (
        "rewards",
        Section(
            Reward,
            {"name": value.name, "title": value.text},
            {"paid": value.word(PaidWhile), "by": value.words(Factor), "note": value.text, **_SOURCE},
        ),
    ),
    "rate": (
        "rates",
        Section(
            _rate,
            {"reward": value.name, "per": value.word(Per), "amount": _amount},
            {**_RATE, "asset": value.code, "from": value.moment, **_SOURCE},
        ),
    ),
    "level": ("levels", Section(Level, {"name": value.name, "devices": nested(_LISTED, "device")}, _SOURCE)),
    "band": (
        "bands",
        Section(
            Band,
            {"share_pct": value.share},
            {"above_mbps": value.decimal, "at_least_mbps": value.decimal, **_SOURCE},
        ),
    ),
    "mode": ("modes", Section(Mode, {"name": value.name, "title": value.text, "factor": value.factor}, _SOURCE)),
    "split": (
        "splits",
        Section(
            Split,
            {"reward": value.name, "paid_pct": value.share},
            {"mode": value.name, "fee_pct": value.share, "burnt_pct": value.share, "note": value.text, **_SOURCE},
        ),
    ),
    "emission": (
        "emissions",
        Section(
            _emission,
            {"phase": value.name, "from": value.moment, "until": value.moment, "daily": value.amount},
            _SOURCE,
        ),
    ),
    "lockup": (
        "lockups",
        Section(
            Lockup,
            {"title": value.text, "release": value.text},
            {"from": value.moment, "until": value.moment, **_SOURCE},
        ),
    ),
    "conflict": (
        "conflicts",
        Section(Conflict, {"about": value.text, "claims": nested(_CLAIM, "claim"), "taken": value.text}),
    ),
    "unpublished": ("unpublished", Section(Unpublished, {"what": value.text, "means": value.text}, _SOURCE)),
}
"""Sections of a card that may come several times, each with the member of ``RateCard`` that they become."""

SINGLE: Mapping[str, Section] = {
    "online": Section(
        OnlineRule,
        {"reward": value.name, "hours": value.decimal},
        {"of_hours": value.decimal, "note": value.text, **_SOURCE},
    ),
    "payout": Section(
        Payout,
        {"every": value.text},
        {"day_ends": value.text, "steps": value.texts, "note": value.text, **_SOURCE},
    ),
}
"""Sections of a card that come once, called like their members."""

HEAD_NEEDED: Mapping[str, Reader] = {
    "name": value.name,
    "version": value.name,
    "title": value.text,
    "date": value.day,
}
HEAD_OPTIONAL: Mapping[str, Reader] = {"from": value.moment, "notes": value.texts}
