"""Single values of a rate card as people write them: amounts, shares, moments, names.

Each reader raises a ``ValueError`` that says what was expected and what was found. No amount is ever a number of TOML:
its decimals could be others than those that were written.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from netmind_tui.model.problem import Problem, nearest

_Word = TypeVar("_Word", bound=StrEnum)
_AMOUNT = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,18})?) ([A-Z][A-Z0-9]{1,11})")
_CODE = re.compile(r"[A-Z][A-Z0-9]{1,11}")
_DECIMAL = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,12})?")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MONTH = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])")
_PREFIX = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15}
_SCALED = {"FLOP/s": "FLOP/s", "OP/s": "OP/s", "B/s": "bytes/s"}
"""Units that come with a prefix, each with what kernels call it."""
_LONGEST_UNIT = 40
_MOST_SHOWN, _LONGEST, _WHOLE = 80, 2000, 100
_EARLIEST, _LATEST = 1970, 2200


def shown(value: object) -> str:
    """A value of the file as a sentence can hold it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return repr(value[:_MOST_SHOWN])
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    return str(value)[:_MOST_SHOWN]


def expected(what: str, value: object) -> ValueError:
    """The refusal of a value."""
    return ValueError(f"expected {what}, found {shown(value)}")


def text(value: object) -> str:
    """Words on one line."""
    if not isinstance(value, str) or not value.strip() or not value.isprintable() or len(value) > _LONGEST:
        raise expected("words on one line, in quotes", value)
    return value


def name(value: object) -> str:
    """A name that stands in command lines and sentences."""
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise expected("a name of letters, digits, '.', '_' and '-', in quotes", value)
    return value


def texts(value: object) -> tuple[str, ...]:
    """A list of words."""
    if not isinstance(value, list):
        raise expected('a list such as ["NVIDIA GeForce RTX 4090"]', value)
    return tuple(text(each) for each in value)


def decimal(value: object) -> Decimal:
    """A number of 0 or more, with the decimals that were written."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal) or not _DECIMAL.fullmatch(str(value)):
        raise expected("a number of 0 or more such as 100", value)
    return Decimal(value)


def share(value: object) -> Decimal:
    """A share in per cent."""
    found = decimal(value)
    if found > _WHOLE:
        raise expected("a share in per cent from 0 to 100", value)
    return found


def factor(value: object) -> Decimal:
    """What something is multiplied by."""
    found = decimal(value)
    if not 0 < found <= _WHOLE:
        raise expected("a factor above 0", value)
    return found


def gib(value: object) -> int:
    """Memory as it is sold."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 1 << 20:
        raise expected("a whole number of GiB", value)
    return value


def counted(name_: str) -> tuple[int, str]:
    """What a unit of a rate is: 10^12 ``OP/s`` in ``TOP/s``, one of itself in ``images/s``.

    Raises:
        ValueError: it is no unit of a rate.
    """
    for base, whole in _SCALED.items():
        prefix = name_.removesuffix(base)
        if name_.endswith(base) and prefix in _PREFIX:
            return _PREFIX[prefix], whole
    if not name_.endswith("/s") or not name_.removesuffix("/s").isalpha() or len(name_) > _LONGEST_UNIT:
        raise expected('the unit of a rate such as "TOP/s", "GB/s" or "images/s"', name_)
    return 1, name_


def unit(value: object) -> str:
    """The unit of a certified rate."""
    found = text(value)
    counted(found)
    return found


def code(value: object) -> str:
    """The code of an asset."""
    if not isinstance(value, str) or not _CODE.fullmatch(value):
        raise expected('the code of an asset such as "EUR" or "NMT"', value)
    return value


def amount(value: object) -> tuple[Decimal, str]:
    """An amount with its asset, above 0."""
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        raise expected(f'money in quotes, with its asset, such as "{_few(value)} EUR"', value)
    found = _AMOUNT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise expected('an amount with its asset such as "0.20 EUR", of at most 18 decimals', value)
    sum_ = Decimal(found[1])
    if not sum_:
        raise ValueError(f"{found[0]} pays nothing: leave the rate out, or end it with until")
    return sum_, found[2]


def _few(value: float | Decimal) -> str:
    return str(value) if len(str(value)) <= 12 and str(value)[0].isdigit() else "0.20"  # noqa: PLR2004 - an example is short


def day(value: object) -> date:
    """A date, with or without quotes."""
    try:
        found = date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        found = None
    if not isinstance(found, date) or isinstance(found, datetime) or not _EARLIEST <= found.year <= _LATEST:
        raise expected("a date such as 2026-11-23", value)
    return found


def day_or_month(value: object) -> str:
    """A date, or a month where the day is not known."""
    if isinstance(value, str) and _MONTH.fullmatch(value):
        return f"{day(f'{value}-01'):%Y-%m}"
    try:
        return day(value).isoformat()
    except ValueError:
        raise expected('a date such as 2026-11-23, or a month such as "2026-11"', value) from None


def moment(value: object) -> datetime:
    """A moment with its offset, or a date, which begins at midnight UTC; with or without quotes."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        found = None
    is_date = isinstance(found, date) and (
        not isinstance(found, datetime) or (isinstance(value, str) and "T" not in value)
    )
    if is_date and isinstance(found, date):
        found = datetime.combine(day(value), time(), UTC)
    if not isinstance(found, datetime) or not _EARLIEST <= found.year <= _LATEST:
        raise expected("a date such as 2026-11-23, or a moment such as 2026-11-23T18:00:00+01:00", value)
    if found.tzinfo is None:
        raise ValueError(f"{shown(value)} does not say whose clock it is: add Z, or an offset such as +01:00")
    return found.astimezone(UTC)


def word(kind: type[_Word]) -> Callable[[object], _Word]:
    """A reader of one word of several."""
    known = [each.value for each in kind]

    def read(value: object) -> _Word:
        if not isinstance(value, str) or value not in known:
            hint = f"; {nearest(value, known)}" if isinstance(value, str) else f": {', '.join(known)}"
            raise ValueError(f"expected one of its words, found {shown(value)}{hint}")
        return kind(value)

    return read


def words(kind: type[_Word]) -> Callable[[object], tuple[_Word, ...]]:
    """A reader of a list of such words."""
    read = word(kind)

    def read_all(value: object) -> tuple[_Word, ...]:
        if not isinstance(value, list):
            raise expected("a list of words", value)
        return tuple(read(each) for each in value)

    return read_all


def device(value: object) -> str:
    """Devices by name, as everywhere; but no slot."""
    from netmind_tui.model.selector import parse  # noqa: PLC0415 - few files name one

    found = text(value)
    try:
        parse(found)
    except Problem as problem:
        raise ValueError(problem.sentence) from problem
    if ":" in found and found.lower().startswith("pci"):
        raise ValueError("a slot may hold another card tomorrow: name the card by its UUID (netmind info)")
    return found
