"""The end of a benchmark's table: each device in a few lines, at any width."""

from dataclasses import replace
from pathlib import Path

import pytest

from netmind_tui.bench.plan import Target
from netmind_tui.bench.store import read_run
from netmind_tui.bench.summary import summarise, with_costs
from netmind_tui.cli.bench_view import table
from netmind_tui.cli.page import Page
from netmind_tui.model.cost import Tariff, read_fee, read_price
from netmind_tui.model.finding import Status
from netmind_tui.model.measurement import Because, Reason, Sharing

RECORDING = read_run(Path(__file__).parents[1] / "recordings/quick_cpu.json")
TARIFF = Tariff(price_per_kwh=read_price("0.30 EUR"), fee_pct=read_fee("10"))


def on_cpu():
    target = Target(device=RECORDING.devices[0], memory_free_bytes=24 * 2**30)
    return replace(RECORDING, summaries=summarise([target], RECORDING.measurements, RECORDING.environment))


def shown(run, width=80):
    return table(run, Page(width, is_terminal=False, encoding="utf-8"))


def end(run, width=80):
    """The lines from the first summary to the verdict."""
    text = shown(run, width)
    return text[text.index("in short") :].splitlines()


def blocks(run, width=80):
    text = "\n".join(end(run, width))
    return [block.splitlines() for block in text.split("\n\n") if block.startswith("in short")]


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_no_line_is_wider_than_the_page(made, width):
    for run in (on_cpu(), made.gpu_run(), made.gpu_run(8)):
        assert max(map(len, end(with_costs(run, TARIFF), width))) <= width


@pytest.mark.parametrize(("count", "lines"), [(0, 6), (1, 6), (8, 7)])
def test_a_device_takes_a_heading_and_few_lines(made, count, lines):
    (block,) = blocks(made.gpu_run(count) if count else on_cpu())
    assert len(block) <= 1 + lines


def test_a_network_is_shown_in_its_fastest_form(made):
    forms = [("encoder.base", 100.0), ("encoder.base.fp16", 300.0)]
    rows = [made.measurement(made.H100, kernel, value, "sequences/s") for kernel, value in forms]
    (block,) = blocks(made.run([made.H100], rows))
    assert block[1] == "  capacity encoder fp16 300 sequences/s"


def test_copies_disks_and_latencies_are_no_capacity(made):
    rows = [
        made.measurement(made.H100, "transfer.h2d", 5e10, "bytes/s"),
        made.measurement(made.H100, "dispatch", 1e-5, "s"),
    ]
    (block,) = blocks(made.run([made.H100], rows))
    assert "capacity" not in "\n".join(block)
    assert "peak" not in "\n".join(block)


def test_a_wrong_result_is_no_capacity(made):
    row = made.measurement(made.H100, "gemm.fp16", 1e14, "FLOP/s", share=0.5, status=Status.FAIL)
    (block,) = blocks(made.run([made.H100], [row]))
    assert block[1] == "  capacity no verified rate"


def test_equal_gpus_are_one_block_with_the_range_of_their_rates(made):
    (block,) = blocks(made.gpu_run(8))
    assert "8 × NVIDIA H100 80GB HBM3" in block[0]
    assert "fp16 711–731 TFLOP/s" in "\n".join(block)


def test_different_gpus_are_blocks_of_their_own(made):
    devices = [made.gpu(0), made.gpu(1, name="NVIDIA L4")]
    rows = [made.measurement(device, "gemm.fp16", 1e14, "FLOP/s") for device in devices]
    assert [block[0].split()[2] for block in blocks(made.run(devices, rows))] == ["gpu:0", "gpu:1"]


def test_what_limited_it_and_what_could_not_be_seen_are_said(made):
    assert "power cap (gemm.fp16)" in shown(made.gpu_run())
    assert "unreadable: heat, power cap" in shown(on_cpu())
    quiet = made.run([made.H100], [made.measurement(made.H100, "gemm.fp16", 1e14, "FLOP/s")])
    assert "none seen" in shown(quiet)


def test_a_peak_that_is_not_calibrated_is_said(made):
    assert "uncalibrated" in "\n".join(end(on_cpu()))


