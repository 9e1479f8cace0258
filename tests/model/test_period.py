from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from netmind_tui.model.period import NAMED, Period, PeriodName, days_of, midnight, period_of

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ("UTC", "Europe/Berlin", "Asia/Kathmandu", "America/Sao_Paulo", "Africa/Cairo", "Pacific/Apia")


def test_a_month_is_that_of_the_owners_calendar_with_an_hour_more_in_october():
    found = period_of(PeriodName.MONTH, datetime(2026, 10, 31, 22, 30, tzinfo=UTC), BERLIN)
    assert found.start == datetime(2026, 9, 30, 22, tzinfo=UTC)
    assert found.end == datetime(2026, 10, 31, 23, tzinfo=UTC)
    assert found.end - found.start == timedelta(days=31, hours=1)


def test_a_moment_after_midnight_here_is_of_the_next_month_already():
    assert period_of(PeriodName.MONTH, datetime(2026, 10, 31, 23, 30, tzinfo=UTC), BERLIN).start.month == 10
    assert period_of(PeriodName.TODAY, datetime(2026, 10, 31, 23, 30, tzinfo=UTC), BERLIN).end.day == 1


def test_a_week_begins_on_monday():
    found = period_of(PeriodName.WEEK, datetime(2026, 11, 29, 12, tzinfo=UTC), BERLIN)
    assert found.start.astimezone(BERLIN).date() == date(2026, 11, 23)
    assert found.end.astimezone(BERLIN).date() == date(2026, 11, 30)


def test_a_period_that_ends_before_it_begins_is_none():
    with pytest.raises(ValueError, match="ends after it begins"):
        Period(name=PeriodName.BETWEEN, start=datetime(2026, 1, 2, tzinfo=UTC), end=datetime(2026, 1, 2, tzinfo=UTC))


def test_a_midnight_that_clocks_leap_over_is_when_they_do():
    cairo = ZoneInfo("Africa/Cairo")  # on the last Friday of April clocks go from 00:00 to 01:00
    assert midnight(date(2026, 4, 24), cairo) == datetime(2026, 4, 23, 22, tzinfo=UTC)


@settings(max_examples=60, deadline=None)
@given(
    some.sampled_from(NAMED),
    some.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1), timezones=some.just(UTC)),  # noqa: DTZ001 - hypothesis asks for that
    some.sampled_from(ZONES),
)
def test_a_period_holds_its_moment_and_its_days_cover_it_once(name, now, zone):
    found = period_of(name, now, ZoneInfo(zone))
    assert found.start <= now < found.end
    days = days_of(found.start, found.end, ZoneInfo(zone))
    assert (days[0][1], days[-1][2]) == (found.start, found.end)
    assert all(before[2] == after[1] for before, after in pairwise(days))
    assert len({day for day, _, _ in days}) == len(days)
