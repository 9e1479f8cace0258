"""Whatever happens in whatever order: intervals add up to the time, never overlap, and no name comes twice."""

import itertools
from collections import defaultdict
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from netmind_tui import document
from netmind_tui.model.device import DeviceKind
from netmind_tui.model.metering import Activity
from netmind_tui.node.meter.dial import SLOT_MS, wall_ms
from netmind_tui.node.meter.meter import Meter
from netmind_tui.node.meter.piece import Checkpoint, shared
from netmind_tui.node.work.instance import Ended, Left, Placed

DEVICES = ("gpu:0", "gpu:1")
LENGTHS = st.sampled_from([1, 137, 500, 1000, 1001, 2000, 9_999, 31_000, 780_000, 899_999, 900_000, 1_900_000])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("pass"), LENGTHS),
        st.tuples(st.just("look"), LENGTHS),
        st.tuples(st.just("turn"), st.sampled_from(DEVICES), st.sampled_from([None, *Activity])),
        st.tuples(st.just("set"), st.sampled_from([-7_200_000, -5000, -1900, -300, 300, 1900, 5000, 90_000_000])),
        st.tuples(st.just("sleep"), st.sampled_from([2500, 60_000, 9_000_000])),
        st.tuples(st.just("zone")),
        st.tuples(st.just("save")),
        st.tuples(st.just("late")),
        st.tuples(st.just("kill"), st.sampled_from([0, 700, 30_000]), st.booleans()),
    ),
    max_size=40,
)


class File:
    """A file that is in memory: rows go through the same words as on the disk, and are kept when the meter is not."""

    degraded = None

    def __init__(self):
        self.intervals = {}
        self.rows = {}
        self.names = itertools.count(1)

    def new_id(self):
        return f"x-{next(self.names)}"

    def come_home(self):
        return None

    def checkpoints(self):
        return tuple(document.decode(body, Checkpoint, "row") for body in self.rows.values())

    def is_known(self, instance):
        return any(each.instance == instance for each in self.intervals.values())

    def since(self, _day, _zone):
        return ()

    def put(self, closed, open_):
        for each in closed:
            assert each.id not in self.intervals
            self.intervals[each.id] = each
        self.rows = {device: document.encode(body) for device, body in open_.items()}


