from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmind_tui.ledger.tariff.bands import A_DAY, Band, Bands, Season, clash, pieces

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [BERLIN, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("America/Santiago"), ZoneInfo("Asia/Kolkata")]
NIGHT = Band(name="night", price=Decimal("0.22"), start=22 * 60, end=6 * 60)


def plan(*bands, price="0.32", zone=BERLIN, **more):
    return Bands(
        currency="EUR",
        source="plan.toml",
        zone=zone,
        bands=bands,
        price=None if price is None else Decimal(price),
        **more,
    )


def local(text, fold=0, zone=BERLIN):
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).astimezone(UTC)


def told(slots, zone=BERLIN):
    return [
        f"{slot.start.astimezone(zone):%d %H:%M}-{slot.end.astimezone(zone):%d %H:%M} {slot.price}" for slot in slots
    ]


def hours(slots):
    return sum(((slot.end - slot.start) for slot in slots), timedelta()) / timedelta(hours=1)


def price_at(bands, moment):
    """What the clock on the wall says, asked for one moment."""
    wall = moment.astimezone(bands.zone)
    minute = wall.hour * 60 + wall.minute
    for day, at in ((wall.date(), minute), (wall.date() - timedelta(days=1), minute + A_DAY)):
        is_holiday = day in bands.holidays or (day.month, day.day) in bands.yearly
        weekday = bands.holiday_as if is_holiday else day.weekday()
        for band in bands.bands:
            in_season = band.season is None or band.season.holds(day)
            if weekday in band.weekdays and in_season and band.start <= at < band.stop:
                return band.price
    return bands.price


def test_a_band_over_midnight_is_one_slot_of_its_first_day():
    found = plan(NIGHT).slots(local("2026-01-05 12:00"), local("2026-01-06 12:00"))
    assert told(found) == ["05 12:00-05 22:00 0.32", "05 22:00-06 06:00 0.22", "06 06:00-06 12:00 0.32"]


@pytest.mark.parametrize(
    ("day", "long", "night"), [("2026-03-29", 23, 7), ("2026-10-25", 25, 9), ("2026-06-01", 24, 8)]
)
def test_on_days_of_23_and_25_hours_every_moment_is_paid_once(day, long, night):
    start, end = local(f"{day} 00:00"), local(f"{date.fromisoformat(day) + timedelta(days=1)} 00:00")
    found = plan(NIGHT).slots(start, end)
    assert hours(found) == long
    assert hours([slot for slot in found if slot.price == NIGHT.price]) == night


def test_an_hour_that_comes_twice_is_paid_by_its_band_twice():
    half = Band(name="half", price=Decimal("0.10"), start=150, end=180)
    found = plan(half).slots(local("2026-10-25 00:00"), local("2026-10-25 06:00"))
    cheap = [slot for slot in found if slot.price == half.price]
    assert [(slot.start, slot.end) for slot in cheap] == [
        (local("2026-10-25 02:30"), local("2026-10-25 02:30") + timedelta(minutes=30)),
        (local("2026-10-25 02:30", fold=1), local("2026-10-25 03:00")),
    ]


def test_a_band_in_the_hour_that_clocks_leap_over_is_never_paid():
    leapt = Band(name="leapt", price=Decimal(-1), start=120, end=180)
    found = plan(leapt).slots(local("2026-03-29 00:00"), local("2026-03-30 00:00"))
    assert [slot.price for slot in found] == [Decimal("0.32")]


def test_a_holiday_is_paid_as_the_day_that_the_owner_says():
    sunday = Band(name="sunday", price=Decimal("0.20"), weekdays=(6,))
    bands = plan(sunday, holidays=frozenset({date(2026, 4, 3)}), yearly=frozenset({(12, 25)}))
    for day, price in (("2026-04-03", "0.20"), ("2026-12-25", "0.20"), ("2027-04-02", "0.32"), ("2026-04-05", "0.20")):
        assert bands.slots(local(f"{day} 12:00"), local(f"{day} 13:00"))[0].price == Decimal(price), day


def test_a_season_goes_over_the_turn_of_the_year_and_knows_the_leap_day():
    winter = Season(name="winter", first=(11, 1), last=(2, 29))
    assert [
        winter.holds(day) for day in (date(2026, 10, 31), date(2026, 11, 1), date(2027, 2, 28), date(2028, 2, 29))
    ] == [
        False,
        True,
        True,
        True,
    ]
    assert not winter.holds(date(2027, 3, 1))


def test_outside_its_days_a_plan_says_nothing():
    bands = plan(NIGHT, since=date(2026, 1, 5), until=date(2026, 1, 6))
    found = bands.slots(local("2026-01-04 00:00"), local("2026-01-08 00:00"))
    assert (found[0].start, found[-1].end) == (local("2026-01-05 00:00"), local("2026-01-07 00:00"))
    assert hours(found) == 48


def test_two_bands_about_one_minute_are_found_even_over_midnight():
    early = Band(name="early", price=Decimal(1), start=300, end=400)
    assert clash([NIGHT], [early]).minute == 300
    assert clash([], [early, NIGHT]) is None


def test_a_day_in_pieces_has_every_minute_once():
    found = pieces([NIGHT], [NIGHT])
    assert [(piece.start, piece.end, piece.band) for piece in found] == [
        (0, 360, NIGHT),
        (360, 1320, None),
        (1320, 1440, NIGHT),
    ]


@st.composite
def week_plans(draw):
    """Bands that cut each group of days into parts, the last one over midnight; some days are holidays."""
    bands = []
    summer = Season(name="summer", first=(4, 1), last=(9, 30))
    for season in (None, summer) if draw(st.booleans()) else (None,):
        cuts = sorted(draw(st.sets(st.integers(0, A_DAY // 15 - 1), min_size=2, max_size=5)))
        weekdays = draw(st.sets(st.integers(0, 6), min_size=1))
        for number, (one, other) in enumerate(pairwise([*cuts, cuts[0]])):
            price = Decimal(draw(st.integers(-50, 500))) / 1000
            bands.append(
                Band(
                    name=f"{number}",
                    price=price,
                    start=one * 15,
                    end=other * 15,
                    weekdays=tuple(weekdays),
                    season=season,
                )
            )
        if season is None and draw(st.booleans()):
            break
    return plan(
        *bands[: draw(st.integers(1, len(bands)))], zone=draw(st.sampled_from(ZONES)), yearly=frozenset({(10, 25)})
    )


def has_clash(bands):
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(365)]
    held = [bands._of(day) for day in days]
    return any(clash(before, today) for before, today in pairwise(held))


@settings(max_examples=40, deadline=None)
@given(
    week_plans().filter(lambda bands: not has_clash(bands)),
    st.sampled_from(["2026-03-28", "2026-10-24", "2026-04-04", "2026-09-05", "2026-12-30"]),
    st.integers(0, 1440),
    st.integers(1, 5 * 1440),
)
def test_slots_cover_a_time_once_and_say_what_the_clock_on_the_wall_says(bands, day, shift, minutes):
    start = datetime.fromisoformat(f"{day}T00:00Z") + timedelta(minutes=shift)
    end = start + timedelta(minutes=minutes)
    found = bands.slots(start, end)
    assert [found[0].start, found[-1].end] == [start, end]
    assert all(one.end == other.start and one.price != other.price for one, other in pairwise(found))
    for slot in found:
        moment = slot.start
        while moment < slot.end:
            assert price_at(bands, moment) == slot.price, moment
            moment += timedelta(minutes=15)
