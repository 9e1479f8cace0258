"""A period's name as the head of what is told about it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from netmind_tui.model.period import PeriodName


def title(period: str, start: datetime, end: datetime, zone: ZoneInfo, now: datetime) -> str:
    """The period by the owner's clocks: ``November 2026, so far``."""
    start, end = start.astimezone(zone), end.astimezone(zone)
    so_far = ", so far" if end > now else ""
    if period == PeriodName.MONTH:
        return f"{start:%B %Y}{so_far}"
    if period == PeriodName.WEEK:
        return f"week {start:%V} of {start:%G}, from {start:%a %d %b}{so_far}"
    if period == PeriodName.TODAY:
        return f"{start:%a %d %b %Y}{so_far}"
    if not any((each.hour, each.minute, each.second) != (0, 0, 0) for each in (start, end)):
        return f"{start:%Y-%m-%d} to {end - timedelta(days=1):%Y-%m-%d}{so_far}"
    return f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}{so_far}"
