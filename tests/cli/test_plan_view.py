"""The plan of a run as a table: equal devices once, and what cannot run in one line."""

from dataclasses import replace

import pytest

from netmind_tui.bench.catalog import open_catalog
from netmind_tui.bench.choice import choose
from netmind_tui.bench.plan import Resources, Target, make_plan
from netmind_tui.cli.page import Page
from netmind_tui.cli.plan_view import plan_table
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.measurement import Because, Reason

CPU = Device(id="cpu", kind=DeviceKind.CPU, name="Test CPU", memory_total_bytes=64 * 2**30)
CARD = Device(id="gpu:0", kind=DeviceKind.GPU, name="Test GPU", memory_total_bytes=24 * 2**30, compute_capability="8.9")


@pytest.fixture
def shown():
    def shown(count, width=100, suite="standard", lost=()):
        cards = [replace(CARD, id=f"gpu:{index}", uuid=f"GPU-{index}") for index in range(count)]
        targets = [Target(device=CPU, memory_free_bytes=48 * 2**30)]
        targets += [
            Target(
                device=card,
                memory_free_bytes=22 * 2**30,
                refused=Because(Reason.DEVICE_LOST, "fell off the bus") if card.id in lost else None,
            )
            for card in cards
        ]
        plan = make_plan(
            choose(open_catalog(), suite, ()),
            targets,
            seed=7,
            default_seed=7,
            resources=Resources(threads=2, memory_free_bytes=48 * 2**30),
        )
        return plan, plan_table(plan, Page(width, is_terminal=False, encoding="utf-8")).splitlines()

    return shown


def test_equal_devices_are_planned_once_and_run_at_once(shown):
    plan, lines = shown(8)
    assert sum(line.split()[:2] == ["gpu:0-7", "gemm.fp16"] for line in lines) == 1
    assert any(line.startswith("gpu:0-7 at once, then one by one ") for line in lines)
    assert plan.expected_s <= 360


def test_one_that_is_lost_is_told_beside_its_equals(shown):
    _, lines = shown(8, lost={"gpu:5"})
    assert any(line.startswith("gpu:0-4, gpu:6-7 ") for line in lines)
    assert "gpu:5: fell off the bus" in lines


def test_what_a_device_has_no_form_for_is_one_line(shown):
    _, lines = shown(0)
    (line,) = [line for line in lines if line.startswith("cpu: not on this kind of device:")]
    assert "transfer.h2d" in line
    assert not any("at once" in line for line in lines)


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_no_line_is_wider_than_the_page(shown, width):
    assert max(map(len, shown(8, width)[1])) <= max(width, 49)


@pytest.mark.parametrize(("suite", "budget_s"), [("preflight", 15), ("quick", 60), ("standard", 360)])
def test_a_suite_keeps_its_budget_with_any_number_of_gpus(shown, suite, budget_s):
    assert all(shown(count, suite=suite)[0].expected_s <= budget_s for count in (1, 2, 8, 16))
