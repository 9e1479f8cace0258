"""A stretch of the owner's calendar as people ask for it: ``today``, ``week``, ``month``, ``--from`` and ``--to``."""

import re
from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.moment import Tense, read_moment
from netmind_tui.model.period import NAMED, Period, PeriodName, midnight, period_of
from netmind_tui.model.problem import Problem, nearest

Word = Annotated[
    str | None,
    typer.Argument(metavar="PERIOD", help="today, week or month (of the schedule's zone); month unless given."),
]
Since = Annotated[
    str | None,
    typer.Option("--from", metavar="TIME", help="From then on: 2026-11-01, 8h, yesterday; instead of a period."),
]
Until = Annotated[
    str | None, typer.Option("--to", metavar="TIME", help="Until then, now unless given; a date is that whole day.")
]

_DATE = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}|today|yesterday|tomorrow", re.IGNORECASE)


def read_period(word: str | None, since: str | None, until: str | None, *, now: datetime, zone: ZoneInfo) -> Period:
    """The period that was asked for; this month unless something was.

    Args:
        word: ``today``, ``week`` or ``month``.
        since: ``--from``.
        until: ``--to``.
        now: When it was asked for.
        zone: Of the owner's calendar.

    Raises:
        Problem: it is none, ends before it begins, or was asked for in two ways.
    """
    if since is None and until is None:
        return period_of(_named(word), now, zone)
    if word is not None:
        raise Problem(f"{word} and {'--to' if since is None else '--from'} are two periods: give one", ExitCode.USAGE)
    if since is None:
        raise Problem("--to says until when: give --from as well", ExitCode.USAGE)
    start = read_start(since, now, zone)
    end = now if until is None else read_end(until, now, zone)
    if end <= start:
        raise Problem(f"--to {until}: that is not after --from {since}", ExitCode.USAGE)
    return Period(name=PeriodName.BETWEEN, start=start, end=end)


def _named(word: str | None) -> PeriodName:
    known = [each.value for each in NAMED]
    if word is None:
        return PeriodName.MONTH
    if word.lower() not in known:
        raise Problem(f"{word[:60]!r}: there is no such period; {nearest(word.lower(), known)}", ExitCode.USAGE)
    return PeriodName(word.lower())


def read_start(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """The moment of ``--from``.

    Raises:
        Problem: it is none, or still to come.
    """
    return _within("--from", text, read_moment(text, now, option="--from", zone=zone, tense=Tense.PAST), zone)


def read_end(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """The moment of ``--to``: a date alone is that whole day.

    Raises:
        Problem: it is none.
    """
    found = _within("--to", text, read_moment(text, now, option="--to", zone=zone, tense=Tense.ANY), zone)
    if _DATE.fullmatch(text.strip()) is None:
        return found
    return midnight(found.astimezone(zone).date() + timedelta(days=1), zone)


def _within(option: str, text: str, moment: datetime, zone: ZoneInfo) -> datetime:
    """The moment, where the owner's calendar has the days before and after it too.

    Raises:
        Problem: it has not.
    """
    try:
        for days in (-2, 2):
            (moment + timedelta(days=days)).astimezone(zone)
    except (OverflowError, ValueError):
        raise Problem(f"{option} {text!r}: that is beyond the calendar", ExitCode.USAGE) from None
    return moment