def test_the_estimate_names_its_model_precision_context_and_basis(made):
    assert "int4 up to Llama-3.3-70B 67 tokens/s (4k context, by stream.add)" in shown(made.gpu_run())
    label = next(line for line in end(made.gpu_run()) if "Llama" in line)
    assert label.split()[0] == "estimate"


def test_a_device_too_small_for_any_model_says_so(made):
    row = made.measurement(made.H100, "stream.add", 1e12, "bytes/s")
    tiny = made.run([made.H100], [row], free_bytes=2**30)
    assert "int4: no size of the list fits 512 MiB" in shown(tiny)


def test_a_cost_is_shown_only_where_a_price_was_given(made):
    run = made.gpu_run()
    assert "cost" not in "\n".join(end(run))
    priced = shown(with_costs(run, TARIFF))
    assert "0.2066 EUR an hour at 688 W (gemm.fp16, sustained)" in priced
    assert "pays above 0.2295 EUR with a fee of 10 %" in priced
    assert "config.toml" not in priced
    configured = shown(with_costs(run, replace(TARIFF, price_from="/home/me/.config/netmind/config.toml")))
    assert "at 0.3000 EUR per kWh, from /home/me/.config/netmind/config.toml" in configured


def test_an_unknown_power_is_no_cost_of_zero(made):
    priced = "\n".join(end(with_costs(on_cpu(), TARIFF), 120))
    assert "power not known" in priced
    assert "EUR" not in priced


def test_a_run_kept_before_there_were_summaries_is_shown_without(made):
    assert "in short" not in shown(RECORDING)


def test_three_equal_devices_are_one_table_with_their_middle_and_ends(made):
    lines = shown(made.gpu_run(8), 80).splitlines()
    assert sum(line.startswith("gpu:") for line in lines) == 1
    (gemm,) = (line for line in lines if " gemm.fp16 " in line)
    values = [m.value / 1e12 for m in made.gpu_run(8).measurements if m.kernel == "gemm.fp16"]
    assert f"{min(values):.1f} – {max(values):.1f}" in gemm
    assert gemm.split()[2] == f"{(sorted(values)[3] + sorted(values)[4]) / 2:.1f}"
    assert "gpu:7" in gemm


def test_the_slowest_of_a_latency_is_the_longest(made):
    (line,) = (line for line in shown(made.gpu_run(8), 80).splitlines() if " dispatch " in line)
    assert "gpu:0" in line


def test_two_equal_devices_have_a_table_each(made):
    lines = shown(made.gpu_run(2), 80).splitlines()
    assert sum(line.startswith("gpu:") for line in lines) == 2


def test_one_wrong_result_among_equals_is_named(made):
    run = made.gpu_run(4)
    bad = next(m for m in run.measurements if m.device == "gpu:2" and m.kernel == "gemm.fp16")
    wrong = replace(
        bad,
        status=Status.FAIL,
        reasons=(Because(Reason.WRONG_RESULT, "the result is wrong"),),
        verified=replace(bad.verified, after=False),
    )
    text = shown(replace(run, measurements=tuple(wrong if m is bad else m for m in run.measurements)), 80)
    (line,) = (line for line in text.splitlines() if " gemm.fp16 " in line)
    assert "✖ 1 of 4" in line
    assert "fail ×1" in line
    assert "the result is wrong (gpu:2)" in text


def test_one_that_was_lost_is_a_block_beside_its_equals(made):
    run = made.gpu_run(8)
    gone = tuple(
        replace(m, value=None, status=Status.ERROR, reasons=(Because(Reason.DEVICE_LOST, "gpu:5 fell off the bus"),))
        if m.device == "gpu:5"
        else m
        for m in run.measurements
    )
    text = shown(replace(run, measurements=gone), 80)
    assert "gpu:0-4, gpu:6-7" in text
    assert "not measured: gpu:5 fell off the bus" in text


def test_what_devices_keep_together_is_said(made):
    sharing = tuple(
        Sharing(
            device=f"gpu:{index}",
            kernel="transfer.h2d",
            unit="bytes/s",
            together=9e9,
            alone=1e10,
            ratio=0.9 + index / 100,
        )
        for index in range(4)
    )
    text = shown(replace(made.gpu_run(4), sharing=sharing), 80)
    assert "transfer.h2d keeps 90 % (gpu:0) to 93 % of what a device does alone" in text
