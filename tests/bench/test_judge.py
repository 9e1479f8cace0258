import pytest

from netmind_tui.bench.check import Check
from netmind_tui.bench.judge import Witness, judge, unmeasured
from netmind_tui.bench.protocol import Outcome
from netmind_tui.bench.timing import Series, Stop, Timing
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.finding import Status
from netmind_tui.model.kernel import Phase
from netmind_tui.model.measurement import Because, Reason, Throttle

RIGHT = Check("bitwise", ok=True, error=0.0)
SHAPE = {"m": 2048, "n": 2048, "k": 2080}
SLOW_GPU = Device(
    id="gpu:0",
    kind=DeviceKind.GPU,
    memory_total_bytes=24 * 2**30,
    compute_capability="8.9",
    core_count=1280,
    sm_clock_max_mhz=1000,
)


def series(samples=(0.1,) * 12, stop=Stop.CONVERGED):
    return Series(samples=tuple(samples), elapsed_s=sum(samples), stop=stop)


def outcome(burst=None, sustained=None, before=RIGHT, after=RIGHT, timed=True, notes=()):
    timing = Timing(cold_s=1.0, warm_up_s=0.5, batch=3, burst=burst or series(), sustained=sustained)
    return Outcome(
        shape=SHAPE,
        setup_s=0.1,
        placed_nodes=1,
        placement_read=True,
        notes=notes,
        before=before,
        after=after if timed else None,
        timing=timing if timed else None,
    )


@pytest.fixture
def verdict(make_step, host, quick_rules):
    def verdict(found, witness=None, **step):
        step = {"rules": quick_rules(0.03), **step}
        return judge(make_step("gemm.fp32", **step), found, witness or Witness(started_at="now"), host)

    return verdict


def reasons(measurement):
    return [because.id for because in measurement.reasons]


def test_the_value_is_work_over_the_median_time(verdict):
    measurement = verdict(outcome(series([0.1] * 11 + [5.0])))
    assert measurement.value == pytest.approx(2 * 2048 * 2048 * 2080 / 0.1)
    assert len(measurement.samples) == measurement.n == 12
    assert measurement.outliers == 0
    assert measurement.phase is Phase.BURST


def test_the_sustained_phase_is_certified_and_the_burst_kept_beside_it(verdict):
    measurement = verdict(outcome(series([0.1] * 12), sustained=series([0.2] * 12)))
    assert measurement.phase is Phase.SUSTAINED
    assert measurement.burst == pytest.approx(2 * measurement.value)


def test_a_latency_is_the_median_time_itself(make_step, host):
    found = outcome(series([4e-6] * 12))
    measurement = judge(make_step("dispatch"), found, Witness(started_at="now"), host)
    assert measurement.value == 4e-6


def test_a_spread_beyond_the_limit_is_unstable(verdict):
    measurement = verdict(outcome(series([0.1, 0.2] * 6, Stop.CAP)))
    assert measurement.status is Status.UNSTABLE
    assert reasons(measurement) == [Reason.NOT_CONVERGED]


def test_too_few_samples_are_unstable_however_equal(verdict):
    measurement = verdict(outcome(series([0.5] * 4, Stop.CAP)))
    assert measurement.status is Status.UNSTABLE
    assert "4 samples" in measurement.reasons[0].detail


def test_a_capped_window_within_the_limit_passes(verdict):
    assert verdict(outcome(series([0.1] * 30, Stop.CAP))).status is Status.PASS


@pytest.mark.parametrize("cause", ["hw_thermal_ns", "hw_power_brake_ns", "sw_thermal_ns"])
def test_throttling_by_heat_or_power_brake_fails(verdict, cause):
    measurement = verdict(outcome(), Witness(started_at="now", throttle=Throttle(**{cause: 2_000_000_000})))
    assert measurement.status is Status.FAIL
    assert "2.0 s" in measurement.reasons[0].detail


def test_a_power_cap_is_noted_and_passes(verdict):
    measurement = verdict(outcome(), Witness(started_at="now", throttle=Throttle(sw_power_cap_ns=3_000_000_000)))
    assert measurement.status is Status.PASS
    assert reasons(measurement) == [Reason.POWER_CAPPED]


def test_a_hardware_slowdown_seen_in_passing_fails(verdict):
    measurement = verdict(outcome(), Witness(started_at="now", throttle=Throttle(reasons=("hw_slowdown",))))
    assert reasons(measurement) == [Reason.THROTTLED]


def test_a_kernel_stopped_for_heat_says_so(verdict):
    found = outcome(series([0.1] * 3, Stop.ASKED))
    measurement = verdict(found, Witness(started_at="now", stopped_hot_c=88))
    assert measurement.status is Status.UNSTABLE
    assert reasons(measurement) == [Reason.STOPPED_HOT]


def test_a_rate_far_above_a_calibrated_peak_fails(verdict):
    measurement = verdict(outcome(series([1e-6] * 12)), device=SLOW_GPU)
    assert measurement.status is Status.FAIL
    assert Reason.IMPLAUSIBLE in reasons(measurement)


def test_efficiency_is_the_share_of_the_peak(verdict):
    measurement = verdict(outcome(series([0.1] * 12)), device=SLOW_GPU)
    assert measurement.efficiency == pytest.approx(measurement.value / (10 * 256 * 1e9))


def test_a_failed_first_check_leaves_no_figure(verdict):
    wrong = Check("float64", ok=False, error=0.5)
    measurement = verdict(outcome(before=wrong, timed=False))
    assert measurement.status is Status.FAIL
    assert (measurement.value, measurement.n, measurement.verified.after) == (None, 0, None)


def test_a_failed_last_check_fails_though_there_is_a_figure(verdict):
    measurement = verdict(outcome(after=Check("float64", ok=False, error=None)))
    assert measurement.status is Status.FAIL
    assert measurement.value is not None


def test_limited_buffers_are_told_and_pass(verdict):
    measurement = verdict(outcome(notes=("buffers stopped growing",)))
    assert measurement.status is Status.PASS
    assert reasons(measurement) == [Reason.BUFFERS_LIMITED]


@pytest.mark.parametrize(
    ("reason", "is_named", "status"),
    [
        (Reason.NOT_PLACEABLE, False, Status.SKIP),
        (Reason.NOT_PLACEABLE, True, Status.ERROR),
        (Reason.NOT_ENOUGH_MEMORY, False, Status.SKIP),
        (Reason.DEVICE_LOST, False, Status.ERROR),
    ],
)
def test_only_what_nobody_named_is_skipped(make_step, reason, is_named, status):
    step = make_step("gemm.fp32", is_named=is_named)
    assert unmeasured(step, Because(reason, "why")).status is status
