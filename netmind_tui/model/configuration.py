"""What is set, and by whom: the document that ``netmind config show`` prints."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Origin(StrEnum):
    """Where the value of a setting comes from."""

    DEFAULT = "default"
    FILE = "file"
    ENVIRONMENT = "environment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One setting as it holds now. ``value`` is null where nothing is set; ``variable`` is what set it, if any did.

    Where ``key`` has a part in pointed brackets, it stands for as many settings as the owner likes, and there are none.
    ``expected`` says in words what a value may be, ``choices`` which there are where that is a list.
    """

    key: str
    value: str | bool | int | float | None
    origin: Origin
    meaning: str
    default: str | bool | int | float | None
    expected: str
    choices: tuple[str, ...] = ()
    variable: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Every setting, in the order of the README. ``path`` is the file, whether or not it exists."""

    schema: Literal["netmind.config/1"] = "netmind.config/1"
    path: str
    exists: bool
    settings: tuple[Entry, ...]


def shown(value: str | float | None) -> str:
    """A value as it stands in a command line: ``true``, ``12.5``, ``0.30 EUR``; nothing where none is set."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
