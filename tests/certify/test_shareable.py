"""The form in which strangers read a run: what was measured, and nothing of whose machine it is."""

import json
from dataclasses import replace

import pytest

from netmind_tui.certify.scope import open_scope
from netmind_tui.certify.shareable import shareable
from netmind_tui.document import encode
from netmind_tui.model.device import Driver
from netmind_tui.model.finding import Finding, Status
from netmind_tui.model.measurement import Because, Reason
from netmind_tui.model.redaction import Redactor, names_of
from netmind_tui.model.sample import DeviceSample, HostSample, Sample

SECRETS = ("annas-rig", "anna", "/home", "8c1f2a3b", "4194303", "train.py", "0000:81:00", "SN-1234")


@pytest.fixture
def run(made):
    """A run of two cards in which everything private stands where it could."""
    run = made.gpu_run(2)
    seen = DeviceSample(device="gpu:0", uuid="GPU-8c1f2a3b-aaaa-4000-8000-0123456789ab")
    sample = Sample(at="2026-11-22T20:00:00.000Z", host=HostSample(), devices=(seen,))
    words = "process 4194303 of anna (/home/anna/train.py) on annas-rig computes on GPU-8c1f2a3b at 0000:81:00.0"
    row = replace(
        run.measurements[0],
        before=sample,
        after=sample,
        status=Status.WARN,
        reasons=(Because(Reason.POWER_CAPPED, words),),
    )
    finding = Finding(id="slow", title=words, status=Status.WARN, actual=words, device="gpu:0", evidence=words)
    driver = Driver(version="580.65.06", problem="annas-rig: cannot open /home/anna/libnvidia-ml.so")
    return replace(
        run,
        measurements=(row, *run.measurements[1:]),
        alone=(row,),
        devices=tuple(replace(each, pci_slot="0000:81:00.0") for each in run.devices),
        findings=(finding,),
        environment=replace(run.environment, driver=driver),
    )


def shared(run, **changes):
    redactor = Redactor(names_of("annas-rig.example", ["anna"]))
    return shareable(replace(run, **changes), open_scope("lab.example"), "a" * 32, redactor)


def test_it_holds_nothing_of_its_owner(run):
    text = encode(shared(run)).decode()
    for secret in SECRETS:
        assert secret not in text, secret


def test_it_keeps_what_was_measured_and_by_what(run):
    result = shared(run)
    assert [row.value for row in result.measurements] == [row.value for row in run.measurements]
    assert result.measurements[0].reasons[0].id is Reason.POWER_CAPPED
    assert {device.name for device in result.devices} == {"NVIDIA H100 80GB HBM3"}
    assert result.environment.driver.version == "580.65.06"
    assert result.findings[0].id == "slow"


def test_a_host_whose_name_is_a_word_of_the_catalogue_changes_no_figure(run):
    redactor = Redactor(names_of("quick", ["cpu"]))
    result = shareable(replace(run, suite="quick"), open_scope(None), None, redactor)
    assert result.suite == "quick"
    assert {row.device for row in result.measurements} == {"gpu:0", "gpu:1"}


def test_a_name_in_what_the_machine_says_of_itself_is_replaced(run):
    cpu = replace(run.host.cpu, name="AMD EPYC of anna")
    result = shared(run, host=replace(run.host, cpu=cpu, os="annas-rig Linux"))
    assert result.host.cpu_name == "AMD EPYC of user"
    assert result.host.os == "host Linux"


def test_what_nobody_can_see_in_a_name_becomes_a_plain_sign(run):
    devices = tuple(replace(each, name="NVIDIA\u00a0H100\x1b[31m") for each in run.devices)
    assert shared(run, devices=devices).devices[0].name == "NVIDIA?H100?[31m"


def test_equal_cards_have_different_identities(run):
    identities = [device.identity for device in shared(run).devices]
    assert len(set(identities)) == 2
    assert all(len(each) == 64 for each in identities)


def test_its_document_has_no_member_that_could_hold_more(run):
    document = json.loads(encode(shared(run)))
    assert not {"hostname", "uuid", "pci_slot", "summaries", "disks", "kernel"} & (
        document.keys() | document["host"].keys() | document["devices"][0].keys()
    )
