"""What a killed agent left open is closed where it ended, as far as anybody knows, and never counted twice."""

from contextlib import closing
from dataclasses import replace

import pytest

from netmind_tui.model.device import DeviceKind
from netmind_tui.model.metering import Activity, CutBy
from netmind_tui.node.meter.meter import Meter
from netmind_tui.node.meter.store import Store
from netmind_tui.node.work.instance import Ended, Left, Placed

WORK, READY, SUSPENDED, ENDING = Activity.WORK, Activity.READY, Activity.SUSPENDED, Activity.ENDING


@pytest.fixture
def killed(world, store):
    """An agent that begins work, is looked at, saves what it has, and is gone after three seconds more."""

    def run(activity=WORK, after_s=3.0):
        meter = Meter(store, world)
        meter.take_up((), world.moment())
        meter.look(world.pass_s(1), world.counted(), lambda _number: 0.5)
        number = None if activity is READY else "n1"
        meter.turned("gpu:0", activity, uuid="GPU-0", workload=number and "llm", number=number, now=world.moment())
        meter.look(world.pass_s(10), world.counted(), lambda _number: 5.0)
        meter.save()
        world.pass_s(after_s)

    return run


def left(world, seconds_ago=0.0, lasted_s=13.0, number="n1", how="stopped", **more):
    at_s = world.moment().uptime_s - seconds_ago
    ended = Ended(how=how, cpu_s=6.25, lasted_s=lasted_s, at_boottime_s=at_s)
    return Left(key="llm@gpu:0", number=number, ended=ended, **more)


def taken_up(world, store, *lefts):
    """What the next agent has in its file."""
    store.close()
    with closing(Store(world.path)) as again:
        return begun(world, again, *lefts)


def begun(world, store, *lefts):
    meter = Meter(store, world)
    meter.take_up(lefts, world.moment())
    meter.save()
    return store.intervals().intervals


def test_without_a_word_it_ends_where_it_was_seen_last(world, store, killed):
    killed(READY)
    (one,) = taken_up(world, store)
    assert (one.duration_ms, one.cut_by, one.energy_j, one.energy_absent) == (10_000, CutBy.FOUND, 2000.0, None)


def test_work_ends_where_its_keeper_saw_the_end(world, store, killed):
    killed()
    (one,) = taken_up(world, store, left(world, 0.75))
    assert (one.duration_ms, one.cut_by, one.cpu_s) == (12_250, CutBy.FOUND, 6.25)
    assert (one.energy_j, one.energy_ms, one.energy_absent) == (
        2000.0,
        10_000,
        "the agent was killed before it was read",
    )


@pytest.mark.parametrize("activity", [WORK, SUSPENDED])
def test_what_it_took_to_end_without_an_agent_is_neither_work_nor_standing_still(world, store, killed, activity):
    killed(activity)
    gone = left(world, 0.5)
    gone = replace(gone, ended=replace(gone.ended, asked_boottime_s=gone.ended.at_boottime_s - 2.0))
    first, second = taken_up(world, store, gone)
    assert (first.activity, first.duration_ms, first.cut_by) == (activity, 10_500, CutBy.CHANGE)
    assert (second.activity, second.duration_ms, second.cut_by) == (ENDING, 2000, CutBy.FOUND)
    assert (second.instance, second.start) == ("n1", first.end)
    # 5 s of the processor were told of before: what came since is theirs by time, and what stands still takes none.
    assert [first.cpu_s, second.cpu_s] == ([5.25, 1.0] if activity is WORK else [5.0, 1.25])


def test_an_end_before_the_last_checkpoint_is_believed(world, store, killed):
    killed()
    (one,) = taken_up(world, store, left(world, 5.0))
    assert (one.duration_ms, one.energy_ms) == (8000, 8000)


def test_work_that_reached_into_the_next_quarter_is_cut_there(world, store, killed):
    world.ms += 765_000
    killed(after_s=60)
    first, second = taken_up(world, store, left(world))
    assert (first.duration_ms, first.cut_by) == (14_000, CutBy.SLOT)
    assert (second.duration_ms, second.cut_by, second.start) == (56_000, CutBy.FOUND, first.end)
    assert (first.cpu_s, second.cpu_s, second.energy_j) == (5.083, 1.167, None)


