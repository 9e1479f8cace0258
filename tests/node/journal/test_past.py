"""The past of a device is told without gaps, and the time without an agent as such."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from netmind_tui.model.contribution import Contribution
from netmind_tui.model.event import EventKind
from netmind_tui.node.journal.past import days, lines, past_lines, totals
from netmind_tui.node.journal.reader import Reader

STARTED, STOPPED, GAP, SLEPT = (
    EventKind.AGENT_STARTED,
    EventKind.AGENT_STOPPED,
    EventKind.AGENT_GAP,
    EventKind.MACHINE_SUSPENDED,
)


def told(line, made) -> list[tuple[float, float, str]]:
    return [((s.start - made.START).total_seconds(), (s.end - made.START).total_seconds(), s.state) for s in line.spans]


def test_spans_follow_decisions_and_leave_no_gap(made):
    events = [
        made.event(0, STARTED),
        made.decided(0, "idle", "outside-windows"),
        made.decided(60, "contributing", "inside-window", window="night"),
        made.decided(90, "gave-way", "user-active"),
        made.decided(90, "lost", "lost", "gpu:1"),
    ]
    one, two = lines(events, ["gpu:0", "gpu:1"], made.at(-30), made.at(200))
    assert told(one, made) == [
        (-30, 0, "offline"),
        (0, 60, "idle"),
        (60, 90, "contributing"),
        (90, 200, "gave-way"),
    ]
    assert (one.spans[2].window, one.spans[3].code, one.spans[3].sentence) == ("night", "user-active", "user active")
    assert told(two, made) == [(-30, 90, "offline"), (90, 200, "lost")]


def test_a_stopped_agent_is_offline_until_the_next_decision(made):
    events = [
        made.decided(0, "contributing", "inside-window"),
        made.event(50, STOPPED),
        made.event(100, STARTED),
        made.decided(101, "contributing", "inside-window"),
    ]
    (line,) = lines(events, ["gpu:0"], made.at(0), made.at(200))
    assert told(line, made) == [(0, 50, "contributing"), (50, 101, "offline"), (101, 200, "contributing")]


def gap(made, kind: EventKind, since: float, until: float):
    return made.event(until, kind, **{"from": made.at(since).isoformat(), "to": made.at(until).isoformat()})


def test_an_agent_that_was_killed_is_offline_from_when_it_was_last_seen(made):
    events = [made.decided(0, "contributing", "w"), gap(made, GAP, 40, 100), made.decided(101, "paused", "paused")]
    (line,) = lines(events, ["gpu:0"], made.at(0), made.at(200))
    assert told(line, made)[:2] == [(0, 40, "contributing"), (40, 100, "offline")]
    assert told(line, made)[-1] == (101, 200, "paused")


def test_a_machine_that_slept_goes_on_as_it_was(made):
    events = [made.decided(0, "contributing", "w"), gap(made, SLEPT, 40, 100)]
    (line,) = lines(events, ["gpu:0"], made.at(0), made.at(150))
    assert told(line, made) == [(0, 40, "contributing"), (40, 100, "offline"), (100, 150, "contributing")]


def test_where_no_agent_runs_now_the_rest_is_offline(made):
    events = [made.decided(0, "contributing", "w")]
    (line,) = lines(events, ["gpu:0"], made.at(0), made.at(100), alive_until=made.at(30))
    assert told(line, made) == [(0, 30, "contributing"), (30, 100, "offline")]


def test_a_clock_set_back_never_makes_a_span_that_ends_before_it_begins(made):
    events = [made.decided(100, "idle", "a"), made.decided(40, "contributing", "b"), made.decided(60, "idle", "a")]
    (line,) = lines(events, ["gpu:0"], made.at(0), made.at(200))
    ends = [(span.start, span.end) for span in line.spans]
    assert all(start < end for start, end in ends)
    assert all(one[1] == two[0] for one, two in pairwise(ends))
    assert told(line, made)[-1] == (60, 200, "idle")


def test_what_happened_before_tells_how_the_first_span_began(journal, path, made):
    journal.append([made.event(0, STARTED), made.decided(1, "contributing", "w"), made.decided(1, "idle", "i", "cpu")])
    with closing(Reader(path)) as reader:
        found = past_lines(reader, (), made.at(1000), made.at(1100))
    assert [(line.device, *told(line, made)[0]) for line in found] == [
        ("cpu", 1000, 1100, "idle"),
        ("gpu:0", 1000, 1100, "contributing"),
    ]
    assert totals(found)["gpu:0"] == {Contribution.CONTRIBUTING: 100.0}


def test_a_year_of_days_has_one_of_23_and_one_of_25_hours(made):
    zone = ZoneInfo("Europe/Berlin")
    start = datetime(2026, 1, 1, tzinfo=zone).astimezone(UTC)
    end = datetime(2027, 1, 1, tzinfo=zone).astimezone(UTC)
    offset = (start - made.START).total_seconds()
    found = days(lines([made.decided(offset, "idle", "i")], ["gpu:0"], start, end), zone)
    hours = [each.seconds["gpu:0"][Contribution.IDLE] / 3600 for each in found]
    assert len(hours) == 365
    assert (sum(hours), min(hours), max(hours)) == (8760, 23, 25)


def test_days_end_in_every_awkward_zone(made):
    for name in ("America/Sao_Paulo", "Asia/Beirut", "Pacific/Apia", "Australia/Lord_Howe", "America/Havana"):
        zone = ZoneInfo(name)
        start = datetime(2011, 1, 1, tzinfo=UTC)
        end = start + timedelta(days=3000)
        offset = (start - made.START).total_seconds()
        found = days(lines([made.decided(offset, "idle", "i")], ["gpu:0"], start, end), zone)
        assert sum(sum(each.seconds["gpu:0"].values()) for each in found) == 3000 * 86_400
