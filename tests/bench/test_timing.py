import itertools

import pytest

from netmind_tui.bench.timing import SAMPLES_MIN, Rules, Stop, Stopwatch
from netmind_tui.model.kernel import Phase, Window


class FakeDevice:
    """Runs iterations on a clock of its own; ``times`` gives the seconds of each successive sample's iteration."""

    def __init__(self, times):
        self.now = 0.0
        self.batches = []
        self._times = times

    def run(self, iterations):
        seconds = next(self._times) * iterations
        self.now += seconds
        self.batches.append(iterations)
        return seconds

    def clock(self):
        return self.now


def measure(times, *, sample_s=0.02, warm_up_cap_s=0.5, burst=(0.5, 2.0), sustained=None, limit=0.03, stop=None):
    device = FakeDevice(iter(times))
    begun, noticed = [], []
    rules = Rules(
        setup_cap_s=1.0,
        sample_s=sample_s,
        warm_up_cap_s=warm_up_cap_s,
        burst=Window(min_s=burst[0], cap_s=burst[1]),
        sustained=Window(min_s=sustained[0], cap_s=sustained[1]) if sustained else None,
        rsd_limit=limit,
    )
    asked = stop(device) if stop else lambda: False
    timing = Stopwatch(device.run, rules, begun.append, noticed.append, asked, device.clock).measure(1.5)
    return timing, device, begun, noticed


def test_a_steady_kernel_converges_as_soon_as_the_least_time_has_passed():
    timing, *_ = measure(itertools.repeat(0.001))
    assert timing.burst.stop is Stop.CONVERGED
    assert 0.5 <= timing.burst.elapsed_s < 0.6
    assert set(timing.burst.samples) == {0.001}


def test_a_sample_holds_enough_iterations_to_last_as_long_as_wished():
    timing, device, *_ = measure(itertools.repeat(0.000_01), sample_s=0.05)
    assert timing.batch * 0.000_01 >= 0.05
    assert device.batches[-1] == timing.batch


def test_warm_up_goes_on_while_the_time_still_falls():
    falling = (0.03 * (1 + 2.0 * 0.7**step) for step in itertools.count())
    timing, *_ = measure(falling, warm_up_cap_s=10.0)
    assert timing.burst.samples[0] < 0.031


def test_warm_up_ends_at_its_cap_though_nothing_is_level():
    rising = (0.03 * 1.05**step for step in itertools.count())
    timing, *_ = measure(rising, warm_up_cap_s=0.4)
    assert 0.4 <= timing.warm_up_s < 0.6


def test_known_noise_ends_a_window_as_noise_stable():
    noisy = itertools.cycle([0.02, 0.03])
    timing, *_ = measure(noisy, burst=(0.5, 60.0))
    assert timing.burst.stop is Stop.NOISE_STABLE
    assert timing.burst.elapsed_s < 10


def test_growing_noise_runs_into_the_cap():
    growing = (0.02 * (1 + (step % 2) * 0.05 * step) for step in itertools.count())
    timing, *_ = measure(growing)
    assert timing.burst.stop is Stop.CAP
    assert timing.burst.elapsed_s >= 2.0


def test_fewer_than_ten_samples_never_converge():
    timing, *_ = measure(itertools.repeat(0.3))
    assert timing.burst.stop is Stop.CAP
    assert len(timing.burst.samples) < SAMPLES_MIN


def test_the_sustained_window_follows_the_burst_and_is_the_certified_one():
    timing, _, begun, _ = measure(itertools.repeat(0.001), sustained=(3.0, 5.0))
    assert begun == [Phase.WARM_UP, Phase.BURST, Phase.SUSTAINED]
    assert timing.certified is timing.sustained
    assert timing.sustained.elapsed_s >= 3.0


def test_being_asked_to_stop_ends_the_phase_and_skips_the_next():
    timing, *_ = measure(itertools.repeat(0.001), sustained=(3.0, 5.0), stop=lambda device: lambda: device.now > 0.3)
    assert timing.burst.stop is Stop.ASKED
    assert timing.sustained is None


def test_notices_come_at_most_twice_a_second():
    _, device, _, noticed = measure(itertools.repeat(0.001), sustained=(10.0, 10.0))
    assert 10 <= len(noticed) <= 2 * device.now + 1


@pytest.mark.parametrize("seconds", [1e-9, 1e-3, 10.0])
def test_any_speed_ends(seconds):
    timing, *_ = measure(itertools.repeat(seconds))
    assert timing.burst.samples[0] == pytest.approx(seconds)
