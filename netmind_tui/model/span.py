"""Lengths of time as people write them in a setting: ``12h``, ``7d``."""

import re

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

_HOUR_S = 3600
_DAY_S = 24 * _HOUR_S
_MOST_S = 30 * _DAY_S


def read_span(text: str) -> int:
    """The seconds of a length of time in whole hours or days.

    Raises:
        Problem: it is none, or longer than 30 days.
    """
    found = re.fullmatch(r"([0-9]{1,3})([hd])", text)
    seconds = int(found[1]) * (_DAY_S if found[2] == "d" else _HOUR_S) if found else _MOST_S + 1
    if seconds > _MOST_S:
        raise Problem(f"{text!r} is no length of time up to 30 days, such as 7d or 12h", ExitCode.USAGE)
    return seconds
