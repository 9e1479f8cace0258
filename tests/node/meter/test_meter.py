"""What devices did, to the millisecond: cut at quarters of an hour and where clocks change, with its energy."""

import itertools
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from netmind_tui.model.metering import Activity, CutBy, EnergyMethod
from netmind_tui.model.reading import Absence
from netmind_tui.node.meter.meter import Meter

WORK, READY, SUSPENDED = Activity.WORK, Activity.READY, Activity.SUSPENDED


def nothing(_number):
    return None


def begin(meter, world, device="gpu:0", number="n1", activity=WORK, **more):
    workload = None if activity is READY else "llm"
    meter.turned(
        device, activity, uuid=f"GPU-{device[-1]}", workload=workload, number=number, now=world.moment(), **more
    )


def look(meter, world, seconds=1.0, sample=None, cpu_of=nothing):
    now = world.pass_s(seconds)
    meter.look(now, sample or world.counted(), cpu_of)
    meter.save()


def stop(meter, world, device="gpu:0", **more):
    meter.turned(device, None, now=world.moment(), **more)


def told(store):
    return store.intervals().intervals


def test_an_interval_is_from_its_turn_to_the_next(meter, store, world):
    look(meter, world)
    world.pass_s(0.25)
    begin(meter, world)
    look(meter, world, 0.75)
    world.pass_s(0.125)
    stop(meter, world)
    look(meter, world, 0.875)
    (one,) = told(store)
    assert (one.device, one.uuid, one.activity, one.workload, one.instance) == ("gpu:0", "GPU-0", WORK, "llm", "n1")
    assert (one.start, one.duration_ms, one.cut_by) == (
        datetime(2026, 11, 27, 18, 2, 1, 250_000, UTC),
        875,
        CutBy.CHANGE,
    )
    assert one.end - one.start == timedelta(milliseconds=875)


def test_energy_is_the_counters_split_by_time_where_a_turn_lies_between_two_looks(meter, store, world):
    look(meter, world)
    world.pass_s(0.25)
    begin(meter, world)
    look(meter, world, 0.75)
    begin(meter, world, activity=SUSPENDED)
    look(meter, world)
    stop(meter, world)
    look(meter, world)
    work, stood = told(store)
    assert (work.energy_j, work.energy_ms, work.energy_method) == (150.0, 750, EnergyMethod.NVML_ENERGY)
    assert (stood.energy_j, stood.energy_absent) == (200.0, None)


def test_every_quarter_of_an_hour_ends_one_and_begins_the_next(meter, store, world):
    look(meter, world)
    begin(meter, world)
    for _ in range(200):
        look(meter, world, 5)
    stop(meter, world)
    look(meter, world)
    first, second = told(store)
    assert (first.cut_by, first.end, second.start) == (CutBy.SLOT, first.end, first.end)
    assert first.end == datetime(2026, 11, 27, 18, 15, tzinfo=UTC)
    assert first.duration_ms + second.duration_ms == 1_000_000
    assert first.energy_j == 779 * 200
    assert second.energy_j == 221 * 200


def test_a_late_look_cuts_every_quarter_all_the_same_and_says_that_its_energy_was_split(meter, store, world):
    look(meter, world)
    begin(meter, world)
    look(meter, world, 1800)
    stop(meter, world)
    look(meter, world)
    found = told(store)
    assert [each.duration_ms for each in found] == [779_000, 900_000, 121_000]
    assert sum(each.energy_j for each in found) == pytest.approx(1800 * 200)
    assert {each.energy_method for each in found} == {EnergyMethod.ESTIMATE}


def test_power_is_taken_as_it_is_for_ten_seconds_and_no_longer(meter, store, world):
    def read(watts):
        return world.sample(powers_w={"gpu:0": watts})

    look(meter, world, sample=read(100.0))
    begin(meter, world)
    look(meter, world, 2, read(200.0))
    look(meter, world, 30, read(200.0))
    look(meter, world, 1, read(200.0))
    stop(meter, world)
    look(meter, world, 1, read(200.0))
    (one,) = told(store)
    assert (one.energy_j, one.energy_ms, one.duration_ms) == (300.0 + 200.0, 3000, 33_000)
    assert one.energy_method is EnergyMethod.NVML_POWER
    assert one.energy_absent == "no reading for more than 10 s"


