import pytest

from netmind_tui.model.device import DeviceUser
from netmind_tui.model.policy import Guard, GuardKind
from netmind_tui.model.reading import Absence, Reading
from netmind_tui.model.sample import DeviceSample
from netmind_tui.model.situation import DeviceFact
from netmind_tui.node.sense.gpu_in_use import GpuUse
from netmind_tui.probe.process_list import Process, known_as

GIB = 2**30
GUARD = Guard(kind=GuardKind.GPU_IN_USE, limit=GIB, util_pct=10)


class Processes:
    """Processes by number and name; those of ``mine`` are our own."""

    def __init__(self, names=None, mine=(), blind=None, contained=False):
        self.names, self.mine = names or {}, frozenset(mine)
        self.blind, self.is_contained = blind, contained

    def own(self):
        return self.mine

    def find(self, pid):
        name = self.names.get(pid)
        return None if name is None else Process(pid, name, frozenset({name.lower()}), 1, pid, pid)


class Card:
    """A card whose users are listed; it counts how often it is asked."""

    def __init__(self, *users, absence=None, processes=None, held=lambda _device: None):
        self.users = Reading(absence=absence) if absence else Reading(users)
        self.asked = 0
        self.use = GpuUse(self._ask, processes or Processes(), held)

    def _ask(self, uuid):
        assert uuid == "GPU-1"
        self.asked += 1
        return self.users

    def sense(self, guard=GUARD, at_s=0.0, works=False, used=3 * GIB, util=0, absent=None):
        sample = DeviceSample(
            device="gpu:0", uuid="GPU-1", memory_used_bytes=used, gpu_util_pct=util, absent=absent or {}
        )
        return self.use.sense(guard, [(DeviceFact(device="gpu:0", works=works), sample)], at_s)


def user(pid, gib, share=0.0):
    return DeviceUser(pid=pid, memory_used_bytes=None if gib is None else int(gib * GIB), util_pct=share)


def test_the_memory_and_the_share_of_others_are_told_with_their_names():
    card = Card(user(9, 3.25, 40.0), user(8, 0.5, 2.0), processes=Processes({9: "blender", 8: "firefox"}))
    memory, share = card.sense()
    assert (memory.value, memory.words, memory.source) == (
        3.75 * GIB,
        "3.8 GiB held by blender, firefox",
        "nvml processes",
    )
    assert (share.value, share.limit, share.words) == (42.0, 10, "42 % used by blender, firefox")


def test_our_own_and_compositors_and_what_the_owner_ignores_do_not_count():
    names = {5: "worker", 6: "gnome-shell", 7: "Xorg", 8: "wallpaper"}
    card = Card(*(user(pid, 2, 30.0) for pid in names), processes=Processes(names, mine=[5]))
    guard = Guard(kind=GuardKind.GPU_IN_USE, limit=GIB, util_pct=10, ignore=("Wallpaper",))
    memory, share = card.sense(guard, works=True)
    assert (memory.value, memory.words, share.value) == (0.0, "nobody else on it", 0.0)


def test_one_that_ended_between_the_looks_is_named_by_its_number():
    assert Card(user(9, 2)).sense()[0].words == "2.0 GiB held by process 9"


def test_processes_are_listed_only_when_something_may_have_changed():
    card = Card(user(9, 2))
    for at_s in range(10):
        card.sense(at_s=float(at_s))
    assert card.asked == 1
    card.sense(at_s=10.0)
    assert card.asked == 2
    card.sense(at_s=11.0, used=4 * GIB)
    card.sense(at_s=12.0, used=4 * GIB, works=True)
    assert card.asked == 4
    card.sense(at_s=13.0, used=4 * GIB, works=True, util=50)
    card.sense(at_s=14.0, used=4 * GIB, works=True, util=50)
    assert card.asked == 6


def test_where_memory_is_not_told_by_process_the_rest_of_the_card_is_that_of_others():
    card = Card(user(5, 1), user(9, None), processes=Processes({5: "worker", 9: "game"}, mine=[5]))
    assert card.sense(works=True)[0].value == 2 * GIB


def test_where_shares_are_not_told_the_card_tells_while_it_does_nothing_for_us():
    card = Card(user(9, 2, None), processes=Processes({9: "game"}))
    assert [each.value for each in card.sense(util=55)] == [2 * GIB, 55.0]
    assert len(card.sense(util=55, works=True)) == 1


