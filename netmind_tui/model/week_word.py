"""A policy's parts in the words and letters that every picture of a week uses."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from string import ascii_uppercase

from netmind_tui.model.policy import Exception_, Limits

_KEYS = "DS"
"""Letters that the interface has for other things than to paint with a profile."""


def letters_of(profiles: Iterable[str]) -> dict[str, str]:
    """A capital letter of its own for each profile, if it can be one that is in its name."""
    letters = [sign for sign in ascii_uppercase if sign not in _KEYS]
    found: dict[str, str] = {}
    for name in profiles:
        wanted = [*(sign for sign in name.upper() if sign in letters), *letters]
        found[name] = "#" if not name else next((sign for sign in wanted if sign not in found.values()), "?")
    return found


def limits_words(limits: Limits) -> str:
    """Limits in words; ``no limits`` where there are none."""
    parts = [", ".join(limits.devices)] if limits.devices else []
    if limits.cpu_share_pct is not None:
        parts.append(f"CPU {limits.cpu_share_pct} %")
    if limits.gpu_memory_share_pct is not None:
        parts.append(f"GPU memory {limits.gpu_memory_share_pct} %")
    if limits.power_cap_w is not None:
        parts.append(f"power cap {limits.power_cap_w:g} W")
    return ", ".join(parts) or "no limits"


def exception_words(exception: Exception_) -> str:
    """An exception in one line."""
    what = f"runs ({exception.profile})" if exception.profile else "runs" if exception.allows else "never"
    devices = f", {', '.join(exception.devices)}" if exception.devices else ""
    source = "" if exception.source == "policy" else f"  [{exception.source}]"
    return f"{_span(exception.start, exception.end)}  {what}{devices}  {exception.name}{source}"


def _span(start: datetime, end: datetime) -> str:
    last = end - timedelta(minutes=1)
    is_whole = start.time() == end.time() == datetime.min.time()
    if is_whole:
        same = last.date() == start.date()
        return f"{start:%a %Y-%m-%d}" if same else f"{start:%a %Y-%m-%d} – {last:%a %Y-%m-%d}"
    until = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%a %Y-%m-%d %H:%M}"
    return f"{start:%a %Y-%m-%d %H:%M} – {until}"
