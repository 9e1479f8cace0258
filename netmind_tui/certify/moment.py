"""Moments as documents write them: UTC, to the millisecond, in exactly one spelling."""

import re
from contextlib import suppress
from datetime import UTC, datetime

_WRITTEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")


def written(moment: datetime) -> str:
    """A moment as it is written, e.g. ``2026-11-22T14:32:05.000Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_moment(text: str) -> datetime:
    """The moment that is written so.

    Raises:
        ValueError: it is none, or in another spelling: leap seconds and 24:00 have none.
    """
    if _WRITTEN.fullmatch(text) is not None:
        with suppress(ValueError):  # of its own words: a day that no calendar has, for one
            moment = datetime.fromisoformat(text)
            if written(moment) == text:
                return moment
    raise ValueError(f"{text!r} is no moment")
