import os
import subprocess
import sys

import pytest

from netmind_tui.probe.own_load import OwnLoad
from netmind_tui.probe.process_list import ProcessList, known_as

AGENT = 500


class Tree:
    """A /proc of files."""

    def __init__(self, root):
        self.root = root
        self.add(1, "systemd", parent=0)
        self.add(AGENT, "netmind")
        self.namespace("pid:[4026531836]")

    def add(self, pid, name, *, parent=1, group=None, session=None, command=None, ticks=(0, 0, 0, 0)):
        folder = self.root / "proc" / str(pid)
        folder.mkdir(parents=True, exist_ok=True)
        numbers = [parent, pid if group is None else group, pid if session is None else session]
        words = ["S", *numbers, 0, -1, 0, 0, 0, 0, 0, *ticks]
        (folder / "stat").write_text(f"{pid} ({name}) " + " ".join(map(str, words)) + "\n")
        (folder / "cmdline").write_text((command or name) + "\0--flag\0")

    def remove(self, pid):
        folder = self.root / "proc" / str(pid)
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()

    def namespace(self, name):
        folder = self.root / "proc/self/ns"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "pid").unlink(missing_ok=True)
        (folder / "pid").symlink_to(name)


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path)


def listed(tree):
    processes = ProcessList(tree.root, AGENT)
    processes.look()
    return processes


def names(processes, *programs):
    return [each.name for each in processes.running(programs)]


def test_a_program_is_found_from_the_look_after_its_start_until_its_end(tree):
    processes = listed(tree)
    assert not names(processes, "steam")
    tree.add(700, "steam")
    processes.look()
    assert names(processes, "steam") == ["steam"]
    tree.remove(700)
    processes.look()
    assert not names(processes, "steam")


def test_only_what_is_new_is_read_again(tree, monkeypatch):
    for pid in range(1000, 1320):
        tree.add(pid, "quiet")
    processes = listed(tree)
    for _ in range(4):
        processes.look()
    opened = []
    real = os.open
    monkeypatch.setattr(os, "open", lambda path, *rest: opened.append(path) or real(path, *rest))
    processes.look()
    # A thirty-second part, two files each.
    assert 0 < len(opened) <= 2 * 12


@pytest.mark.parametrize("name", ["blender", "Blender", "BLENDER"])
def test_case_does_not_matter(tree, name):
    tree.add(700, "Blender")
    assert names(listed(tree), name) == ["Blender"]


def test_a_long_name_is_compared_as_the_kernel_cuts_it(tree):
    tree.add(700, "gamescope-sessi", command="/usr/bin/env")
    assert names(listed(tree), "gamescope-session") == ["gamescope-sessi"]


@pytest.mark.parametrize("command", ["/opt/games/factorio", "Z:\\games\\Factorio"])
def test_the_file_that_was_started_is_a_name_too(tree, command):
    tree.add(700, "MainThread", command=command)
    assert names(listed(tree), "factorio") == ["MainThread"]


def test_a_name_with_blanks_and_parentheses_is_read_whole(tree):
    tree.add(700, "a) S 1 (b")
    assert names(listed(tree), "a) S 1 (b") == ["a) S 1 (b"]


def test_what_was_just_forked_is_read_again_once_it_runs_its_own_program(tree):
    processes = listed(tree)
    tree.add(700, "bash")
    processes.look()
    tree.add(700, "steam")
    processes.look()
    assert names(processes, "steam") == ["steam"]


def test_a_process_that_takes_another_name_later_is_found_before_long(tree):
    tree.add(700, "launcher")
    processes = listed(tree)
    for _ in range(3):
        processes.look()
    tree.add(700, "steam")
    for _ in range(32):
        processes.look()
    assert names(processes, "steam") == ["steam"]


def test_our_own_are_this_process_its_descendants_and_their_groups_and_sessions(tree):
    tree.add(501, "nvml", parent=AGENT)
    tree.add(502, "work", parent=501)
    tree.add(503, "orphan", parent=1, session=501)
    tree.add(504, "orphan", parent=1, group=502)
    tree.add(600, "steam", parent=1)
    processes = listed(tree)
    assert processes.own() == {500, 501, 502, 503, 504}
    assert names(processes, "work", "orphan", "steam") == ["steam"]


