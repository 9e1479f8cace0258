from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmind_tui.model.policy import Exception_, Holiday, Limits, Policy, Profile, Window
from netmind_tui.model.week import Week, hours, next_change, next_day, week_of

BERLIN = ZoneInfo("Europe/Berlin")
EVERY_DAY = tuple(range(7))
NIGHT = Window(days=EVERY_DAY, start_minute=22 * 60, end_minute=6 * 60)


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def naive(*parts):
    return datetime(*parts)  # noqa: DTZ001 - the owner's exceptions are told by the wall


def wall(zone, *parts):
    return datetime(*parts, tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("evening", "hours_long"),
    [((2027, 3, 27), 7), ((2027, 6, 1), 8), ((2027, 10, 30), 9)],
    ids=["spring", "summer", "autumn"],
)
def test_a_night_is_as_long_as_the_wall_makes_it(evening, hours_long):
    week = Week(Policy(windows=(NIGHT,)), BERLIN)
    begins = wall(BERLIN, *evening, 22)
    assert week.next_change("cpu", begins - timedelta(hours=3)) == begins
    assert week.next_change("cpu", begins) == begins + timedelta(hours=hours_long)


@pytest.mark.parametrize(
    ("zone", "evening", "minutes_long"),
    [
        ("Australia/Lord_Howe", (2027, 4, 3), 510),
        ("Australia/Lord_Howe", (2027, 10, 2), 450),
        ("Antarctica/Troll", (2027, 3, 27), 360),
        ("Antarctica/Troll", (2027, 10, 30), 600),
    ],
)
def test_zones_that_shift_by_half_an_hour_or_two_need_no_rule(zone, evening, minutes_long):
    zone = ZoneInfo(zone)
    begins = wall(zone, *evening, 22)
    ends = next_change(Policy(windows=(NIGHT,)), zone, begins, "cpu")
    assert ends - begins == timedelta(minutes=minutes_long)


def test_a_day_that_a_zone_left_out_has_no_window():
    fridays = Policy(windows=(Window(days=(4,), start_minute=0, end_minute=1440),))
    apia = ZoneInfo("Pacific/Apia")
    # There was no 30 December 2011 in Apia, which would have been a Friday.
    assert next_change(fridays, apia, utc(2011, 12, 24, 12), "cpu") == wall(apia, 2012, 1, 6)


def test_an_hour_that_does_not_exist_is_no_window_and_one_that_comes_twice_is_two():
    early = Policy(windows=(Window(days=EVERY_DAY, start_minute=120, end_minute=180),))
    week = Week(early, BERLIN)
    spring = list(week.changes("cpu", utc(2027, 3, 27, 12), utc(2027, 3, 28, 12)))
    autumn = list(week.changes("cpu", utc(2027, 10, 30, 12), utc(2027, 10, 31, 12)))
    assert spring == []
    assert autumn == [utc(2027, 10, 31, 0), utc(2027, 10, 31, 2)]


def test_what_began_the_evening_before_belongs_to_that_day():
    friday = Policy(windows=(Window(days=(4,), start_minute=1320, end_minute=360),))
    week = Week(friday, UTC)
    assert week.standing("cpu", utc(2026, 11, 28, 5, 59)).allows
    assert not week.standing("cpu", utc(2026, 11, 28, 6)).allows
    assert not week.standing("cpu", utc(2026, 11, 27, 5)).allows


def test_windows_of_one_profile_that_touch_are_one():
    policy = Policy(
        windows=(
            Window(days=EVERY_DAY, start_minute=1320, end_minute=1440, profile="a"),
            Window(days=EVERY_DAY, start_minute=0, end_minute=360, profile="a"),
            Window(days=EVERY_DAY, start_minute=360, end_minute=420, profile="b"),
        ),
        profiles=(Profile(name="a"), Profile(name="b", limits=Limits(power_cap_w=100.0))),
    )
    week = Week(policy, UTC)
    assert list(week.changes("cpu", utc(2026, 11, 23, 12), utc(2026, 11, 24, 12))) == [
        utc(2026, 11, 23, 22),
        utc(2026, 11, 24, 6),
        utc(2026, 11, 24, 7),
    ]
    assert week.next_turn("cpu", utc(2026, 11, 23, 23)) == utc(2026, 11, 24, 7)
    assert week.standing("cpu", utc(2026, 11, 24, 6)).limits.power_cap_w == 100.0


