"""The hours of an owner, as they are written and as they are kept."""

from datetime import UTC, datetime

import pytest

from netmind_tui.certify.challenge.hours import is_ever_within, is_within, lasts_within, read_windows
from netmind_tui.model.problem import Problem

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (("22:00-06:00",), ((1320, 360),)),
        (("08:30-12:00", "13:00-13:01"), ((510, 720), (780, 781))),
        ((), ()),
    ],
)
def test_hours_are_read(texts, found):
    assert read_windows(texts) == found


@pytest.mark.parametrize(
    "text",
    ["", "22", "22:00", "22:00-", "25:00-01:00", "10:60-11:00", "10:00-10:00", "a-b", "1:2-3:4", "²2:00-3:00"],
)
def test_hours_that_are_none_are_refused(text):
    with pytest.raises(Problem, match="two times of day such as 22:00-06:00 are expected"):
        read_windows((text,))


@pytest.mark.parametrize(("hour", "expected"), [(21, False), (22, True), (3, True), (6, False), (12, False)])
def test_a_span_may_go_past_midnight(hour, expected):
    assert is_within(NOON.replace(hour=hour), ((1320, 360),)) is expected


@pytest.mark.parametrize(
    ("seconds", "windows", "expected"),
    [
        (3600, (), True),
        (300, ((720, 725),), True),
        (301, ((720, 725),), False),
        (600, ((720, 725), (725, 730)), True),
        (600, ((720, 725), (726, 740)), False),
        (3600, ((700, 10),), True),
    ],
)
def test_all_of_a_challenge_lies_within_the_hours(seconds, windows, expected):
    assert lasts_within(NOON, seconds, windows) is expected


def test_what_ends_as_midnight_comes_lies_within_a_span_that_ends_then():
    night = NOON.replace(hour=23, minute=55)
    assert lasts_within(night, 300, ((1380, 0),))
    assert not lasts_within(night, 301, ((1380, 0),))


def test_hours_may_be_shorter_than_any_challenge():
    assert is_ever_within(300, ((0, 5),))
    assert not is_ever_within(301, ((0, 5), (10, 15)))
    assert is_ever_within(3600, ())
