"""Words from files of others, fit to be shown: without what a terminal would obey, and no longer than a line is."""

from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any, TypeVar

T = TypeVar("T")

_LONGEST = 400


def harmless(value: T) -> T:
    """A copy of a document in which every text is printable and of sensible length."""
    found: Any = value
    if isinstance(value, str) and not isinstance(value, Enum):
        cut = value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…"
        found = "".join(sign if sign.isprintable() else "?" for sign in cut)
    elif isinstance(value, tuple):
        found = tuple(map(harmless, value))
    elif is_dataclass(value) and not isinstance(value, type):
        found = replace(value, **{member.name: harmless(getattr(value, member.name)) for member in fields(value)})
    return found  # type: ignore[no-any-return] # it has the type it had