def test_a_window_is_for_the_devices_of_its_profile():
    policy = Policy(
        windows=(Window(days=EVERY_DAY, start_minute=0, end_minute=1440, profile="cards"),),
        profiles=(Profile(name="cards", limits=Limits(devices=("gpu:0-1",))),),
    )
    week = Week(policy, UTC)
    allowed = [device for device in ("gpu:0", "gpu:1", "gpu:2", "cpu") if week.standing(device, utc(2026, 1, 1)).allows]
    assert allowed == ["gpu:0", "gpu:1"]
    assert week.next_change("gpu:0", utc(2026, 1, 1)) is None


def test_a_dated_exception_comes_before_the_windows_and_one_that_denies_before_one_that_allows():
    lan = Exception_(name="LAN", start=naive(2026, 11, 27, 18), end=naive(2026, 11, 27, 23), devices=("gpu:0",))
    away = Exception_(
        name="away",
        start=naive(2026, 11, 27),
        end=naive(2026, 11, 28),
        allows=True,
        profile="all",
    )
    policy = Policy(windows=(NIGHT,), exceptions=(away, lan), profiles=(Profile(name="all"),))
    week = Week(policy, UTC)
    at = utc(2026, 11, 27, 22, 30)
    assert week.standing("gpu:0", at).exception == lan
    assert week.standing("gpu:0", at).window == NIGHT
    assert not week.standing("gpu:0", at).allows
    assert week.standing("gpu:1", at).name == "all"
    assert list(week.changes("gpu:0", utc(2026, 11, 27, 12), utc(2026, 11, 28, 12))) == [
        utc(2026, 11, 27, 18),
        utc(2026, 11, 27, 23),
        utc(2026, 11, 28),
        utc(2026, 11, 28, 6),
    ]


def test_a_window_that_begins_under_an_exception_is_a_change_only_of_what_is_painted():
    never = Exception_(name="never", start=naive(2026, 11, 27, 20), end=naive(2026, 11, 28, 20))
    week = Week(Policy(windows=(NIGHT,), exceptions=(never,)), UTC)
    at = utc(2026, 11, 27, 21)
    assert week.next_change("cpu", at) == utc(2026, 11, 28, 20)
    assert week.next_change("cpu", at, painted=True) == utc(2026, 11, 27, 22)


def test_a_holiday_counts_as_another_day_and_one_of_a_year_comes_before_one_of_every_year():
    weekend = Window(days=(5, 6), start_minute=0, end_minute=1440)
    every = Holiday(name="Christmas", month=12, day=25)
    once = Holiday(name="at work", month=12, day=25, year=2027, as_day=0)
    week = Week(Policy(windows=(weekend,), holidays=(every, once)), UTC)
    assert week.standing("cpu", utc(2026, 12, 25, 9)).allows
    # A Saturday in 2027.
    assert not week.standing("cpu", utc(2027, 12, 25, 9)).allows


def test_nothing_changes_where_nothing_is_said_or_everything_is_allowed():
    always = Policy(windows=(Window(days=EVERY_DAY, start_minute=0, end_minute=1440),))
    for policy in (Policy(), always):
        assert next_change(policy, BERLIN, utc(2026, 11, 23), "cpu") is None
        assert week_of(policy, BERLIN).next_turn("cpu", utc(2026, 11, 23)) is None


def test_a_change_beyond_the_horizon_is_not_looked_for():
    once = Exception_(name="later", start=naive(2027, 6, 1), end=naive(2027, 6, 2), allows=True)
    week = Week(Policy(exceptions=(once,)), UTC)
    assert week.next_change("cpu", utc(2026, 11, 23)) is None
    assert week.next_change("cpu", utc(2026, 11, 23), timedelta(days=200)) == utc(2027, 6, 1)
    # What was looked through before is still known to be empty, and no more than that.
    assert week.next_change("cpu", utc(2027, 5, 20)) == utc(2027, 6, 1)


