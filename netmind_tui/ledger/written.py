"""Prices as files have them: decimals in writing, never floats; moments, which always say their zone; and columns."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from netmind_tui.model.problem import nearest

_PRICE = re.compile(r"[+-]?[0-9]{1,9}(?:\.([0-9]+))?")
MOST_DECIMALS = 18
_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(Z|z|[+-][0-9]{2}:?[0-9]{2})?"
)
_SHOWN = 60


def shown(value: object) -> str:
    """A value of a file as a sentence can hold it."""
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list"
    if value is None:
        return "nothing"
    return repr(value[:_SHOWN]) if isinstance(value, str) else str(value)[:_SHOWN]


def read_decimal(value: object, decimals: int = MOST_DECIMALS) -> Decimal:
    """The number in ``"0.30"`` or ``"-0.012"``.

    Raises:
        ValueError: it stands without quotes (a float has lost digits already), is no number, not finite, has more than
            ``decimals``, or is a thousand million or more.
    """
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        sentence = f'{shown(value)} is a bare number, which may have lost digits: write "0.30", in quotes'
        raise ValueError(sentence)  # noqa: TRY004 - as every fault of a file
    text = value.strip() if isinstance(value, str) else ""
    found = _PRICE.fullmatch(text)
    if found is None or len(found[1] or "") > decimals:
        hint = "; decimals follow a point" if _COMMA.fullmatch(text) else ""
        raise ValueError(f'{shown(value)} is no price such as "0.30" or "-0.012"{hint}')
    return Decimal(text)


def read_columns(words: Sequence[str], known: Sequence[str], needed: Sequence[str]) -> list[str]:
    """The names of a table's columns, out of its first line.

    Raises:
        ValueError: one is unknown, stands twice or is not there, or they are parted by something else than commas.
    """
    names = [word.lower() for word in words]
    if len(names) == 1 and any(sign in names[0] for sign in ";\t"):
        raise ValueError("its columns are not parted by commas; decimals follow a point")
    for name in names:
        if name not in known:
            raise ValueError(f"{shown(name)} is no column; {nearest(name, list(known))}")
    for name in needed:
        if name not in names:
            raise ValueError(f"there is no column {name}; the first line may be {','.join(known)}")
    if len(set(names)) < len(names):
        raise ValueError("a column stands twice in the first line")
    return names


def read_instant(value: object) -> datetime:
    """The moment (UTC) in ``2026-11-22T14:30:00Z`` or ``2026-11-22T15:30+01:00``.

    Raises:
        ValueError: it is none, or does not say its zone.
    """
    found = _MOMENT.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"{shown(value)} is no time such as 2026-11-22T14:30:00Z")
    if found[1] is None:
        raise ValueError(f"{shown(value)} says no zone: write 2026-11-22T14:30:00Z, or +01:00 at its end")
    try:
        return datetime.fromisoformat(found[0].upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{shown(value)} is no time that there is") from None
