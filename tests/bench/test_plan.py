from dataclasses import replace

import pytest

from netmind_tui.bench.choice import choose
from netmind_tui.bench.permit import memory_refusal
from netmind_tui.bench.plan import Resources, Target, make_plan, threads_for
from netmind_tui.model.measurement import Because, Reason
from netmind_tui.model.problem import Problem

RESOURCES = Resources(threads=2, memory_free_bytes=16 * 2**30)


def plan(catalog, *targets, suite="quick", kernels=()):
    return make_plan(choose(catalog, suite, kernels), targets, seed=7, default_seed=7, resources=RESOURCES)


@pytest.fixture
def target(cpu):
    def target(device=cpu, free=8 * 2**30, refused=None):
        return Target(device=device, memory_free_bytes=free, refused=refused)

    return target


def test_every_kernel_meets_every_device(catalog, target, gpu):
    steps = plan(catalog, target(), target(gpu)).steps
    quick = next(suite for suite in catalog.suites if suite.name == "quick")
    left = [kernel for kernel in quick.kernels if kernel not in quick.left_out_on_gpus]
    assert [(step.target.device.id, step.kernel.id) for step in steps] == [
        *(("cpu", kernel) for kernel in quick.kernels),
        *(("gpu:0", kernel) for kernel in left),
    ]
    # These plans name no folder on a disk.
    tried = [step for step in steps if step.kernel.family != "disk"]
    assert all(step.is_tried or step.refused.id is Reason.NOT_PLACEABLE for step in tried)


def test_a_pattern_chooses_among_all_kernels(catalog):
    choice = choose(catalog, "quick", ["gemm.*"])
    assert [kernel.id for kernel in choice.kernels] == ["gemm.fp32", "gemm.tf32", "gemm.fp16", "gemm.bf16", "gemm.int8"]


def test_only_a_whole_id_is_a_name(catalog):
    assert choose(catalog, "quick", ["gemm.*"]).named == frozenset()
    assert choose(catalog, "quick", ["GEMM.fp16", "gemm.*"]).named == {"gemm.fp16"}


def test_a_precision_that_a_cpu_has_not_is_not_tried_there(catalog, target):
    steps = {step.kernel.id: step for step in plan(catalog, target()).steps}
    assert steps["gemm.fp16"].refused.id is Reason.NOT_PLACEABLE
    assert not steps["gemm.fp16"].is_named


@pytest.mark.parametrize(("capability", "refused"), [("7.5", True), ("8.0", False), ("12.0", False), (None, False)])
@pytest.mark.parametrize("kernel_id", ["gemm.bf16", "gemm.tf32"])
def test_a_precision_that_a_card_is_too_old_for_is_not_tried_there(
    catalog, target, gpu, kernel_id, capability, refused
):
    card = target(replace(gpu, compute_capability=capability))
    (step,) = plan(catalog, card, kernels=(kernel_id,)).steps
    assert step.is_tried is not refused
    if refused:
        assert step.refused.id is Reason.NOT_PLACEABLE
        assert step.refused.detail == f"{kernel_id} needs compute capability 8.0; gpu:0 has 7.5"


@pytest.mark.parametrize("kernel_id", ["gemm.bf16", "conv.resnet50.fp16", "encoder.base.fp16"])
def test_what_only_cards_run_costs_a_cpu_nothing(catalog, target, kernel_id):
    made = plan(catalog, target(), kernels=(kernel_id,))
    assert made.steps[0].refused.id is Reason.NOT_PLACEABLE
    assert made.expected_s == 0


def test_the_networks_in_half_precision_fit_a_card_of_8_gb(catalog, target, gpu):
    card = target(replace(gpu, memory_total_bytes=8 * 10**9), free=7 * 10**9)
    for step in plan(catalog, card, kernels=("*.fp16", "gemv.int4", "gemm.bf16")).steps:
        assert step.is_tried, step.refused


@pytest.mark.parametrize(
    ("suite", "kernels", "nearest"),
    [("quik", (), "quick"), ("quick", ("gem.fp32",), "gemm.fp32"), ("quick", ("x*",), "the nearest are")],
)
def test_a_mistyped_name_is_answered_with_the_nearest(catalog, suite, kernels, nearest):
    with pytest.raises(Problem, match=nearest):
        choose(catalog, suite, kernels)


def test_a_kernel_that_does_not_fit_is_refused_with_what_it_needs(catalog, target):
    steps = plan(catalog, target(free=520 * 2**20), kernels=("gemm.fp32",)).steps
    assert steps[0].refused.id is Reason.NOT_ENOUGH_MEMORY
    assert "97 MiB" in steps[0].refused.detail


def test_the_last_half_gigabyte_is_never_taken(catalog, target):
    steps = plan(catalog, target(free=2**30), kernels=("gemm.fp32",)).steps
    assert steps[0].memory_limit_bytes == 2**29


def test_a_growing_kernel_takes_an_eighth_at_most(catalog, target):
    steps = plan(catalog, target(free=8 * 2**30), kernels=("stream.add",)).steps
    assert steps[0].memory_limit_bytes == 2**30


def test_operands_for_a_large_gpu_must_fit_a_small_host(catalog, target, gpu):
    steps = plan(catalog, target(gpu, free=80 * 2**30), kernels=("stream.add",)).steps
    assert steps[0].memory_limit_bytes == RESOURCES.memory_free_bytes // 4


def test_a_refused_device_refuses_all_its_kernels(catalog, target):
    made = plan(catalog, target(refused=Because(Reason.UNSAFE, "on battery")))
    assert made.is_empty
    assert made.expected_s == 0
    assert {step.refused.detail for step in made.steps} == {"on battery"}


def test_light_kernels_get_a_smaller_share_of_the_sustained_time(catalog, target):
    steps = {step.kernel.id: step for step in plan(catalog, target(), suite="sustained").steps}
    assert steps["dispatch"].rules.sustained.min_s < steps["gemm.fp32"].rules.sustained.min_s / 2


@pytest.mark.parametrize(
    ("suite", "least_s", "most_s"), [("quick", 4, 60), ("standard", 60, 360), ("sustained", 600, 1200)]
)
def test_each_suite_is_planned_within_its_budget(catalog, suite, least_s, most_s, target):
    assert least_s <= plan(catalog, target(), suite=suite).expected_s <= most_s


def test_threads_are_physical_cores_within_the_limits(host):
    assert threads_for(host) == 2


@pytest.mark.parametrize(
    ("free", "total", "refused"),
    [(2**29, 2**33, True), (2**31, 2**35, True), (2**31, 2**33, False)],
)
def test_a_machine_without_memory_left_is_not_loaded(free, total, refused):
    assert (memory_refusal(free, total) is not None) is refused