def test_a_counter_that_went_back_is_bridged_by_power_and_the_method_says_so(meter, store, world):
    def read(joules):
        return world.sample({"gpu:0": joules}, {"gpu:0": 80.0})

    look(meter, world, sample=read(50_000.0))
    begin(meter, world)
    look(meter, world, 1, read(50_100.0))
    look(meter, world, 1, read(3.0))
    look(meter, world, 1, read(93.0))
    stop(meter, world)
    look(meter, world, 1, read(100.0))
    (one,) = told(store)
    assert (one.energy_j, one.energy_absent) == (100.0 + 80.0 + 90.0, None)
    assert one.energy_method is EnergyMethod.NVML_POWER


def test_where_nothing_tells_energy_the_reason_stands_in_its_place(meter, store, world):
    bare = world.sample({"gpu:0": None}, why=Absence.NO_PERMISSION)
    look(meter, world, sample=bare)
    begin(meter, world)
    look(meter, world, 1, bare)
    stop(meter, world)
    look(meter, world, 1, bare)
    (one,) = told(store)
    assert (one.energy_j, one.energy_ms, one.energy_method, one.energy_absent) == (None, 0, None, "no-permission")


def test_a_card_that_does_not_answer_for_a_moment_is_covered_by_its_counter_afterwards(meter, store, world):
    look(meter, world)
    begin(meter, world)
    look(meter, world)
    away = world.sample({"gpu:0": None}, why=Absence.STALE)
    look(meter, world, 4, away)
    stop(meter, world)
    look(meter, world, 1)
    (one,) = told(store)
    assert (one.energy_j, one.energy_ms, one.energy_absent) == (1000.0, 5000, None)


def test_energy_of_another_card_in_the_slot_is_not_counted(meter, store, world):
    look(meter, world)
    meter.turned("gpu:0", WORK, uuid="GPU-of-before", workload="llm", number="n", now=world.moment())
    look(meter, world)
    stop(meter, world)
    look(meter, world)
    (one,) = told(store)
    assert (one.energy_j, one.duration_ms) == (None, 1000)


def test_a_counter_is_not_gone_on_with_when_another_card_is_read(meter, store, world):
    def read(uuid, joules):
        sample = world.sample({"gpu:0": joules})
        return replace(sample, devices=tuple(replace(each, uuid=uuid) for each in sample.devices))

    look(meter, world, 1, read("GPU-0", 1000.0))
    begin(meter, world)
    look(meter, world, 1, read("GPU-0", 1100.0))
    look(meter, world, 1, read("GPU-9", 1300.0))
    stop(meter, world)
    look(meter, world, 1, read("GPU-9", 1400.0))
    (one,) = told(store)
    assert (one.energy_j, one.energy_ms) == (100.0, 1000)


def test_what_a_counter_leaps_by_is_not_energy(meter, store, world):
    look(meter, world, 1, world.sample({"gpu:0": 5.0}))
    begin(meter, world)
    look(meter, world, 1, world.sample({"gpu:0": 9e9}))
    look(meter, world, 1, world.sample({"gpu:0": 9e9 + 300}))
    stop(meter, world)
    look(meter, world)
    (one,) = told(store)
    assert (one.energy_j, one.energy_ms) == (300.0, 1000)


def test_the_processor_is_read_by_rapl(meter, store, world):
    for seconds in range(3):
        look(meter, world, sample=world.sample(cpu_j=1000.0 + 30 * seconds))
        if seconds == 0:
            meter.turned("cpu", WORK, workload="boinc", number="n", now=world.moment())
    stop(meter, world, "cpu")
    look(meter, world, sample=world.sample(cpu_j=1090.0))
    (one,) = told(store)
    assert (one.energy_j, one.energy_method) == (60.0, EnergyMethod.RAPL)


