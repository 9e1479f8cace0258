"""The pace of a watch, on a clock that moves when told."""

import math

import pytest

from netmind_tui.cli import watch
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.model.sample import DeviceSample, HostSample, Sample

CPU = Device(id="cpu", kind=DeviceKind.CPU)
GPU = Device(id="gpu:1", kind=DeviceKind.GPU)


class Clock:
    """Seconds that pass when somebody sleeps, when a sample is taken, and a little between any two looks."""

    def __init__(self, *costs_s, tick_s=0.0):
        self.now = 50.0
        self.tick_s = tick_s
        self.costs_s = list(costs_s)
        self.taken_at = []

    def monotonic(self):
        self.now += self.tick_s
        return self.now

    def sleep(self, duration_s):
        assert duration_s >= 0
        self.now += duration_s

    def sample(self):
        self.taken_at.append(round(self.now - 50.0, 6))
        self.now += self.costs_s.pop(0) if self.costs_s else 0.0
        devices = tuple(DeviceSample(device=name) for name in ("gpu:0", "gpu:1"))
        return Sample(at="T", host=HostSample(), devices=devices)


@pytest.fixture
def taken(monkeypatch):
    """When samples are taken, in seconds from the first."""

    def run(clock, **limits):
        monkeypatch.setattr(watch, "time", clock)
        samples = list(watch.watched(clock, (CPU, GPU), **limits))
        assert len(samples) == len(clock.taken_at)
        return clock.taken_at

    return run


def test_the_time_that_a_sample_takes_does_not_add_up(taken):
    assert taken(Clock(0.4, 0.3, 0.9), interval_s=1.0, count=4) == [0, 1, 2, 3]


def test_what_was_missed_is_missed_and_never_slept_for_backwards(taken):
    assert taken(Clock(3.5), interval_s=1.0, count=3) == [0, 3.5, 4.5]
    times = taken(Clock(3.5, 3.5, tick_s=1e-7), interval_s=1.0, count=3)
    assert times == pytest.approx([0, 3.5, 7.0], abs=1e-3)


@pytest.mark.parametrize(
    ("interval_s", "duration_s", "times"),
    [
        (1.0, 2.0, [0, 1, 2]),
        (1.0, 2.5, [0, 1, 2]),
        (1.0, 0.0, [0]),
        (60.0, 10.0, [0]),
        (0.1, 1.0, [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]),
    ],
)
def test_no_sample_is_later_than_the_duration(taken, interval_s, duration_s, times):
    assert taken(Clock(), interval_s=interval_s, duration_s=duration_s) == times


def test_whichever_limit_comes_first_ends_it(taken):
    assert taken(Clock(), interval_s=1.0, count=2, duration_s=9.0) == [0, 1]
    assert taken(Clock(), interval_s=1.0, count=9, duration_s=1.0) == [0, 1]


def test_only_the_devices_that_are_watched_are_in_a_sample():
    (sample,) = watch.watched(Clock(), (CPU, GPU), interval_s=1.0, count=1)
    assert [device.device for device in sample.devices] == ["gpu:1"]


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_no_number_of_seconds_is_refused(value):
    with pytest.raises(Problem, match=r"--interval (nan|inf): a number of seconds") as caught:
        watch.seconds("--interval", value, 1.0)
    assert caught.value.code is ExitCode.USAGE
    assert watch.seconds("--interval", None, 1.0) == 1.0
