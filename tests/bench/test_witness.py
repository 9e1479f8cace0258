from dataclasses import replace

import pytest

from netmind_tui.bench.witness import Observation
from netmind_tui.model.kernel import Phase
from netmind_tui.model.sample import DeviceSample, HostSample, Sample


def gpu_sample(**metrics):
    return Sample(at="now", host=HostSample(), devices=(DeviceSample(device="gpu:0", **metrics),))


def host_sample(**metrics):
    return Sample(at="now", host=HostSample(**metrics))


@pytest.fixture
def observe(gpu, cpu):
    """Watch a burst that lasts so many seconds, with a sample at each edge and perhaps some between."""

    def observe(first, last, *, seconds=20.0, between=(), device=gpu, events=(None, None)):
        observation = Observation(device, Phase.BURST, "now")
        observation.enter(Phase.BURST, first, 0.0, events[0])
        for at, sample in between:
            observation.add(sample, at)
        observation.enter(Phase.VERIFY, last, seconds, events[1])
        return observation.witness()

    return observe


def test_energy_over_a_long_window_is_the_counter_s(observe):
    witness = observe(gpu_sample(energy_j=100.0), gpu_sample(energy_j=4100.0))
    assert (witness.energy_j, witness.energy_method) == (4000.0, "nvml_energy")


def test_a_counter_that_went_back_was_reset_and_says_nothing(observe):
    witness = observe(gpu_sample(energy_j=4100.0), gpu_sample(energy_j=100.0))
    assert (witness.energy_j, witness.energy_method) == (None, None)


def test_a_short_window_integrates_power_instead(observe):
    between = [(1.0, gpu_sample(power_draw_w=200.0, energy_j=1.0))]
    first, last = gpu_sample(power_draw_w=100.0, energy_j=0.0), gpu_sample(power_draw_w=100.0, energy_j=9.0)
    witness = observe(first, last, seconds=2.0, between=between)
    assert (witness.energy_j, witness.energy_method) == (300.0, "nvml_power")


def test_without_any_meter_energy_is_absent(observe):
    assert observe(gpu_sample(), gpu_sample()).energy_j is None


def test_a_cpu_uses_rapl_where_it_is_readable(observe, cpu):
    witness = observe(host_sample(energy_j=5.0), host_sample(energy_j=65.0), device=cpu)
    assert (witness.energy_j, witness.energy_method) == (60.0, "rapl")


def test_throttling_is_what_the_counters_grew_by(observe):
    first = gpu_sample(throttle_sw_thermal_ns=5, throttle_hw_thermal_ns=0, clocks_event_reasons=("sw_power_cap",))
    last = gpu_sample(throttle_sw_thermal_ns=12, throttle_hw_thermal_ns=0, clocks_event_reasons=("hw_slowdown",))
    throttle = observe(first, last).throttle
    assert (throttle.sw_thermal_ns, throttle.hw_thermal_ns, throttle.hw_power_brake_ns) == (7, 0, None)
    assert throttle.reasons == ("hw_slowdown", "sw_power_cap")


def test_a_reason_seen_only_between_the_edges_counts(observe):
    between = [(3.0, gpu_sample(clocks_event_reasons=("hw_slowdown",)))]
    assert observe(gpu_sample(), gpu_sample(), between=between).throttle.reasons == ("hw_slowdown",)


def test_a_cpu_counts_its_thermal_events(observe, cpu):
    assert observe(host_sample(), host_sample(), device=cpu, events=(3, 5)).throttle.cpu_thermal_events == 2
    assert observe(host_sample(), host_sample(), device=cpu).throttle is None


@pytest.mark.parametrize(("limit", "now", "hot"), [(90, 86, None), (90, 87, 87), (None, 99, None), (90, None, None)])
def test_hot_is_three_degrees_below_slowdown(gpu, limit, now, hot):
    observation = Observation(replace(gpu, temperature_slowdown_c=limit), Phase.BURST, "now")
    assert observation.too_hot_c(gpu_sample(temperature_c=now)) == hot
