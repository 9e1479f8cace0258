"""Which of several rates a piece of work has: one of the owner's before the card's, the most particular one first."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache

from netmind_tui.ledger.rate.level import same_model
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.rate import Work
from netmind_tui.model.rate_card import Rate
from netmind_tui.model.selector import Part, parse

BEGINNING = datetime.min.replace(tzinfo=UTC)
"""Since when what says nothing about it holds."""


def chosen(rates: Iterable[Rate], work: Work, level: str | None) -> Rate | None:
    """The rate of a piece of work, among those of one reward; ``None`` where none is about it and in force then."""
    found = [rate for rate in rates if is_about(rate, work, level) and in_force(rate, work.at)]
    return max(found, key=lambda rate: (rate.is_owners, *particular(rate), rate.start or BEGINNING), default=None)


def particular(rate: Rate) -> tuple[bool, bool, int]:
    """How narrow it is: by payer, then by workload, then by device, model or level."""
    narrow = 3 if rate.device else 2 if rate.model else 1 if rate.level else 0
    return rate.payer is not None, rate.workload is not None, narrow


def is_about(rate: Rate, work: Work, level: str | None) -> bool:
    """Whether nothing that it names rules the work out, whenever that was."""
    return (
        rate.level in (None, level)
        and rate.workload in (None, work.workload)
        and rate.payer in (None, work.payer)
        and (rate.model is None or (work.name is not None and same_model(rate.model, work.name)))
        and (rate.device is None or _is_named(rate.device, work))
    )


def in_force(rate: Rate, moment: datetime) -> bool:
    """Whether it holds at a moment."""
    return (rate.start is None or rate.start <= moment) and (rate.end is None or moment < rate.end)


def _is_named(name: str, work: Work) -> bool:
    kind = work.device.partition(":")[0]
    device = Device(id=work.device, kind=DeviceKind(kind) if kind in _KINDS else DeviceKind.CPU, uuid=work.uuid)
    return any(part.matches(device) for part in _parts(name))


_KINDS = frozenset(DeviceKind)


@lru_cache(maxsize=256)
def _parts(name: str) -> tuple[Part, ...]:
    return parse(name)
