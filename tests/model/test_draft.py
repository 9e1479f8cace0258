"""A draft beside what it began with: what is different, and the same changes on what somebody else wrote meanwhile."""

from dataclasses import replace
from datetime import datetime

from netmind_tui.model.draft import Difference, changed_guards, difference, redone
from netmind_tui.model.paint import Brush, fields, painted
from netmind_tui.model.policy import Exception_, Guard, GuardKind, Policy, Profile, Window

HEAT, DISK = Guard(kind=GuardKind.TEMPERATURE, limit=80.0), Guard(kind=GuardKind.DISK, limit=1.0)
PARTY = Exception_(name="party", start=datetime(2026, 11, 27, 18), end=datetime(2026, 11, 27, 23))  # noqa: DTZ001
TRIP = replace(PARTY, name="trip")
BASE = Policy(
    zone="UTC",
    profiles=(Profile(name="night"), Profile(name="eco")),
    windows=(Window(days=(0, 1), start_minute=0, end_minute=410, profile="night"),),
    exceptions=(PARTY,),
    guards=(HEAT, DISK),
)


def test_a_difference_is_counted_in_cells_limits_and_dates():
    mine = painted(BASE, [20, 21], Brush("eco"))
    mine = replace(mine, guards=(replace(HEAT, limit=70.0), DISK), exceptions=(TRIP,))
    found = difference(BASE, mine)
    assert found == Difference(cells=2, limits=1, dates=2)
    assert found.words == "2 cells, 1 limit, 2 dates"
    assert found.count == 5
    assert changed_guards(BASE, mine) == (replace(HEAT, limit=70.0),)
    assert not difference(BASE, BASE)


def test_windows_that_come_to_the_same_minutes_are_no_difference():
    other = replace(
        BASE, windows=tuple(Window(days=(day,), start_minute=0, end_minute=410, profile="night") for day in (0, 1))
    )
    assert not difference(BASE, other)


def test_my_changes_are_made_anew_on_theirs():
    mine = replace(painted(BASE, [20], Brush("eco")), guards=(replace(HEAT, limit=70.0), DISK), exceptions=(TRIP,))
    theirs = painted(BASE, [30, 20], Brush("night"))
    theirs = replace(theirs, guards=(HEAT, replace(DISK, limit=5.0)), exceptions=(PARTY, replace(PARTY, name="theirs")))
    found = redone(BASE, mine, theirs)
    assert [fields(found)[at].profiles for at in (20, 30)] == [("eco",), ("night",)]
    assert not fields(found)[13].is_whole  # half covered before, and nobody painted it
    assert found.guards == (replace(HEAT, limit=70.0), replace(DISK, limit=5.0))
    assert [each.name for each in found.exceptions] == ["theirs", "trip"]


def test_what_is_about_a_profile_that_is_gone_is_left_out():
    mine = painted(BASE, [20, 21], Brush("eco"))
    theirs = replace(painted(BASE, [21], Brush("night")), profiles=(Profile(name="night"),), guards=(DISK,))
    found = redone(BASE, replace(mine, guards=(replace(HEAT, limit=70.0), DISK)), theirs)
    assert [fields(found)[at].profiles for at in (20, 21)] == [(), ()]
    assert found.guards == (DISK,)