def test_a_register_of_the_processor_that_may_have_turned_unseen_is_not_believed(meter, store, world):
    look(meter, world, sample=world.sample(cpu_j=1000.0))
    meter.turned("cpu", WORK, workload="boinc", number="n", now=world.moment())
    look(meter, world, 60, world.sample(cpu_j=1600.0))
    look(meter, world, 61, world.sample(cpu_j=2000.0))
    stop(meter, world, "cpu")
    look(meter, world, sample=world.sample(cpu_j=2010.0))
    (one,) = told(store)
    assert (one.energy_j, one.energy_ms, one.duration_ms) == (600.0, 60_000, 121_000)


@pytest.mark.parametrize("set_s", [3600, -3600])
def test_a_clock_that_is_set_cuts_and_takes_or_gives_no_time(meter, store, world, set_s):
    look(meter, world)
    begin(meter, world)
    look(meter, world)
    world.set_ms += set_s * 1000
    look(meter, world)
    look(meter, world)
    stop(meter, world)
    look(meter, world)
    first, second = told(store)
    assert (first.duration_ms, first.cut_by, second.duration_ms) == (2000, CutBy.CLOCK, 1000)
    assert first.end - first.start == timedelta(seconds=2)
    assert second.start - first.end == timedelta(seconds=set_s)


def test_a_clock_that_is_corrected_a_little_cuts_nothing_and_never_makes_intervals_overlap(meter, store, world):
    look(meter, world)
    begin(meter, world)
    for _ in range(40):
        world.set_ms -= 400
        look(meter, world)
        begin(meter, world, activity=SUSPENDED)
        begin(meter, world)
    stop(meter, world)
    look(meter, world)
    found = told(store)
    assert sum(each.duration_ms for each in found) == 40_000
    assert all(before.end <= after.start for before, after in itertools.pairwise(found))
    assert all(each.start <= each.end for each in found)


def test_the_time_that_the_machine_slept_is_in_no_interval(meter, store, world):
    look(meter, world)
    begin(meter, world)
    look(meter, world)
    world.slept_ms += 7_200_000
    look(meter, world)
    look(meter, world)
    stop(meter, world)
    look(meter, world)
    first, second = told(store)
    assert (first.cut_by, first.duration_ms, second.duration_ms) == (CutBy.CLOCK, 2000, 1000)
    assert second.start - first.end == timedelta(hours=2)
    assert second.energy_j == 200.0


def test_what_the_card_used_while_the_machine_slept_is_in_no_interval(meter, store, world):
    look(meter, world)
    begin(meter, world)
    look(meter, world)
    world.slept_ms += 7_200_000
    asleep_j = 7200.0
    for _ in range(2):
        counters = {"gpu:0": 200.0 * (world.ms + 1000) / 1000 + asleep_j}
        look(meter, world, 1, world.sample(counters, {"gpu:0": 200.0}))
    stop(meter, world)
    look(meter, world, 1, world.sample({"gpu:0": 10**6}))
    assert [each.energy_j for each in told(store)] == [400.0, 200.0]


def test_another_zone_of_the_machine_cuts(meter, store, world):
    look(meter, world)
    begin(meter, world)
    look(meter, world)
    world.zone = "Europe/Oslo"
    look(meter, world)
    stop(meter, world)
    look(meter, world)
    assert [(each.duration_ms, each.cut_by) for each in told(store)] == [(2000, CutBy.CLOCK)]


def test_processor_time_is_of_the_instance_and_stands_on_the_first_of_its_devices(meter, store, world):
    had = {"n1": 0.0}
    look(meter, world)
    for device in ("gpu:0", "gpu:1"):
        begin(meter, world, device)
    had["n1"] = 1.5
    look(meter, world, cpu_of=had.get)
    for device in ("gpu:0", "gpu:1"):
        begin(meter, world, device, activity=SUSPENDED, cpu_s=1.75)
    look(meter, world, cpu_of=had.get)
    for device in ("gpu:0", "gpu:1"):
        stop(meter, world, device, cpu_s=2.0)
    look(meter, world)
    by = {(each.device, each.activity): each.cpu_s for each in told(store)}
    assert by == {
        ("gpu:0", WORK): 1.75,
        ("gpu:0", SUSPENDED): 0.25,
        ("gpu:1", WORK): None,
        ("gpu:1", SUSPENDED): None,
    }


