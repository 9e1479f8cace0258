"""An entry from the rows that the file holds of it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import Any

from netmind_tui import document
from netmind_tui.model.ledger import Account, Entry, EntryKind, Posting, Subject, Usage
from netmind_tui.model.metering import Activity, EnergyMethod
from netmind_tui.model.money import Asset, AssetKind, joined
from netmind_tui.model.problem import Problem

ENTRY = (
    "entry.number, id, entry.kind, at_ms, until_ms, made_ms, node, device, uuid, workload, payer, job, about, note,"
    " activity, duration_ms, energy_ms, energy_mj, idle_mj, host_mj, uncertain_mj, method, previous, hash"
)
ENTRIES = "entry CROSS JOIN subject ON subject.number = entry.subject"
"""The columns of an entry, and where they are from."""
POSTING = "posting.entry, account, code, exponent, asset.kind, high, low, exact"
POSTINGS = "posting CROSS JOIN asset ON asset.number = posting.asset"
"""The columns of a posting, and where they are from; an entry's are in the order of its lines."""
UNREADABLE = ValueError, TypeError, AttributeError, OverflowError
"""What comes of a row whose values are none that belong there: the file is damaged."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_ACCOUNTS = {account.value: account for account in Account}


def moment_of(wall_ms: int) -> datetime:
    """The moment that is so many milliseconds after 1970 began."""
    return _EPOCH + wall_ms * _MS


def wall_ms(moment: datetime) -> int:
    """The reverse, whole milliseconds."""
    return (moment - _EPOCH) // _MS


def entry_of(row: Sequence[Any], postings: Sequence[Sequence[Any]]) -> Entry:
    """The entry of a row of ``ENTRY`` and its rows of ``POSTING``.

    Raises:
        UNREADABLE: it is damaged.
    """
    number, name, kind, at_ms, until_ms, made_ms, node, device, uuid, workload, payer, job, about, note, *rest = row
    *usage, previous, digest = rest
    if not isinstance(previous, bytes) or not isinstance(digest, bytes):
        raise TypeError("its hash is none")
    return Entry(
        number=number,
        id=name,
        kind=EntryKind(kind),
        at=moment_of(at_ms),
        until=moment_of(until_ms),
        made=moment_of(made_ms),
        subject=Subject(node=node, device=device, uuid=uuid, workload=workload, payer=payer, job=job),
        postings=tuple(posting_of(each) for each in postings),
        usage=_usage_of(usage),
        about=about,
        note=note_of(note),
        previous=previous,
        hash=digest,
    )


def posting_of(row: Sequence[Any]) -> Posting:
    """The posting of a row of ``POSTING``.

    Raises:
        ValueError: a word in it is none that this program knows.
    """
    _, account, code, exponent, kind, high, low, exact = row
    if account not in _ACCOUNTS:
        raise ValueError(f"{account!r} is no account")
    return Posting(
        account=_ACCOUNTS[account],
        asset=asset_of(code, exponent, kind),
        minor=joined(high, low),
        exact=None if exact is None else exact_of(exact),
    )


@lru_cache(maxsize=256)
def asset_of(code: str, exponent: int, kind: str) -> Asset:
    """An asset by what the file holds of it.

    Raises:
        ValueError: it is none.
    """
    return Asset(code=code, exponent=exponent, kind=AssetKind(kind))


def exact_of(text: str) -> Fraction:
    """The exact amount in ``1/24000``.

    Raises:
        ValueError: it is none.
    """
    numerator, _, denominator = text.partition("/")
    if not denominator or denominator == "0":
        raise ValueError(f"{text!r} is no exact amount")
    return Fraction(int(numerator), int(denominator))


def note_of(text: str) -> dict[str, str]:
    """What else belongs to an entry.

    Raises:
        ValueError: it is no JSON of texts by names.
    """
    if text in ("", "{}"):
        return {}
    try:
        return document.decode(text.encode(), dict[str, str], "a note")
    except Problem as problem:
        raise ValueError(problem.sentence) from problem


def _usage_of(row: Sequence[Any]) -> Usage | None:
    activity, duration_ms, energy_ms, energy_mj, idle_mj, host_mj, uncertain_mj, method = row
    if activity is None:
        return None
    return Usage(
        activity=Activity(activity),
        duration_ms=duration_ms,
        energy_ms=energy_ms,
        energy_mj=energy_mj,
        idle_mj=idle_mj,
        host_mj=host_mj,
        uncertain_mj=uncertain_mj,
        method=EnergyMethod(method) if method else None,
    )
