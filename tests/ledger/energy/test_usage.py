"""What work took is told from what the device would have drawn anyway, and the parts are the whole."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmind_tui.ledger.energy import DevicePower, ThreadPower, used_in
from netmind_tui.ledger.energy.uncertainty import UNCERTAINTY
from netmind_tui.ledger.energy.usage import HOST_UNKNOWN, IDLE_ABOVE, IDLE_UNKNOWN
from netmind_tui.model.metering import Activity, EnergyMethod, Interval

START = datetime(2026, 11, 27, 18, 0, tzinfo=UTC)
IDLE = DevicePower(idle_mw=50_000, spread_mw=1_000, idle_from="calibrated 2026-11-26")
THREAD = ThreadPower(busy_mw=5_000, known_from="declared")


def marginal(used):
    return used.usage.energy_mj - used.usage.idle_mj


def test_work_takes_what_is_above_idle(interval):
    used = used_in(interval(100), IDLE)
    assert (used.usage.energy_mj, used.usage.idle_mj) == (30_000_000, 5_000_000)
    assert used.usage.method is EnergyMethod.NVML_ENERGY
    assert used.note["idle"] == "50.0 ± 1.0 W, calibrated 2026-11-26"


def test_without_a_baseline_all_of_it_is_the_works_and_the_entry_says_so(interval):
    used = used_in(interval(100), DevicePower())
    assert (marginal(used), used.note["idle"]) == (30_000_000, IDLE_UNKNOWN)


def test_what_a_device_draws_while_it_is_only_ready_is_idle_whatever_its_baseline(interval):
    used = used_in(interval(100, activity=Activity.READY, energy_j=5_100.0), IDLE)
    assert (used.usage.energy_mj, marginal(used)) == (5_100_000, 0)
    assert "idle" not in used.note


def test_what_stands_still_pays_for_what_it_keeps_the_device_from_resting_by(interval):
    used = used_in(interval(100, activity=Activity.SUSPENDED, energy_j=6_000.0), IDLE)
    assert marginal(used) == 1_000_000


def test_noise_alone_gives_no_energy_back_and_widens_the_uncertainty_by_what_was_cut_off(interval):
    used = used_in(interval(100, energy_j=4_960.0), IDLE)
    assert (marginal(used), used.usage.idle_mj) == (0, 4_960_000)
    # 5 % of it, a tenth of a second of it, and the spread, which is more than what was cut off.
    assert used.usage.uncertain_mj == 248_000 + 4_960 + 100_000
    assert used.note["idle"].startswith("50.0")


def test_an_idle_power_beyond_all_noise_is_said_to_be_wrong(interval):
    used = used_in(interval(100, energy_j=3_000.0), IDLE)
    assert (marginal(used), used.note["idle"]) == (0, IDLE_ABOVE)
    assert used.usage.uncertain_mj >= 2_000_000


def test_only_what_was_read_counts_and_idle_is_of_that_time_alone(interval):
    used = used_in(interval(100, energy_ms=40_000, energy_j=12_000.0, energy_absent="asleep"), IDLE)
    assert (used.usage.energy_ms, used.usage.energy_mj, used.usage.idle_mj) == (40_000, 12_000_000, 2_000_000)
    assert used.note["energy"] == "60 s without: asleep"


@pytest.mark.parametrize(
    ("activity", "power", "energy_mj"),
    [
        (Activity.WORK, DevicePower(load_mw=200_000, idle_mw=20_000), 20_000_000),
        (Activity.ENDING, DevicePower(load_mw=200_000), 20_000_000),
        (Activity.READY, DevicePower(load_mw=200_000, idle_mw=20_000), 2_000_000),
        (Activity.SUSPENDED, DevicePower(load_mw=200_000, idle_mw=20_000), 2_000_000),
    ],
)
def test_where_nothing_is_read_the_owners_watts_hold(interval, activity, power, energy_mj):
    unread = interval(
        100, activity=activity, energy_j=None, energy_ms=0, energy_method=None, energy_absent="no-permission"
    )
    used = used_in(unread, power)
    assert (used.usage.energy_mj, used.usage.energy_ms, used.usage.method) == (energy_mj, 100_000, EnergyMethod.USER)
    assert used.usage.uncertain_mj == energy_mj // 5


def test_without_a_reading_or_a_word_of_the_owner_energy_is_not_known_and_the_entry_says_why(interval):
    unread = interval(100, energy_j=None, energy_ms=0, energy_method=None, energy_absent="no-permission")
    for power in (DevicePower(), IDLE):
        used = used_in(unread, power)
        assert (used.usage.energy_ms, used.usage.energy_mj, used.usage.method) == (0, 0, None)
        assert used.note["energy"].endswith("no-permission")


def test_the_hosts_share_is_its_processor_time_at_the_power_of_a_busy_logical_cpu(interval):
    used = used_in(interval(100, cpu_s=250.5), IDLE, THREAD)
    assert used.usage.host_mj == 1_252_500
    assert used.note["host"] == "250.5 s of a processor at 5.0 W, declared"
    assert used.usage.energy_mj == 30_000_000


def test_a_host_of_unknown_power_has_no_share_and_the_entry_says_what_to_set(interval):
    used = used_in(interval(100, cpu_s=250.5), IDLE)
    assert (used.usage.host_mj, used.note["host"]) == (0, HOST_UNKNOWN)
    assert "host" not in used_in(interval(100, cpu_s=None), IDLE).note


CPU_IDLE = DevicePower(idle_mw=20_000, idle_from="declared")


def pair(interval):
    """A hundred seconds of the processor's own work at 60 W, and of a card's that takes 200 s of processor time."""
    own = interval(100, id="c", device="cpu", uuid=None, cpu_s=600.0, energy_j=6_000.0, energy_method=EnergyMethod.RAPL)
    return own, interval(100, id="g", cpu_s=200.0)


@pytest.mark.parametrize("is_own_first", [True, False])
def test_two_workloads_and_the_idle_baseline_are_the_whole_whichever_is_booked_first(interval, is_own_first):
    own, card = pair(interval)
    first, second = (own, card) if is_own_first else (card, own)
    power = {"cpu": CPU_IDLE, "gpu:0": IDLE}
    booked = [
        used_in(first, power[first.device], THREAD),
        used_in(second, power[second.device], THREAD, [first]),
    ]
    processor_mj = sum(
        marginal(used) + used.usage.idle_mj if used.usage.method is EnergyMethod.RAPL else used.usage.host_mj
        for used in booked
    )
    assert processor_mj == 6_000_000
    assert [used.usage.idle_mj for used in booked if used.usage.method is EnergyMethod.RAPL] == [2_000_000]
    assert sum(used.usage.energy_mj + used.usage.host_mj for used in booked) == 30_000_000 + 6_000_000


def test_only_what_overlaps_is_left_out(interval):
    own, card = pair(interval)
    later = replace(card, start=START + timedelta(seconds=75), end=START + timedelta(seconds=175))
    assert used_in(later, IDLE, THREAD, [own]).usage.host_mj == 750_000
    assert (
        used_in(replace(later, start=own.end, end=own.end + timedelta(seconds=100)), IDLE, THREAD, [own]).usage.host_mj
        == 1_000_000
    )


def test_a_processor_that_is_only_ready_leaves_to_others_what_it_draws_for_them(interval):
    own, card = pair(interval)
    ready = replace(own, activity=Activity.READY, workload=None, cpu_s=None, energy_j=3_000.0)
    assert used_in(ready, CPU_IDLE, THREAD).usage.energy_mj == 2_000_000
    assert used_in(card, IDLE, THREAD, [ready]).usage.host_mj == 1_000_000


def test_the_watts_of_a_slice_are_its_own(interval):
    unread = interval(10, device="mig:0.0", uuid="MIG-1", energy_j=None, energy_ms=0, energy_method=None)
    assert used_in(unread, DevicePower(load_mw=90_000)).usage.energy_mj == 900_000


@pytest.mark.parametrize("method", EnergyMethod)
def test_how_far_off_each_method_is_stands_with_its_source_and_is_never_more_than_all(method):
    found = UNCERTAINTY[method]
    assert found.source
    assert (found.of(0, 1000), found.of(1000, 0), found.of(50, 1)) == (0, 1000, min(50, found.of(50, 1)))
    assert found.of(10**9, 10**6) >= 10**9 // 20


def test_a_short_time_is_less_sure_because_counters_move_on_in_steps():
    counter = UNCERTAINTY[EnergyMethod.NVML_ENERGY]
    assert counter.of(100_000, 1_000) == 15_000
    assert counter.of(1_000_000, 10_000) == 60_000


PIECES = st.lists(
    st.tuples(st.integers(1, 900_000), st.integers(0, 900_000_000), st.sampled_from(Activity), st.integers(0, 200_000)),
    min_size=1,
    max_size=8,
)


@settings(max_examples=60)
@given(PIECES)
def test_the_parts_are_whole_and_none_is_negative(pieces):
    whole = parts = 0
    at = START
    for place, (duration_ms, energy_mj, activity, idle_mw) in enumerate(pieces):
        end = at + timedelta(milliseconds=duration_ms)
        one = Interval(
            id=f"p-{place}",
            device="gpu:0",
            activity=activity,
            start=at,
            end=end,
            duration_ms=duration_ms,
            energy_j=energy_mj / 1000,
            energy_ms=duration_ms,
            energy_method=EnergyMethod.NVML_ENERGY,
        )
        usage = used_in(one, DevicePower(idle_mw=idle_mw)).usage
        assert min(usage.idle_mj, usage.energy_mj - usage.idle_mj, usage.host_mj, usage.uncertain_mj) >= 0
        whole += energy_mj
        parts += usage.idle_mj + (usage.energy_mj - usage.idle_mj)
        at = end
    assert parts == whole
