"""Scopes: one card has one identity within one, and nobody can tell in another."""

import pytest

from netmind_tui.certify.scope import identity, open_scope, salt_of
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.problem import Problem

CARD = Device(id="gpu:0", kind=DeviceKind.GPU, uuid="GPU-5eed0000-1234-4000-8000-00000000cafe")
CPU = Device(id="cpu", kind=DeviceKind.CPU)


def test_a_named_scope_gives_a_card_the_same_identity_each_time():
    assert identity(CARD, open_scope("lab.example"), None) == identity(CARD, open_scope("lab.example"), "other")


def test_another_scope_and_no_scope_give_others():
    scopes = [open_scope("lab.example"), open_scope("lab.example/2"), open_scope(None), open_scope(None)]
    assert len({identity(CARD, scope, None) for scope in scopes}) == 4


def test_an_identity_shows_nothing_of_the_card():
    assert "cafe" not in (identity(CARD, open_scope("lab.example"), None) or "")


def test_the_processor_goes_by_the_machine_and_has_none_without_one():
    scope = open_scope("lab.example")
    assert identity(CPU, scope, "a" * 32) != identity(CPU, scope, "b" * 32)
    assert identity(CPU, scope, None) is None


def test_a_slice_is_another_device_than_its_card():
    scope = open_scope("lab.example")
    part = Device(id="mig:0.1", kind=DeviceKind.MIG, uuid="MIG-5eed0000-1234-4000-8000-00000000cafe")
    assert identity(part, scope, None) != identity(CARD, scope, None)


@pytest.mark.parametrize("uuid", ["uuid-1", "", "GPU-", "GPU-5eed0000"])
def test_a_placeholder_of_a_shared_run_is_no_identity(uuid):
    card = Device(id="gpu:0", kind=DeviceKind.GPU, uuid=uuid)
    assert identity(card, open_scope("lab.example"), None) is None


@pytest.mark.parametrize("name", ["", "Upper", "a b", "-a", "a" * 65, "ä", "../x", "a\n"])
def test_what_cannot_be_a_scope_is_refused(name):
    with pytest.raises(Problem, match="--scope"):
        open_scope(name)


def test_the_salt_follows_from_the_name():
    assert open_scope("lab.example").salt == salt_of("lab.example")
    assert len(salt_of("lab.example")) == 64
