"""The busy times of an iCalendar file, repetitions told out: the one door to the libraries that read such files.

A rule can be written that keeps any reader busy for hours, so this is run as a child that is stopped in time
(``node/policy/calendar_import.py``): a file on stdin, a zone and two moments as arguments, JSON on stdout.
"""

import codecs
import os
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from netmind_tui.model.offset import Offsets, as_moment, moment_us
from netmind_tui.model.policy import Exception_

MOST_OCCURRENCES = 5000
_MOST_EVENTS = 50_000
_LONGEST_NAME = 80
_MOST_A_DAY = 48
_FIRST_YEAR, _LAST_YEAR = 1900, 9000
_ONCE = ("DTSTART", "DTEND", "DURATION", "RECURRENCE-ID")
_UNREADABLE = (ValueError, ArithmeticError, TypeError, AttributeError, KeyError)
_TOO_OFTEN = ("SECONDLY", "MINUTELY")
_MOST_REMARKS = 10
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Busy:
    """What a calendar says: the times as exceptions that never allow.

    ``remarks`` say what was left out or guessed, a sentence each; ``free`` is how many occurrences were cancelled or
    take no time of their owner. ``fault`` is why nothing could be read.
    """

    times: tuple[Exception_, ...] = ()
    remarks: tuple[str, ...] = ()
    free: int = 0
    fault: str | None = None


def busy_times(data: bytes, zone: tzinfo, start: datetime, end: datetime) -> Busy:
    """The busy times between two moments, on the wall of a zone; one that goes on at the start is whole.

    Raises:
        ValueError: it is no calendar, or has too much in it; the message says what.
    """
    calendar, remarks = _calendar(_text(data), start - _DAY, end + _DAY)
    found: dict[Exception_, None] = {}
    free = empty = 0
    events = _occurrences(calendar, start - _DAY, end + _DAY, remarks)
    if len(events) > MOST_OCCURRENCES:
        raise ValueError(f"it has more than {MOST_OCCURRENCES} busy times in that span")
    for event in events:
        try:
            if _is_free(event):
                free += 1
                continue
            span = _span(event, zone)
            if span is None:
                empty += 1
            elif _meets(span, zone, start, end):
                found[Exception_(name=_name(event), start=span[0], end=span[1])] = None
        except _UNREADABLE as error:
            remarks.append(f"{_name(event)!r} is left out: it cannot be read ({str(error)[:100]})")
    if empty:
        remarks.append(f"{empty} of its events last no time and are left out: they have no end")
    times = tuple(sorted(found, key=lambda each: (each.start, each.end, each.name)))
    if len(remarks) > _MOST_REMARKS:
        remarks = [*remarks[:_MOST_REMARKS], f"and {len(remarks) - _MOST_REMARKS} more"]
    return Busy(times=times, remarks=tuple(remarks), free=free)


def _occurrences(calendar: Any, start: datetime, end: datetime, remarks: list[str]) -> list[Any]:  # noqa: ANN401 - its own
    """Each time that something takes place; what repeats in a way that cannot be read is left out alone, and said."""
    from icalendar import Calendar  # noqa: PLC0415 - 100 ms
    from recurring_ical_events import of  # type: ignore[import-untyped]  # noqa: PLC0415 - 100 ms the check does without

    rows: dict[str, list[Any]] = {}
    for each in calendar.subcomponents:
        if each.name == "VEVENT":
            rows.setdefault(str(each.get("UID", id(each))), []).append(each)
    others = [each for each in calendar.subcomponents if each.name != "VEVENT"]

    def told_out(some: list[list[Any]]) -> list[Any]:
        whole = Calendar()
        whole.subcomponents = [*others, *(event for row in some for event in row)]
        try:
            return list(of(whole).between(start, end))
        except _UNREADABLE as error:
            if len(some) == 1:
                why = str(error)[:100]
                remarks.append(f"{_name(some[0][0])!r} is left out: its repetition cannot be read ({why})")
                return []
        half = len(some) // 2
        return told_out(some[:half]) + told_out(some[half:])

    return told_out(list(rows.values())) if rows else []


