"""Processes and what descends from them, as this machine's own /proc tells it."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from netmind_tui.node.work import tree
from netmind_tui.node.work.tree import Process

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture
def family():
    """Starts a program, and waits until it says so; it and its group are gone afterwards."""
    made = []

    def start(text, *words):
        child = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", text, *words], stdout=subprocess.PIPE, start_new_session=True
        )
        made.append(child)
        assert child.stdout.readline()
        return child

    yield start
    for each in made:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(each.pid, signal.SIGKILL)
        each.wait()
        each.stdout.close()


def until(holds) -> None:
    end_s = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end_s
        time.sleep(0.01)


FORKS = "import os, time\nfor _ in range({}):\n    if os.fork(): break\nelse: print('up', flush=True)\ntime.sleep(300)"


@pytest.mark.parametrize("look", [lambda pid: tree.below([pid]), tree.glance], ids=["all", "at a glance"])
def test_descendants_of_every_generation_are_found_parents_first(family, look):
    child = family(FORKS.format(3))
    found = look(child.pid)
    assert len(found) == 3
    assert [each.parent for each in found.values()] == [child.pid, *list(found)[:2]]
    assert child.pid not in found


def test_a_glance_works_where_the_kernel_keeps_no_lists_of_children(family, monkeypatch):
    child = family(FORKS.format(2))
    monkeypatch.setattr(os.path, "exists", lambda _path: False)
    assert len(tree.glance(child.pid)) == 2


def test_a_name_with_blanks_and_brackets_does_not_mislead(family):
    child = family(
        "open('/proc/self/comm', 'w').write(') R 1 (x'); print('up', flush=True); import time; time.sleep(300)"
    )
    found = tree.read(child.pid)
    assert (found.parent, found.pid) == (os.getpid(), child.pid)


def test_what_is_not_there_is_none():
    assert tree.read(1 << 30) is None
    assert tree.glance(1 << 30) == {}
    assert tree.is_still(1 << 30)
    assert tree.contents("/no/such/file") == b""


def test_a_signal_goes_to_the_process_that_was_read_and_to_no_other_one_with_its_number(family):
    child = family("print('up', flush=True); import time; time.sleep(300)")
    now = tree.read(child.pid)
    other = Process(now.pid, now.state, now.parent, now.start - 1, 0.0, 1)
    assert not tree.send(other, signal.SIGKILL)
    assert tree.read(child.pid).state != "Z"
    assert tree.send(now, signal.SIGKILL)
    child.wait()
    assert not tree.send(now, signal.SIGKILL)


def test_where_there_are_no_handles_of_processes_numbers_have_to_do(family, monkeypatch):
    def refuse(_pid):
        raise OSError(38, "not implemented")

    child = family("print('up', flush=True); import time; time.sleep(300)")
    monkeypatch.setattr(os, "pidfd_open", refuse)
    assert tree.send(tree.read(child.pid), signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL


def test_a_process_stands_when_all_of_its_threads_do(family):
    text = "import threading, time\nthreading.Thread(target=lambda: [None for _ in iter(int, 1)]).start()\n"
    child = family(text + "print('up', flush=True)")
    assert not tree.is_still(child.pid)
    child.send_signal(signal.SIGSTOP)
    until(lambda: tree.is_still(child.pid))
    child.send_signal(signal.SIGCONT)
    until(lambda: not tree.is_still(child.pid))


def test_a_process_whose_first_thread_has_ended_runs_on(family):
    text = (
        "import ctypes, threading, time\n"
        "def go():\n"
        "    time.sleep(0.05); print('up', flush=True); time.sleep(300)\n"
        "threading.Thread(target=go).start(); ctypes.CDLL(None).pthread_exit(None)\n"
    )
    child = family(text)
    until(lambda: tree.read(child.pid).state == "Z")
    assert not tree.read(child.pid).is_gone
    assert not tree.is_still(child.pid)


def test_who_has_ended_and_waits_to_be_fetched_is_gone(family):
    child = family(FORKS.format(1) + "\n")
    (pid,) = tree.below([child.pid])
    os.kill(pid, signal.SIGKILL)
    until(lambda: tree.read(pid).is_gone)
    assert tree.buried_s(child.pid) == 0.0


def test_the_processor_time_of_children_counts_once_they_are_fetched(family):
    text = (
        "import os, resource, time\n"
        "if os.fork() == 0:\n"
        "    while resource.getrusage(resource.RUSAGE_SELF).ru_utime < 0.1: pass\n"
        "    os._exit(0)\n"
        "os.wait(); print('up', flush=True); time.sleep(300)\n"
    )
    child = family(text)
    assert tree.buried_s(child.pid) >= 0.09
    assert tree.read(child.pid).cpu_s >= tree.buried_s(child.pid)


def test_what_the_kernel_refuses_is_an_error_with_its_number():
    with pytest.raises(OSError, match="nvalid argument"):
        tree.prctl(1 << 20, 0)


def test_a_long_environment_is_read_to_its_end(family):
    words = {"PATH": os.environ["PATH"], "LONG": "x" * 120_000, "LAST": "here"}
    child = subprocess.Popen(["/bin/sleep", "300"], env=words)
    try:
        until(lambda: b"LAST=here" in tree.contents(f"/proc/{child.pid}/environ"))
    finally:
        child.kill()
        child.wait()


def test_the_name_that_lists_of_processes_show_can_be_another():
    text = "import sys; sys.path.append(sys.argv[1]); from netmind_tui.node.work import tree\n"
    text += "tree.set_name('netmind-keeper'); print(open('/proc/self/comm').read().strip())"
    ours = str(Path(tree.__file__).parents[3])
    done = subprocess.run([sys.executable, "-I", "-S", "-c", text, ours], capture_output=True, text=True, check=True)
    assert done.stdout == "netmind-keeper\n"
