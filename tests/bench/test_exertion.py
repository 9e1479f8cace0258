"""Keeping a device at work, with a clock that only the work and the rests move."""

import threading

import pytest

from netmind_tui.bench.check import Check
from netmind_tui.bench.protocol import Exert, Exerted, Request
from netmind_tui.bench.timing import Rules
from netmind_tui.bench.worker.exertion import LATE_S, PIECE_S, Exertion
from netmind_tui.model.kernel import Kernel, Provider, Variant, Window

VARIANT = Variant(provider=Provider.CPU, shape={"n": 1}, memory=())
REQUEST = Request(
    kernel=Kernel(
        id="k", version=1, family="gemm", title="", precision="", metric="", unit="OP/s", distribution="",
        tolerance=0.0, variants=(VARIANT,),
    ),
    variant=VARIANT,
    provider=Provider.CPU,
    seed=7,
    default_seed=7,
    rules=Rules(
        setup_cap_s=0, sample_s=0, warm_up_cap_s=0, burst=Window(min_s=0, cap_s=0), sustained=None, rsd_limit=1
    ),
    threads=1,
    memory_limit_bytes=0,
)  # fmt: skip


class Device:
    """A device, its clock, and what happens to both; a product takes ``each_s``."""

    def __init__(self, each_s=0.01):
        self.each_s = each_s
        self.now_s = 0.0
        self.products = 0
        self.pieces = []
        self.is_right = True
        self.is_made = False
        self.is_spoiled = False
        self.held_up = {}
        self.rested = []
        self.said = []
        self.stop = threading.Event()

    def run(self, iterations):
        seconds = self.each_s * iterations + self.held_up.pop(len(self.pieces), 0.0)
        self.now_s += seconds
        self.products += iterations
        self.pieces.append(iterations)
        self.is_made = self.is_spoiled
        return seconds

    def spoil(self):
        self.is_spoiled = True

    def check(self):
        assert self.is_made, "what is checked was not made since the output was spoiled"
        self.is_spoiled = self.is_made = False
        return Check("freivalds", ok=self.is_right, error=None)

    def rest(self, seconds):
        self.rested.append(seconds)
        self.now_s += seconds + self.held_up.pop(f"rest {len(self.rested)}", 0.0)

    def exert(self, *, load_pct=50.0, for_s=None, tell_s=10.0, check_s=60.0):
        ask = Exert(request=REQUEST, load_pct=load_pct, for_s=for_s, tell_s=tell_s, check_s=check_s)
        said = self.said.append
        return Exertion(self, 2, ask, said, self.stop, clock=lambda: self.now_s, rest=self.rest).run()


@pytest.mark.parametrize("load", [5, 25, 50, 90, 100])
def test_the_share_of_the_time_is_the_one_that_was_asked_for(load):
    device = Device()
    last = device.exert(load_pct=load, for_s=60)
    done = [*device.said, last]
    share = sum(each.busy_s for each in done) / sum(each.elapsed_s for each in done)
    assert share == pytest.approx(load / 100, rel=0.02)
    assert sum(each.iterations for each in done) == pytest.approx(60 * load / 100 / 0.01, rel=0.05)


def test_a_piece_is_as_long_as_is_even_whatever_one_product_takes():
    quick, slow = Device(each_s=1e-4), Device(each_s=0.7)
    quick.exert(for_s=5)
    slow.exert(for_s=5)
    assert quick.pieces[-3] == pytest.approx(PIECE_S / 1e-4, rel=0.01)
    assert set(slow.pieces[1:-1]) == {1}


def test_it_says_how_it_goes_and_ends_when_its_time_is_over():
    device = Device()
    last = device.exert(for_s=35)
    assert [each.is_last for each in device.said] == [False, False, False]
    assert all(each.elapsed_s == pytest.approx(10, abs=0.2) for each in device.said)
    assert last.is_last
    assert last.elapsed_s == pytest.approx(5, abs=0.3)


def test_results_are_checked_at_both_ends_and_now_and_then():
    device = Device()
    last = device.exert(for_s=100, check_s=30)
    assert sum(each.checks for each in [*device.said, last]) == 5


@pytest.mark.parametrize("after", [0, 20])
def test_a_wrong_result_ends_it(after):
    device = Device()

    def rest(seconds):
        device.is_right = len(device.said) < after // 10
        Device.rest(device, seconds)

    device.is_right = after > 0
    ask = Exert(request=REQUEST, load_pct=50, for_s=1000, tell_s=10, check_s=1)
    last = Exertion(device, 2, ask, device.said.append, device.stop, clock=lambda: device.now_s, rest=rest).run()
    assert last.wrong == Check("freivalds", ok=False, error=None)
    assert last.is_last
    assert device.now_s < after + 12


def test_who_is_told_to_stop_checks_once_more_and_ends():
    device = Device()

    def rest(seconds):
        Device.rest(device, seconds)
        if len(device.rested) == 3:
            device.stop.set()

    ask = Exert(request=REQUEST, load_pct=50, tell_s=10, check_s=60)
    last = Exertion(device, 2, ask, device.said.append, device.stop, clock=lambda: device.now_s, rest=rest).run()
    assert isinstance(last, Exerted)
    assert (last.is_last, last.checks) == (True, 2)


@pytest.mark.parametrize("where", [20, "rest 20"])
def test_time_that_stood_still_is_neither_work_nor_rest(where):
    device = Device()
    device.held_up = {where: 3600.0}
    last = device.exert(for_s=30)
    done = [*device.said, last]
    assert sum(each.elapsed_s for each in done) == pytest.approx(30, abs=0.3)
    assert sum(each.busy_s for each in done) / sum(each.elapsed_s for each in done) == pytest.approx(0.5, rel=0.03)
    assert max(device.rested) < 1


def test_a_check_that_was_held_up_is_not_an_hour_of_load():
    device = Device()
    held = iter([0.0, 3600.0, 0.0])
    check = device.check

    def late():
        device.now_s += next(held, 0.0)
        return check()

    device.check = late
    last = device.exert(for_s=20, check_s=10)
    assert sum(each.elapsed_s for each in [*device.said, last]) == pytest.approx(20, abs=0.3)


def test_a_device_that_became_slow_is_slow_and_not_held_up():
    device = Device()
    slow = iter(range(1_000_000))
    run = device.run

    def throttled(iterations):
        device.each_s = 0.01 if next(slow) < 50 else 0.5
        return run(iterations)

    device.run = throttled
    last = device.exert(for_s=120)
    done = [*device.said, last]
    assert done[-2].iterations / done[-2].busy_s == pytest.approx(2, rel=0.01)
    assert 2 * 0.01 * 5 + LATE_S < 0.5 * 5  # the first slow piece is taken for one that was held up
