"""A moment as exports tell it: in UTC, to the millisecond, always as long."""

from datetime import UTC, datetime


def moment_text(moment: datetime) -> str:
    """``2026-03-01T00:15:00.000Z``."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"
