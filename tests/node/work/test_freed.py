import asyncio

from netmind_tui.model.device import DeviceKind, DeviceUser
from netmind_tui.model.reading import Absence, Reading
from netmind_tui.model.sample import DeviceSample
from netmind_tui.node.work import freed
from netmind_tui.node.work.freed import Memory
from netmind_tui.node.work.instance import Placed

CARD = Placed(device="gpu:0", kind=DeviceKind.GPU, uuid="GPU-0")
OURS = frozenset({7, 8})


class Cards:
    """Cards whose users and memory are as a list says, one entry a look."""

    def __init__(self, *, users=(), used=()):
        self.looks, self._users, self._used = 0, list(users), list(used)

    def users(self, uuid):
        if uuid != "GPU-0":
            raise LookupError
        if not self._users:
            return Reading(absence=Absence.NOT_SUPPORTED)
        self.looks += 1
        return Reading(tuple(DeviceUser(pid=pid, memory_used_bytes=1 << 30) for pid in self._users.pop(0)))

    def sample(self):
        self.looks += 1
        return (DeviceSample(device="gpu:0", uuid="GPU-0", memory_used_bytes=self._used.pop(0)),) if self._used else ()


def wait(cards, card=CARD, *, before=None, hides=False):
    memory = Memory(cards, hides=hides, look_s=0.001)
    memory.begins([card], {}.get if before is None else {"gpu:0": before}.get)
    return asyncio.run(memory.freed(card, OURS))


def test_it_is_free_once_none_of_our_processes_is_among_its_users():
    cards = Cards(users=[[7, 8, 99], [8, 99], [99]])
    assert wait(cards)
    assert cards.looks == 3


def test_where_users_are_hidden_it_is_free_once_no_more_is_in_use_than_before():
    cards = Cards(used=[9 << 30, 5 << 30, (1 << 30) + (10 << 20)])
    assert wait(cards, before=1 << 30)
    assert cards.looks == 3


def test_numbers_of_processes_that_are_another_namespaces_say_nothing():
    cards = Cards(users=[[99]], used=[9 << 30, 0])
    assert wait(cards, before=1 << 30, hides=True)
    assert cards.looks == 2


def test_what_cannot_be_told_is_not_said_to_be_free():
    assert not wait(Cards(used=[0]))
    assert not wait(Cards(), before=0)
    assert not wait(Cards(), Placed(device="gpu:1", kind=DeviceKind.GPU, uuid="GPU-1"))


def test_it_is_not_looked_for_for_ever(monkeypatch):
    monkeypatch.setattr(freed, "LONGEST_S", 0.005)
    cards = Cards(users=[[7]] * 10)
    assert not wait(cards)
    assert cards.looks == 5
