"""What comes again and again is told once, and nothing else is."""

from dataclasses import replace

from netmind_tui.model.event import EventKind
from netmind_tui.node.journal.fold import fold


def flapping(made, times: int, *, start: float = 0, apart: float = 100, device: str = "gpu:0"):
    for n in range(times):
        yield made.decided(start + n * apart, "gave-way", "cpu-busy", device, reason="cpu busy")
        yield made.decided(start + n * apart + apart / 2, "contributing", "inside-window", device)


def numbered(events):

    return [replace(event, id=n) for n, event in enumerate(sorted(events, key=lambda each: each.at), 1)]


def test_a_device_that_flaps_is_one_line_and_how_it_is_now_another(made):
    found = fold(numbered(flapping(made, 14)))
    assert [each.sentence for each in found] == [
        "gpu:0 gave-way: cpu busy, 14 times in 22 min",
        "gpu:0 contributing: inside window",
    ]


def test_twice_is_no_flapping(made):
    assert [each.count for each in fold(numbered(flapping(made, 2)))] == [1, 1, 1, 1]


def test_what_is_far_apart_is_not_folded(made):
    assert len(fold(numbered(flapping(made, 5, apart=3600)))) == 10


def test_devices_are_folded_each_for_itself_and_other_events_stay_between(made):
    events = [*flapping(made, 4), *flapping(made, 4, device="gpu:1"), made.event(120, EventKind.POLICY_CHANGED)]
    found = fold(numbered(events))
    assert sorted(each.count for each in found) == [1, 1, 1, 4, 4]
    assert sum(len(each.events) for each in found) == len(events)


def test_a_change_for_good_is_never_swallowed(made):
    events = [
        *flapping(made, 5),
        made.decided(5000, "idle", "outside-windows"),
        made.decided(9000, "contributing", "w"),
    ]
    assert [each.sentence for each in fold(numbered(events))][-2:] == [
        "gpu:0 idle: outside windows",
        "gpu:0 contributing: w",
    ]


def test_other_events_that_repeat_are_folded_too(made):
    found = fold(numbered(made.event(n * 60, EventKind.HOOK_FAILED) for n in range(5)))
    assert [each.sentence for each in found] == ["node hook-failed, 5 times in 4 min"]