def _text(data: bytes) -> bytes:
    """The file in UTF-8, as such files are meant to be.

    Raises:
        ValueError: its end is missing.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        data = data.decode("utf-16", errors="replace").encode()
    upper = data.upper()
    if b"BEGIN:VCALENDAR" in upper and b"END:VCALENDAR" not in upper:
        raise ValueError("is cut short: END:VCALENDAR is missing; export it again")
    return data


def _calendar(data: bytes, start: datetime, end: datetime) -> tuple[Any, list[str]]:
    """The calendar without what would repeat without end, and a sentence for each part left out.

    What begins or ends beyond all calendars does so at ``start`` and ``end``.
    """
    from icalendar import Calendar  # noqa: PLC0415 - 100 ms

    try:
        found = Calendar.from_ical(data, multiple=True)
    except (ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
        raise ValueError(f"is no iCalendar file: {str(error)[:200]}") from error
    found = [each for each in found if each.name == "VCALENDAR"]
    if not found:
        raise ValueError("is no iCalendar file: it has no BEGIN:VCALENDAR")
    whole = found[0]
    for other in found[1:]:
        whole.subcomponents += other.subcomponents
    events = [each for each in whole.subcomponents if each.name == "VEVENT"]
    if len(events) > _MOST_EVENTS:
        raise ValueError(f"it has more than {_MOST_EVENTS} events")
    remarks = []
    kept = []
    if any(each.name == "VFREEBUSY" for each in whole.subcomponents):
        remarks.append("its lists of free and busy times (VFREEBUSY) are not read; export its events")
    for part in whole.subcomponents:
        why = _why_not(part) if part.name == "VEVENT" else None
        if part.name == "VEVENT" and why is None:
            _straighten(part, start, end)
        if why is not None:
            remarks.append(f"{_name(part)!r} is left out: {why}")
            continue
        kept.append(part)
        if part.name == "VEVENT" and (zone := _unknown_zone(part)) is not None:
            remarks.append(f"{_name(part)!r}: the zone {zone!r} is not known; read as times of the policy's zone")
    whole.subcomponents = kept
    return whole, remarks


def _unknown_zone(event: Any) -> str | None:  # noqa: ANN401 - the library's own
    """The zone that an event names and nobody knows."""
    start = event["DTSTART"]
    named = start.params.get("TZID")
    is_floating = isinstance(start.dt, datetime) and start.dt.tzinfo is None
    return str(named)[:_LONGEST_NAME] if named and is_floating else None


def _why_not(event: Any) -> str | None:  # noqa: ANN401 - the library's own
    """Why an event is passed over."""
    if event.errors:
        return f"it cannot be read ({str(event.errors[0])[:100]})"
    if "DTSTART" not in event:
        return "it has no beginning"
    for name in _ONCE:
        if isinstance(event.get(name), list):
            return f"it has {name} more than once"
    if _ends_before_it_begins(event):
        return "it ends before it begins"
    rules = event.get("RRULE", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        frequency = str(rule.get("FREQ", [""])[0]).upper()
        times = 24 if frequency == "HOURLY" else 1
        for part in ("BYHOUR", "BYMINUTE", "BYSECOND"):
            times *= len(rule.get(part, [])) or 1
        if frequency in _TOO_OFTEN or times > _MOST_A_DAY:
            return "it repeats more than twice an hour"
    return None


def _ends_before_it_begins(event: Any) -> bool:  # noqa: ANN401 - the library's own
    if "DURATION" in event:
        return bool(event["DURATION"].dt < timedelta())
    if "DTEND" not in event:
        return False
    start, end = event["DTSTART"].dt, event["DTEND"].dt
    try:
        return bool(end < start)
    except TypeError:  # a date and a time, or a time with a zone and one without
        return False


def _straighten(event: Any, start: datetime, end: datetime) -> None:  # noqa: ANN401 - the library's own
    """Bring what is beyond all calendars within them, and a last day of repetitions to its end."""
    begins = event["DTSTART"].dt
    if begins.year < _FIRST_YEAR and "RRULE" not in event:
        event["DTSTART"].dt = _alike(start, begins)
    if "DTEND" in event and event["DTEND"].dt.year > _LAST_YEAR:
        event["DTEND"].dt = _alike(end, event["DTEND"].dt)
    rules = event.get("RRULE", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        last = rule.get("UNTIL", [None])[0]
        if last is not None and not isinstance(last, datetime) and isinstance(begins, datetime):
            rule["UNTIL"] = [datetime.combine(last, time(23, 59, 59), tzinfo=begins.tzinfo)]
            if begins.tzinfo is not None:
                rule["UNTIL"] = [rule["UNTIL"][0].astimezone(UTC)]


def _alike(moment: datetime, like: date) -> date:
    """A moment as a value of the same kind."""
    if not isinstance(like, datetime):
        return moment.date()
    return moment.replace(tzinfo=None) if like.tzinfo is None else moment.astimezone(UTC)


def _is_free(event: Any) -> bool:  # noqa: ANN401 - the library's own
    """Whether it takes no time: cancelled, or shown as free."""
    return (
        str(event.get("STATUS", "")).upper() == "CANCELLED"
        or str(event.get("TRANSP", "")).upper() == "TRANSPARENT"
        or str(event.get("X-MICROSOFT-CDO-BUSYSTATUS", "")).upper() == "FREE"
    )


def _span(event: Any, zone: tzinfo) -> tuple[datetime, datetime] | None:  # noqa: ANN401 - the library's own
    """From when to when on the wall of the zone; ``None`` where it takes no time."""
    start, end = event["DTSTART"].dt, event["DTEND"].dt if "DTEND" in event else None
    if not isinstance(start, datetime):
        last = end if end is not None and end > start else start + _DAY
        return datetime.combine(start, time()), datetime.combine(_date(last), time())
    if not isinstance(end, datetime):
        return None
    if start.tzinfo is None or end.tzinfo is None:
        begin, stop = start.replace(tzinfo=None), end.replace(tzinfo=None)
        return (begin, stop) if stop > begin else None
    # Moments, and not wall times: what begins where clocks leap would otherwise last nothing.
    first, last_moment = start.astimezone(UTC), end.astimezone(UTC)
    if last_moment <= first:
        last_moment = first + (end.replace(tzinfo=None) - start.replace(tzinfo=None))
    return _walls(first, last_moment, zone) if last_moment > first else None


def _walls(start: datetime, end: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """The wall times that cover a span: all that a clock shows in it, also where it is put back."""
    parts = list(Offsets(zone).spans(moment_us(start), moment_us(end)))
    first = min(begin + offset for begin, _, offset in parts)
    last = max(stop + offset for _, stop, offset in parts)
    return as_moment(first).replace(tzinfo=None, microsecond=0), as_moment(last).replace(tzinfo=None, microsecond=0)


def _meets(span: tuple[datetime, datetime], zone: tzinfo, start: datetime, end: datetime) -> bool:
    first, last = (each.astimezone(zone).replace(tzinfo=None) for each in (start, end))
    return span[0] < last and span[1] > first


def _date(found: date) -> date:
    return found.date() if isinstance(found, datetime) else found


def _name(event: Any) -> str:  # noqa: ANN401 - the library's own
    said = event.get("SUMMARY", "")
    words = " ".join(str(said[0] if isinstance(said, list) else said).split())
    shown = "".join(sign for sign in words if sign.isprintable())[:_LONGEST_NAME].strip()
    return shown or "busy"


def main(arguments: list[str]) -> int:
    """Read a calendar on stdin for ``ZONE START END``; a ``Busy`` in JSON on stdout."""
    from netmind_tui.document import encode  # noqa: PLC0415 - only the child needs it

    # Stdout is for the answer alone: what a library prints goes to stderr.
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    zone, start, end = ZoneInfo(arguments[0]), *(datetime.fromisoformat(each) for each in arguments[1:3])
    try:
        found = busy_times(sys.stdin.buffer.read(), zone, start, end)
    except ValueError as error:
        found = Busy(fault=str(error))
    with answer:
        answer.write(encode(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
