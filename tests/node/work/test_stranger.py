"""Orphans of work, in a process of their own that takes them in: this one keeps its children."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="orphans fall to their keeper on Linux only")

HEAD = """
import atexit, os, subprocess, time
from netmind_tui.node.work import tree
from netmind_tui.node.work.stranger import Strangers

NOTHING = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
atexit.register(lambda: [tree.send(each, 9) for each in tree.below([os.getpid()]).values()])
strangers = Strangers()
assert strangers.take_in()
uptime_s = lambda: time.clock_gettime(time.CLOCK_BOOTTIME)

def orphan(environment, words="sleep 1000"):
    # A process whose parent is gone: it falls to us.
    done = subprocess.run(["/bin/sh", "-c", f"{words} >/dev/null 2>&1 & echo $!"], env=environment, capture_output=True)
    return int(done.stdout)

def is_there(pid):
    found = tree.read(pid)
    return found is not None and not found.is_gone

def until(holds):
    end_s = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end_s
        time.sleep(0.01)
"""


def run(text):
    done = subprocess.run([sys.executable, "-c", HEAD + text], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_what_has_the_mark_of_work_is_ended_and_a_helper_is_not():
    run("""
helper = subprocess.Popen(["sleep", "1000"], start_new_session=True, **NOTHING)
marked = orphan({"NETMIND_INSTANCE": "1"})
assert strangers.look(uptime_s()) == (marked,)
until(lambda: not is_there(marked))
assert is_there(helper.pid)
strangers.look(uptime_s())
strangers.look(uptime_s())
assert tree.read(marked) is None, "it is fetched"
helper.kill()
""")


def test_without_a_mark_it_is_ended_only_if_a_keeper_went_and_it_was_not_ours_before():
    run("""
script = "setsid sleep 1000 >/dev/null 2>&1 & echo $!; wait"
keeper = subprocess.Popen(["/bin/sh", "-c", script], stdout=subprocess.PIPE)
below = int(keeper.stdout.readline())
helper = subprocess.Popen(["sleep", "1000"], start_new_session=True, **NOTHING)
assert strangers.look(uptime_s() + 1, [keeper.pid]) == ()
keeper.kill()
keeper.wait()
until(lambda: tree.read(below).parent == os.getpid())
assert strangers.look(uptime_s() + 1) == (below,)
assert is_there(helper.pid)
later = orphan({})
assert strangers.look(uptime_s() + 1) == ()
os.kill(later, 9)
helper.kill()
""")


def test_a_keeper_that_somebody_stopped_goes_on_and_no_other_helper_does():
    run("""
keeper, helper = (subprocess.Popen(["sleep", "1000"], **NOTHING) for _ in range(2))
for each in (keeper, helper):
    os.kill(each.pid, 19)
    until(lambda: tree.read(each.pid).state == "T")
strangers.look(uptime_s(), [keeper.pid])
strangers.look(uptime_s(), [keeper.pid])
until(lambda: tree.read(keeper.pid).state != "T")
assert tree.read(helper.pid).state == "T"
""")


def test_what_a_hook_leaves_running_is_its_owners():
    run("""
left = orphan({"NETMIND_EVENT": "device-lost", "NETMIND_INSTANCE": "1"})
assert strangers.look(uptime_s()) == ()
os.kill(left, 9)
""")
