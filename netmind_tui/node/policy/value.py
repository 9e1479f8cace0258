"""Single values of a policy as people write them: ``10 GiB``, ``0.35 EUR``, names, numbers; times have their own.

Each reader raises a ``ValueError`` that says what was expected and what was found.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from netmind_tui.model.problem import Problem, nearest

_LONGEST = 80


def shown(value: object) -> str:
    """A value of the file as a sentence can hold it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return repr(value[:_LONGEST])
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    return str(value)[:_LONGEST]


def expected(what: str, value: object) -> ValueError:
    """The refusal of a value."""
    return ValueError(f"expected {what}, found {shown(value)}")


def number(low: float, high: float, what: str) -> Callable[[object], float]:
    """A reader of numbers between two, both included; ``what`` says of what."""

    def read(value: object) -> float:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not low <= value <= high:  # type: ignore[operator] # a number
            raise expected(f"{what} from {low:g} to {high:g}", value)
        return float(value)  # type: ignore[arg-type] # see above

    return read


def whole(low: int, high: int, what: str) -> Callable[[object], int]:
    """A reader of whole numbers between two, both included."""

    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise expected(f"a whole number, {what}, from {low} to {high}", value)
        return value

    return read


def size_bytes(value: object) -> float:
    """Bytes, of ``10 GiB``."""
    from netmind_tui.certify.requirement_value import read_quantity  # noqa: PLC0415 - few policies have one

    found = read_quantity(value, "bytes")
    if found >= 2**63:
        raise expected("less than 8 EiB", value)
    return found


def price(value: object) -> tuple[str, str]:
    """Amount and currency, of ``0.35 EUR``."""
    what = 'an amount with its currency such as "0.35 EUR"'
    if not isinstance(value, str):
        raise expected(what, value)
    from netmind_tui.model.cost import read_price  # noqa: PLC0415 - see above

    try:
        money = read_price(value)
    except Problem:
        raise expected(what, value) from None
    if money.currency is None:
        raise expected(f"{what}, the currency too", value)
    return str(money.amount), money.currency


def names(value: object) -> tuple[str, ...]:
    """A list of words, one at least."""
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, list) or not words:
        raise expected('a list of names such as ["steam"]', value)
    for word in words:
        if not isinstance(word, str) or not word.strip() or not word.isprintable() or len(word) > _LONGEST:
            raise expected(f"a name of at most {_LONGEST} signs", word)
    return tuple(dict.fromkeys(word.strip() for word in words))


def devices(value: object) -> tuple[str, ...]:
    """Names of devices, as everywhere; an alias is known only where the devices are."""
    if value == []:
        raise ValueError("an empty list names no device; leave the key out where all are meant")
    found = names(value)
    from netmind_tui.model.selector import parse  # noqa: PLC0415 - see above

    for name in found:
        if name in _right:
            continue
        try:
            parse(name, _aliases())
        except Problem as problem:
            raise ValueError(problem.sentence) from problem
        _right.add(name)
    return found


_right: set[str] = set()
"""Names of devices that were read already: a calendar's times have the same in every one."""


def forget() -> None:
    """Begin to read another policy: the owner's own names may be others."""
    _right.clear()
    _aliases.cache_clear()


@lru_cache(maxsize=1)
def _aliases() -> dict[str, str]:
    """The owner's own names for devices; a configuration with a fault is told of elsewhere."""
    from netmind_tui.config import read_config  # noqa: PLC0415 - see above

    try:
        return read_config().alias
    except Problem:
        return {}


def switch(value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise expected("true or false", value)
    return value


def word(value: object) -> str:
    """A name of one line."""
    if not isinstance(value, str) or not value.strip() or not value.isprintable() or len(value) > _LONGEST:
        raise expected(f"a name of at most {_LONGEST} signs", value)
    return value.strip()


def choice(*known: str) -> Callable[[object], str]:
    """A reader of one of a few words."""

    def read(value: Any) -> str:  # noqa: ANN401 - whatever the file has
        if value not in known:
            near = nearest(value, list(known)) if isinstance(value, str) else ""
            hint = f"; {near}" if near.startswith("did you mean") else ""
            raise ValueError(f"expected {' or '.join(repr(each) for each in known)}, found {shown(value)}{hint}")
        return str(value)

    return read