SHARE = Guard(kind=GuardKind.GPU_IN_USE, util_pct=10)


@pytest.mark.parametrize("works", [False, True])
@pytest.mark.parametrize(
    "card",
    [
        Card(user(5, 1, None), user(9, 0.3, None), processes=Processes({5: "worker", 9: "game"}, mine=[5])),
        Card(absence=Absence.NOT_UNDER_WSL, held=lambda _device: GIB),
    ],
    ids=["no shares", "hidden"],
)
def test_a_limit_of_the_share_alone_is_blind_where_nobody_tells_whose_it_is(card, works):
    (found,) = card.sense(SHARE, works=works, util=99)
    assert (found.value, found.part) == (None, "utilisation")
    assert found.unknown == "the driver does not tell whose the use of it is; limit the memory too"


def test_a_limit_of_the_share_alone_leaves_the_memory_free():
    (found,) = Card(user(9, 40, 2.0), processes=Processes({9: "viewer"})).sense(SHARE)
    assert (found.value, found.limit) == (2.0, 10)


def test_in_a_container_a_number_that_happens_to_be_ours_is_not_ours_while_we_do_nothing():
    card = Card(user(5, 3, 90.0), processes=Processes({5: "netmind"}, mine=[5], contained=True, blind="contained"))
    memory, share = card.sense(util=90)
    assert (memory.value, share.value) == (3 * GIB, 90.0)


@pytest.mark.parametrize("absence", [Absence.NOT_UNDER_WSL, Absence.NOT_SUPPORTED, Absence.NO_PERMISSION], ids=str)
def test_hidden_users_are_the_memory_in_use_less_our_own(absence):
    card = Card(absence=absence, held=lambda _device: GIB)
    memory = card.sense(works=True)[0]
    assert (memory.value, memory.source) == (2 * GIB, "nvml memory less our own")
    assert memory.words == "2.0 GiB in use beside our own, by whom is hidden"


def test_without_work_of_ours_all_memory_is_that_of_others():
    assert Card(absence=Absence.NOT_UNDER_WSL).sense(used=GIB)[0].value == GIB


def test_hidden_users_beside_work_whose_memory_is_not_known_are_unknown():
    (memory,) = Card(absence=Absence.NOT_UNDER_WSL).sense(works=True)
    assert memory.unknown == (
        "who uses it is hidden (not reported under WSL), and our own memory cannot be told from that of others"
    )


@pytest.mark.parametrize("users", [(), (user(4242, 2),)], ids=["empty", "numbers of another namespace"])
def test_in_a_container_a_list_that_cannot_be_all_is_not_believed(users):
    card = Card(*users, processes=Processes(contained=True, blind="only the processes of this container"))
    assert card.sense()[0].source == "nvml memory less our own"


def test_a_card_that_sleeps_is_used_by_nobody_and_is_not_woken():
    card = Card(user(9, 2))
    (memory,) = card.sense(used=None, absent={"memory_used_bytes": Absence.ASLEEP})
    assert (memory.value, memory.words, card.asked) == (0.0, "asleep", 0)


def test_a_card_that_tells_neither_is_unknown():
    card = Card(absence=Absence.NOT_SUPPORTED)
    (memory,) = card.sense(used=None, absent={"memory_used_bytes": Absence.NO_PERMISSION})
    assert memory.unknown == "no figure of its memory in use: this user may not read it"


def test_a_card_that_is_not_in_the_sample_is_unknown():
    (found,) = Card().use.sense(GUARD, [(DeviceFact(device="gpu:4"), None)], 0.0)
    assert (found.device, found.unknown) == ("gpu:4", "the device is not listed")


def test_real_nvml_tells_others_from_a_compositor(open_probe):
    probe = open_probe("busy", drawing_pid=77, drawing_mib=3000)
    (device,) = probe.devices()
    (sample,) = probe.sample()
    use = GpuUse(probe.users, Processes({4242: "python3", 77: "gnome-shell"}))
    memory, share = use.sense(GUARD, [(DeviceFact(device="gpu:0", uuid=device.uuid), sample)], 0.0)
    assert (memory.words, share.words) == ("58.6 GiB held by python3", "87 % used by python3")


def test_compositors_are_known_by_names_that_the_kernel_shows():
    assert known_as(["gamescope-session"]) >= {"gamescope-sessi"}
