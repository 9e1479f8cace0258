"""Groups of the kernel's: where they may be made, and that all of an instance stands, is counted and ends with them."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from netmind_tui.model.policy import Limits
from netmind_tui.model.workload import Workload
from netmind_tui.node.work import limit
from netmind_tui.node.work.cgroup import Group
from netmind_tui.node.work.delegation import Delegation
from netmind_tui.node.work.leftover import end_leftovers
from netmind_tui.node.work.program import Program
from netmind_tui.node.work.ward import Ward

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="cgroups are Linux's")

MOUNT = "30 23 0:28 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n"
HYBRID = (
    "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"
    "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
    "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
)
UNIT = "/user.slice/user@1000.service/app.slice/netmind-agent.service"


class Tree:
    """The files by which a machine shows its cgroups."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def stands(self, own: str, mounts: str = MOUNT, top: str = "sys/fs/cgroup") -> Path:
        (self.root / "proc/self").mkdir(parents=True)
        (self.root / "proc/self/mountinfo").write_text(mounts)
        (self.root / "proc/self/cgroup").write_text(f"4:memory:/elsewhere\n0::{own}\n")
        folder = self.root / top / own.lstrip("/")
        for each in (folder, folder.parent):
            each.mkdir(parents=True, exist_ok=True)
            for name in ("cgroup.procs", "cgroup.controllers", "cgroup.subtree_control"):
                (each / name).write_text("")
        return folder


@pytest.fixture
def shown(tmp_path, monkeypatch):
    """A tree, and the folders in it that systemd marked as somebody's own."""
    made = Tree(tmp_path)
    made.marked = set()

    def getxattr(path, name):
        if Path(path) in made.marked and name == "user.delegate":
            return b"1"
        raise OSError(61, "no data")

    monkeypatch.setattr(os, "getxattr", getxattr)
    return made


def test_a_unit_that_systemd_gave_a_part_of_the_tree_makes_groups_there(shown):
    folder = shown.stands(UNIT)
    shown.marked.add(folder)
    made = Delegation(shown.root).make("boinc@gpu:0", "a/../b c")
    assert made.path == str(folder / "work-boinc@gpu:0-a-..-b-c")
    assert Path(made.path).is_dir()


def test_an_agent_that_has_moved_down_makes_them_beside_itself(shown):
    folder = shown.stands(f"{UNIT}/agent")
    shown.marked.add(folder.parent)
    assert Delegation(shown.root).base == folder.parent


def test_what_is_not_given_to_us_is_left_alone_even_if_it_could_be_written(shown):
    shown.stands("/user.slice/user-1000.slice/session-3.scope")
    assert Delegation(shown.root).make("work", "n") is None


def test_in_a_container_of_its_own_the_whole_tree_is_ours(shown):
    assert Delegation(shown.root).base is None
    folder = shown.stands("/", HYBRID, "sys/fs/cgroup/unified")
    assert Delegation(shown.root).base == folder


def test_at_the_top_of_a_machine_with_systemd_nothing_is_ours(shown):
    shown.stands("/")
    (shown.root / "run/systemd/system").mkdir(parents=True)
    assert Delegation(shown.root).base is None


@pytest.mark.parametrize("own", ["/../../elsewhere", "/gone"])
def test_a_group_that_cannot_be_seen_is_no_place(shown, own):
    shown.stands("/")
    (shown.root / "proc/self/cgroup").write_text(f"0::{own}\n")
    assert Delegation(shown.root).base is None


def test_controllers_are_handed_down(shown):
    folder = shown.stands(UNIT)
    shown.marked.add(folder)
    (folder / "cgroup.controllers").write_text("cpuset cpu io memory pids\n")
    assert Delegation(shown.root).base == folder
    assert (folder / "cgroup.subtree_control").read_text() == "+memory"  # the last that was written


def test_shares_and_memory_are_held_by_the_group_where_it_can(tmp_path):
    for name in ("cpu.max", "cpu.weight.nice", "memory.max", "memory.oom.group"):
        (tmp_path / name).touch()
    workload = Workload(name="w", memory_bytes=1 << 30, nice=12)
    bounded = limit.bound(workload, Limits(cpu_share_pct=50), Group(str(tmp_path)))
    cores = len(limit.usable_cpus())
    assert (tmp_path / "cpu.max").read_text() == f"{cores * 50_000} 100000"
    assert (tmp_path / "memory.max").read_text() == str(1 << 30)
    assert (tmp_path / "cpu.weight.nice").read_text() == "12"
    assert bounded.bounds == limit.Bounds(nice=12)
    assert bounded.words(in_group=True) == "cgroup v2 (cpu, memory), nice"
    limit.bound(workload, Limits(), Group(str(tmp_path)))
    assert (tmp_path / "cpu.max").read_text().startswith("max ")


def test_what_no_group_holds_each_process_is_given(monkeypatch):
    monkeypatch.setattr(limit, "usable_cpus", lambda: (0, 1, 2, 5))
    bounded = limit.bound(Workload(name="w", memory_bytes=7), Limits(cpu_share_pct=50), None)
    assert bounded.bounds == limit.Bounds(nice=19, cpus=(2, 5), data_bytes=7)
    assert bounded.words(in_group=False) == "nice, affinity, memory of each process"
    assert limit.cpus_of(Limits(cpu_share_pct=1)) == (5,)
    assert limit.cpus_of(Limits(cpu_share_pct=100)) is None
    assert limit.cpus_of(Limits()) is None


