from datetime import UTC, datetime, timedelta

import pytest

from netmind_tui.model.agent import OverrideRequest
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.override import Override, OverrideKind
from netmind_tui.model.problem import Problem
from netmind_tui.node.agent.override_book import (
    check_room,
    check_stop,
    clamped,
    follows,
    moved,
    said,
    split_at,
    with_new,
)

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


def test_whoever_floods_an_agent_with_words_is_refused_and_the_owners_stay():
    words = (word("pause", "gpu:0"),)
    for number in range(500, 437, -1):
        check_room(words, word("pause", hours=number))
        words = with_new(words, word("pause", hours=number))
    assert len(words) == 64
    with pytest.raises(Problem, match="64 words of the owner hold already") as refused:
        check_room(words, word("contribute", hours=1))
    assert refused.value.code is ExitCode.UNMEASURED
    check_room(words, word("stop", "gpu:0"))
    check_room(words, word("resume", "gpu:0"))
    check_room(words, word("pause"))
    assert words[0] == word("pause", "gpu:0")


def test_a_stop_that_is_said_again_is_one_stop():
    both = with_new((word("stop", "gpu:0", "gpu:1"),), word("stop", "gpu:1"))
    assert both == (word("stop", "gpu:0", "gpu:1"),)


def test_a_word_about_devices_that_were_stopped_one_by_one_is_refused_as_about_one():
    stops = (word("stop", "gpu:0"), word("stop", "gpu:1"))
    with pytest.raises(Problem, match="gpu:0 gpu:1 are stopped until they are resumed: netmind resume gpu:0 gpu:1"):
        check_stop(stops, word("contribute", "gpu:0", "gpu:1"))
    check_stop(stops, word("contribute", "gpu:0", "cpu"))


def test_whoever_names_every_device_means_those_that_come_later_too():
    request = OverrideRequest(kind=OverrideKind.PAUSE, devices=KNOWN)
    assert said(request, NOW, KNOWN, by="anna", via="cli").devices == ()
    assert said(request, NOW, (*KNOWN, "gpu:2"), by="anna", via="cli").devices == KNOWN


@pytest.mark.parametrize("end", [{"until": datetime(9999, 12, 31, tzinfo=UTC)}, {"for_s": 1e300}])
def test_an_end_beyond_every_calendar_is_refused(end):
    with pytest.raises(Problem, match="within 400 days"):
        said(OverrideRequest(kind=OverrideKind.PAUSE, **end), NOW, KNOWN, by="anna", via="cli")


def test_nothing_said_for_a_time_holds_for_longer_than_that():
    late = word("pause", hours=9, for_s=3600.0)
    assert clamped((late, word("pause", hours=9)), NOW)[0].until == NOW + timedelta(hours=1)
    assert clamped((word("pause", hours=9),), NOW)[0].until == NOW + timedelta(hours=9)


def test_what_goes_on_after_a_word_of_the_same_kind_is_found():
    words = (word("pause"), word("pause", "gpu:0", hours=1))
    assert follows(words, words[1], KNOWN) == words[0]
    assert follows(words[1:], words[1], KNOWN) is None
    assert follows((word("contribute"), words[1]), words[1], KNOWN) is None


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
