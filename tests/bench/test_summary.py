"""What a run says of each device in short."""

from dataclasses import replace
from decimal import Decimal

import pytest

from netmind_tui.bench.summary import summarise, with_costs
from netmind_tui.model.cost import Tariff, read_price
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.finding import Status
from netmind_tui.model.kernel import Phase
from netmind_tui.model.measurement import Because, Environment, Reason, Throttle
from netmind_tui.model.reading import Absence
from netmind_tui.model.sample import DeviceSample, HostSample, Sample
from netmind_tui.model.summary import Restraint

TARIFF = Tariff(price_per_kwh=read_price("0.30"))
NONE_COUNTED = Throttle()


@pytest.fixture
def row(made):
    def make(kernel="gemm.fp16", value=700e12, unit="FLOP/s", **changes):
        return made.measurement(made.H100, kernel, value, unit, **changes)

    return make


@pytest.fixture
def summary_of(made):
    def make(*rows, device=None, **changes):
        (found,) = made.run([device or made.H100], rows, **changes).summaries
        return found

    return make


def seen(summary):
    return {limit.restraint: limit.kernels for limit in summary.limits}


class TestQuality:
    def test_the_best_calibrated_share_of_peak_is_named(self, made):
        (found,) = made.gpu_run().summaries
        assert (found.of_peak.kernel, found.is_calibrated) == ("stream.add", True)
        assert found.of_peak.value == pytest.approx(0.90)

    def test_an_uncalibrated_share_never_beats_a_calibrated_one(self, row, summary_of):
        sure = row(share=0.7)
        doubtful = row("gemm.tf32", share=0.9)
        doubtful = replace(doubtful, peak=replace(doubtful.peak, calibrated=False))
        assert summary_of(sure, doubtful).of_peak.kernel == "gemm.fp16"
        assert not summary_of(doubtful).is_calibrated

    def test_the_widest_spread_and_the_lowest_share_of_the_burst_are_kept(self, row, summary_of):
        found = summary_of(row(cv=0.002), row("gemm.tf32", cv=0.031, burst=1400e12, status=Status.UNSTABLE))
        assert (found.cv_max.kernel, found.cv_max.value) == ("gemm.tf32", 0.031)
        assert (found.sustained_of_burst.kernel, found.sustained_of_burst.value) == ("gemm.tf32", 0.5)
        assert (found.measured, found.unstable) == (2, 1)

    def test_a_wrong_result_adds_no_figure(self, row, summary_of):
        wrong = row("gemm.tf32", share=0.99, watts=900.0, cv=0.5, status=Status.FAIL)
        found = summary_of(row(share=0.5, watts=300.0), wrong)
        assert (found.of_peak.value, found.cv_max.value, found.measured) == (0.5, 0.004, 1)
        assert found.power.draw_w == pytest.approx(300.0)

    def test_a_device_on_which_nothing_was_measured_has_no_summary(self, made, row):
        lost = row(value=1.0)
        lost = replace(lost, value=None, status=Status.ERROR, phase=None)
        assert made.run([made.H100], [lost]).summaries == ()


class TestLimits:
    @pytest.mark.parametrize(
        ("reason", "restraint"),
        [
            (Reason.POWER_CAPPED, Restraint.POWER_CAP),
            (Reason.STOPPED_HOT, Restraint.HEAT),
            (Reason.NOT_CONVERGED, Restraint.NOT_CONVERGED),
            (Reason.BUFFERS_LIMITED, Restraint.MEMORY),
            (Reason.SUSPENDED, Restraint.INTERRUPTION),
        ],
    )
    def test_each_reason_is_named_with_its_kernel(self, row, summary_of, reason, restraint):
        assert seen(summary_of(row(reasons=(Because(reason, "so"),)))) == {restraint: ("gemm.fp16",)}

    @pytest.mark.parametrize(
        ("throttle", "restraint"),
        [
            (Throttle(hw_thermal_ns=1), Restraint.HEAT),
            (Throttle(reasons=("sw_thermal_slowdown",)), Restraint.HEAT),
            (Throttle(hw_power_brake_ns=1), Restraint.POWER_BRAKE),
        ],
    )
    def test_throttling_is_heat_or_the_power_supply(self, row, summary_of, throttle, restraint):
        slowed = row(throttle=throttle, status=Status.FAIL, reasons=(Because(Reason.THROTTLED, "slowed"),))
        assert seen(summary_of(slowed)) == {restraint: ("gemm.fp16",)}

    def test_other_programs_count_before_and_meanwhile(self, row, summary_of):
        busy = Environment(other_cpu_util_pct=40.0)
        assert seen(summary_of(row(), environment=busy)) == {Restraint.OTHER_PROGRAMS: ()}
        assert seen(summary_of(row(other_cpu_util_pct=55.0))) == {Restraint.OTHER_PROGRAMS: ("gemm.fp16",)}

    def test_a_quiet_run_that_counted_everything_saw_nothing(self, row, summary_of):
        found = summary_of(row())
        assert (found.limits, found.unseen) == ((), ())

    def test_what_is_not_counted_is_unseen_and_not_absent(self, row, summary_of):
        assert summary_of(row(throttle=NONE_COUNTED)).unseen == (Restraint.HEAT, Restraint.POWER_CAP)


