"""Reading TOML that anybody may have written: the built-in reader, without the keys that would take all memory.

It keeps every beginning of a dotted key, so that one of a hundred thousand parts costs tens of gigabytes.
"""

import re
from collections.abc import Callable
from typing import Any

_MOST_PARTS = 32
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'')
_NO_KEY = re.compile(r"[^\w\-. \t]+")


def load(text: str, parse_float: Callable[[str], Any] = float) -> dict[str, Any]:
    """The table of a text.

    Raises:
        TOMLDecodeError: see ``tomllib.loads``.
        RecursionError: it is nested too deeply, by brackets or by dots.
    """
    import tomllib  # noqa: PLC0415 - 10 ms, and most machines have few such files

    if any(_is_deep(line) for line in text.splitlines()):
        raise RecursionError("a key of very many parts")
    return tomllib.loads(text, parse_float=parse_float)


def _is_deep(line: str) -> bool:
    if line.count(".") < _MOST_PARTS:
        return False
    without = _STRING.sub("x", line).partition("#")[0]
    return any(part.count(".") >= _MOST_PARTS for part in _NO_KEY.split(without))