def test_after_a_night_of_sleep_nobody_knows_and_the_checkpoint_counts(world, store, killed):
    killed()
    world.slept_ms += 3_600_000
    assert taken_up(world, store, left(world))[0].duration_ms == 10_000


def test_the_end_told_of_another_boot_is_not_taken_for_one_of_this(world, store, killed):
    killed()
    told = left(world, boot="boot-2")
    world.boot = "boot-2"
    assert taken_up(world, store, told)[0].duration_ms == 10_000


def test_what_its_keeper_saw_before_the_machine_was_started_anew_counts(world, store, killed):
    killed()
    told = left(world, boot="boot-1")
    world.boot, world.ms = "boot-2", 5000
    assert taken_up(world, store, told)[0].duration_ms == 13_000


def test_an_instance_that_began_after_the_last_checkpoint_is_taken_from_its_record(world, store, killed):
    killed(READY, after_s=30)
    devices = (Placed(device="gpu:0", kind=DeviceKind.GPU, uuid="GPU-0"),)
    ready, work = taken_up(world, store, left(world, 2, 4.0, "n9", devices=devices))
    assert (ready.activity, work.activity, work.workload, work.instance) == (READY, WORK, "llm", "n9")
    assert (work.duration_ms, work.cpu_s, work.uuid) == (4000, 6.25, "GPU-0")


def test_it_never_begins_before_what_is_known_ended(world, store, killed):
    killed(READY, after_s=3)
    ready, work = taken_up(world, store, left(world, 0, 4.0, "n9"))
    assert (work.start, work.duration_ms) == (ready.end, 3000)


def test_the_same_told_twice_counts_once(world, store, killed):
    killed(after_s=20)
    told = (left(world), left(world, 1, 4.0, "n2", devices=(Placed(device="gpu:1", kind=DeviceKind.GPU),)))
    first = taken_up(world, store, *told)
    assert len(first) == 2
    world.pass_s(5)
    assert taken_up(world, store, *told) == first


@pytest.mark.parametrize("more", [{"how": "not-started"}, {"lasted_s": 0.0}, {"boot": "boot-0"}])
def test_what_never_ran_or_cannot_be_told_is_not_made_up(world, store, killed, more):
    killed(READY)
    assert len(taken_up(world, store, left(world, number="n9", **more))) == 1


def test_a_file_begun_anew_does_not_count_what_an_older_one_may_have(world, store):
    # Made just now: nothing was ever written to it before.
    assert begun(world, store, left(world, number="n9")) == ()


def test_a_closed_interval_that_waited_for_its_energy_is_kept(world, store):
    meter = Meter(store, world)
    meter.take_up((), world.moment())
    meter.look(world.pass_s(1), world.counted(), lambda _number: None)
    meter.turned("gpu:0", WORK, uuid="GPU-0", workload="llm", number="n1", now=world.moment())
    meter.look(world.pass_s(1), world.counted(), lambda _number: None)
    meter.turned("gpu:0", None, now=world.pass_s(0.5))
    meter.save()
    assert store.intervals().intervals == ()
    (one,) = taken_up(world, store, left(world))
    assert (one.duration_ms, one.energy_ms, one.cut_by) == (1500, 1000, CutBy.CHANGE)


@pytest.mark.parametrize("figure", [float("nan"), float("inf"), -1.0, 1e300])
def test_figures_that_no_clock_has_shown_are_not_believed(world, store, killed, figure):
    killed()
    ended = Ended(how="stopped", cpu_s=figure, lasted_s=figure, at_boottime_s=figure)
    (one,) = taken_up(world, store, *(Left(key="llm@gpu:0", number=name, ended=ended) for name in ("n1", "n9")))
    assert (one.duration_ms, one.cpu_s) == (10_000, 5.0)


def test_a_row_that_cannot_be_is_passed_over(world, store, killed):
    killed(READY)
    (row,) = store.checkpoints()
    row.pieces[0].end = replace(row.pieces[0].end, wall_ms=1 << 62)
    store.put((), {"gpu:0": row})
    assert taken_up(world, store) == ()
