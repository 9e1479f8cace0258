"""Others read beside the agent: page by page without a gap, and in sums that no order changes."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from netmind_tui import document
from netmind_tui.model.metering import Activity, EnergyMethod, Interval, Intervals
from netmind_tui.model.problem import Problem
from netmind_tui.node.meter.reader import Reader

START = datetime(2026, 11, 27, 18, 0, tzinfo=UTC)
WORK, READY = Activity.WORK, Activity.READY


@pytest.fixture
def reader(store, world):
    """Six hours of two cards: a quarter of an hour each, the second without work and its energy half known."""
    rows = []
    for slot in range(24):
        start = START + timedelta(minutes=15 * slot)
        for device, did in (("gpu:0", WORK), ("gpu:1", READY)):
            is_known = did is WORK
            rows.append(
                Interval(
                    id=store.new_id(),
                    device=device,
                    activity=did,
                    workload="llm" if is_known else None,
                    instance="n1" if is_known else None,
                    start=start,
                    end=start + timedelta(minutes=15),
                    duration_ms=900_000,
                    cpu_s=0.1 if is_known else None,
                    energy_j=1000.001,
                    energy_ms=900_000 if is_known else 450_000,
                    energy_method=EnergyMethod.NVML_ENERGY,
                    energy_absent=None if is_known else "lost",
                )
            )
    store.put(rows, {})
    with closing(Reader(world.path)) as opened:
        yield opened


def test_pages_follow_each_other_without_a_gap(reader):
    seen, after = [], 0
    while page := reader.intervals(after=after, limit=7):
        if not page.intervals:
            break
        seen += page.intervals
        after = page.next
    assert len(seen) == 48
    assert seen == list(reader.intervals().intervals)
    assert reader.intervals(after=after) == Intervals(next=48)


def test_a_question_that_passes_over_many_goes_on_after_them(reader):
    page = reader.intervals(device="gpu:0", limit=100)
    assert (len(page.intervals), page.next) == (24, 48)
    assert reader.intervals(device="gpu:0", limit=3).next == 5


def test_what_is_written_later_is_found_after_the_number_given_before(reader, store):
    after = reader.intervals().next
    more = Interval(id=store.new_id(), device="cpu", activity=READY, start=START, end=START, duration_ms=5)
    store.put([more], {})
    assert reader.intervals(after=after).intervals == (more,)


def test_intervals_are_found_by_time_device_and_workload(reader):
    def count(**asked):
        return len(reader.intervals(**asked).intervals)

    assert count(since=START + timedelta(hours=5)) == 8
    assert count(until=START + timedelta(minutes=15)) == 2
    assert count(device=("gpu:0", "gpu:1"), workload="llm") == 24
    assert count(workload="boinc") == 0


def test_the_document_is_json_and_back(reader):
    page = reader.intervals(limit=3)
    found = document.decode(document.encode(page), Intervals, "page")
    assert found == page
    assert found.schema == "netmind.intervals/1"


def test_sums_are_exact_by_device_and_activity(reader):
    (one,) = reader.sums("workload", workload="llm")
    assert (one.workload, one.intervals, one.duration_ms) == ("llm", 24, 24 * 900_000)
    assert (one.cpu_s, one.energy_j, one.energy_ms) == (2.4, 24_000.024, 24 * 900_000)
    by = reader.sums(("device", "activity"))
    assert [(each.device, each.activity, each.cpu_s, each.energy_ms) for each in by] == [
        ("gpu:0", WORK, 2.4, 24 * 900_000),
        ("gpu:1", READY, None, 24 * 450_000),
    ]
    assert reader.sums("device", activity=READY)[0].device == "gpu:1"


def test_days_are_those_of_the_zone(reader):
    oslo = reader.sums("day", ZoneInfo("Europe/Oslo"), device="gpu:0")
    assert [(each.day.isoformat(), each.intervals) for each in oslo] == [("2026-11-27", 20), ("2026-11-28", 4)]
    katmandu = reader.sums("day", ZoneInfo("Asia/Kathmandu"), device="gpu:0")
    assert [(each.day.isoformat(), each.intervals) for each in katmandu] == [("2026-11-27", 1), ("2026-11-28", 23)]
    (utc,) = reader.sums("day", device="gpu:0")
    assert utc.duration_ms == 6 * 3_600_000


def test_a_missing_file_is_said_with_what_writes_one(world):
    with pytest.raises(Problem, match="there is no metering yet; an agent writes one"):
        Reader(world.path)
