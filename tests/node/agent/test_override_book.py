from datetime import UTC, datetime, timedelta

import pytest

from netmind_tui.model.agent import OverrideRequest
from netmind_tui.model.override import Override, OverrideKind
from netmind_tui.model.problem import Problem
from netmind_tui.node.agent.override_book import check_stop, moved, said, split_at, with_new

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
KNOWN = ("gpu:0", "gpu:1", "cpu")


def word(kind, *devices, hours=None, for_s=None):
    until = None if hours is None else NOW + timedelta(hours=hours)
    return Override(kind=OverrideKind(kind), devices=devices, at=NOW, until=until, for_s=for_s)


def test_a_word_for_an_hour_gives_way_to_the_pause_before_it_again():
    pause, contribute = word("pause"), word("contribute", hours=1)
    assert with_new((pause,), contribute) == (pause, contribute)


def test_a_word_that_outlasts_those_before_it_takes_their_place():
    before = (word("pause", hours=1), word("contribute", "gpu:0", hours=2))
    assert with_new(before, word("pause")) == (word("pause"),)
    assert with_new(before, word("pause", "gpu:0", hours=3)) == (before[0], word("pause", "gpu:0", hours=3))


def test_a_stop_stays_until_it_is_resumed():
    stop = word("stop")
    assert with_new((stop,), word("pause")) == (stop, word("pause"))
    assert with_new((stop,), word("resume")) == ()
    with pytest.raises(Problem, match="everything is stopped until it is resumed: netmind resume"):
        check_stop((stop,), word("contribute", "gpu:0"))
    check_stop((word("stop", "gpu:1"),), word("contribute", "gpu:0"))


def test_one_device_is_resumed_and_the_others_stay_as_they_were_told():
    both = word("pause", "gpu:0", "gpu:1")
    assert with_new((both,), word("resume", "gpu:0")) == (word("pause", "gpu:1"),)
    assert with_new((word("pause", "gpu:0"),), word("resume", "gpu:0")) == ()


@pytest.mark.parametrize("kind", ["stop", "pause"])
def test_what_was_said_of_everything_stays_said_of_devices_that_come_later(kind):
    (left,) = with_new((word(kind),), word("resume", "gpu:0"))
    assert [left.covers(name) for name in ("gpu:0", "gpu:1", "gpu:7")] == [False, True, True]
    (left,) = with_new((left,), word("resume", "gpu:1", "gpu:0"))
    assert left.excepted == ("gpu:0", "gpu:1")
    assert with_new((left,), word("resume")) == ()


def test_a_stop_of_all_but_one_device_comes_before_a_word_about_the_others_alone():
    (left,) = with_new((word("stop"),), word("resume", "gpu:0"))
    check_stop((left,), word("pause", "gpu:0"))
    check_stop((left,), word("pause"))
    with pytest.raises(Problem, match="gpu:1 is stopped until it is resumed: netmind resume gpu:1"):
        check_stop((left,), word("pause", "gpu:1"))


def test_a_word_for_all_but_one_device_is_not_forgotten_for_one_about_the_rest():
    (left,) = with_new((word("pause"),), word("resume", "gpu:0"))
    assert with_new((left,), word("finish", "gpu:1")) == (left, word("finish", "gpu:1"))
    assert with_new((left,), word("finish")) == (word("finish"),)
    assert with_new((word("finish", "gpu:0"),), left) == (word("finish", "gpu:0"), left)


def test_whoever_floods_an_agent_with_words_fills_no_memory_and_loses_no_stop():
    words = (word("stop", "gpu:1"),)
    for number in range(500, 0, -1):
        words = with_new(words, word("pause", hours=number))
    assert len(words) <= 64
    assert words[0].kind is OverrideKind.STOP


def test_what_has_run_out_is_told_apart():
    words = (word("pause", hours=1), word("finish", hours=3))
    assert split_at(words, NOW + timedelta(hours=1)) == (words[1:], words[:1])


def test_a_length_of_time_stays_as_long_when_the_clock_is_set_and_an_end_stays_where_it_is():
    length, end = word("pause", hours=1, for_s=3600.0), word("pause", hours=1)
    after = moved((length, end), 7200.0)
    assert [each.until for each in after] == [NOW + timedelta(hours=3), NOW + timedelta(hours=1)]


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        (OverrideRequest(kind=OverrideKind.PAUSE, until=NOW, for_s=1.0), "not both"),
        (OverrideRequest(kind=OverrideKind.PAUSE, until=NOW), "has passed"),
        (OverrideRequest(kind=OverrideKind.PAUSE, for_s=-1.0), "has passed"),
        (OverrideRequest(kind=OverrideKind.STOP, for_s=60.0), "a stop has no end: it holds until resume"),
        (OverrideRequest(kind=OverrideKind.STOP, until=NOW + timedelta(hours=1)), "a stop has no end"),
        (OverrideRequest(kind=OverrideKind.RESUME, for_s=60.0), "resume has no end"),
        (OverrideRequest(kind=OverrideKind.PAUSE, devices=("gpu:7",)), "gpu:7: this machine has no such device"),
    ],
)
def test_a_request_that_cannot_be_meant_is_refused(request_, sentence):
    with pytest.raises(Problem, match=sentence):
        said(request_, NOW, KNOWN, by="anna", via="cli")


def test_a_request_becomes_a_word_with_its_end_and_its_speaker():
    found = said(OverrideRequest(kind=OverrideKind.PAUSE, for_s=3600.0, via="tui"), NOW, KNOWN, by="anna", via="cli")
    assert found == Override(
        kind=OverrideKind.PAUSE, at=NOW, until=NOW + timedelta(hours=1), for_s=3600.0, by="anna", via="tui"
    )