def test_nothing_stands_before_the_kernel_says_so(tmp_path, monkeypatch):
    ward = Ward()
    ward.group = Group(str(tmp_path))
    monkeypatch.setattr(ward, "processes", lambda *_: {})
    (tmp_path / "cgroup.procs").write_text("17\n18\n")
    (tmp_path / "cgroup.events").write_text("populated 1\nfrozen 0\n")
    assert ward.moving() == 2
    (tmp_path / "cgroup.events").write_text("populated 1\nfrozen 1\n")
    assert ward.moving() == 0
    (tmp_path / "cgroup.events").write_text("populated 0\nfrozen 0\n")
    assert ward.moving() == 0


def test_a_group_that_is_gone_answers_everything(tmp_path):
    group = Group(str(tmp_path / "gone"))
    assert (group.pids, group.cpu_s, group.is_frozen, group.is_empty) == (frozenset(), None, False, True)
    assert not group.freeze(frozen=True)
    assert not group.kill()
    assert group.remove()
    with pytest.raises(FileNotFoundError):
        group.add(1)


real = Delegation()


@pytest.fixture
def groups(works):
    """Works whose programs get real groups, where this test may make some."""
    if real.base is None:
        pytest.skip("no cgroup of version 2 is ours here")
    works.cgroups = real
    yield works
    for place in works.places:
        assert not list(real.base.glob(f"work-*-{place.number}"))


def test_in_a_group_of_its_own_all_stands_is_counted_and_ends(groups):
    async def run():
        place = groups.place()
        text = "setsid env -i sh -c 'trap \"\" TERM; echo $$ > away; while :; do :; done' & echo $$ > main; sleep 300"
        made = Program(groups.shell(text), groups.cgroups)
        await made.start(place)
        assert made.limited_by.startswith("cgroup v2")
        group = Group(str(next(real.base.glob(f"work-*-{place.number}"))))
        await groups.until(lambda: groups.number_in("away") and groups.number_in("main"))
        assert {made.pid, groups.number_in("away")} <= group.pids
        assert group.pids == made.pids
        await made.suspend()
        assert group.is_frozen
        cpu_s = made.cpu_s
        await asyncio.sleep(0.05)
        assert made.cpu_s == cpu_s
        await made.resume()
        await groups.until(lambda: made.cpu_s > cpu_s)
        await made.suspend()
        await made.stop(0.1)
        assert made.has_ended.how == "killed"
        assert made.has_ended.cpu_s >= cpu_s
        assert not groups.state_of(groups.number_in("away"))

    asyncio.run(run())


def test_what_left_its_group_stands_and_ends_with_it(groups):
    async def run():
        made = Program(groups.shell("sleep 300 & echo $! > away; wait"), groups.cgroups)
        await made.start(groups.place())
        await groups.until(lambda: groups.number_in("away"))
        away = groups.number_in("away")
        Group(str(real.base)).add(away)
        assert away in made.pids
        await made.suspend()
        assert groups.state_of(away) == "T"
        await made.stop(0.1)
        assert not groups.state_of(away)

    asyncio.run(run())


def test_groups_that_an_instance_makes_within_its_own_go_with_it(groups):
    async def run():
        place = groups.place()
        made = Program(groups.shell("sleep 300 & echo $! > away; wait"), groups.cgroups)
        await made.start(place)
        await groups.until(lambda: groups.number_in("away"))
        inner = next(real.base.glob(f"work-*-{place.number}")) / "inner/most"
        inner.mkdir(parents=True)
        Group(str(inner)).add(groups.number_in("away"))
        assert groups.number_in("away") in Group(str(inner.parents[1])).pids
        await made.kill()

    asyncio.run(run())


def test_a_group_that_cannot_be_entered_is_done_without(groups, monkeypatch):
    async def run():
        elsewhere = Delegation()
        monkeypatch.setattr(elsewhere, "make", lambda *_: Group("/no/such/group"))
        made = Program(groups.shell("sleep 300"), elsewhere)
        await made.start(groups.place(cpu_share_pct=1))
        assert made.limited_by == "nice, affinity"
        assert len(os.sched_getaffinity(made.pid)) == 1
        await made.kill()

    asyncio.run(run())


def test_without_keeper_and_mark_the_group_still_tells_who_is_left(groups):
    async def run():
        place = groups.place()
        made = Program(groups.shell("setsid env -i sh -c 'echo $$ > away; exec sleep 300' & sleep 300"), groups.cgroups)
        await made.start(place)
        await groups.until(lambda: groups.number_in("away"))
        os.kill(made.keeper_pid, signal.SIGKILL)
        (left,) = await end_leftovers(groups.folder / "work")
        assert left.ended.how == "killed"
        assert left.ended.cpu_s is not None
        assert not groups.state_of(groups.number_in("away"))
        await made.ended()

    asyncio.run(run())
