"""Whether a certificate still fits the machine: what changed, what cannot be told, and what it never covered."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from netmind_tui.bench.store import read_run
from netmind_tui.certify.issue import Terms, issue
from netmind_tui.certify.node_key import make_key, read_key
from netmind_tui.certify.outdated import Machine, standing
from netmind_tui.certify.scope import open_scope
from netmind_tui.model.device import Device, DeviceKind, Driver, Trouble
from netmind_tui.model.host import Boundary
from netmind_tui.model.redaction import Redactor

RECORDING = Path(__file__).parents[1] / "recordings/quick_cpu.json"
MACHINE = "5eed" * 8
CARD = Device(
    id="gpu:0",
    kind=DeviceKind.GPU,
    name="NVIDIA L40S",
    uuid="GPU-5eed0000-0000-4000-8000-000000000000",
    memory_total_bytes=46 << 30,
    power_limit_w=350.0,
    ecc_enabled=True,
    mig_enabled=False,
)
DRIVER = Driver(version="580.95.05")


@pytest.fixture
def certified(tmp_path):
    """A certificate of a machine with one card, and that machine."""
    make_key(tmp_path / "node.pem", "2026-11-22T00:00:00.000Z")
    key = read_key(tmp_path / "node.pem")
    run = read_run(RECORDING)
    run = replace(run, devices=(*run.devices, CARD), environment=replace(run.environment, driver=DRIVER))
    terms = Terms(scope=open_scope(None), now=datetime(2026, 11, 22, 21, tzinfo=UTC))
    issued = issue(run, terms, key.private, result_name="a.result.json", machine=MACHINE, redactor=Redactor())
    machine = Machine(driver=DRIVER, devices=run.devices, boundaries=run.host.boundaries, id=MACHINE)
    return issued.certificate, machine


def with_card(machine, **changes):
    cards = [replace(each, **changes) if each.id == "gpu:0" else each for each in machine.devices]
    return replace(machine, devices=cards)


def test_the_machine_that_was_certified_is_as_it_was(certified):
    found = standing(*certified)
    assert (found.changes, found.unknown, found.uncovered) == ((), (), ())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"power_limit_w": 300.0}, "gpu:0 power limit 350 W → 300 W"),
        ({"ecc_enabled": False}, "gpu:0 ECC on → off"),
        ({"mig_enabled": True}, "gpu:0 MIG off → on"),
        ({"name": "NVIDIA L4"}, "gpu:0 was NVIDIA L40S and is NVIDIA L4"),
        (
            {"uuid": "GPU-5eed0000-0000-4000-8000-000000000001"},
            "gpu:0 is another device than the one that was certified",
        ),
    ],
)
def test_a_changed_card_is_said(certified, changes, words):
    certificate, machine = certified
    assert standing(certificate, with_card(machine, **changes)).changes == (words,)


def test_another_driver_is_said(certified):
    certificate, machine = certified
    found = standing(certificate, replace(machine, driver=Driver(version="591.44")))
    assert found.changes == ("driver 580.95.05 → 591.44",)


def test_a_driver_that_is_gone_is_a_change(certified):
    certificate, machine = certified
    assert standing(certificate, replace(machine, driver=None)).changes == ("driver 580.95.05 → none",)


def test_a_card_that_was_taken_out_is_gone(certified):
    certificate, machine = certified
    only_cpu = [each for each in machine.devices if each.id == "cpu"]
    assert standing(certificate, replace(machine, devices=only_cpu)).changes == ("gpu:0 is gone",)


def test_another_place_to_run_in_is_said(certified):
    certificate, machine = certified
    boundaries = {**machine.boundaries, Boundary.WSL: "Ubuntu"}
    found = standing(certificate, replace(machine, boundaries=boundaries))
    assert found.changes == ("another container or virtual machine around it",)


def test_what_a_sleeping_card_does_not_say_is_no_change(certified):
    certificate, machine = certified
    asleep = with_card(machine, asleep=True, power_limit_w=None, ecc_enabled=None, mig_enabled=None, name=None)
    assert standing(certificate, asleep).changes == ()


def test_a_lost_card_and_a_silent_driver_cannot_be_told(certified):
    certificate, machine = certified
    lost = with_card(machine, lost="fell off the bus", trouble=Trouble.FAILED, power_limit_w=None)
    found = standing(certificate, replace(lost, driver=Driver(problem="it hangs")))
    assert found.changes == ()
    assert found.unknown == ("gpu:0 does not answer", "the driver does not say its version")


def test_a_card_that_was_put_in_is_not_covered_and_outdates_nothing(certified):
    certificate, machine = certified
    more = (*machine.devices, replace(CARD, id="gpu:1", uuid="GPU-5eed0000-0000-4000-8000-000000000001"))
    found = standing(certificate, replace(machine, devices=more))
    assert (found.changes, found.uncovered) == ((), ("gpu:1",))


def test_without_an_id_of_the_machine_nothing_is_said_of_its_processor(certified):
    certificate, machine = certified
    assert standing(certificate, replace(machine, id=None)).changes == ()
    assert standing(certificate, replace(machine, id="feed" * 8)).changes == (
        "cpu is another device than the one that was certified",
    )
