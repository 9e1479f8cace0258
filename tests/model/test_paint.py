"""The week as a sheet: what is painted is what the windows say, to the minute, and what is not painted stays."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmind_tui.model.paint import (
    WEEK_CELLS,
    Brush,
    brushes,
    copied,
    differing,
    fields,
    held_by_others,
    painted,
    sheets,
    with_sheets,
)
from netmind_tui.model.policy import Guard, GuardKind, Limits, Policy, Profile, Window
from netmind_tui.model.weekplan import CELL_MINUTES, CELLS_A_DAY, WEEK_MINUTES
from netmind_tui.node.policy.file import source_of
from netmind_tui.node.policy.render import render

NAMES = ("night", "weekend", "eco")
BLANK = Policy(zone="UTC", profiles=tuple(Profile(name=name) for name in NAMES))
NIGHTS = Window(days=tuple(range(7)), start_minute=22 * 60, end_minute=7 * 60 + 10, profile="night")
FEW = settings(max_examples=60, deadline=None)

cells = st.integers(0, WEEK_CELLS - 1)
names = st.sampled_from((*NAMES, None))
rectangles = st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(0, 47), st.integers(0, 47), names)
windows = st.builds(
    lambda days, start, length, name: Window(
        days=tuple(sorted(days)), start_minute=start, end_minute=(start + length) % 1440 or 1440, profile=name
    ),
    st.sets(st.integers(0, 6), min_size=1),
    st.integers(0, 1439),
    st.integers(1, 1439),
    st.sampled_from(NAMES),
)


def cell(day, hour):
    return day * CELLS_A_DAY + int(hour * 2)


def minutes(policy):
    """The profile of each minute, where all are about the same devices."""
    return sheets(policy).get((), [None] * WEEK_MINUTES)


def apart(found):
    """Windows without those that contradict an earlier one."""
    kept = []
    for window in dict.fromkeys(found):
        taken = minutes(Policy(profiles=BLANK.profiles, windows=tuple(kept)))
        own = minutes(Policy(profiles=BLANK.profiles, windows=(window,)))
        clash = (a is not None and b is not None and a != b for a, b in zip(taken, own, strict=True))
        if not any(clash):
            kept.append(window)
    return tuple(kept)


def within(rectangle):
    first, last, start, end, _ = rectangle
    days, places = sorted((first, last)), sorted((start, end))
    return {
        day * CELLS_A_DAY + place for day in range(days[0], days[1] + 1) for place in range(places[0], places[1] + 1)
    }


@FEW
@given(st.lists(rectangles, min_size=1, max_size=8))
def test_what_is_painted_is_what_the_windows_say_and_back(strokes):
    policy, expected = BLANK, [None] * WEEK_CELLS
    for stroke in strokes:
        policy = painted(policy, within(stroke), Brush(stroke[4]))
        for each in within(stroke):
            expected[each] = stroke[4]
    found = fields(policy)
    assert [each.profiles[0] if each.profiles else None for each in found] == expected
    assert all(each.is_whole and not each.is_apart for each in found)
    assert sum(each is not None for each in minutes(policy)) == CELL_MINUTES * sum(
        each is not None for each in expected
    )


@FEW
@given(st.lists(windows, min_size=1, max_size=5), rectangles)
def test_what_is_not_painted_keeps_its_minutes(given_windows, stroke):
    before = Policy(zone="UTC", profiles=BLANK.profiles, windows=apart(given_windows))
    after = painted(before, within(stroke), Brush(stroke[4]))
    old, new = minutes(before), minutes(after)
    for place in range(WEEK_CELLS):
        span = slice(place * CELL_MINUTES, (place + 1) * CELL_MINUTES)
        assert new[span] == ([stroke[4]] * CELL_MINUTES if place in within(stroke) else old[span])
    assert differing(before, after) == {at // CELL_MINUTES for at in range(WEEK_MINUTES) if old[at] != new[at]}


@FEW
@given(st.lists(windows, min_size=1, max_size=5), rectangles)
def test_the_windows_are_ones_that_a_file_can_have_and_none_is_in_vain(given_windows, stroke):
    before = Policy(zone="UTC", profiles=BLANK.profiles, windows=apart(given_windows))
    after = painted(before, within(stroke), Brush(stroke[4]))
    if after.windows:
        assert source_of(Path("p.toml"), render(after).encode()).policy == after
    whole = minutes(after)
    if after.windows != before.windows:
        changed = {each.profile for each in after.windows if each not in before.windows}
        for window in (each for each in after.windows if each.profile in changed):
            rest = tuple(each for each in after.windows if each != window)
            assert minutes(Policy(profiles=BLANK.profiles, windows=rest)) != whole


@FEW
@given(st.lists(windows, min_size=1, max_size=5), st.integers(0, 6), st.sets(st.integers(0, 6)))
def test_a_copied_day_is_the_other_to_the_minute(given_windows, day, days):
    before = Policy(zone="UTC", profiles=BLANK.profiles, windows=apart(given_windows))
    old, new = minutes(before), minutes(copied(before, day, days))
    for each in range(7):
        model = day if each in days else each
        assert new[each * 1440 : (each + 1) * 1440] == old[model * 1440 : (model + 1) * 1440]


def test_a_stroke_that_changes_nothing_leaves_the_owners_windows_as_they_are():
    odd = (
        Window(days=(0,), start_minute=0, end_minute=600, profile="night"),
        Window(days=(0,), start_minute=300, end_minute=900, profile="night"),
    )
    policy = Policy(profiles=BLANK.profiles, windows=odd)
    assert painted(policy, [cell(0, 3)], Brush("night")).windows == odd
    assert painted(policy, [cell(2, 3)], Brush("eco")).windows[:2] == odd


@pytest.mark.parametrize(
    ("strokes", "expected"),
    [
        ([(range(7), 0, 24)], [("0123456", 0, 1440)]),
        ([(range(7), 22, 24), (range(7), 0, 7)], [("0123456", 1320, 420)]),
        ([(range(5), 22, 24), (range(1, 6), 0, 6), (range(5, 7), 0, 24)], [("01234", 1320, 360), ("56", 0, 1440)]),
        ([((6,), 22, 24), ((0,), 0, 5)], [("6", 1320, 300)]),
        ([((0, 2), 8, 12), ((0, 2), 14, 18)], [("02", 480, 720), ("02", 840, 1080)]),
    ],
    ids=["always", "nights", "nights and weekends", "over the end of the week", "two a day"],
)
def test_a_week_becomes_as_few_windows_as_people_would_write(strokes, expected):
    policy = BLANK
    for days, start, end in strokes:
        wanted = [cell(day, hour / 2) for day in days for hour in range(start * 2, end * 2)]
        policy = painted(policy, wanted, Brush("night"))
    found = [("".join(map(str, each.days)), each.start_minute, each.end_minute) for each in policy.windows]
    assert sorted(found) == sorted(expected)


def test_a_window_that_is_cut_keeps_the_minutes_of_its_edges():
    policy = Policy(profiles=BLANK.profiles, windows=(NIGHTS,))
    after = painted(policy, [cell(5, 23)], Brush())
    assert fields(after)[cell(5, 7)].is_whole is False
    assert sum(each is not None for each in minutes(after)) == sum(each is not None for each in minutes(policy)) - 30


def test_windows_without_a_profile_are_painted_too():
    policy = painted(Policy(zone="UTC"), [cell(1, 10)], Brush(""))
    assert policy.windows == (Window(days=(1,), start_minute=600, end_minute=630),)
    assert brushes(policy) == (Brush(""), Brush())
    assert brushes(BLANK) == (*(Brush(name) for name in NAMES), Brush())


class TestDevicesApart:
    POLICY = Policy(
        zone="UTC",
        profiles=(
            Profile(name="all"),
            Profile(name="one", limits=Limits(devices=("gpu:0",))),
            Profile(name="other", limits=Limits(devices=("gpu:1",))),
        ),
    )

    def test_two_may_share_a_cell_and_a_third_takes_it_from_both(self):
        both = painted(painted(self.POLICY, [5], Brush("one")), [5], Brush("other"))
        assert fields(both)[5].profiles == ("one", "other")
        assert fields(both)[5].is_apart
        assert fields(painted(both, [5], Brush("all")))[5].profiles == ("all",)
        assert not painted(both, [5], Brush()).windows

    def test_of_one_layer_only_what_is_about_those_devices_alone_is_changed(self):
        policy = painted(painted(self.POLICY, [5, 6], Brush("one")), [7], Brush("all"))
        after = painted(policy, [5, 7], Brush(), ("gpu:0",))
        assert [fields(after)[at].profiles for at in (5, 6, 7)] == [(), ("one",), ("all",)]
        assert held_by_others(policy, [5, 7], ("gpu:0",)) == {7: "all"}
        assert brushes(self.POLICY, ("gpu:0",)) == (Brush("one"), Brush())

    def test_painted_apart_leaves_the_other_as_it_was(self):
        policy = painted(self.POLICY, [5], Brush("other"))
        after = painted(policy, [5, 6], Brush("one"), ("gpu:0",))
        assert fields(after)[5].profiles == ("other", "one")
        assert fields(after)[6].profiles == ("one",)
        assert painted(after, [5], Brush(), ("gpu:0",)).windows == painted(policy, [6], Brush("one")).windows

    def test_a_copied_layer_leaves_the_others(self):
        policy = painted(painted(self.POLICY, [0], Brush("one")), [0], Brush("other"))
        after = copied(policy, 0, [1], ("gpu:0",))
        assert fields(after)[CELLS_A_DAY].profiles == ("one",)

    def test_nothing_but_the_windows_changes(self):
        policy = Policy(zone="Europe/Paris", guards=(Guard(kind=GuardKind.DISK, limit=1.0),), lead_s=60.0)
        after = painted(policy, [1], Brush(""))
        assert (after.zone, after.guards, after.lead_s) == (policy.zone, policy.guards, policy.lead_s)


def test_sheets_and_windows_are_the_same_week():
    policy = Policy(zone="UTC", profiles=BLANK.profiles, windows=(NIGHTS,))
    assert with_sheets(policy, sheets(policy)) == policy