def test_the_last_days_of_the_calendar_are_no_error():
    week = Week(Policy(windows=(NIGHT,)), BERLIN)
    assert week.standing("cpu", utc(9999, 12, 31, 22, 30)).allows
    assert week.standing("cpu", utc(1, 1, 1, 1)).allows


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(TypeError):
        next_change(Policy(windows=(NIGHT,)), BERLIN, naive(2026, 11, 23), "cpu")


def test_any_zone_will_do_that_tells_its_offset():
    class Wobbly(tzinfo):
        """An hour ahead on even days."""

        def utcoffset(self, moment):
            return timedelta(hours=1 - moment.day % 2)

        def dst(self, _moment):
            return timedelta()

    week = Week(Policy(windows=(NIGHT,)), timezone(timedelta(hours=-5, minutes=-30)))
    assert week.next_change("cpu", utc(2026, 11, 23)) == utc(2026, 11, 23, 3, 30)
    zone = Wobbly()
    changes = list(Week(Policy(windows=(NIGHT,)), zone).changes("cpu", utc(2026, 11, 1), utc(2026, 11, 9)))
    assert changes
    for moment in changes:
        before, after = ((moment - by).astimezone(zone) for by in (timedelta(microseconds=1), timedelta()))
        assert (6 <= before.hour < 22) is not (6 <= after.hour < 22)


def test_a_policy_is_made_ready_once_and_another_one_anew():
    policy = Policy(windows=(NIGHT,))
    assert week_of(policy, BERLIN) is week_of(policy, BERLIN)
    assert week_of(policy, BERLIN) is not week_of(Policy(windows=(NIGHT,)), BERLIN)


def test_a_day_begins_at_midnight_or_where_the_clocks_leap_over_it():
    assert next_day(BERLIN, utc(2027, 10, 31, 0, 30)) == utc(2027, 10, 31, 23)
    # Clocks in Beirut went from 0:00 to 1:00.
    assert next_day(ZoneInfo("Asia/Beirut"), utc(2022, 3, 26, 12)) == utc(2022, 3, 26, 22)


def test_a_window_is_told_by_its_hours():
    assert hours(Window(days=(0,), start_minute=1320, end_minute=1440)) == "22:00–24:00"


_ZONES = st.sampled_from(["Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "Asia/Gaza", "Pacific/Apia"])
_WINDOWS = st.builds(
    Window,
    days=st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))),
    start_minute=st.integers(0, 1439),
    end_minute=st.integers(1, 1440),
)
_MOMENTS = st.datetimes(naive(1995, 1, 1), naive(2036, 1, 1), timezones=st.just(UTC))


@settings(max_examples=150, deadline=None)
@given(_ZONES, st.lists(_WINDOWS, max_size=3), _MOMENTS)
def test_nothing_changes_before_the_next_change_and_something_does_then(name, windows, at):
    zone = ZoneInfo(name)
    week = Week(Policy(windows=tuple(windows)), zone)

    def is_inside(moment):
        local = moment.astimezone(zone)
        minute = local.hour * 60 + local.minute
        for each in windows:
            crosses = each.end_minute <= each.start_minute
            evening = local.weekday() in each.days and each.start_minute <= minute
            morning = crosses and (local.weekday() - 1) % 7 in each.days and minute < each.end_minute
            if morning or (evening and (crosses or minute < each.end_minute)):
                return True
        return False

    change = week.next_change("cpu", at)
    assert week.standing("cpu", at).allows is is_inside(at)
    end = change or at + timedelta(days=60)
    for part in range(40):
        assert is_inside(at + (end - at) * part / 40) is is_inside(at)
    if change is not None:
        assert is_inside(change - timedelta(microseconds=1)) is is_inside(at)
        assert is_inside(change) is not is_inside(at)