def test_roots_that_are_named_are_our_own_with_all_below_them(tree):
    tree.add(800, "bench")
    tree.add(801, "worker", parent=800)
    processes = ProcessList(tree.root, AGENT)
    processes.look([800])
    assert {800, 801} <= processes.own()
    processes.look([])
    assert processes.own() == {AGENT}


def test_a_child_whose_parent_died_unseen_stays_ours_by_its_session(tree):
    tree.add(501, "shell", parent=AGENT)
    tree.add(502, "work", parent=501, session=501)
    processes = listed(tree)
    tree.remove(501)
    tree.add(502, "work", parent=1, session=501)
    for _ in range(40):
        processes.look([501])
    assert 502 in processes.own()


def test_a_proc_that_hides_other_users_is_blind(tree):
    tree.remove(1)
    assert listed(tree).blind == "/proc hides the processes of other users"


def test_a_container_is_blind_and_its_numbers_are_its_own(tree):
    tree.namespace("pid:[4026532999]")
    processes = listed(tree)
    assert processes.blind == "only the processes of this container are to be seen"
    assert processes.is_contained


def test_a_whole_machine_is_not_blind(tree):
    assert listed(tree).blind is None


def test_no_proc_is_blind(tmp_path):
    processes = ProcessList(tmp_path, AGENT)
    processes.look()
    assert processes.blind == "/proc cannot be read"
    assert processes.own() == frozenset()


def test_garbage_in_proc_is_no_process(tree):
    tree.add(700, "steam")
    (tree.root / "proc/700/stat").write_text("700 (steam) S x y")
    assert not names(listed(tree), "steam")


def test_a_real_child_is_found_and_is_ours():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        processes = ProcessList()
        processes.look()
        assert child.pid in processes.own()
        assert processes.find(child.pid) is not None
        child.communicate(b"\n")
    processes.look()
    assert child.pid not in processes.own()


def test_names_are_known_whole_and_cut():
    assert known_as(["Gamescope-Session"]) == {"gamescope-session", "gamescope-sessi"}


class Load:
    """Our load in a tree, by a clock that a test winds."""

    def __init__(self, tree, cores=4):
        self.tree = tree
        self.now = 100.0
        self.processes = ProcessList(tree.root, AGENT)
        self.load = OwnLoad(self.processes, lambda: self.now, cores)
        self.ticks_per_s = os.sysconf("SC_CLK_TCK")

    def after(self, seconds):
        self.now += seconds
        self.processes.look()
        return self.load.percent()

    def used(self, pid, seconds, *, buried=0.0, parent=AGENT):
        ticks = (int(seconds * self.ticks_per_s), 0, int(buried * self.ticks_per_s), 0)
        self.tree.add(pid, "netmind", parent=parent, ticks=ticks)


def test_our_load_is_what_all_of_ours_took_of_all_cores(tree):
    load = Load(tree)
    load.used(AGENT, 1.0, parent=1)
    load.used(501, 5.0)
    assert load.after(1) == 0.0
    load.used(AGENT, 1.5, parent=1)
    load.used(501, 6.5)
    assert load.after(2) == pytest.approx(100 * 2.0 / 2 / 4)


def test_a_child_that_is_buried_is_counted_once(tree):
    load = Load(tree, cores=1)
    load.used(AGENT, 1.0, parent=1)
    load.used(501, 5.0)
    load.after(1)
    tree.remove(501)
    load.used(AGENT, 1.0, buried=5.25, parent=1)
    assert load.after(1) == pytest.approx(25.0)


def test_one_that_others_bury_takes_nothing_below_zero(tree):
    load = Load(tree)
    load.used(501, 50.0)
    load.after(1)
    tree.remove(501)
    assert load.after(1) == 0.0


def test_where_nothing_can_be_counted_our_load_is_not_known(tmp_path):
    processes = ProcessList(tmp_path, AGENT)
    processes.look()
    assert OwnLoad(processes, lambda: 1.0, 4).percent() is None


def test_a_script_is_known_by_its_own_name_and_no_other_argument_is(tree):
    tree.add(700, "python3")
    (tree.root / "proc/700/cmdline").write_bytes(b"/usr/bin/python3.11\0-O\0/opt/Game.py\0--fast\0")
    tree.add(701, "vim")
    (tree.root / "proc/701/cmdline").write_bytes(b"vim\0other.py\0")
    processes = listed(tree)
    assert names(processes, "/home/anna/game.py") == ["python3"]
    assert names(processes, "other.py", "--fast") == []