class TestPower:
    def test_it_is_energy_over_the_time_between_the_samples(self, row, summary_of):
        found = summary_of(row(energy_j=6000.0, energy_method="nvml_energy"))
        assert (found.power.draw_w, found.power.method) == (500.0, "nvml_energy")

    def test_a_clock_that_was_set_meanwhile_does_not_count(self, row, summary_of):
        measured = row(energy_j=6000.0, energy_method="nvml_energy")
        jumped = replace(measured, after=replace(measured.after, at="2026-11-23T20:00:12.000Z"))
        assert summary_of(jumped).power.draw_w == 500.0

    def test_the_highest_sustained_one_is_shown_even_where_a_burst_drew_more(self, row, summary_of):
        found = summary_of(
            row(watts=300.0), row("gemm.tf32", watts=350.0), row("gemm.int8", watts=500.0, phase=Phase.BURST)
        )
        assert (found.power.kernel, found.power.phase) == ("gemm.tf32", Phase.SUSTAINED)

    def test_without_energy_one_reading_under_load_stands_in_and_is_called_so(self, row, summary_of):
        found = summary_of(row(watts=300.0, energy_j=None, energy_method=None))
        assert (found.power.draw_w, found.power.method) == (300.0, "power_draw_w")

    def test_a_gpu_whose_power_is_hidden_says_why(self, row, summary_of):
        hidden = DeviceSample(device="gpu:0", absent={"power_draw_w": Absence.NOT_SUPPORTED})
        measured = row(after=Sample(at="2026-11-22T20:00:12.000Z", host=HostSample(), devices=(hidden,)))
        found = summary_of(measured)
        assert found.power is None
        assert "not reported by this device or driver" in found.power_unknown

    def test_a_slice_says_that_it_has_no_meter(self, made, row, summary_of):
        part = replace(made.H100, kind=DeviceKind.MIG)
        assert "slice" in summary_of(row(), device=part).power_unknown

    @pytest.mark.parametrize(
        ("host", "words"),
        [
            (HostSample(energy_j=5.0), "--suite standard"),
            (HostSample(absent={"energy_j": Absence.NO_PERMISSION}), "root"),
            (HostSample(absent={"energy_j": Absence.OUTSIDE_CONTAINER}), "meter at the wall"),
        ],
    )
    def test_a_processor_says_how_its_power_could_be_known(self, made, summary_of, host, words):
        cpu = Device(id="cpu", kind=DeviceKind.CPU, name="CPU", memory_total_bytes=2**34)
        measured = made.measurement(cpu, "gemm.fp32", 1e11, "FLOP/s")
        measured = replace(measured, after=replace(measured.after, host=host))
        assert words in summary_of(measured, device=cpu).power_unknown


class TestServing:
    def test_memory_is_what_may_be_taken_of_what_is_free(self, row, summary_of):
        assert summary_of(row(), free_bytes=20 * 2**30).memory_takeable_bytes == 19 * 2**30
        assert summary_of(row(), free_bytes=2**30).memory_takeable_bytes == 2**29

    def test_a_gpu_serves_both_precisions_and_a_processor_four_bits(self, made, row, summary_of):
        cpu = Device(id="cpu", kind=DeviceKind.CPU, memory_total_bytes=2**34)
        on_cpu = made.measurement(cpu, "gemv.int4", 2e10, "bytes/s")
        assert {each.precision for each in summary_of(row()).serving} == {"int4", "fp16"}
        assert {each.precision for each in summary_of(on_cpu, device=cpu).serving} == {"int4"}

    # On a card the scales of the block are fp16; those of the models are counted as fp32.
    @pytest.mark.parametrize(
        ("precision", "weight_bytes", "in_block"), [("int4", 5 / 8, 1 / 2 + 2 / 32), ("fp16", 2.0, 2.0)]
    )
    def test_a_decoder_is_the_best_basis_with_the_bytes_that_its_tokens_read(
        self, row, summary_of, precision, weight_bytes, in_block
    ):
        shape = {"context": 512, "hidden": 4096, "heads": 32, "kv_heads": 8, "head": 128, "inner": 14336}
        kernel = f"decoder.decode.{precision}"
        decoder = row(kernel, 1000.0, "tokens/s", precision=precision, shape=shape)
        found = next(
            each
            for each in summary_of(decoder, row("stream.add", 3e12, "bytes/s")).serving
            if (each.model, each.precision) == ("Llama-3.1-8B", precision)
        )
        block = 218_103_808 * in_block + 512 * 2 * 8 * 128 * 2
        whole = (8_030_261_248 - 128256 * 4096 + 4096) * weight_bytes + 4096 * 131072
        assert found.basis == kernel
        assert found.tokens_per_s == pytest.approx(1000.0 * block / whole)

    def test_an_unverified_bandwidth_is_no_basis(self, row, summary_of):
        found = summary_of(row(), row("stream.add", 3e12, "bytes/s", status=Status.FAIL))
        assert {each.basis for each in found.serving} == {None}


def test_each_device_has_its_own_cost(made):
    run = with_costs(made.gpu_run(2), TARIFF)
    assert [each.cost.an_hour.amount for each in run.summaries] == [Decimal("0.206550")] * 2
    assert run.measurements == made.gpu_run(2).measurements


def test_targets_without_rows_are_left_out(made):
    assert summarise([], made.gpu_run().measurements, Environment()) == ()
