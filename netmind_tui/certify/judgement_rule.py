"""Whether a value, or every value that it may have, meets what is required."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from netmind_tui.certify.requirement_value import version_key
from netmind_tui.model.requirement import Operator


def holds(interval: tuple[float, float], operator: Operator, required: Sequence[float]) -> bool | None:
    """Whether all numbers of an interval meet the requirement (true), none does (false), or only some (``None``).

    A figure that is known exactly is an interval whose ends are equal.
    """
    low, high = interval
    first, last = required[0], required[-1]
    whole, none = {
        Operator.AT_LEAST: (low >= first, high < first),
        Operator.MORE: (low > first, high <= first),
        Operator.AT_MOST: (high <= first, low > first),
        Operator.LESS: (high < first, low >= first),
        Operator.BETWEEN: (first <= low and high <= last, high < first or low > last),
        Operator.EQUAL: (low == high == first, not low <= first <= high),
        Operator.OTHER: (not low <= first <= high, low == high == first),
        Operator.IN: (low == high and low in required, not any(low <= each <= high for each in required)),
    }[operator]
    return True if whole else False if none else None


def version_holds(actual: str, operator: Operator, required: Sequence[str]) -> bool | None:
    """The same of versions, ordered number by number; ``None`` where the actual one is none."""
    own = version_key(actual)
    keys = [key for key in map(version_key, required) if key is not None]
    if own is None or not keys:
        return None
    first, last = keys[0], keys[-1]
    return {
        Operator.AT_LEAST: own >= first,
        Operator.MORE: own > first,
        Operator.AT_MOST: own <= first,
        Operator.LESS: own < first,
        Operator.BETWEEN: first <= own <= last,
        Operator.EQUAL: own == first,
        Operator.OTHER: own != first,
        Operator.IN: own in keys,
    }[operator]


def word_holds(actual: str, operator: Operator, required: Sequence[str]) -> bool:
    """The same of words: capitals do not matter, and ``*`` stands for anything."""
    is_one = any(fnmatchcase(actual.lower(), each.lower()) for each in required)
    return not is_one if operator is Operator.OTHER else is_one


def switch_holds(actual: bool, operator: Operator, required: bool) -> bool:
    """The same of a switch."""
    return (actual == required) is (operator is Operator.EQUAL)