def test_when_the_first_device_is_left_the_next_one_carries_the_processor_time(meter, store, world):
    look(meter, world)
    for device in ("gpu:0", "gpu:1"):
        begin(meter, world, device)
    look(meter, world, cpu_of={"n1": 1.0}.get)
    stop(meter, world, "gpu:0", cpu_s=1.0)
    look(meter, world, cpu_of={"n1": 3.0}.get)
    stop(meter, world, "gpu:1", cpu_s=3.5)
    look(meter, world)
    assert {each.device: each.cpu_s for each in told(store)} == {"gpu:0": 1.0, "gpu:1": 2.5}


def test_the_same_said_twice_is_one_interval_and_a_turn_without_time_is_none(meter, store, world):
    look(meter, world)
    begin(meter, world, number=None, activity=READY)
    begin(meter, world)
    begin(meter, world)
    look(meter, world)
    begin(meter, world)
    look(meter, world)
    stop(meter, world)
    look(meter, world)
    assert [(each.activity, each.duration_ms) for each in told(store)] == [(WORK, 2000)]


def test_a_moment_that_is_older_than_the_last_takes_no_time_back(meter, store, world):
    early = world.moment()
    look(meter, world)
    begin(meter, world)
    look(meter, world)
    meter.look(early, world.counted(), nothing)
    meter.turned("gpu:0", None, now=early)
    look(meter, world)
    assert [each.duration_ms for each in told(store)] == [1000]


def test_the_end_of_the_agent_closes_what_is_open_with_the_power_seen_last(meter, store, world):
    look(meter, world)
    begin(meter, world)
    begin(meter, world, "gpu:1", None, READY)
    look(meter, world)
    meter.end(world.pass_s(0.5))
    meter.save()
    one, other = sorted(told(store), key=lambda each: each.device)
    assert (one.duration_ms, one.cut_by, one.energy_j) == (1500, CutBy.AGENT_ENDED, 300.0)
    assert (other.activity, other.workload, other.energy_j) == (READY, None, 75.0)


def test_today_has_what_is_closed_and_what_runs_since_midnight_of_the_machines_zone(meter, world):
    world.zone = "Europe/Oslo"
    look(meter, world)
    begin(meter, world)
    world.ms += 5 * 3600 * 1000 - 121_000
    look(meter, world, 60)  # 24:01 there
    assert meter.today("gpu:0", workload="llm").duration_ms == 60_000
    assert meter.today("gpu:0", workload="boinc").duration_ms == 0
    assert meter.today().day.isoformat() == "2026-11-28"
    stop(meter, world)
    look(meter, world, 60)
    assert meter.today(workload="llm").duration_ms == 60_000
    assert meter.today(activity=READY).intervals == 0


def test_what_is_open_is_due_for_the_disk_every_five_seconds_and_at_each_change(meter, world):
    meter.save()
    assert not meter.is_due
    begin(meter, world)
    assert meter.is_due
    meter.save()
    meter.look(world.pass_s(4.9), world.counted(), nothing)
    assert not meter.is_due
    meter.look(world.pass_s(0.1), world.counted(), nothing)
    assert meter.is_due


def test_processor_time_that_is_counted_less_often_is_split_where_a_quarter_ended(meter, store, world):
    world.ms += 778_000
    look(meter, world)
    begin(meter, world)
    look(meter, world)
    look(meter, world, 3)
    assert told(store) == ()
    look(meter, world, cpu_of={"n1": 5.0}.get)
    stop(meter, world, cpu_s=6.0)
    look(meter, world)
    assert [(each.duration_ms, each.cpu_s) for each in told(store)] == [(1000, 1.0), (4000, 5.0)]


