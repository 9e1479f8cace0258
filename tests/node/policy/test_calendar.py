"""Calendars of all kinds: what is busy in them, on the owner's wall."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from netmind_tui.model.policy import Exception_
from netmind_tui.model.problem import Problem
from netmind_tui.node.policy import calendar_import
from netmind_tui.node.policy.calendar import busy_times
from netmind_tui.node.policy.calendar_import import imported, read_calendar
from netmind_tui.node.policy.file import source_of

BERLIN = ZoneInfo("Europe/Berlin")
NOVEMBER = datetime(2026, 11, 23, tzinfo=UTC)
MARCH = datetime(2027, 3, 1, tzinfo=UTC)
OCTOBER = datetime(2026, 10, 1, tzinfo=UTC)
POLICY = b'zone = "Europe/Berlin"\n[[window]]\ndays = "daily"\nfrom = "20:00"\nto = "08:00"\n'


def calendar(*events: str) -> bytes:
    parts = [
        f"BEGIN:VEVENT\nUID:{number}\nSUMMARY:event {number}\n{each}\nEND:VEVENT" for number, each in enumerate(events)
    ]
    return (
        "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:test", *parts, "END:VCALENDAR", ""])
        .replace("\n", "\r\n")
        .replace("\r\r", "\r")
        .encode()
    )


def busy(*events: str, start: datetime = NOVEMBER) -> list[str]:
    found = busy_times(calendar(*events), BERLIN, start, start + timedelta(days=60)).times
    return [f"{each.start:%m-%d %H:%M} {each.end:%m-%d %H:%M}" for each in found]


@pytest.mark.parametrize(
    ("event", "times"),
    [
        ("DTSTART:20261201T080000Z\nDTEND:20261201T090000Z", ["12-01 09:00 12-01 10:00"]),
        ("DTSTART;TZID=America/New_York:20261201T080000\nDURATION:PT30M", ["12-01 14:00 12-01 14:30"]),
        ("DTSTART;TZID=W. Europe Standard Time:20261201T080000\nDURATION:PT1H", ["12-01 08:00 12-01 09:00"]),
        ("DTSTART:20261201T080000\nDTEND:20261201T090000", ["12-01 08:00 12-01 09:00"]),
        ("DTSTART;VALUE=DATE:20261201", ["12-01 00:00 12-02 00:00"]),
        ("DTSTART;VALUE=DATE:20261201\nDTEND;VALUE=DATE:20261204", ["12-01 00:00 12-04 00:00"]),
        ("DTSTART:20261122T080000Z\nDTEND:20261124T080000Z", ["11-22 09:00 11-24 09:00"]),
        ("DTSTART:20261201T080000Z\nDTEND:20261201T090000Z\nTRANSP:TRANSPARENT", []),
        ("DTSTART:20261201T080000Z\nDTEND:20261201T090000Z\nSTATUS:CANCELLED", []),
        ("DTSTART:20261201T080000Z\nDTEND:20261201T090000Z\nX-MICROSOFT-CDO-BUSYSTATUS:FREE", []),
        ("DTSTART:20261201T080000Z", []),
        ("DTSTART:20201201T080000Z\nDTEND:20201201T090000Z", []),
        ("DTSTART:20261201T080000Z\nDTEND:99991231T235959Z", ["12-01 09:00 01-23 01:00"]),
        (
            "DTSTART;TZID=Europe/Berlin:20261201T230000\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20261202",
            ["12-01 23:00 12-02 00:00", "12-02 23:00 12-03 00:00"],
        ),
        ("DTSTART:20280101T080000Z\nDTEND:20280101T090000Z", []),
    ],
)
def test_an_event_is_busy_on_the_owners_wall(event, times):
    assert busy(event) == times


def test_repetitions_are_told_out_with_what_is_taken_out_and_added():
    event = (
        "DTSTART;TZID=Europe/Berlin:20260105T090000\nDTEND;TZID=Europe/Berlin:20260105T093000\n"
        "RRULE:FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20261208T000000Z\n"
        "EXDATE;TZID=Europe/Berlin:20261125T090000\nRDATE;TZID=Europe/Berlin:20261212T090000"
    )
    assert [each[:5] for each in busy(event)] == ["11-23", "11-30", "12-02", "12-07", "12-12"]


def test_one_of_a_row_that_was_moved_or_cancelled_is_so():
    row = "DTSTART:20261201T080000Z\nDTEND:20261201T090000Z\nRRULE:FREQ=DAILY;COUNT=3"
    moved = "RECURRENCE-ID:20261202T080000Z\nDTSTART:20261202T150000Z\nDTEND:20261202T160000Z"
    gone = "RECURRENCE-ID:20261203T080000Z\nDTSTART:20261203T080000Z\nDTEND:20261203T090000Z\nSTATUS:CANCELLED"
    data = calendar(row, moved, gone).replace(b"UID:1", b"UID:0").replace(b"UID:2", b"UID:0")
    found = busy_times(data, BERLIN, NOVEMBER, NOVEMBER + timedelta(days=60))
    assert [each.start.hour for each in found.times] == [9, 16]
    assert found.free == 1


def test_an_event_in_the_hour_that_clocks_leap_over_keeps_its_length():
    event = (
        "DTSTART;TZID=Europe/Berlin:20270327T023000\nDTEND;TZID=Europe/Berlin:20270327T033000\nRRULE:FREQ=DAILY;COUNT=3"
    )
    assert busy(event, start=MARCH) == [
        "03-27 02:30 03-27 03:30",
        "03-28 03:30 03-28 04:30",
        "03-29 02:30 03-29 03:30",
    ]


def test_an_event_over_the_hour_that_comes_twice_covers_all_that_the_clock_shows():
    # 02:45 in summer time to 02:15 in winter time: half an hour later, and half an hour earlier on the wall.
    assert busy("DTSTART:20261025T004500Z\nDTEND:20261025T011500Z", start=OCTOBER) == ["10-25 02:00 10-25 03:00"]


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ("DTSTART:20261201T080000Z\nDTEND:20261201T090000Z\nRRULE:FREQ=SECONDLY", "more than twice an hour"),
        ("DTSTART:20261201T080000Z\nDTEND:20261201T090000Z\nRRULE:FREQ=HOURLY;BYMINUTE=0,15,30,45", "twice an hour"),
        ("DTSTART:20261201T080000Z\nDTEND:20261201T090000Z\nRRULE:FREQ=SOMETIMES", "cannot be read"),
        ("DTSTART:yesterday\nDTEND:today", "cannot be read"),
        ("DTEND:20261201T090000Z", "it has no beginning"),
        ("DTSTART:20261201T080000Z\nDTSTART:20261202T080000Z\nDTEND:20261202T090000Z", "DTSTART more than once"),
        ("DTSTART:20261201T080000Z\nDTEND:20261201T070000Z", "it ends before it begins"),
        ("DTSTART:20261201T080000Z\nDURATION:-PT1H", "it ends before it begins"),
        ("DTSTART:20261201T080000Z", "1 of its events last no time"),
    ],
)
def test_what_cannot_be_told_out_is_left_out_and_said(event, words):
    found = busy_times(calendar(event, "DTSTART;VALUE=DATE:20261201"), BERLIN, NOVEMBER, NOVEMBER + timedelta(days=60))
    assert [each.name for each in found.times] == ["event 1"]
    assert words in found.remarks[0]


def test_a_calendar_of_free_and_busy_times_alone_says_so():
    data = calendar().replace(b"END:VCAL", b"BEGIN:VFREEBUSY\r\nUID:1\r\nEND:VFREEBUSY\r\nEND:VCAL")
    found = busy_times(data, BERLIN, NOVEMBER, NOVEMBER + timedelta(days=60))
    assert found.remarks == ("its lists of free and busy times (VFREEBUSY) are not read; export its events",)


def test_a_calendar_in_utf_16_is_read_and_one_that_is_cut_short_says_so():
    data = calendar("DTSTART;VALUE=DATE:20261201")
    wide = data.decode().encode("utf-16")
    assert len(busy_times(wide, BERLIN, NOVEMBER, NOVEMBER + timedelta(days=60)).times) == 1
    with pytest.raises(ValueError, match="is cut short: END:VCALENDAR is missing"):
        busy_times(data[:-30], BERLIN, NOVEMBER, NOVEMBER + timedelta(days=60))


def test_a_zone_that_nobody_knows_is_said():
    found = busy_times(
        calendar("DTSTART;TZID=Mars/Olympus:20261208T100000\nDURATION:PT1H"),
        BERLIN,
        NOVEMBER,
        NOVEMBER + timedelta(days=60),
    )
    assert found.times[0].start == datetime.fromisoformat("2026-12-08T10:00")
    assert "'Mars/Olympus' is not known" in found.remarks[0]


@pytest.mark.parametrize(
    "data",
    [b"", b"<html>", b"\0\0", "\u00fc".encode("latin-1"), b"BEGIN:VCARD\r\nEND:VCARD\r\n"],
)
def test_what_is_no_calendar_is_said(data):
    with pytest.raises(ValueError, match="no iCalendar file"):
        busy_times(data, BERLIN, NOVEMBER, NOVEMBER + timedelta(days=60))


def test_an_event_with_two_names_has_the_first():
    data = calendar("SUMMARY:another\nDTSTART;VALUE=DATE:20261201")
    assert busy_times(data, BERLIN, NOVEMBER, NOVEMBER + timedelta(days=60)).times[0].name == "event 0"


def test_names_are_of_one_line_and_obey_no_terminal():
    data = calendar("DTSTART;VALUE=DATE:20261201").replace(b"event 0", b"a\x1b[31m  b" + b"c" * 200)
    (found,) = busy_times(data, BERLIN, NOVEMBER, NOVEMBER + timedelta(days=60)).times
    assert found.name.isprintable()
    assert len(found.name) <= 80


def test_too_much_is_refused(monkeypatch):
    monkeypatch.setattr("netmind_tui.node.policy.calendar.MOST_OCCURRENCES", 3)
    with pytest.raises(ValueError, match="more than 3 busy times"):
        busy("DTSTART;VALUE=DATE:20261201\nRRULE:FREQ=DAILY;COUNT=4")


def test_a_file_is_read_by_a_child_that_is_stopped_in_time(tmp_path):
    path = tmp_path / "work.ics"
    path.write_bytes(calendar("DTSTART:20261201T080000Z\nDTEND:20261201T090000Z"))
    found = read_calendar(path, BERLIN, "Europe/Berlin", NOVEMBER)
    assert [each.start for each in found.times] == [datetime.fromisoformat("2026-12-01T09:00")]
    endless = "DTSTART:19700101T080000Z\nDTEND:19700101T083000Z\nRRULE:FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30"
    path.write_bytes(calendar(endless))
    with pytest.raises(Problem, match="not told out within 1 s"):
        read_calendar(path, BERLIN, "Europe/Berlin", NOVEMBER, timeout_s=1.0)


def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path, monkeypatch):
    path = tmp_path / "work.ics"
    for place, words in ((tmp_path, "is a folder"), (path, "there is no such file")):
        with pytest.raises(Problem, match=words):
            read_calendar(place, BERLIN, "Europe/Berlin", NOVEMBER)
    path.write_bytes(b"hello")
    with pytest.raises(Problem, match="is no iCalendar file"):
        read_calendar(path, BERLIN, "Europe/Berlin", NOVEMBER)
    monkeypatch.setattr(calendar_import, "_LARGEST_BYTES", 3)
    with pytest.raises(Problem, match="is larger than"):
        read_calendar(path, BERLIN, "Europe/Berlin", NOVEMBER)


def _time(day: int, name: str = "a") -> Exception_:
    return Exception_(
        name=name,
        start=datetime.fromisoformat(f"2026-12-{day:02d}T09:00"),
        end=datetime.fromisoformat(f"2026-12-{day:02d}T10:00"),
    )


def test_importing_again_adds_what_is_new_and_forgets_what_is_over():
    before = source_of(Path("p.toml"), POLICY)
    first = imported(before, "w.ics", [_time(1), _time(2)], datetime.fromisoformat("2026-11-23"))
    assert (len(first.added), len(first.removed), first.kept) == (2, 0, 0)
    same = imported(first.after, "w.ics", [_time(1), _time(2)], datetime.fromisoformat("2026-11-23"))
    assert same.after is first.after
    later = imported(first.after, "w.ics", [_time(3)], datetime.fromisoformat("2026-12-02"))
    assert [each.start.day for each in later.after.policy.exceptions] == [2, 3]
    only = imported(first.after, "w.ics", [_time(3)], datetime.fromisoformat("2026-11-23"), replaces=True)
    assert [each.start.day for each in only.after.policy.exceptions] == [3]


def test_an_import_may_be_for_some_devices_and_hide_its_own_words():
    before = source_of(Path("p.toml"), POLICY)
    found = imported(
        before, "busy", [_time(1, "doctor")], datetime.fromisoformat("2026-11-23"), devices=("gpu",), name="busy"
    )
    (exception,) = found.after.policy.exceptions
    assert (exception.name, exception.devices, exception.source) == ("busy", ("gpu",), "busy")
    assert b"doctor" not in found.after.data
