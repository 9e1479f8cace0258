"""The hours of a day in which an owner lets a challenger call: spans of minutes, which may go past midnight."""

import math
from datetime import UTC, datetime, timedelta

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

MINUTES = 24 * 60
MOST_A_DAY = 96
MOST_WINDOWS = 8
Windows = tuple[tuple[int, int], ...]


def is_within(moment: datetime, windows: Windows) -> bool:
    """Whether a moment lies in one of these spans of minutes of a day; without any it does."""
    minute = moment.hour * 60 + moment.minute
    return not windows or any(
        low <= minute < high if low < high else minute >= low or minute < high for low, high in windows
    )


def lasts_within(moment: datetime, seconds: float, windows: Windows) -> bool:
    """Whether all of so many seconds from a moment on lie in these spans; they may go on from one to the next."""
    begins = [moment + timedelta(minutes=minute) for minute in range(math.ceil(seconds / 60))]
    last = moment + timedelta(seconds=seconds) - timedelta.resolution
    return all(is_within(each, windows) for each in (moment, *begins, last))


def is_ever_within(seconds: float, windows: Windows) -> bool:
    """Whether so many seconds fit into these spans at any minute of a day."""
    day = datetime(2000, 1, 1, tzinfo=UTC)
    return any(lasts_within(day + timedelta(minutes=minute), seconds, windows) for minute in range(MINUTES))


def read_windows(texts: tuple[str, ...], option: str = "--within") -> Windows:
    """Spans such as ``22:00-06:00`` in minutes of a day.

    Raises:
        Problem: one is none, or there are too many.
    """
    if len(texts) > MOST_WINDOWS:
        raise Problem(f"{option}: at most {MOST_WINDOWS} spans are expected, found {len(texts)}", ExitCode.USAGE)
    return tuple(_span(text, option) for text in texts)


def _span(text: str, option: str) -> tuple[int, int]:
    begin, dash, end = text.partition("-")
    low, high = _minute(begin), _minute(end)
    if not dash or low is None or high is None or low == high:
        raise Problem(f"{option} {text[:40]}: two times of day such as 22:00-06:00 are expected", ExitCode.USAGE)
    return low, high


def _minute(text: str) -> int | None:
    hour, colon, minute = text.strip().partition(":")
    if not (colon and hour.isascii() and hour.isdigit() and minute.isascii() and minute.isdigit() and len(minute) == 2):  # noqa: PLR2004 - two digits
        return None
    found = int(hour) * 60 + int(minute)
    return found if int(hour) < 24 and int(minute) < 60 else None  # noqa: PLR2004 - a day's hours, an hour's minutes