def test_what_stands_still_is_given_no_processor_time_while_something_worked(meter, store, world):
    look(meter, world)
    begin(meter, world)
    look(meter, world)
    begin(meter, world, activity=SUSPENDED)
    look(meter, world, 3, cpu_of={"n1": 2.0}.get)
    stop(meter, world, cpu_s=2.0)
    look(meter, world)
    assert {each.activity: each.cpu_s for each in told(store)} == {WORK: 2.0, SUSPENDED: 0.0}


def test_what_an_instance_had_before_it_was_metered_is_not_counted(meter, store, world):
    look(meter, world)
    begin(meter, world, cpu_s=100.0)
    look(meter, world, cpu_of={"n1": 100.5}.get)
    stop(meter, world, cpu_s=101.0)
    look(meter, world)
    assert [each.cpu_s for each in told(store)] == [1.0]


def test_the_last_moment_of_a_processor_is_taken_to_be_as_before_and_called_an_estimate(meter, store, world):
    look(meter, world, sample=world.sample(cpu_j=1000.0))
    meter.turned("cpu", WORK, workload="boinc", number="n", now=world.moment())
    look(meter, world, 2, world.sample(cpu_j=1080.0))
    meter.end(world.pass_s(0.5))
    meter.save()
    (one,) = told(store)
    assert (one.energy_j, one.energy_method, one.energy_absent) == (100.0, EnergyMethod.ESTIMATE, None)


def test_an_interval_of_a_card_that_stays_away_waits_ten_seconds_for_its_energy_and_no_longer(meter, store, world):
    look(meter, world)
    begin(meter, world)
    look(meter, world)
    stop(meter, world)
    begin(meter, world)
    away = world.sample({"gpu:0": None}, why=Absence.LOST)
    look(meter, world, 1, away)
    stop(meter, world)
    look(meter, world, 10, away)
    assert len(told(store)) == 1
    look(meter, world, 1, away)
    gone = told(store)[1]
    assert (gone.duration_ms, gone.energy_j, gone.energy_absent) == (1000, None, "lost")


@pytest.mark.parametrize("power_w", [math.nan, math.inf, -50.0, 4_294_967.295])
def test_a_power_that_no_card_has_is_no_reading(meter, store, world, power_w):
    begin(meter, world)
    for _ in range(3):
        look(meter, world, sample=world.sample({"gpu:0": math.nan}, {"gpu:0": power_w}))
    stop(meter, world)
    look(meter, world, 20, sample=world.sample({"gpu:0": math.nan}, {"gpu:0": power_w}))
    (one,) = told(store)
    assert (one.duration_ms, one.energy_j, one.energy_ms) == (3000, None, 0)


def test_what_the_day_came_to_follows_the_machines_zone_and_comes_back_with_it(meter, world):
    begin(meter, world)
    for _ in range(120):
        look(meter, world, 60)
    # In Auckland the day after began seven hours ago.
    found = {}
    for zone in ("Pacific/Auckland", "America/Los_Angeles", "Asia/Kathmandu", "UTC"):
        world.zone = zone
        look(meter, world)
        found[zone] = (meter.today().day.day, meter.today().duration_ms)
    assert found == {
        "Pacific/Auckland": (28, 7_201_000),
        "America/Los_Angeles": (27, 7_202_000),
        "Asia/Kathmandu": (28, 6_423_000),
        "UTC": (27, 7_204_000),
    }


def test_what_is_open_is_written_as_it_stood_though_it_goes_on_meanwhile(store, world):
    class Slow:
        """A file that takes its time."""

        def __getattr__(self, name):
            return getattr(store, name)

        def put(self, closed, open_):
            meter.look(world.pass_s(5), world.counted(), lambda _number: 9.0)
            store.put(closed, open_)

    meter = Meter(Slow(), world)
    meter.take_up((), world.moment())
    begin(meter, world, cpu_s=0.0)
    meter.look(world.pass_s(5), world.counted(), lambda _number: 4.0)
    meter.save()
    (row,) = store.checkpoints()
    assert (row.pieces[0].duration_ms, row.pieces[0].cpu_ms, row.cpu_ms) == (5000, 4000, {"n1": 4000})