class Game:
    """A meter, and beside it the plainest count of the same: so many milliseconds of each activity."""

    def __init__(self, world):
        self.world, self.file = world, File()
        self.meter = self.begun(())
        self.doing = {}
        self.count = defaultdict(int)
        self.kept = (dict(self.count), {}, self.world.ms, self.world.slept_ms)
        self.seen_ms, self.slept_ms = self.world.ms, 0
        self.numbers = itertools.count(1)
        self.back_ms = 0

    def begun(self, lefts):
        meter = Meter(self.file, self.world)
        meter.take_up(lefts, self.world.moment())
        return meter

    def seen(self):
        """Time went on until now for all that is being done."""
        for key in self.doing.values():
            self.count[key] += self.world.ms - self.seen_ms
        self.seen_ms, self.slept_ms = self.world.ms, self.world.slept_ms

    def save(self):
        self.meter.save()
        self.kept = (dict(self.count), dict(self.doing), self.seen_ms, self.slept_ms)

    def step(self, what, *more):
        getattr(self, f"on_{what}")(*more)

    def on_pass(self, length_ms):
        self.world.ms += length_ms

    def on_look(self, length_ms):
        self.world.ms += length_ms
        self.seen()
        self.meter.look(self.world.moment(), self.world.counted(), lambda _number: None)

    def on_turn(self, device, activity):
        self.seen()
        self.doing.pop(device, None)
        if activity is not None:
            number = None if activity is Activity.READY else f"n{next(self.numbers)}"
            self.doing[device] = (device, activity, number)
            workload = None if number is None else "llm"
            self.meter.turned(
                device, activity, uuid=f"GPU-{device[-1]}", workload=workload, number=number, now=self.world.moment()
            )
        else:
            self.meter.turned(device, None, now=self.world.moment())
        self.save()

    def on_set(self, by_ms):
        self.world.set_ms += by_ms
        # A little at a time is a correction; in all it may not be much.
        self.back_ms += max(0, -by_ms)

    def on_sleep(self, length_ms):
        self.world.slept_ms += length_ms

    def on_zone(self):
        self.world.zone = "Europe/Oslo" if self.world.zone == "UTC" else "UTC"

    def on_save(self):
        self.save()

    def on_late(self):
        """A look whose moment was taken a while ago, before what was said since."""
        now_ms = self.world.ms
        self.world.ms -= 250
        moment, self.world.ms = self.world.moment(), max(self.world.ms, self.seen_ms)
        self.seen()
        self.meter.look(moment, self.world.counted(), lambda _number: None)
        self.world.ms = now_ms

    def on_kill(self, after_ms, is_recorded):
        """Killed; what worked went on for a while, until its keeper or the next agent ended it."""
        count, doing, at_ms, slept_ms = self.kept
        self.world.ms += after_ms
        now, lefts = self.world.moment(), []
        self.count = defaultdict(int, count)
        for key in doing.values():
            device, _, number = key
            if number is None or not is_recorded:
                continue
            ended = Ended(how="killed", at_boottime_s=now.uptime_s, lasted_s=1.0)
            lefts.append(Left(key=f"llm@{device}", number=number, ended=ended, devices=placed(device)))
            if self.world.slept_ms == slept_ms:
                self.count[key] += self.world.ms - at_ms
        self.doing = {}
        self.meter = self.begun(lefts)
        self.seen_ms, self.slept_ms = self.world.ms, self.world.slept_ms
        self.save()

    def end(self):
        self.seen()
        self.meter.end(self.world.moment())
        self.save()
        return list(self.file.intervals.values())


def placed(device):
    return (Placed(device=device, kind=DeviceKind.GPU, uuid=f"GPU-{device[-1]}"),)


@settings(max_examples=150, deadline=None)
@given(steps=STEPS)
def test_intervals_add_up_to_what_was_done(world_class, steps):
    game = Game(world_class(Path("unused")))
    for each in steps:
        game.step(*each)
    found = game.end()
    sums = defaultdict(int)
    for each in found:
        sums[(each.device, each.activity, each.instance)] += each.duration_ms
    assert dict(sums) == {key: length for key, length in game.count.items() if length}
    for each in found:
        start, end = wall_ms(each.start), wall_ms(each.end)
        assert start // SLOT_MS == (end - 1) // SLOT_MS or start == end
        assert each.duration_ms > 0
        assert 0 <= each.energy_ms <= each.duration_ms
        assert (each.energy_absent is None) == (each.energy_ms == each.duration_ms)
        watts = game.world.power_w[each.device]
        # Parts are whole millijoules: each may miss one.
        assert abs((each.energy_j or 0) * 1000 - watts * each.energy_ms) <= len(steps)
    for device in DEVICES if game.back_ms < 2000 else ():
        own = sorted((each for each in found if each.device == device), key=lambda each: (each.start, each.end))
        assert all(before.end <= after.start for before, after in itertools.pairwise(own))


@settings(max_examples=50, deadline=None)
@given(total=st.integers(0, 10**9), weights=st.lists(st.integers(0, 10**6), min_size=1, max_size=9))
def test_a_shared_number_is_all_given_away_and_to_nobody_without_a_share(total, weights):
    parts = shared(total, weights)
    assert sum(parts) == (total if sum(weights) else 0)
    assert all(part == 0 for part, weight in zip(parts, weights, strict=True) if not weight)


def test_two_openings_at_one_moment_never_share_a_name(world, store):
    names = {store.new_id() for _ in range(100)}
    store.close()
    again = type(store)(world.path)
    names |= {again.new_id() for _ in range(100)}
    again.close()
    assert len(names) == 200
