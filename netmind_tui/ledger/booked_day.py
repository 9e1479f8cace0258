"""The days of the owner's calendar that can have entries at all: a period may be longer than the books are."""

from datetime import date, datetime, tzinfo

from netmind_tui.ledger.reader import Reader
from netmind_tui.ledger.row import moment_of
from netmind_tui.model.period import Period, days_of

_SPAN = "SELECT (SELECT min(at_ms) FROM entry), (SELECT max(at_ms) FROM entry)"


def booked_days(reader: Reader, period: Period, zone: tzinfo) -> tuple[tuple[date, datetime, datetime], ...]:
    """The days of a period from its first entry to its last one: each with where it begins and ends, cut to the period.

    Raises:
        Problem: the ledger cannot be read.
    """
    with reader.snapshot() as connection:
        first_ms, last_ms = connection.execute(_SPAN).fetchone()
    if first_ms is None:
        return ()
    # An entry is in the period that its beginning is in, and one of the last moment is still part of it.
    return days_of(max(period.start, moment_of(first_ms)), min(period.end, moment_of(last_ms + 1)), zone)
