"""Machines held against requirements: what passes, what fails, and what nobody can tell."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from netmind_tui.bench.catalog import open_catalog
from netmind_tui.certify.judgement import judge
from netmind_tui.certify.judgement_ground import Declared, ground_of_run
from netmind_tui.certify.requirement_file import read_requirements
from netmind_tui.certify.requirement_profile import read_profile
from netmind_tui.model.device import Device, DeviceKind, Driver
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.finding import Action, Finding, Status
from netmind_tui.model.kernel import Phase
from netmind_tui.model.measurement import Because, Environment, Peak, Reason, Throttle
from netmind_tui.model.reading import Absence
from netmind_tui.model.requirement import action_of, exit_code

CATALOG = open_catalog()
NOW = datetime(2026, 11, 22, 20, 5, tzinfo=UTC)
HEAD = 'schema = "netmind.requirements/1"\nname = "a"\ntitle = "A"\naccept_declared = true\n'
DRIVER = Environment(driver=Driver(version="580.95.05", cuda_version="13.0"))


def asked(metric, operator, value, devices="each gpu", *, head=HEAD, **more):
    text = f'{head}[[requirement]]\nid = "r"\nmetric = "{metric}"\noperator = "{operator}"\nvalue = {value}\n'
    text += f'devices = "{devices}"\n' if devices else ""
    text += "".join(f'{name} = "{word}"\n' for name, word in more.items())
    return read_requirements(text.encode(), "a.toml", CATALOG)


@pytest.fixture
def ground(made):
    """The ground that a run of so many H100 gives."""

    def make(count=1, *, rows=None, health=True, kind="now", **changes):
        run = made.gpu_run(count, environment=DRIVER)
        run = replace(run, **changes)
        if rows is not None:
            run = replace(run, measurements=tuple(rows(row) for row in run.measurements))
        return ground_of_run(run, kind, looked_at_health=health)

    return make


def told(requirements, ground, now=NOW):
    """The judgements, without that on correctness."""
    return [each for each in judge(requirements, ground, now) if each.id != "correctness"]


def one(requirements, ground, now=NOW):
    (judged,) = told(requirements, ground, now)
    if judged.status is not Status.PASS:
        assert judged.remediation
    return judged


def on(kernel, **changes):
    return lambda row: replace(row, **changes) if row.kernel == kernel else row


def test_a_device_is_held_against_what_is_required(ground):
    good = one(asked("device.memory", ">=", '"79 GiB"'), ground())
    assert (good.status, good.device, good.evidence) == (Status.PASS, "gpu:0", "asserted")
    assert good.actual == 85_520_809_984
    bad = one(asked("device.memory", ">", '"80 GiB"', remediation="buy", action="replace"), ground())
    assert (bad.status, bad.remediation, bad.action) == (Status.FAIL, "buy", Action.REPLACE)
    assert bad.summary == "gpu:0, device.memory: 79.65 GiB; required: more than 80 GiB"
    assert one(asked("device.memory", ">", '"80 GiB"', severity="warn"), ground()).status is Status.WARN


def test_each_device_has_a_judgement_of_its_own_and_some_of_them_one_together(ground):
    def slow(row):
        return replace(row, value=1e12, ci95=(1e12, 1e12)) if row.device == "gpu:3" else row

    eight = ground(8, rows=slow)
    each = told(asked("kernel.gemm.fp16", ">=", '"500 TFLOP/s"'), eight)
    assert [judged.status for judged in each] == [Status.PASS] * 3 + [Status.FAIL] + [Status.PASS] * 4
    assert each[3].device == "gpu:3"
    some = one(asked("kernel.gemm.fp16", ">=", '"500 TFLOP/s"', "at least 7 gpu"), eight)
    assert (some.status, some.actual, some.device) == (Status.PASS, 7.0, None)
    all_ = one(asked("kernel.gemm.fp16", ">=", '"500 TFLOP/s"', "at least 8 gpu"), eight)
    assert all_.status is Status.FAIL
    assert "gpu:3" in all_.summary


def test_of_several_devices_the_unknown_ones_may_still_decide(ground):
    def unknown(row):
        return replace(row, value=None, status=Status.ERROR) if row.device == "gpu:1" else row

    both = asked("kernel.gemm.fp16", ">=", '"500 TFLOP/s"', "at least 2 gpu")
    assert one(both, ground(2, rows=unknown)).status is Status.ERROR
    three = asked("kernel.gemm.fp16", ">=", '"500 TFLOP/s"', "at least 3 gpu")
    assert one(three, ground(2, rows=unknown)).status is Status.FAIL


@pytest.mark.parametrize(
    ("limit", "status"), [('"95 GFLOP/s"', "pass"), ('"100 GFLOP/s"', "error"), ('"111 GFLOP/s"', "fail")]
)
def test_an_unstable_figure_passes_whole_fails_whole_or_cannot_be_told(ground, limit, status):
    shaky = on(
        "gemm.fp32",
        value=1e11,
        status=Status.UNSTABLE,
        ci95=(0.98e11, 1.02e11),
        p5=0.97e11,
        p95=1.05e11,
        samples=(0.96e11, 1e11, 1.1e11),
    )
    judged = one(asked("kernel.gemm.fp32", ">=", limit), ground(rows=shaky))
    assert judged.status == status
    assert judged.interval == (0.96e11, 1.1e11)
    if status == "error":
        assert judged.action is Action.RETRY
        assert "nobody can tell" in judged.summary


def test_a_stable_figure_is_its_median(ground):
    steady = on("gemm.fp32", value=1e11, ci95=(0.9e11, 1.2e11))
    assert one(asked("kernel.gemm.fp32", ">=", '"100 GFLOP/s"'), ground(rows=steady)).status is Status.PASS


@pytest.mark.parametrize(
    "changes",
    [
        {"value": None, "status": Status.ERROR, "reasons": (Because(Reason.DEVICE_HELD, "held by another run"),)},
        {"status": Status.FAIL, "reasons": (Because(Reason.THROTTLED, "slowed down by heat"),)},
        {"verified": None},
        {"value": None, "status": Status.SKIP, "reasons": (Because(Reason.NOT_PLACEABLE, "no form"),)},
        {"status": Status.UNSTABLE, "ci95": None, "p5": None, "p95": None, "samples": ()},
    ],
)
def test_a_rate_that_is_not_believed_is_neither_passed_nor_failed(ground, changes):
    judged = one(asked("kernel.gemm.fp32", ">=", '"1 GFLOP/s"'), ground(rows=on("gemm.fp32", **changes)))
    assert judged.status is Status.ERROR
    assert judged.actual is None


def test_a_kernel_that_did_not_run_or_in_another_version_or_phase_is_not_judged(ground):
    assert "not in this run" in one(asked("kernel.gemv.int4", ">=", '"1 GB/s"'), ground()).summary
    newer = ground(rows=on("gemm.fp32", kernel_version=2))
    assert "version 2; version 1" in one(asked("kernel.gemm.fp32@1", ">=", '"1 GFLOP/s"'), newer).summary
    burst = ground(rows=on("gemm.fp32", phase=Phase.BURST))
    judged = one(asked("kernel.gemm.fp32", ">=", '"1 GFLOP/s"', phase="sustained"), burst)
    assert (judged.status, "sustained is asked for" in judged.summary) == (Status.ERROR, True)
    assert one(asked("kernel.gemm.fp32@1", ">=", '"1 GFLOP/s"', phase="sustained"), ground()).status is Status.PASS


def test_wrong_results_fail_whatever_is_required(ground):
    requirements = asked("device.memory", ">=", '"1 GiB"')
    wrong = ground(rows=on("gemm.fp32", status=Status.FAIL, reasons=(Because(Reason.WRONG_RESULT, "wrong by far"),)))
    judged = judge(requirements, wrong, NOW)
    assert (judged[0].id, judged[0].status, judged[0].action) == ("correctness", Status.FAIL, Action.DRAIN)
    assert "wrong by far" in judged[0].summary
    assert exit_code(judged) is ExitCode.FAILED
    assert action_of(judged) is Action.DRAIN


def test_a_result_that_was_not_checked_or_crashed_is_not_correct(ground, made):
    def first(rows):
        return judge(asked("device.memory", ">=", '"1 GiB"'), ground(rows=rows), NOW)[0]

    assert first(on("gemm.fp32", verified=None)).status is Status.ERROR
    crash = {"value": None, "verified": None, "status": Status.ERROR}
    crashed = on("gemm.fp32", **crash, reasons=(Because(Reason.KERNEL_CRASHED, "signal 11"),))
    assert (first(crashed).status, "signal 11" in first(crashed).summary) == (Status.ERROR, True)
    nothing = judge(asked("device.memory", ">=", '"1 GiB"'), ground(measurements=()), NOW)[0]
    assert (nothing.status, nothing.summary) == (Status.ERROR, "no kernel ran, so no result could be checked")
    assert first(lambda row: row).actual == 8


def test_shares_of_peers_and_of_peaks(ground):
    def slow(row):
        return replace(row, value=0.9 * row.value) if row.device == "gpu:2" and row.kernel == "gemm.fp32" else row

    peers = told(asked("kernel.gemm.fp32", ">=", '"95 %"', relative_to="peers"), ground(4, rows=slow))
    assert [judged.status for judged in peers] == [Status.PASS, Status.PASS, Status.FAIL, Status.PASS]
    assert peers[2].actual == pytest.approx(0.9, abs=0.01)
    late = on("dispatch", value=2e-5)
    lone = asked("kernel.gemm.fp32", ">=", '"95 %"', relative_to="peers")
    assert "no equal device" in one(lone, ground()).summary
    slower = told(asked("kernel.dispatch", ">=", '"95 %"', relative_to="peers"), ground(2))
    assert [judged.actual > 1 for judged in slower] == [False, True]  # pace 0.996 of a latency is faster
    assert one(asked("kernel.dispatch", "<=", '"10 µs"'), ground(rows=late)).status is Status.FAIL
    peak = one(asked("kernel.gemm.fp32", ">=", '"70 %"', relative_to="peak"), ground())
    assert peak.actual == pytest.approx(0.77)
    assumed = on("gemm.fp32", peak=Peak(value=1e14, source="a virtual machine", calibrated=False))
    unsure = one(asked("kernel.gemm.fp32", ">=", '"70 %"', relative_to="peak"), ground(rows=assumed))
    assert (unsure.status, "a virtual machine" in unsure.summary) == (Status.ERROR, True)


def test_a_share_of_a_baseline_needs_one_that_is_alike(ground):
    wanted = asked("kernel.gemm.fp32", ">=", '"95 %"', relative_to="baseline")
    now = ground()
    assert "no earlier measurement" in one(wanted, now).summary
    row = now.row("gpu:0", "gemm.fp32")
    for before, status in (
        (row, Status.PASS),
        (replace(row, value=2 * row.value), Status.FAIL),
        (replace(row, kernel_version=9), Status.ERROR),
    ):
        assert one(wanted, replace(now, baseline={("gpu:0", "gemm.fp32"): before})).status is status


def test_spread_throttling_and_sharing(ground):
    assert one(asked("spread", "<=", '"1 %"'), ground()).actual == 0.004
    assert one(asked("spread.gemm.fp32", "<", '"0.4 %"'), ground()).status is Status.FAIL
    assert one(asked("throttle.kernels", "==", '"0 kernels"'), ground()).status is Status.PASS
    hot = on(
        "gemm.fp32",
        status=Status.FAIL,
        throttle=Throttle(hw_thermal_ns=5),
        reasons=(Because(Reason.THROTTLED, "slowed down by heat"),),
    )
    judged = one(asked("throttle.kernels", "==", '"0 kernels"'), ground(rows=hot))
    assert (judged.status, judged.source) == (Status.FAIL, "gemm.fp32")
    uncounted = ground(rows=lambda row: replace(row, throttle=Throttle()))
    assert one(asked("throttle.kernels", "==", '"0 kernels"'), uncounted).status is Status.ERROR
    assert one(asked("sharing.gemm.fp16", ">=", '"90 %"'), ground(2, devices=())).status is Status.ERROR


def test_temperature_and_link_under_load(ground, made):
    cool = replace(made.H100, temperature_slowdown_c=87, pcie_width_max=16)
    judged = one(asked("temperature.headroom", ">=", '"20 °C"'), ground(devices=(cool,)))
    assert (judged.status, judged.actual) == (Status.PASS, 23.0)
    assert one(asked("temperature.max", "<", '"64 °C"'), ground()).status is Status.FAIL
    assert one(asked("pcie.width_max", ">=", '"16 lanes"'), ground(devices=(cool,))).status is Status.PASS
    assert "no sample under load" in one(asked("pcie.width", ">=", '"16 lanes"'), ground()).summary
    slices = replace(made.H100, absent={"temperature_slowdown_c": Absence.UNDER_MIG})
    unknown = one(asked("temperature.headroom", ">=", '"5 °C"'), ground(devices=(slices,)))
    assert "not reported while the card is partitioned" in unknown.summary


def test_a_class_that_nobody_can_list_is_not_counted(ground, made):
    eight = asked("device.count", ">=", '"8 GPUs"', "gpu")
    assert one(eight, ground(8)).status is Status.PASS
    assert one(eight, ground(7)).status is Status.FAIL
    cpu = Device(id="cpu", kind=DeviceKind.CPU, memory_total_bytes=2**34)
    alone = ground_of_run(made.run([cpu], []), "now", looked_at_health=True)
    judged = one(eight, alone)
    assert (judged.status, "cannot be told" in judged.summary) == (Status.ERROR, True)
    assert one(asked("device.count", "==", '"1 CPU"', "cpu"), alone).status is Status.PASS
    assert "there is no gpu" in one(asked("device.memory", ">=", '"1 GiB"'), alone).summary
    assert one(asked("driver.version", ">=", '"580"', None), alone).status is Status.ERROR
    assert "a processor has none" in one(asked("device.ecc", "==", "true", "cpu"), alone).summary


def test_the_machine_and_its_driver(ground):
    assert one(asked("driver.version", ">=", '"580"', None), ground()).status is Status.PASS
    assert one(asked("driver.cuda", "<", '"13"', None), ground()).status is Status.FAIL
    assert one(asked("host.cores", ">=", '"96 cores"', None), ground()).status is Status.PASS
    assert one(asked("host.cores_per_gpu", "<", '"12 cores"', None), ground(8)).actual == 12.0
    assert one(asked("host.memory", ">=", '"1 GiB"', None), ground()).status is Status.ERROR
    assert one(asked("host.architecture", "in", '["aarch64", "x86_64"]', None), ground()).status is Status.PASS
    assert one(asked("device.name", "==", '"*H100*"'), ground()).status is Status.PASS
    limited = Device(id="gpu:0", kind=DeviceKind.GPU, power_limit_w=300.0, power_limit_default_w=400.0)
    share = one(asked("device.power_limit_share", ">=", '"80 %"'), ground(devices=(limited,)))
    assert (share.status, share.actual) == (Status.FAIL, 0.75)
    assert one(asked("device.power_limit", ">=", '"300 W"'), ground(devices=(limited,))).status is Status.PASS


def test_findings_count_only_where_somebody_looked(ground):
    sick = ground(findings=(Finding(id="xid", title="x", status=Status.FAIL, device="gpu:0"),))
    assert one(asked("findings.fail", "==", '"0 findings"', None), sick).status is Status.FAIL
    assert one(asked("findings.warn", "==", "1", None), sick).status is Status.PASS
    assert one(asked("finding.xid", "==", '"0 findings"', None), sick).source == "gpu:0"
    assert one(asked("finding.gpu-hot", "==", '"0 findings"', None), sick).status is Status.PASS
    unseen = one(asked("findings.fail", "==", '"0 findings"', None), ground(health=False))
    assert (unseen.status, "does not look at health" in unseen.summary) == (Status.ERROR, True)


def test_a_device_that_could_not_be_examined_is_not_a_healthy_one(ground):
    lost = ground(findings=(Finding(id="gpu-hot", title="x", status=Status.ERROR, device="gpu:0"),))
    for metric in ("findings.fail", "finding.xid"):
        judged = one(asked(metric, "==", '"0 findings"', None), lost)
        assert (judged.status, "gpu:0" in judged.summary) == (Status.ERROR, True)
    assert one(asked("finding.gpu-hot", "==", '"0 findings"', None), lost).status is Status.FAIL


def test_what_is_declared_needs_a_date_and_stays_a_word(ground):
    wanted = asked("declared.download", ">", '"100 Mbit/s"', None)
    word = Declared(on="2026-11-01", values={"download_mbps": 500.0, "ports": 24.0, "uptime_pct": 99.7})
    good = one(wanted, replace(ground(), declared=word))
    assert (good.status, good.evidence, good.actual) == (Status.PASS, "declared", 5e8)
    exactly = replace(ground(), declared=replace(word, values={"download_mbps": 100.0}))
    assert one(wanted, exactly).status is Status.FAIL
    undated = one(wanted, replace(ground(), declared=replace(word, on=None)))
    assert (undated.status, "without a date" in undated.summary) == (Status.ERROR, True)
    assert "not declared" in one(wanted, replace(ground(), declared=Declared())).summary
    assert "declared.download_mbps" in one(wanted, replace(ground(), declared=Declared())).remediation
    assert "of this machine only" in one(wanted, ground()).summary
    per_gpu = one(asked("declared.ports_per_gpu", ">=", '"3 ports"', None), replace(ground(8), declared=word))
    assert (per_gpu.status, per_gpu.actual) == (Status.PASS, 3.0)
    assert one(asked("declared.uptime", ">=", '"99.7 %"', None), replace(ground(), declared=word)).status == "pass"


def test_figures_that_are_too_old_or_from_the_future_say_nothing(ground):
    week = asked("device.memory", ">=", '"1 GiB"', head=HEAD + 'max_age = "7 d"\n')
    kept = ground(kind="run")
    assert one(week, kept).status is Status.PASS
    old = one(week, kept, NOW.replace(year=2027))
    assert (old.status, "365 d ago; at most 7 d" in old.summary) == (Status.ERROR, True)
    assert "future" in one(week, kept, NOW.replace(year=2025)).summary
    assert one(week, ground(), NOW.replace(year=2027)).status is Status.PASS  # made now, whatever the clock says
    assert "is no time" in one(week, replace(kept, measured_at="yesterday")).summary
    stale = asked("declared.ports", ">=", "1", None, head=HEAD + 'max_age = "7 d"\n')
    word = Declared(on="2026-01-01", values={"ports": 24.0})
    assert one(stale, replace(ground(), declared=word)).status is Status.ERROR


def test_evidence_below_the_weakest_accepted_is_not_judged(ground):
    head = HEAD + 'evidence = "measured"\n'
    assert one(asked("kernel.gemm.fp32", ">=", '"1 GFLOP/s"', head=head), ground()).status is Status.PASS
    said = one(asked("device.memory", ">=", '"1 GiB"', head=head), ground())
    assert (said.status, "only asserted" in said.summary) == (Status.ERROR, True)
    own = asked("device.memory", ">=", '"1 GiB"', head=head, evidence="asserted")
    assert one(own, ground()).status is Status.PASS
    proven = asked("kernel.gemm.fp32", ">=", '"1 GFLOP/s"', evidence="proven")
    assert "only measured" in one(proven, ground()).summary


@pytest.mark.parametrize(
    ("name", "gib", "level"),
    [
        ("NVIDIA GeForce RTX 4090", 23.99, "5"),
        ("NVIDIA GeForce RTX 4090 D", 23.99, "unlisted"),
        ("NVIDIA GeForce RTX 4090 Laptop GPU", 15.99, "unlisted"),
        ("NVIDIA GeForce RTX 5090", 31.8, "unlisted"),
        ("NVIDIA GeForce RTX 4080", 16.0, "unlisted"),
        ("NVIDIA H100 80GB HBM3", 79.65, "unlisted"),
        ("NVIDIA GeForce RTX 3060", 12.0, "2"),
        ("NVIDIA GeForce RTX 3060", 8.0, "unlisted"),
        ("NVIDIA GeForce RTX 3080", 10.0, "3"),
        ("NVIDIA GeForce RTX 3080", 12.0, "unlisted"),
        ("NVIDIA GeForce RTX 3090 Ti", 24.0, "4"),
        ("NVIDIA A100-SXM4-80GB", 80.0, "5"),
        ("NVIDIA A100 80GB PCIe", 80.0, "5"),
        ("Tesla V100-SXM2-16GB", 15.78, "4"),
        ("NVIDIA GeForce GTX 1060 6GB", 5.93, "1"),
        ("NVIDIA GeForce GTX 1060 3GB", 2.95, "unlisted"),
    ],
)
def test_a_model_has_the_level_that_lists_it_and_never_the_nearest(ground, name, gib, level):
    card = Device(id="gpu:0", kind=DeviceKind.GPU, name=name, memory_total_bytes=round(gib * 2**30))
    judged = next(
        each
        for each in judge(read_profile("netmind-power", CATALOG), ground(devices=(card,)), NOW)
        if each.id == "level"
    )
    assert judged.actual == level
    assert judged.status == ("fail" if level == "unlisted" else "pass")


def test_the_profile_of_a_server_passes_on_one(ground, made):
    card = {
        "compute_capability": "9.0",
        "mig_enabled": False,
        "ecc_enabled": True,
        "power_limit_w": 700.0,
        "power_limit_default_w": 700.0,
    }
    eight = ground(8, devices=tuple(made.gpu(index, **card) for index in range(8)))

    def linked(sample):
        parts = tuple(replace(part, pcie_generation=5, pcie_width=16) for part in sample.devices)
        return replace(sample, devices=parts)

    rows = tuple(replace(row, before=linked(row.before), after=linked(row.after)) for row in eight.measurements)
    eight = replace(eight, measurements=rows, memory_bytes=2 * 2**40)
    judged = judge(read_profile("inference-8gpu", CATALOG), eight, NOW)
    assert {each.status for each in judged} == {Status.PASS}
    seven = replace(eight, devices=eight.devices[:7])
    failed = [each for each in judge(read_profile("inference-8gpu", CATALOG), seven, NOW) if each.status == "fail"]
    assert [each.id for each in failed] == ["gpus"]


def test_what_the_command_ends_with(ground):
    passed = judge(asked("device.memory", ">=", '"1 GiB"'), ground(), NOW)
    warned = judge(asked("device.memory", ">", '"1 TiB"', severity="warn"), ground(), NOW)
    failed = judge(asked("device.memory", ">", '"1 TiB"'), ground(), NOW)
    unknown = judge(asked("device.ecc", "==", "true"), ground(), NOW)
    assert exit_code(passed) is ExitCode.OK
    assert (exit_code(warned), exit_code(warned, strict=True)) == (ExitCode.OK, ExitCode.FAILED)
    assert exit_code(failed) is ExitCode.FAILED
    assert exit_code(unknown) is ExitCode.UNMEASURED
    assert exit_code((*failed, *unknown)) is ExitCode.FAILED
