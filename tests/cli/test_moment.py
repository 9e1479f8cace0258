import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmind_tui.cli.moment import Tense, read_length, read_moment, wall_moments
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 23, 14, 30, tzinfo=BERLIN)  # a Monday


def read(text, now=NOW, tense=Tense.FUTURE, zone=BERLIN):
    return read_moment(text, now, option="--until", zone=zone, tense=tense).astimezone(BERLIN).isoformat()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("2h", 7200), ("90m", 5400), ("1h30m", 5400), ("1h 30min", 5400), ("45s", 45), ("1.5d", 129600), (" 2H ", 7200)],
)
def test_a_length_of_time_is_as_people_write_it(text, seconds):
    assert read_length(text, "--for") == seconds


@pytest.mark.parametrize("text", ["", "2", "h", "2 weeks", "-2h", "0h", "401d", "1h30", "2h;", "٢h", "1e3h", "nan"])
def test_what_is_no_length_of_time_is_refused_in_a_sentence(text):
    with pytest.raises(Problem, match=r"^--for .*: expected") as caught:
        read_length(text, "--for")
    assert caught.value.code == ExitCode.USAGE


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("18:00", "2026-11-23T18:00:00+01:00"),
        ("07:00", "2026-11-24T07:00:00+01:00"),
        ("7:05", "2026-11-24T07:05:00+01:00"),
        ("tomorrow 07:00", "2026-11-24T07:00:00+01:00"),
        ("Tomorrow", "2026-11-24T00:00:00+01:00"),
        ("today 23:59:30", "2026-11-23T23:59:30+01:00"),
        ("2026-11-27T18:00", "2026-11-27T18:00:00+01:00"),
        ("2026-11-27 18:00", "2026-11-27T18:00:00+01:00"),
        ("2026-11-27", "2026-11-27T00:00:00+01:00"),
        ("2026-11-27T18:00Z", "2026-11-27T19:00:00+01:00"),
        ("2026-11-27t18:00:00-05:00", "2026-11-28T00:00:00+01:00"),
        ("18:00+09:00", "2026-11-24T10:00:00+01:00"),
        ("tomorrow 18:00-05:00", "2026-11-25T00:00:00+01:00"),
        ("18:00Z", "2026-11-23T19:00:00+01:00"),
        ("2h", "2026-11-23T16:30:00+01:00"),
    ],
)
def test_a_time_to_come_is_as_people_write_it(text, meant):
    assert read(text) == meant


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("25:00", "expected a time such as"),
        ("18:60", "expected a time such as"),
        ("soon", "expected a time such as"),
        ("", "expected a time such as"),
        ("someday 18:00", "expected a time such as"),
        ("now", "expected a time such as"),
        ("today 09:00", "that has been"),
        ("2026-11-23T14:30", "that has been"),
        ("yesterday", "that has been"),
        ("2020-01-01", "that has been"),
        ("2026-02-30T10:00", "expected a time such as"),
        ("9999-12-31T23:59-10:00", "beyond the calendar"),
    ],
)
def test_a_time_that_cannot_be_meant_is_refused_in_a_sentence(text, sentence):
    with pytest.raises(Problem, match=sentence) as caught:
        read(text)
    assert caught.value.code == ExitCode.USAGE


def test_a_past_is_the_last_such_time_and_a_length_counts_back():
    assert read("18:00", tense=Tense.PAST) == "2026-11-22T18:00:00+01:00"
    assert read("08:00", tense=Tense.PAST) == "2026-11-23T08:00:00+01:00"
    assert read("8h", tense=Tense.PAST) == "2026-11-23T06:30:00+01:00"
    assert read("now", tense=Tense.PAST) == NOW.isoformat()
    with pytest.raises(Problem, match="still to come"):
        read("tomorrow", tense=Tense.PAST)


def test_any_time_is_that_of_today():
    assert read("08:00", tense=Tense.ANY) == "2026-11-23T08:00:00+01:00"
    assert read("18:00", tense=Tense.ANY) == "2026-11-23T18:00:00+01:00"


def test_a_time_that_comes_twice_is_the_first_that_is_still_to_come():
    before, between = datetime(2026, 10, 25, 1, 0, tzinfo=BERLIN), datetime(2026, 10, 25, 2, 40, tzinfo=BERLIN)
    assert read("02:30", before) == "2026-10-25T02:30:00+02:00"
    assert read("02:30", between) == "2026-10-25T02:30:00+01:00"
    assert read("02:30", between.replace(fold=1)) == "2026-10-26T02:30:00+01:00"
    assert read("02:30", between.replace(fold=1), Tense.PAST) == "2026-10-25T02:30:00+01:00"


def test_a_time_that_never_comes_is_the_moment_of_the_leap():
    assert read("02:30", datetime(2027, 3, 28, 1, 0, tzinfo=BERLIN)) == "2027-03-28T03:00:00+02:00"
    assert read("2027-03-28T02:00", NOW) == "2027-03-28T03:00:00+02:00"
    # Samoa left out a whole day.
    assert wall_moments(datetime.fromisoformat("2011-12-30T12:00"), ZoneInfo("Pacific/Apia")) == (
        datetime(2011, 12, 30, 10, tzinfo=UTC),
    )


def test_without_a_zone_it_is_the_machines_own(monkeypatch):

    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        assert read("18:00", zone=None) == "2026-11-24T00:00:00+01:00"
        assert wall_moments(datetime.fromisoformat("2026-11-01T01:30")) == (
            datetime(2026, 11, 1, 5, 30, tzinfo=UTC),
            datetime(2026, 11, 1, 6, 30, tzinfo=UTC),
        )
    finally:
        monkeypatch.undo()
        time.tzset()


@settings(max_examples=100, deadline=None)
@given(
    st.datetimes(datetime.fromisoformat("2000-01-01"), datetime.fromisoformat("2037-01-01")),
    st.sampled_from(["Europe/Berlin", "Australia/Lord_Howe", "America/Havana", "Africa/Casablanca", "Asia/Kolkata"]),
)
def test_a_wall_time_is_shown_at_each_of_its_moments_or_leapt_over(wall, name):
    zone, wall = ZoneInfo(name), wall.replace(microsecond=0)
    moments = wall_moments(wall, zone)
    shown = [each.astimezone(zone).replace(tzinfo=None, fold=0) for each in moments]
    if shown != [wall] * len(moments):
        (moment,) = moments
        before = (moment - timedelta(seconds=1)).astimezone(zone).replace(tzinfo=None, fold=0)
        assert before < wall < shown[0]
