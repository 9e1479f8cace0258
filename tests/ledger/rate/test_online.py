from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from netmind_tui.ledger.rate.file import read_cards
from netmind_tui.ledger.rate.online import online, online_since, spans_of
from netmind_tui.model.metering import Activity, Interval

(CARD,), _ = read_cards("netmind-power")
(MANUAL,), _ = read_cards("manual")
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def span(hours_ago, hours):
    start = NOW - timedelta(hours=hours_ago)
    return start, start + timedelta(hours=hours)


def hours(*spans):
    found = online(CARD, spans, NOW)
    assert found is not None
    return found.hours


def test_hours_need_not_be_in_one_piece():
    found = online(CARD, [span(23, 1.5), span(10, 2), span(1, 0.5)], NOW)
    assert found is not None
    assert (found.hours, found.needed_hours, found.of_hours, found.card) == (4, 5, 24, "netmind-power 1")


def test_eight_devices_for_an_hour_are_one_hour_online():
    assert hours(*[span(3, 1)] * 8) == 1
    assert hours(span(4, 2), span(3.5, 1), span(3, 2)) == 3


def test_only_the_last_day_counts_and_nothing_that_is_still_to_come():
    assert hours(span(30, 3)) == 0
    assert hours(span(25, 3)) == 2
    assert hours(span(1, 3)) == 1
    assert hours(span(-1, 3)) == 0
    assert hours() == 0


def test_a_card_that_asks_for_none_has_no_progress():
    assert online(MANUAL, [span(3, 1)], NOW) is None
    assert online_since(MANUAL, NOW) is None
    assert online_since(CARD, NOW) == NOW - timedelta(hours=24)


def test_what_a_machine_slept_within_an_interval_was_not_online():
    start, end = span(3, 0.25)
    slept = Interval(id="a", device="gpu:0", activity=Activity.READY, start=start, end=end, duration_ms=600_000)
    assert hours(*spans_of([slept])) == pytest.approx(1 / 6)


def test_what_stood_still_was_not_online():
    start, end = span(3, 0.25)
    length_ms = 900_000
    pieces = [
        Interval(id=kind, device="gpu:0", activity=kind, start=start, end=end, duration_ms=length_ms)
        for kind in (Activity.SUSPENDED, Activity.ENDING)
    ]
    assert hours(*spans_of(pieces[:1])) == 0
    assert hours(*spans_of(pieces)) == 0.25


@settings(max_examples=50)
@given(some.lists(some.tuples(some.integers(-10, 60), some.integers(0, 90)), max_size=12))
def test_it_is_as_many_minutes_as_any_span_covers(pairs):
    minutes = [(NOW - timedelta(minutes=ago), NOW - timedelta(minutes=ago - length)) for ago, length in pairs]
    covered = {minute for ago, length in pairs for minute in range(-ago, -ago + length) if minute < 0}
    assert hours(*minutes) == pytest.approx(len(covered) / 60)
