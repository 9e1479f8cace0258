from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from netmind_tui.node.agent.clock import Moment, Passed, SystemClock, machine_zone, passed

START = Moment(
    at=datetime(2026, 11, 23, 12, tzinfo=UTC), monotonic_s=10.0, uptime_s=20.0, boot="one", zone="Europe/Berlin"
)


def later(*, wall_s=1.0, monotonic_s=1.0, uptime_s=1.0, zone="Europe/Berlin"):
    return replace(
        START,
        at=START.at + timedelta(seconds=wall_s),
        monotonic_s=START.monotonic_s + monotonic_s,
        uptime_s=START.uptime_s + uptime_s,
        zone=zone,
    )


@pytest.mark.parametrize(
    ("now", "found"),
    [
        (later(), Passed()),
        (later(wall_s=1.4), Passed()),
        (later(wall_s=3601.0), Passed(jump_s=3600.0)),
        (later(wall_s=-3599.0), Passed(jump_s=-3600.0)),
        (later(wall_s=601.0, uptime_s=601.0), Passed(slept_s=600.0)),
        (later(wall_s=4201.0, uptime_s=601.0), Passed(jump_s=3600.0, slept_s=600.0)),
        (later(zone="Europe/Lisbon"), Passed(zone_before="Europe/Berlin")),
    ],
    ids=["nothing", "a correction", "forward", "back", "asleep", "asleep and forward", "travelled"],
)
def test_what_happened_to_the_clocks_between_two_looks(now, found):
    assert passed(START, now) == found


def test_an_agent_that_was_merely_late_saw_no_jump():
    assert passed(START, later(wall_s=90.0, monotonic_s=90.0, uptime_s=90.0)) == Passed()


def test_the_machines_zone_is_the_one_that_its_clock_is_linked_to(tmp_path):
    local = tmp_path / "localtime"
    local.symlink_to("/usr/share/zoneinfo/Australia/Lord_Howe")
    assert machine_zone({}.get, local) == "Australia/Lord_Howe"
    assert machine_zone({"TZ": ":Asia/Tokyo"}.get, local) == "Asia/Tokyo"


def test_the_clocks_of_this_machine_go_on():
    clock = SystemClock()
    before, after = clock.moment(), clock.moment()
    assert after.uptime_s >= before.uptime_s
    assert (before.boot, before.at.tzinfo) == (after.boot, UTC)
