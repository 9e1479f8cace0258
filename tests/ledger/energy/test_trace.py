"""The power of a time: by a counter's differences where there is one, the median, and how far readings spread."""

import pytest

from netmind_tui.ledger.energy.trace import Trace
from netmind_tui.model.metering import EnergyMethod


def fed(readings, window_s=5.0):
    trace = Trace(EnergyMethod.NVML_ENERGY, window_s)
    for at_s, counter_j, power_w in readings:
        trace.take(float(at_s), counter_j, power_w)
    return trace


def test_a_counter_is_read_over_five_seconds_at_a_time():
    level = fed((at, 20.0 * at, None) for at in range(61)).level()
    assert level is not None
    assert (level.watts, level.spread_w, level.readings, level.method) == (20.0, 0.0, 12, EnergyMethod.NVML_ENERGY)


def test_a_moment_of_use_moves_the_median_by_nothing():
    counter, readings = 0.0, []
    for at in range(101):
        counter += 300.0 if 40 <= at < 50 else 20.0
        readings.append((at, counter, None))
    level = fed(readings).level()
    assert level is not None
    assert level.watts == 20.0
    assert level.spread_w > 30


@pytest.mark.parametrize("broken_j", [3.0, 5e9])
def test_a_counter_that_begins_anew_or_leaps_costs_its_window_alone(broken_j):
    readings = [(at, 20.0 * at + (broken_j - 600.0 if at >= 30 else 0.0), None) for at in range(61)]
    level = fed(readings).level()
    assert level is not None
    assert (level.watts, level.readings) == (20.0, 11)


def test_without_a_counter_power_is_taken_as_it_is_told_and_nonsense_passed_over():
    readings = [(at, None, 30.0 + at % 3) for at in range(30)]
    level = fed([*readings, (31, None, None), (32, None, -4.0), (33, None, 4e9)]).level()
    assert level is not None
    assert (level.watts, level.readings, level.method) == (31.0, 30, EnergyMethod.NVML_POWER)
    assert level.spread_w == 1.0


def test_too_few_readings_are_none():
    assert fed((at, 20.0 * at, None) for at in range(26)).level() is None
    assert fed([]).level() is None
