"""One metered interval as one entry: what it used, what it is worth by the rate card, what its power cost.

Pure: everything that is asked for is handed in, and the same interval on the same basis is the same entry.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from netmind_tui.ledger.energy import PowerBook, cost_of, used_in
from netmind_tui.model.ledger import Account, Draft, EntryKind, Move, Subject
from netmind_tui.model.metering import RUNS, Activity, Interval
from netmind_tui.model.money import Asset
from netmind_tui.model.rate import Rated, Work
from netmind_tui.model.tariff import PowerPrice

_STOOD_STILL = "it stood still, and earns nothing"
# So long is an interval for the tariff that a clock which was set left without any length.
_LEAST = timedelta(milliseconds=1)


class Rates(Protocol):
    """A rate card, in every version that ever was in force."""

    def rated(self, work: Work) -> Rated:
        """What a piece of work comes to by the version of its time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a device besides what was metered; ``capacity`` are certified rates by their metric."""

    name: str | None = None
    memory_bytes: int | None = None
    capacity: Mapping[str, float] = field(default_factory=dict)


UNKNOWN = Known()


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """By what intervals are booked.

    ``node`` is the node's id, ``payer`` who is to pay (nobody yet: empty), ``known`` tells of an interval's device,
    ``asset_of`` the asset of a code; it raises a ``Problem`` for one that there is not.
    """

    node: str
    rates: Rates
    tariff: PowerPrice
    power: PowerBook
    asset_of: Callable[[str], Asset]
    known: Callable[[Interval], Known] = lambda _interval: UNKNOWN
    payer: str = ""


def draft_of(interval: Interval, basis: Basis, booked: Sequence[Interval] = ()) -> Draft:
    """The entry of an interval.

    Args:
        interval: as it was metered.
        basis: what it is booked by.
        booked: intervals that overlap with it and were booked before it.

    Raises:
        Problem: an asset is none that is known.
    """
    power = basis.power.of(interval.device, interval.uuid, interval.start)
    used = used_in(interval, power, basis.power.thread(interval.start), booked)
    slots = basis.tariff.slots(interval.start, max(interval.end, interval.start + _LEAST))
    cost = cost_of(used.usage, interval.start, interval.end, slots, basis.asset_of)
    gross, rated = _claim(interval, basis, used.usage.energy_mj or None)
    return Draft(
        id=interval.id,
        kind=EntryKind.METERED,
        at=interval.start,
        until=max(interval.start, interval.end),
        subject=Subject(
            node=basis.node,
            device=interval.device,
            uuid=interval.uuid or "",
            workload=interval.workload or "",
            payer=basis.payer,
        ),
        moves=(*gross, *cost.moves),
        usage=used.usage,
        note={**used.note, **cost.note, **rated},
    )


def work_of(interval: Interval, known: Known, payer: str, energy_mj: int | None) -> Work:
    """An interval as a rate card sees it."""
    return Work(
        device=interval.device,
        at=interval.start,
        until=max(interval.start, interval.end),
        duration_ms=interval.duration_ms,
        uuid=interval.uuid,
        name=known.name,
        memory_bytes=known.memory_bytes,
        workload=interval.workload,
        payer=payer or None,
        energy_mj=energy_mj,
        capacity=known.capacity,
        is_online_only=interval.activity is Activity.READY,
    )


def _claim(interval: Interval, basis: Basis, energy_mj: int | None) -> tuple[tuple[Move, ...], dict[str, str]]:
    """What the rate card makes of it, and what the entry notes of that."""
    if interval.activity not in RUNS and interval.activity is not Activity.READY:
        return (), {"why": _STOOD_STILL}
    rated = basis.rates.rated(work_of(interval, basis.known(interval), basis.payer, energy_mj))
    note = dict(rated.basis)
    if rated.unrated is not None or rated.asset is None or not rated.exact:
        return (), note
    kept = {"fee_pct": rated.fee_pct, "burnt_pct": rated.burnt_pct}
    note |= {name: f"{share:f}" for name, share in kept.items() if share}
    claim = Move(
        debit=Account.CLAIM_OPEN,
        credit=Account.CLAIM_METERED,
        asset=basis.asset_of(rated.asset),
        exact=rated.exact,
    )
    return (claim,), note
