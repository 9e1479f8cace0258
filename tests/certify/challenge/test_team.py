"""Which devices answer a challenge: the cards that can, else the processor, each by its identity."""

from types import SimpleNamespace

import pytest

from netmind_tui.bench.plan import Target
from netmind_tui.certify.challenge import team
from netmind_tui.certify.scope import identity, open_scope
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.kernel import Provider
from netmind_tui.model.measurement import Because, Reason
from netmind_tui.model.problem import Problem

CPU = Device(id="cpu", kind=DeviceKind.CPU, name="a processor", uuid=None, memory_total_bytes=1 << 34)
CARDS = tuple(
    Device(
        id=f"gpu:{index}",
        kind=DeviceKind.GPU,
        name="a card",
        uuid=f"GPU-8c1f2a3b-aaaa-4000-8000-{index:012}",
        memory_total_bytes=80 * 10**9,
    )
    for index in range(2)
)
SCOPE = open_scope("lab.example")
REFUSED = Because(Reason.DEVICE_HELD, "gpu:0 is busy")


@pytest.fixture
def find(monkeypatch):
    """The team of a machine that has these devices."""
    machine = SimpleNamespace(host=SimpleNamespace(boundaries=()))
    monkeypatch.setattr(team, "read_machine_id", lambda _boundaries: "a machine")

    def find(*targets):
        monkeypatch.setattr(team, "look", lambda _names: (machine, targets))
        return team.find_team((), SCOPE)

    return find


def test_the_cards_answer_where_there_are_any(find):
    found = find(Target(device=CPU), *(Target(device=card) for card in CARDS))
    devices = team.devices_of(found)
    assert devices.provider is Provider.CUDA
    assert devices.words == tuple(identity(card, SCOPE, None) for card in CARDS)
    assert devices.memory_bytes == (80 * 10**9,) * 2


def test_a_card_that_cannot_compute_is_left_out(find):
    found = find(Target(device=CARDS[0], refused=REFUSED), Target(device=CARDS[1]))
    assert [target.device.id for target in found.targets] == ["gpu:1"]


def test_the_processor_answers_where_no_card_can(find):
    devices = team.devices_of(find(Target(device=CPU), Target(device=CARDS[0], refused=REFUSED)))
    assert devices.provider is Provider.CPU
    assert devices.words == (identity(CPU, SCOPE, "a machine"),)


def test_where_nothing_can_the_reason_is_said_once(find):
    with pytest.raises(Problem, match=r"nothing can answer a challenge: gpu:0 is busy$"):
        find(*(Target(device=card, refused=REFUSED) for card in CARDS))
